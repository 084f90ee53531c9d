"""The command line: ``python -m bot <command>``. Each command imports only what it needs."""
from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import List, Optional

from bot import settings as settings_module
from bot.settings import Settings, SettingsError


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bot", description="The clinic's intake assistant.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="train if needed, migrate, start everything, print the addresses")
    train = commands.add_parser("train", help="train the model")
    train.add_argument("--if-needed", action="store_true", help="only when something it is made from has changed")
    commands.add_parser("migrate", help="bring the database's tables up to date")
    commands.add_parser("outbox", help="deliver handoff notices until interrupted (part of serve)")
    commands.add_parser("purge", help="delete what the retention period has passed for")
    evaluate = commands.add_parser("eval", help="measure understanding and safety on the held-out sets")
    evaluate.add_argument("--check", action="store_true", help="fail when a figure fell since the last report")

    staff = commands.add_parser("staff", help="accounts of the staff console").add_subparsers(
        dest="staff_command", required=True, metavar="COMMAND"
    )
    staff.add_parser("list", help="list accounts")
    staff.add_parser("add", help="add an account; prints a one-time password").add_argument("email")
    staff.add_parser("disable", help="close an account").add_argument("email")

    questionnaire = commands.add_parser("questionnaire", help="check or play FHIR questionnaires").add_subparsers(
        dest="questionnaire_command", required=True, metavar="COMMAND"
    )
    check = questionnaire.add_parser("check", help="say whether the player can play these files")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    play = questionnaire.add_parser("play", help="play a file in the terminal, or with given answers")
    play.add_argument("file", type=Path, metavar="FILE")
    play.add_argument("--answers", type=Path, metavar="FILE.json", help="a map of linkId to typed text")

    export = commands.add_parser("export", help="print a handoff")
    export.add_argument("handoff", metavar="HANDOFF_ID")
    export.add_argument("--format", choices=("json", "fhir", "text"), default="text")
    return top


def main(argv: Optional[List[str]] = None) -> int:
    """Run a command; returns its exit status (0 fine, 1 it failed, 2 it cannot be run like this)."""
    arguments = parser().parse_args(argv)
    if arguments.command == "questionnaire":
        return _questionnaire(arguments)
    try:
        settings = _settings(arguments.command)
        return {
            "serve": _serve,
            "train": _train,
            "migrate": _migrate,
            "outbox": _outbox,
            "purge": _purge,
            "eval": _evaluate,
            "staff": _staff,
            "export": _export,
        }[arguments.command](settings, arguments)
    except (SettingsError, CommandError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1


class CommandError(RuntimeError):
    """A command could not do its work; the message is one line for the person who typed it."""


def _settings(command: str) -> Settings:
    if command in ("serve", "train"):
        from bot import environment

        if environment.ensure():
            print("Wrote .env with random keys. Keep it secret and back it up.", flush=True)
    return settings_module.load()


def _serve(settings: Settings, _: argparse.Namespace) -> int:
    from bot import serve, train

    try:
        serve.check_ports(settings)
        if not train.is_current(settings):
            # in a process of its own: training leaves TensorFlow and the training data in memory
            import subprocess

            if subprocess.call([sys.executable, "-m", "bot", "train"]) != 0:
                raise CommandError("The model could not be trained, so nothing was started.")
        return serve.serve(settings, lambda: _database(settings).migrate())
    except serve.ServeError as error:
        raise CommandError(str(error)) from None


def _train(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot import train

    if arguments.if_needed and train.is_current(settings):
        return 0
    try:
        print(f"Model: {train.train(settings)}")
    except train.TrainingError as error:
        raise CommandError(str(error)) from None
    return 0


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    _database(settings).migrate()
    print("The database is up to date.")
    return 0


def _outbox(settings: Settings, _: argparse.Namespace) -> int:
    from bot.handoff import outbox

    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    outbox.run(_database(settings), settings, stop)
    return 0


def _purge(settings: Settings, _: argparse.Namespace) -> int:
    from bot.records.models import utcnow
    from bot.records.retention import purge

    with _database(settings).session() as s:
        counts = purge(s, utcnow(), settings)
    print(", ".join(f"{name}: {count}" for name, count in counts.items()))
    return 0


def _evaluate(settings: Settings, arguments: argparse.Namespace) -> int:
    from bench import evaluate

    return evaluate.main(settings, check=arguments.check)


def _staff(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.records import staff

    with _database(settings).session() as s:
        if arguments.staff_command == "list":
            for account in staff.list_accounts(s):
                print(f"{account.email}\t{'disabled' if account.disabled_at else 'active'}")
            return 0
        try:
            if arguments.staff_command == "disable":
                staff.disable(s, arguments.email)
                print(f"{arguments.email} can no longer log in.")
                return 0
            _, password = staff.create(s, arguments.email)
        except staff.StaffError as error:
            raise CommandError(str(error)) from None
    print(f"Account: {arguments.email}\nOne-time password: {password}\nLog in at {settings.staff_url}/login and choose your own.")
    return 0


def _questionnaire(arguments: argparse.Namespace) -> int:
    from bot.intake import cli

    if arguments.questionnaire_command == "check":
        return cli.check_files(arguments.files, sys.stdout, sys.stderr)
    return cli.play_file(arguments.file, arguments.answers, sys.stdin, sys.stdout, sys.stderr)


def _export(settings: Settings, arguments: argparse.Namespace) -> int:
    from bot.handoff.export import UnknownHandoff, export

    with _database(settings).session() as s:
        try:
            found = export(s, arguments.handoff, arguments.format)
        except UnknownHandoff as error:
            raise CommandError(str(error)) from None
    print(found if isinstance(found, str) else json.dumps(found, indent=2, ensure_ascii=False))
    return 0


def _database(settings: Settings) -> "Database":  # noqa: F821 - imported only by commands that need it
    from bot.records.database import Database

    return Database(settings.database_url, settings.encryption_keys)


if __name__ == "__main__":
    sys.exit(main())
