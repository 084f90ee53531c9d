"""The commands of one installation: what goes wrong is one clear line, and what is promised by the day happens."""
from __future__ import annotations

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Iterator

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from bot import __main__ as commands
from bot import serve, settings, train
from bot.records import Database, conversations
from bot.records.models import Conversation, utcnow
from bot.settings import ROOT
from tests.records_fixtures import KEY, backend, make_settings, new_url  # noqa: F401
from tests.system import free_port


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that has no database yet."""
    monkeypatch.setenv("ENCRYPTION_KEYS", KEY)
    monkeypatch.setenv("SECRET_KEY", "s" * 32)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'onward.db'}")
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    return tmp_path


def fails(capsys: pytest.CaptureFixture, *command: str) -> str:
    """Run a command that must fail with status 1; the one line it says."""
    assert commands.main(list(command)) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


# --- Errors


@pytest.mark.parametrize("command", [("migrate",), ("serve",), ("purge",), ("staff", "list")])
def test_a_bad_key_is_one_line(installed, monkeypatch, capsys, command):
    monkeypatch.setenv("ENCRYPTION_KEYS", "not-a-key")
    told = fails(capsys, *command)
    assert "ENCRYPTION_KEYS" in told and "not-a-key" not in told


def test_tables_that_are_missing_are_one_line(backend, installed, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setenv("DATABASE_URL", new_url(backend, installed, migrated=False))
    assert "python -m bot migrate" in fails(capsys, "staff", "add", "nurse@example.org")


def test_a_new_account_says_how_long_its_password_works_and_adding_it_again_renews_it(backend, installed, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setenv("DATABASE_URL", new_url(backend, installed))
    monkeypatch.setenv("STAFF_ONE_TIME_PASSWORD_HOURS", "24")
    told = []
    for _ in range(2):
        assert commands.main(["staff", "add", "nurse@example.org"]) == 0
        told.append(capsys.readouterr().out)
    assert all("works for 24 hours" in one for one in told) and told[0] != told[1]


def test_a_forgotten_password_is_renewed_at_the_shell_and_only_for_an_account(backend, installed, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setenv("DATABASE_URL", new_url(backend, installed))
    assert "no account" in fails(capsys, "staff", "password", "nurse@example.org")
    assert commands.main(["staff", "add", "nurse@example.org"]) == 0
    first = capsys.readouterr().out
    assert commands.main(["staff", "password", "nurse@example.org"]) == 0
    told = capsys.readouterr().out
    assert "One-time password: " in told and "/login" in told and told != first


def test_a_folder_for_the_logs_that_cannot_be_made_is_one_line(installed, monkeypatch, capsys):
    (installed / "file").write_text("")
    monkeypatch.setenv("LOG_DIR", str(installed / "file" / "log"))
    monkeypatch.setattr(serve, "check_ports", lambda _: None)
    assert "Set LOG_DIR" in fails(capsys, "serve")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense-s3cret",
        "mysql://onward:s3cret@127.0.0.1/onward",
        "postgresql://onward:s3cret@127.0.0.1:port/onward",
        "postgresql://onward:s3cret@127.0.0.1:1/onward",
        "sqlite:////etc/hostname?s3cret",
    ],
)
def test_a_database_that_cannot_be_used_is_one_line(installed, monkeypatch, capsys, url):
    monkeypatch.setenv("DATABASE_URL", url)
    told = fails(capsys, "migrate")
    assert "DATABASE_URL" in told and "s3cret" not in told


def test_a_database_of_a_newer_version_is_one_line(installed, capsys):
    assert commands.main(["migrate"]) == 0
    database = Database(settings.load().database_url, [KEY])
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.dispose()
    capsys.readouterr()
    assert "9999" in fails(capsys, "migrate")


def test_what_was_written_with_another_key_is_one_line(installed, monkeypatch, capsys):
    assert commands.main(["migrate"]) == 0
    database = Database(settings.load().database_url, [KEY])
    with database.session() as s:
        s.add(handoff := _handoff(s))
        s.flush()
    database.dispose()
    monkeypatch.setenv("ENCRYPTION_KEYS", Fernet.generate_key().decode())
    capsys.readouterr()
    assert "Keep old keys in the list" in fails(capsys, "export", handoff.id)


@pytest.fixture
def ports(installed, monkeypatch) -> None:
    for name in ("CHAT_PORT", "ACTIONS_PORT", "STAFF_PORT"):
        monkeypatch.setenv(name, str(free_port()))


@pytest.mark.parametrize("name", ["CHAT_PORT", "ACTIONS_PORT", "STAFF_PORT"])
def test_a_taken_port_is_one_line(ports, monkeypatch, capsys, name):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv(name, port := str(other.getsockname()[1]))
        assert fails(capsys, "serve") == f"Port {port} is taken. Stop what uses it or set {name} in .env.\n"


def test_one_port_for_two_servers_is_one_line(ports, monkeypatch, capsys):
    monkeypatch.setenv("STAFF_PORT", os.environ["CHAT_PORT"])
    assert "is taken. Stop what uses it or set STAFF_PORT in .env." in fails(capsys, "serve")


def test_an_address_that_is_not_this_machines_is_one_line(ports, monkeypatch, capsys):
    monkeypatch.setenv("CHAT_HOST", "203.0.113.9")
    assert fails(capsys, "serve").startswith("Nothing can listen on 203.0.113.9")


def test_a_clinic_file_that_cannot_be_read_is_one_line(installed, monkeypatch, capsys, tmp_path):
    (tmp_path / "clinic.yml").write_text("name: [")
    monkeypatch.setenv("CLINIC_FILE", str(tmp_path / "clinic.yml"))
    assert commands.main(["serve"]) == 2
    assert capsys.readouterr().err == "clinic.yml is not valid YAML.\n"


def _handoff(s):
    from bot.records.models import Handoff

    return Handoff(conversation_id=conversations.create_conversation(s, timedelta(hours=1)).id, kind="question", data={"a": "b"})


def test_a_mistake_of_ours_keeps_its_traceback(installed, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(train, "is_current", broken)
    with pytest.raises(ZeroDivisionError):
        commands.main(["train", "--if-needed"])


@pytest.mark.parametrize("command", ["train", "serve"])
def test_ctrl_c_while_the_model_is_trained_ends_quietly(installed, monkeypatch, capsys, command):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "is_current", lambda _: False)
    monkeypatch.setattr(train, "train", interrupted)
    monkeypatch.setattr(subprocess, "call", interrupted)
    monkeypatch.setattr(serve, "check_ports", lambda _: None)
    assert commands.main([command]) == 130
    assert capsys.readouterr().err == ""


# --- What happens by itself


def forgotten(database: Database) -> str:
    """A conversation from before the retention time."""
    with database.session() as s:
        conversation = conversations.create_conversation(s, timedelta(hours=1))
        conversation.last_seen_at = utcnow() - timedelta(days=31)
        return conversation.id


def is_kept(database: Database, conversation_id: str) -> bool:
    with database.reading() as s:
        return s.scalars(select(Conversation.id).filter_by(id=conversation_id)).first() is not None


def eventually(happens) -> bool:
    deadline = time.monotonic() + 60
    while not happens() and time.monotonic() < deadline:
        time.sleep(0.05)
    return happens()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(new_url("sqlite", tmp_path), [KEY])
    yield made
    made.dispose()


def test_the_outbox_worker_deletes_what_is_due_at_its_start(installed, monkeypatch, database):
    monkeypatch.setenv("DATABASE_URL", str(database.url))
    old = forgotten(database)
    worker = subprocess.Popen([sys.executable, "-m", "bot", "outbox"], cwd=ROOT, stderr=subprocess.PIPE)
    try:
        assert eventually(lambda: not is_kept(database, old))
    finally:
        worker.send_signal(signal.SIGTERM)
        _, told = worker.communicate(timeout=60)
    assert worker.returncode == 0 and told == b""


def test_it_is_done_every_day_and_outlives_an_error(monkeypatch, caplog, database):
    monkeypatch.setattr(commands, "PURGE_EVERY_S", 0.01)
    purge_once, tries = commands._purge_once, []

    def fails_first(*given):
        tries.append(given)
        if len(tries) == 1:
            raise RuntimeError("what somebody wrote")
        return purge_once(*given)

    monkeypatch.setattr(commands, "_purge_once", fails_first)
    stop = threading.Event()
    daily = threading.Thread(target=commands._purge_daily, args=(database, make_settings(), stop))
    daily.start()
    try:
        for _ in range(2):
            old = forgotten(database)
            assert eventually(lambda: not is_kept(database, old))  # noqa: B023 - asked before the next one is made
    finally:
        stop.set()
        daily.join(timeout=60)
    assert not daily.is_alive()
    assert caplog.messages == ["Purge: RuntimeError; trying again tomorrow."]


def test_a_proxy_of_the_environment_is_not_asked_whether_the_servers_are_ready(monkeypatch):
    class Ready(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 - http.server's name
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert serve._ready(make_settings(chat_port=server.server_port, staff_port=server.server_port))
        server.shutdown()


def test_ctrl_c_while_a_questionnaire_is_played_ends_quietly(monkeypatch):
    class Terminal:
        def readline(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Terminal())
    assert commands.main(["questionnaire", "play", "data/questionnaires/pc-ptsd-5.json"]) == 130
