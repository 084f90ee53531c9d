"""What a visitor says of what staff already have from them: more to it, a correction, or that they take it back.

Staff get it in the visitor's words (``bot.handoff.service.add_note``); what was sent stays as it was sent.
"""
from __future__ import annotations

import re
from typing import Any, Dict, List, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.phrases import ADD, ASK, CONTACT_ME, GO_ON, NOTED, PASS_ON, TAKE_BACK, WHAT_NEXT, WITHDRAWN
from actions.services import services
from actions.turn import Button, Line, button, choice, intent, message_id, say, say_line, then_listen, typed_text
from bot.handoff import service
from bot.records import conversations, intakes

TAKEN_BACK, TAKEN_BACK_IN_FORM = 0.6, 0.8  # chance of a wish to take something back from which a message is one
# No such wish, though it sounds like one: a limit ("don't call before four"), or a complaint ("you never called").
_LIMITED = re.compile(
    r"\b(?:before|until|till|between|after \d|during|noon|mornings?|evenings?|weekdays?|weekends?|use|unless|except|instead|only|work|"
    r"leave (?:any |a )?(?:messages?|voice ?mails?)|supposed to|never (?:called|got|heard)|"
    r"(?:didn'?t|haven'?t|hasn'?t|nobody|why don'?t you) (?:\w+ ){0,2}(?:call(?:ed)?|heard|got))\b",
    re.IGNORECASE,
)
# What a correction says beside that there is one: "I made a mistake in my history" says nothing, and nor do fewer than ten words.
_DETAIL = re.compile(r"\d|@")
_SAYS_WHAT = re.compile(r"[:,]|\b(?:is|are|it'?s|its|not|instead|also|too|only)\b", re.IGNORECASE)
_LONG = 10
NO_MORE = (
    "My answers are written and sourced beforehand, so I can't explain this one further or put it in other words. The sources "
    "are listed under it. You can ask about one part of it, or I can pass your question to the team."
)
NOTHING_MORE = "I can't say more on that than the answer does. Shall I pass your question to the team?"
_ASKS = re.compile(
    r"\?|^(?:how|what|when|where|who|why|which|can|could|do|does|did|is|are|am|will|would|should|may)\b"
    r"|\b(?:want|like|need) to (?:know|ask)\b|\bwonder",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:forg[eo]t|left out|one more thing|mistakes?|typo|wrong|incorrect|correction|update|actually|instead|meant|also|too|"
    r"should(?: have)? (?:be|say|said)|new (?:number|phone|e-?mail|address))\b|@|(?:\d\D{0,3}){10}",
    re.IGNORECASE,
)


class ActionAddNote(Action):
    """Passes on what the visitor says of what they sent; where they have not said what, the form asks for it."""

    def name(self) -> Text:
        return "action_add_note"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        parts = services()
        tapped = choice(tracker) or ""
        with parts.database.session() as s:
            words = conversations.visitor_text(s, tracker.sender_id, int(tapped)) if tapped.isdigit() else typed_text(tracker)
            if not service.handed_over(s, tracker.sender_id):
                line = _nothing_sent(s, tracker.sender_id, "add to or change")
            elif tapped or _says_what(words):
                service.add_note(s, tracker.sender_id, words=words, settings=parts.settings)
                line = Line(NOTED, [ADD, ASK])
            else:
                intakes.start_intake(s, tracker.sender_id, "note", {"about": words})
                return [SlotSet("answer", None), SlotSet("offered", None)]
        say_line(dispatcher, line)
        return then_listen(tracker)


class ActionWithdraw(Action):
    """Tells staff that the visitor takes back what they sent, or does not want to be contacted."""

    def name(self) -> Text:
        return "action_withdraw"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        parts = services()
        typed, sure = typed_text(tracker), takes_back(tracker)
        with parts.database.session() as s:
            words = typed or conversations.visitor_text(s, tracker.sender_id, message_id(tracker)) or TAKE_BACK["title"]
            if not service.handed_over(s, tracker.sender_id):
                line = _nothing_sent(s, tracker.sender_id, "take back")
            elif sure or _LIMITED.search(typed):
                service.add_note(s, tracker.sender_id, words=words, withdraws=sure, settings=parts.settings)
                line = Line(WITHDRAWN, [ADD, ASK]) if sure else Line(NOTED, [ADD, TAKE_BACK, ASK])
            else:
                asks = "I'm not sure I understood. Do you want to take back what you sent?"
                line = Line(asks, [TAKE_BACK, ADD, ASK, CONTACT_ME])
        say_line(dispatcher, line)
        return []


class ActionNothingOpen(Action):
    """A word about the questions ("skip") while none waits; "can you repeat that" and "are you sure" are about what was said."""

    def name(self) -> Text:
        return "action_nothing_open"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        with services().database.session() as s:
            before = conversations.said_before(s, tracker.sender_id)
            said = before if intent(tracker) == "repeat" else []
            line = _nothing_open(s, tracker.sender_id, intent(tracker) == "why")
        for one in said:
            say(dispatcher, one.text, kind=one.kind)
        asked_on = any(one.text == NO_MORE for one in before)
        if intent(tracker) == "why" and (asked_on or any(one.sourced for one in before)):
            say(dispatcher, NOTHING_MORE if asked_on else NO_MORE, [PASS_ON])
            return [SlotSet("offered", tracker.get_slot("offered") or {"kind": "pass_question", "text": ""})]
        if not said:
            say_line(dispatcher, line)
        return []


def _nothing_open(s: Session, conversation_id: str, asks: bool) -> Line:
    sent = [ADD, TAKE_BACK] if service.handed_over(s, conversation_id) else []
    text = "I'm not sure what you mean." if asks else "There is no question of mine open right now."
    return Line(f"{text} {WHAT_NEXT}", [ASK, *_history(s, conversation_id), *sent, CONTACT_ME])


def _nothing_sent(s: Session, conversation_id: str, what: str) -> Line:
    text = f"I haven't sent anything of yours to the team from this chat, so there is nothing to {what}. {WHAT_NEXT}"
    return Line(text, [*_history(s, conversation_id), ASK, CONTACT_ME])


def _history(s: Session, conversation_id: str) -> List[Button]:
    """The way back into a history, where there is one."""
    history = intakes.current_intake(s, conversation_id, kind="intake")
    return [GO_ON, button("Delete what I wrote", "delete_my_data")] if history else []


def _says_what(words: str) -> bool:
    if _DETAIL.search(words):
        return True
    return not _ASKS.search(words) and (len(words.split()) >= _LONG or bool(_SAYS_WHAT.search(words)))


def passed_on(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """Pass on a message that reads as more to what was sent, whatever else it is taken for, and say so."""
    words = typed_text(tracker)
    if tracker.active_loop.get("name") or _ASKS.search(words) or not _MORE.search(words):
        return False
    parts = services()
    with parts.database.session() as s:
        if not _sent(s, tracker.sender_id):
            return False
        service.add_note(s, tracker.sender_id, words=words, settings=parts.settings)
    say(dispatcher, NOTED, [ADD, ASK])
    return True


def taken_back(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """Tell staff where a message that was taken for something else takes back what was sent, and say so."""
    if tracker.active_loop.get("name") or not takes_back(tracker):
        return False
    parts = services()
    with parts.database.session() as s:
        told = service.add_note(s, tracker.sender_id, words=typed_text(tracker), withdraws=True, settings=parts.settings)
    if told:
        say(dispatcher, WITHDRAWN, [ADD, ASK])
    return told


def add_this(tracker: Tracker) -> List[Button]:
    """The offer to pass a statement on, where something was sent that it may belong to; ``passed_on`` needs none."""
    words, message = typed_text(tracker), message_id(tracker)
    if not words or message is None or tracker.active_loop.get("name") or _ASKS.search(words) or _MORE.search(words):
        return []
    with services().database.session() as s:
        return [button("Add this to what I sent", "add_note", str(message))] if _sent(s, tracker.sender_id) else []


def _sent(s: Session, conversation_id: str) -> bool:
    """Whether the visitor sent something, beside what staff were told of by themselves (a crisis)."""
    return any(handoff.intake_id for handoff in service.handed_over(s, conversation_id))


def takes_back(tracker: Tracker, least: float = TAKEN_BACK) -> bool:
    """Whether a message asks not to be contacted or to take something back, beside what else it was taken for."""
    ranking = tracker.latest_message.get("intent_ranking") or []
    wished = any(one["name"] == "withdraw_request" and one["confidence"] >= least for one in ranking)
    return wished and not _LIMITED.search(typed_text(tracker))
