"""What a person answered, and the one error a typed answer can meet.

``AnswerError.message`` is shown to the visitor as it stands, so it is written in the assistant's voice and never repeats
what was typed. ``reason`` is for programs; these are all of them:

    empty, unclear, ambiguous, unsure, not-an-option, not-a-number, not-whole, not-a-date, incomplete-date,
    impossible-date, future-date, too-long-ago, not-a-time, not-a-phone, not-an-email, not-a-url, not-a-name, wrong-unit,
    wrong-format, below-min, above-max, too-short, too-long, too-precise, too-few, too-many, exclusive, required, one-answer,
    not-asked, not-a-question, unknown-item
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, List, Optional, Tuple

Key = Tuple[str, str]  # (questionnaire name, link id)

ANSWERED = "answered"
SKIPPED = "skipped"


@dataclass(frozen=True)
class Answer:
    """One answer as it is kept.

    ``values`` are JSON typed: bool, int, float, str (also ISO dates, which may be ``2019`` or ``2019-05``), and
    ``{"code", "display", "system"}`` for a coded choice. ``text`` is what the person typed, None for a tapped choice.
    """

    status: str
    values: List[Any] = field(default_factory=list)
    text: Optional[str] = None

    @property
    def answered(self) -> bool:
        return self.status == ANSWERED and bool(self.values)


class AnswerError(ValueError):
    """A typed or tapped answer that does not fit; see the module docstring for ``reason``."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class Ending:
    """Why a run of questions ends early: ``code`` for programs, ``text`` for the visitor."""

    code: str
    text: str
    questionnaire: str
    link_id: str
