"""Runs of questionnaires and their answers. An answer is stored when it is given, and nothing is ever overwritten: a
changed or withdrawn answer stays, with the time at which it stopped being the current one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.records.models import Answer, Intake, utcnow

OPEN = ("in_progress", "stopped")
UNDER_AGE = "under-18"  # code of the ending of a history whose person is no adult
UNREAD = "unread"  # status of what was typed to a question and could not be read


def current_intake(s: Session, conversation_id: str, kind: str | None = None) -> Intake | None:
    """The newest run of a conversation that can go on (in progress or stopped), of one kind where one is given."""
    query = select(Intake).filter_by(conversation_id=conversation_id).where(Intake.status.in_(OPEN))
    if kind is not None:
        query = query.filter_by(kind=kind)
    return s.scalars(query.order_by(Intake.id.desc()).limit(1)).first()


def conversation_intakes(s: Session, conversation_id: str) -> list[Intake]:
    """Every run of a conversation, newest first."""
    return list(s.scalars(select(Intake).filter_by(conversation_id=conversation_id).order_by(Intake.id.desc())))


def is_minor(s: Session, conversation_id: str) -> bool:
    """Whether a history of the conversation ended because its person is under 18."""
    return any((run.state or {}).get("ended") == UNDER_AGE for run in conversation_intakes(s, conversation_id))


def get_intake(s: Session, intake_id: int) -> Intake | None:
    """The run with this id."""
    return s.get(Intake, intake_id)


def start_intake(s: Session, conversation_id: str, kind: str, state: Mapping[str, Any] | None = None) -> Intake:
    """Begin a run of a kind: intake, callback, question or note."""
    intake = Intake(conversation_id=conversation_id, kind=kind, state=dict(state or {}))
    s.add(intake)
    s.flush()
    return intake


def save_answer(
    s: Session,
    intake: Intake,
    questionnaire: str,
    version: str | None,
    link_id: str,
    question: str,
    status: str,
    values: Sequence[Any],
    text: str | None,
) -> Answer:
    """Store an answer as the current one to its question.

    Args:
        question: the words in which it was asked.
        status: answered or skipped.
        values: JSON values as the player parsed them; empty when skipped.
        text: what the person typed, None when a choice was tapped.
    """
    clear_answer(s, intake, questionnaire, link_id)
    return _add(s, intake, questionnaire, version, link_id, question, status=status, values=list(values), text=text)


def save_unread(
    s: Session, intake: Intake, questionnaire: str, version: str | None, link_id: str, question: str, text: str
) -> None:
    """Keep what was typed to a question and could not be read as its answer. It never counts as one."""
    intake.updated_at = now = utcnow()
    _add(s, intake, questionnaire, version, link_id, question, status=UNREAD, values=[], text=text, superseded_at=now)


def _add(
    s: Session, intake: Intake, questionnaire: str, version: str | None, link_id: str, question: str, **given: Any
) -> Answer:
    answer = Answer(
        intake_id=intake.id,
        questionnaire=questionnaire,
        version=version or "",
        link_id=link_id,
        question=question,
        **given,
    )
    s.add(answer)
    s.flush()
    return answer


def unread(s: Session, intake: Intake, questionnaire: str, link_id: str) -> list[str]:
    """What could not be read since the question was last answered, oldest first."""
    rows = s.scalars(
        select(Answer)
        .filter_by(intake_id=intake.id, questionnaire=questionnaire, link_id=link_id)
        .order_by(Answer.id.desc())
    )
    texts = [row.text or "" for row in itertools.takewhile(lambda row: row.status == UNREAD, rows)]
    return texts[::-1]


def clear_answer(s: Session, intake: Intake, questionnaire: str, link_id: str) -> None:
    """Make a question open again. What was answered is kept as superseded."""
    now = utcnow()
    intake.updated_at = now
    s.flush()  # takes the lock of the run, so that two answers at once supersede each other in order
    s.execute(
        update(Answer)
        .where(
            Answer.intake_id == intake.id,
            Answer.questionnaire == questionnaire,
            Answer.link_id == link_id,
            Answer.superseded_at.is_(None),
        )
        .values(superseded_at=now)
        .execution_options(synchronize_session="fetch")
    )


def answers(s: Session, intake: Intake) -> dict[tuple[str, str], Answer]:
    """The current answers by (questionnaire, link id), in the order in which they were given."""
    rows = s.scalars(select(Answer).filter_by(intake_id=intake.id, superseded_at=None).order_by(Answer.id))
    return {(row.questionnaire, row.link_id): row for row in rows}


def answer_history(s: Session, intake: Intake) -> list[Answer]:
    """Every answer of a run, the superseded ones too, oldest first."""
    return list(s.scalars(select(Answer).filter_by(intake_id=intake.id).order_by(Answer.id)))


def set_status(s: Session, intake: Intake, status: str) -> None:
    """Set a run to in_progress, stopped, submitted, ended or withdrawn."""
    intake.status = status
    intake.updated_at = utcnow()
    if status == "submitted":
        intake.submitted_at = intake.updated_at
    s.flush()


def set_state(s: Session, intake: Intake, state: Mapping[str, Any]) -> None:
    """Replace what the dialogue remembers of a run (current question, misses, reviewing)."""
    intake.state = dict(state)
    intake.updated_at = utcnow()
    s.flush()
