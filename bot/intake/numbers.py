"""Read one number as people type it: "about 12", "twelve", "5,5", "1,200", "2 1/2", "five and a half".

Exactly one number is taken. A text with two numbers ("10-12"), a bound ("more than 5") or a negation is refused: which
number is meant is for the person to say.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import List, Optional, Tuple

_ONES = {
    w: i
    for i, w in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {"fourty": 40}
_TENS = {w: 10 * i for i, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)}
_NONE = {"none", "nil", "never", "nothing", "zip", "0x"}
_BOUND = re.compile(
    r"\b(not|n't|less|more|over|under|above|below|least|most|up to|than|between|minus \w+ to|several|few|some"
    r"|couple|many|or|to|per|x|times \d|versus|vs)\b|n't\b|[<>≤≥~?]\s*$|[<>≤≥]"
)
_COUNTED = re.compile(r"(?:hundred|thousand|time|year|session|day|week|month|hour|drink)")
_VULGAR = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8"}
_NUMBER = re.compile(r"(?<![\w.,/:'\"-])[-+−]?(?:\d[\d.,]*\d|\d|[.,]\d+)")


def read_number(text: str) -> Tuple[Optional[Decimal], str]:
    """The one number in a text and what stands behind it (a unit, perhaps).

    Returns:
        (None, "") where there is none, more than one, or it is not clear which is meant.
    """
    words = text.strip().lower()
    for sign, plain in _VULGAR.items():
        words = words.replace(sign, f" {plain}")
    words = "".join(str(int(c)) if c.isdecimal() else c for c in words)
    if re.search(r"[\u00b2\u00b3\u00b9\u2070-\u2089]", words):
        return None, ""
    words = re.sub(r"\s+", " ", words).strip().rstrip(".!")
    words = re.sub(r"^(?:about|around|approximately|approx\.?|roughly|maybe|probably|~|ca\.?|circa|i think|i guess)\s*", "", words)
    if words in _NONE:
        return Decimal(0), ""
    return _digits(words) if re.search(r"\d", words) else _words(words)


def _digits(words: str) -> Tuple[Optional[Decimal], str]:
    fraction = re.fullmatch(r"(?:(\d{1,6})(?:\s+|-| and ))?(\d{1,3})/(\d{1,3})\b(.*)", words)
    if fraction and int(fraction[3]) and int(fraction[2]) < int(fraction[3]):
        if re.search(r"\d", fraction[4]):
            return None, ""
        whole = Decimal(fraction[1] or 0)
        return whole + Decimal(fraction[2]) / Decimal(fraction[3]), _unit(fraction[4])
    found = list(_NUMBER.finditer(words))
    if len(found) != 1:
        return None, ""
    match = found[0]
    before, after = words[: match.start()], words[match.end() :]
    if re.search(r"\d", before + after) or re.match(r"[\w]*\d|['\"′″:/^]|(?:st|nd|rd|th|e|k|m)\b", after):
        return None, ""
    half = re.match(r" and (?:a|one) half\b", after)
    rest = after[half.end() :] if half else after
    if _BOUND.search(before) or _BOUND.search(rest) or _has_number_word(before + " " + rest):
        return None, ""
    if before.rstrip().endswith(("minus", "negative")):
        return None, ""
    value = _decimal(match[0])
    if value is None:
        return None, ""
    return value + (Decimal("0.5") if half else 0), _unit(rest)


def _decimal(number: str) -> Optional[Decimal]:
    """The number that digits with commas and points stand for: the last separator is the decimal one, unless the
    commas set off groups of three as the US writes them."""
    number = number.replace("−", "-")
    sign, body = (number[0], number[1:]) if number[0] in "+-" else ("", number)
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", body):
        body = body.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", body) or re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", body):
        body = body.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d*[.,]?\d+", body):
        body = body.replace(",", ".")
    else:
        return None
    if len(body) > 20:
        return None
    return Decimal(f"{sign.replace('+', '')}{body if body[0] != '.' else '0' + body}")


def _has_number_word(words: str) -> bool:
    tokens = set(re.findall(r"[a-z]+", words)) - {"one"}
    return bool(tokens & (set(_ONES) | set(_TENS) | {"hundred", "thousand", "million", "dozen", "half", "quarter"}))


def _words(words: str) -> Tuple[Optional[Decimal], str]:
    half = Decimal(0)
    match = re.search(r" and (?:a|one) half\b", words)
    if match:
        half, words = Decimal("0.5"), words[: match.start()] + words[match.end() :]
    if _BOUND.search(words):
        return None, ""
    tokens = re.findall(r"[a-z]+", words)
    rest: List[str] = []
    total = current = 0
    state = "before"
    last = 1000  # each part must be smaller than the one before it, or it is a second number
    for i, token in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else ""
        if token == "a" and following in ("hundred", "thousand", "dozen") and state == "before":
            current, state, last = 1, "in", 10
        elif token in _ONES or token in _TENS:
            if token == "one" and state == "before" and following and not _COUNTED.match(following):
                return None, ""  # "one of those" is no number
            size = _ONES.get(token, _TENS.get(token, 0))
            rank = 10 if token in _ONES else 100
            if state == "after" or rank >= last or (rank == 10 and last == 100 and size > 9):
                return None, ""
            current, state, last = current + size, "in", rank
        elif token == "dozen" and state == "in":
            current, last = current * 12, 1
        elif token == "hundred" and state == "in":
            current, last = current * 100, 1000
        elif token == "thousand" and state == "in":
            total, current, last = total + current * 1000, 0, 1000
        elif token == "and" and state == "in" and (following in _ONES or following in _TENS):
            continue
        elif state == "in":
            state = "after"
            rest.append(token)
        elif state == "after":
            rest.append(token)
    if state == "before" or len(rest) > 4:
        return None, ""
    return Decimal(total + current) + half, " ".join(rest)


def _unit(rest: str) -> str:
    return rest.strip(" .,;)(").strip()
