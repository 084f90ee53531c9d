"""Read dates and times as people type them, in US order, into the partial ISO forms that FHIR keeps.

The usual forms are read here by a small grammar, which is fast, can say *why* a date is refused (no such day, two
readings, only a year) and never guesses. Only what is left ("two years ago", "4 de marzo de 1987") goes to
``dateparser``, with everything that depends on the machine (locale, clock, time zone) fixed.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from typing import Any, Optional, Tuple

from rapidfuzz.distance import DamerauLevenshtein

from bot.intake.answers import AnswerError

OLDEST_YEARS = 120  # nobody alive was born longer ago
_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
SHORT_MONTHS = {name[:3]: i for name, i in _MONTHS.items()} | {"sept": 9}
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\.?,?\s+"
_LEAD = re.compile(
    r"^(?:(?:well|hi|hello|oh|um+|so|ok|okay|sure)[, ]+)*"
    r"(?:(?:(?:i|he|she) (?:was|were|am|is)|i'm|it (?:was|is|started|happened)|it's|that (?:was|is)|that's|my|the|your"
    r"|date of birth|birth ?date|birthday|dob|d\.o\.b\.?|bday|date|year|born|diagnosed|is|was|on|in|of|since|from"
    r"|about|around|approximately|approx\.?|roughly|circa|ca\.?|maybe|probably|i think|i believe|sometime|back|it|early"
    r"|mid|late|beginning of|start of|end of|spring|summer|fall|autumn|winter)[\s:,=-]+)*",
)
_TAIL = re.compile(r"(?:[\s,]*(?:i think|i believe|i guess|maybe|or so|ish|thanks?|thank you|please))*[\s.,;:?]*$")
_RELATIVE = re.compile(r"\b(ago|last|yesterday|today|this|next|tomorrow|hace|hoy|ayer)\b")

_EXAMPLE = "March 4, 1987"
_WHOLE_BIRTH_DATE = f"I need the whole date of birth: month, day and year. For example: {_EXAMPLE}."
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
_ORDINAL_DAYS = {
    **{word: str(i) for i, word in enumerate(_ORDINALS, start=1)},
    **{f"{tens}-{word}": str(base + i) for tens, base in (("twenty", 20), ("thirty", 30)) for i, word in enumerate(_ORDINALS[:9], start=1)},
    "thirtieth": "30",
}
_ORDINAL = re.compile(r"\b(?:(?:twenty|thirty)[- ])?(?:" + "|".join(_ORDINALS + ["thirtieth"]) + r")\b")


def parse_date(text: str, today: dt.date, *, birth: bool = False, day_first: bool = False, example: Optional[str] = None) -> str:
    """Read a date.

    Args:
        text: as typed.
        today: what "today" is; two-digit years and relative dates hang on it.
        birth: the date must be full, not in the future and at most 120 years ago; two-digit years lie in the past.
        day_first: 3/4/1987 is 3 April (for questionnaires whose entry format says so).
        example: shown when the text cannot be read.

    Returns:
        ``YYYY-MM-DD``, or ``YYYY-MM`` or ``YYYY`` where only that was given.

    Raises:
        AnswerError: not-a-date, incomplete-date, impossible-date, future-date, too-long-ago, ambiguous.
    """
    example = example or (_EXAMPLE if birth else f"{_EXAMPLE}, or just the year")
    words = _clean(text)
    found = _grammar(words, today, birth, day_first, example)
    if found is None and birth and re.fullmatch(r"\d{1,3}(?: years?(?: old)?)?", words):
        raise AnswerError("incomplete-date", _WHOLE_BIRTH_DATE)
    if found is None:
        found = _inside(words, today, birth, day_first, example) or (None if birth else _last_season(words, today))
    if found is None and not (birth and _RELATIVE.search(words)):
        found = _by_library(words, today)
    if found is None:
        raise AnswerError("not-a-date", f"I couldn't read that as a date. For example: {example}.")
    if birth:
        _check_birth(found, today)
    return found


def _clean(text: str) -> str:
    words = re.sub(r"\s+", " ", text).strip().lower()
    words = _ORDINAL.sub(lambda m: _ORDINAL_DAYS.get(m[0].replace(" ", "-"), m[0]), _TAIL.sub("", words))
    return _LEAD.sub("", words).strip()


def _check_birth(found: str, today: dt.date) -> None:
    if len(found) < 10:
        raise AnswerError("incomplete-date", _WHOLE_BIRTH_DATE)
    born = dt.date.fromisoformat(found)
    if born > today:
        message = "That date is still to come. What is your date of birth? For example: March 4, 1987."
        raise AnswerError("future-date", message)
    if born.year >= today.year - 1:  # this year, written out of habit
        raise AnswerError("ambiguous", "Could you check the year? I need the year you were born. For example: March 4, 1987.")
    if today.year - born.year > OLDEST_YEARS:
        message = "That is more than 120 years ago. What is your date of birth? For example: March 4, 1987."
        raise AnswerError("too-long-ago", message)


# -- the grammar --------------------------------------------------------------------------------------------------------

_SEP = r"\s*[/.\-]\s*"
_MONTH = r"(?P<month>[a-záéí]{3,10})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4}|'?\d{2})"
_MONTH_NAMES = "|".join(sorted([*_MONTHS, *SHORT_MONTHS], key=len, reverse=True))
_FORMS = tuple(
    re.compile(f"^(?:{_WEEKDAY})?(?:the )?{form}$")
    for form in (
        rf"(?P<year>\d{{4}}){_SEP}(?P<m>\d{{1,2}}){_SEP}(?P<d>\d{{1,2}})",
        rf"(?P<a>\d{{1,2}}){_SEP}(?P<b>\d{{1,2}}){_SEP}{_YEAR}",
        rf"(?P<a>\d{{1,2}}) (?P<b>\d{{1,2}}) {_YEAR}",
        r"(?P<a>\d{2})(?P<b>\d{2})(?P<year>\d{4}|\d{2})",
        rf"{_MONTH}[\s/.\-]*(?:the )?{_DAY}(?:\s*,\s*|[\s/.\-]+|(?<=[a-z])){_YEAR}",
        rf"{_DAY}[\s/.\-]*(?:of |de )?{_MONTH}[\s,/.\-]*(?:of |de )?{_YEAR}",
        rf"(?P<year>\d{{4}})[\s,/.\-]*{_MONTH}[\s,/.\-]*{_DAY}",
        rf"{_MONTH}[\s,/.\-]*(?:of )?(?P<year>\d{{4}}|'\d{{2}})",
        rf"(?P<m>\d{{1,2}}){_SEP}(?P<year>\d{{4}})",
        r"(?P<year>\d{4})-(?P<m>\d{2})",
        rf"(?P<year>\d{{4}})[\s,/.\-]*{_MONTH}",
        r"(?P<year>\d{4})",
        r"(?P<year>'\d{2})",
        rf"{_MONTH}[\s/.\-]*(?:the )?{_DAY}",
        rf"{_DAY}[\s/.\-]*(?:of )?{_MONTH}",
        rf"(?P<a>\d{{1,2}}){_SEP}(?P<b>\d{{1,2}})",
    )
)


def _grammar(words: str, today: dt.date, birth: bool, day_first: bool, example: str) -> Optional[str]:
    eight = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", words)
    if eight and not 1 <= int(words[:2]) <= 12 and words[:2] in ("19", "20"):
        return _date(int(eight[1]), int(eight[2]), int(eight[3]))
    for form in _FORMS:
        match = form.match(words)
        if not match:
            continue
        parts = match.groupdict()
        if parts.get("month") is not None:
            month = _month(parts["month"])
            if month is None:
                continue
        elif parts.get("m") is not None:
            month = int(parts["m"])
        else:
            month = None
        day = int(parts["day"] or 0) if parts.get("day") else int(parts["d"]) if parts.get("d") else None
        if parts.get("a") is not None:
            month, day = _ordered(int(parts["a"]), int(parts["b"]), day_first)
        if parts.get("year") is None:
            raise AnswerError("incomplete-date", f"I need the year, too. For example: {example}.")
        return _date(_full_year(parts["year"], month, day, today, birth), month, day)
    return None


def _ordered(first: int, second: int, day_first: bool) -> Tuple[int, int]:
    """(month, day): as the order says, or the other way round where only that is possible."""
    month, day = (second, first) if day_first else (first, second)
    return (day, month) if month > 12 >= day else (month, day)


def _month(name: str) -> Optional[int]:
    if name in _MONTHS:
        return _MONTHS[name]
    if name in SHORT_MONTHS:
        return SHORT_MONTHS[name]
    if len(name) < 4:
        return None
    if any(full.startswith(name) for full in _MONTHS):
        return next(i for full, i in _MONTHS.items() if full.startswith(name))
    near = [(DamerauLevenshtein.distance(name, full), i) for full, i in _MONTHS.items()]
    near.sort()
    limit = 1 if len(name) < 6 else 2
    return near[0][1] if near[0][0] <= limit and near[1][0] > near[0][0] else None


def _full_year(year: str, month: Optional[int], day: Optional[int], today: dt.date, birth: bool) -> int:
    if len(year) == 4:
        return int(year)
    short = int(year.lstrip("'"))
    century = today.year - today.year % 100
    if not birth:  # the nearest such year that is not far ahead
        return century + short if century + short <= today.year + 20 else century - 100 + short
    recent = (century + short, month or 1, day or 1)
    if recent > (today.year, today.month, today.day):
        return century - 100 + short
    if recent > (today.year - 18, today.month, today.day):
        raise AnswerError("ambiguous", "Which year do you mean? Please write it with four digits, such as 1987.")
    return century + short


def _date(year: int, month: Optional[int] = None, day: Optional[int] = None) -> str:
    if not 1800 <= year <= 2200:
        raise AnswerError("impossible-date", f"I couldn't find that year. Please write it like this: {_EXAMPLE}.")
    if month is None:
        return f"{year:04d}"
    if not 1 <= month <= 12:
        raise AnswerError("impossible-date", f"There is no such month. Please write the date like this: {_EXAMPLE}.")
    if day is None:
        return f"{year:04d}-{month:02d}"
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        name = calendar.month_name[month]
        message = f"{name} {year} doesn't have that day. Please write the date like this: {_EXAMPLE}."
        raise AnswerError("impossible-date", message)
    return f"{year:04d}-{month:02d}-{day:02d}"


# A whole date, a month with its year or a year in a sentence: "right after I got out of the army in 2011".
_WITHIN = tuple(
    re.compile(rf"(?<![\w/.'-])(?:{form})(?![\w/-]|[.,]?\d)")
    for form in (
        rf"\d{{4}}{_SEP}\d{{1,2}}{_SEP}\d{{1,2}}|\d{{1,2}}{_SEP}\d{{1,2}}{_SEP}\d{{4}}"
        rf"|(?:{_MONTH_NAMES})\.? (?:the )?\d{{1,2}}(?:st|nd|rd|th)?,? (?:of )?\d{{4}}"
        rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTH_NAMES})\.?,? (?:of )?\d{{4}}",
        rf"(?:{_MONTH_NAMES})\.?,? (?:of )?(?:19|20)\d{{2}}",
        r"(?:19|20)\d{2}",
    )
)
_DOUBT = re.compile(
    r"\b(?:or|not|never|between|than|either|might|could)\b(?:\W+\w+){0,2}\W*$|\b(?:before|after|until|till|by)(?: the year)?\W*$"
)
_OTHER_NUMBER = re.compile(  # an age, a grade or a phone number, which nobody takes for a part of the date
    r"^\d{1,2},? (?:so|and|then|born)\b|(?:\b(?:turned|turn|turning|so|now|i'm|im|i am) )\d{1,2}\b(?!\s*[/:])|(?:\bi was|\bat|\baged?) \d{1,2}\b(?!\s*[/:])|\b\d{1,2}(?:st|nd|rd|th) grade\b"
    r"|(?:\+?1[\s.-]*)?\(?\d{3}\)?[\s.-]*\d{3}[\s.-]*\d{4}\b"
)
_SEASONS = {"winter": 12, "spring": 3, "summer": 6, "fall": 9, "autumn": 9}  # the month in which each begins
_LAST_SEASON = re.compile(r"\b(?:this (?:past )?|last |past )(?P<season>winter|spring|summer|fall|autumn)")


def _inside(words: str, today: dt.date, birth: bool, day_first: bool, example: str) -> Optional[str]:
    """The one date that a sentence tells, and only where no other number could be meant."""
    for form in _WITHIN[:1] if birth else _WITHIN:
        found = list(form.finditer(words))
        if not found:
            continue
        before, behind = words[: found[0].start()], words[found[0].end() :]
        other = _OTHER_NUMBER.sub(" ", f"{before} {behind}")
        if len(found) > 1 or re.search(r"\d", other) or _DOUBT.search(before) or re.match(r"\W*(?:or|to|or so\?)\b", behind):
            return None
        return _grammar(found[0][0].replace(" of ", " "), today, birth, day_first, example)
    return None


def _last_season(words: str, today: dt.date) -> Optional[str]:
    """The year of "last spring": of the last one that has begun, and is over."""
    found = _LAST_SEASON.search(words)
    if not found:
        return None
    begins = _SEASONS[found["season"]]
    begun = today.month >= (begins + 3 if found[0].startswith("last") else begins)
    return str(today.year - (not begun))


# -- what is left -------------------------------------------------------------------------------------------------------

_NUMBER_WORDS = {"a couple of": "2", "a couple": "2", "a few": None, "several": None}
_PERIOD = {"year": 4, "month": 7, "week": 7, "day": 10}


def _by_library(words: str, today: dt.date) -> Optional[str]:
    """Relative dates and Spanish months. A text needs a full year or a word such as "ago" to get here at all."""
    if len(words) > 60 or not (re.search(r"\b\d{4}\b", words) or _RELATIVE.search(words)):
        return None
    words = re.sub(r"\byrs?\b", "years", words)
    for phrase, number in _NUMBER_WORDS.items():
        if phrase in words:
            if number is None:
                return None
            words = words.replace(phrase, number)
    parser = _parser(today)
    try:
        data = parser.get_date_data(words)
    except (ValueError, OverflowError, TypeError, AttributeError, KeyError, IndexError):
        return None  # dateparser lets some odd texts through to code that does not expect them
    if data is None or data.date_obj is None or data.period not in _PERIOD:
        return None
    if re.search(r"\d", words) and not _RELATIVE.search(words) and str(data.date_obj.year) not in words:
        return None
    return data.date_obj.date().isoformat()[: _PERIOD[data.period]]


@functools.lru_cache(maxsize=4)
def _parser(today: dt.date) -> Any:
    from dateparser.date import DateDataParser  # slow to import, and rarely needed

    return DateDataParser(
        languages=["en", "es"],
        settings={
            "DATE_ORDER": "MDY",
            "PREFER_DATES_FROM": "past",
            "RELATIVE_BASE": dt.datetime.combine(today, dt.time(12)),
            "TIMEZONE": "UTC",
            "RETURN_AS_TIMEZONE_AWARE": False,
            "NORMALIZE": True,
        },
    )


# -- times --------------------------------------------------------------------------------------------------------------

_TIME = re.compile(
    r"^(?:at |around |about )?(?P<h>\d{1,2})(?:[:.h](?P<m>\d{2})(?:[:.](?P<s>\d{2})(?:\.\d+)?)?)?\s*"
    r"(?P<half>a\.?m\.?|p\.?m\.?|in the morning|in the afternoon|in the evening|at night|o'?clock)?$"
)


# "1430", "0830 hours", "830 pm"
_TOGETHER = re.compile(r"^(\d{1,2})(\d{2})(?: ?(?:hours|hrs|h))?(?= ?(?:[ap]\.?m\.?)?$)")
_PAST = {"half": "30", "quarter": "15"}
_HALF_PAST = re.compile(r"\b(?:a )?(?P<part>half|quarter) (?:past|after) (?P<h>\d{1,2})\b(?! ?[:.]\d)")


def parse_time(text: str) -> str:
    """Read a time of day as ``HH:MM:SS``. Raises AnswerError (not-a-time, ambiguous)."""
    words = re.sub(r"\s+", " ", text).strip().lower().rstrip(".,")
    if words in ("noon", "midday", "12 noon"):
        return "12:00:00"
    if words in ("midnight", "12 midnight"):
        return "00:00:00"
    words = _TOGETHER.sub(r"\1:\2", words)
    words = _HALF_PAST.sub(lambda past: f"{past['h']}:{_PAST[past['part']]}", words)
    match = _TIME.match(words if not re.search(r"\b[ap]\.m$", words) else words + ".")
    refusal = AnswerError("not-a-time", "I couldn't read that as a time. For example: 3:30 pm.")
    if not match:
        raise refusal
    hour, minute, second = int(match["h"]), int(match["m"] or 0), int(match["s"] or 0)
    half = (match["half"] or "").replace(".", "")
    if half and half not in ("o'clock", "oclock"):
        if not 1 <= hour <= 12 and not (hour == 0 and match["m"]):
            raise refusal
        late = half != "am" and half != "in the morning" and not (half == "at night" and (hour == 12 or hour < 5))
        hour = hour % 12 + (12 if late else 0)
    elif half or not match["m"] or (1 <= hour <= 11 and len(match["h"]) == 1):
        raise AnswerError("ambiguous", "Is that in the morning or the afternoon? For example: 3:30 pm.")
    if hour > 23 or minute > 59 or second > 59:
        raise refusal
    return f"{hour:02d}:{minute:02d}:{second:02d}"


_ISO_MOMENT = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?$", re.I)
_DATE_AND_TIME = (
    re.compile(r"^(.+?)(?:,? at |, | )(\d{1,2}(?:[:.]\d{2}){1,2}(?:\s*[ap]\.?m\.?)?)$", re.I),
    re.compile(r"^(.+?)(?:,? at |, | )(\d{1,2}\s*[ap]\.?m\.?|noon|midnight)$", re.I),
)


def parse_moment(text: str, today: dt.date, timezone: dt.tzinfo, *, day_first: bool = False) -> str:
    """Read a dateTime: a date (which may be partial), or a date and a time in ``timezone`` unless an offset is typed."""
    words = re.sub(r"\s+", " ", text).strip()
    if _ISO_MOMENT.match(words):
        plain = re.sub(r"\.\d+", "", words.upper().replace(" ", "T")).replace("Z", "+00:00")
        try:
            moment = dt.datetime.fromisoformat(plain)
        except ValueError:
            raise AnswerError("impossible-date", f"I couldn't find that day. For example: {_EXAMPLE}, 3:30 pm.") from None
        return _iso(moment if moment.tzinfo else moment.replace(tzinfo=timezone))
    for form in _DATE_AND_TIME:
        match = form.match(words)
        if match:
            day = parse_date(match[1], today, day_first=day_first)
            clock = dt.time.fromisoformat(parse_time(match[2]))
            if len(day) < 10:
                raise AnswerError("incomplete-date", f"I need the whole date. For example: {_EXAMPLE}, 3:30 pm.")
            return _iso(dt.datetime.combine(dt.date.fromisoformat(day), clock, timezone))
    return parse_date(words, today, day_first=day_first)


def _iso(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds")


# -- comparing ----------------------------------------------------------------------------------------------------------


def comparable(one: Any, other: Any) -> Optional[Tuple[Any, Any]]:
    """Two ISO dates, moments or times as a pair that can be compared; None where their precision leaves it open."""
    if not isinstance(one, str) or not isinstance(other, str):
        return None
    if "T" in one and "T" in other:
        try:
            pair = tuple(dt.datetime.fromisoformat(re.sub(r"\.\d+", "", v).replace("Z", "+00:00")) for v in (one, other))
        except ValueError:
            return None
        return pair if (pair[0].tzinfo is None) == (pair[1].tzinfo is None) else None  # type: ignore[return-value]
    if ":" in one and ":" in other:
        return one[:8].ljust(8, "0") if len(one) > 5 else one + ":00", other[:8] if len(other) > 5 else other + ":00"
    one, other = one.split("T")[0], other.split("T")[0]
    shared = min(len(one), len(other))
    if len(one) != len(other) and one[:shared] == other[:shared]:
        return None
    return one[:shared], other[:shared]


def age(born: Any, today: dt.date) -> Optional[int]:
    """Whole years between a full ISO date and today; None for anything else."""
    if not isinstance(born, str) or len(born) != 10:
        return None
    try:
        date = dt.date.fromisoformat(born)
    except ValueError:
        return None
    return today.year - date.year - ((today.month, today.day) < (date.month, date.day))
