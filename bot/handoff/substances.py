"""Reads which medicines a person names, and whether they take them, from their own words.

Deliberately simple and cautious: a name is recognised when it is in the lexicon (or a long name is misspelt by a letter
or two); anything else stays in the person's words. A medicine counts as not taken only where a "no" stands before it in
the same part of the sentence, and everything that is not clearly past or denied counts as taken now, because a missed
benzodiazepine does more harm than one question too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

FUZZY_MIN_LENGTH = 6
FUZZY_SCORE = 85

_PARTS = re.compile(r"[,;\n•|]+|\.(?=\s|$)|\s+(?:and|plus|also|then|but|&|\+)\s+|\s[-–—]\s", re.IGNORECASE)
_NOTHING = re.compile(
    r"^\W*(?:no|none|nothing|nil|nope|n/?a|nka|nkda|not?\s+any(?:thing)?|zero|"
    r"(?:i\s+)?(?:do\s*n[o']?t|don’t)\s+(?:take|have|use)\s+any(?:thing|\s+\w+)?|"
    r"(?:i(?:\s+am|['’]?m)\s+)?not\s+(?:taking|on|allergic\s+to)\s+any(?:thing|\s+\w+)?|"
    r"(?:i\s+have\s+)?no\s+(?:known\s+|drug\s+|other\s+|current\s+)*"
    r"(?:allerg(?:y|ies)|meds|medicines?|medications?|drugs|pills|supplements))"
    r"(?:\s+(?:known|at\s+all|that\s+i\s+know(?:\s+of)?|right\s+now|currently|really|at\s+the\s+moment))*\W*$",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|without|nor|neither|denies|\w+n['’]t|dont|doesnt|cant|wont)\b", re.IGNORECASE
)
_EXCEPTION = re.compile(r"\b(?:except|besides|other than|apart from|only|just)\b", re.IGNORECASE)
# "I don't take it every day", "not sure": the "no" is not about taking it
_STILL_TAKEN = re.compile(
    r"\b(?:regularly|always|every\s?day|daily|often|as prescribed|enough|helping|work(?:s|ing)?|like|sure)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:stopped|stop|quit|used to|formerly|previously|in the past|no longer|discontinued|weaned|tapered|came off|"
    r"went off|got off|was on|were on|took|tried|had been|ago|last year|anymore|any more)\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\?|\b(?:not sure|unsure|maybe|might|i think|possibly|perhaps|don['’]?t know|idk)\b", re.IGNORECASE
)
# "Does that mix with ketamine": the treatment is asked about, not taken.
_ASKS = re.compile(r"^(?:(?:and|but|so|also)\s+)?(?:does|do|can|could|is|are|will|would|should|what|how)\s|\?$", re.IGNORECASE)
_TREATMENT = "ketamine"
# "buspirone 10, but i skip it most weekends": said of the one before, and no medicine of its own.
_OF_THE_LAST = re.compile(r"^i\s.*\b(?:it|them|that one|those)\b", re.IGNORECASE)
_NOT_ALLERGIC = re.compile(r"\b(?:not|isn['’]t|never|no)\b[^,;.]*\ballerg", re.IGNORECASE)
# "No meds", "not allergic to any foods": a "no", but not to every allergy.
_NOT_ALL_ALLERGIES = re.compile(
    r"\b(?:take|taking|use|on|meds|medicines?|medications?|drugs|pills|supplements)\b|"
    r"\bany\s+(?!(?:allerg|known|at|that|right|currently|really)\w*)\w",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mention:
    """A substance that was named. ``name`` is the generic name, or the person's words where it is not known."""

    name: str
    words: str
    status: str  # current, past, negated, allergy, unsure
    known: bool


def medicines(text: str, names: Mapping[str, str]) -> list[Mention]:
    """What a person wrote about their medicines, in order; ``names`` maps what people write to the generic name."""
    return _mentions(text, names, "current")


def allergies(text: str, names: Mapping[str, str]) -> list[Mention]:
    """What a person wrote about their allergies, in order."""
    return _mentions(text, names, "allergy")


def denies_allergies(text: str) -> bool:
    """Whether every part of what a person wrote about their allergies says that there are none."""
    parts = list(_parts(text))
    return bool(parts) and all(
        _NOTHING.match(part) and not _is_unsure(part) and not _NOT_ALL_ALLERGIES.search(part) for part in parts
    )


def _mentions(text: str, names: Mapping[str, str], usual: str) -> list[Mention]:
    found = []
    for part in _parts(text):
        asks = bool(_ASKS.search(part))
        nothing = bool(_NOTHING.match(part))
        # Which medicines somebody takes a question does not tell, but it may name an allergy: "does latex count?"
        left_out = nothing and not _is_unsure(part) if usual == "allergy" else nothing or asks
        matches = [(name, start) for name, start in _matches(part, names) if not (asks and name == _TREATMENT)]
        for name, start in matches:
            found.append(Mention(name, part, _status(part, start, usual), True))
        if not matches and found and _OF_THE_LAST.match(part):
            begin = text.index(found[-1].words)
            found[-1] = replace(found[-1], words=text[begin : text.index(part, begin) + len(part)])
        elif not matches and not left_out:
            found.append(Mention(part, part, _status(part, len(part), usual), False))
    return found


def _parts(text: str) -> Iterator[str]:
    for part in _PARTS.split(text):
        part = part.strip(" \t.-–—:*")
        if re.search(r"\w", part):
            yield part


def _matches(part: str, names: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The generic names in a part and where each stands; the longest name wins where two overlap."""
    lowered = part.lower().replace("’", "'")
    seen: set[str] = set()
    taken: list[tuple[int, int]] = []
    hits = []
    for written in sorted(names, key=len, reverse=True):
        for match in re.finditer(rf"(?<![\w/]){re.escape(written)}(?![\w/])", lowered):
            if all(match.end() <= start or match.start() >= end for start, end in taken):
                taken.append(match.span())
                hits.append((match.start(), names[written]))
    for match in re.finditer(r"[a-z][a-z'-]+", lowered):
        if len(match[0]) >= FUZZY_MIN_LENGTH and all(
            match.end() <= start or match.start() >= end for start, end in taken
        ):
            near = _nearest(match[0], names)
            if near:
                hits.append((match.start(), near))
    for start, name in sorted(hits):
        if name not in seen:
            seen.add(name)
            yield name, start


def _nearest(word: str, names: Mapping[str, str]) -> str | None:
    likely = (name for name in names if len(name) >= FUZZY_MIN_LENGTH and name[0] == word[0] and " " not in name)
    best = max(((fuzz.ratio(word, name), name) for name in likely), default=(0, ""))
    return names[best[1]] if best[0] >= FUZZY_SCORE else None


def _status(part: str, start: int, usual: str) -> str:
    if _is_unsure(part):
        return "unsure"
    if usual == "allergy":
        return "negated" if _NOT_ALLERGIC.search(part) else usual
    before = part[:start]
    if _PAST.search(part):
        return "negated" if re.search(r"\bnever\b", before, re.IGNORECASE) else "past"
    exception = max((m.end() for m in _EXCEPTION.finditer(before)), default=0)
    if _NEGATION.search(before[exception:]) and not _STILL_TAKEN.search(part):
        return "negated"
    return usual


def _is_unsure(part: str) -> bool:
    return bool(_UNSURE.search(part) or _ASKS.search(part))
