"""What is kept of a typed text, and what counts as nothing."""
from __future__ import annotations

import pytest

from bot.channel.text import is_blank, tidy


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  hello\n\tthere  ", "hello\n\tthere"),
        ("a\x00b\x0bc\x9fd", "abcd"),
        ("end it \ud83d", "end it"),  # half of a character
        ("ok \u202eyako\u2066 \u2069", "ok yako"),  # turns the writing direction
        ("\u05e9\u05dc\u05d5\u05dd\u200f, 5", "\u05e9\u05dc\u05d5\u05dd\u200f, 5"),  # a mark that Hebrew is written with
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
    ],
)
def test_words_are_kept_and_what_steers_their_look_is_not(typed: str, kept: str) -> None:
    assert tidy(typed) == kept


@pytest.mark.parametrize("text", ["", "\u200b", "\u200b\u200d\u2060", "\u202e\u200f", "\ufe0f", "\u2800\u3164", "\u0301 \u00a0", "\U000e0041"])
def test_what_cannot_be_seen_is_blank(text: str) -> None:
    assert is_blank(tidy(text))


@pytest.mark.parametrize("text", [".", "?", "0", "\u2764\ufe0f", "\U0001f622", "\U0001fae0", "\u00e9", "\u0e01\u0e34", "\u4f60"])
def test_what_can_be_seen_is_not(text: str) -> None:
    assert not is_blank(tidy(text))
