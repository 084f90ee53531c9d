"""The crisis path for what only the model noticed, the gentle check-in, and thanks for what was told of such things."""
from __future__ import annotations

from typing import Any, Dict, List, Optional, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.asking import keep
from actions.faq import asked_besides
from actions.phrases import ASK, CONTACT_ME, START, WHAT_NEXT
from actions.run import Run
from actions.sent import add_this, passed_on, taken_back, takes_back
from actions.services import Services, services
from actions.turn import Line, crisis_line, intent, say, say_line, typed_text
from bot.handoff import service
from bot.handoff.crisis import take_over
from bot.records import conversations, intakes
from bot.safety import OF_MINORS
from bot.safety.screener import RECENT

THANKS = "Thank you for telling me."
WITH_WORDS_OF_ITS_OWN = ("loss", "history", "assault")  # notes whose line is thanks or sympathy itself


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
            if takes_back(tracker):  # "he's home, nobody call": for what was sent before; only the crisis text is said of it
                service.add_note(s, tracker.sender_id, words=typed_text(tracker), withdraws=True, settings=parts.settings)
            category = _for_age(s, parts, tracker, category)
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
        return _stop_form(dispatcher, crisis_line(reply))


def _for_age(s: Session, parts: Services, tracker: Tracker, category: Optional[Text]) -> Optional[Text]:
    """The category, or "minor" where the visitor has told such an age; the model reads one message only."""
    if intakes.is_minor(s, tracker.sender_id) and category in OF_MINORS:
        return "minor"
    return parts.screener.for_age(category, conversations.recent_visitor_texts(s, tracker.sender_id, RECENT + 1))


def _stop_form(dispatcher: CollectingDispatcher, line: Line) -> List[EventType]:
    """Say the crisis text; the form goes on when the visitor chooses to."""
    say_line(dispatcher, line)
    return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("pending", None), SlotSet("answer", None)]


class ActionCheckIn(Action):
    """One kind question and the 988 line; what was asked besides stays a tap away. The channel reads the answer to it.

    A message that also answers the open question of the history is kept as its answer: nobody has to say it twice.
    """

    def name(self) -> Text:
        return "action_check_in"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        parts, words = services(), typed_text(tracker)
        noticed = tracker.latest_message.get("safety") or {}
        with parts.database.session() as s:
            category = _for_age(s, parts, tracker, noticed.get("category"))
            intake = intakes.current_intake(s, tracker.sender_id) if noticed.get("answer") else None
            crisis = keep(Run(s, parts, intake), words) if intake else None
        if crisis:
            return _stop_form(dispatcher, crisis.lines[0])
        taken_back(dispatcher, tracker)
        language = parts.replies.language(words)
        line = crisis_line(parts.replies.reply(category, "check_in", language))
        besides = asked_besides(tracker) if language == "en" else []  # the reviewed answers are English
        say(dispatcher, line.text, [*line.buttons, *besides], line.kind)
        return []


class ActionTold(Action):
    """Thanks for what was told and not asked: that there are no such thoughts, the past, a death. Then the visitor chooses."""

    def name(self) -> Text:
        return "action_told"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        note = (tracker.latest_message.get("safety") or {}).get("note")
        thanks = services().replies.line(note) if note in WITH_WORDS_OF_ITS_OWN else THANKS
        if tracker.active_loop.get("name"):
            say(dispatcher, thanks)
        else:
            say(dispatcher, f"{thanks} {WHAT_NEXT}", [*add_this(tracker), ASK, START, CONTACT_ME])
        passed_on(dispatcher, tracker)
        return [SlotSet("offered", None)]
