"""The tables. Health data stands only in encrypted columns; plain columns hold identifiers, states and times.

Migrations in `migrations/versions` make these tables; a test keeps the two equal on SQLite and PostgreSQL.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import declarative_base
from sqlalchemy.types import TypeDecorator

from bot.records.crypto import EncryptedJSON, EncryptedText

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
Base = declarative_base(metadata=MetaData(naming_convention=NAMES))

# SQLite counts only in columns of type INTEGER; PostgreSQL's would end at two thousand million.
Id = BigInteger().with_variant(Integer, "sqlite")
# An identifier made here (uuid hex) or, for a conversation of `rasa shell`, by Rasa.
Key = String(255)


def utcnow() -> datetime:
    """The time now, in UTC and aware of it."""
    return datetime.now(timezone.utc)


def new_id() -> str:
    """A random identifier that cannot be guessed (122 bits)."""
    return uuid.uuid4().hex


class UTCDateTime(TypeDecorator):
    """A moment in UTC. SQLite forgets the time zone; what is read back is aware again."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        return value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def _document(**kwargs: Any) -> Column:
    """An encrypted JSON object whose top-level changes are noticed; deeper ones are not: assign the inner value
    anew."""
    return Column(MutableDict.as_mutable(EncryptedJSON), **kwargs)


def _reference(target: str, **kwargs: Any) -> Column:
    kind = Key if target in {"conversations.id", "handoffs.id"} else Id
    return Column(kind, ForeignKey(target), **kwargs)


class Conversation(Base):
    """One visitor's chat. `state` is open, crisis, staff or closed."""

    __tablename__ = "conversations"
    id = Column(Key, primary_key=True, default=new_id)
    created_at = Column(UTCDateTime, nullable=False, default=utcnow)
    last_seen_at = Column(UTCDateTime, nullable=False, default=utcnow, index=True)
    expires_at = Column(UTCDateTime)
    state = Column(String(16), nullable=False, default="open")
    snapshot = Column(EncryptedJSON)  # what the tracker store needs to give Rasa a short tracker


class Message(Base):
    """A line of the chat, by `visitor`, `bot` or `staff`. `status` (pending, answered, failed) is the visitor's
    only."""

    __tablename__ = "messages"
    id = Column(Id, primary_key=True, autoincrement=True)
    conversation_id = _reference("conversations.id", nullable=False)
    author = Column(String(16), nullable=False)
    kind = Column(String(16), nullable=False, default="message")
    body = Column(EncryptedJSON, nullable=False)
    client_id = Column(String(64))
    reply_to = _reference("messages.id", index=True)
    status = Column(String(16))
    at = Column(UTCDateTime, nullable=False, default=utcnow)
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_id"),
        Index(None, "conversation_id", "id"),
        {"sqlite_autoincrement": True},  # a purged message's id is never given again: clients ask for "after id"
    )


class TrackerEvent(Base):
    """A Rasa event. `seq` counts from 1 within a conversation."""

    __tablename__ = "tracker_events"
    id = Column(Id, primary_key=True, autoincrement=True)
    conversation_id = _reference("conversations.id", nullable=False)
    seq = Column(Integer, nullable=False)
    type = Column(String(64), nullable=False)
    timestamp = Column(Float, nullable=False)
    data = Column(EncryptedJSON, nullable=False)
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)


class Intake(Base):
    """A run of questionnaires. `kind`: intake, callback, question, note; `status`: in_progress, stopped, submitted, ended,
    withdrawn."""

    __tablename__ = "intakes"
    id = Column(Id, primary_key=True, autoincrement=True)
    conversation_id = _reference("conversations.id", nullable=False, index=True)
    kind = Column(String(16), nullable=False)
    status = Column(String(16), nullable=False, default="in_progress")
    started_at = Column(UTCDateTime, nullable=False, default=utcnow)
    updated_at = Column(UTCDateTime, nullable=False, default=utcnow)
    submitted_at = Column(UTCDateTime)
    state = _document(nullable=False, default=dict)


class Answer(Base):
    """An answer as given. A later answer to the same question supersedes it and both stay."""

    __tablename__ = "answers"
    id = Column(Id, primary_key=True, autoincrement=True)
    intake_id = _reference("intakes.id", nullable=False)
    questionnaire = Column(String(255), nullable=False)
    version = Column(String(64), nullable=False, default="")
    link_id = Column(String(255), nullable=False)
    question = Column(EncryptedText, nullable=False)
    status = Column(String(16), nullable=False)
    values = Column("value", EncryptedJSON, nullable=False)
    text = Column(EncryptedText)
    at = Column(UTCDateTime, nullable=False, default=utcnow)
    superseded_at = Column(UTCDateTime)
    __table_args__ = (
        Index("ix_answers_intake_id", "intake_id"),
        Index(
            "uq_answers_current",
            "intake_id",
            "questionnaire",
            "link_id",
            unique=True,
            sqlite_where=sql("superseded_at IS NULL"),
            postgresql_where=sql("superseded_at IS NULL"),
        ),
    )


class Handoff(Base):
    """Something for staff to do. `status`: new, claimed, reviewed, closed; `urgency`: stat, urgent, routine."""

    __tablename__ = "handoffs"
    id = Column(Key, primary_key=True, default=new_id)
    conversation_id = _reference("conversations.id", nullable=False, index=True)
    intake_id = _reference("intakes.id", index=True)
    kind = Column(String(16), nullable=False)
    status = Column(String(16), nullable=False, default="new", index=True)
    urgency = Column(String(16), nullable=False, default="routine")
    created_at = Column(UTCDateTime, nullable=False, default=utcnow)
    data = _document(nullable=False, default=dict)
    claimed_by = _reference("staff.id")
    reviewed_by = _reference("staff.id")
    reviewed_at = Column(UTCDateTime)


class HandoffNote(Base):
    """What a member of staff wrote about a handoff."""

    __tablename__ = "handoff_notes"
    id = Column(Id, primary_key=True, autoincrement=True)
    handoff_id = _reference("handoffs.id", nullable=False, index=True)
    staff_id = _reference("staff.id", nullable=False)
    text = Column(EncryptedText, nullable=False)
    at = Column(UTCDateTime, nullable=False, default=utcnow)


class OutboxItem(Base):
    """A delivery that is owed. `status`: pending, delivered, dead; `error` is a code, never a text from outside."""

    __tablename__ = "outbox"
    id = Column(Id, primary_key=True, autoincrement=True)
    handoff_id = _reference("handoffs.id", nullable=False, index=True)
    channel = Column(String(16), nullable=False)
    idempotency_key = Column(String(128), nullable=False, unique=True)
    status = Column(String(16), nullable=False, default="pending")
    attempts = Column(Integer, nullable=False, default=0)
    next_attempt_at = Column(UTCDateTime, nullable=False, default=utcnow)
    error = Column(String(64))
    created_at = Column(UTCDateTime, nullable=False, default=utcnow)
    delivered_at = Column(UTCDateTime)
    __table_args__ = (Index(None, "status", "next_attempt_at"),)


class Staff(Base):
    """A person who may use the staff console. `one_time_until` is when the one-time password ends that they were given;
    None once they have chosen their own."""

    __tablename__ = "staff"
    id = Column(Id, primary_key=True, autoincrement=True)
    email = Column(String(255), nullable=False, unique=True)
    password_hash = Column(String(255), nullable=False)
    one_time_until = Column(UTCDateTime)
    disabled_at = Column(UTCDateTime)
    failed_logins = Column(Integer, nullable=False, default=0)
    locked_until = Column(UTCDateTime)
    created_at = Column(UTCDateTime, nullable=False, default=utcnow)
    last_login_at = Column(UTCDateTime)


class AuditEntry(Base):
    """Who looked at or changed what, and when. `detail` is a code or a name of a field, never health data."""

    __tablename__ = "audit"
    id = Column(Id, primary_key=True, autoincrement=True)
    at = Column(UTCDateTime, nullable=False, default=utcnow, index=True)
    staff_id = _reference("staff.id", index=True)
    action = Column(String(64), nullable=False)
    object_type = Column(String(32), nullable=False)
    object_id = Column(String(255))
    detail = Column(Text)
    __table_args__ = (Index(None, "object_type", "object_id"), {"sqlite_autoincrement": True})


class Question(Base):
    """A question that a visitor asked, with the answer it got (`faq_id`, None where none was known). `settled_at` is when
    staff were done with it; who, the audit trail says."""

    __tablename__ = "questions"
    id = Column(Id, primary_key=True, autoincrement=True)
    conversation_id = _reference("conversations.id", nullable=False, index=True)
    message_id = _reference("messages.id", index=True)
    text = Column(EncryptedText, nullable=False)
    faq_id = Column(String(128))
    helpful = Column(Boolean)
    settled_at = Column(UTCDateTime)
    at = Column(UTCDateTime, nullable=False, default=utcnow)
