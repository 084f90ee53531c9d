"""Which passwords are too easy to guess, after NIST SP 800-63B, 5.1.1.2: no rules of composition, but no common word, no
pattern, and nothing of the account or the service. (https://pages.nist.gov/800-63-3/sp800-63b.html#memsecretver)

What can be guessed is crossed out, and what is left must be long enough: so "password1234" is refused, and four unrelated
words of which one is common are not.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

WORDS = Path(__file__).with_name("common_passwords.txt")
LEAST = 12  # characters
LEAST_LEFT = 8  # of them, without what is easy to guess
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv", "1q2w3e4r5t6y7u")
STEP = 4  # this many characters of a row are a pattern; three occur in words
SWAPPED = str.maketrans("013457@$!", "oleastasi")


def problem(password: str, about: Iterable[str] = ()) -> str | None:
    """What is wrong with a password, safe to show; None when it will do.

    Args:
        about: what belongs to this account and this service, such as its e-mail address and the clinic's name.
    """
    if len(password) < LEAST:
        return f"A password needs at least {LEAST} characters."
    typed = password.lower()
    easy = {at for span in _easy(typed, {*_parts(about), *_common()}) for at in range(*span)}
    if len(typed) - len(easy) < LEAST_LEFT:
        return "Too easy to guess: common words, patterns, your e-mail address and the clinic's name do not count."
    return None


@functools.cache
def _common() -> list[str]:
    lines = WORDS.read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _parts(about: Iterable[str]) -> Iterator[str]:
    for text in about:
        yield from (part for part in (text.lower(), *re.split(r"[\W_]+", text.lower())) if len(part) > 2)


def _easy(typed: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where the easy parts lie: words, as they are and with figures for letters; walks along a row; all but the first of
    what is said again."""
    for text in (typed, typed.translate(SWAPPED)):
        for word in words:
            yield from (found.span() for found in re.finditer(re.escape(word), text))
    for start in range(len(typed) - STEP + 1):
        step = typed[start : start + STEP]
        if any(step in row or step in row[::-1] for row in ROWS):
            yield start, start + STEP
    for found in re.finditer(r"(.+?)\1+", typed):
        yield found.end(1), found.end()
