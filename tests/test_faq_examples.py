"""The example questions are many, different from one another, and each stands under one answer only.

They are the training texts of the retriever, so a question under two answers teaches nothing, and forty copies of one
sentence frame teach one thing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest

from tests.faq_library import Faq, catalogue, library, normalise

IDS = catalogue()
LEAST = 40


@pytest.fixture(params=IDS)
def faq(request) -> Faq:
    return library()[request.param]


def test_answer_has_enough_examples(faq: Faq) -> None:
    assert len(faq.examples) >= LEAST, len(faq.examples)


def test_no_example_is_repeated_or_stands_under_two_answers() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for found in library().values():
        for example in found.examples:
            places[normalise(example)].append(found.id)
    assert not {text: ids for text, ids in places.items() if len(ids) > 1}


def test_every_example_says_something(faq: Faq) -> None:
    assert all(normalise(example) or example.strip("$?") == "" for example in faq.examples)
    assert not [example for example in faq.examples if len(example) > 300]


def test_examples_hold_no_rasa_markup(faq: Faq) -> None:
    """Brackets would be read as entity annotations."""
    assert not [example for example in faq.examples if re.search(r"[\[\]{}]", example)]


def test_examples_are_short_and_long(faq: Faq) -> None:
    lengths = [len(example.split()) for example in faq.examples]
    assert sum(n <= 5 for n in lengths) >= 3, "people type few words"
    assert sum(n >= 12 for n in lengths) >= 3, "people tell a story first"


def test_examples_are_typed_as_on_a_phone(faq: Faq) -> None:
    assert sum(example == example.lower() for example in faq.examples) >= 5


def test_no_sentence_frame_dominates(faq: Faq) -> None:
    openings = Counter(" ".join(normalise(example).split()[:3]) for example in faq.examples)
    opening, count = openings.most_common(1)[0]
    assert count <= len(faq.examples) / 5, f"{count} examples begin with {opening!r}"
