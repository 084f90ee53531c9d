"""Answers from reviewed text, the nearest questions when nothing is certain, and what follows an offer."""
from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.library import FaqAnswer
from actions.phrases import ASK, CONTACT_ME, PASS_ON, START, WHAT_NEXT
from actions.sent import add_this, passed_on
from actions.services import services
from actions.turn import Button, as_said, button, choice, intent, message_id, say, then_listen, typed_text
from bot.intake import polarity
from bot.records import conversations

MOST_OFFERED = 4
MOST_RELATED = 2
ASKED_BESIDES = 0.2  # confidence from which a question is offered under a check-in
NEAR = 0.05  # confidence from which another answer may have been meant
NONE_OF_THESE = {**PASS_ON, "title": "None of these. Pass my question to the team"}
NOT_NOW = button("No, thanks", "deny")
_ENOUGH = re.compile(r"\b(?:never ?mind|nvm|forget it|not (?:now|today)|thank\w*|thx|nothing|enough|done|later|all set|for now|that'?s (?:it|all)|i'?m good|helpful)\b", re.IGNORECASE)
_MISSED = re.compile(r"\bnot (?:what|my question)\b|n['’]?t (?:what i|my question|ask)|\bi meant\b", re.IGNORECASE)
ONLY_WORDS = "I can only read words. Whatever is on your mind, you can write it in your own words."
OTHER_WORDS = "Try asking in other words, or I can pass your question to the team."
NO_ANSWER = (
    "I don't have a reviewed answer to that, and I don't want to guess. Shall I pass your question to the team?"
)


class ActionFaq(Action):
    """Says the reviewed answer, or both where one message held two questions."""

    def name(self) -> Text:
        return "action_faq"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        answers = services().library.known(_asked_ids(tracker))
        if not answers:
            return _offer_to_pass_on(dispatcher, tracker, [])
        offered = say_answers(dispatcher, tracker, answers)
        passed_on(dispatcher, tracker)  # "actually I also take methadone"
        changed = [SlotSet("offered", offered)] if offered != tracker.get_slot("offered") else []
        return [*changed, *then_listen(tracker)]  # or Rasa looks up what comes next, a tenth of the turn


def say_answers(
    dispatcher: CollectingDispatcher, tracker: Tracker, answers: List[FaqAnswer], alone: bool = True
) -> Optional[Dict[str, Any]]:
    """Say reviewed answers, and keep what was asked for staff; returns what is then offered (the slot ``offered``).

    Not ``alone`` is an answer before a question of the form: what may come next is not offered with it.
    """
    parts = services()
    alone = alone and not tracker.active_loop.get("name")
    words = typed_text(tracker)
    missing = False
    with parts.database.session() as s:
        asked = [
            conversations.record_question(
                s, tracker.sender_id, words or answer.question, faq_id=answer.id, message_id=message_id(tracker)
            )
            for answer in answers
        ]
    for answer in answers:
        text, lacks = answer.compose(parts.clinic)
        missing = missing or lacks
        last = answer is answers[-1]
        buttons = [PASS_ON] if lacks else []
        if last and alone:
            buttons += [*add_this(tracker), *_related(answers, answer, tracker), *_ratings(asked)]
        say(dispatcher, text, buttons, sources=answer.sources)
    return {"kind": "pass_question", "text": words or answers[-1].question, "asked": False} if missing else None


class ActionFallback(Action):
    """Never guesses: offers the nearest questions, at most four, then the team."""

    def name(self) -> Text:
        return "action_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        if passed_on(dispatcher, tracker):
            return [SlotSet("offered", None)]
        words = typed_text(tracker)
        if words and not re.search(r"\w", words):  # a thumb or dots: no question, and what was offered stays so
            say(dispatcher, ONLY_WORDS, [] if tracker.active_loop.get("name") else [ASK, CONTACT_ME])
            return []
        offers = _selection(tracker).get("offer") or []
        return _offer_to_pass_on(dispatcher, tracker, services().library.known(offers)[:MOST_OFFERED])


class ActionOfferReply(Action):
    """A yes or no outside the intake: to "was this helpful?" when tapped there, else to what was offered last."""

    def name(self) -> Text:
        return "action_offer_reply"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        rated = (choice(tracker) or "").split("|")
        if rated[0] == "helpful":
            return _rate(dispatcher, tracker, rated[1:])
        offered = tracker.get_slot("offered") or {}
        if offered.get("kind") == "erase":
            say(dispatcher, "All right. Nothing was deleted.")
            return [SlotSet("offered", None)]
        if offered.get("nearest"):
            return _answer_nearest(dispatcher, tracker, offered)
        acknowledged = offered.get("asked") is False and _acknowledges(typed_text(tracker))
        if intent(tracker) == "affirm" and offered.get("kind") and not acknowledged:
            return list(as_said(offered["kind"]))
        if intent(tracker) == "deny" and _MISSED.search(typed_text(tracker)):
            say(dispatcher, f"I'm sorry I missed what you meant. {OTHER_WORDS}", [PASS_ON])
            return [SlotSet("offered", {"kind": "pass_question", "text": ""})]
        if not offered.get("kind") and _says_more(typed_text(tracker)):  # "I don't think you understand"
            return ActionFallback().run(dispatcher, tracker, domain)
        return _let_be(dispatcher)


def _let_be(dispatcher: CollectingDispatcher) -> List[EventType]:
    """What was offered is not wanted."""
    say(dispatcher, f"All right. {WHAT_NEXT}", [ASK, START, CONTACT_ME])
    return [SlotSet("offered", None)]


def _answer_nearest(dispatcher: CollectingDispatcher, tracker: Tracker, offered: Dict[str, Any]) -> List[EventType]:
    """A yes or no to "is it one of these?": a yes means the only one, or is asked which; a no leaves the team."""
    nearest = services().library.known(offered["nearest"])
    if intent(tracker) == "affirm" and len(nearest) == 1:
        return [SlotSet("offered", None), *as_said("faq", nearest[0].id)]
    if intent(tracker) == "affirm":
        say(dispatcher, "Which one do you mean?", [*map(_ask, nearest), NONE_OF_THESE])
        return []
    if _ENOUGH.search(typed_text(tracker)):
        return _let_be(dispatcher)
    say(dispatcher, NO_ANSWER, [PASS_ON, NOT_NOW])
    return [SlotSet("offered", {"kind": "pass_question", "text": offered["text"]})]


def _says_more(words: str) -> bool:
    """Whether words that were taken for a yes or a no, where nothing was asked, are a sentence about something else."""
    return len(words.split()) > 3 and polarity.read(words) is None and not _ENOUGH.search(words)


def _acknowledges(words: str) -> bool:
    """Whether words only take note of an answer: "k" and "hm" are no yes to a button that stood under it."""
    reading = polarity.read(words)
    return reading is None or reading.agreement


def _offer_to_pass_on(
    dispatcher: CollectingDispatcher, tracker: Tracker, nearest: List[FaqAnswer]
) -> List[EventType]:
    words = typed_text(tracker)
    if words:
        with services().database.session() as s:
            conversations.record_question(s, tracker.sender_id, words, message_id=message_id(tracker))
    add = add_this(tracker)
    spanish = services().only_english(words)
    if spanish:
        say(dispatcher, spanish.text, [button(one["label"], one["id"]) for one in spanish.choices])
        nearest = []
    elif nearest:
        say(dispatcher, "I'm not sure I understood. Is it one of these?", [*add, *map(_ask, nearest), NONE_OF_THESE])
    else:
        say(dispatcher, NO_ANSWER, [PASS_ON, *add, NOT_NOW])
    return [SlotSet("offered", {"kind": "pass_question", "text": words, "nearest": [answer.id for answer in nearest]})]


def asked_beside(tracker: Tracker) -> List[FaqAnswer]:
    """The reviewed answers that a message asks for besides being an answer or a wish for a person."""
    return services().library.known(tracker.latest_message.get("beside") or [])


def _asked_ids(tracker: Tracker) -> List[str]:
    tapped = choice(tracker)
    if tapped:
        return [tapped]
    selection = _selection(tracker)
    key = (selection.get("response") or {}).get("intent_response_key") or ""
    return [key.partition("/")[2], *(selection.get("also") or [])]


def _selection(tracker: Tracker) -> Dict[str, Any]:
    return (tracker.latest_message.get("response_selector") or {}).get("faq") or {}


def _related(answers: List[FaqAnswer], answer: FaqAnswer, tracker: Tracker) -> List[Button]:
    """Two questions that may come next: what the message was nearest to besides, then the related ones."""
    said = {a.id for a in answers}
    others = services().library.known(i for i in [*_nearest(tracker, 3), *answer.related] if i not in said)
    return [_ask(other) for other in others[:MOST_RELATED]]


def asked_besides(tracker: Tracker) -> List[Button]:
    """What a message seems to ask beside something graver, to be answered when the visitor wants it."""
    ranking = _selection(tracker).get("ranking") or []
    if tracker.active_loop.get("name") or not ranking or ranking[0]["confidence"] < ASKED_BESIDES:
        return []
    return [_ask(answer) for answer in services().library.known(_nearest(tracker, MOST_RELATED))]


def _nearest(tracker: Tracker, most: int) -> List[str]:
    """Ids of the answers that the message was nearest to, the nearest first."""
    ranking = _selection(tracker).get("ranking") or []
    return [r["intent_response_key"].partition("/")[2] for r in ranking[:most] if r["confidence"] >= NEAR]


def _ratings(asked: List[int]) -> List[Button]:
    """Was this helpful? The ids are those of the kept questions."""
    helpful = "|".join(["helpful", *map(str, asked)])
    return [button("This was helpful", "affirm", helpful), button("Not helpful", "deny", helpful)]


def _rate(dispatcher: CollectingDispatcher, tracker: Tracker, ids: List[str]) -> List[EventType]:
    """Keep for staff whether an answer helped, once an answer."""
    helped = intent(tracker) == "affirm"
    with services().database.session() as s:
        rated = conversations.rate_questions(s, tracker.sender_id, [int(i) for i in ids if i.isdigit()], helped)
        words = rated[0].text if rated else ""
    if not words:
        say(dispatcher, "Your answer to that is noted already.")
    elif helped:
        say(dispatcher, "Thanks. I noted that for the team. What else would you like to know?")
    else:
        say(dispatcher, f"Thanks for telling me. {OTHER_WORDS}", [PASS_ON])
        return [SlotSet("offered", {"kind": "pass_question", "text": words})]
    return []


def _ask(answer: FaqAnswer) -> Button:
    return button(answer.question, "faq", answer.id)
