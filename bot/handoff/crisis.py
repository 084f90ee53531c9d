"""The crisis path, in one place for every layer that notices one: the channel's rules, the model, a red answer.

It works without a model and without the action server. In one transaction it marks the conversation, writes the
handoff with its notices, and gives back the words to show; the conversation goes on only when the visitor chooses.
"""
from __future__ import annotations

from typing import Optional

from sqlalchemy.orm import Session

from bot.handoff.service import report_crisis
from bot.records import intakes
from bot.records.conversations import get_state, set_state
from bot.safety import OF_MINORS, Replies, Reply
from bot.settings import Clinic, Settings


def take_over(
    s: Session,
    conversation_id: str,
    *,
    category: Optional[str],
    rule: str,
    version: str,
    words: str,
    replies: Replies,
    settings: Settings,
    clinic: Clinic,
    language: Optional[str] = None,
) -> Reply:
    """Stop what is running and tell staff.

    Args:
        category: as in ``Screening.category``.
        rule: what noticed it (a rule's name, ``model``, or the question that was answered).
        version: the version of the rules or the model.
        words: what the visitor wrote or chose; kept encrypted with the handoff.
        language: of the reply; that of the words where it is not given.

    Returns:
        The reply to show, with nothing before it and nothing after it.
    """
    if category in OF_MINORS and intakes.is_minor(s, conversation_id):
        category = "minor"
    reply = replies.reply(category, "takeover", language=language or replies.language(words), phone=clinic.get("phone"))
    if get_state(s, conversation_id, locked=True) != "staff":  # whoever of the team writes there goes on writing
        set_state(s, conversation_id, "crisis")
    if category == "minor":  # the history is for adults
        history = intakes.current_intake(s, conversation_id, kind="intake")
        if history is not None:
            intakes.set_state(s, history, {**(history.state or {}), "ended": intakes.UNDER_AGE})
            intakes.set_status(s, history, "ended")
    report_crisis(
        s,
        conversation_id,
        category=category or "suicidal",
        rule=rule,
        version=version,
        words=words,
        shown=reply.text,
        settings=settings,
    )
    return reply
