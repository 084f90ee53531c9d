"""A question and its answer in words: what it may be answered with, what it is called in short, how its answer reads back.

How the value of an answer is shown stands in ``parsing.show``, where it is read as well.
"""

from __future__ import annotations

import re
from typing import List, Tuple

from bot.intake.answers import ANSWERED, Answer
from bot.intake.parsing import show
from bot.intake.questionnaire import Item

LONG_LIST = 8  # options; one of a longer list is typed, not tapped
_LONG_QUESTION = 120  # characters
_FORMATS = ("phone", "email", "phone-or-email")


def options(item: Item) -> List[Tuple[str, str]]:
    """What the item can be answered with, as (code, label); empty where it is typed freely."""
    if item.type == "boolean":
        return [("true", "Yes"), ("false", "No")]
    return [(option.code, option.display) for option in item.options]


def has_a_form(item: Item) -> bool:
    """Whether its answers can be told from other texts: dates, phone numbers, e-mail addresses, a long list of choices."""
    return item.type == "date" or item.answer_format in _FORMATS or len(item.options) > LONG_LIST


def takes_more(item: Item) -> bool:
    """Whether more can be added to its answer: words of the person's own, such as a list of medicines."""
    return item.type in ("text", "string") and not item.answer_format


def label(item: Item, most: int = 60) -> str:
    """The short title of a question, else what ``most`` characters can hold of its words."""
    text = item.short or item.prompt
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"


def gist(text: str) -> str:
    """The question itself where a longer text leads up to it, unless it means nothing without: "Do you understand that?"."""
    if len(text) <= _LONG_QUESTION:
        return text
    asked = next((part for part in re.split(r"(?<=[.?]) ", text) if part.endswith("?")), text)
    return text if asked.endswith(" that?") else asked


def shown(item: Item, answer: Answer) -> str:
    """An answer as it is said back: read values, else the words that were typed."""
    if answer.status != ANSWERED:
        return "(skipped)"
    return show(item, answer) or answer.text or ""


def read_differently(item: Item, answer: Answer) -> bool:
    """Whether what was kept looks other than what was typed, so that it is said back."""
    if not answer.text or not answer.answered or item.type in ("boolean", "text"):
        return False
    if 0 < len(item.options) <= LONG_LIST:
        return False
    return _bare(show(item, answer)) != _bare(answer.text)


def _bare(text: str) -> str:
    return re.sub(r"\W", "", text).lower()
