"""The crisis path for what only the model noticed, and the gentle check-in."""
from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import crisis_line
from actions.faq import asked_besides
from actions.services import services
from actions.turn import intent, say, typed_text
from bot.handoff.crisis import take_over


class ActionTakeover(Action):
    def name(self) -> Text:
        return "action_takeover"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        parts = services()
        noticed = tracker.latest_message.get("safety") or {}
        category = noticed.get("category") or (
            "medical_emergency" if intent(tracker) == "medical_emergency" else "suicidal"
        )
        with parts.database.session() as s:
            reply = take_over(
                s,
                tracker.sender_id,
                category=category,
                rule=noticed.get("rule") or "model",
                version=parts.screener.version,
                words=typed_text(tracker),
                replies=parts.replies,
                settings=parts.settings,
                clinic=parts.clinic,
            )
        line = crisis_line(reply)
        say(dispatcher, line.text, line.buttons, line.kind)
        return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("pending", None), SlotSet("answer", None)]


class ActionCheckIn(Action):
    """One kind question and the 988 line; what was asked besides stays a tap away. The channel reads the answer to it."""

    def name(self) -> Text:
        return "action_check_in"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        noticed = tracker.latest_message.get("safety") or {}
        line = crisis_line(services().replies.reply(noticed.get("category"), "check_in"))
        say(dispatcher, line.text, [*line.buttons, *asked_besides(tracker)], line.kind)
        return []
