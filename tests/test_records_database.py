"""Transactions: what one writes the other sees, what fails leaves nothing, and no event loop waits for another process."""

from __future__ import annotations

import asyncio
import sqlite3
import time

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.records import Database
from bot.records.models import Conversation
from tests.records_fixtures import KEY, backend, database  # noqa: F401


def _added(s, state: str) -> str:
    conversation = Conversation(state=state)
    s.add(conversation)
    s.flush()
    return conversation.id


def _states(database) -> list:  # noqa: F811
    with database.reading() as s:
        return sorted(s.scalars(select(Conversation.state)))


def test_what_is_written_stays(database):  # noqa: F811
    added = asyncio.run(database.written(_added, "staff"))
    with database.reading() as s:
        assert s.get(Conversation, added).state == "staff"


def test_work_that_fails_leaves_nothing(database):  # noqa: F811
    def work(s):
        _added(s, "closed")
        raise KeyError("so")

    before = _states(database)
    with pytest.raises(KeyError):
        asyncio.run(database.written(work))
    assert _states(database) == before


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_only_what_need_not_wait_for_the_disk_does_not(database):  # noqa: F811
    def waits(s) -> bool:
        return s.connection().exec_driver_sql("PRAGMA synchronous").scalar() == 2

    assert [asyncio.run(database.written(waits, durable=durable)) for durable in (True, False, True)] == [True, False, True]
    with database.session() as s:
        assert waits(s)
    assert not asyncio.run(Database(str(database.url), [KEY], durable=False).written(waits))


def test_a_locked_file_is_waited_for_as_long_as_was_said_and_no_longer(tmp_path):
    shared = Database(f"sqlite:///{tmp_path}/records.db", [KEY], busy_timeout_s=1)
    shared.migrate()
    other = sqlite3.connect(shared.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def at_once() -> None:
        with shared.session() as s:
            _added(s, "active")

    for written in (lambda: asyncio.run(shared.written(_added, "active")), at_once):
        began = time.monotonic()
        with pytest.raises(OperationalError):
            written()
        assert 0.9 < time.monotonic() - began < 5
    other.close()
    assert asyncio.run(shared.written(_added, "active"))


def test_the_loop_goes_on_while_another_process_writes(tmp_path):
    shared = Database(f"sqlite:///{tmp_path}/records.db", [KEY])
    shared.migrate()
    other = sqlite3.connect(shared.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    served = 0

    async def others() -> None:
        nonlocal served
        for served in range(1, 51):  # noqa: B007
            await asyncio.sleep(0.001)
        other.execute("COMMIT")

    async def together() -> str:
        return (await asyncio.gather(shared.written(_added, "crisis"), others()))[0]

    added = asyncio.run(together())
    other.close()
    assert served == 50
    with shared.reading() as s:
        assert s.get(Conversation, added).state == "crisis"
    with shared.session() as s:  # who waits the old way still waits
        assert s.connection().exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
