"""Blood pressures in what people type: "200/125 this morning", "190 over 120"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PAIR = re.compile(
    r"(?<![\d/.$])(?<!\d,)(\d{2,3})\s*(?:/|\\|over)\s*(\d{2,3})(?![\d/]|\.\d|\s*(?:mgs?|mcg|ug|g|ml|units?|%)(?![a-z]))",
    re.IGNORECASE,
)
_SYSTOLIC, _DIASTOLIC = range(60, 261), range(30, 161)  # mmHg; anything else is no blood pressure


@dataclass(frozen=True)
class Reading:
    """A pair of numbers that can be a blood pressure in mmHg. ``start`` and ``end`` are character offsets."""

    systolic: int
    diastolic: int
    start: int
    end: int


def readings(text: str) -> Iterator[Reading]:
    """Every pair of numbers that can be a blood pressure, in order. A dose can look like one: see who calls."""
    for found in _PAIR.finditer(text):
        systolic, diastolic = int(found[1]), int(found[2])
        if systolic in _SYSTOLIC and diastolic in _DIASTOLIC and systolic > diastolic:
            yield Reading(systolic, diastolic, found.start(), found.end())
