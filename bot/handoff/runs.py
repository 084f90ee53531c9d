"""Which questionnaires a run plays, and a player over the answers that were stored."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.handoff.rules import QUESTIONNAIRES
from bot.intake import Player, Questionnaire
from bot.records import intakes
from bot.records.models import Intake

RUNS = {"intake": ("intake", "pc-ptsd-5"), "callback": ("callback",), "question": ("question",), "note": ("note",)}


def questionnaires(kind: str) -> Sequence[Questionnaire]:
    """What a run of a kind plays, in order."""
    return [_load(name) for name in RUNS[kind]]


def player(s: Session, intake: Intake) -> Player:
    """A player over the current answers of a run."""
    return Player(questionnaires(intake.kind), intakes.answers(s, intake))


@functools.lru_cache(maxsize=None)
def _load(name: str) -> Questionnaire:
    return Questionnaire.load(QUESTIONNAIRES / f"{name}.json")
