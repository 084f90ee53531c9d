"""Conditions that a person tells of in their own words, wherever the history asks for more than a choice.

They are read by the reader of `bot.intake.mentions`. What an asked question already says of a condition is not said again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.handoff.pressure import SENTENCE
from bot.handoff.rules import Key, Rule, Rules
from bot.intake.mentions import CONDITION

_STATUSES = ("present", "unsure", "past", "family")  # what weighs more comes first; who has none is not listed


@dataclass(frozen=True)
class Told:
    """A condition, its name as it was written, and the sentence that tells of it."""

    name: str
    written: str
    status: str
    words: str

    def meets(self, rule: Rule) -> bool:
        """Whether the rule, but for its time, is about this."""
        written = not rule.written or self.written.lower() in rule.written
        return self.name in rule.names and self.status in rule.statuses and written


def told_conditions(texts: Mapping[Key, str], rules: Rules) -> list[Told]:
    """All that is told of a run, relatives' conditions too, but for what they say they do not have.

    Args:
        texts: what was typed, by question.
    """
    return [
        found
        for key in rules.told_questions
        if key in texts
        for found in _in_text(texts[key], key in rules.allergy_questions, rules)
    ]


def by_name(told: list[Told]) -> dict[str, list[Told]]:
    """The mentions of each condition that weigh the most."""
    found: dict[str, list[Told]] = {}
    for status in _STATUSES:
        for name in {one.name: None for one in told if one.status == status}:
            found.setdefault(name, [one for one in told if one.name == name and one.status == status])
    return found


def _in_text(text: str, reactions: bool, rules: Rules) -> Iterator[Told]:
    """Where reactions are asked for, "codeine: hallucinations" may be one: it is for a person to ask about."""
    sentences = [(m.start(), m.end()) for m in SENTENCE.finditer(text)]
    for mention in rules.reader.read(text):
        if mention.entity == CONDITION and mention.status in _STATUSES:
            begin, stop = next((a, b) for a, b in sentences if a <= mention.start < b)
            status = "unsure" if reactions and mention.status == "present" else mention.status
            yield Told(mention.value, text[mention.start : mention.end], status, text[begin:stop].strip())
