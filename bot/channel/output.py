"""Collects what Rasa says in one turn, in the shape of the chat's contract.

Rasa's collecting channel drops a response's ``metadata`` and splits buttons from their text, so this one takes the whole
message. A choice's id is derived from its payload: the same choice has the same id wherever it is offered, and an old
button of the intake still names the question it belongs to. The payload itself never leaves the server.
"""
from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, List

from rasa.core.channels.channel import OutputChannel


class TurnOutput(OutputChannel):
    """The messages of one turn: dictionaries with ``text``, ``kind``, ``choices`` and ``sources``."""

    def __init__(self) -> None:
        self.messages: List[Dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "chat"

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        metadata = message.get("metadata") or {}
        text = message.get("text") or ""
        choices = [_choice(button) for button in message.get("buttons") or []]
        if not text and not choices:
            return
        self.messages.append(
            {
                "text": text,
                "kind": metadata.get("kind", "message"),
                "choices": choices,
                "sources": [s for s in metadata.get("sources") or [] if s.get("url")],
            }
        )


def _choice(button: Dict[str, Any]) -> Dict[str, str]:
    payload = button["payload"]
    return {"id": button.get("id") or choice_id(payload), "label": button["title"], "payload": payload}


def choice_id(payload: str) -> str:
    """The public id of a payload: readable for plain intents and intake choices, a short hash for anything else."""
    intent, _, data = payload.lstrip("/").partition("{")
    if not data:
        return intent
    choice = str(json.loads("{" + data).get("choice", "")).replace("|", ".")
    if choice and all(c.isalnum() or c in "._-" for c in choice) and len(choice) <= 80:
        return f"{intent}.{choice}"
    return f"{intent}.{hashlib.sha256(payload.encode()).hexdigest()[:12]}"
