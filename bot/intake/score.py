"""Score the PC-PTSD-5 (Prins et al. 2016, J Gen Intern Med 31:1206; VA National Center for PTSD, public domain).

Each of five items counts 1 for yes, so the score is 0 to 5. The gate question stands apart: a 0 because nobody asked
further is not a 0 of five answers. The cut is a setting: 4 is the best balance overall, 3 misses fewer women (Bovin et
al. 2021, PMC7862990); a score just below the cut is marked so that nobody overlooks it. A score is for staff, it is no
diagnosis and is never shown to the visitor as one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional

from bot.intake.answers import ANSWERED, Answer, Key
from bot.intake.questionnaire import Questionnaire

PC_PTSD_5 = "pc-ptsd-5"
GATE = "gate"
ITEMS = ("nightmares", "avoidance", "on-guard", "numb", "guilt")
DEFAULT_CUT = 4


@dataclass(frozen=True)
class Score:
    """A scored instrument. ``score`` is None where nothing was answered; with ``complete`` False it is a lower bound.

    ``band`` is one of ``no event`` (gate no), ``below cut``, ``near cut``, ``at or above cut``, ``incomplete``.
    """

    instrument: str
    score: Optional[int]
    max: int
    band: str
    items: List[Dict[str, Any]] = field(default_factory=list)
    gate: Optional[bool] = None
    complete: bool = False
    cut: int = DEFAULT_CUT


def score(questionnaire: Questionnaire, answers: Mapping[Key, Answer], *, cut: int = DEFAULT_CUT) -> Optional[Score]:
    """Score a questionnaire that has a score; None for any other, or where its gate is open.

    Args:
        questionnaire: the instrument.
        answers: all answers, by (questionnaire name, link id).
        cut: the lowest positive PC-PTSD-5 score, 1 to 5.
    """
    if questionnaire.name != PC_PTSD_5:
        return None
    gate = _yes(questionnaire, answers, GATE)
    items = [
        {"link_id": link_id, "text": questionnaire.by_id[link_id].text, "value": _yes(questionnaire, answers, link_id)} for link_id in ITEMS
    ]
    if gate is None:
        return None
    if not gate:
        items = [{**item, "value": None} for item in items]
        return Score("PC-PTSD-5", 0, len(ITEMS), "no event", items, gate, True, cut)
    known = [item["value"] for item in items if item["value"] is not None]
    total, complete = sum(known), len(known) == len(ITEMS)
    return Score("PC-PTSD-5", total if known else None, len(ITEMS), _band(total, complete, cut), items, gate, complete, cut)


def _band(total: int, complete: bool, cut: int) -> str:
    if total >= cut:
        return "at or above cut"
    if not complete:
        return "incomplete"
    return "near cut" if total == cut - 1 else "below cut"


def _yes(questionnaire: Questionnaire, answers: Mapping[Key, Answer], link_id: str) -> Optional[bool]:
    answer = answers.get((questionnaire.name, link_id))
    if answer is None or answer.status != ANSWERED or not answer.values:
        return None
    return answer.values[0] is True
