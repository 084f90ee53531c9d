"""The intake form and the ways into it: start, go on, ask for a person, pass a question on."""
from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Text

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions import dialogue
from actions.asking import ask_again
from actions.closing import end_for, send_unfinished
from actions.faq import asked_beside, say_answers
from actions.phrases import ADD, ASK, CONTACT_ME, FOR_ANOTHER, STARTERS, TAKE_BACK
from actions.run import Run
from actions.sent import TAKEN_BACK_IN_FORM, passed_on, taken_back, takes_back
from actions.services import Services, services
from actions.turn import Line, Outcome, button, choice, intent, message_id, say, say_line, since_last_message, then_listen, typed_text
from bot.handoff import service
from bot.handoff.runs import questionnaires
from bot.intake import beside
from bot.intake.helpers import fills_in_for_another, speaks_for_another
from bot.records import conversations, intakes
from bot.records.models import Intake

FORM = "intake_form"
_GOES_ON = re.compile(r"\b(?:continue|resume|carry on|go on with|pick up where)\b", re.IGNORECASE)
LOOKED_BACK = 100  # messages of the visitor in which an age is looked for
ANSWERS = ("action_faq", "action_fallback")  # the actions that answer a question
TOGETHER = button("They're here and will answer", "start_intake", "together")
# Answers a request for contact can take over from the history, by link id.
CONTACT = (("name", "name"), ("phone", "reach"), ("email", "reach"), ("best-time", "best-time"))


class ValidateIntakeForm(Action):
    """Takes the given answer and asks the next question, in one call.

    Rasa calls it when the visitor gave something, when the form begins and when it comes back from a digression. When
    a digression comes first (nothing for the form was said) it returns nothing, so that the form steps back for the
    digression's rule.
    """

    def name(self) -> Text:
        return f"validate_{FORM}"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        since = since_last_message(tracker)
        given = any(e["event"] == "slot" and e["name"] == "answer" and e["value"] is not None for e in since)
        actions = [e["name"] for e in since if e["event"] == "action" and e["name"] not in (FORM, "action_listen")]
        if not given and not actions:
            return []
        if actions[-1:] == ["action_delete_my_data"]:  # asks something itself, and a yes must be an answer to that
            return [SlotSet("answer", None), SlotSet("pending", None)]
        parts = services()
        with parts.database.session() as s:
            intake = intakes.current_intake(s, tracker.sender_id)
            if intake is None:
                outcome = Outcome([], goes_on=False)
            elif given:
                said = _meant(s, tracker, intake), typed_text(tracker), choice(tracker)
                outcome = dialogue.take(Run(s, parts, intake), *said)
            else:
                asked = typed_text(tracker) if actions[-1] in ANSWERS else ""
                outcome = ask_again(Run(s, parts, intake), asked)
        events: List[EventType] = [SlotSet("answer", None), SlotSet("pending", outcome.pending)]
        beside = asked_beside(tracker)
        if given and beside and outcome.goes_on:  # "sertraline 100. Does that mix?" is kept, and answered
            events.append(SlotSet("offered", say_answers(dispatcher, tracker, beside)))
        for line in outcome.lines:
            say_line(dispatcher, line)
        if not outcome.goes_on:
            events.append(SlotSet("requested_slot", None))
        return events


def _meant(s: Session, tracker: Tracker, intake: Intake) -> str:
    """The intent of a turn of the form; where the team was or is being asked for something, taking it back is no answer.

    A short choice is one: "no, please don't" says that leaving a message is not safe.
    """
    said = intent(tracker)
    if takes_back(tracker, TAKEN_BACK_IN_FORM):
        free = (tracker.get_slot("pending") or {}).get("type") in ("string", "text")
        asked = intake.kind != "intake" or bool(service.handed_over(s, intake.conversation_id))
        if said == "withdraw_request" or free and asked:
            return "withdraw_request"
    return "answer" if said == "withdraw_request" else said


class _OpenRun:
    """Begins or goes on with a run; the form then asks its open question."""

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        parts, words = services(), typed_text(tracker)
        events: List[EventType] = [SlotSet("answer", None), SlotSet("offered", None)]
        if self.is_for_another(words) and not tracker.get_slot("helper"):  # told once; nothing is begun by it
            line: Optional[Line] = Line(FOR_ANOTHER, [TOGETHER, CONTACT_ME, ASK])
            events.append(SlotSet("helper", words))
        else:
            with parts.database.session() as s:
                line = self.open(s, parts, tracker)
        if line:
            say_line(dispatcher, line)
        return events

    def is_for_another(self, words: str) -> bool:
        """Whether somebody asks to give another person's history."""
        return False

    def open(self, s: Session, parts: Services, tracker: Tracker) -> Optional[Line]:
        raise NotImplementedError


class ActionStartIntake(_OpenRun, Action):
    def name(self) -> Text:
        return "action_start_intake"

    def is_for_another(self, words: str) -> bool:
        return speaks_for_another(words)

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        goes_on = _GOES_ON.search(typed_text(tracker))  # "I want to continue my history" begins none beside one that was sent
        return ActionResumeIntake().run(dispatcher, tracker, domain) if goes_on else super().run(dispatcher, tracker, domain)

    def open(self, s: Session, parts: Services, tracker: Tracker) -> Optional[Line]:
        _set_aside(s, tracker.sender_id, besides="intake")
        intake = intakes.current_intake(s, tracker.sender_id, kind="intake")
        if intake is not None:
            return _end_if_minor(s, parts, intake) or _go_on(s, intake)
        helper = tracker.get_slot("helper")
        intake = intakes.start_intake(s, tracker.sender_id, "intake", {"helper": helper} if helper else None)
        return _end_if_minor(s, parts, intake) or Line(
            "This is a first history for the clinic's team. It takes about 10 minutes. You can skip what you'd rather not "
            "say, ask me anything in between, and stop at any time by typing \"stop\"; what you gave is kept."
        )


class ActionResumeIntake(_OpenRun, Action):
    def name(self) -> Text:
        return "action_resume_intake"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        with services().database.session() as s:
            runs = intakes.conversation_intakes(s, tracker.sender_id)
            sent = any(run.kind == "intake" and run.status == "submitted" for run in runs)
            waits = intakes.current_intake(s, tracker.sender_id) is not None
        if waits or not sent:
            return super().run(dispatcher, tracker, domain)
        say(dispatcher, "Your history is with the team already.", [ADD, TAKE_BACK, ASK])
        return then_listen(tracker)

    def open(self, s: Session, parts: Services, tracker: Tracker) -> Optional[Line]:
        intake = intakes.current_intake(s, tracker.sender_id)
        history = intakes.current_intake(s, tracker.sender_id, kind="intake")
        named = "history" in typed_text(tracker).lower()
        if history is not None and (named or intake.status == "stopped"):  # a request that was stopped since does not come first
            _set_aside(s, tracker.sender_id, besides="intake")
            intake = history
        if intake is not None:
            return intake is history and _end_if_minor(s, parts, intake) or _go_on(s, intake)
        intake = intakes.start_intake(s, tracker.sender_id, "intake")
        return _end_if_minor(s, parts, intake) or Line("I don't have a history to go on with, so let's start one. You can stop at any time.")


class ActionSendUnfinished(Action):
    """Sends a stopped history as far as it goes."""

    def name(self) -> Text:
        return "action_send_unfinished"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        parts = services()
        with parts.database.session() as s:
            intake = intakes.current_intake(s, tracker.sender_id, kind="intake")
            if intake is None:
                line = Line("There is no open history of yours to send.", list(STARTERS))
            else:
                line = send_unfinished(Run(s, parts, intake))
        say_line(dispatcher, line)
        return []


class ActionCallback(_OpenRun, Action):
    def name(self) -> Text:
        return "action_callback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Dict[Text, Any]) -> List[EventType]:
        # "I asked for a call. Please don't make it", "call me at 503 555 0199 instead"
        if taken_back(dispatcher, tracker) or passed_on(dispatcher, tracker):
            return then_listen(tracker)
        spanish = services().only_english(typed_text(tracker))
        if spanish and not tracker.active_loop.get("name"):
            say(dispatcher, spanish.text)
        answers = asked_beside(tracker)
        if answers:  # "what does it cost, and can someone call me?"
            say_answers(dispatcher, tracker, answers, alone=False)
        return super().run(dispatcher, tracker, domain)

    def is_for_another(self, words: str) -> bool:
        return fills_in_for_another(words)

    def open(self, s: Session, parts: Services, tracker: Tracker) -> Optional[Line]:
        open_request = intakes.current_intake(s, tracker.sender_id, kind="callback")
        words = typed_text(tracker) or conversations.visitor_text(s, tracker.sender_id, message_id(tracker))
        if open_request is not None and open_request is intakes.current_intake(s, tracker.sender_id):
            take_contact(Run(s, parts, open_request), words)
            if open_request.status == "in_progress":  # "when will they call", while they are asked for their number
                when = parts.clinic.get("response_time") or "I can't tell you when the team will contact you."
                return Line(f"{when} Nobody is watching this chat live, so I need to know how to reach you.")
            return _go_on(s, open_request)
        request = intakes.start_intake(s, tracker.sender_id, "callback")
        _prefill(s, request)
        take_contact(Run(s, parts, request), words)
        phone = parts.clinic.get("phone")
        call = f" You can also call {phone}." if phone else ""
        return Line(
            "I can ask the team to contact you. Nobody is watching this chat live, so I need to know how to reach you."
            f"{call}"
        )


class ActionPassQuestion(_OpenRun, Action):
    def name(self) -> Text:
        return "action_pass_question"

    def open(self, s: Session, parts: Services, tracker: Tracker) -> Optional[Line]:
        request = intakes.start_intake(s, tracker.sender_id, "question")
        words = (tracker.get_slot("offered") or {}).get("text") or ""
        if words:
            _copy(s, request, "question", [words], words)
        return Line("I can pass your question to the team.")


def _go_on(s: Session, intake: Intake) -> Line:
    intakes.set_status(s, intake, "in_progress")
    return Line("Let's go on where you left off.")


def _end_if_minor(s: Session, parts: Services, intake: Intake) -> Optional[Line]:
    """The end of a history whose person said, before it began or while it was stopped, that they are under 18."""
    texts = conversations.recent_visitor_texts(s, intake.conversation_id, LOOKED_BACK)
    if not any(map(parts.screener.is_minor, texts)):
        return None
    return end_for(Run(s, parts, intake), intakes.UNDER_AGE).lines[0]


def _set_aside(s: Session, conversation_id: str, besides: str) -> None:
    """Stop open requests so that the history comes first; what was given stays."""
    for intake in intakes.conversation_intakes(s, conversation_id):
        if intake.kind != besides and intake.status in intakes.OPEN:
            intakes.set_status(s, intake, "withdrawn")


def _prefill(s: Session, request: Intake) -> None:
    """What the history already says about reaching the person is not asked again; the number only where it is safe, and the
    address first where they chose e-mail."""
    history = next((i for i in intakes.conversation_intakes(s, request.conversation_id) if i.kind == "intake"), None)
    if history is None:
        return
    known = intakes.answers(s, history)
    given = {link: row.values for (_, link), row in known.items() if row.status == "answered" and row.values}
    done = set() if _code(given, "safe-contact") in (None, "yes") else {"reach"}
    sources = sorted(CONTACT, key=lambda pair: pair[0] == "phone") if _code(given, "contact-way") == "email" else CONTACT
    for source, target in sources:
        row = known.get(("intake", source))
        if row is not None and row.status == "answered" and row.values and target not in done:
            _copy(s, request, target, row.values, row.text)
            done.add(target)
    if done:
        intakes.set_state(s, request, {**(request.state or {}), "prefilled": True})


def _code(given: Dict[str, List[Any]], link_id: str) -> Optional[str]:
    """The code of the choice that was made; None where none was."""
    return given[link_id][0].get("code") if link_id in given else None


def take_contact(run: Run, words: str) -> None:
    """What the words that ask for contact say about reaching the person: "call me at 503-555-0147, I'm Dana Reyes"."""
    reach = run.find("callback", "reach")
    number = beside.given(reach, words)
    answer = run.read(reach, number) if number else None
    if answer is None:
        return
    run.keep(reach, answer)
    name = None if run.has("name") else beside.person(words)
    if name:
        item = run.find("callback", "name")
        run.keep(item, run.player.parse(item, name, again=True))
    run.state["prefilled"] = True
    run.remember()


def _copy(s: Session, intake: Intake, link_id: str, values: List[Any], text: Optional[str]) -> None:
    questionnaire = questionnaires(intake.kind)[0]
    item = questionnaire.by_id[link_id]
    intakes.save_answer(
        s, intake, questionnaire.name, questionnaire.version, link_id, item.prompt, "answered", list(values), text
    )
