"""The comparison with the last report blocks what it should, and lets small sets breathe."""
from __future__ import annotations

import json
from typing import List, Set

import pytest

from bench import evaluate
from bench.evaluate import REPORT, Share, falls

BEFORE = {"right answer at once": [80, 100], "false takeovers": [5, 100], "explicit crisis noticed": [60, 60]}


def after(**changed: Share) -> dict:
    same = {name: Share(*counts) for name, counts in BEFORE.items()}
    return {**same, **{name.replace("_", " "): share for name, share in changed.items()}}


def test_nothing_fell_where_nothing_changed() -> None:
    assert falls(BEFORE, after()) == []


def test_a_fall_of_more_than_a_point_is_named() -> None:
    assert falls(BEFORE, after(right_answer_at_once=Share(78, 100))) == ["right answer at once: 80.0% before, 78.0% now"]
    assert falls(BEFORE, after(right_answer_at_once=Share(79, 100))) == []


def test_more_false_takeovers_are_a_fall_and_fewer_are_none() -> None:
    assert len(falls(BEFORE, after(false_takeovers=Share(8, 100)))) == 1
    assert falls(BEFORE, after(false_takeovers=Share(0, 100))) == []


def test_one_text_of_a_small_set_is_not_a_fall() -> None:
    small = {"a person asked for": [28, 30], "explicit crisis noticed": [60, 60]}
    same = after()
    assert falls(small, {**same, "a person asked for": Share(27, 30)}) == []
    assert len(falls(small, {**same, "a person asked for": Share(26, 30)})) == 1


def test_a_single_explicit_crisis_that_is_missed_fails() -> None:
    assert falls(BEFORE, after(explicit_crisis_noticed=Share(59, 60)))[-1].endswith("must be 100 %")


def test_a_figure_that_is_gone_is_a_fall() -> None:
    assert len(falls(BEFORE, {"explicit crisis noticed": Share(60, 60), "false takeovers": Share(5, 100)})) == 1


@pytest.mark.parametrize("part", ["shares", "counts"])
def test_the_committed_report_can_be_compared(part: str) -> None:
    assert "explicit crisis noticed" in json.loads(REPORT.read_text())[part]


@pytest.mark.parametrize(
    ("intent", "also", "ranking", "said", "offered"),
    [
        ("faq", [], ["faq/cost", "faq/insurance", "faq/booking"], {"cost"}, ["insurance", "booking"]),
        ("faq", ["insurance"], ["faq/cost", "faq/insurance", "faq/booking"], {"cost", "insurance"}, ["booking"]),
        ("nlu_fallback", [], ["faq/cost", "faq/insurance"], set(), ["cost", "insurance"]),
        ("talk_to_human", [], ["faq/cost"], set(), []),
    ],
)
def test_what_is_said_at_once_is_not_offered_too(
    intent: str, also: List[str], ranking: List[str], said: Set[str], offered: List[str]
) -> None:
    found = {
        "response": {"intent_response_key": ranking[0]},
        "also": also,
        "offer": [key.partition("/")[2] for key in ranking],
        "ranking": [{"intent_response_key": key, "confidence": 0.3} for key in ranking],
    }
    parse = {"intent": {"name": intent}, "response_selector": {"faq": found}}
    assert (evaluate.said(parse), evaluate.offered(parse)) == (said, offered)
