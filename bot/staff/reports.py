"""The audit trail, the questions nobody could answer, and whether the console is up."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.records import audit, conversations
from bot.records.models import Handoff, Question, Staff
from bot.staff.context import HIGHEST, console, note_change, note_look, number
from bot.staff.security import public

bp = Blueprint("reports", __name__)

PAGE = 100


@bp.get("/health")
@public
def health() -> Any:
    """Whether the process is up. It says nothing more, because anybody may ask."""
    return jsonify({"status": "ok"})


@bp.get("/audit")
def trail() -> Any:
    before = request.args.get("before", type=number)
    note_look("view", "audit")
    with console().database.reading() as s:
        entries = audit.entries(s, PAGE + 1, before)
        emails = dict(s.execute(select(Staff.id, Staff.email)).all())
        return render_template("audit.html", entries=entries[:PAGE], more=len(entries) > PAGE, emails=emails, before=before)


@bp.get("/unanswered")
def unanswered() -> Any:
    settled = request.args.get("show") == "settled"
    note_look("view", "questions")
    with console().database.reading() as s:
        questions = conversations.unanswered_questions(s, settled)
        return render_template(
            "unanswered.html",
            settled=settled,
            questions=questions,
            unhelpful=conversations.unhelpful_questions(s, settled),
            passed_on=_passed_on(s, {question.conversation_id for question in questions}),
        )


@bp.post(f"/unanswered/<int(max={HIGHEST}):question_id>/<any(settle, unsettle):action>")
def settle(question_id: int, action: str) -> Any:
    """Mark a question as dealt with, or take that back. Done already, it stays as it is."""
    with console().database.session() as s:
        question = s.get(Question, question_id, with_for_update=True)
        if question is None:
            abort(404)
        if (question.settled_at is None) == (action == "settle"):
            question.settled_at = console().now() if action == "settle" else None
            note_change(s, action, "question", question_id)
    flash("Marked as dealt with." if action == "settle" else "Taken back: it is among the open ones again.", "info")
    return redirect(url_for(".unanswered", show=None if action == "settle" else "settled"))


def _passed_on(s: Session, conversation_ids: set[str]) -> dict[str, str]:
    """The handoff in which a question was passed on, by conversation."""
    rows = s.execute(
        select(Handoff.conversation_id, Handoff.id)
        .where(Handoff.kind == "question", Handoff.conversation_id.in_(conversation_ids))
        .order_by(Handoff.created_at)
    )
    return dict(rows.all())
