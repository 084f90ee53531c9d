"""What every action needs of a turn: who speaks, what was said or tapped, and how to say something."""
from __future__ import annotations

import dataclasses
import json
from typing import Any, Dict, Iterable, List, Optional, Tuple

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from bot.safety import Reply

Button = Dict[str, str]  # {"title", "payload"}
PROTECTED_PREFIX = "\u2060"  # the channel puts it before typed text, so that "/..." is never read as a payload


@dataclasses.dataclass
class Line:
    """Something to say."""

    text: str
    buttons: List[Button] = dataclasses.field(default_factory=list)
    kind: str = "message"


@dataclasses.dataclass
class Outcome:
    """What a turn of the intake form leads to: what is said, the question that now waits, and whether the form goes on."""

    lines: List[Line]
    pending: Optional[Dict[str, Any]] = None
    goes_on: bool = True


def button(title: str, intent: str, choice: Optional[str] = None) -> Button:
    """A choice whose tap is read as ``intent``; ``choice`` says which one of its kind."""
    data = json.dumps({"choice": choice}) if choice is not None else ""
    return {"title": title, "payload": f"/{intent}{data}"}


def payload_parts(payload: str) -> Tuple[str, Optional[str]]:
    """The intent and the choice of a button that ``button`` made."""
    name, brace, data = payload[1:].partition("{")
    return name, json.loads(brace + data)["choice"] if brace else None


def say(
    dispatcher: CollectingDispatcher,
    text: str,
    buttons: Iterable[Button] = (),
    kind: str = "message",
    sources: Iterable[Dict[str, str]] = (),
) -> None:
    dispatcher.utter_message(
        text=text, buttons=list(buttons), metadata={"kind": kind, "sources": list(sources)}
    )


def say_line(dispatcher: CollectingDispatcher, line: Line) -> None:
    say(dispatcher, line.text, line.buttons, line.kind)


def crisis_line(reply: Reply) -> Line:
    """A safety reply as a line; its choices keep the ids the chat page knows."""
    buttons = [{"id": c["id"], "title": c["label"], "payload": f"/{c['id']}"} for c in reply.choices]
    return Line(reply.text, buttons, reply.kind)


def intent(tracker: Tracker) -> str:
    return (tracker.latest_message.get("intent") or {}).get("name") or ""


def typed_text(tracker: Tracker) -> str:
    """What the visitor typed, empty when a choice was tapped."""
    text = tracker.latest_message.get("text") or ""
    return "" if text.startswith("/") else text.lstrip(PROTECTED_PREFIX)


def choice(tracker: Tracker) -> Optional[str]:
    """The tapped choice of the server's own payload."""
    if not (tracker.latest_message.get("text") or "").startswith("/"):
        return None
    return next((e["value"] for e in tracker.latest_message.get("entities", []) if e["entity"] == "choice"), None)


def message_id(tracker: Tracker) -> Optional[int]:
    """The id of the visitor's message in the records; None outside the web chat."""
    return (tracker.latest_message.get("metadata") or {}).get("message_id")


def since_last_message(tracker: Tracker) -> List[Dict[str, Any]]:
    """The events after the visitor's last message, oldest first."""
    found: List[Dict[str, Any]] = []
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            break
        found.append(event)
    return found[::-1]


def then_listen(tracker: Tracker) -> List[EventType]:
    """Ends the turn: a rule's form does not begin where it has nothing to ask. One that runs goes on."""
    return [] if tracker.active_loop.get("name") else [FollowupAction("action_listen")]


def as_said(intent_name: str, choice: Optional[str] = None) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """Events that make Rasa go on as if the visitor had tapped a choice of this intent; ``choice`` as in ``button``."""
    entities = [{"entity": "choice", "value": choice}] if choice is not None else []
    return (
        {"event": "action", "name": "action_listen", "policy": None, "confidence": None},
        {
            "event": "user",
            "text": f"/{intent_name}",
            "parse_data": {"intent": {"name": intent_name, "confidence": 1.0}, "entities": entities, "text": f"/{intent_name}"},
        },
    )
