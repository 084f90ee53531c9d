"""Small questionnaires, built in a test where only one thing matters."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from bot.intake import Answer, Player, Questionnaire

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / "data" / "questionnaires"
FIXTURES = Path(__file__).resolve().parent / "data" / "questionnaires"
HL7 = "http://hl7.org/fhir/StructureDefinition/"
TODAY = dt.date(2026, 11, 23)


def form(*items: dict[str, Any], **top: Any) -> dict[str, Any]:
    """The JSON of a questionnaire with these items."""
    return {"resourceType": "Questionnaire", "status": "active", "url": "http://example.org/q", **top, "item": list(items)}


def item(link_id: str, kind: str = "string", **elements: Any) -> dict[str, Any]:
    """The JSON of one item. ``ext`` is a mapping of HL7 extension name to (value type, value)."""
    extensions = [{"url": HL7 + name, f"value{kind_}": value} for name, (kind_, value) in elements.pop("ext", {}).items()]
    if extensions:
        elements["extension"] = extensions + elements.get("extension", [])
    return {"linkId": link_id, "text": f"Question {link_id}?", "type": kind, **elements}


def coding(code: str, display: str | None = None, system: str = "http://example.org/codes") -> dict[str, Any]:
    return {"valueCoding": {"system": system, "code": code, "display": display or code}}


def choice(link_id: str, *options: str, **elements: Any) -> dict[str, Any]:
    """A choice whose options have the label as display and the label in lower case as code."""
    listed = [coding(label.lower().replace(" ", "-"), label) for label in options]
    return item(link_id, elements.pop("kind", "choice"), answerOption=listed, **elements)


def when(question: str, operator: str, **answer: Any) -> dict[str, Any]:
    return {"question": question, "operator": operator, **answer}


def player(*raws: dict[str, Any], answers: dict[Any, Answer] | None = None) -> Player:
    """A player over these forms, named q, q1, q2 ..."""
    forms = [Questionnaire.from_dict(raw, f"q{i or ''}") for i, raw in enumerate(raws)]
    return Player(forms, {} if answers is None else answers, today=TODAY)


def own(*names: str, answers: dict[Any, Answer] | None = None) -> Player:
    """A player over the project's own questionnaires."""
    forms = [Questionnaire.load(OWN / f"{name}.json") for name in names]
    return Player(forms, {} if answers is None else answers, today=TODAY)


def give(player_: Player, link_id: str, text: str, questionnaire: str = "q") -> None:
    """Type an answer and keep it."""
    item_ = player_.item(questionnaire, link_id)
    player_.answers[item_.key] = player_.parse(item_, text)  # type: ignore[index]


def asked(player_: Player) -> list[str]:
    return [question.link_id for question in player_.questions()]
