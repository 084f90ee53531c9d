"""Erasing what a visitor wrote: asked first, done by the channel, because this very message is among what goes.

The channel also reads a typed yes to the offer; what reaches ``action_offer_reply`` is something else.
"""
from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.phrases import CONTACT_ME
from actions.services import services
from actions.turn import button, say
from bot.handoff import service

ERASE = {**button("Yes, delete it", "erase"), "id": "erase"}


class ActionDeleteMyData(Action):
    def name(self) -> Text:
        return "action_delete_my_data"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        text = (
            "I can delete what you wrote here and haven't sent: your answers and this conversation. It can't be brought back. "
            "What was already sent to the team stays with them, and until they have dealt with it this conversation does too; they "
            "can change or delete it when you ask them. "
            "Shall I delete it?"
        )
        with services().database.session() as s:
            sent = bool(service.handed_over(s, tracker.sender_id))
        ask = [button("Ask the team to delete what I sent", "withdraw_request")] if sent else []
        say(dispatcher, text, [ERASE, button("No, keep it", "deny"), *ask, CONTACT_ME])
        return [SlotSet("offered", {"kind": ERASE["id"]})]
