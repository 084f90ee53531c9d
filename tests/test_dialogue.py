"""A turn of a run over a real database, without servers or a model: what is said, what waits, what is kept."""
from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from pathlib import Path
from typing import Callable, Iterator, List, Optional

import pytest

from actions import asking, dialogue
from actions.run import Run
from actions.services import Services
from actions.turn import Outcome, payload_parts
from bot.records import Database, conversations, intakes
from tests.intake_forms import TODAY
from tests.records_fixtures import KEY, make_settings, new_url

PERSON = {"state": "Oregon", "name": "Dana Reyes"}


@functools.lru_cache(maxsize=None)
def services() -> Services:
    return Services.build(make_settings())


class Talk:
    """One visitor in one run; each turn in a transaction of its own, as the action server has it."""

    def __init__(self, database: Database, kind: str) -> None:
        self.database = database
        self.parts = dataclasses.replace(services(), database=database)
        with database.session() as s:
            self.id = conversations.create_conversation(s, dt.timedelta(days=1)).id
            intakes.start_intake(s, self.id, kind)
        self.last = self._turn(asking.ask_again)

    def say(self, text: str, intent: str = "answer") -> str:
        return self._said(lambda run: dialogue.take(run, intent, text, None))

    def tap(self, title: str) -> str:
        buttons = {b["title"]: b for line in self.last.lines for b in line.buttons}
        intent, choice = payload_parts(buttons[title]["payload"])
        return self._said(lambda run: dialogue.take(run, intent, "", choice))

    @property
    def waiting(self) -> Optional[str]:
        return self.last.pending["link_id"] if self.last.pending else None

    @property
    def offered(self) -> List[str]:
        return [b["title"] for line in self.last.lines for b in line.buttons]

    def _said(self, what: Callable[[Run], Outcome]) -> str:
        self.last = self._turn(what)
        return "\n".join(line.text for line in self.last.lines)

    def _turn(self, what: Callable[[Run], Outcome]) -> Outcome:
        with self.database.session() as s:
            (intake, *_) = intakes.conversation_intakes(s, self.id)
            return what(Run(s, self.parts, intake, TODAY))


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[str], Talk]]:
    database = Database(new_url("sqlite", tmp_path), [KEY])
    yield lambda kind: Talk(database, kind)
    database.dispose()


@pytest.fixture
def history(begin: Callable[[str], Talk]) -> Talk:
    """A history at the date of birth."""
    talk = begin("intake")
    for _ in range(10):
        if talk.waiting == "birth-date":
            return talk
        if talk.waiting in PERSON:
            talk.say(PERSON[talk.waiting])
        else:
            talk.tap("Yes" if "Yes" in talk.offered else "Skip")
    raise AssertionError(talk.waiting)


def test_a_long_list_of_options_is_typed(begin: Callable[[str], Talk]) -> None:
    talk = begin("intake")
    while talk.waiting != "state":
        talk.tap("Yes")
    assert "Oregon" in talk.last.pending["options"] and "Oregon" not in talk.offered


def test_what_was_read_is_said_back_and_can_be_corrected_at_once(history: Talk) -> None:
    assert "January 2, 1980. Tell me if that's wrong" in history.say("1/2/1980")
    waiting = history.waiting
    assert "Changed to: January 3, 1980" in history.say("no, that's wrong, it's 1/3/1980")
    assert history.waiting == waiting != "birth-date"


def test_what_twice_does_not_fit_is_explained_and_a_person_offered(history: Talk) -> None:
    assert "ask for a person" not in history.say("one day in spring")
    assert "ask for a person" in history.say("one day in spring")
    assert history.waiting == "birth-date" and "Talk to a person" in history.offered
    assert "January 2, 1980" in history.say("1/2/1980")


def test_a_date_by_itself_means_the_answer_that_takes_dates_where_answers_are_offered(history: Talk) -> None:
    history.say("1/2/1980")
    waiting = history.waiting
    history.say("change an answer", intent="change_answer")
    assert history.waiting == "menu"
    assert "couldn't tell" in history.say("the purple thing") and history.waiting == "menu"
    assert "Changed to: January 3, 1980" in history.say("1/3/1980")
    assert history.waiting == waiting


def test_back_recalls_the_answer_and_a_skip_takes_its_place(history: Talk) -> None:
    history.say("1/2/1980")
    waiting = history.waiting
    assert "You said: January 2, 1980" in history.tap("Back")
    history.say("skip", intent="skip")
    assert history.waiting == "adult", "it is asked where no date of birth tells it"
    history.tap("Yes")
    assert history.waiting == waiting
    history.say("show me", intent="review")
    assert "(skipped)" in history.last.lines[-1].text and history.waiting == "review"


def test_nothing_is_sent_while_a_question_is_open(history: Talk) -> None:
    assert "few questions left" in history.say("send it", intent="submit")
    assert history.last.goes_on and history.waiting == "birth-date"


def test_a_question_for_the_team_is_sent_with_its_last_answer(begin: Callable[[str], Talk]) -> None:
    talk = begin("question")
    for _ in range(5):
        if not talk.last.goes_on:
            break
        talk.say("Can my sister drive me?") if talk.waiting == "question" else talk.tap("Skip")
    assert "passed your question" in talk.last.lines[0].text and "nobody can answer you" in talk.last.lines[0].text
    assert "Leave a phone number or e-mail" in talk.offered
