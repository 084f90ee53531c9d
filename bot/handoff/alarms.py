"""What a conversation says of danger, as flags of what is sent in it: who opens a history must know of the crisis before it.

A crisis is red. A check-in is amber until the visitor said that they are safe: the assistant's words of going on tell so. One
whose words are an answer of the history stays amber, and says so: staff read these words without the no that followed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.handoff.flags import flag
from bot.handoff.summary import CATEGORIES
from bot.records import conversations, intakes
from bot.records.models import Handoff, Message
from bot.safety import Replies
from bot.settings import Clinic

OF_THE_BODY = ("medical_emergency", "overdose", "withdrawal", "disorientation")
UNCLEAR = "it was not cleared up"


def raised(s: Session, conversation_id: str, clinic: Clinic, own: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The flags, oldest first of each kind.

    Args:
        clinic: in whose time they tell when something was written.
        own: codes of the red flags that the run raises itself; a red answer of it that still stands is not told twice.
    """
    return [*_crises(s, conversation_id, clinic, own), *_check_ins(s, conversation_id, clinic)]


def _crises(s: Session, conversation_id: str, clinic: Clinic, own: Sequence[str]) -> Iterator[dict[str, Any]]:
    handoffs = select(Handoff).filter_by(conversation_id=conversation_id, kind="crisis").order_by(Handoff.created_at)
    for handoff in s.scalars(handoffs):
        for event in handoff.data.get("events", ()):
            _, asked, link_id = event["rule"].partition("/")
            if asked and any(code.startswith(link_id) for code in own):
                continue
            what, when = CATEGORIES.get(event["category"], event["category"]), datetime.fromisoformat(event["at"])
            reason = f"Crisis message in this chat, {clinic.time(when)}. May be about {what}. See its own handoff."
            yield flag("red", f"crisis-{_slug(event['category'])}", reason, event["words"])


def _check_ins(s: Session, conversation_id: str, clinic: Clinic) -> Iterator[dict[str, Any]]:
    replies = _replies()
    resumed = {replies.resumed(language).text for language in ("en", "es")}
    runs = intakes.conversation_intakes(s, conversation_id)
    answers = {answer.text for run in runs for answer in intakes.answers(s, run).values() if answer.text}
    visitor: dict[int, Message] = {}
    not_cleared: list[Message] = []
    told: list[tuple[Message, str]] = []  # a check-in and what came of it
    for message in conversations.messages_after(s, conversation_id):
        text = message.body["text"]
        if message.author == "visitor":
            visitor[message.id] = message
        elif message.kind == "crisis":  # what led to a crisis is not cleared by what follows it
            told += [(one, UNCLEAR) for one in not_cleared]
            not_cleared = []
        elif message.kind == "check_in" and not replies.asks_back(text):
            not_cleared.append(message)
        elif text in resumed:
            denied = [one for one in not_cleared if _outlasts_a_no(one) and _words(visitor, one) in answers]
            told += [(one, f'they said: "{_words(visitor, message)}"') for one in denied]
            not_cleared = []
    for message, came_of_it in [*told, *((one, UNCLEAR) for one in not_cleared)]:
        category = replies.asks_about(message.body["text"])
        reason = (
            f"Wrote something in this chat, {clinic.time(message.at)}, that may be about {CATEGORIES[category]}. "
            f"They were asked, and {came_of_it}. Ask."
        )
        yield flag("amber", f"check-in-{_slug(category)}", reason, _words(visitor, message))


def _outlasts_a_no(check_in: Message) -> bool:
    """Whether an answer stays worth a look when its check-in was denied: that a reaction is not happening now settles it."""
    return _replies().asks_about(check_in.body["text"]) not in OF_THE_BODY


def _words(visitor: dict[int, Message], reply: Message) -> str:
    """What a message of the assistant replied to."""
    said = visitor.get(reply.reply_to)
    return said.body["text"] if said else ""


def _slug(category: str) -> str:
    return category.replace("_", "-")


@functools.lru_cache(maxsize=None)
def _replies() -> Replies:
    return Replies.load()
