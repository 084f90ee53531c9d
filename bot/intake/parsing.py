"""Read what a person typed as the answer to a question.

Generous in what it takes, strict in what it keeps: where a text could mean two things, nothing is stored and the person
is asked. Whatever was typed stays in ``Answer.text``.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

import regex

from bot.intake import choices, companions, polarity, timing
from bot.intake.answers import ANSWERED, Answer, AnswerError
from bot.intake.contact import (
    check_name,
    check_told,
    parse_email,
    parse_name,
    parse_phone,
    parse_phone_or_email,
    parse_place,
    parse_preferred_name,
    show_phone,
)
from bot.intake.dates import OLDEST_YEARS, comparable, parse_date, parse_moment, parse_time
from bot.intake.numbers import read_number
from bot.intake.polarity import DECLINED, NO, UNSURE, YES
from bot.intake.questionnaire import Item

LONGEST = 20_000  # characters of one answer, whatever the item allows
_PERMISSION = re.compile(r"\b(?:agree|understand|okay|ok|all right|(?:may|can) (?:we|i|the \w+)|consent|permission|accept)\b", re.I)
_WITH_A_CONDITION = re.compile(r"\b(?:but|only|if|unless|except|as long as)\b", re.I)
_BRIEFLY = re.compile(r"\b(?:but|only if|as long as) (?:please |just |you |it |they )*(?:(?:keep|make) (?:it|them) (?:short|brief|quick|vague|simple)|(?:are|is|be) (?:short|brief|quick|discreet|vague))\b", re.I)
_CONTACT = re.compile(r"\b(?:contact|message)")
_HALF_A_YES = re.compile(r"\W*(?:yes|yeah|yea|yep|yup|sure|ok)\b[\s,.]*(?:well,? )?(?:i (?:think|guess|suppose|believe|hope)|mostly|usually|kind ?of|kinda|sort of|more or less|for the most part|depends)\b", re.I)
# How often it is so: a plain yes, and no plain no. "Sometimes" and "often" are asked again, because nothing is inferred for a screener.
_ALWAYS = re.compile(
    r"(?:almost |nearly |pretty much |just about )?(?:always|constantly|continuously|daily|nightly|24/7|non-?stop|all (?:the time|day|night)(?: long)?"
    r"|(?:(?:every|each)(?: single)? (?:day|night)(?:,? and )?)+)"
)
_SELDOM = re.compile(r"(?:hardly(?: ever)?|rarely|seldom|not (?:often|much|a lot))")
_WAYS = re.compile(r"\b(?:text|txt|call|phone|ring|mail|e-mail|leave|voice|message)")
_RATHER_NOT = re.compile(r"\b(?:rather|prefer) not\b(?! (?:to )?(?:say|answer|tell|share|disclose))")
_INTEGER_LIMIT = 2**31 - 1  # a FHIR integer has 32 bits
_REGEX_SECONDS = 0.05
_SHORT_YEAR = re.compile(r"0\d|(?:(?:back )?in|around|about) \d\d")  # "08"; "12" alone may be an age
_LONGEST_VALUE = 300  # characters in which somebody says one date, time or number


def parse_answer(item: Item, text: str, *, today: dt.date, timezone: dt.tzinfo = dt.timezone.utc) -> Answer:
    """Read a text as the whole answer to an item.

    Args:
        item: a question.
        text: as typed.
        today: what "today" is.
        timezone: of times typed without one.

    Raises:
        AnswerError: it does not fit, or it is not clear what is meant.
    """
    values = read_values(item, text, today=today, timezone=timezone)
    check_count(item, values)
    return Answer(ANSWERED, values, clean(text))


NAMES = ("name", "preferred-name")  # answer formats


def doubt(item: Item, text: str) -> None:
    """Raise AnswerError where a text can be stored, but is hardly meant as the answer; typed once more, it is taken."""
    if item.answer_format in NAMES:
        check_name(clean(text), sentences=item.required)
    elif item.answer_format in ("place", "pronouns"):
        check_told(clean(text))
    elif item.type == "text" and re.match(r"(?:do|are|have) you\b", item.text, re.I) and len(text.split()) == 1 and polarity.begins_with_yes(text):
        raise AnswerError("unclear", "Could you tell me a little more? A few words are enough.")  # "yes" to "do you have any allergies"


def is_shrug(item: Item, text: str) -> bool:
    """Whether a text leaves an item open that has no answer for that: "idk" to a date, "rather not" to a phone number."""
    if item.type in ("choice", "open-choice"):
        sayable = item.type == "choice" and not any(map(choices.meaning_of, item.options)) and not _names_an_option(item, text)
    else:
        sayable = bool(item.answer_format) or item.type not in ("boolean", *_WORDY)
    none = polarity.is_bare_no(text) and item.type not in ("integer", "decimal", "quantity") and not item.required
    return sayable and (polarity.is_shrug(text) or none)


def _names_an_option(item: Item, text: str) -> bool:
    try:
        choices.match(item.options, text)
    except AnswerError:
        return False
    return True


def has_yes_and_no(item: Item) -> bool:
    """Whether the item is answered by a yes or a no, to which words may be added."""
    return item.type == "boolean" or {choices.meaning_of(option) for option in item.options} >= {YES, NO}


def read_values(item: Item, text: str, *, today: dt.date, timezone: dt.tzinfo = dt.timezone.utc) -> List[Any]:
    """Like ``parse_answer``, but only the values, however many they are: more may follow in another text."""
    if not item.is_question:
        raise AnswerError("not-a-question", "That isn't a question that can be answered.")
    typed = clean(text)
    if not typed:
        raise AnswerError("empty", "I didn't get an answer there. You can also skip this question.")
    if len(typed) > LONGEST:
        raise AnswerError("too-long", _too_long(LONGEST))
    if item.repeats:
        return _several(item, typed, today, timezone)
    return [_one(item, typed, today, timezone)]


def clean(text: str) -> str:
    """The text without what cannot be stored or shown: control characters, lone surrogates, outer space."""
    kept = (c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def check_count(item: Item, values: List[Any]) -> None:
    """Raise AnswerError where there are too few or too many answers, or where one excludes the others."""
    if len(values) > 1:
        if not item.repeats:
            raise AnswerError("one-answer", "This question takes one answer. Which one fits best?")
        alone = next((o for o in item.options if o.exclusive and o.value in values), None)
        if alone:
            raise AnswerError("exclusive", f"{alone.display} can't go together with another answer. Which one is right?")
    if item.max_occurs and len(values) > item.max_occurs:
        raise AnswerError("too-many", f"Please give {item.max_occurs} answers at most.")
    if len(values) < item.min_occurs:
        raise AnswerError("too-few", f"Please give at least {item.min_occurs} answers, separated by commas.")


def _several(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> List[Any]:
    if item.type in ("choice", "open-choice") and item.options:
        try:
            return [o.value for o in choices.match_several(item.options, typed, open_choice=item.type == "open-choice")]
        except AnswerError:
            if item.type == "choice":
                raise
    if item.type in ("string", "text", "open-choice", "url"):
        parts = typed.split("\n")
    elif item.type in ("date", "dateTime"):
        parts = re.split(r"[;\n]|\band\b", typed)
    elif item.type == "integer":
        parts = re.split(r"[;\n]|,\s+|,(?!\d{3}\b)|\band\b", typed)
    elif item.type == "boolean":
        parts = re.split(r"[;,\n]", typed)
    else:
        parts = re.split(r"[;\n]|,\s+|\band\b", typed)
    return [_one(item, part.strip(), today, timezone) for part in parts if part.strip()]


def _one(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> Any:
    if len(typed) > _LONGEST_VALUE and item.type not in _WORDY:
        raise AnswerError("too-long", _too_long(_LONGEST_VALUE))
    value = _READERS[item.type](item, typed, today, timezone)
    if isinstance(value, str) and item.type in ("string", "text", "url", "open-choice"):
        _check_text(item, value)
    else:
        _check_range(item, value)
    return value


# -- one reader a type --------------------------------------------------------------------------------------------------


def _boolean(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> bool:
    words = polarity.normalise(typed)
    if words in ("1", "2", "0"):
        return words == "1"
    reading = polarity.read(typed)
    permission = bool(_PERMISSION.search(item.text))
    if reading is None and permission:
        reading = _permission(item, words)
    if not permission and _ALWAYS.fullmatch(words):
        reading = polarity.Reading(YES)
    if reading and reading.agreement and not permission or _SELDOM.fullmatch(words):
        reading = None
    if reading and reading.lean and reading.meaning == YES:
        reading = None  # "I think so" is too little for a plain yes
    if reading and reading.meaning == YES and permission and _WITH_A_CONDITION.search(_BRIEFLY.sub("", typed)):
        raise AnswerError("unclear", "I can only note a plain yes or no here. Which one is it?")
    if reading and reading.meaning in (YES, NO):
        return reading.meaning == YES
    if reading and reading.meaning == DECLINED and permission and not item.required and _RATHER_NOT.search(words):
        return False
    if reading and reading.meaning == UNSURE:
        skip = "" if item.required else " If you're not sure, you can skip it."
        raise AnswerError("unsure", f"This question needs a yes or a no.{skip}")
    if reading and reading.meaning == DECLINED and not item.required:
        raise AnswerError("unclear", "That's fine. You can skip this question.")
    raise AnswerError("unclear", "Is that a yes or a no? You can add details after it.")


def _permission(item: Item, words: str) -> Optional[polarity.Reading]:
    """What is allowed or forbidden, where it is what was asked about: "call me" allows no text message."""
    permitted = polarity.permits(words)
    asked = item.text.lower()
    if permitted is None or "contact" not in asked and any(way not in asked for way in _WAYS.findall(words)):
        return None
    return polarity.Reading(YES if permitted else NO)


def _choice(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> Any:
    if item.type == "open-choice":
        if not item.options:
            return typed
        try:
            return choices.match(item.options, typed, open_choice=True).value
        except AnswerError:
            return typed
    reading = polarity.read(typed)
    if has_yes_and_no(item) and _CONTACT.search(item.text) and reading and reading.meaning == YES and (reading.lean or _HALF_A_YES.match(typed)):
        raise AnswerError("unclear", "I want to be sure about this one. Is it Yes, No or Not sure?")  # "I think so"
    try:
        if item.time_frame and has_yes_and_no(item):
            return _timed(item, typed, today)
        if item.told_by and has_yes_and_no(item) and companions.told(typed):
            return next(option.value for option in item.options if choices.meaning_of(option) == YES)
        return choices.match(item.options, typed).value
    except AnswerError as error:
        if item.asked_again:
            raise AnswerError(error.reason, item.asked_again) from None
        if has_yes_and_no(item) and _CONTACT.search(item.text) and polarity.permits(typed) is False:
            return next(option.value for option in item.options if choices.meaning_of(option) == NO)
        if has_yes_and_no(item) and error.reason == "not-an-option" and len(typed.split()) > 2:
            labels = choices.listed([o.display for o in item.options], "or")
            raise AnswerError("unclear", f"I'm not sure how to take that. Is it {labels}? You can add details.") from None
        raise


def _timed(item: Item, typed: str, today: dt.date) -> Any:
    """A yes or no to a question about a time; what is not plain, or about another time, is no answer to it."""
    by_meaning = {choices.meaning_of(option): option for option in item.options}
    told = timing.told(typed, item.time_frame, today)
    if told is None and timing.denied(typed, item.time_frame):
        return by_meaning[NO].value
    try:
        option = choices.match(item.options, typed)
    except AnswerError:
        if told:
            return by_meaning[YES].value
        raise
    if item.time_frame == "ever" and typed.isdigit():
        raise AnswerError("unclear", "Is that a yes or a no?")  # "3" may be the third answer, or three times
    reading = polarity.read(typed)
    half = reading is None or reading.lean or timing.denies_less(typed)
    says_no, says_yes = option is by_meaning[NO], option is by_meaning[YES]
    if says_no and (told is not None or item.asked_again and half) or says_yes and told is False and not polarity.begins_with_yes(typed):
        raise AnswerError("unclear", "Is that a yes or a no?")
    return option.value


def _integer(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> int:
    number = _number(item, typed)
    if number != number.to_integral_value():
        raise AnswerError("not-whole", "I need a whole number here. For example: 12.")
    if abs(number) > _INTEGER_LIMIT:
        raise AnswerError("above-max", "That number is too large. Could you check it?")
    return int(number)


def _decimal(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> float:
    number = _number(item, typed)
    _check_decimals(item, number)
    return float(number)


def _check_decimals(item: Item, number: Decimal) -> None:
    if item.max_decimals is not None and number != round(number, item.max_decimals):
        digits = "1 digit" if item.max_decimals == 1 else f"{item.max_decimals} digits"
        kind = "a whole number" if item.max_decimals == 0 else f"at most {digits} after the point"
        raise AnswerError("too-precise", f"Please give {kind}.")


def _number(item: Item, typed: str) -> Decimal:
    number, behind = read_number(typed)
    if number is None or re.search(r"\d\s*['\"′″]", typed):
        example = item.example or ("12" if item.type == "integer" else "5.5")
        raise AnswerError("not-a-number", f"I couldn't read that as one number. For example: {example}.")
    if item.unit and _other_unit(behind, item.unit):
        name = item.unit.get("display") or item.unit.get("code")
        raise AnswerError("wrong-unit", f"Please give this in {name}.")
    return number


def _quantity(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> Dict[str, Any]:
    number, behind = read_number(typed)
    if number is None:
        raise AnswerError("not-a-number", f"I couldn't read that as one number. For example: {item.example or '5.5'}.")
    _check_decimals(item, number)
    unit = next((u for u in item.units if _names_unit(behind, u)), None)
    if unit is None and item.units:
        if behind or len(item.units) > 1:
            names = choices.listed([u.get("display") or u.get("code") for u in item.units], "or")
            raise AnswerError("wrong-unit", f"Please add the unit: {names}.")
        unit = item.units[0]
    if unit is None and item.unit:
        if _other_unit(behind, item.unit):
            raise AnswerError("wrong-unit", f"Please give this in {item.unit.get('display') or item.unit.get('code')}.")
        unit = item.unit
    value = int(number) if number == number.to_integral_value() else float(number)
    if unit is None:
        return {"value": value, "unit": behind} if behind else {"value": value}
    pairs = {"value": value, "unit": unit.get("display") or unit.get("code"), "system": unit.get("system"), "code": unit.get("code")}
    return {k: v for k, v in pairs.items() if v is not None}


_UNITS: Tuple[frozenset, ...] = tuple(
    frozenset(names.split("|"))
    for names in (
        "kg|kgs|kilo|kilos|kilogram|kilograms",
        "lb|lbs|pound|pounds|[lb_av]",
        "g|gram|grams",
        "mg|milligram|milligrams",
        "cm|centimeter|centimeters|centimetre",
        "m|meter|meters|metre",
        "in|inch|inches|[in_i]",
        "ft|foot|feet|[ft_i]",
        "mm[hg]|mmhg|mm hg",
        "c|celsius|cel|°c|degrees celsius",
        "f|fahrenheit|[degf]|°f|degrees fahrenheit",
        "year|years|yr|yrs|y|a|years old|year old",
        "month|months|mo",
        "week|weeks|wk|wks",
        "day|days|d",
        "hour|hours|hr|hrs|h",
        "minute|minutes|min|mins",
        "%|percent",
        "bpm|beats per minute|/min|beats/min",
        "ml|milliliter|milliliters",
        "l|liter|liters",
        "mg/dl",
        "mmol/l",
    )
)


def _kin(name: str) -> frozenset | None:
    return next((group for group in _UNITS if name.lower().strip(" .") in group), None)


def _names_unit(word: str, unit: Any) -> bool:
    names = {str(unit.get(k, "")).lower() for k in ("display", "code", "unit")} - {""}
    return word.lower() in names or any(_kin(word) is not None and _kin(word) is _kin(name) for name in names)


def _other_unit(word: str, unit: Any) -> bool:
    """Whether the word is a unit we know, and not this one."""
    return bool(word) and _kin(word) is not None and not _names_unit(word, unit)


def _date(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> str:
    birth, past = item.answer_format == "birth-date", item.answer_format == "past-date"
    if past and _SHORT_YEAR.fullmatch(typed.lower()):
        typed = f"'{typed[-2:]}"
    found = parse_date(typed, today, birth=birth, day_first=_day_first(item), example=item.example)
    if past and found > today.isoformat()[: len(found)]:
        raise AnswerError("future-date", "That is still to come. Could you check the year?")
    if past and int(found[:4]) < today.year - OLDEST_YEARS:
        raise AnswerError("too-long-ago", f"That is more than {OLDEST_YEARS} years ago. Could you check the year?")
    return found


def _day_first(item: Item) -> bool:
    return bool(item.entry_format) and item.entry_format.strip().lower().startswith(("d", "j"))


def _moment(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> str:
    return parse_moment(typed, today, timezone, day_first=_day_first(item))


def _time(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> str:
    return parse_time(typed)


def _url(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> str:
    refusal = AnswerError("not-a-url", "I couldn't read that as a web address. For example: https://www.example.com.")
    address = typed if re.match(r"^[a-z][a-z0-9+.\-]*:", typed, re.I) else f"https://{typed}"
    try:
        parts = urlsplit(address)
    except ValueError:
        raise refusal from None
    if re.search(r"\s", address) or (parts.scheme in ("http", "https") and "." not in parts.netloc.strip(".")):
        raise refusal
    if not (parts.netloc or parts.path):
        raise refusal
    return address


_FORMATS: Dict[str, Callable[[str], str]] = {
    "phone": parse_phone,
    "email": parse_email,
    "phone-or-email": parse_phone_or_email,
    "name": parse_name,
    "preferred-name": parse_preferred_name,
    "place": parse_place,
}


def _text(item: Item, typed: str, today: dt.date, timezone: dt.tzinfo) -> str:
    reader = _FORMATS.get(item.answer_format or "")
    if reader:
        return reader(typed)
    return typed if item.type == "text" else re.sub(r"\s*\n\s*", " ", typed)


_WORDY = frozenset({"string", "text", "url", "choice", "open-choice", "boolean"})
_READERS: Dict[str, Callable[[Item, str, dt.date, dt.tzinfo], Any]] = {
    "boolean": _boolean,
    "choice": _choice,
    "open-choice": _choice,
    "integer": _integer,
    "decimal": _decimal,
    "quantity": _quantity,
    "date": _date,
    "dateTime": _moment,
    "time": _time,
    "url": _url,
    "string": _text,
    "text": _text,
}


# -- limits -------------------------------------------------------------------------------------------------------------


def _too_long(limit: int) -> str:
    return f"That is longer than this answer can be ({limit} characters). Could you shorten it?"


def _check_text(item: Item, value: str) -> None:
    if item.max_length is not None and len(value) > item.max_length:
        raise AnswerError("too-long", _too_long(item.max_length))
    if item.min_length is not None and len(value) < item.min_length:
        raise AnswerError("too-short", f"That is a bit short. Please write at least {item.min_length} characters.")
    if item.regex and not _fits(item.regex, value):
        hint = (
            f" For example: {item.example}."
            if item.example
            else (f" It should look like this: {item.entry_format}." if item.entry_format else "")
        )
        raise AnswerError("wrong-format", f"That doesn't have the form I need here.{hint}")


def _fits(pattern: str, value: str) -> bool:
    try:
        return regex.fullmatch(pattern, value, timeout=_REGEX_SECONDS) is not None
    except TimeoutError:
        return False


def _check_range(item: Item, value: Any) -> None:
    if item.min_value is None and item.max_value is None or isinstance(value, bool):
        return
    for limit, beyond, reason, phrase in ((item.min_value, -1, "below-min", "at least"), (item.max_value, 1, "above-max", "at most")):
        if limit is not None and _compare(value, limit) == beyond:
            if isinstance(limit, str) and ":" not in limit:
                phrase = "on or after" if beyond < 0 else "on or before"
                raise AnswerError(reason, f"I need a date {phrase} {show_date(limit)}. Could you check it?")
            raise AnswerError(reason, f"I need {phrase} {_shown(limit)} here. Could you check it?")


def _compare(value: Any, limit: Any) -> int:
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(limit, dict):
        limit = limit.get("value")
    if isinstance(value, str) or isinstance(limit, str):
        pair = comparable(value, limit)
        if pair is None:
            return 0
        value, limit = pair
    if value is None or limit is None:
        return 0
    return (value > limit) - (value < limit)


def _shown(limit: Any) -> str:
    if isinstance(limit, dict):
        return f"{_shown(limit.get('value'))} {limit.get('unit') or limit.get('code') or ''}".strip()
    if isinstance(limit, float) and limit == Decimal(str(limit)).quantize(Decimal(1), ROUND_HALF_UP):
        return str(int(limit))
    return str(limit)


# -- saying an answer back ----------------------------------------------------------------------------------------------


def show_date(iso: str) -> str:
    """``March 4, 1987`` for ``1987-03-04``, ``March 1987`` for ``1987-03``."""
    parts = iso.split("T")[0].split("-")
    try:
        months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
        if len(parts) == 1:
            return parts[0]
        month = months[int(parts[1]) - 1]
        return f"{month} {parts[0]}" if len(parts) == 2 else f"{month} {int(parts[2])}, {parts[0]}"
    except (ValueError, IndexError):
        return iso


def show(item: Item, answer: Any) -> str:
    """An answer in words for a review or a summary: ``Yes``, ``March 4, 1987``, ``70 kg``; empty when skipped."""
    return ", ".join(_show_value(item, value) for value in answer.values)


def _show_value(item: Item, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        if "value" in value:
            return f"{_shown(value['value'])} {value.get('unit', '')}".strip()
        return str(value.get("display") or value.get("code") or value.get("reference") or "")
    if item.type == "date":
        return show_date(value)
    if item.answer_format in ("phone", "phone-or-email") and "@" not in str(value):
        return show_phone(value)
    if isinstance(value, (int, float)):
        unit = (item.unit or {}).get("display") or (item.unit or {}).get("code") or ""
        return f"{_shown(value)} {unit}".strip()
    return str(value)
