"""Hands things to staff. Each function writes the handoff and the notices it owes in the caller's transaction, so that
there is never one without the other; nothing is sent here (see `outbox`).

Urgency: a crisis is stat. What a person sent is stat with a red flag (a crisis message in the same chat raises one), urgent
with an amber one that comes first (so also where they said that contact is not safe, because a careless call does harm), else
routine; what was routine and is taken back is urgent. A message that the assistant could not answer is urgent: nobody and
nothing has read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.handoff import alarms, flags, outbox, summary
from bot.handoff.runs import player
from bot.records import intakes
from bot.records.models import Conversation, Handoff, Intake, OutboxItem, utcnow
from bot.settings import Clinic, Settings, SettingsError, load_clinic

OPEN = ("new", "claimed")
REMIND_AFTER = timedelta(minutes=10)  # staff who were told of a crisis are told again of more only after this time


def submit_intake(s: Session, intake: Intake, *, settings: Settings) -> Handoff:
    """Hand over a history that was sent. Sending it again gives the same handoff."""
    return _of_run(s, "intake", intake, settings)


def send_unfinished(s: Session, intake: Intake, *, settings: Settings) -> Handoff:
    """Hand over what was given of a stopped history, at the person's wish. The run can still be finished and sent.

    Sent again, it renews the handoff that is still open.
    """
    return _of_run(s, "unfinished", intake, settings)


def request_callback(s: Session, intake: Intake, *, settings: Settings) -> Handoff:
    """Hand over a request for a person."""
    return _of_run(s, "callback", intake, settings)


def pass_question(s: Session, intake: Intake, *, settings: Settings) -> Handoff:
    """Hand over a question that nobody could answer."""
    return _of_run(s, "question", intake, settings)


def report_crisis(
    s: Session,
    conversation_id: str,
    *,
    category: str,
    rule: str,
    version: str,
    words: str,
    shown: str,
    settings: Settings,
) -> Handoff:
    """Tell staff of a crisis message. More of them in one conversation go into one handoff while it is open.

    Args:
        category: as in ``Screening.category``.
        rule: what noticed it.
        version: of the rules or the model.
        words: what the visitor wrote.
        shown: the crisis text that was shown in reply.
    """
    event = {"category": category, "rule": rule, "version": version, "words": words, "shown": shown}
    return _with_event(s, "crisis", "stat", conversation_id, event, settings)


def keep_message(s: Session, conversation_id: str, *, words: str, settings: Settings) -> Handoff:
    """Show staff a message that the assistant could not answer because something in it was not working."""
    return _with_event(s, "question", "urgent", conversation_id, {"words": words}, settings)


def handed_over(s: Session, conversation_id: str) -> list[Handoff]:
    """What staff have from a conversation, newest first."""
    found = select(Handoff).filter_by(conversation_id=conversation_id).order_by(Handoff.created_at.desc())
    return list(s.scalars(found))


def add_note(s: Session, conversation_id: str, *, words: str, withdraws: bool = False, settings: Settings) -> bool:
    """Show staff what the visitor wrote later about what they had sent: more to it, or that they take it back.

    It goes to all that staff have from the conversation and have not closed, or to the newest where all is closed, because
    whoever works on one need not look at the others. What was dealt with waits for staff again.

    Args:
        words: of the visitor.
        withdraws: whether they take back what they sent, or do not want to be contacted.

    Returns:
        Whether there was anything it could go with.
    """
    _lock(s, conversation_id)
    handed = handed_over(s, conversation_id)
    now = utcnow()
    for handoff in [one for one in handed if one.status != "closed"] or handed[:1]:
        notes = handoff.data.get("notes", ())
        note = {"words": words, "withdraws": withdraws, "at": now.isoformat()}
        handoff.data = {**handoff.data, "notes": [*notes, note]}
        if handoff.status not in OPEN:
            handoff.status, handoff.claimed_by = "new", None
        if withdraws and handoff.urgency == "routine":
            handoff.urgency = "urgent"
        lately = (now - REMIND_AFTER).isoformat()
        told = any(one["at"] > lately and one["withdraws"] >= withdraws for one in notes)
        if not told:
            outbox.enqueue(s, handoff, settings, now)
    s.flush()
    return bool(handed)


def send_note(s: Session, intake: Intake, *, settings: Settings) -> None:
    """Show staff what was asked for in a run of the kind ``note``. The words go with the handoffs; the run is done."""
    given = player(s, intake).review()
    words = [intake.state.get("about"), *(answer.text for _, answer in given)]
    add_note(s, intake.conversation_id, words="\n".join(filter(None, words)), settings=settings)
    intakes.set_status(s, intake, "ended")


def _of_run(s: Session, kind: str, intake: Intake, settings: Settings) -> Handoff:
    """The handoff of a run. A finished history takes the place of what was sent of it before."""
    _lock(s, intake.conversation_id)
    open_part = _sent(s, intake, "unfinished", OPEN)
    finished = kind != "unfinished"
    if finished:
        sent = _sent(s, intake, kind)
        if sent is not None:
            return sent
        intakes.set_status(s, intake, "submitted")
        if open_part is not None:
            open_part.status = "closed"
    now = utcnow()
    kept = summary.snapshot(s, intake.conversation_id, intake, pc_ptsd5_cut=settings.pc_ptsd5_cut, now=now)
    own = [one["code"] for one in kept["flags"] if one["level"] == "red"]
    before = alarms.raised(s, intake.conversation_id, _clinic(settings), own)
    kept["flags"] = flags.in_order([*before, *kept["flags"]])
    responses = player(s, intake).response("completed" if finished else "in-progress", authored=now)
    handoff = None if finished else open_part
    if handoff is None:
        handoff = Handoff(conversation_id=intake.conversation_id, intake_id=intake.id, kind=kind, created_at=now)
        s.add(handoff)
    notes = open_part.data.get("notes", []) if open_part else []
    handoff.urgency = _urgency(kept["flags"], notes)
    handoff.data = {"summary": kept, "responses": responses, "notes": notes}
    s.flush()
    if not _told_lately(s, handoff):
        outbox.enqueue(s, handoff, settings, now)
    return handoff


def _clinic(settings: Settings) -> Clinic:
    """The clinic; one with nothing set while somebody edits its file, for a history is sent all the same."""
    try:
        return load_clinic(settings.clinic_file)
    except (SettingsError, OSError):
        return Clinic({})


def _sent(s: Session, intake: Intake, kind: str, statuses: Sequence[str] = ()) -> Handoff | None:
    query = select(Handoff).filter_by(intake_id=intake.id, kind=kind)
    if statuses:
        query = query.where(Handoff.status.in_(statuses))
    return s.scalars(query).first()


def _urgency(raised: Sequence[Mapping[str, Any]], notes: Sequence[Mapping[str, Any]]) -> str:
    if any(flag["level"] == "red" for flag in raised):
        return "stat"
    careful = any(flags.is_high(flag) for flag in raised) or any(note["withdraws"] for note in notes)
    return "urgent" if careful else "routine"


def _with_event(
    s: Session, kind: str, urgency: str, conversation_id: str, event: Mapping[str, Any], settings: Settings
) -> Handoff:
    """A handoff that belongs to no run and collects what happens while it is open."""
    _lock(s, conversation_id)
    now = utcnow()
    event = {**event, "at": now.isoformat()}
    handoff = s.scalars(
        select(Handoff)
        .filter_by(conversation_id=conversation_id, kind=kind, intake_id=None)
        .where(Handoff.status.in_(OPEN))
        .order_by(Handoff.created_at.desc())
    ).first()
    if handoff is None:
        handoff = Handoff(conversation_id=conversation_id, kind=kind, urgency=urgency, created_at=now, data={})
        s.add(handoff)
    events = [*handoff.data.get("events", ()), event]
    kept = summary.snapshot(s, conversation_id, None, pc_ptsd5_cut=settings.pc_ptsd5_cut, now=now)
    if kind == "crisis":
        kept["flags"] = [summary.crisis_flag(one) for one in events]
        kept["reason"] = summary.crisis_reason(events)
    else:
        kept["reason"] = "The assistant was not working. They wrote:\n" + "\n".join(one["words"] for one in events)
    handoff.data = {**handoff.data, "summary": kept, "events": events}
    s.flush()
    if not _told_lately(s, handoff):
        outbox.enqueue(s, handoff, settings, now)
    return handoff


def _told_lately(s: Session, handoff: Handoff) -> bool:
    since = utcnow() - REMIND_AFTER
    query = select(OutboxItem.id).filter_by(handoff_id=handoff.id).where(OutboxItem.created_at > since)
    return s.scalars(query.limit(1)).first() is not None


def _lock(s: Session, conversation_id: str) -> None:
    """Two messages at once must not open two handoffs."""
    s.execute(select(Conversation.id).filter_by(id=conversation_id).with_for_update())
