"""Databases for tests: each test gets an empty, migrated one, on SQLite and on a real PostgreSQL (`pgserver`).

Import `database` into a test module. pgserver runs as any user; as root it makes a system user of its own, because
PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import functools
import itertools
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

from bot.records import Database
from bot.settings import Settings

KEY = Fernet.generate_key().decode()
_names = (f"onward_{n}" for n in itertools.count())


@functools.cache
def postgres_server():
    """The PostgreSQL of this test run; it stops and its data goes when the process ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        import pgserver

        # Not below pytest's tmp_path: a path to a Unix socket has at most 107 characters.
        server = pgserver.get_server(tempfile.mkdtemp(prefix="onward-pg-"), cleanup_mode="delete")
    template = new_postgres_url(server, "onward_template", template="template0")
    migrated = Database(template, [KEY])
    migrated.migrate()
    migrated.dispose()
    return server


def new_postgres_url(server=None, name: str | None = None, template: str = "onward_template") -> str:
    """The URL of a new database, migrated unless another template is named."""
    server, name = server or postgres_server(), name or next(_names)
    admin = create_engine(server.get_uri(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    admin.dispose()
    return server.get_uri(database=name)


def new_url(kind: str, folder: Path, migrated: bool = True) -> str:
    """The URL of a new database of a kind, ``sqlite`` or ``postgresql``."""
    if kind == "postgresql":
        return new_postgres_url(template="onward_template" if migrated else "template0")
    url = f"sqlite:///{folder / next(_names)}.db"
    if migrated:
        fresh = Database(url, [KEY], durable=False)
        fresh.migrate()
        fresh.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def database(backend: str, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables."""
    made = Database(new_url(backend, tmp_path), [KEY])
    yield made
    made.dispose()


def make_settings(**changes) -> Settings:
    """Settings for a test, without reading the environment."""
    return Settings(**{"encryption_keys": (KEY,), "secret_key": "test", "database_url": "sqlite://", **changes})
