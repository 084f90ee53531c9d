"""A yes that is told by how often or by when: "only at night", "not now but last month", "pills in college".

Only items that say which time they ask about (``time-frame``) are read so. What is told lies in that time, or it does
not; a text that does not say, or speaks of somebody else, of a dream or of what might be, is left to be asked again.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Optional

from bot.intake.polarity import NEGATION, SOMEBODY_ELSE, is_about_others, normalise

FRAMES = {"now": 0, "3-months": 3, "12-months": 12, "ever": 2000}  # months back from today
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "couple": 2, "couple of": 2, "a couple": 2, "a couple of": 2, "three": 3, "few": 3, "a few": 3,
    "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_COUNT = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_AGO = re.compile(rf"\b(?P<count>\d{{1,3}}|{_COUNT}) (?:or (?:so|two|three) )?(?P<unit>day|week|wk|month|mo|year|yr)s? (?:ago|back)\b")
_DAYS_IN = {"day": 1, "week": 7, "wk": 7, "month": 31, "mo": 31, "year": 366, "yr": 366}
_MONTHS = "|".join([*(name.lower() for name in calendar.month_name if name), "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"])
_MONTH = re.compile(rf"\b(?:(?:in|since|back in|last|this past|around|early|late|mid) )+(?P<month>{_MONTHS})\b")
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")
_JUST = re.compile(
    r"\b(?:today|tonight|this (?:morning|week|afternoon|evening|month)|right now|yesterday|last night|the other (?:day|night)"
    r"|last week|lately|recently)\b"
)
_LAST_MONTH = re.compile(r"\b(?:last|past|this past|the other) month\b")
_LAST_YEAR = re.compile(r"\b(?:last|past) (?:year|spring|summer|fall|autumn|winter)\b")
_LONG_AGO = re.compile(
    r"\b(?:years? (?:ago|back)|(?:a )?long (?:time )?(?:ago|time back)|ages ago|when i was|growing up"
    r"|as an? (?:\w+ )?(?:kid|child|teen\w*|adolescent|young \w+)"
    r"|in (?:my )?(?:(?:high|middle|grade) school|school|college|childhood|the (?:army|navy|service|marines|military))"
    r"|in my (?:early |mid |late )?(?:teens|twenties|thirties|forties|fifties|sixties|[2-6]0'?s)"
    r"|back (?:in|when|then)|my younger|in the past|after (?:my|the|i)|before|at (?:age )?\d{1,2}\b(?! ?[:ap])|(?:19|20)?[5-9]0'?s)\b"
)
_TIMES = re.compile(
    r"\b(?:once|twice|thrice|more than once|(?:\d{1,2}|two|three|four|five|six|several|many|multiple|lots of|a (?:few|couple|lot)(?: of)?"
    r"|more than (?:one|two)) times?)\b"
)
_NOW_AND_THEN = re.compile(
    r"\b(?:some ?times|at (?:night|times)|some (?:days|nights|mornings|of the time)|most (?:days|nights|mornings|of the time)"
    r"|every (?:day|night|morning|so often|now and then|week|other day)|all (?:day|night|the time|day long)|off and on|on and off"
    r"|now and (?:then|again)|from time to time|once in a (?:while|blue moon)|here and there|comes? and go(?:es)?|a (?:little|bit|lot)"
    r"|always|constantly|daily|nightly|often|frequently|occasionally|only when|just when|mostly (?:at|when|in)"
    r"|in the (?:morning|evening|night)s?|at \d{1,2}(?::\d\d)? ?[ap]\.?m|(?:no|not) (?:more|worse) than usual"
    r"|same as (?:always|usual|ever)|like always|as usual|still do)\b|^(?:kind ?a|kind of|sort ?a|sort of)$"
)
_THOUGHTS = re.compile(
    r"(?:(?:i|have|having|just|only|some|a few|do) )*(?:(?:passing|passive|bad|dark|suicidal|those|these) )?(?:thoughts?|passive(?:ly)?)"
    r"(?: only)?|(?:i'?ve )?(?:been )?having (?:them|those)|(?:i )?(?:do )?think(?:ing)? about it|(?:it |they )?cross(?:es|ed)? my mind"
)
_NO_PLAN = re.compile(
    r"[\s,;]+(?:(?:but|and|with|just) )*(?:no|not|never|without|nothing)(?: (?:a|any|real|had|have))*"
    r" (?:plans?|intent\w*|attempt\w*|act\w*|means|done|did|tried)\b.*$"
)
_NOW = r"now|currently|presently|lately|at the moment|at this (?:time|moment)|at present"
_TIME_BOUND_NO = re.compile(
    rf"^(?:no )?not (?:right |just )?(?:{_NOW}|today|this (?:week|month|minute))\b[\s,;.-]*(?:but |though |although |just |only )*"
)
_LONG = (
    r"(?:in|for|since) (?:many |several |some |quite a few |\w+ )?years|(?:in|for) (?:ages|a (?:very |really )?long (?:time|while))"
    r"|since (?:i was|my (?:teens|twenties)|childhood|high school|college)"
)
_WITHIN = r"(?:in|for|within|during) (?:the )?(?:past|last)"
_NONE = r"^(?:no )?(?:not|none) (?:once |at all |right |just )?"
_DENIED = {
    "now": re.compile(
        rf"{_NONE}(?:{_NOW}|recently|any ?more|(?:in|for) (?:a while|(?:\w+ )?(?:weeks|months))|{_WITHIN} \w+|since \w+|{_LONG})\b"
    ),
    "3-months": re.compile(rf"{_NONE}(?:{_WITHIN} (?:(?:3|three|few|several|six|6|twelve|12) months|year)|(?:in|for) 3 months|{_LONG})\b"),
    "12-months": re.compile(rf"{_NONE}(?:{_WITHIN} (?:year|(?:12|twelve) months)|this year|{_LONG})\b"),
}
_AGAINST = re.compile(r"\b(?:hardly|rarely|if|might|could|would|dreams?|kidding|joking|jokes?)\b")
_LEADING_NO = re.compile(r"^no[\s,.;-]+(?:(?:but|just|only|though)[\s,]+)?")
_BUT = re.compile(r"^no[\s,.;-]+(?:but|just|only|though)\b")
_USUAL = re.compile(r"^(?:no|not) (?:more|worse) than usual\b")
_PAST = re.compile(r"\b(?:used to|was|were|had|back then)\b")
_TAKES_BACK = re.compile(r"\b(?:but|though|although|except|until|only|just|yes|yeah|yep)\b")
_LESS = re.compile(
    r"\b(?:(?:just|only) (?:\w+ )?thoughts?|plans?|planning|planned|inten\w+|attempt\w*|act(?:ed|ing)?|means|self.?harm\w*"
    r"|(?:hurt|cut)(?:ting|ing)? myself|(?:would|could)(?:n'?t| not| never)?|never would|won'?t|never do (?:it|that)"
    r"|(?:not|never|n't) (?:that |so |very )?(?:every (?:day|night)|all the time|always|constantly|often|daily|much|bad|serious\w*|on purpose)"
    r")\b|^no more$"
)
_MOST_WORDS = 14


def told(text: str, frame: str, today: dt.date) -> Optional[bool]:
    """Whether it was so in the asked time, by when or how often somebody says it was.

    Args:
        text: as typed.
        frame: one of ``FRAMES``.
        today: the visitor's date.

    Returns:
        True in the asked time, False at some other or an unsure time, None where the text does not say that it was so.
    """
    words = normalise(text)
    words = re.sub(r"[\s,]+if (?:that|it) counts$", "", words)
    usual = bool(_USUAL.search(words))
    said = words if usual else _LEADING_NO.sub("", _TIME_BOUND_NO.sub("", words))
    denied_now, contradicts = said != words, bool(_LEADING_NO.match(words)) and not usual and not _BUT.match(words)
    said = re.sub(r"[\s,;]+(?:yes|yeah|yep)$", "", re.sub(r"^(?:yes|yeah|yep)[\s,]+", "", said))
    said = _NO_PLAN.sub("", said)
    against = _AGAINST.search(said) or NEGATION.search(said) and not usual
    if len(said.split()) > _MOST_WORDS or against or is_about_others(said) or SOMEBODY_ELSE.match(said):
        return None
    found = _lies_in(said, frame, today, denied_now)
    return False if found and contradicts else found


def _lies_in(said: str, frame: str, today: dt.date, denied_now: bool) -> Optional[bool]:
    within, longest = FRAMES[frame], _longest_ago(said, today)
    if longest is not None:
        return longest <= within * 30.4 + 1 if within else longest <= 1 and not denied_now
    if _LONG_AGO.search(said):
        return frame == "ever"
    if _NOW_AND_THEN.search(said):
        return frame == "ever" or not (_PAST.search(said) or denied_now and frame == "now")
    if _THOUGHTS.fullmatch(said):
        return frame in ("now", "3-months") and not (denied_now and frame == "now")
    return frame != "now" if _TIMES.search(said) else None


def denied(text: str, frame: str) -> bool:
    """Whether it is plainly said that it was not so in the asked time: "not right now", "not in the past three months"."""
    words = re.sub(r"[,;]", "", normalise(text))
    return frame in _DENIED and bool(_DENIED[frame].match(words)) and not _TAKES_BACK.search(words)


def denies_less(text: str) -> bool:
    """Whether a no is about less than what was asked: "no plans", "no, just thoughts", "I'd never do it"."""
    return bool(_LESS.search(normalise(text)))


def _longest_ago(words: str, today: dt.date) -> Optional[float]:
    """The most days that what is told may lie back; None where no time is named."""
    ago = _AGO.search(words)
    if ago:
        count = int(ago["count"]) if ago["count"].isdigit() else _NUMBERS[ago["count"]]
        return count * _DAYS_IN[ago["unit"]] - (1 if ago["unit"] not in ("day", "week", "wk") else 0)
    if _LAST_MONTH.search(words):
        return 61
    if _JUST.search(words):
        return 14 if re.search(r"\b(?:last week|this month|the other)\b", words) else 1
    year = _YEAR.search(words)
    month = _MONTH.search(words)
    if year and not month:
        return (today - dt.date(int(year[1]), 1, 1)).days if int(year[1]) <= today.year else None
    if month:
        number = next(i for i, name in enumerate(calendar.month_abbr) if name and month["month"].startswith(name.lower()))
        since = int(year[1]) if year else today.year - (number > today.month)
        return (today - dt.date(since, number, 1)).days
    return 729 if _LAST_YEAR.search(words) else None
