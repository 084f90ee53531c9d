"""What is kept of a text that somebody typed: all of its words, and nothing that only steers how they are shown."""
from __future__ import annotations

import re
import unicodedata

# Control characters; halves of a character, which JSON can hold and UTF-8 cannot; turns of the writing direction, which
# would reach into what is shown beside the text. The page leaves out the same (tidy in chat.js).
_LEFT_OUT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_UNSEEN = {"Cc", "Cf", "Me", "Mn", "Zl", "Zp", "Zs"}  # categories of Unicode: controls, joiners, lone accents, spaces
_BLANK = set("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs that are drawn as nothing


def tidy(text: str) -> str:
    return _LEFT_OUT.sub("", text).strip()


def is_blank(text: str) -> bool:
    """Whether there is nothing to be seen in it."""
    return all(char in _BLANK or unicodedata.category(char) in _UNSEEN for char in text)
