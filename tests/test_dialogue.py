"""A turn of a run over a real database, without servers or a model: what is said, what waits, what is kept."""
from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Tuple

import pytest

from actions import asking, dialogue, intake
from actions.run import Run
from actions.services import Services
from actions.turn import Outcome, payload_parts
from bot.handoff import service, summary
from bot.intake import Answer
from bot.intake.wording import shown
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
        self.last = self.turn(asking.ask_again)

    def say(self, text: str, intent: str = "answer") -> str:
        return self._said(lambda run: dialogue.take(run, intent, text, None))

    def ask(self, text: str) -> str:
        """A message that was taken for a question, and is answered before this."""
        return self._said(lambda run: asking.ask_again(run, text))

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

    def answered(self, link_id: str) -> Optional[str]:
        """The words of an answer as they are kept."""
        answer = self._answer(link_id)
        return answer.text if answer else None

    def value(self, link_id: str) -> str:
        """An answer as it is shown."""
        return self.turn(lambda run: next(shown(item, answer) for item, answer in run.player.review() if item.link_id == link_id))

    @property
    def flags(self) -> List[Tuple[str, str]]:
        with self.database.session() as s:
            (handoff, *_) = service.handed_over(s, self.id)
            return [(f["code"], f["words"]) for f in summary.summarize(s, handoff)["flags"]]

    def _answer(self, link_id: str) -> Optional[Answer]:
        return self.turn(lambda run: next((a for (_, link), a in run.answers.items() if link == link_id), None))

    def _said(self, what: Callable[[Run], Outcome]) -> str:
        self.last = self.turn(what)
        return "\n".join(line.text for line in self.last.lines)

    def turn(self, what: Callable[[Run], Any]) -> Any:
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
    twice = history.say("one day in spring")
    assert "ask for a person" in twice and twice.count("For example") == 1
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


@pytest.fixture
def until(begin: Callable[[str], Talk]) -> Callable[..., Talk]:
    """A history at a question; what else is asked is answered as given, with a yes to consents, or else mildly."""

    def reach(link_id: Optional[str], **given: str) -> Talk:
        talk = begin("intake")
        answers = {**PERSON, **{name.replace("_", "-"): text for name, text in given.items()}}
        for _ in range(70):
            if talk.waiting == link_id or not talk.last.goes_on:
                return talk
            if talk.waiting in answers:
                talk.say(answers[talk.waiting])
            else:
                consents = talk.waiting.startswith(("consent", "adult", "gate"))
                talk.tap(next(label for label in (("Yes",) if consents else ("No", "Skip", "Yes", "Phone")) if label in talk.offered))
        raise AssertionError(talk.waiting)

    return reach


MEDICINES = {"birth_date": "March 4, 1981", "phone": "503-555-0147", "medications": "zoloft 200, xanax"}


@pytest.mark.parametrize("said", ["add seroquel 50", "and also seroquel 50", "plus seroquel 50", "I forgot seroquel 50", "oh, also seroquel 50"])
def test_what_is_added_to_a_list_never_takes_its_place(until: Callable[..., Talk], said: str) -> None:
    talk = until("ride-home", **MEDICINES)
    talk.say("change medicines", intent="change_answer")
    assert "zoloft 200, xanax" in talk.last.lines[0].text and talk.waiting == "medications"
    assert "Changed to: zoloft 200, xanax; seroquel 50" in talk.say(said)
    assert talk.waiting == "ride-home"


def test_a_list_is_replaced_by_another_and_what_is_added_to_none_replaces_it(until: Callable[..., Talk]) -> None:
    talk = until("ride-home", **{**MEDICINES, "medications": "none"})
    talk.say("change medicines", intent="change_answer")
    assert "Changed to: zoloft 100" in talk.say("zoloft 100")
    talk = until("ride-home", **{**MEDICINES, "medications": "none"})
    assert "Medicines: methadone. Tell me" in talk.say("I forgot methadone")


@pytest.mark.parametrize(
    "said, kept",
    [
        ("wait, also trazodone at night", "zoloft 200, xanax; trazodone at night"),
        ("I also take methadone", "zoloft 200, xanax; I also take methadone"),
        ("I forgot to say I take methadone", "zoloft 200, xanax; I take methadone"),
        ("add fish oil to my medicines", "zoloft 200, xanax; fish oil"),
    ],
)
@pytest.mark.parametrize("at", ["ride-home", "allergies", "numb", "review"])
def test_a_medicine_remembered_later_is_added_and_what_waits_is_asked_again(until: Callable[..., Talk], at: str, said: str, kept: str) -> None:
    talk = until(at, **MEDICINES)
    assert f"I added that. Medicines: {kept}. Tell me if that's wrong." in talk.say(said)
    assert talk.waiting == at
    talk.say("show me", intent="review")
    assert kept in talk.last.lines[-1].text


@pytest.mark.parametrize("said", ["I take 150 of zoloft not 200", "sorry, my Zoloft is 150 mg", "sertraline is 150, not 200", "I stopped the xanax", "I don't take xanax anymore"])
@pytest.mark.parametrize("at", ["allergies", "ride-home", "numb", "review"])
def test_what_tells_anew_of_a_medicine_goes_to_the_medicines_whatever_waits(until: Callable[..., Talk], at: str, said: str) -> None:
    talk = until(at, **MEDICINES)
    assert f"I added that. Medicines: zoloft 200, xanax; {said}. Tell me if that's wrong." in talk.say(said)
    assert talk.waiting == at and (at != "allergies" or talk.answered("allergies") is None)


@pytest.mark.parametrize("said", ["xanax makes me dizzy", "I took xanax and threw up", "I can't take xanax", "cats, I take xanax then", "I take trazodone 50", "Zoloft 150"])
def test_what_may_tell_of_an_allergy_stays_there(until: Callable[..., Talk], said: str) -> None:
    talk = until("allergies", **MEDICINES)
    talk.say(said)
    assert talk.answered("allergies") == said and talk.answered("medications") == "zoloft 200, xanax"


@pytest.mark.parametrize("at, added", [("ride-home", True), ("review", True), ("allergies", False)])
def test_a_condition_remembered_later_stands_with_the_medicines_unless_any_words_are_asked_for(
    until: Callable[..., Talk], at: str, added: bool
) -> None:
    talk = until(at, **MEDICINES)
    said = talk.say("oh, and I also have glaucoma")
    assert ("Medicines: zoloft 200, xanax; I also have glaucoma." in said) == added


def test_a_yes_with_a_medicine_beside_it_is_both(until: Callable[..., Talk]) -> None:
    talk = until("ride-home", **MEDICINES)
    assert "zoloft 200, xanax; trazodone" in talk.say("yes, and also trazodone")
    assert talk.waiting == "gate" and talk.answered("ride-home") == "yes, and also trazodone"
    assert "I added that. Allergies: (skipped)" not in talk.say("I'm also allergic to latex")


def test_before_the_medicines_were_asked_for_it_is_no_addition(until: Callable[..., Talk]) -> None:
    talk = until("high-bp", **MEDICINES)
    assert "I added" not in talk.say("yes, and I also take lisinopril for it") and talk.waiting == "high-bp-treated"


@pytest.mark.parametrize("said", ["I forgot to say my sister will call you too", "I was in a coma in 2010", "oh and my sister's number is 503-555-0100"])
@pytest.mark.parametrize("at", ["review", "menu"])
def test_what_belongs_to_no_answer_is_kept_for_staff_before_sending(until: Callable[..., Talk], at: str, said: str) -> None:
    talk = until("review", **MEDICINES)
    if at == "menu":
        talk.say("change an answer", intent="change_answer")
    assert "kept that for the team, in your words" in talk.say(said)
    assert talk.waiting == "review" and talk.answered("phone") == "503-555-0147"
    talk.tap("Send my history")
    assert ("said-besides", said) in talk.flags


@pytest.mark.parametrize("said", ["the purple thing", "my purple thing", "I don't think that's right somehow", "I want to change my answer please"])
def test_what_only_wants_something_changed_is_no_note(until: Callable[..., Talk], said: str) -> None:
    talk = until("review", **MEDICINES)
    talk.say(said)
    assert talk.waiting == "menu"
    talk.say("never mind", intent="stop")
    assert talk.waiting == "review"
    talk.tap("Send my history")
    assert "said-besides" not in {code for code, _ in talk.flags}


@pytest.mark.parametrize("said, changed", [("no wait, i meant june 4", "June 4, 1981"), ("sorry, I meant 6/4", "June 4, 1981"), ("oops, i meant 1982-06-04", "June 4, 1982")])
@pytest.mark.parametrize("at", ["phone", "best-time", "high-bp"])
@pytest.mark.parametrize("intent", ["answer", "skip"])
def test_what_was_meant_corrects_the_answer_that_takes_it(until: Callable[..., Talk], said: str, changed: str, at: str, intent: str) -> None:
    talk = until(at, **MEDICINES)
    assert f"Changed to: {changed}" in talk.say(said, intent=intent)
    assert talk.waiting == at


def test_what_was_meant_may_be_any_brief_answer_before_or_is_asked_for(until: Callable[..., Talk]) -> None:
    talk = until("heart", high_bp="no", **MEDICINES)
    assert "Changed to: Yes" in talk.say("sorry, i meant yes")
    talk = until("phone", **MEDICINES)
    assert "couldn't tell which answer" in talk.say("no wait, i meant the other thing entirely, the one before that", intent="skip")
    assert talk.waiting == "menu" and talk.answered("phone") is None


BEFORE = {**MEDICINES, "name": "Tess Ter", "city": "Salem", "high_bp": "no", "heart": "yes", "veteran": "no"}


@pytest.mark.parametrize(
    "at, said, link_id, value",
    [
        ("stroke-aneurysm", "change heart problems to no", "heart", "No"),
        ("suicidal-now", "change PTSD diagnosis to not sure", "ptsd-diagnosed", "Not sure"),
        ("text-ok", "change voicemail to yes", "voicemail-ok", "Yes"),
        ("phone", "no that's not right, my name is Tessa", "name", "Tessa"),
        ("pronouns", "my name is actually Tess Teller", "name", "Tess Teller"),
        ("reason", "oops my phone number is 503-555-0111", "phone", "(503) 555-0111"),
        ("heart", "sorry I'm in Washington not Oregon", "state", "Washington"),
        ("veteran", "Keizer, not Salem", "city", "Keizer"),
        ("heart", "actually I am a veteran", "veteran", "Yes"),
    ],
)
@pytest.mark.parametrize("intent", ["answer", "change_answer", "skip"])
def test_a_correction_of_another_answer_changes_that_and_is_said_back(
    until: Callable[..., Talk], at: str, said: str, link_id: str, value: str, intent: str
) -> None:
    talk = until(at, **{name: text for name, text in BEFORE.items() if name.replace("_", "-") != at})
    told = talk.say(said, intent=intent)
    assert f"Changed to: {value} (" in told and talk.value(link_id) == value
    assert talk.waiting == at and talk.answered(at) is None


@pytest.mark.parametrize(
    "said, kept",
    [
        ("wait, not lisinopril, losartan", "losartan 20 and zoloft 100"),
        ("oops losartan, not lisinopril", "losartan 20 and zoloft 100"),
        ("sorry, not zoloft its lexapro", "lisinopril 20 and lexapro 100"),
    ],
)
@pytest.mark.parametrize("at", ["allergies", "ride-home"])
def test_one_word_of_a_longer_answer_is_corrected_later(until: Callable[..., Talk], at: str, said: str, kept: str) -> None:
    talk = until(at, **{**MEDICINES, "medications": "lisinopril 20 and zoloft 100"})
    assert "Changed to" in talk.say(said)
    assert talk.answered("medications") == kept and talk.answered("allergies") is None and talk.waiting == at


@pytest.mark.parametrize("said", ["no, not lisinopril, penicillin", "penicillin, not codeine", "wait, not codeine, penicillin"])
def test_what_denies_nothing_that_was_said_is_an_answer(until: Callable[..., Talk], said: str) -> None:
    talk = until("allergies", **{**MEDICINES, "medications": "lisinopril 20 and zoloft 100"})
    talk.say(said)
    assert talk.answered("medications") == "lisinopril 20 and zoloft 100" and talk.answered("allergies")


def test_all_that_is_told_beside_a_question_is_kept(until: Callable[..., Talk]) -> None:
    talk = until("reason", **MEDICINES)
    talk.ask("I was in a bad wreck in 2019. I have bipolar 2 and my therapist told me to look here. Does insurance cover it?")
    assert talk.answered("reason") == "I was in a bad wreck in 2019. I have bipolar 2 and my therapist told me to look here"


def test_a_value_for_what_was_skipped_is_said_back(until: Callable[..., Talk]) -> None:
    talk = until("heart", **MEDICINES)
    assert "I noted this. E-mail address: x@y.com. Tell me if that's wrong." in talk.say("change my email to x@y.com")
    assert talk.waiting == "heart" and talk.value("email") == "x@y.com"
    assert "I have this already. Veteran or service member: No." in talk.say("actually I'm not a veteran")


def test_an_answer_with_a_correction_behind_it_keeps_both(until: Callable[..., Talk]) -> None:
    talk = until("pronouns", name="Tess Ter")
    assert "Changed to: Tes Ter (Full name)" in talk.say("she/her, and my name is spelled Tes Ter")
    assert talk.answered("pronouns") == "she/her" and talk.waiting == "birth-date"


def test_a_mistyped_year_of_birth_is_said_back_with_a_way_on(until: Callable[..., Talk]) -> None:
    talk = until("birth-date")
    told = talk.say("May 2, 2015")
    assert 'I read May 2, 2015. If that is a typing mistake, type "start" to begin again.' in told
    assert not talk.last.goes_on and "Start my history" not in talk.offered  # nobody under 18 is asked to
    talk = until("adult", birth_date="skip")
    talk.tap("No")
    assert "begin again" not in talk.last.lines[-1].text and "Start my history" not in talk.offered


def test_a_yes_or_no_is_no_answer_to_when_it_was(until: Callable[..., Talk]) -> None:
    talk = until("stroke-aneurysm", heart_what="afib", heart_when="2019", **BEFORE)
    assert "You said: 2019" in talk.say("change that to no") and talk.waiting == "heart-when"


def test_a_skip_keeps_what_else_was_said(until: Callable[..., Talk]) -> None:
    talk = until("phone", name="Tess Ter")
    talk.say("none, it was stolen last week", intent="skip")
    assert talk.waiting == "email" and talk.answered("phone") == "none, it was stolen last week"
    talk = until("phone", name="Tess Ter")
    talk.say("skip this one please", intent="skip")
    assert talk.answered("phone") is None


@pytest.mark.parametrize("said, value", [("no wait yes", "Yes"), ("no wait, yes", "Yes"), ("actually no", "No"), ("yes wait no", "No"), ("no, i mean yes", "Yes")])
@pytest.mark.parametrize("at", ["ride-home", "gate"])
def test_of_a_yes_and_a_no_the_last_said_counts(until: Callable[..., Talk], at: str, said: str, value: str) -> None:
    talk = until(at, **MEDICINES)
    talk.say(said)
    assert talk.waiting != at and talk.answered(at) == said and talk.value(at) == value


@pytest.mark.parametrize(
    "at, said, kept",
    [
        ("state", "oregon. do you have parking?", "Oregon"),
        ("name", "Lee Ann Cho, is this confidential?", "Lee Ann Cho"),
        ("birth-date", "5/6/77 is 49 too old?", "May 6, 1977"),
        ("best-time", "after 5pm weekdays, will i be awake during it?", "after 5pm weekdays"),
        ("reason", "my therapist told me to. is it covered by medicare?", "my therapist told me to"),
        ("high-bp", "is that dangerous? yes since 2019", "Yes"),
    ],
)
def test_an_answer_beside_a_question_is_kept(until: Callable[..., Talk], at: str, said: str, kept: str) -> None:
    talk = until(at, **MEDICINES)
    assert f": {kept}. Tell me if that's wrong." in talk.ask(said)
    assert talk.waiting != at and talk.value(at) == kept


@pytest.mark.parametrize(
    "at, said",
    [
        ("consent-share", "yes. who reads it?"),
        ("name", "hi there, does it hurt?"),
        ("best-time", "I'm scared of needles. is there another way?"),
        ("reason", "just curious, how does it work?"),
        ("city", "ok, what does it cost?"),
    ],
)
def test_what_stands_beside_a_question_and_is_no_answer_is_not_taken_for_one(until: Callable[..., Talk], at: str, said: str) -> None:
    talk = until(at, **MEDICINES)
    before = talk.waiting
    assert "I noted" not in talk.ask(said) and talk.waiting == before


def test_a_yes_fills_what_else_it_says(until: Callable[..., Talk]) -> None:
    talk = until("ptsd-diagnosed", **MEDICINES)
    said = talk.say("yes, in 2012 by Dr Smith")
    assert "Who diagnosed it: Dr Smith." in said and "Year of the diagnosis: 2012." in said and talk.waiting == "veteran"


def test_an_email_address_where_a_phone_number_is_asked_for_is_noted(until: Callable[..., Talk]) -> None:
    talk = until("phone", birth_date="March 4, 1981")
    assert "E-mail address: bob@example.com." in talk.say("bob@example.com") and "couldn't read" not in talk.last.lines[0].text
    talk.tap("Skip")
    assert talk.waiting == "safe-contact"


def test_what_a_menu_cannot_read_is_told_the_ways_out(until: Callable[..., Talk]) -> None:
    talk = until("review", **MEDICINES)
    talk.say("start over", intent="start_over")
    assert 'type one of them as it stands here, or "go on"' in talk.say("yes") and talk.waiting == "menu"
    talk.say("go on")
    assert talk.waiting == "review"


@pytest.mark.parametrize(
    "safe, way, reach",
    [("yes", "Phone call", "(503) 555-0147"), ("yes", "email pls", "kim@example.org"), ("dont call the house", "email pls", None), ("not sure", "Text message", None)],
)
def test_a_request_takes_the_way_they_chose_and_none_that_is_not_safe(until: Callable[..., Talk], safe: str, way: str, reach: Optional[str]) -> None:
    talk = until("review", **{**MEDICINES, "email": "kim@example.org", "contact_way": way, "safe_contact": safe})
    with talk.database.session() as s:
        request = intakes.start_intake(s, talk.id, "callback")
        intake._prefill(s, request)
        known = intakes.answers(s, request)
    found = known.get(("callback", "reach"))
    assert (found and found.values[0]) == (reach and reach.replace("(503) 555-0147", "+15035550147")) and ("callback", "name") in known


def test_the_review_of_a_request_takes_a_new_value_and_its_menu_has_its_answers(begin: Callable[[str], Talk]) -> None:
    talk = begin("callback")
    for text in ("Dana Reyes", "503-555-0147", "yes", "mornings"):
        talk.say(text)
    talk.say("show me", intent="review")
    assert "phone" in talk.last.pending["options"], "it names an answer there, and calls nobody"
    assert "Changed to: (503) 555-0199" in talk.say("503-555-0199") and talk.waiting == "about"
    talk.say("change an answer", intent="change_answer")
    assert {"Name", "Good time to reach you"} <= set(talk.offered) and "Request for contact" not in talk.offered
    talk.tap("Good time to reach you")
    assert "Changed to: any time" in talk.say("any time")


@pytest.mark.parametrize("words", ["call me at 503-555-0147, I'm Dana Reyes", "my name is dana reyes, 503 555 0147", "Dana Reyes\n503-555-0147 please"])
def test_words_that_ask_for_contact_are_not_asked_for_again(begin: Callable[[str], Talk], words: str) -> None:
    talk = begin("callback")
    talk.turn(lambda run: intake.take_contact(run, words))
    talk.ask("")
    assert talk.waiting == "safe-message" and talk.value("name").title() == "Dana Reyes" and talk.value("reach") == "(503) 555-0147"


@pytest.mark.parametrize("words", ["I need someone to call 503-555-0147", "503-555-0147"])
def test_a_number_alone_gives_no_name(begin: Callable[[str], Talk], words: str) -> None:
    talk = begin("callback")
    talk.turn(lambda run: intake.take_contact(run, words))
    talk.ask("")
    assert talk.waiting == "name" and talk.value("reach") == "(503) 555-0147"


def test_a_number_given_for_a_name_makes_no_name_of_the_next_yes(begin: Callable[[str], Talk]) -> None:
    talk = begin("callback")
    assert "(503) 555-0188" in talk.say("503 555 0188")
    assert "not sure that is a name" in talk.say("yes") and talk.waiting == "name"
    talk.say("Yes")
    assert talk.waiting == "safe-message", "some people are called so, and write it once more"


def test_who_asked_for_a_person_is_not_told_to_ask_for_one(begin: Callable[[str], Talk]) -> None:
    talk = begin("callback")
    assert 'type "stop"' in talk.say("I don't want to give my name", intent="skip")
    assert "ask for a person" not in talk.say("skip", intent="skip") and "Stop" in talk.offered and "Talk to a person" not in talk.offered


@pytest.mark.parametrize("said", ["looks good, also methadone", "yes. I forgot methadone"])
def test_nothing_is_sent_while_something_is_added(until: Callable[..., Talk], said: str) -> None:
    talk = until("review", **MEDICINES)
    assert "zoloft 200, xanax; methadone" in talk.say(said) and talk.waiting == "review"


@pytest.mark.parametrize("said", ["Penicillin. Sulfa too", "latex as well", "aspirin and also ibuprofen"])
def test_an_allergy_is_not_taken_for_a_medicine_remembered(until: Callable[..., Talk], said: str) -> None:
    talk = until("allergies", **MEDICINES)
    talk.say(said)
    assert talk.answered("allergies") == said and talk.answered("medications") == "zoloft 200, xanax"


def test_what_is_added_to_another_list_stays_there(until: Callable[..., Talk]) -> None:
    talk = until("ride-home", goals="To sleep.", **MEDICINES)
    talk.say("change my goals", intent="change_answer")
    assert "Changed to: To sleep; to need no xanax" in talk.say("also to need no xanax")


def test_what_was_told_of_allergies_later_goes_there(until: Callable[..., Talk]) -> None:
    talk = until("ride-home", allergies="latex", **MEDICINES)
    assert "Allergies: latex; penicillin. Tell me" in talk.say("add penicillin to my allergies")
    assert "Allergies: latex; penicillin; codeine gives me a rash. Tell me" in talk.say("I forgot, codeine gives me a rash")


def test_two_changes_in_one_message_are_both_made(until: Callable[..., Talk]) -> None:
    talk = until("goals", **BEFORE)
    told = talk.say("my name is Tessa not Tess and my phone is 503-555-0111")
    assert "Changed to: Tessa Ter (Full name)" in told and "(503) 555-0111 (Phone number)" in told
    assert (talk.value("name"), talk.value("phone"), talk.waiting) == ("Tessa Ter", "(503) 555-0111", "goals")


@pytest.mark.parametrize("said", ["it's spelled Tesa not Tess", "Tesa, not Tess"])
def test_one_word_of_a_name_is_changed_in_its_place(until: Callable[..., Talk], said: str) -> None:
    talk = until("ptsd-diagnosed", name="Tess Ter", **MEDICINES)
    talk.say(said)
    assert talk.value("name") == "Tesa Ter" and talk.waiting == "ptsd-diagnosed"


def test_what_is_refused_later_is_no_longer_allowed(until: Callable[..., Talk]) -> None:
    talk = until("text-ok", name="Tess Ter", voicemail_ok="yes", **MEDICINES)
    talk.say("actually no voicemail, my roommate listens to it")
    assert talk.value("voicemail-ok") == "No" and talk.waiting == "text-ok" and talk.answered("text-ok") is None


def test_the_last_one_is_what_was_answered_last(until: Callable[..., Talk]) -> None:
    talk = until("hospitalized-past-year", suicidal_ever="no", **MEDICINES)
    talk.say("I said no to the last one but I did cut myself once back in school")
    assert talk.value("suicidal-ever") == "Yes" and "cut myself once back in school" in (talk.answered("suicidal-ever") or "")
    assert talk.waiting == "hospitalized-past-year"


def test_a_number_that_is_said_to_be_wrong_is_asked_for_again(until: Callable[..., Talk]) -> None:
    talk = until("email", **MEDICINES)
    talk.say("wait the number is wrong, it ends in 0111", intent="change_answer")
    assert talk.waiting == "phone"


@pytest.mark.parametrize("said", ["hold on, let me check the bottles", "one sec", "let me look that up", "i need to go get my list"])
def test_who_asks_for_a_moment_has_not_answered(until: Callable[..., Talk], said: str) -> None:
    talk = until("medications", birth_date="March 4, 1981", phone="503-555-0147")
    assert "Take your time" in talk.say(said) and talk.waiting == "medications"


@pytest.mark.parametrize("said", ["I check the locks all night", "I have to check the doors every night", "let me be normal again"])
def test_what_sounds_like_it_is_an_answer(until: Callable[..., Talk], said: str) -> None:
    talk = until("goals", **MEDICINES)
    talk.say(said)
    assert talk.answered("goals") == said


def test_an_answer_before_a_word_for_the_next_question_is_kept(until: Callable[..., Talk]) -> None:
    talk = until("suicidal-ever", **MEDICINES)
    talk.say("no. next", intent="skip")
    assert talk.value("suicidal-ever") == "No" and talk.waiting == "hospitalized-past-year"
    talk.say("next", intent="skip")
    assert talk.answered("hospitalized-past-year") is None


def test_whether_something_counts_is_kept_with_the_answer(until: Callable[..., Talk]) -> None:
    talk = until("heart", **MEDICINES)
    assert "a clinician goes over it" in talk.say("does a murmur count?", intent="why") and talk.waiting == "heart"
    talk.say("no")
    assert talk.answered("heart") == "does a murmur count?; no"


def test_what_is_added_may_have_the_name_of_its_list_ahead(until: Callable[..., Talk]) -> None:
    talk = until("review", allergies="sulfa", **MEDICINES)
    assert "I added that" in talk.say("and the allergies, I'm allergic to adhesive bandages", intent="change_answer")
    assert talk.answered("allergies") == "sulfa; I'm allergic to adhesive bandages"
