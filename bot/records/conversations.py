"""Conversations and their messages: what was said, in order, once.

Every write to a conversation first updates its row and so takes its lock (PostgreSQL; SQLite has one writer anyway).
That makes the ids of one conversation's messages rise in the order in which they become visible, so a client that asks
for the messages after one it has can miss none; and a message that arrives twice at once is stored once.

What every turn needs is asked with statements that are built once: SQLAlchemy spends four times as long on building a
statement and its cache key as on running it, and half of a turn went into that.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from html import escape
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from bot.records.crypto import RecordsError
from bot.records.models import Conversation, Message, Question, utcnow

CHOICES_SEARCHED = 50  # a choice older than this many messages of the bot is no longer on offer

_CONVERSATIONS, _MESSAGES = Conversation.__table__.c, Message.__table__.c
_ID = bindparam("conversation")
_TOUCH = update(Conversation.__table__).where(_CONVERSATIONS.id == _ID).values(last_seen_at=bindparam("now"))
_SENT = select(Message).where(Message.conversation_id == _ID, Message.client_id == bindparam("client"))
_RECENT = (
    select(_MESSAGES.body)
    .where(_MESSAGES.conversation_id == _ID, _MESSAGES.author == "visitor")
    .order_by(_MESSAGES.id.desc())
    .limit(bindparam("n"))
)
_STATE = select(_CONVERSATIONS.state, _CONVERSATIONS.expires_at).where(_CONVERSATIONS.id == _ID)
_STATE_LOCKED = _STATE.with_for_update()
_TURN_BEFORE = (
    select(_MESSAGES.id)
    .where(_MESSAGES.conversation_id == _ID, _MESSAGES.author == "visitor")
    .order_by(_MESSAGES.id.desc())
    .limit(1)
    .offset(bindparam("turns"))
)
_LAST_SAID = (
    select(_MESSAGES.kind, _MESSAGES.body)
    .where(_MESSAGES.conversation_id == _ID, _MESSAGES.author == "bot", _MESSAGES.id > func.coalesce(_TURN_BEFORE.scalar_subquery(), 0))
    .order_by(_MESSAGES.id)
)
_BEFORE = (
    select(_MESSAGES.author, _MESSAGES.kind, _MESSAGES.body)
    .where(_MESSAGES.conversation_id == _ID)
    .order_by(_MESSAGES.id.desc())
    .limit(bindparam("n"))
)
_INSERT = insert(Message.__table__)
_INSERT_QUESTION = insert(Question.__table__)
_SET_STATUS = update(Message.__table__).where(_MESSAGES.id == bindparam("message")).values(status=bindparam("new"))


class UnknownConversation(RecordsError):
    """There is no conversation with this id."""

    def __init__(self) -> None:
        super().__init__("There is no such conversation.")


def create_conversation(s: Session, lifetime: timedelta) -> Conversation:
    """Begin a conversation with an identifier that nobody can guess."""
    now = utcnow()
    conversation = Conversation(created_at=now, last_seen_at=now, expires_at=now + lifetime)
    s.add(conversation)
    s.flush()
    return conversation


def get_conversation(s: Session, conversation_id: str, locked: bool = False) -> Conversation | None:
    """The conversation, or None when it is unknown or has expired; `locked` until the transaction ends."""
    conversation = s.get(Conversation, conversation_id, with_for_update=locked)
    if conversation is None or (conversation.expires_at is not None and conversation.expires_at <= utcnow()):
        return None
    return conversation


class Said(NamedTuple):
    """A message of the bot."""

    kind: str
    text: str
    choices: tuple[dict[str, Any], ...] = ()  # as ``find_choice`` gives them
    sourced: bool = False  # it names sources: a reviewed answer


def get_state(s: Session, conversation_id: str, locked: bool = False) -> str | None:
    """open, crisis or staff; None when the conversation is unknown or has expired.

    Whoever acts on the state in the same transaction asks for it `locked`: otherwise it may have changed meanwhile.
    """
    row = s.execute(_STATE_LOCKED if locked else _STATE, {"conversation": conversation_id}).first()
    if row is None or (row.expires_at is not None and row.expires_at <= utcnow()):
        return None
    return row.state


def last_said(s: Session, conversation_id: str, turns: int = 0) -> list[Said]:
    """What the bot has said since the visitor's newest message, or since the one ``turns`` before it, oldest first."""
    rows = s.execute(_LAST_SAID, {"conversation": conversation_id, "turns": turns})
    return [Said(row.kind, row.body["text"], tuple(row.body.get("choices", ()))) for row in rows]


def said_before(s: Session, conversation_id: str) -> list[Said]:
    """What the bot said that the visitor's newest message follows, oldest first."""
    rows = s.execute(_BEFORE, {"conversation": conversation_id, "n": CHOICES_SEARCHED}).all()[1:]
    said = itertools.takewhile(lambda row: row.author != "visitor", rows)
    return [Said(row.kind, row.body["text"], sourced=bool(row.body.get("sources"))) for row in said if row.author == "bot"][::-1]


def sent(s: Session, conversation_id: str, client_id: str) -> Message | None:
    """The visitor's message with this id of the client."""
    return s.scalars(_SENT, {"conversation": conversation_id, "client": client_id}).first()


def add_visitor_message(
    s: Session, conversation_id: str, client_id: str | None, text: str, choice_id: str | None = None
) -> tuple[Message, bool]:
    """Keep what the visitor sent, before anything is done with it.

    Returns:
        The message, and whether it is new: the same ``client_id`` gives the first message again.

    Raises:
        UnknownConversation: there is no such conversation.
    """
    touch(s, conversation_id)
    if client_id is not None:
        first = sent(s, conversation_id, client_id)
        if first is not None:
            return first, False
    body = {"text": text} if choice_id is None else {"text": text, "choice": choice_id}
    return _add(s, conversation_id, "visitor", "message", body, client_id=client_id, status="pending"), True


def add_message(
    s: Session,
    conversation_id: str,
    author: str,
    text: str,
    kind: str = "message",
    language: str | None = None,
    choices: Iterable[Mapping[str, Any]] = (),
    sources: Iterable[Mapping[str, Any]] = (),
    reply_to: int | None = None,
) -> Message:
    """Add a line of the bot or of staff.

    Args:
        language: of the text, where it is not English.
        choices: ``{"id", "label", "payload"}`` each; the payload stays on the server.
        sources: ``{"title", "url"}`` each.
        reply_to: id of the visitor's message that this answers.

    Raises:
        UnknownConversation: there is no such conversation.
    """
    touch(s, conversation_id)
    body = {"text": text, "language": language, "choices": [dict(c) for c in choices], "sources": [dict(x) for x in sources]}
    return _add(s, conversation_id, author, kind, body, reply_to=reply_to)


def messages_after(s: Session, conversation_id: str, after: int = 0) -> list[Message]:
    """The messages of a conversation with a higher id, oldest first."""
    return list(
        s.scalars(
            select(Message).filter_by(conversation_id=conversation_id).where(Message.id > after).order_by(Message.id)
        )
    )


def replies_to(s: Session, message_id: int) -> list[Message]:
    """What was said in answer to a visitor's message, oldest first."""
    return list(s.scalars(select(Message).filter_by(reply_to=message_id).order_by(Message.id)))


def public(message: Message) -> dict[str, Any]:
    """A message as clients see it: no payloads, no internal state."""
    body = message.body
    return {
        "id": message.id,
        "author": message.author,
        "kind": message.kind,
        "text": body["text"],
        "html": as_html(body["text"], body.get("language")),
        "choices": [{"id": choice["id"], "label": choice["label"]} for choice in body.get("choices", ())],
        "sources": body.get("sources", []),
        "at": message.at.isoformat(),
    }


def as_html(text: str, language: str | None = None) -> str:
    """Plain text as paragraphs, which name their language where it is not English; everything in it is escaped."""
    opening = f'<p lang="{language}">' if language else "<p>"
    paragraphs = (escape(part.strip()).replace("\n", "<br>") for part in text.split("\n\n"))
    return "".join(f"{opening}{part}</p>" for part in paragraphs if part)


def find_choice(s: Session, conversation_id: str, choice_id: str) -> dict[str, Any] | None:
    """The newest choice with this id that was offered in this conversation."""
    newest_first = (
        select(Message)
        .filter_by(conversation_id=conversation_id)
        .where(Message.author != "visitor")
        .order_by(Message.id.desc())
        .limit(CHOICES_SEARCHED)
        .execution_options(yield_per=5)  # it is nearly always in the last one: do not decrypt them all
    )
    for message in s.scalars(newest_first):
        for choice in message.body.get("choices", ()):
            if choice["id"] == choice_id:
                return dict(choice)
    return None


def visitor_text(s: Session, conversation_id: str, message_id: int | None) -> str:
    """What the visitor wrote, or tapped, in one message of this conversation; empty where there is no such message."""
    found = s.scalars(select(Message).filter_by(id=message_id, conversation_id=conversation_id, author="visitor")).first()
    return found.body["text"] if found else ""


def recent_visitor_texts(s: Session, conversation_id: str, n: int) -> list[str]:
    """The last ``n`` texts of the visitor, oldest first."""
    newest = s.scalars(_RECENT, {"conversation": conversation_id, "n": n}).all()
    return [body["text"] for body in reversed(newest)]


def set_state(s: Session, conversation_id: str, state: str) -> None:
    """Set a conversation to open, crisis, staff or closed."""
    touch(s, conversation_id)
    change = update(Conversation).where(Conversation.id == conversation_id).values(state=state)
    s.execute(change.execution_options(synchronize_session="fetch"))


def set_status(s: Session, message_id: int, status: str) -> None:
    """Set a visitor's message to pending, answered or failed."""
    s.execute(_SET_STATUS, {"message": message_id, "new": status})


def record_question(
    s: Session, conversation_id: str, text: str, faq_id: str | None = None, message_id: int | None = None
) -> int:
    """Keep a question with the answer it got, and give its id; None as ``faq_id`` says that nobody knew one."""
    row = {"conversation_id": conversation_id, "text": text, "faq_id": faq_id, "message_id": message_id, "at": utcnow()}
    (question_id,) = s.execute(_INSERT_QUESTION, row).inserted_primary_key
    return question_id


def rate_questions(s: Session, conversation_id: str, ids: Sequence[int], helpful: bool) -> list[Question]:
    """Keep whether an answer helped; the ones that were not rated before, which is never changed."""
    rated = list(
        s.scalars(select(Question).filter_by(conversation_id=conversation_id, helpful=None).where(Question.id.in_(ids)))
    )
    for question in rated:
        question.helpful = helpful
    s.flush()
    return rated


def questions_asked(s: Session, conversation_id: str) -> list[Question]:
    """The questions of a conversation, oldest first."""
    return list(s.scalars(select(Question).filter_by(conversation_id=conversation_id).order_by(Question.id)))


def unanswered_questions(s: Session, settled: bool = False, limit: int = 200) -> list[Question]:
    """The questions nobody could answer, newest first: what the next reviewed answers should be about.

    Args:
        settled: those that staff have dealt with, instead of those that they have not.
    """
    return _questions(s, Question.faq_id.is_(None), settled, limit)


def unhelpful_questions(s: Session, settled: bool = False, limit: int = 200) -> list[Question]:
    """The questions whose answer did not help, newest first."""
    return _questions(s, Question.helpful.is_(False), settled, limit)


def _questions(s: Session, which: Any, settled: bool, limit: int) -> list[Question]:
    dealt_with = Question.settled_at.is_not(None) if settled else Question.settled_at.is_(None)
    return list(s.scalars(select(Question).where(which, dealt_with).order_by(Question.id.desc()).limit(limit)))


def _add(s: Session, conversation_id: str, author: str, kind: str, body: Mapping[str, Any], **columns: Any) -> Message:
    row = {"conversation_id": conversation_id, "author": author, "kind": kind, "body": dict(body), "at": utcnow(), **columns}
    (message_id,) = s.execute(_INSERT, row).inserted_primary_key
    return Message(id=message_id, **{"client_id": None, "reply_to": None, "status": None, **row})


def touch(s: Session, conversation_id: str) -> None:
    """Take the lock of a conversation's row and note that it was active.

    Raises:
        UnknownConversation: there is no such conversation.
    """
    touched = s.execute(_TOUCH, {"conversation": conversation_id, "now": utcnow()})
    if touched.rowcount == 0:
        raise UnknownConversation()
