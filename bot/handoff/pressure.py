"""The blood pressures that a person told of anywhere in their answers, with their words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.handoff.rules import Key, Rules
from bot.intake.mentions import MEDICATION, RELATIVE
from bot.intake.pressure import readings

SENTENCE = re.compile(r"[^.;!?\n]+(?:[.;!?](?=\S)[^.;!?\n]*)*")
_SPOKEN_OF = re.compile(r"\b(?:b\.?p|b/p|(?:blood[ -]?)?pressures?|readings?|systolic|hypertens\w+|cuff|mm ?hg)\b", re.IGNORECASE)
_RELATIVES = re.compile(
    rf"\b(?:my|our)\s+(?:\w+\s+)?{RELATIVE}['’]?s\s+(?:bp|(?:blood )?pressure|reading)\b(?!.*\b(?:i|me|my|mine)\b)", re.IGNORECASE
)


@dataclass(frozen=True)
class BloodPressure:
    """A reading in mmHg and the sentence that tells it."""

    systolic: int
    diastolic: int
    words: str

    def reaches(self, systolic: int, diastolic: int) -> bool:
        return self.systolic >= systolic or self.diastolic >= diastolic


def blood_pressures(texts: Mapping[Key, str], rules: Rules) -> list[BloodPressure]:
    """All readings of a run, those called past too.

    Args:
        texts: what was typed, by question.
    """
    return [
        found
        for key, text in texts.items()
        for sentence in SENTENCE.findall(text)
        for found in _in_sentence(sentence, key in rules.pressure_questions, key in rules.dose_questions, rules)
    ]


def _in_sentence(sentence: str, asked: bool, doses: bool, rules: Rules) -> Iterator[BloodPressure]:
    for reading in readings(sentence):
        if _RELATIVES.search(sentence[: reading.start]):
            continue
        if asked or _SPOKEN_OF.search(sentence) or not (doses or _names_a_medicine(sentence, rules)):
            yield BloodPressure(reading.systolic, reading.diastolic, sentence.strip())


def _names_a_medicine(sentence: str, rules: Rules) -> bool:
    """Then two numbers are a dose as likely: "Advair 250/50"."""
    return any(mention.entity == MEDICATION for mention in rules.reader.read(sentence))
