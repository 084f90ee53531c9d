"""Read a correction out of what a person typed: which earlier answer it is about, and the new answer where it is given.

"No, that's wrong, it's 1/3/1980" is about the answer before; "my birthday is wrong, it's June 13 1991" names one. An
answer is named by its short title, by what else it is called (``Item.names``), or by its question.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from bot.intake.parsing import clean
from bot.intake.questionnaire import Item

_WRONG = r"(?:all |totally |still )?(?:wrong|incorrect|not right|not correct|misspelled|mistaken|a mistake|a typo)"
_IS = r"(?:'?s| is| was|'?re| are| were)"
_OPENING = r"^(?:(?:no|nope|wait|sorry|oops|hm+|oh|actually|but|um+)\b[\s,.:;!-]*)*"
_CONTRADICTS = re.compile(
    rf"{_OPENING}(?:(?:(?:that|this|it){_IS} {_WRONG}|(?:that|this|it) (?:isn'?t|is not|wasn'?t|was not) (?:right|correct|it|what i (?:said|meant|wrote|typed))"
    rf"|(?:you|u) (?:got|have|noted|wrote) (?:it|that|this) wrong|wrong"
    r"|(?:(?:please|can|could|you|i|want|need|to|let me)\b[\s,]*)*(?:change|fix|correct|make|set|switch) (?:it|that|this|(?:my|the) (?:last |previous )?answer|the (?:last|previous) one)(?=(?: back)? (?:to|into)\b))(?: (?:date|number|one|name|state|year))?)\b",
    re.I,
)
_SAYS_WRONG = re.compile(
    rf"\b(?:my (?:[\w-]+ ){{0,3}}[\w-]+|the (?:[\w-]+ )?(?:number|name|birthday|date of birth|e-?mail|city|town|state|spelling)){_IS} {_WRONG}\b|\b(?:fix|correct|change|update) my .{{2,40}}\b(?:it|that)(?:'?s| is| should be)\b",
    re.I,
)
_TAKES_BACK = re.compile(r"^(?:no|nope|sorry|oops|wait|actually|correction|i meant?|it'?s actually|it is actually)\b|\b(?:i meant|sorry|actually)\W*$", re.I)
_MEANT = re.compile(rf"{_OPENING}i (?:meant(?! to (?!say|write|type|put))|should(?: have|'ve)? (?:said|put|written|typed))\b", re.I)
_YES_OR_NO = r"(?:yes|yeah|yep|yup|no|nope|nah)"
_TAKEN_BACK = re.compile(
    rf"^(?:(?:(?:{_YES_OR_NO}|oh|hm+|um+|well)\b\W*)*\b(?:wait|actually|sorry|oops|i mean|scratch that|make that|rather|hold on)\b\W*)+({_YES_OR_NO})"
    rf"(?:\W+(?:sorry|actually))?\W*$",
    re.I,
)
# What stands between the answer that is named and its new value.
_BETWEEN = re.compile(
    rf"^(?:[\s,.;:!?-]*(?:{_IS.replace(' ', '')} {_WRONG}\b|(?:is|was) (?:actually|really|now)\b|to\b|into\b|should (?:be|say|have been)\b"
    r"|(?:but |and )?(?:it'?s|its|it is|it was|it should (?:be|say|have been)|that should be|i (?:meant?|said|typed|wrote|put)(?: to (?:say|write|type))?|make (?:it|that)|is|was|the right one is)\b"
    r"|(?:no|nope|sorry|oops|wait|actually|correction|please)\b))+",
    re.I,
)
# What may stand behind a name as a part of it: "my heart answer", "the gate question".
BEHIND_NAME = re.compile(
    r"^[\"']?(?:\s+(?:questions?|answer|reply|one|thing|part|bit|entry|field|status|info))*(?!\w)(?:[\"'](?!s\b))?(?:\s+from\b.{1,40}?(?=\s(?:to|into)\b))?", re.I
)
_LED_NO = re.compile(r"\b(?:to|into|is|was|be|been|it'?s|meant?|said|say|put)\s+(no|nope)\W*$", re.I)
_NO_VALUE = re.compile(r"\b(?:wrong|typo|mistake|spell\w*|misspell\w*|incorrect|different|changed|earlier|before|please)\b", re.I)
_LONGEST = 12  # words
_MOST_WORDS = 6  # of a value that has no form of its own, such as a name


@dataclass(frozen=True)
class Correction:
    """A new value for an answer, empty where it was only said to be wrong; ``led`` by words such as "it's" or "to"."""

    value: str = ""
    led: bool = False

    @property
    def brief(self) -> bool:
        """Whether it can be taken for a value that has no form of its own, such as a name."""
        return self.led and len(self.value.split()) <= _MOST_WORDS


def contradicts(text: str) -> bool:
    """Whether the text says that what was just understood is wrong, and at most gives it anew.

    "It's wrong how they treated us" goes on telling.
    """
    typed = plain(text)
    found = _CONTRADICTS.match(typed)
    rest = typed[found.end() :] if found else ""
    return bool(found) and (bool(_BETWEEN.match(rest)) or len(rest.split()) <= 3)


def says_wrong(text: str) -> bool:
    """Whether the text says that some earlier answer is wrong, and little more: "my birthday is wrong"."""
    return len(text.split()) <= _LONGEST and bool(_SAYS_WRONG.search(plain(text)))


def says_meant(text: str) -> bool:
    """Whether the text says that something else was meant: "no wait, I meant June 4"."""
    return bool(_MEANT.match(plain(text)))


def last_said(text: str) -> Optional[str]:
    """The yes or no that takes back what was said before it: "yes" of "no wait, yes"; None where nothing is taken back."""
    found = _TAKEN_BACK.match(plain(text))
    return found[1] if found else None


def of_the_last(text: str) -> Optional[Correction]:
    """A correction of what was just understood; None where nothing in the text says that it is one."""
    typed = plain(text)
    if contradicts(typed):
        return _value(_CONTRADICTS.sub("", typed, count=1))
    if not _TAKES_BACK.search(typed):
        return None
    found = _value(re.sub(r"[\s,]*\b(?:i meant|sorry|actually)\W*$", "", typed, flags=re.I))
    return found if found.value else None


def named(text: str, items: Sequence[Item]) -> Optional[Tuple[Item, Correction]]:
    """The one item that the text names by the longest of its names, and what it gives for it."""
    typed = plain(text)
    found: List[Tuple[int, int, Item]] = []
    for item in items:
        spans = [match.span() for name in item.names for match in [name_pattern(name).search(typed)] if match]
        if spans:
            start, end = max(spans, key=lambda span: span[1] - span[0])
            found.append((end - start, end, item))
    longest = max((length for length, _, _ in found), default=0)
    best = [(end, item) for length, end, item in found if length == longest]
    if len(best) != 1:
        return None
    end, item = best[0]
    return item, _value(BEHIND_NAME.sub("", typed[end:]))


def without_contradiction(typed: str) -> str:
    """What stands behind "no, that's not right" in a plain text; the text itself where it does not begin so."""
    return _CONTRADICTS.sub("", typed, count=1).lstrip(" ,.;:!-")


def plain(text: str) -> str:
    """A text as these patterns read it."""
    return clean(text).replace("\u2019", "'")


@functools.lru_cache(maxsize=4096)
def name_pattern(name: str) -> re.Pattern[str]:
    """The name however its words are joined: "e-mail" is "email"."""
    return re.compile(r"\b" + r"[\s-]*".join(map(re.escape, re.split(r"[\s-]+", name.strip("?.! ")))) + r"(?:e?s)?\b", re.I)


def gives_no_value(value: str) -> bool:
    """Whether words behind the name of an answer only say that it is wrong."""
    return bool(_NO_VALUE.search(value))


def _value(behind: str) -> Correction:
    """The new value in what stands behind the name of an answer."""
    lead = _BETWEEN.match(behind)
    rest = behind[lead.end() :] if lead else behind
    value = rest.strip(" ,;:.!?-")
    if not value and (no := _LED_NO.search(behind)):
        value = no[1]  # "to no" leads to a no; in "no, sorry" it leads to nothing
    if gives_no_value(value):
        return Correction()
    return Correction(value, led=bool(lead) and bool(value))
