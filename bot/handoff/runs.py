"""Which questionnaires a run plays, and a player over the answers that were stored."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.handoff.rules import QUESTIONNAIRES
from bot.intake import Item, Player, Questionnaire
from bot.records import intakes
from bot.records.models import Intake

RUNS = {"intake": ("intake", "pc-ptsd-5"), "callback": ("callback",), "question": ("question",), "note": ("note",)}


def questionnaires(kind: str) -> Sequence[Questionnaire]:
    """What a run of a kind plays, in order."""
    return [_load(name) for name in RUNS[kind]]


@functools.lru_cache(maxsize=None)
def others(questionnaire: str, link_id: str) -> tuple[Sequence[Item], Item | None]:
    """The questions of the runs that play a questionnaire, and the one that waits. Where that takes any words, words about
    another such answer are left to it."""
    names = next((names for names in RUNS.values() if questionnaire in names), ())
    items = [item for name in names for item in _load(name).flat if item.asked]
    waiting = next((item for item in items if item.key == (questionnaire, link_id)), None)
    return [item for item in items if waiting is None or waiting.type != "text" or item is waiting or item.type != "text"], waiting


def player(s: Session, intake: Intake) -> Player:
    """A player over the current answers of a run."""
    return Player(questionnaires(intake.kind), intakes.answers(s, intake))


@functools.lru_cache(maxsize=None)
def _load(name: str) -> Questionnaire:
    return Questionnaire.load(QUESTIONNAIRES / f"{name}.json")
