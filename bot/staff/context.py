"""What the views need besides the request: settings, database, clinic and the clock, made once by `create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app
from flask_login import current_user
from sqlalchemy.orm import Session

from bot.records import Database, audit
from bot.settings import Clinic, Settings

EXTENSION = "onward-staff"
HIGHEST = 2**53  # what SQLite, PostgreSQL and JavaScript can all count to, with room for a page's worth more


@dataclass(frozen=True)
class Console:
    """One running console."""

    settings: Settings
    database: Database
    clinic: Clinic
    now: Callable[[], datetime]


def console() -> Console:
    """The console that the current request runs in."""
    return cast(Console, current_app.extensions[EXTENSION])


def number(text: str) -> int:
    """A number from an address. One that no row can have is none: Flask then takes the default.

    Raises:
        ValueError: it is not a number, or out of range.
    """
    value = int(text)
    if not 0 <= value <= HIGHEST:
        raise ValueError
    return value


def note_look(action: str, object_type: str, object_id: str | int | None = None, detail: str | None = None) -> None:
    """Write down a look in a transaction of its own, before anything is shown: what cannot be recorded is not shown."""
    with console().database.session() as s:
        note_change(s, action, object_type, object_id, detail)


def note_change(s: Session, action: str, object_type: str, object_id: str | int | None = None, detail: str | None = None) -> None:
    """Write down a change in the transaction that makes it."""
    audit.record(s, int(current_user.get_id()), action, object_type, object_id, detail)
