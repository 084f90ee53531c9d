"""The queue and everything about one handoff: summary, answers, transcript, exports, claim, notes, the live chat.

Each look is written to the audit trail before it is shown, each change in the transaction that makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import Conflict

from bot.handoff import fhir, summary
from bot.records import conversations
from bot.records.models import AuditEntry, Conversation, Handoff, HandoffNote, Message, Staff
from bot.staff import view
from bot.staff.context import console, note_change, note_look, number
from bot.staff.forms import MessageForm, NoteForm
from bot.staff.security import passive

Form = TypeVar("Form", NoteForm, MessageForm)
bp = Blueprint("handoffs", __name__)

OPEN = ("new", "claimed")
PAGE = 50
JOINED = "A member of the clinic's team has joined this chat. The automated assistant is paused."
LEFT = "The member of the team has left this chat. You are with the automated assistant again."
# What each action does to the status, from which statuses it may, and what is said then. With `take` somebody takes over
# what a colleague claimed, who may have gone home.
MOVES = {
    "claim": ("claimed", ("new",), "Claimed."),
    "take": ("claimed", ("claimed",), "It is yours now."),
    "release": ("new", ("claimed",), "Released."),
    "close": ("closed", ("new", "claimed", "reviewed"), "Closed."),
    "reopen": ("new", ("reviewed", "closed"), "Reopened."),
}


class Refused(Conflict):
    """A step that does not fit any more. The page comes back with the reason and with what was typed: nothing of the
    console is kept in the browser, so going back would find an empty box."""

    def __init__(self, reason: str, show_again: Callable[[str, str], Any]) -> None:
        super().__init__(reason)
        self.show_again = show_again


@bp.errorhandler(Refused)
def refused(error: Refused) -> Any:
    return error.show_again(request.view_args["handoff_id"], str(error.description)), 409


# --- The queue


@dataclass(frozen=True)
class Row:
    """One line of the queue."""

    id: str
    kind: str
    urgency: str
    status: str
    created: Any
    name: str
    claimed_by: str | None
    levels: dict[str, int]
    unsafe: str | None


@bp.get("/")
def queue() -> Any:
    show = "all" if request.args.get("show") == "all" else "open"
    page = max(request.args.get("page", 1, type=number), 1)
    note_look("view", "queue", None, show)
    with console().database.reading() as s:
        rows, more = _rows(s, show, page)
        newest = _newest(s)
    return render_template("queue.html", rows=rows, show=show, page=page, more=more, newest=newest)


@bp.get("/queue.json")
@passive
def queue_news() -> Any:
    """What a page that stands open asks now and then: whether something arrived. Counts only, nothing of a person."""
    after = request.args.get("after", "")
    with console().database.reading() as s:
        seen = s.get(Handoff, after)
        query = select(Handoff.urgency, func.count()).where(Handoff.status == "new").group_by(Handoff.urgency)
        if seen is not None:
            query = query.where(Handoff.created_at > seen.created_at)
        counts = dict(s.execute(query).all())
    return jsonify({"new": sum(counts.values()), "stat": counts.get("stat", 0)})


def _rows(s: Session, show: str, page: int) -> tuple[list[Row], bool]:
    query = select(Handoff, Staff.email).outerjoin(Staff, Staff.id == Handoff.claimed_by)
    if show == "open":
        # All open ones, whatever their number: a page limit must not hide the oldest stat handoff.
        found = s.execute(query.where(Handoff.status.in_(OPEN))).all()
        found.sort(key=lambda row: (view.URGENCY_ORDER.get(row[0].urgency, 9), row[0].created_at))
        more = False
    else:
        newest_first = query.order_by(Handoff.created_at.desc(), Handoff.id)
        found = s.execute(newest_first.offset((page - 1) * PAGE).limit(PAGE + 1)).all()
        found, more = found[:PAGE], len(found) > PAGE
    return [_row(s, handoff, claimed_by) for handoff, claimed_by in found], more


def _row(s: Session, handoff: Handoff, claimed_by: str | None) -> Row:
    told = summary.summarize(s, handoff)
    return Row(
        id=handoff.id,
        kind=handoff.kind,
        urgency=handoff.urgency,
        status=handoff.status,
        created=handoff.created_at,
        name=view.short_name(told["person"]),
        claimed_by=claimed_by,
        levels=view.count_levels(told["flags"]),
        unsafe=view.safety_of_contact(told),
    )


def _newest(s: Session) -> str:
    return s.scalars(select(Handoff.id).order_by(Handoff.created_at.desc()).limit(1)).first() or ""


# --- One handoff


@bp.get("/handoffs/<handoff_id>")
def show(handoff_id: str) -> Any:
    with _looking_at(handoff_id, "view") as (s, handoff):
        return _handoff(s, handoff, NoteForm(formdata=None))


@bp.get("/handoffs/<handoff_id>/print")
def print_view(handoff_id: str) -> Any:
    with _looking_at(handoff_id, "print") as (s, handoff):
        return render_template("print.html", **_page(s, handoff))


@bp.get("/handoffs/<handoff_id>/transcript")
def transcript(handoff_id: str) -> Any:
    with _looking_at(handoff_id, "view", "transcript") as (s, handoff):
        return _transcript(s, handoff, MessageForm(formdata=None))


@bp.get("/handoffs/<handoff_id>/messages.json")
@passive
def messages(handoff_id: str) -> Any:
    """What was said after a message, for the transcript that stands open while staff write."""
    after = request.args.get("after", 0, type=number)
    with console().database.reading() as s:
        handoff = _get(s, handoff_id)
        found = [view.said(m) for m in conversations.messages_after(s, handoff.conversation_id, after)]
    if found:
        note_look("view", "handoff", handoff_id, "transcript")
    return jsonify({"messages": found})


@bp.get("/handoffs/<handoff_id>/summary.json")
def summary_json(handoff_id: str) -> Any:
    with _looking_at(handoff_id, "export", "json") as (s, handoff):
        return jsonify(summary.summarize(s, handoff))


@bp.get("/handoffs/<handoff_id>/fhir.json")
def fhir_json(handoff_id: str) -> Any:
    with _looking_at(handoff_id, "export", "fhir") as (_, handoff):
        response = jsonify(fhir.bundle(handoff))
    response.mimetype = "application/fhir+json"
    return response


@contextmanager
def _looking_at(handoff_id: str, action: str, detail: str | None = None) -> Iterator[tuple[Session, Handoff]]:
    with console().database.reading() as s:
        _get(s, handoff_id)
    note_look(action, "handoff", handoff_id, detail)
    with console().database.reading() as s:
        yield s, _get(s, handoff_id)


def _get(s: Session, handoff_id: str) -> Handoff:
    handoff = s.get(Handoff, handoff_id)
    if handoff is None:
        abort(404)
    return handoff


def _handoff(s: Session, handoff: Handoff, form: NoteForm) -> str:
    return render_template("handoff.html", form=form, **_page(s, handoff))


def _page(s: Session, handoff: Handoff) -> dict[str, Any]:
    others = _others(s, handoff)
    told = summary.summarize(s, handoff)
    notes = s.execute(
        select(HandoffNote, Staff.email)
        .join(Staff, Staff.id == HandoffNote.staff_id)
        .where(HandoffNote.handoff_id == handoff.id)
        .order_by(HandoffNote.id)
    ).all()
    return {
        "handoff": handoff,
        "told": told,
        "person": told["person"],
        "age": view.years_old(told["person"].get("birth_date"), console().now()),
        "levels": view.count_levels(told["flags"]),
        "unsafe": view.safety_of_contact(told),
        "events": handoff.data.get("events", []),
        "conversation": s.get(Conversation, handoff.conversation_id),
        "others": others,
        "related": _related(others),
        "claimed_by": _email(s, handoff.claimed_by),
        "reviewed_by": _email(s, handoff.reviewed_by),
        "mine": handoff.claimed_by == current_user.id,
        "notes": notes,
        "history": _history(s, handoff),
    }


def _others(s: Session, handoff: Handoff) -> list[Handoff]:
    same = select(Handoff).filter_by(conversation_id=handoff.conversation_id).where(Handoff.id != handoff.id)
    return list(s.scalars(same.order_by(Handoff.created_at.desc())))


def _related(others: list[Handoff]) -> str:
    """The level of what else came from a conversation: who reads a history must know of a crisis."""
    crises = [other.status for other in others if other.kind == "crisis"]
    return "red" if set(crises) & set(OPEN) else "amber" if crises else "info"


def _history(s: Session, handoff: Handoff) -> list[Any]:
    rows = (
        select(AuditEntry, Staff.email)
        .outerjoin(Staff, Staff.id == AuditEntry.staff_id)
        .where(AuditEntry.object_type == "handoff", AuditEntry.object_id == handoff.id)
    )
    return list(s.execute(rows.order_by(AuditEntry.id.desc()).limit(30)).all())


def _email(s: Session, staff_id: int | None) -> str | None:
    account = s.get(Staff, staff_id) if staff_id is not None else None
    return account.email if account else None


def _transcript(s: Session, handoff: Handoff, form: MessageForm) -> str:
    said = [view.said(m) for m in conversations.messages_after(s, handoff.conversation_id)]
    told = summary.summarize(s, handoff)
    open_still = conversations.get_conversation(s, handoff.conversation_id)
    return render_template(
        "transcript.html",
        handoff=handoff,
        person=told["person"],
        conversation=s.get(Conversation, handoff.conversation_id),
        reachable=open_still is not None and open_still.state != "closed",
        said=said,
        form=form,
    )


# --- Changes


@bp.post("/handoffs/<handoff_id>/status/<action>")
def move(handoff_id: str, action: str) -> Any:
    """Claim, take over, release, close or reopen. A note that was begun comes back: only "Save" keeps it."""
    if action not in MOVES:
        abort(404)
    target, allowed, done = MOVES[action]
    with console().database.session() as s:
        handoff = _get_locked(s, handoff_id)
        if handoff.status not in allowed:
            raise Refused(f"This handoff is {handoff.status} by now.", _note_again)
        handoff.status = target
        handoff.claimed_by = current_user.id if target == "claimed" else None if target == "new" else handoff.claimed_by
        note_change(s, action, "handoff", handoff_id)
    if NoteForm().text.data:
        return _note_again(handoff_id, f"{done} Your note is not saved yet: it stands below.")
    flash(done, "info")
    return redirect(url_for(".show", handoff_id=handoff_id))


@bp.post("/handoffs/<handoff_id>/notes")
def note(handoff_id: str) -> Any:
    """Keep a note; with `review` it also says that somebody has dealt with this handoff."""
    form = NoteForm()
    review = "review" in request.form
    if not form.validate():
        return _note_again(handoff_id), 422
    with console().database.session() as s:
        handoff = _get_locked(s, handoff_id)
        if review and handoff.status not in OPEN:
            raise Refused(
                f"This handoff is {handoff.status} by now, so nothing was saved. Your text still stands below: save it as a note.",
                _note_again,
            )
        s.add(HandoffNote(handoff_id=handoff_id, staff_id=current_user.id, text=form.text.data))
        note_change(s, "note", "handoff", handoff_id)
        if review:
            handoff.status, handoff.reviewed_by, handoff.reviewed_at = "reviewed", current_user.id, console().now()
            note_change(s, "review", "handoff", handoff_id)
    flash("Marked as reviewed." if review else "Note saved.", "info")
    return redirect(url_for(".show", handoff_id=handoff_id) + "#notes")


def _note_again(handoff_id: str, *problems: str) -> str:
    """The handoff with what was typed and why it was not kept: a look like any other."""
    form = _again(NoteForm(), "Not saved yet.", problems)
    with _looking_at(handoff_id, "view") as (s, handoff):
        return _handoff(s, handoff, form)


def _again(form: Form, what: str, problems: Sequence[str]) -> Form:
    """A form as it was sent, with what is wrong with it, or with what stood in its way."""
    if not problems:
        form.validate()
    elif form.text.data:
        form.text.errors = [what]
    form.form_errors.extend(problems)
    return form


def _get_locked(s: Session, handoff_id: str) -> Handoff:
    handoff = s.get(Handoff, handoff_id, with_for_update=True)
    if handoff is None:
        abort(404)
    return handoff


# --- The live chat


@bp.post("/handoffs/<handoff_id>/chat/take-over")
def take_over(handoff_id: str) -> Any:
    """Pause the assistant: what the visitor writes from now on waits for staff."""
    with console().database.session() as s:
        conversation = _reachable(s, handoff_id)
        if conversation.state == "staff":
            raise Refused("Staff are in this chat already.", _message_again)
        note_change(s, "take_over", "handoff", handoff_id, f"from {conversation.state}")
        conversations.set_state(s, conversation.id, "staff")
        conversations.add_message(s, conversation.id, "staff", JOINED)  # the page: from here to their notice, a person is there
    if MessageForm().text.data:
        return _message_again(handoff_id, "You are in the chat now. Your message is not sent yet: it stands below.")
    return redirect(url_for(".transcript", handoff_id=handoff_id) + "#write")


@bp.post("/handoffs/<handoff_id>/chat/message")
def write(handoff_id: str) -> Any:
    """Say something to the visitor."""
    form = MessageForm()
    if not form.validate():
        return _message_again(handoff_id), 422
    with console().database.session() as s:
        conversation = _reachable(s, handoff_id)
        if conversation.state != "staff":
            raise Refused(
                "Your message was not sent, because the chat was handed back to the assistant meanwhile. It stands below: join the "
                "chat again to send it.",
                _message_again,
            )
        conversations.add_message(s, conversation.id, "staff", form.text.data)
        _set_answered(s, conversation.id)
        note_change(s, "message", "handoff", handoff_id)
    return redirect(url_for(".transcript", handoff_id=handoff_id) + "#write")


@bp.post("/handoffs/<handoff_id>/chat/hand-back")
def hand_back(handoff_id: str) -> Any:
    """Let the assistant go on. A crisis from before or meanwhile puts it on hold: only the visitor ends that."""
    if MessageForm().text.data:
        raise Refused(
            "The chat was not handed back, because your message is not sent yet. Send it, or empty the box, and then hand back.",
            _message_again,
        )
    with console().database.session() as s:
        conversation = _reachable(s, handoff_id)
        if conversation.state != "staff":
            raise Refused("Staff have left this chat already.", _message_again)
        _set_answered(s, conversation.id)  # staff read it and chose not to reply: the assistant will not, either
        conversations.add_message(s, conversation.id, "staff", LEFT, kind="notice")
        conversations.set_state(s, conversation.id, _state_before(s, conversation.id))
        note_change(s, "hand_back", "handoff", handoff_id)
    flash("The assistant has the chat again.", "info")
    return redirect(url_for(".transcript", handoff_id=handoff_id))


def _message_again(handoff_id: str, *problems: str) -> str:
    """The conversation with what was typed and why it was not sent: a look like any other."""
    form = _again(MessageForm(), "Not sent yet.", problems)
    with _looking_at(handoff_id, "view", "transcript") as (s, handoff):
        return _transcript(s, handoff, form)


def _reachable(s: Session, handoff_id: str) -> Conversation:
    """The conversation, locked before anything of it is read: a crisis that is being written at this moment is waited for."""
    conversation_id = s.scalars(select(Handoff.conversation_id).filter_by(id=handoff_id)).first()
    if conversation_id is None:
        abort(404)
    conversation = conversations.get_conversation(s, conversation_id, locked=True)
    if conversation is None or conversation.state == "closed":
        raise Refused("This chat has ended, so the visitor can no longer read what is written here.", _message_again)
    return conversation


def _set_answered(s: Session, conversation_id: str) -> None:
    waiting = select(Message.id).filter_by(conversation_id=conversation_id, author="visitor", status="pending")
    for message_id in s.scalars(waiting).all():
        conversations.set_status(s, message_id, "answered")


def _state_before(s: Session, conversation_id: str) -> str:
    taken = (
        select(AuditEntry.detail, AuditEntry.at)
        .join(Handoff, (AuditEntry.object_type == "handoff") & (AuditEntry.object_id == Handoff.id))
        .where(Handoff.conversation_id == conversation_id, AuditEntry.action == "take_over")
    )
    last = s.execute(taken.order_by(AuditEntry.id.desc()).limit(1)).first()
    if last is None:
        return "open"
    crises = s.scalars(select(Handoff).filter_by(conversation_id=conversation_id, kind="crisis"))
    return "crisis" if last.detail == "from crisis" or any(_last_event(one) > last.at for one in crises) else "open"


def _last_event(crisis: Handoff) -> datetime:
    """When a crisis was last noticed: while its handoff is open, that takes up further ones."""
    return max([crisis.created_at, *(datetime.fromisoformat(event["at"]) for event in crisis.data.get("events", ()))])
