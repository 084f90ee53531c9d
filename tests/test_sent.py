"""What is said of something that was sent, told apart by its words: more to it, a limit, a wish to take it back."""
from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker

from actions import sent


def said(text: str, chance: float = 0.95) -> Tracker:
    message: dict[str, Any] = {"text": text, "intent_ranking": [{"name": "withdraw_request", "confidence": chance}]}
    return Tracker("v", {}, message, [], False, None, {}, "action_listen")


@pytest.mark.parametrize(
    "text, chance, taken_back",
    [
        ("please don't call me after all", 0.95, True),
        ("no calls please, it isn't safe", 0.95, True),
        ("I didn't mean to send that", 0.95, True),
        ("do not call 503-555-0143 anymore", 0.95, True),
        ("leave me alone, no calls", 0.95, True),
        ("what happens to what I sent", 0.44, False),
        ("don't call me before 4 pm", 0.95, False),
        ("don't call my work, use the cell", 0.95, False),
        ("don't leave any messages on my phone", 0.95, False),
        ("you never called me back", 0.95, False),
        ("they were supposed to call me and didn't", 0.95, False),
        ("why don't you call me", 0.95, False),
    ],
)
def test_a_limit_or_a_complaint_takes_nothing_back(text: str, chance: float, taken_back: bool) -> None:
    assert sent.takes_back(said(text, chance)) is taken_back


@pytest.mark.parametrize(
    "text, what",
    [
        ("please change my phone number to 503-555-0999", True),
        ("my name is spelled wrong, it's Xavier", True),
        ("can you tell the nurse my new number is 503 555 0111", True),
        ("I made a mistake in my history", False),
        ("how do I change what I sent?", False),
        ("change my medicines", False),
        ("what should I tell the team about my medicines", False),
        ("", False),
    ],
)
def test_who_says_what_to_change_is_not_asked_for_it(text: str, what: bool) -> None:
    assert sent._says_what(text) is what
