"""The command line: ``python -m bot <command>``. Each command imports only what it needs."""
from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Dict, List, Optional

from bot import settings as settings_module
from bot.settings import Settings, SettingsError

PURGE_EVERY_S = 24 * 60 * 60
INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended
UNDEFINED = ("42P01", "42703")  # PostgreSQL: there is no such table, no such column

logger = logging.getLogger(__name__)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bot", description="The clinic's intake assistant.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="train if needed, migrate, start everything, print the addresses")
    train = commands.add_parser("train", help="train the model")
    train.add_argument("--if-needed", action="store_true", help="only when something it is made from has changed")
    commands.add_parser("migrate", help="bring the database's tables up to date")
    commands.add_parser("outbox", help="deliver handoff notices until interrupted, and purge once a day (part of serve)")
    commands.add_parser("purge", help="delete what the retention period has passed for")
    commands.add_parser("rotate-keys", help="re-encrypt everything with the first of ENCRYPTION_KEYS")
    evaluate = commands.add_parser("eval", help="measure understanding and safety on the held-out sets")
    evaluate.add_argument("--check", action="store_true", help="fail when a figure fell since the last report")
    evaluate.add_argument("--dev", action="store_true", help="print the figures of the development sets instead")

    staff = commands.add_parser("staff", help="accounts of the staff console").add_subparsers(
        dest="staff_command", required=True, metavar="COMMAND"
    )
    staff.add_parser("list", help="list accounts")
    staff.add_parser("add", help="add an account, or renew its one-time password; prints it").add_argument("email")
    staff.add_parser("password", help="give a new one-time password to somebody who forgot theirs; prints it").add_argument("email")
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
    """Run a command; returns its exit status (0 fine, 1 it failed, 2 it cannot be run like this, 130 interrupted)."""
    arguments = parser().parse_args(argv)
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # who reads has seen enough, as `head` has; nothing is left for the end of the program to write
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (SettingsError, CommandError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        line = _trouble_with_the_database(error)
        if line is None:
            raise
        print(line, file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "questionnaire":
        return _questionnaire(arguments)
    settings = _settings(arguments.command)
    return {
        "serve": _serve,
        "train": _train,
        "migrate": _migrate,
        "outbox": _outbox,
        "purge": _purge,
        "rotate-keys": _rotate_keys,
        "eval": _evaluate,
        "staff": _staff,
        "export": _export,
    }[arguments.command](settings, arguments)


def _trouble_with_the_database(error: Exception) -> Optional[str]:
    """What to do about the database or its keys, in one line; None where the error is another, of which the traceback tells
    more. The database's own words are left out, because they may hold its URL with the password."""
    from alembic.util.exc import CommandError as MigrationError
    from sqlalchemy.exc import SQLAlchemyError

    from bot.records import RecordsError

    if isinstance(error, RecordsError):
        return str(error)
    if isinstance(error, MigrationError):
        return f"The database cannot be brought up to date: {error}."
    if isinstance(error, SQLAlchemyError):
        cause = getattr(error, "orig", None)
        if "no such" in str(cause) or getattr(cause, "pgcode", None) in UNDEFINED:
            return "The database lacks a table or a column. Run `python -m bot migrate`."
        return f"The database cannot be used ({type(error).__name__}). Check DATABASE_URL, and that the database runs."
    return None


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

    database = _database(settings)  # a key that is none, a clinic.yml that is no YAML: told of before the training, not after it
    settings_module.load_clinic(settings.clinic_file)
    try:
        serve.check_ports(settings)
        serve.make_log_folder(settings)
        if not train.is_current(settings):
            # in a process of its own: training leaves TensorFlow and the training data in memory
            import subprocess

            if subprocess.call([sys.executable, "-m", "bot", "train"]) != 0:
                raise CommandError("The model could not be trained, so nothing was started.")
        return serve.serve(settings, database.migrate)
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
    from bot import logs
    from bot.handoff import outbox

    logs.leave_out_what_errors_say()
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    database = _database(settings)
    # beside the deliveries, so that a long one of either does not hold up the other
    threading.Thread(target=_purge_daily, args=(database, settings, stop), daemon=True).start()
    outbox.run(database, settings, stop)
    return 0


def _purge_daily(database: "Database", settings: Settings, stop: threading.Event) -> None:  # noqa: F821
    """Purge now and once a day, until told to stop."""
    while not stop.is_set():
        try:
            _purge_once(database, settings)
        except Exception as error:  # a database that is away for a moment must not end it; the text may hold data
            logger.error("Purge: %s; trying again tomorrow.", type(error).__name__)
        stop.wait(PURGE_EVERY_S)


def _purge_once(database: "Database", settings: Settings) -> Dict[str, int]:  # noqa: F821
    from bot.records.models import utcnow
    from bot.records.retention import purge

    with database.session() as s:
        return purge(s, utcnow(), settings)


def _purge(settings: Settings, _: argparse.Namespace) -> int:
    _print_counts(_purge_once(_database(settings), settings))
    return 0


def _rotate_keys(settings: Settings, _: argparse.Namespace) -> int:
    from bot.records.rotation import rotate

    _print_counts(rotate(_database(settings)))
    return 0


def _print_counts(counts: Dict[str, int]) -> None:
    print(", ".join(f"{name}: {count}" for name, count in counts.items()))


def _evaluate(settings: Settings, arguments: argparse.Namespace) -> int:
    from bench import evaluate

    return evaluate.main(settings, check=arguments.check, development=arguments.dev)


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
            if arguments.staff_command == "password":
                password = staff.renew(s, arguments.email, settings.staff_one_time_password_hours)
            else:
                _, password = staff.create(s, arguments.email, settings.staff_one_time_password_hours)
        except staff.StaffError as error:
            raise CommandError(str(error)) from None
    print(
        f"Account: {arguments.email}\nOne-time password: {password}\n"
        f"Log in at {settings.staff_url}/login and choose your own. The one-time password works for "
        f"{settings.staff_one_time_password_hours:g} hours; after that, this command gives a new one."
    )
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

    try:
        return Database(settings.database_url, settings.encryption_keys)
    except (ValueError, ImportError):  # a port that is no number, a driver that is not installed
        raise CommandError("DATABASE_URL must be sqlite:///path or postgresql://user:password@host/database.") from None


if __name__ == "__main__":
    sys.exit(main())
