"""One turn of a run of questionnaires: take what was given, store it, say what comes next.

The answers in the records are the truth; the run's ``state`` only remembers what a conversation needs: which question
was opened out of order (``current``), how often an answer did not fit (``misses``), and whether the review is shown.
"""
from __future__ import annotations

import dataclasses
import re
from datetime import date
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from sqlalchemy.orm import Session

from actions.services import Services
from actions.turn import Button, button
from bot.handoff import flags, service
from bot.handoff.crisis import take_over
from bot.handoff.runs import questionnaires
from bot.intake.answers import Answer, AnswerError
from bot.intake.parsing import clean, show
from bot.intake.player import Player
from bot.intake.questionnaire import Item, Questionnaire
from bot.records import intakes
from bot.records.models import Intake

MOST_BUTTONS = 8  # a longer list of options is typed, with the list read out
MISSES_BEFORE_HELP = 2
SEND = {"intake": "Send my history", "callback": "Send my request", "question": "Send my question"}
SAVED = {
    "intake": "Your history is saved as far as it goes. You can come back to this page and go on where you left off.",
    "callback": "All right. I haven't sent a request, and nobody will contact you because of it.",
    "question": "All right. I haven't sent your question.",
}
SEND_UNFINISHED = button("Send what I have so far", "send_unfinished")
WHAT_NEXT = "What would you like to do?"
STARTERS = (button("Ask a question", "ask_question"), button("Contact me", "talk_to_human"))

Key = Tuple[str, str]  # (questionnaire, linkId)


@dataclasses.dataclass
class Line:
    """Something to say."""

    text: str
    buttons: List[Button] = dataclasses.field(default_factory=list)
    kind: str = "message"


@dataclasses.dataclass
class Outcome:
    """What a turn leads to: what is said, the question that now waits, and whether the form goes on."""

    lines: List[Line]
    pending: Optional[Dict[str, Any]] = None
    goes_on: bool = True


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
        handler: Optional[Callable[[], Outcome]] = {
            "skip": self._skip,
            "go_back": self._back,
            "why": self._why,
            "repeat": self.ask,
            "stop": self._stop,
            "review": self._open_review,
            "submit": self._submit,
        }.get(intent)
        if handler:
            return handler()
        if intent == "change_answer":
            return self._change(choice, text)
        if choice:
            return self._tapped(choice)
        return self._typed(text)

    def ask(self, before: Sequence[Line] = ()) -> Outcome:
        """Ask what is open now, after the given lines."""
        ending = self.player.ending()
        if ending:
            return self._end(ending.code, ending.text, before)
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
            return self._store(item, self.player.parse(item, text))
        except AnswerError as error:
            self._keep_unread(item, clean(text))
            return self._did_not_fit(item, error.message)

    def _tapped(self, choice: str) -> Outcome:
        questionnaire, _, rest = choice.partition("|")
        link_id, _, code = rest.rpartition("|")
        item = self._find(questionnaire, link_id)
        if item is None:
            return self.ask([Line("That question doesn't apply any more.")])
        try:
            return self._store(item, self.player.choose(item, code))
        except AnswerError as error:
            return self._did_not_fit(item, error.message)

    def _store(self, item: Item, answer: Answer, before: Sequence[Line] = ()) -> Outcome:
        changed = self.answers.get((item.questionnaire, item.link_id))
        crisis = self._keep(item, answer)
        if crisis:
            return crisis
        lines = list(before)
        if changed and changed.status == "answered" and answer.status == "answered":
            lines.append(Line(f"Changed to: {self._shown(answer, item)}"))
        elif _read_differently(item, answer):
            lines.append(Line(f"Thanks. I noted {self._shown(answer, item)}. Tell me if that's wrong."))
        return self.ask(lines)

    def keep(self, text: str) -> Optional[Outcome]:
        """Store what answers the open question without asking on, where something else has to be said first.

        Returns:
            The crisis text, if the answer itself calls for it; else None, also when the text is no answer.
        """
        item = self.current()
        if item is None or self._reviews():
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
        self.answers[(item.questionnaire, item.link_id)] = answer
        self.state["misses"] = 0
        self.state.pop("current", None)
        category = flags.takeover_category(item.questionnaire, item.link_id, answer.values)
        return self._take_over(item, answer, category) if category else None

    def _did_not_fit(self, item: Item, message: str) -> Outcome:
        self.state["misses"] = misses = self.state.get("misses", 0) + 1
        question = self._question(item)
        if misses < MISSES_BEFORE_HELP:
            line = Line(f"{message}\n\n{item.prompt}", question.buttons, "question")
        else:
            parts = [message, item.help or "", f"For example: {item.example}" if item.example else ""]
            required = self.player.is_required(item)
            ways_on = "You can ask for a person." if required else "You can skip this one, or ask for a person."
            parts += [ways_on, item.prompt]
            person = button("Talk to a person", "talk_to_human")
            line = Line("\n\n".join(part for part in parts if part), question.buttons + [person], "question")
        self._remember()
        return Outcome([line], pending=pending(item))

    def _skip(self) -> Outcome:
        item = self.current()
        if item is None:
            return self.ask()
        try:
            return self._store(item, self.player.skip(item))
        except AnswerError as error:
            return self._did_not_fit(item, error.message)

    def _back(self) -> Outcome:
        before = self.player.previous(self.current())
        if before is None:
            return self.ask([Line("This is the first question.")])
        self.state["current"] = [before.questionnaire, before.link_id]
        return self.ask(self._recalled(before))

    def _why(self) -> Outcome:
        item = self.current()
        if item is None:
            return self.ask()
        why = item.help or "It helps the team prepare for your first conversation. You can skip what you'd rather not say."
        return self.ask([Line(why)])

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
        self.state.pop("current", None)
        self._remember()
        done = self.player.next_item() is None
        rows = [f"{_gist(item.prompt)}\n{self._shown(answer, item)}" for item, answer in self.player.review()]
        closing = "Is this right?" if done else "This is what I have so far."
        text = "Here is what you told me.\n\n" + "\n\n".join(rows) + f"\n\n{closing}"
        first = button(SEND[self.intake.kind], "submit") if done else button("Go on", "repeat")
        buttons = [first, button("Change an answer", "change_answer"), button("Save and stop", "stop")]
        return Outcome([*before, Line(text, buttons, "question")], pending=_pending_choice("review", buttons))

    def _typed_in_review(self, text: str) -> Outcome:
        said = text.strip().lower().rstrip(".!")
        if said in {"yes", "y", "yeah", "yep", "send", "send it", "ok", "okay", "correct", "looks good", "right"}:
            return self._submit()
        if said in {"no", "n", "nope", "wrong"}:
            return self._change(None, "")
        return self._change(None, text)

    def _change(self, choice: Optional[str], text: str) -> Outcome:
        """Find the answer to change: a tapped one, one that the text names, else offer them part by part."""
        reviewed = self.player.review()
        if choice and "|" in choice:
            return self._reopen(choice.split("|", 1))
        named = _named(text, [item for item, _ in reviewed])
        if named:
            return self._reopen((named.questionnaire, named.link_id))
        sections = self._sections()
        if choice in sections:
            buttons = [
                button(_short(item.prompt), "change_answer", f"{item.questionnaire}|{item.link_id}")
                for item in sections[choice]
            ]
            buttons.append(button("Back to the review", "review"))
            return Outcome([Line("Which answer?", buttons, "question")], pending=_pending_choice("change", buttons))
        buttons = [button(title, "change_answer", title) for title in sections]
        buttons.append(button("Back to the review", "review"))
        line = Line("Which part would you like to change?", buttons, "question")
        return Outcome([line], pending=_pending_choice("change", buttons))

    def _reopen(self, key: Sequence[str]) -> Outcome:
        item = self._find(*key)
        if item is None:
            return self._review()
        self.state["current"] = [item.questionnaire, item.link_id]
        return self.ask(self._recalled(item))

    def _submit(self, before: Sequence[Line] = ()) -> Outcome:
        if self.player.next_item() is not None:
            return self.ask([Line("There are a few questions left. You can skip any that you'd rather not answer.")])
        send = {
            "intake": service.submit_intake,
            "callback": service.request_callback,
            "question": service.pass_question,
        }[self.intake.kind]
        self._remember()
        send(self.s, self.intake, settings=self.parts.settings)
        lines = [*before, Line(self._what_happens_next())]
        waiting = intakes.current_intake(self.s, self.intake.conversation_id, kind="intake")
        if waiting is not None:
            lines.append(
                Line("Would you like to go on with your history?", [button("Go on with my history", "resume_intake")])
            )
        else:
            lines.append(Line(WHAT_NEXT, list(STARTERS)))
        return Outcome(lines, goes_on=False)

    def _what_happens_next(self) -> str:
        sent = {
            "intake": "Thank you. Your history has been sent to the clinic's team, and they will read it before they talk "
            "with you.",
            "callback": "I've asked the team to contact you.",
            "question": "I've passed your question to the team.",
        }[self.intake.kind]
        return f"{sent} {self._next_steps()}"

    def _next_steps(self) -> str:
        clinic = self.parts.clinic
        answer_time = clinic.get("response_time") or "The team will contact you."
        phone = clinic.get("phone")
        change = f"To change or delete it, write it here or call {phone}." if phone else (
            "To change or delete it, write it here or tell the team when they contact you."
        )
        return f"{answer_time} {change} This chat isn't watched live. If you're in danger, call or text 988, or call 911."

    def _stop(self) -> Outcome:
        intakes.set_status(self.s, self.intake, "stopped")
        self._remember()
        buttons = list(STARTERS)
        if self.intake.kind == "intake":
            sendable = [SEND_UNFINISHED] if self.reachable() else []
            buttons = [button("Go on with my history", "resume_intake"), *sendable, *buttons]
        return Outcome([Line(SAVED[self.intake.kind], buttons)], goes_on=False)

    def reachable(self) -> bool:
        """Whether the team would know whom to contact, and how. Consent comes before these questions."""
        known = {link_id for (_, link_id), answer in self.answers.items() if answer.status == "answered"}
        return "name" in known and bool(known & {"phone", "email"})

    def send_unfinished(self) -> Line:
        """Hand over a history as far as it goes, at the visitor's wish; it can still be finished."""
        if not self.reachable():
            return Line(
                "I don't have your name and a way to reach you yet, so the team couldn't answer. Nothing has been sent.",
                [button("Go on with my history", "resume_intake"), *STARTERS],
            )
        service.send_unfinished(self.s, self.intake, settings=self.parts.settings)
        return Line(
            f"I've sent what you gave so far. {self._next_steps()}",
            [button("Go on with my history", "resume_intake"), *STARTERS],
        )

    def end_for(self, code: str) -> Outcome:
        """End the run in the words of the questionnaire's ending of this code, whatever was told it otherwise."""
        endings = (rule for q in self.player.questionnaires for item in q.flat for rule in item.end_when)
        return self._end(code, next(rule.text for rule in endings if rule.code == code), ())

    def _end(self, code: str, text: str, before: Sequence[Line]) -> Outcome:
        self.state["ended"] = code
        self._remember()
        intakes.set_status(self.s, self.intake, "ended")
        phone = self.parts.clinic.get("phone")
        route = f"You can call the clinic at {phone}." if phone else "Please contact the clinic directly."
        line = Line(f"{text} {route}", [button("Ask a question", "ask_question")])
        return Outcome([*before, line], goes_on=False)

    def _take_over(self, item: Item, answer: Answer, category: str) -> Outcome:
        self._remember()
        reply = take_over(
            self.s,
            self.intake.conversation_id,
            category=category,
            rule=f"{item.questionnaire}/{item.link_id}",
            version=self._version(item),
            words=f"{item.prompt} {self._shown(answer, item)}",
            replies=self.parts.replies,
            settings=self.parts.settings,
            clinic=self.parts.clinic,
        )
        return Outcome([crisis_line(reply)], goes_on=False)

    # -- wording -------------------------------------------------------------------------------------------------

    def _question(self, item: Item) -> Line:
        options = _options(item)
        buttons: List[Button] = []
        if len(options) <= MOST_BUTTONS:
            prefix = f"{item.questionnaire}|{item.link_id}|"
            buttons = [button(label, "answer", prefix + code) for code, label in options]
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
        answer = self.answers.get((item.questionnaire, item.link_id))
        if answer is None or answer.status != "answered":
            return []
        return [Line(f"You said: {self._shown(answer, item)}")]

    def _shown(self, answer: Answer, item: Item) -> str:
        if answer.status != "answered":
            return "(skipped)"
        return show(item, answer) or answer.text or ""

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
            title = top.link_id.replace("-", " ").capitalize() if top.type == "group" else questionnaire.title
            sections.setdefault(title, []).append(item)
        return sections

    def _questionnaire(self, item: Item) -> Questionnaire:
        return next(q for q in self.player.questionnaires if q.name == item.questionnaire)

    def _version(self, item: Item) -> str:
        return self._questionnaire(item).version

    def _remember(self) -> None:
        if self.state != (self.intake.state or {}):
            intakes.set_state(self.s, self.intake, self.state)


def crisis_line(reply: Any) -> Line:
    """A safety reply as a line; its choices keep the ids the chat page knows."""
    return Line(
        reply.text,
        [{"id": c["id"], "title": c["label"], "payload": f"/{c['id']}"} for c in reply.choices],
        reply.kind,
    )


def _options(item: Item) -> List[Tuple[str, str]]:
    if item.type == "boolean":
        return [("true", "Yes"), ("false", "No")]
    return [(option.code, option.display) for option in item.options]


def pending(item: Item) -> Dict[str, Any]:
    """The question that waits, as the slot ``pending`` holds it: with all that an option may be called."""
    labels = [label for _, label in _options(item)]
    return {
        "questionnaire": item.questionnaire,
        "link_id": item.link_id,
        "type": item.type,
        "options": [*labels, *(name for option in item.options for name in option.synonyms)],
        "format": item.answer_format,
    }


def _pending_choice(name: str, buttons: Sequence[Button]) -> Dict[str, Any]:
    return {"questionnaire": "", "link_id": name, "type": "choice", "options": [b["title"] for b in buttons], "format": None}


def _named(text: str, items: Sequence[Item]) -> Optional[Item]:
    """The item whose link id or section words stand in the text, if there is exactly one best."""
    words = {w.strip(".,!?").lower() for w in text.split()} - {"change", "my", "the", "a", "answer", "to", "please", "i"}
    best: Dict[int, List[Item]] = {}
    for item in items:
        hits = len(words & set(item.link_id.lower().replace("-", " ").split()))
        if hits:
            best.setdefault(hits, []).append(item)
    top = best[max(best)] if best else []
    return top[0] if len(top) == 1 else None


def _read_differently(item: Item, answer: Answer) -> bool:
    """Whether what was kept looks other than what was typed, so that it is said back."""
    if not answer.text or item.type in ("boolean", "text") or len(item.options) <= MOST_BUTTONS and item.options:
        return False
    return re.sub(r"\W", "", show(item, answer)).lower() != re.sub(r"\W", "", answer.text).lower()


def _gist(text: str) -> str:
    """The question itself where a longer text leads up to it."""
    if len(text) <= 120:
        return text
    return next((part for part in re.split(r"(?<=[.?]) ", text) if part.endswith("?")), text)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…"
