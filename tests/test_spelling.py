"""Misspelled words are read as known ones; what is known, English, short or a number is left as it was typed. No model."""
from __future__ import annotations

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.spelling import NAMES, Speller, Spelling, spelled

TEXTS = [
    "does spravato work like ketamine", "I wasn't helped by my representative", "how many sessions and results", "medical history",
    "is insurance needed, that's what I want",
] * NAMES  # fmt: skip


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    return Spelling.learn(text.lower() for text in TEXTS)


@pytest.mark.parametrize(
    "typed, read",
    [
        ("Insurence?", "insurance?"),
        ("my histroy", "my history"),
        ("the representitive", "the representative"),
        ("how many sesions til reslts", "how many sessions til results"),
        ("is ketamin the same as sprvato", "is ketamine the same as spravato"),
        ("I wasnt there", "I wasn't there"),  # not "want"
    ],
)
def test_a_slip_is_read_as_the_word_that_was_meant(spelling: Spelling, typed: str, read: str) -> None:
    assert spelling.correct(typed) == read


@pytest.mark.parametrize("typed", ["Medical History, 503-555-0134", "a story of resorts", "xqzvtk", "tke", "", "\U0001f937 \u00bfqu\u00e9?", "sess10ns"])
def test_other_words_are_left_alone(spelling: Spelling, typed: str) -> None:
    assert spelling.correct(typed) == typed


def test_without_training_texts_nothing_is_changed() -> None:
    assert Spelling({}).correct("insurence") == "insurence"


def test_a_misspelling_that_the_safety_rules_know_is_read_as_they_read_it() -> None:
    message = Message({TEXT: "Suicidle and tierd, my voises"})
    Speller(Speller.get_default_config(), None, None).process([message])
    assert spelled(message) == "suicidal and tired, my voices"
