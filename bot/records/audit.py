"""The audit trail: every look at and change of a person's data, by whom and when."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.records.models import AuditEntry


def record(
    s: Session,
    staff_id: int | None,
    action: str,
    object_type: str,
    object_id: str | int | None = None,
    detail: str | None = None,
) -> AuditEntry:
    """Write an audit row in the caller's transaction, so that what it tells of happened exactly when the row exists.

    Args:
        staff_id: who; None for the system or somebody unknown (a failed login).
        action: a verb, e.g. ``view``, ``export``, ``login_failed``.
        detail: a code or the name of a field. Never health data: this column is not encrypted.
    """
    entry = AuditEntry(
        staff_id=staff_id,
        action=action,
        object_type=object_type,
        object_id=None if object_id is None else str(object_id),
        detail=detail,
    )
    s.add(entry)
    s.flush()
    return entry


def entries(s: Session, limit: int = 200, before: int | None = None) -> list[AuditEntry]:
    """The newest rows first; ``before`` is the id of the last row of the page before."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(s.scalars(query))


def of(s: Session, object_type: str, object_id: str | int) -> list[AuditEntry]:
    """What was done with one thing, the oldest row first."""
    query = select(AuditEntry).where(AuditEntry.object_type == object_type, AuditEntry.object_id == str(object_id))
    return list(s.scalars(query.order_by(AuditEntry.id)))
