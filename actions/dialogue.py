"""One turn of a run of questionnaires: take what was given, store it, say what comes next.

The answers in the records are the truth; the run's ``state`` only remembers what a conversation needs: which question
was opened out of order (``current``), what was stored last (``last``), which choices beside a question are offered
(``menu``), how often an answer did not fit (``misses``), and whether the review is shown.
"""
from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any, Callable, Dict, List, Optional, Sequence

from sqlalchemy.orm import Session

from actions.phrases import CONTACT_ME, FOR_ANOTHER, GO_ON, NOTED, STARTERS, WITHDRAWN
from actions.services import Services
from actions.turn import Button, Line, Outcome, button, crisis_line, payload_parts
from bot.handoff import flags, service
from bot.handoff.crisis import take_over
from bot.handoff.runs import questionnaires
from bot.intake import beside, choices, corrections, polarity, review
from bot.intake.answers import Answer, AnswerError, Ending
from bot.intake.corrections import Correction
from bot.intake.helpers import speaks_for_another
from bot.intake.parsing import clean, has_yes_and_no, show
from bot.intake.player import Player
from bot.intake.questionnaire import Item, Option, Questionnaire
from bot.intake.wording import LONG_LIST, gist, has_a_form, label, options, read_differently, shown
from bot.records import intakes
from bot.records.models import Intake

MISSES_BEFORE_HELP = 2
MINUTES = 10  # that a whole history takes, as it is told at its start
SEND = {"intake": "Send my history", "callback": "Send my request", "question": "Send my question"}
SAVED = {
    "intake": "Your history is saved as far as it goes. You can come back to this page and go on where you left off.",
    "callback": "All right. I haven't sent a request, and nobody will contact you because of it.",
    "question": "All right. I haven't sent your question.",
    "note": "All right. I haven't passed anything on.",
}
SEND_UNFINISHED = button("Send what I have so far", "send_unfinished")
NOT_LIVE = "This chat isn't watched live. If you're in danger, call or text 988, or call 911."
UNREACHABLE = (
    "You left no phone number or e-mail address, so nobody can answer you. If you'd like an answer, leave one. To change or "
    "delete your question, write it here."
)
LEAVE_ONE = button("Leave a phone number or e-mail", "add_note")
WHAT_NEXT = "What would you like to do?"
# Without these consents there is no history, but the team may still be asked to get in touch.
CONTACT_WITHOUT = ("consent-share", "consent-not-emergency")
REVIEW_WORDS = ("Yes", "No", "Looks right", "Looks good", "That's right", "Everything is right", "Nothing to change")


class Dialogue:
    """A run as one conversation sees it."""

    def __init__(self, s: Session, parts: Services, intake: Intake, today: Optional[date] = None) -> None:
        self.s = s
        self.parts = parts
        self.intake = intake
        self.state: Dict[str, Any] = dict(intake.state or {})
        rows = intakes.answers(s, intake)
        self.answers = {key: Answer(row.status, list(row.values), row.text) for key, row in rows.items()}
        self.player = Player(questionnaires(intake.kind), self.answers, today=today or date.today())

    # -- what the visitor can do ---------------------------------------------------------------------------------

    def take(self, intent: str, text: str, choice: Optional[str]) -> Outcome:
        """One turn with something the visitor gave: an answer, or a word about the questions."""
        if self.intake.status == "stopped":
            intakes.set_status(self.s, self.intake, "in_progress")
        said_first = self._before_the_answer(intent, text)
        if said_first is not None:
            return said_first
        if intent == "stop" and choice == intakes.UNDER_AGE:
            return self._end_for(choice)
        handler: Optional[Callable[[], Outcome]] = {
            "skip": lambda: self._skip(text),
            "go_back": self._back,
            "why": lambda: self._why(text),
            "repeat": self.ask,
            "stop": self._stop,
            "review": self._open_review,
            "submit": self._submit,
            "progress": self._how_far,
            "start_over": lambda: self._start_over(choice),
            "withdraw_request": lambda: self._withdraw(text),
            "change_answer": lambda: self._change(choice),
        }.get(intent)
        if handler:
            return handler()
        if choice:
            return self._tapped(choice)
        return self._typed(text)

    def _before_the_answer(self, intent: str, text: str) -> Optional[Outcome]:
        """What was typed about something else than the question that waits: a choice that is offered beside it, somebody
        else's history, an earlier answer. None where it is about the question."""
        if not text:
            return None
        if self.state.get("menu"):
            if intent in ("answer", "change_answer") or self._picked(text):
                return self._typed_in_menu(text)
            if intent in ("skip", "go_back", "why"):
                return self.ask()
        if self.intake.kind == "intake" and intent == "answer" and speaks_for_another(text) and not self._tells_of_another():
            return self._for_another(text)
        corrected = self._corrects(intent, text)
        if corrected is None and intent == "change_answer":
            return self._change(None)
        return corrected

    def ask_again(self) -> Outcome:
        """Ask what is open after something else was talked about: a menu is closed, and "that's wrong" means the other."""
        self.state.pop("last", None)
        return self.ask()

    def ask(self, before: Sequence[Line] = ()) -> Outcome:
        """Ask what is open now, after the given lines."""
        self.state.pop("menu", None)
        ending = self.player.ending()
        if ending:
            return self._end(ending, before)
        item = self.current()
        if item is None:
            return self._review(before) if self._needs_review() else self._submit(before)
        if not self.state.get("current"):
            self.state.pop("reviewing", None)  # a question is open again, so what is typed next answers it
        self._remember()
        lines = list(before)
        lines += [Line(intro) for intro in self._intro(item)]
        lines.append(self._question(item))
        return Outcome(lines, pending=pending(item))

    def current(self) -> Optional[Item]:
        """The question that waits: one opened out of order, else the next open one."""
        opened = self.state.get("current")
        if opened:
            item = self._find(*opened)
            if item is not None:
                return item
            self.state.pop("current")
        return self.player.next_item()

    # -- answers -------------------------------------------------------------------------------------------------

    def _typed(self, text: str) -> Outcome:
        if self._reviews():
            return self._typed_in_review(text)
        item = self.current()
        if item is None:
            return self.ask()
        try:
            return self._store(item, self.player.parse(item, text, again=item.link_id in self.state.get("unread", ())), typed=text)
        except AnswerError as error:
            self._keep_unread(item, clean(text))
            return self._did_not_fit(item, error)

    def _tapped(self, choice: str) -> Outcome:
        questionnaire, _, rest = choice.partition("|")
        link_id, _, code = rest.rpartition("|")
        item = self._find(questionnaire, link_id)
        if item is None:
            return self.ask([Line("That question doesn't apply any more.")])
        try:
            return self._store(item, self.player.choose(item, code))
        except AnswerError as error:
            return self._did_not_fit(item, error)

    def _store(self, item: Item, answer: Answer, typed: str = "") -> Outcome:
        changed = self.answers.get(item.key)
        crisis = self._keep(item, answer)
        if crisis:
            return crisis
        lines = []
        if changed and changed.status == "answered" and answer.status == "answered":
            lines.append(Line(f"Changed to: {shown(item, answer)}"))
        elif read_differently(item, answer):
            lines.append(Line(f"Thanks. I noted {shown(item, answer)}. Tell me if that's wrong."))
        return self.ask([*lines, *self._noted_beside(item, typed)])

    def _noted_beside(self, answered: Item, typed: str) -> List[Line]:
        """Keep what the message holds for other open questions and can be taken for nothing else, and say so."""
        if not typed or answered.type == "boolean":  # above all a consent takes nothing besides
            return []
        lines, kept = [], [list(answered.key)]
        for item in self.player.questions():
            words = beside.given(item, typed) if item.key not in self.answers else None
            answer = self._parsed(item, words) if words else None
            if answer is None:
                continue
            self._keep(item, answer)
            kept.append(list(item.key))
            lines.append(Line(f"I also noted this {label(item).lower()}: {shown(item, answer)}. Tell me if that's wrong."))
        self.state["last"] = kept
        return lines

    def _parsed(self, item: Item, text: str) -> Optional[Answer]:
        try:
            return self.player.parse(item, text)
        except AnswerError:
            return None

    def keep(self, text: str) -> Optional[Outcome]:
        """Store what answers the open question without asking on, where something else has to be said first.

        Returns:
            The crisis text, if the answer itself calls for it; else None, also when the text is no answer.
        """
        item = self.current()
        if item is None or self._reviews() or self.state.get("menu"):
            return None
        try:
            crisis = self._keep(item, self.player.parse(item, text))
        except AnswerError:
            self._keep_unread(item, clean(text))
            crisis = None
        self._remember()
        return crisis

    def _keep_unread(self, item: Item, text: str) -> None:
        """Keep words that could not be read, for the answer that follows."""
        intakes.save_unread(
            self.s, self.intake, item.questionnaire, self._version(item), item.link_id, item.prompt, text
        )
        self.state["unread"] = sorted({*self.state.get("unread", ()), item.link_id})

    def _with_unread(self, item: Item, answer: Answer) -> Answer:
        """The answer with what was typed before it: "yes but not at work", then "yes"; both are the person's words."""
        if item.link_id not in self.state.get("unread", ()):
            return answer
        self.state["unread"] = [link_id for link_id in self.state["unread"] if link_id != item.link_id]
        if answer.answered and not has_yes_and_no(item):
            return answer  # a name or a date is what was read; the tries before it stay in the transcript
        words = intakes.unread(self.s, self.intake, item.questionnaire, item.link_id)
        given = answer.text or (show(item, answer) if answer.answered else "")
        return dataclasses.replace(answer, text="; ".join(filter(None, [*words, given])) or None)

    def _keep(self, item: Item, answer: Answer) -> Optional[Outcome]:
        answer = self._with_unread(item, answer)
        intakes.save_answer(
            self.s,
            self.intake,
            item.questionnaire,
            self._version(item),
            item.link_id,
            item.prompt,
            answer.status,
            answer.values,
            answer.text,
        )
        self.answers[item.key] = answer
        self.state["misses"] = 0
        self.state["last"] = [list(item.key)]
        if self.state.get("current") == list(item.key):
            self.state.pop("current")
        category = flags.takeover_category(item.questionnaire, item.link_id, answer.values)
        return self._take_over(item, answer, category) if category else None

    def _did_not_fit(self, item: Item, error: AnswerError) -> Outcome:
        message = error.message
        self.state["misses"] = misses = self.state.get("misses", 0) + 1
        question = self._question(item)
        if misses < MISSES_BEFORE_HELP:
            line = Line(f"{message}\n\n{item.prompt}", question.buttons, "question")
        else:
            why = "" if error.reason == "required" else item.help or ""  # it says so itself
            parts = [message, why, f"For example: {item.example}" if item.example else ""]
            required = self.player.is_required(item)
            ways_on = "You can ask for a person." if required else "You can skip this one, or ask for a person."
            parts += [ways_on, item.prompt]
            person = button("Talk to a person", "talk_to_human")
            line = Line("\n\n".join(part for part in parts if part), question.buttons + [person], "question")
        self._remember()
        return Outcome([line], pending=pending(item))

    def _skip(self, typed: str) -> Outcome:
        item = self.current()
        if item is None:
            return self.ask()
        try:
            return self._store(item, self.player.skip(item), typed=typed)
        except AnswerError as error:
            return self._did_not_fit(item, error)

    def _back(self) -> Outcome:
        before = self.player.previous(self.current())
        if before is None:
            return self.ask([Line("This is the first question.")])
        self.state["current"] = [before.questionnaire, before.link_id]
        return self.ask(self._recalled(before))

    def _why(self, typed: str) -> Outcome:
        item = self.current()
        if item is None:
            return self.ask()
        words = beside.given(item, typed, asked=True)
        answer = self._parsed(item, words) if words else None
        why = item.help or "It helps the team prepare for your first conversation. You can skip what you'd rather not say."
        if answer is None:  # "it's March 4 1987, but why do you need it" gives the date as well
            return self.ask([Line(why)])
        stored = self._store(item, answer)
        return dataclasses.replace(stored, lines=[Line(why), *stored.lines])

    # -- about the questions -------------------------------------------------------------------------------------

    def _how_far(self) -> Outcome:
        asked = self.player.questions()
        left = sum(item.key not in self.answers for item in asked)
        if not left:
            return self.ask([Line("That was the last question. What is left is to look over your answers.")])
        questions = "1 question is" if left == 1 else f"About {left} questions are"
        time = ""
        if self.intake.kind == "intake":
            minutes = max(1, round(MINUTES * left / len(asked)))
            time = f", about {minutes} minute{'s' if minutes > 1 else ''}"
        return self.ask([Line(f"{questions} left{time}. You can stop at any time; what you gave is kept.")])

    def _start_over(self, choice: Optional[str]) -> Outcome:
        """"Start over" may mean the answer before or everything; what was given stays in the records."""
        if choice == "anew":
            intakes.set_status(self.s, self.intake, "withdrawn")
            anew = intakes.start_intake(self.s, self.intake.conversation_id, self.intake.kind)
            return Dialogue(self.s, self.parts, anew, self.player.today).ask([Line("All right, from the beginning.")])
        buttons = [
            button("Begin anew", "start_over", "anew"),
            button("Go on", "repeat"),
            button("Answer the last one again", "go_back"),  # the last, so that "the last one" means it
        ]
        return self._offer("Would you like to begin anew, or only answer the last question again?", buttons)

    def _tells_of_another(self) -> bool:
        """Whether a story is told here, once it is known that somebody helps: "I'm his wife, and he wakes up shouting"."""
        item = self.current()
        return self._reviews() or item is None or item.type == "text" and bool(self.state.get("helper"))

    def _for_another(self, text: str) -> Outcome:
        """Somebody answers for another: no consent is taken from them, and staff hear of it."""
        self.state["helper"] = self.state.get("helper") or clean(text)
        item = self.current()
        if item is not None and item.type == "text":
            self._keep_unread(item, clean(text))
        return self.ask([Line(FOR_ANOTHER, [CONTACT_ME])])

    def _offer(self, text: str, buttons: Sequence[Button], before: Sequence[Line] = (), also: Sequence[str] = ()) -> Outcome:
        """Offer choices beside the questions; what is typed next is read as one of them first.

        Args:
            also: further texts that name one of the choices.
        """
        self.state["menu"] = {"text": text, "buttons": list(buttons)}
        self._remember()
        return Outcome([*before, Line(text, list(buttons), "question")], pending=_pending_choice("menu", buttons, also))

    def _typed_in_menu(self, text: str) -> Outcome:
        menu, label = self.state["menu"], self._label(text)
        corrected = self._corrects("change_answer", text) if label is None else None
        if corrected is not None:
            return corrected
        picked = label or self._picked(text)
        if picked is not None:
            intent, choice = payload_parts(picked["payload"])
            return self.take(intent, "", choice)
        fitting = self._taking([item for item, _ in self.player.review()], text)
        if len(fitting) == 1:
            return self._set(fitting[0], Correction(text))
        if fitting:
            return self._offer("Which of these?", [_change_button(item) for item in fitting])
        if review.leaves_as_is(text):
            return self.ask()
        not_understood = Line("I couldn't tell which of these you mean by that.")
        return self._offer(menu["text"], menu["buttons"], [not_understood], self._answer_names())

    def _label(self, text: str) -> Optional[Button]:
        """The choice of the menu whose words were typed."""
        said = polarity.normalise(text)
        return next((b for b in self.state["menu"]["buttons"] if polarity.normalise(b["title"]) == said), None)

    def _picked(self, text: str) -> Optional[Button]:
        """The choice of the menu that was meant: "the first one", "about me"."""
        offered = {b["payload"]: b for b in self.state["menu"]["buttons"]}  # no numbers, so that those are places in the list
        try:
            return offered[choices.match([Option(p, b["title"], None, b["title"]) for p, b in offered.items()], text).code]
        except AnswerError:
            return None

    # -- corrections ---------------------------------------------------------------------------------------------

    def _corrects(self, intent: str, text: str) -> Optional[Outcome]:
        """Change the earlier answer that the text corrects, then ask again what waits; None where it corrects none."""
        waiting = None if self._reviews() or self.state.get("menu") else self.current()
        if intent == "change_answer" or corrections.says_wrong(text) and waiting is not None:
            given = [item for item, _ in self.player.review()]
            named = corrections.named(text, [*given, waiting] if waiting and waiting not in given else given)
            if named:
                return self._set(*named)
        last = [item for key in self.state.get("last", ()) for item in [self._find(*key)] if item]
        found = corrections.of_the_last(text)
        if not last or found is None or self._reviews() or self.state.get("menu"):
            return None
        fitting = self._taking(last, found.value)
        if corrections.contradicts(text):
            if not fitting and len(last) > 1:
                return self._offer("Which of these?", [_change_button(item) for item in last])
            return self._set((fitting or last)[-1], found)
        if not fitting or waiting is not None and self._may_answer(waiting, text, found.value):
            return None
        return self._set(fitting[-1], found)

    def _taking(self, items: Sequence[Item], text: str) -> List[Item]:
        """The items whose answers have a form, and this one."""
        return [item for item in items if text and has_a_form(item) and self._parsed(item, text)]

    def _may_answer(self, waiting: Item, text: str, value: str) -> bool:
        """Whether the question that waits has a form of its own and takes the text, so that it is not about the last."""
        free = waiting.type in ("string", "text", "open-choice") and not waiting.answer_format
        return not free and any(self._parsed(waiting, words) for words in (text, value))

    def _set(self, item: Item, correction: Correction) -> Outcome:
        """Take a new value where one is given and fits; else open the question again."""
        if item.type == "text" and correction.led:  # a long answer is not replaced by a few words of another message
            self._keep_unread(item, correction.value)
        if item.type == "text" or not correction.value or not (has_a_form(item) or correction.brief):
            return self._reopen(item.key)
        try:
            return self._store(item, self.player.parse(item, correction.value))
        except AnswerError as error:
            self._keep_unread(item, correction.value)
            return self._reopen(item.key, [Line(error.message)] if correction.led else [])

    # -- the end of a run ----------------------------------------------------------------------------------------

    def _reviews(self) -> bool:
        """Whether the review is shown and waits for a word about it."""
        return bool(self.state.get("reviewing")) and not self.state.get("current")

    def _needs_review(self) -> bool:
        return self.intake.kind == "intake" or bool(self.state.get("prefilled"))

    def _open_review(self) -> Outcome:
        return self._review() if self.answers else self.ask()

    def _review(self, before: Sequence[Line] = ()) -> Outcome:
        self.state["reviewing"] = True
        for closed in ("current", "menu"):
            self.state.pop(closed, None)
        self._remember()
        done = self.player.next_item() is None
        rows = [f"{self._title(item)}\n{shown(item, answer)}" for item, answer in self.player.review()]
        closing = "Is this right?" if done else "This is what I have so far."
        text = "Here is what you told me.\n\n" + "\n\n".join(rows) + f"\n\n{closing}"
        first = button(SEND[self.intake.kind], "submit") if done else button("Go on", "repeat")
        buttons = [first, button("Change an answer", "change_answer"), button("Save and stop", "stop")]
        return Outcome([*before, Line(text, buttons, "question")], pending=_pending_choice("review", buttons, REVIEW_WORDS))

    def _typed_in_review(self, text: str) -> Outcome:
        label = {"save and stop": self._stop, "go on": self.ask}.get(polarity.normalise(text))
        if label is not None:
            return label()
        if review.agrees(text):
            return self._submit()
        corrected = self._corrects("change_answer", text)
        if corrected is not None:
            return corrected
        return self._change(None, [] if review.disagrees(text) else [Line("I couldn't tell which answer you mean by that.")])

    def _change(self, choice: Optional[str], before: Sequence[Line] = ()) -> Outcome:
        """Open the answer that was tapped, else offer them part by part."""
        if choice and "|" in choice:
            return self._reopen(choice.split("|", 1))
        sections = self._sections()
        text = "Which answer?" if choice in sections else "Which part would you like to change?"
        buttons = (
            [_change_button(item) for item in sections[choice]]
            if choice in sections
            else [button(title, "change_answer", title) for title in sections]
        )
        buttons.append(button("Back to the review", "review"))
        return self._offer(text, buttons, before, self._answer_names())

    def _answer_names(self) -> List[str]:
        """All that the answers given so far may be called."""
        return [name for item, _ in self.player.review() for name in item.names]

    def _reopen(self, key: Sequence[str], before: Sequence[Line] = ()) -> Outcome:
        item = self._find(*key)
        if item is None:
            return self._review()
        self.state["current"] = list(item.key)
        return self.ask([*before, *self._recalled(item)])

    def _submit(self, before: Sequence[Line] = ()) -> Outcome:
        if self.player.next_item() is not None:
            return self.ask([Line("There are a few questions left. You can skip any that you'd rather not answer.")])
        if self.intake.kind == "note" and not self._has("note"):
            return self._stop()
        send = {
            "intake": service.submit_intake,
            "callback": service.request_callback,
            "question": service.pass_question,
            "note": service.send_note,
        }[self.intake.kind]
        self._remember()
        send(self.s, self.intake, settings=self.parts.settings)
        lines = [*before, Line(self._what_happens_next())]
        waiting = intakes.current_intake(self.s, self.intake.conversation_id, kind="intake")
        if waiting is not None:
            lines.append(
                Line("Would you like to go on with your history?", [GO_ON])
            )
        else:
            leave_one = [LEAVE_ONE] if self.intake.kind == "question" and not self._has("reach") else []
            lines.append(Line(WHAT_NEXT, [*leave_one, *STARTERS]))
        return Outcome(lines, goes_on=False)

    def _what_happens_next(self) -> str:
        kind = self.intake.kind
        if kind == "note":
            return NOTED
        if kind == "question" and not self._has("reach"):
            return f"I've passed your question to the team. {UNREACHABLE} {NOT_LIVE}"
        sent = {
            "intake": "Thank you. Your history has been sent to the clinic's team, and they will read it before they talk "
            "with you.",
            "callback": "I've asked the team to contact you.",
            "question": "I've passed your question to the team.",
        }[kind]
        return f"{sent} {self._next_steps(promise='' if kind == 'callback' else 'The team will contact you.')}"

    def _next_steps(self, promise: str) -> str:
        """By when they hear from the team, else that they do, how to change it, and what this chat is not."""
        clinic = self.parts.clinic
        phone = clinic.get("phone")
        change = f"To change or delete it, write it here or call {phone}." if phone else (
            "To change or delete it, write it here or tell the team when they contact you."
        )
        return " ".join(filter(None, [clinic.get("response_time") or promise, change, NOT_LIVE]))

    def _withdraw(self, text: str) -> Outcome:
        """What was sent before is taken back; what is being asked for now is not sent, unless it is the history."""
        told = service.add_note(
            self.s, self.intake.conversation_id, words=text, withdraws=True, settings=self.parts.settings
        )
        if told and self.intake.kind == "intake":
            return self.ask([Line(WITHDRAWN)])
        stopped = self._stop()
        return Outcome([Line(WITHDRAWN, list(STARTERS))], goes_on=False) if told else stopped

    def _stop(self) -> Outcome:
        intakes.set_status(self.s, self.intake, "withdrawn" if self.intake.kind == "note" else "stopped")
        self._remember()
        buttons = list(STARTERS)
        if self.intake.kind == "intake":
            sendable = [SEND_UNFINISHED] if self.reachable() else []
            buttons = [GO_ON, *sendable, *buttons]
        return Outcome([Line(SAVED[self.intake.kind], buttons)], goes_on=False)

    def reachable(self) -> bool:
        """Whether the team would know whom to contact, and how. Consent comes before these questions."""
        return self._has("name") and (self._has("phone") or self._has("email"))

    def _has(self, link_id: str) -> bool:
        """Whether a question was answered."""
        return any(answer.answered for (_, known), answer in self.answers.items() if known == link_id)

    def send_unfinished(self) -> Line:
        """Hand over a history as far as it goes, at the visitor's wish; it can still be finished."""
        if not self.reachable():
            return Line(
                "I don't have your name and a way to reach you yet, so the team couldn't answer. Nothing has been sent.",
                [GO_ON, *STARTERS],
            )
        service.send_unfinished(self.s, self.intake, settings=self.parts.settings)
        return Line(
            f"I've sent what you gave so far. {self._next_steps(promise='The team will contact you.')}",
            [GO_ON, *STARTERS],
        )

    def _end_for(self, code: str) -> Outcome:
        """End the run in the words of the questionnaire's ending of this code, whatever was told it otherwise."""
        endings = ((rule, item) for q in self.player.questionnaires for item in q.flat for rule in item.end_when)
        rule, item = next((rule, item) for rule, item in endings if rule.code == code)
        return self._end(Ending(code, rule.text, item.questionnaire, item.link_id), ())

    def _end(self, ending: Ending, before: Sequence[Line]) -> Outcome:
        self.state["ended"] = ending.code
        self._remember()
        intakes.set_status(self.s, self.intake, "ended")
        phone = self.parts.clinic.get("phone")
        by_team = ending.link_id in CONTACT_WITHOUT
        route = f"You can call the clinic at {phone}." if phone else "You can contact the clinic directly."
        if by_team:
            route += " Or I can ask the team to contact you."
        line = Line(f"{ending.text} {route}", list(STARTERS if by_team else STARTERS[:1]))
        return Outcome([*before, line], goes_on=False)

    def _take_over(self, item: Item, answer: Answer, category: str) -> Outcome:
        self._remember()
        reply = take_over(
            self.s,
            self.intake.conversation_id,
            category=category,
            rule=f"{item.questionnaire}/{item.link_id}",
            version=self._version(item),
            words=f"{item.prompt} {shown(item, answer)}",
            replies=self.parts.replies,
            settings=self.parts.settings,
            clinic=self.parts.clinic,
        )
        return Outcome([crisis_line(reply)], goes_on=False)

    # -- wording -------------------------------------------------------------------------------------------------

    def _question(self, item: Item) -> Line:
        answers = options(item)
        buttons: List[Button] = []
        if len(answers) <= LONG_LIST:
            prefix = f"{item.questionnaire}|{item.link_id}|"
            buttons = [button(words, "answer", prefix + code) for code, words in answers]
        if item.help:
            buttons.append(button("Why do you ask?", "why"))
        if not self.player.is_required(item):
            buttons.append(button("Skip", "skip"))
        if self.player.previous(item) is not None:
            buttons.append({**button("Back", "go_back"), "id": "back"})
        return Line(item.prompt, buttons, "question")

    def _intro(self, item: Item) -> List[str]:
        """Texts of the groups and displays that stand before a question, each shown once in a run."""
        shown = set(self.state.get("shown", ()))
        stem = self.player.stem(item)  # stands before each of its questions, as the instrument prints it
        fresh = [text for text in self.player.item_intro(item) if text not in shown or text == stem]
        if fresh:
            self.state["shown"] = sorted(shown | set(fresh))
            self._remember()
        return fresh

    def _recalled(self, item: Item) -> List[Line]:
        answer = self.answers.get(item.key)
        if answer is None or answer.status != "answered":
            return []
        replaced = "\n\nWhat you write now takes its place." if item.type == "text" else ""
        return [Line(f"You said: {shown(item, answer)}{replaced}")]

    # -- bookkeeping ---------------------------------------------------------------------------------------------

    def _find(self, questionnaire: str, link_id: str) -> Optional[Item]:
        """The item, if this run has it and it is enabled now."""
        try:
            item = self.player.item(questionnaire, link_id)
        except KeyError:
            return None
        return item if self.player.is_enabled(item) else None

    def _sections(self) -> Dict[str, List[Item]]:
        """What was answered or skipped, by the part of the questionnaire it stands in."""
        sections: Dict[str, List[Item]] = {}
        for item, _ in self.player.review():
            questionnaire = self._questionnaire(item)
            top = next(top for top in questionnaire.items if item in top.walk())
            title = top.short if top.type == "group" and top.short else questionnaire.title
            sections.setdefault(title, []).append(item)
        return sections

    def _title(self, item: Item) -> str:
        """What stands over an answer in the review: the short title, else the question as its group makes it whole."""
        return item.short or " ".join(filter(None, (self.player.stem(item), gist(item.prompt))))

    def _questionnaire(self, item: Item) -> Questionnaire:
        return next(q for q in self.player.questionnaires if q.name == item.questionnaire)

    def _version(self, item: Item) -> str:
        return self._questionnaire(item).version

    def _remember(self) -> None:
        if self.state != (self.intake.state or {}):
            intakes.set_state(self.s, self.intake, self.state)


def pending(item: Item) -> Dict[str, Any]:
    """The question that waits, as the slot ``pending`` holds it: with all that an option may be called."""
    labels = [words for _, words in options(item)]
    questionnaire, link_id = item.questionnaire, item.link_id
    if questionnaire == "note":  # as where a question is asked for: whatever is said is meant for the team
        questionnaire = link_id = "question"
    return {
        "questionnaire": questionnaire,
        "link_id": link_id,
        "type": item.type,
        "options": [*labels, *(name for option in item.options for name in option.synonyms)],
        "format": item.answer_format,
    }


def _pending_choice(name: str, buttons: Sequence[Button], also: Sequence[str] = ()) -> Dict[str, Any]:
    labels = [*(b["title"] for b in buttons), *also]
    return {"questionnaire": "", "link_id": name, "type": "choice", "options": labels, "format": None}


def _change_button(item: Item) -> Button:
    return button(label(item), "change_answer", f"{item.questionnaire}|{item.link_id}")
