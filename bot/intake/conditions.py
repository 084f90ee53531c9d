"""Whether one enableWhen condition holds for the answers of the question it looks at.

Values are compared by what they mean: a date only as far as both sides are given (``2019`` against ``2019-05`` is
neither before nor after nor equal), a coded choice by code and, where both have one, system; ``<`` and ``>`` between
choices use the ordinal values of the options (http://hl7.org/fhir/R4/extension-ordinalvalue.html).
"""

from __future__ import annotations

import operator
from typing import Any, Callable, Mapping, Optional, Sequence

from bot.intake.dates import comparable
from bot.intake.questionnaire import Condition, Item

RELATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
OPERATORS = frozenset({"exists", "=", "!=", *RELATIONS})


def holds(condition: Condition, item: Item, values: Sequence[Any]) -> bool:
    """Whether the condition is met by these answers (none, if the question is open, skipped or disabled)."""
    if condition.operator == "exists":
        return bool(values) == condition.value
    if condition.operator == "=":
        return any(_equal(value, condition) for value in values)
    if condition.operator == "!=":
        return not any(_equal(value, condition) for value in values)
    compare = RELATIONS[condition.operator]
    return any(_related(compare, value, condition, item) for value in values)


def _equal(value: Any, condition: Condition) -> bool:
    wanted = condition.value
    if isinstance(wanted, Mapping):
        if not isinstance(value, Mapping):
            return False
        if condition.kind == "Quantity":
            return value.get("value") == wanted.get("value") and _same_unit(value, wanted)
        if condition.kind == "Reference":
            return value.get("reference") == wanted.get("reference")
        code = wanted.get("code") or wanted.get("display")
        systems = {value.get("system"), wanted.get("system")} - {None}
        return (value.get("code") or value.get("display")) == code and len(systems) < 2
    if isinstance(value, Mapping) or isinstance(value, bool) != isinstance(wanted, bool):
        return False
    if condition.kind in ("Date", "DateTime", "Time"):
        pair = comparable(value, wanted)
        return pair is not None and pair[0] == pair[1]
    return value == wanted


def _related(compare: Callable[[Any, Any], bool], value: Any, condition: Condition, item: Item) -> bool:
    wanted = condition.value
    if condition.kind == "Quantity":
        if not isinstance(value, Mapping) or not _same_unit(value, wanted):
            return False
        return "value" in wanted and compare(value["value"], wanted["value"])
    if condition.kind in ("Date", "DateTime", "Time"):
        pair = comparable(value, wanted)
        return pair is not None and compare(*pair)
    if condition.kind == "Coding":
        pair = (_ordinal(item, value), _ordinal(item, wanted))
        return None not in pair and compare(*pair)
    if isinstance(value, (int, float)) and isinstance(wanted, (int, float)):
        return compare(value, wanted)
    return isinstance(value, str) and isinstance(wanted, str) and compare(value, wanted)


def _ordinal(item: Item, coding: Any) -> Optional[float]:
    code = (coding.get("code") or coding.get("display")) if isinstance(coding, Mapping) else None
    return next((o.ordinal for o in item.options if o.value == coding or (code and o.code == code)), None)


def _same_unit(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    for key in ("code", "unit"):
        if one.get(key) and other.get(key):
            return one[key] == other[key]
    return True
