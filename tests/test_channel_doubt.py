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
    return asyncio.run(turns._doubted("a conversation", text))


def says(outcome: str, **more: str) -> Any:
    async def understand(conversation_id: str, text: str) -> dict:
        return {"intent": {"name": "any"}, "safety": {"outcome": outcome, **more}}

    return understand


def test_the_dialogue_has_what_the_model_finds_harmless(screener: Screener) -> None:
    assert doubted(screener, says("check_in"))
    assert doubted(screener, says("none", note="harmless"))


@pytest.mark.parametrize("understand", [says("takeover"), says("none"), says("none", note="history")])
def test_nothing_else_softens_a_takeover(screener: Screener, understand: Any) -> None:
    assert not doubted(screener, understand)


def test_what_looks_like_a_payload_is_not_softened(screener: Screener) -> None:
    assert not doubted(screener, says("check_in"), f"/greet {CRISIS}")


def test_the_rule_stands_without_a_model(screener: Screener) -> None:
    assert not doubted(screener, None)


def test_the_rule_stands_when_the_model_fails_or_is_slow(screener: Screener, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(conversation_id: str, text: str) -> dict:
        raise RuntimeError("no model")

    async def slow(conversation_id: str, text: str) -> dict:
        await asyncio.sleep(5)
        return {"safety": {"outcome": "check_in"}}

    monkeypatch.setattr(turn, "DOUBT_TIMEOUT_S", 0.05)
    assert not doubted(screener, broken)
    assert not doubted(screener, slow)


def test_what_only_several_messages_say_together_is_not_given_to_the_model(screener: Screener) -> None:
    assert not doubted(screener, says("check_in"), "I have it all ready")
