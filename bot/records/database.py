"""The way to the database: engine, transactions, migrations.

SQLite (WAL) by default and PostgreSQL by URL. Several processes share one SQLite file (chat, actions, staff, worker),
so a writing transaction begins with ``BEGIN IMMEDIATE``: it waits its turn at once, while one that starts reading and
writes later can be refused when another process wrote in between, whatever the busy timeout
(https://www.sqlite.org/lang_transaction.html). ``reading()`` is for transactions that only read: they wait for
nobody. ``written()`` is a writing transaction for a server with an event loop, which goes on with others meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool, StaticPool

from bot.records.crypto import make_cipher

MIGRATIONS = Path(__file__).parent / "migrations"
# How long a SQLite file that is locked is waited for. A visitor looks at the screen meanwhile, and is told what to do when it is over;
# staff, deliveries, a purge and a migration can wait longer, and nobody would try them again.
BUSY_TIMEOUT_S = 30
CHAT_BUSY_TIMEOUT_S = 10
TRY_AGAIN_S = 0.001
MIGRATION_LOCK = 0x6F6E77617264  # PostgreSQL advisory lock while the schema is changed

T = TypeVar("T")


class Database:
    """A database with its keys. Cheap to make: nothing is opened before the first use.

    Args:
        url: SQLAlchemy URL, ``sqlite:///path`` or ``postgresql://...``.
        keys: Fernet keys, newest first.
        durable: SQLite only: wait for the disk at each commit. Rasa's tracker does without, which can be rebuilt, and so does what the
            action server writes: the chat server's commit at the end of the turn waits for both.
        busy_timeout_s: SQLite only: how long a locked file is waited for.
    """

    def __init__(self, url: str, keys: Sequence[str], durable: bool = True, busy_timeout_s: int = BUSY_TIMEOUT_S) -> None:
        self.url = make_url(url.replace("postgres://", "postgresql://", 1))
        self._busy_timeout_s = busy_timeout_s
        self.engine = create_engine(self.url, future=True, hide_parameters=True, **self._pool())
        self.engine.dialect.onward_cipher = make_cipher(keys)
        self._sessions = sessionmaker(self.engine, future=True, expire_on_commit=False)
        if self.is_sqlite:
            _prepare_sqlite(self.engine, durable, busy_timeout_s)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction: committed at the end, rolled back when the block raises."""
        with self._sessions() as s, s.begin():
            yield s

    async def written(self, work: Callable[..., T], *args: Any, durable: bool = True) -> T:
        """What ``work(session, *args)`` gives, in a transaction.

        SQLite sleeps where another process is writing, and with it the whole event loop: a tenth of the chat server's time
        with eight visitors. Here the loop serves others until the file is free.

        Args:
            durable: SQLite only: wait for the disk, if this database does so at all. What need not be is on the disk with the next
                commit that is: the log is written in order.

        Raises:
            OperationalError: it was not free for ``busy_timeout_s``.
        """
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            with self._sessions() as s:
                try:
                    s.connection(execution_options={"onward_no_wait": True, "onward_durable": durable})
                except OperationalError as error:
                    if "locked" not in str(error.orig) or time.monotonic() > deadline:
                        raise
                else:
                    done = work(s, *args)
                    s.commit()
                    return done
            await asyncio.sleep(TRY_AGAIN_S)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads, and on SQLite waits for no writer. Nothing is committed."""
        with self._sessions() as s:
            s.connection(execution_options={"onward_read_only": True})
            yield s

    def migrate(self) -> None:
        """Bring the schema up to date. Safe to run again, and when two processes start at once."""
        with self.engine.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            command.upgrade(migration_config(connection), "head")

    def ping(self) -> bool:
        """Whether the database answers and has its tables."""
        try:
            with self.reading() as s:
                s.execute(text("SELECT 1 FROM conversations LIMIT 1"))
            return True
        except (SQLAlchemyError, OSError):  # the reason may hold the URL, so it is not passed on
            return False

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _pool(self) -> dict[str, Any]:
        if not self.is_sqlite:
            return {"pool_pre_ping": True}
        arguments = {"timeout": self._busy_timeout_s, "check_same_thread": False}
        if self.url.database in (None, "", ":memory:"):
            return {"poolclass": StaticPool, "connect_args": arguments}
        return {"poolclass": QueuePool, "connect_args": arguments}


def migration_config(connection: Connection) -> Config:
    """Alembic's configuration for the migrations of this package, on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(engine: Any, durable: bool, busy_timeout_s: int) -> None:
    @event.listens_for(engine, "do_connect")
    def make_private(dialect: Any, record: Any, args: Any, kwargs: Any) -> None:
        path = engine.url.database
        if path not in (None, "", ":memory:") and not os.path.exists(path):
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # pysqlite must not begin transactions behind our back
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA secure_delete=FAST")
        _set_wal(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        file = connection.connection.dbapi_connection  # SQLAlchemy takes ten times as long for these as SQLite does
        file.execute(f"PRAGMA synchronous={'FULL' if durable and options.get('onward_durable', True) else 'NORMAL'}")
        begins = "BEGIN" if options.get("onward_read_only") else "BEGIN IMMEDIATE"
        if options.get("onward_no_wait"):
            file.execute("PRAGMA busy_timeout=0")
        try:
            file.execute(begins)
        except sqlite3.OperationalError as error:
            raise OperationalError(begins, {}, error) from error
        finally:
            if options.get("onward_no_wait"):
                file.execute(f"PRAGMA busy_timeout={busy_timeout_s * 1000}")


def _set_wal(connection: Any) -> None:
    """Turn on the write-ahead log; a change of mode is refused at once while another process makes it, so try again."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while connection.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
