"""Databases for tests: each test gets an empty, migrated one, on SQLite and on a real PostgreSQL (`pgserver`).

Import `database` into a test module. pgserver runs as any user; as root it makes a system user of its own, because
PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

from bot.records import Database
from bot.records.models import Base
from bot.settings import Settings

KEY = Fernet.generate_key().decode()
_names = (f"onward_{n}" for n in itertools.count())


@functools.cache
def postgres_server():
    """The PostgreSQL of this test run; it stops and its data goes when the process ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        import pgserver.postgres_server as starting

        # It gives PostgreSQL ten seconds to start; a machine that is busy with other things may take longer.
        starting.pg_ctl = functools.partial(_patiently, starting.pg_ctl)
        # Not below pytest's tmp_path: a path to a Unix socket has at most 107 characters.
        server = starting.get_server(tempfile.mkdtemp(prefix="onward-pg-"), cleanup_mode="delete")
    # Nothing here is worth waiting for the disk: no flushing while it runs, no checkpoint when it stops.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        _as_admin(server, f"ALTER SYSTEM SET {setting} = off")
    _as_admin(server, "SELECT pg_reload_conf()")
    template = new_postgres_url(server, "onward_template", template="template0")
    migrated = Database(template, [KEY])
    migrated.migrate()
    migrated.dispose()
    return server


def _patiently(run, *args, **kwargs):
    return run(*args, **{**kwargs, "timeout": 120})


def new_postgres_url(server=None, name: str | None = None, template: str = "onward_template") -> str:
    """The URL of a new database, migrated unless another template is named."""
    server, name = server or postgres_server(), name or next(_names)
    _as_admin(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return server.get_uri(database=name)


def _as_admin(server, statement: str) -> None:
    admin = create_engine(server.get_uri(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()


def new_url(kind: str, folder: Path, migrated: bool = True) -> str:
    """The URL of a new database of a kind, ``sqlite`` or ``postgresql``."""
    if kind == "postgresql":
        return new_postgres_url(template="onward_template" if migrated else "template0")
    path = folder / f"{next(_names)}.db"
    if migrated:
        shutil.copyfile(sqlite_template(), path)
    return f"sqlite:///{path}"


@functools.lru_cache(maxsize=None)
def sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="onward-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    fresh = Database(f"sqlite:///{folder / 'template.db'}", [KEY], durable=False)
    fresh.migrate()
    fresh.dispose()
    return folder / "template.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@functools.lru_cache(maxsize=None)
def shared_postgres_url() -> str:
    return new_postgres_url()


@pytest.fixture
def database(backend: str, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables. PostgreSQL's is emptied after each test, which is quicker than a new one."""
    made = Database(shared_postgres_url() if backend == "postgresql" else new_url(backend, tmp_path), [KEY])
    yield made
    if backend == "postgresql":
        with made.engine.begin() as connection:
            tables = ", ".join(table.name for table in Base.metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    made.dispose()


def make_settings(**changes) -> Settings:
    """Settings for a test, without reading the environment."""
    return Settings(**{"encryption_keys": (KEY,), "secret_key": "test", "database_url": "sqlite://", **changes})
