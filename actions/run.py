"""A run of questionnaires as one conversation has it: its answers, what is remembered of it, and a player over both.

The answers in the records are the truth. The run's ``state`` only remembers what a conversation needs:

    current     the question that was opened out of order
    last        the questions that the latest message answered: "that's wrong" is about these
    menu        the choices that are offered beside the questions
    misses      how often an answer did not fit
    unread      questions to which something was typed that could not be read
    shown       texts of groups and displays that were shown
    reviewing   the review is shown
    prefilled   what another run knew was taken over, so that it is looked over before it is sent
    helper      the words of somebody who answers for another
    notes       what was said besides the answers and belongs to none, for staff
    ended       the code of the answer that ended the run
"""
from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any, Dict, List, Optional

from sqlalchemy.orm import Session

from actions.services import Services
from bot.handoff.runs import questionnaires
from bot.intake.answers import Answer, AnswerError
from bot.intake.parsing import clean, has_yes_and_no, show
from bot.intake.player import Player
from bot.intake.questionnaire import Item, Questionnaire
from bot.records import intakes
from bot.records.models import Intake


class Run:
    """One run within one turn.

    Args:
        s: the session in which the whole turn is kept.
        today: the visitor's date; the server's where it is not given.
    """

    def __init__(self, s: Session, parts: Services, intake: Intake, today: Optional[date] = None) -> None:
        self.s = s
        self.parts = parts
        self.intake = intake
        self.kind: str = intake.kind
        self.state: Dict[str, Any] = dict(intake.state or {})
        rows = intakes.answers(s, intake)
        self.answers = {key: Answer(row.status, list(row.values), row.text) for key, row in rows.items()}
        self.player = Player(questionnaires(intake.kind), self.answers, today=today or date.today())

    # -- where it is ---------------------------------------------------------------------------------------------

    def current(self) -> Optional[Item]:
        """The question that waits: one opened out of order, else the next open one."""
        opened = self.state.get("current")
        if opened:
            item = self.find(*opened)
            if item is not None:
                return item
            self.state.pop("current")
        return self.player.next_item()

    def find(self, questionnaire: str, link_id: str) -> Optional[Item]:
        """The item, if this run has it and it is enabled now."""
        try:
            item = self.player.item(questionnaire, link_id)
        except KeyError:
            return None
        return item if self.player.is_enabled(item) else None

    def last(self) -> List[Item]:
        """The questions that the latest message answered."""
        return [item for key in self.state.get("last", ()) for item in [self.find(*key)] if item]

    def done(self) -> List[Item]:
        """What was answered or skipped, in the order of the questionnaire."""
        return [item for item, _ in self.player.review()]

    def names(self) -> List[str]:
        """All that the answers given so far may be called."""
        return [name for item in self.done() for name in item.names]

    def in_review(self) -> bool:
        """Whether the review is shown and waits for a word about it."""
        return bool(self.state.get("reviewing")) and not self.state.get("current")

    def has(self, link_id: str) -> bool:
        """Whether a question was answered."""
        return any(answer.answered for (_, known), answer in self.answers.items() if known == link_id)

    def reachable(self) -> bool:
        """Whether the team would know whom to contact, and how. Consent comes before these questions."""
        return self.has("name") and (self.has("phone") or self.has("email"))

    def questionnaire(self, item: Item) -> Questionnaire:
        """The questionnaire that the item belongs to."""
        return next(q for q in self.player.questionnaires if q.name == item.questionnaire)

    # -- what is kept --------------------------------------------------------------------------------------------

    def read(self, item: Item, text: str) -> Optional[Answer]:
        """The text as an answer to the item; None where it is none."""
        try:
            return self.player.parse(item, text)
        except AnswerError:
            return None

    def keep(self, item: Item, answer: Answer) -> Answer:
        """Store an answer, with the words that were typed before it; returns it as it was stored."""
        answer = self._with_unread(item, answer)
        intakes.save_answer(
            self.s,
            self.intake,
            item.questionnaire,
            self.questionnaire(item).version,
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
        return answer

    def keep_unread(self, item: Item, text: str) -> None:
        """Keep words that could not be read, for the answer that follows."""
        intakes.save_unread(
            self.s, self.intake, item.questionnaire, self.questionnaire(item).version, item.link_id, item.prompt, clean(text)
        )
        self.state["unread"] = sorted({*self.state.get("unread", ()), item.link_id})

    def note(self, text: str) -> None:
        """Keep words that belong to no answer, for staff."""
        self.state["notes"] = [*self.state.get("notes", ()), clean(text)]

    def is_unread(self, item: Item) -> bool:
        """Whether something was typed to the question that could not be read, and it has no answer since."""
        return item.link_id in self.state.get("unread", ())

    def _with_unread(self, item: Item, answer: Answer) -> Answer:
        """The answer with what was typed before it: "yes but not at work", then "yes"; both are the person's words."""
        if not self.is_unread(item):
            return answer
        self.state["unread"] = [link_id for link_id in self.state["unread"] if link_id != item.link_id]
        if answer.answered and not has_yes_and_no(item):
            return answer  # a name or a date is what was read; the tries before it stay in the transcript
        words = intakes.unread(self.s, self.intake, item.questionnaire, item.link_id)
        given = answer.text or (show(item, answer) if answer.answered else "")
        return dataclasses.replace(answer, text="; ".join(filter(None, [*words, given])) or None)

    def open(self, item: Item) -> None:
        """Make the item the question that waits, whatever is open besides."""
        self.state["current"] = list(item.key)

    def set_status(self, status: str) -> None:
        intakes.set_status(self.s, self.intake, status)

    def remember(self) -> None:
        """Keep the state, where it has changed."""
        if self.state != (self.intake.state or {}):
            intakes.set_state(self.s, self.intake, self.state)
