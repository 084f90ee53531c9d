"""The audit trail, the questions nobody could answer, and whether the console is up."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.records import audit, conversations
from bot.records.models import Handoff, Question, Staff
from bot.staff.context import console, note_look
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
    before = request.args.get("before", type=int)
    note_look("view", "audit")
    with console().database.reading() as s:
        entries = audit.entries(s, PAGE + 1, before)
        emails = dict(s.execute(select(Staff.id, Staff.email)).all())
        return render_template("audit.html", entries=entries[:PAGE], more=len(entries) > PAGE, emails=emails, before=before)


@bp.get("/unanswered")
def unanswered() -> Any:
    note_look("view", "questions")
    with console().database.reading() as s:
        open_questions = conversations.unanswered_questions(s)
        unhelpful = s.scalars(select(Question).filter_by(helpful=False).order_by(Question.id.desc()).limit(PAGE)).all()
        return render_template(
            "unanswered.html",
            open_questions=open_questions,
            unhelpful=unhelpful,
            passed_on=_passed_on(s, {question.conversation_id for question in open_questions}),
        )


def _passed_on(s: Session, conversation_ids: set[str]) -> dict[str, str]:
    """The handoff in which a question was passed on, by conversation."""
    rows = s.execute(
        select(Handoff.conversation_id, Handoff.id)
        .where(Handoff.kind == "question", Handoff.conversation_id.in_(conversation_ids))
        .order_by(Handoff.created_at)
    )
    return dict(rows.all())
