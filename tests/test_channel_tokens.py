"""A token opens a conversation only as it was issued."""
from __future__ import annotations

import uuid

import pytest

from bot.channel.errors import Unauthorized
from bot.channel.tokens import Tokens

TOKENS = Tokens("a secret of at least thirty-two characters")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_an_issued_token_names_its_conversation() -> None:
    conversation = uuid.uuid4().hex
    assert TOKENS.read(f"Bearer {TOKENS.issue(conversation)}") == TOKENS.read(f"bearer  {TOKENS.issue(conversation)} ") == conversation


@pytest.mark.parametrize("change", [lambda t: t + "é", lambda t: t + "==", lambda t: t[:-1], lambda t: "!" + t, lambda t: t.replace(".", "."*2)])
def test_a_changed_token_opens_nothing(change) -> None:
    with pytest.raises(Unauthorized):
        TOKENS.read(f"Bearer {change(TOKENS.issue(uuid.uuid4().hex))}")


def test_every_other_last_letter_opens_nothing() -> None:
    """The last letter of a signature holds four bits; the two that are left over must not be free to choose."""
    token = TOKENS.issue(uuid.uuid4().hex)
    for letter in set(ALPHABET) - {token[-1]}:
        with pytest.raises(Unauthorized):
            TOKENS.read(f"Bearer {token[:-1]}{letter}")


def test_a_token_of_another_key_opens_nothing() -> None:
    with pytest.raises(Unauthorized):
        TOKENS.read(f"Bearer {Tokens('another secret of thirty-two characters').issue(uuid.uuid4().hex)}")
