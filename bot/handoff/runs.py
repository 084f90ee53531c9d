"""Which questionnaires a run plays, and a player over the answers that were stored."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.handoff.rules import QUESTIONNAIRES
from bot.intake import Item, Player, Questionnaire
from bot.intake.amendments import is_consent
from bot.records import intakes
from bot.records.models import Intake

RUNS = {"intake": ("intake", "pc-ptsd-5"), "callback": ("callback",), "question": ("question",), "note": ("note",)}


def questionnaires(kind: str) -> Sequence[Questionnaire]:
    """What a run of a kind plays, in order."""
    return [_load(name) for name in RUNS[kind]]


@functools.lru_cache(maxsize=None)
def others(questionnaire: str, link_id: str) -> tuple[Sequence[Item], Item | None]:
    """The questions of the runs that play a questionnaire whose answers a text may change, and the one that waits.

    Where any words are asked for, such words stay there; where a consent is asked for, only consents are changed.
    """
    names = next((names for names in RUNS.values() if questionnaire in names), ())
    items = [item for name in names for item in _load(name).flat if item.asked]
    waiting = next((item for item in items if item.key == (questionnaire, link_id)), None)
    if waiting is not None and is_consent(waiting):
        items = [item for item in items if is_consent(item)]
    elif waiting is not None and waiting.type == "text":
        items = [item for item in items if item is waiting or item.type != "text"]
    return items, waiting


def player(s: Session, intake: Intake) -> Player:
    """A player over the current answers of a run."""
    return Player(questionnaires(intake.kind), intakes.answers(s, intake))


@functools.lru_cache(maxsize=None)
def _load(name: str) -> Questionnaire:
    return Questionnaire.load(QUESTIONNAIRES / f"{name}.json")
