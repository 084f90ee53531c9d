"""Write answers as a FHIR R4 QuestionnaireResponse (https://hl7.org/fhir/R4/questionnaireresponse.html)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from bot.intake.questionnaire import Item, Questionnaire

_ELEMENT = {
    "boolean": "valueBoolean",
    "decimal": "valueDecimal",
    "integer": "valueInteger",
    "date": "valueDate",
    "dateTime": "valueDateTime",
    "time": "valueTime",
    "string": "valueString",
    "text": "valueString",
    "url": "valueUri",
    "quantity": "valueQuantity",
    "attachment": "valueAttachment",
    "reference": "valueReference",
}
STATUSES = frozenset({"in-progress", "completed", "amended", "entered-in-error", "stopped"})


def build(
    questionnaire: Questionnaire,
    enabled: Mapping[str, bool],
    values: Callable[[Item], Sequence[Any]],
    status: str,
    authored: dt.datetime | str | None,
) -> Dict[str, Any]:
    """One response. ``enabled`` tells by link id, ``values`` gives what an item holds."""
    if status not in STATUSES:
        raise ValueError(f"{status!r} is not a status of a QuestionnaireResponse")
    if isinstance(authored, dt.datetime):
        if authored.tzinfo is None:
            raise ValueError("authored needs a time zone")
        authored = authored.isoformat(timespec="seconds")
    response: Dict[str, Any] = {"resourceType": "QuestionnaireResponse"}
    if questionnaire.canonical:
        response["questionnaire"] = questionnaire.canonical
    response["status"] = status
    if authored:
        response["authored"] = authored
    items = _items(questionnaire.items, enabled, values)
    if items:
        response["item"] = items
    return response


def _items(items: Sequence[Item], enabled: Mapping[str, bool], values: Callable[[Item], Sequence[Any]]) -> List[Dict[str, Any]]:
    built = (_item(item, enabled, values) for item in items)
    return [entry for entry in built if entry]


def _item(item: Item, enabled: Mapping[str, bool], values: Callable[[Item], Sequence[Any]]) -> Optional[Dict[str, Any]]:
    if not enabled[item.link_id] or item.type == "display":
        return None
    entry: Dict[str, Any] = {"linkId": item.link_id}
    if item.definition:
        entry["definition"] = item.definition
    if item.text:
        entry["text"] = item.text
    below = _items(item.items, enabled, values)
    if item.type == "group":
        return {**entry, "item": below} if below else None
    answers = [value_element(item, value) for value in values(item)]
    if not answers:
        return None
    if below:
        answers[0]["item"] = below  # questions below a repeating question are asked once, so they go with the first
    return {**entry, "answer": answers}


def value_element(item: Item, value: Any) -> Dict[str, Any]:
    """One answer as ``{"valueX": ...}``."""
    if item.type in ("choice", "open-choice"):
        return _choice(item, value)
    return {_ELEMENT[item.type]: value}


def _choice(item: Item, value: Any) -> Dict[str, Any]:
    if isinstance(value, Mapping):
        if "reference" in value:
            return {"valueReference": {k: v for k, v in value.items() if v is not None}}
        return {"valueCoding": {k: value[k] for k in ("system", "code", "display") if value.get(k) is not None}}
    option = next((o for o in item.options if o.value == value and type(o.value) is type(value)), None)
    kind = option.kind if option else (item.initial_kind if value in item.initial else "")
    return {f"value{kind or 'String'}": value}
