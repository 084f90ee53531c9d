"""Read what is added to an earlier answer out of what a person typed: "also seroquel 50", "I forgot to say I take methadone".

What is added goes to what is there, never in its place.
"""

from __future__ import annotations

import re
from typing import Optional, Sequence

from bot.intake import polarity
from bot.intake.parsing import clean

_OPENING = r"^(?:(?:ok|okay|oh|wait|sorry|oops|hm+|um+|yes|yeah|yep|no|nope|actually|but|well|p\.?s\.?|one more thing|another thing)\b[\s,.:;!-]*)*"
_TAKES = r"(?:take|have|had|use|used|took|am|was|get|got|need|smoke|drink|do)"
_FORGOT = (
    r"(?:i (?:just |also )?(?:almost |totally |completely )?)?(?:forgot|left out|missed|should(?: have|'ve)? (?:said|mentioned|added|told you))\b"
    r"(?: (?:to (?:say|mention|add|tell you|include|list|write)|about|that))*"
)
_ADDS = re.compile(
    rf"{_OPENING}(?:(?:(?:(?:can|could) (?:you|i)|please|i (?:want|need|'?d like|would like) to)\s+)*add\b(?: in\b| also\b)?|(?:and|plus|also)\b(?: also\b)?"
    rf"|{_FORGOT})[\s,:;-]*(?=\w)",
    re.I,
)
# A sentence of its own, kept as it is: "I also take methadone", "seroquel too".
_ALSO = re.compile(rf"{_OPENING}(?=(?:i|i'?m|i'?ve|we) (?:also|still) (?:{_TAKES}|on|been)\b|i {_TAKES} also\b)|{_OPENING}(?=.{{2,60}}\b(?:too|as well)\W*$)", re.I)
_OPEN = re.compile(r"^(?:what|which|how|when|where|who|why|the (?:name|question|rest)|everything|it|that|this)\b", re.I)
_INSIDE = re.compile(r"[,.;!]\s*(?:and |but |oh,? )*((?:also|plus|add|(?:i )?forgot|i also)\b.+)", re.I | re.S)
_TAKING = re.compile(r"\b(?:take|taking|took|use|using|i'?m on|i am on)\b", re.I)
# "I take 150 of sertraline not 100", "my sertraline is 150", "I stopped the prazosin", each without the name.
_HOW_TAKEN = re.compile(r"\b(?:take|taking|took|i'?m on|i am on|been on|stopped|quit|off|(?:is|was|it'?s|be|to|not|dose|dosage) \d+(?:mgs?|mcg)?)\b", re.I)
_HOW_WORD = re.compile(
    r"ok|okay|oh|wait|sorry|oops|actually|but|well|i|i'?m|i'?ve|am|my|the|it|it'?s|is|was|be|been|should|of|on|off|to|from|and|so|that|now|only|just|really"
    r"|take|taking|took|stopped|quit|do|don'?t|not|longer|more|any|anymore|still|again|instead|already|went|got|down|up|dose|dosage|\d[\d.,/]*(?:mgs?|mcg)?|mgs?|mcg"
    r"|milligrams?|pills?|tablets?|half|one|two|three|once|twice|times|a|an|per|every|each|day|daily|night|nightly|at|in|morning|evening|bed\w*|last|ago|weeks?|months?|years?|",
    re.I,
)
_MOST_WORDS = 60
_AHEAD = r"^(?:(?:to|in|for|under) )?(?:the|my)\s+(?:{names})(?: list| answer| one)?\s*[,:;-]\s*(?=\w)"  # "and the allergies, latex"
_PLACE = r"[\s,]*\b(?:to|on|in|into|under)\s+(?:the|my|that|this)\s+(?:{names})(?: list| answer| one)?\W*$"


def added(text: str, names: Sequence[str] = ()) -> Optional[str]:
    """What the text adds to something said before, without the word that says so; None where it adds nothing.

    Args:
        names: what the answer may be called that it is added to: "add seroquel to my medicines".
    """
    typed = clean(text).replace("\u2019", "'")
    found = _ADDS.match(typed) or _ALSO.match(typed)
    if found is None or len(typed.split()) > _MOST_WORDS:
        return None
    rest = typed[found.end() :]
    if names:
        any_name = "|".join(map(re.escape, names))
        rest = re.sub(_PLACE.format(names=any_name), "", rest, flags=re.I)
        rest = re.sub(_AHEAD.format(names=any_name), "", rest, count=1, flags=re.I)
    rest = rest.strip(" ,;:-")
    if not re.search(r"\w", rest) or _OPEN.match(rest):
        return None
    return (added(rest) or rest) if len(rest) < len(typed) else rest  # "also, I forgot methadone"


def adding_part(text: str) -> Optional[str]:
    """The part of a text that adds something, from "also" on: "also methadone" of "looks good, also methadone"."""
    found = _INSIDE.search(clean(text).replace("\u2019", "'"))
    return found[1] if found else None


def leads(text: str) -> bool:
    """Whether the text begins with the word that says so, or tells of taking something: "sulfa too" does neither."""
    return bool(_ADDS.match(clean(text)) or _TAKING.search(text))


def tells_how_taken(text: str) -> bool:
    """Whether a text without the names of its medicines says that, how or how much they are taken, and nothing else."""
    words = [word.strip(".,;:!-") for word in clean(text).replace("\u2019", "'").split()]
    return bool(_HOW_TAKEN.search(" ".join(words))) and all(map(_HOW_WORD.fullmatch, words))


def together(before: str, more: str) -> str:
    """An answer with what is added to it; "none" gives way."""
    return more if not before or polarity.is_bare_no(before) else f"{before.rstrip(' .,;')}; {more}"
