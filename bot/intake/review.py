"""What is said to "Is this right?", and to a choice of answers to change, in whatever words.

"Looks good to me", "nothing to change" and a bare yes agree; "yes but my name is wrong" does not.
"""

from __future__ import annotations

import re

from bot.intake import polarity

_AGREES_AT_MOST = 8  # words; "everything is good" agrees, a story with "good" in it does not
_RIGHT = re.compile(r"\b(?:right|correct|good|fine|accurate|perfect|true|all set|send (?:it|that|this|my \w+)|submit)\b", re.I)
_NOT_RIGHT = re.compile(r"\b(?:not|no|wrong|but|except|only|change|fix|missing|forgot|incorrect|almost|later|don'?t)\b|n't\b", re.I)
_NOTHING_TO_CHANGE = re.compile(
    r"\b(?:(?:do not|don'?t|no) (?:want|need|have|wish|like)?\b.{0,20}\b(?:chang|correct|fix)\w*|no changes?|nothing (?:else )?(?:to|i(?:'d| would)?)\b.{0,15}\bchange"
    r"|nothing (?:is|'s) wrong|leave (?:it|everything) as it is)", re.I,
)  # fmt: skip
_NEVER_MIND = {"go on", "continue", "never mind", "nevermind", "nothing", "none", "none of these", "no", "back", "go back", "cancel"}


def agrees(text: str) -> bool:
    """Whether it says that everything is right."""
    if _NOTHING_TO_CHANGE.search(text):
        return True
    reading = polarity.read(text)
    said_yes = reading is not None and reading.meaning == polarity.YES and not reading.lean
    return not _NOT_RIGHT.search(text) and (said_yes or len(text.split()) <= _AGREES_AT_MOST and bool(_RIGHT.search(text)))


def disagrees(text: str) -> bool:
    """Whether it says that something is not right, without saying what."""
    reading = polarity.read(text)
    return reading is not None and reading.meaning == polarity.NO or bool(_NOT_RIGHT.search(text))


def leaves_as_is(text: str) -> bool:
    """Whether it says, where an answer to change is to be chosen, that none is."""
    return bool(_NOTHING_TO_CHANGE.search(text)) or polarity.normalise(text) in _NEVER_MIND
