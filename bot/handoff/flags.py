"""Flags: what staff should look at first, with the person's own words. The rules stand in flags.yml (`rules`).

The bot decides nothing. "Not sure" and "prefer not to say" are never read as "no".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from bot.handoff.pressure import BloodPressure, blood_pressures
from bot.handoff.rules import LEVELS, Condition, Key, Named, Rule, Rules, load
from bot.handoff.substances import ALLERGIES, MEDICINES, Substance, denies_allergies, substances
from bot.handoff.told import Told, by_name, told_conditions
from bot.intake import Score
from bot.intake.dates import SHORT_MONTHS

_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "couple": 2, "three": 3, "few": 3, "several": 3, "four": 4, "five": 5, "six": 6,
            "seven": 7, "eight": 8, "ten": 10, "twelve": 12}  # fmt: skip
_AGO = re.compile(rf"\b(\d+|{'|'.join(_NUMBERS)})\s+(?:of\s+)?(days?|w(?:ee)?ks?|months?|mos?)\b", re.IGNORECASE)
_LATELY = re.compile(
    r"^\W*(?:now|still|it(?:['’]?s| is) still|ongoing)\b|\b(?:today|yesterday|tonight|recent\w*|lately|just (?:now|got|had)|half a year ago|"
    r"(?:last|this|past) (?:week|month)|this (?:year|spring|summer|fall|autumn|winter)|last (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
_YEARS_AGO = re.compile(r"\b(?:years?|yrs?|decades?)\b|\b(?:19|20)\d\d\b|['’]\d\ds?\b", re.IGNORECASE)
_SLASHED = re.compile(r"(?<![/\d])(1[0-2]|0?[1-9])/(?:[0-3]?\d/)?(?:20)?([0-3]\d)(?![/\d])")  # 9/12/26, 9/2026
_MONTH = re.compile(
    r"\b(?:last|this|in|since|early|late|mid|of|around|about)[\s-]+(may|mar)\b|\b(jan|feb|mar(?=ch\b)|apr|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\b",
    re.IGNORECASE,
)
UNCLEAR = "unclear"  # said to a question that was skipped
NO_ALLERGIES = "no known allergies"
_DAYS = {"d": 1, "w": 7, "m": 31}


def flags(
    answers: Mapping[Key, Any], scores: Iterable[Score] = (), *, today: date, rules: Rules | None = None
) -> list[dict[str, Any]]:
    """The flags of a run, the most serious first.

    Args:
        answers: (questionnaire, link id) -> anything with ``status``, ``values`` and ``text``: only those that count.
            The status is answered, skipped, or open where there is no answer yet.
        scores: of the scored instruments.
        today: the day on which it was sent.

    Returns:
        ``{"level", "code", "reason", "words"}`` each; amber that comes first says so at the start of its reason.
    """
    rules = rules or load()
    bands = {score.instrument: score for score in scores}
    raised: list[tuple[Rule, str]] = []
    topics: set[str] = set()
    for rule in rules.answers:
        if rule.topic not in topics and all(_holds(c, answers, bands, today) for c in rule.conditions):
            topics.add(rule.topic)
            raised.append((rule, _words(rule, answers, bands)))
    raised += _pressure_flags(rules, answers)
    raised += _substance_flags(rules, answers)
    raised += _told_flags(rules, answers, {rule.topic for rule, _ in raised if rule.level != "info"}, today)
    return in_order(flag(rule.level, rule.code, rule.reason, words, high=rule.high) for rule, words in raised)


def in_order(raised: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Flags, the most serious first."""
    return sorted(raised, key=lambda found: (LEVELS.index(found["level"]), not is_high(found)))


def flag(level: str, code: str, reason: str, words: str, *, high: bool = False) -> dict[str, Any]:
    """One flag in the contract's shape."""
    return {"level": level, "code": code, "reason": f"High priority: {reason}" if high else reason, "words": words}


def is_high(raised: Mapping[str, Any]) -> bool:
    """Whether a flag is an amber one that comes first."""
    return raised["level"] == "amber" and raised["reason"].startswith("High priority:")


def takeover_category(questionnaire: str, link_id: str, values: Sequence[Any]) -> str | None:
    """The crisis category when this answer is a red one that stops the history, such as thoughts of suicide now."""
    given = {_code(value) for value in values}
    for rule in load().answers:
        for condition in rule.conditions:
            if rule.takeover and condition.question == (questionnaire, link_id) and condition.any & given:
                return rule.takeover
    return None


def medications(answers: Mapping[Key, Any], rules: Rules | None = None) -> list[dict[str, str]]:
    """The medicines that the person named: ``{"name", "words", "status"}`` each.

    A question about one that is known otherwise adds nothing: "trazodone to sleep. Does the trazodone matter?"
    """
    found = [_listed(one) for one in _named(rules or load(), answers)[0]]
    known = {medicine["name"] for medicine in found if medicine["status"] != "unsure"}
    return [medicine for medicine in found if medicine["status"] != "unsure" or medicine["name"] not in known]


def allergies(answers: Mapping[Key, Any], rules: Rules | None = None) -> list[dict[str, str]]:
    """The allergies that the person named, or that they know of none."""
    rules = rules or load()
    found = [_listed(one) for one in _named(rules, answers)[1]]
    denials = [said(answers[key]) for key in rules.allergy_questions if key in answers and not found]
    return found or [{"name": NO_ALLERGIES, "words": words, "status": "negated"} for words in denials if denies_allergies(words)]


def conditions(answers: Mapping[Key, Any], rules: Rules | None = None) -> list[dict[str, str]]:
    """The conditions that the person said yes or "not sure" to, and those that they told of in words."""
    rules = rules or load()
    found = []
    for named in rules.conditions:
        for status in filter(None, (named.statuses.get(code) for code in _codes(answers.get(named.question)))):
            words = _told(named.question, named.words, answers)
            found.append({"name": named.name, "words": words, "status": status})
    for name, told in by_name(_told_in_words(rules, answers)).items():
        found.append({"name": name, "words": _quoted(told), "status": told[0].status})
    return found


def said(answer: Any) -> str:
    """An answer in the person's words; where a choice was tapped, its label."""
    return answer.text or ", ".join(_label(value) for value in answer.values)


def _pressure_flags(rules: Rules, answers: Mapping[Key, Any]) -> list[tuple[Rule, str]]:
    """One flag for all readings, of the most serious level that one of them reaches."""
    told = blood_pressures({key: said(answer) for key, answer in answers.items()}, rules)
    for rule in rules.pressures:
        high = [one for one in told if one.reaches(*rule.pressure)]
        if high:
            return [(rule, _quoted(high))]
    return []


def _substance_flags(rules: Rules, answers: Mapping[Key, Any]) -> list[tuple[Rule, str]]:
    medicines, allergic = _named(rules, answers)
    raised = []
    for rule in rules.medicines:
        named = _of_class(rules, rule, medicines)
        if named:
            raised.append((_softened(rule) if all(one.status == "past" for one in named) else rule, _quoted(named)))
    for rule in rules.allergies:
        named = _of_class(rules, rule, allergic)
        if named:
            raised.append((rule, _quoted(named)))
    return raised


def _told_flags(
    rules: Rules, answers: Mapping[Key, Any], topics: Collection[str], today: date
) -> list[tuple[Rule, str]]:
    told = _told_in_words(rules, answers)
    raised: dict[str, tuple[Rule, str]] = {}
    for rule in rules.told:
        met = [one for one in told if one.meets(rule) and (not rule.recent or _is_recent(one.words, rule.recent, today))]
        if met and rule.topic not in topics:
            raised.setdefault(rule.topic, (rule, _quoted(met)))
    return list(raised.values())


def _told_in_words(rules: Rules, answers: Mapping[Key, Any]) -> list[Told]:
    """What is told of conditions, but for what the asked questions say of them."""
    covered = {name for named in rules.conditions if _answers_for(named, answers) for name in named.covers}
    texts = {key: answer.text for key, answer in answers.items() if answer.text}
    return [one for one in told_conditions(texts, rules) if one.name not in covered]


def _answers_for(named: Named, answers: Mapping[Key, Any]) -> bool:
    codes = set(_codes(answers.get(named.question)))
    said_yes = any(named.statuses.get(code) == "present" for code in codes)
    return said_yes or named.settles and bool(codes - {"declined", "skipped", "open", UNCLEAR})


def _of_class(rules: Rules, rule: Rule, named: Iterable[Substance]) -> list[Substance]:
    return [
        one
        for one in named
        if one.known and rules.classes.get(one.name) in rule.classes and one.status not in ("negated", "family")
    ]


def _softened(rule: Rule) -> Rule:
    return Rule(f"{rule.code}-past", "info", f"In the past, as they say: {rule.reason[0].lower()}{rule.reason[1:]}")


def _named(rules: Rules, answers: Mapping[Key, Any]) -> tuple[list[Substance], list[Substance]]:
    """The medicines and the allergens. "Lexapro, and I'm allergic to codeine" names one of each."""
    found = [
        substance
        for asked, keys in ((MEDICINES, rules.medicine_questions), (ALLERGIES, rules.allergy_questions))
        for key in keys
        if key in answers
        for substance in substances(said(answers[key]), asked, rules.reader, rules.remarks)
    ]
    return [one for one in found if not one.allergen], [one for one in found if one.allergen]


def _listed(named: Substance) -> dict[str, str]:
    return {"name": named.name, "words": named.words, "status": named.status}


def _quoted(named: Iterable[Substance | BloodPressure | Told]) -> str:
    return "; ".join(dict.fromkeys(one.words for one in named))


def _holds(condition: Condition, answers: Mapping[Key, Any], scores: Mapping[str, Score], today: date) -> bool:
    if condition.score is not None:
        return condition.score in scores and scores[condition.score].band in condition.band
    answer = answers.get(condition.question)
    codes = set(_codes(answer))
    if condition.recent is not None:
        return answer is not None and any(_is_recent(str(v), condition.recent, today) for v in answer.values)
    if condition.none:
        return bool(codes - {"skipped", "open", UNCLEAR}) and not codes & condition.none
    return bool(codes & condition.any)


def _words(rule: Rule, answers: Mapping[Key, Any], scores: Mapping[str, Score]) -> str:
    condition = rule.conditions[0]
    if condition.score in scores:
        found = scores[condition.score]
        return f"{found.score} of {found.max}"
    return _told(condition.question, rule.words, answers)


def _told(question: Key, details: Iterable[Key], answers: Mapping[Key, Any]) -> str:
    """What they said to the answer and beyond it; the answer itself where they said no more."""
    first = answers.get(question)
    own = first.text if first is not None and len((first.text or "").split()) > 1 else ""
    words = [said(answers[key]) for key in details if key in answers]
    beyond = [one for one in words if one and one not in own]  # "two months ago" was taken out of the answer itself
    return "; ".join(filter(None, [own, *beyond])) or (said(first) if first is not None else "")


def _codes(answer: Any) -> list[str]:
    if answer is None:
        return []
    if answer.status == "answered":
        return [_code(value) for value in answer.values]
    return [answer.status, UNCLEAR] if answer.text else [answer.status]


def _code(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.get("code") if isinstance(value, Mapping) else value)


def _label(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str((value.get("display") or value.get("code")) if isinstance(value, Mapping) else value)


def _is_recent(text: str, months: int, today: date) -> bool:
    """Whether a time is, or may be, within the last months: a year alone may mean its last day."""
    earliest = today - timedelta(days=months * 31)
    text = _SLASHED.sub(lambda found: f"20{found[2]}-{int(found[1]):02}", text)
    dated = [(int(y), int(m or 12), int(d or 28)) for y, m, d in re.findall(r"\b((?:19|20)\d\d)(?:-(\d\d))?(?:-(\d\d))?\b", text)]
    if dated:
        return max(dated) >= (earliest.year, earliest.month, earliest.day)
    ago = _AGO.search(text)
    if ago:
        number = _NUMBERS.get(ago[1].lower()) or int(ago[1])
        return number * _DAYS[ago[2][0].lower()] <= months * 31
    month = None if _YEARS_AGO.search(text) else _MONTH.search(text)
    if month:  # the latest such month
        return (today.month - SHORT_MONTHS[(month[1] or month[2]).lower()]) % 12 <= months
    return bool(_LATELY.search(text))
