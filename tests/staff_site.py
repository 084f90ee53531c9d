"""A staff console with its own database, for tests: import `make_site` and ask for `site`, with a clock that can be moved."""

from __future__ import annotations

import atexit
import functools
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from sqlalchemy import select
from waitress.server import create_server
from werkzeug.test import TestResponse

from bot.handoff import summary
from bot.records import Database, conversations, staff
from bot.records.models import AuditEntry, Handoff
from bot.settings import Clinic, Settings
from bot.staff import create_app

EMAIL = "nurse@example.org"
PASSWORD = "correct horse battery"
KEY = Fernet.generate_key().decode()


@functools.cache
def prepared() -> Path:
    """A migrated database with one nurse, to copy: migrations and Argon2 are slow on purpose."""
    path = Path(tempfile.mkdtemp(prefix="onward-staff-")) / "prepared.db"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    database = Database(f"sqlite:///{path}", (KEY,))
    database.migrate()
    add_staff(database, EMAIL, PASSWORD)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # a checkpoint cannot run inside a transaction
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


def add_staff(database: Database, email: str, password: str | None = None) -> tuple[int, str]:
    """An account, with a password of its own or still with the one-time password."""
    with database.session() as s:
        account, one_time_password = staff.create(s, email)
        if password is not None:
            staff.set_password(s, account, password)
        return account.id, one_time_password


class Clock:
    def __init__(self) -> None:
        self.time = datetime.now(timezone.utc)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **how_long: float) -> None:
        self.time += timedelta(**how_long)


class Site:
    """The console, its database and what tests do with them."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        url = changes.setdefault("database_url", f"sqlite:///{folder / 'staff.db'}")
        if url.startswith("sqlite"):
            shutil.copy(prepared(), folder / "staff.db")
        self.settings = Settings(encryption_keys=(KEY,), secret_key="a-secret-of-the-tests", **changes)
        self.database = Database(self.settings.database_url, self.settings.encryption_keys)
        if not url.startswith("sqlite"):
            add_staff(self.database, EMAIL, PASSWORD)
        self.clock = Clock()
        self.clinic = Clinic({"name": "Onward Health & Wellness"})
        self.app = create_app(self.settings, self.database, clinic=self.clinic, now=self.clock)
        with self.database.reading() as s:
            self.staff_id = staff.get_by_email(s, EMAIL).id

    def add_staff(self, email: str, password: str | None = None) -> int:
        account_id, self.one_time_password = add_staff(self.database, email, password)
        return account_id

    def visitor(self) -> Visitor:
        return Visitor(self.app.test_client())

    def nurse(self, email: str = EMAIL, password: str = PASSWORD) -> Visitor:
        visitor = self.visitor()
        assert visitor.log_in(email, password).status_code == 302
        return visitor

    def add_handoff(self, kind: str = "question", urgency: str = "routine", age: timedelta = timedelta(), **columns: Any) -> str:
        """A handoff with nothing in it, for what depends on its row alone."""
        with self.database.session() as s:
            conversation = conversations.create_conversation(s, timedelta(hours=72))
            created = self.clock() - age
            kept = summary.snapshot(s, conversation.id, None, pc_ptsd5_cut=4, now=created)
            data = {"summary": kept}
            handoff = Handoff(conversation_id=conversation.id, kind=kind, urgency=urgency, created_at=created, data=data, **columns)
            s.add(handoff)
            s.flush()
            return handoff.id

    def handoff(self, handoff_id: str) -> Handoff:
        with self.database.reading() as s:
            return s.get(Handoff, handoff_id)

    def audit(self) -> list[tuple[str, str, str | None, int | None]]:
        """(action, object type, object id, staff id), oldest first."""
        with self.database.reading() as s:
            rows = s.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [(row.action, row.object_type, row.object_id, row.staff_id) for row in rows]


class Visitor:
    """Somebody at a browser, with cookies and forms."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def token(self, page: str = "/login") -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page).text)
        assert found, f"no form on {page}"
        return found.group(1)

    def post(self, path: str, data: dict[str, Any] | None = None, page: str = "/", **kwargs: Any) -> TestResponse:
        """Send a form with the CSRF token of a page that this person can see."""
        return self.client.post(path, data={"csrf_token": self.token(page), **(data or {})}, **kwargs)

    def log_in(self, email: str = EMAIL, password: str = PASSWORD, **fields: str) -> TestResponse:
        return self.post("/login", {"email": email, "password": password, **fields}, page="/login")


@pytest.fixture(name="site")
def make_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # The same algorithm at its lowest cost: these tests log in hundreds of times.
    monkeypatch.setattr(staff, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    site = Site(tmp_path)
    yield site
    site.database.dispose()


@pytest.fixture(name="address")
def make_address(site: Site) -> Iterator[str]:
    """The console on a port of its own, behind the server that it really runs with."""
    server = create_server(site.app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)
