"""What a message holds beside the answer it was asked for, or beside a question of its own.

Beside an answer only what can be taken for nothing else is read: one phone number, one e-mail address, one date of birth with
its year, and who and when of a yes. Everything else stays in the words of the answer, where staff read it. Beside a question a
sentence is read that plainly answers what waits (``told``).
"""

from __future__ import annotations

import re
from typing import List, Optional

import phonenumbers

from bot.intake.parsing import NAMES
from bot.intake.questionnaire import Item
from bot.intake.relatives import CLOSE

_EMAIL = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"'@]+\.[A-Za-z]{2,}")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"\b(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH},? \d{{4}}"
    r"|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d{2}-\d{2})\b",
    re.I,
)
_BORN = re.compile(r"\b(?:born|birth\w*|b-?day|dob)\b", re.I)
_OTHERS = re.compile(
    rf"\b(?:{CLOSE}|doctor|therapist|psychiatrist|counselor|work|office|(?:his|her|their) (?:number|phone|cell|e-?mail))\b",
    re.I,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WHEN = re.compile(
    rf"\b(?:(?:in|since|about|around|back in) )?(?:(?:{_MONTH}|(?:early|late|spring|summer|fall|autumn|winter)(?: of)?),? )?(?:19|20)\d\d\b"
    r"|\b(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|a few|a couple of) (?:day|week|month|year)s? ago\b|\blast (?:year|month|week)\b",
    re.I,
)
_WHO = re.compile(r"\b(?:by|from) ((?:my|an?|the|some|dr\.?|doctor)\b(?:(?!\s+(?:in|back in|on|around|about|when|and|but)\b)[^,;\n]){2,60})", re.I)
_INTRODUCES = re.compile(r"^(?:(?:hi|hello|hey|please|and|my name(?:'s| is)|name|i'?m|i am|this is|it'?s)\b[\s:]*)+", re.I)
_NO_NAME = re.compile(
    r"\b(?:i|i'?m|me|my|you|your|it|this|that|is|are|was|do|does|can|can'?t|could|would|will|not|no|the|to|at|on|for|with|please|pls|call|text|phone|ring|"
    r"contact|reach|number|cell|mobile|e-?mail|thanks|thank|help|talk|staff|someone|somebody|anyone|person|nurse|safe|now|today|after|before|best|time)\b",
    re.I,
)
_MOST_NAMES = 4
_FILLER = r"(?:ok|okay|well|um+|hm+|hi|hello|hey|wait|hold on|sorry|thanks|thank you|sure|so|and|but|also|then|oh|actually|please|first|now|just|btw|by the way|before (?:i|we) \w+(?: \w+){0,3}|(?:just )?curious|(?:quick|one|another) question|(?:i have|i've got) (?:a|one|some) questions?|i was wondering|i wonder|i want to (?:know|ask)|question)"
_SUBJECT = r"(?:i|you|u|we|they|he|she|it|this|that|there|the|my|your|someone|anyone|people|insurance|medicare|medicaid|ketamine|\d+)"
_ASKED = (
    rf"(?:(?:is|are|was|do|does|did|can|could|will|would|should|may|am) {_SUBJECT}\b|(?:what|how|when|where|why|who|which|whose)\b"
    r"|tell me|wondering|any (?:chance|idea|way)\b)"
)
_ASKING = re.compile(rf"^(?:{_FILLER}\b[\s,]*)*{_ASKED}", re.I)
_ASKING_INSIDE = re.compile(rf"[\s,;:-]+(?={_ASKED}[^?]*\?)", re.I)
_NOTHING_SAID = re.compile(rf"^(?:{_FILLER}\b[\s,]*)*$", re.I)
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
_SENTENCE = re.compile(r"\b(?:i|i'?m|im|i'?ve|my|me|we|you|it|it'?s|this|that|they)\b", re.I)
_SHORT, _STORY = 6, 3  # words: at most, of an answer that is no sentence; at least, of a story


def person(text: str) -> Optional[str]:
    """The name that stands beside a phone number or an e-mail address: "Dana Reyes, 503-555-0147"; None where none surely does."""
    for found in _candidates("phone-or-email", text, asked=True):
        text = text.replace(found, ",")
    for piece in re.split(r"[,;:()\n]|\.\s|\s-\s", text.replace("\u2019", "'")):
        name = _INTRODUCES.sub("", piece.strip()).removesuffix(" here").strip(" .")
        words = name.split()
        named = 1 < len(words) <= _MOST_NAMES or len(words) == 1 and name.istitle()
        if named and not _NO_NAME.search(name) and all(word.replace("'", "").replace("-", "").rstrip(".").isalpha() for word in words):
            return name
    return None


def told(text: str) -> List[str]:
    """The sentences of a message that tell something beside one that asks: "Oregon" of "Oregon. Do you have parking?". Of the
    one that asks, what stands before the question; none where nothing is asked."""
    said: List[str] = []
    asks = False
    for sentence in _SENTENCES.split(text.strip()):
        inside = _ASKING_INSIDE.search(sentence)
        if _ASKING.match(sentence) or sentence.endswith("?") and inside is None:
            asks = True
            continue
        asks = asks or inside is not None
        said.append((sentence[: inside.start()] if inside else sentence).strip(" .,;:-"))
    return [one for one in said if not _NOTHING_SAID.match(one)] if asks else []


def answers_plainly(item: Item, words: str) -> bool:
    """Whether words that stand beside a question may be taken for the answer to ``item``, which ``words`` can be read as.

    What has a form can be told; a name has capitals; other short answers are no sentences; a story is one. A consent, and what
    would end the questions, is never taken from beside.
    """
    if item.type == "boolean":
        return not item.required and not item.end_when
    if item.answer_format in NAMES:
        names = [word for word in words.split() if word[0].isalpha()]
        return 0 < len(names) <= _MOST_NAMES and all(name[0].isupper() for name in names) and not _SENTENCE.search(words)
    if item.type == "text":
        return len(words.split()) >= _STORY
    if item.type in ("string", "open-choice") and item.answer_format not in ("phone", "email", "phone-or-email"):
        return len(words.split()) <= _SHORT and not _SENTENCE.search(words)
    return True


def following(item: Item, text: str) -> Optional[str]:
    """The words of a yes that also answer the question it leads to: who it was, when it was. None where they say neither, or two.

    Args:
        item: a question that begins with "who" or "when", or for the year of something past.
    """
    asks = item.text.lower()
    if item.answer_format == "past-date":
        found = _YEAR.findall(text)
    elif asks.startswith("when"):
        found = [match[0] for match in _WHEN.finditer(text)]
    elif asks.startswith("who"):
        found = [name.rstrip(" .") for name in _WHO.findall(text)]
    else:
        found = []
    return found[0] if len(set(found)) == 1 else None


def given(item: Item, text: str, *, asked: bool = False) -> Optional[str]:
    """The words of the text that answer the item and can mean nothing else; None where there are none, or two.

    Args:
        item: a question for a phone number, an e-mail address or a date of birth; others are never read from a message.
        asked: it is the question that waits, so that a date needs no "born" and nobody else is meant.
    """
    if not asked and is_of_others(text):
        return None
    found = set(_candidates(item.answer_format, text, asked))
    return found.pop() if len(found) == 1 else None


def is_of_others(text: str) -> bool:
    """Whether somebody else is named, whose number or date it may be."""
    return bool(_OTHERS.search(text))


def _candidates(kind: Optional[str], text: str, asked: bool) -> List[str]:
    if kind in ("phone", "email", "phone-or-email"):
        numbers = [match.raw_string for match in phonenumbers.PhoneNumberMatcher(text[:1000], "US")] if kind != "email" else []
        return numbers + (_EMAIL.findall(text) if kind != "phone" else [])
    if kind == "birth-date" and (asked or _BORN.search(text)):
        return [match[0] for match in _DATE.finditer(text)]
    return []
