"""What is not needed any more is deleted: abandoned runs and old transcripts.

Kept, whatever their age: runs that were submitted with their answers, and everything about a handoff that staff have
not dealt with (its transcript, too). Deleted after ``retention_days`` without a word from the visitor: runs that were
never submitted, transcripts, what Rasa remembers, questions; and the conversation itself where nothing is left of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.records.models import Answer, Conversation, Handoff, Intake, Message, OutboxItem, Question, TrackerEvent
from bot.settings import Settings

OPEN_HANDOFF = ("new", "claimed")
BATCH = 200


def purge(s: Session, now: datetime, settings: Settings) -> dict[str, int]:
    """Delete what is older than the retention time. Returns how many of each were deleted."""
    cutoff = now - timedelta(days=settings.retention_days)
    counts = dict.fromkeys(("intakes", "conversations", "messages", "tracker_events", "questions", "deliveries"), 0)
    with_open_handoff = select(Handoff.conversation_id).where(Handoff.status.in_(OPEN_HANDOFF))
    old = s.scalars(
        select(Conversation.id).where(Conversation.last_seen_at < cutoff, Conversation.id.not_in(with_open_handoff))
    ).all()
    for start in range(0, len(old), BATCH):
        for name, count in _forget(s, old[start : start + BATCH]).items():
            counts[name] += count
    abandoned = select(Intake.id).where(
        Intake.status != "submitted",
        Intake.updated_at < cutoff,
        Intake.conversation_id.not_in(with_open_handoff),
    )
    counts["intakes"] += _delete_intakes(s, abandoned)
    done = delete(OutboxItem).where(OutboxItem.status != "pending", OutboxItem.created_at < cutoff)
    counts["deliveries"] = s.execute(done.execution_options(synchronize_session=False)).rowcount
    s.expire_all()
    return counts


def forget(s: Session, conversation_id: str) -> dict[str, int]:
    """Delete what one visitor wrote and did not send, at their wish. What was sent to staff is theirs to delete, and
    the transcript of a handoff that staff have not dealt with stays until they have; then the counts name no messages."""
    open_handoff = select(Handoff.id).filter_by(conversation_id=conversation_id).where(Handoff.status.in_(OPEN_HANDOFF))
    if s.scalars(open_handoff.limit(1)).first() is not None:
        unsent = select(Intake.id).filter_by(conversation_id=conversation_id).where(Intake.status != "submitted")
        counts = {"intakes": _delete_intakes(s, unsent), "tracker_events": _forget_tracker(s, [conversation_id])}
    else:
        counts = _forget(s, [conversation_id], keep_row=True)
    s.expire_all()
    return counts


def _forget(s: Session, ids: list[str], keep_row: bool = False) -> dict[str, int]:
    """Delete transcripts, tracker, questions and unsent runs of conversations; then the empty conversations."""
    counts = {
        "questions": _delete(s, Question, Question.conversation_id.in_(ids)),
        "tracker_events": _forget_tracker(s, ids),
        "intakes": _delete_intakes(
            s, select(Intake.id).where(Intake.conversation_id.in_(ids), Intake.status != "submitted")
        ),
    }
    s.execute(
        update(Message)
        .where(Message.conversation_id.in_(ids))
        .values(reply_to=None)
        .execution_options(synchronize_session=False)
    )
    counts["messages"] = _delete(s, Message, Message.conversation_id.in_(ids))
    if not keep_row:
        used = select(Handoff.conversation_id).union(select(Intake.conversation_id))
        counts["conversations"] = _delete(s, Conversation, Conversation.id.in_(ids), Conversation.id.not_in(used))
    return counts


def _forget_tracker(s: Session, ids: list[str]) -> int:
    """Delete what Rasa remembers: without it no form waits for the answer of a run that is gone."""
    s.execute(
        update(Conversation)
        .where(Conversation.id.in_(ids))
        .values(snapshot=None)
        .execution_options(synchronize_session=False)
    )
    return _delete(s, TrackerEvent, TrackerEvent.conversation_id.in_(ids))


def _delete_intakes(s: Session, ids: Any) -> int:
    """Delete runs with their answers, but none that a handoff tells of."""
    handed_over = select(Handoff.intake_id).where(Handoff.intake_id.is_not(None))
    ids = ids.where(Intake.id.not_in(handed_over))
    _delete(s, Answer, Answer.intake_id.in_(ids))
    return _delete(s, Intake, Intake.id.in_(ids))


def _delete(s: Session, model: Any, *where: Any) -> int:
    return s.execute(delete(model).where(*where).execution_options(synchronize_session=False)).rowcount
