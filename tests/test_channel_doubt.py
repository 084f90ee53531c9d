"""A rule's takeover waits for the model only to become a question, and never depends on it."""
from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.channel import turn
from bot.safety import Screener

CRISIS = "I want to kill myself"


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener.load()


def doubted(screener: Screener, understand: Any, text: str = CRISIS) -> Any:
    turns = turn.Turns(None, None, None, screener, None, None, understand)  # type: ignore[arg-type]
    return asyncio.run(turns._doubted(text))


def says(outcome: str) -> Any:
    async def understand(text: str) -> dict:
        return {"intent": {"name": "any"}, "safety": {"outcome": outcome}}

    return understand


def test_a_model_that_is_sure_of_harmless_talk_makes_it_a_question(screener: Screener) -> None:
    assert doubted(screener, says("check_in"))["safety"]["outcome"] == "check_in"


@pytest.mark.parametrize("outcome", ["takeover", "none"])
def test_nothing_else_softens_a_takeover(screener: Screener, outcome: str) -> None:
    assert doubted(screener, says(outcome)) is None


def test_the_rule_stands_without_a_model(screener: Screener) -> None:
    assert doubted(screener, None) is None


def test_the_rule_stands_when_the_model_fails_or_is_slow(screener: Screener, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(text: str) -> dict:
        raise RuntimeError("no model")

    async def slow(text: str) -> dict:
        await asyncio.sleep(5)
        return {"safety": {"outcome": "check_in"}}

    monkeypatch.setattr(turn, "DOUBT_TIMEOUT_S", 0.05)
    assert doubted(screener, broken) is None
    assert doubted(screener, slow) is None


def test_what_only_several_messages_say_together_is_not_given_to_the_model(screener: Screener) -> None:
    assert doubted(screener, says("check_in"), "I have it all ready") is None
