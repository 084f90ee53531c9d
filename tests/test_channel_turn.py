"""Turns of the channel over a real database, with a dialogue that only notes what it is given."""
from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any, Dict, Iterator, List, Optional

import pytest
from rasa.core.channels.channel import UserMessage
from sqlalchemy import event

from bot.channel.errors import Conflict
from bot.channel.turn import ERASED, ERASED_UNSENT, PROTECTED_PREFIX, UNDER_18, Turns
from bot.handoff import service
from bot.records import Database, conversations, intakes
from bot.records.models import Handoff
from bot.safety import Replies, Screener
from bot.settings import Clinic
from tests.records_fixtures import backend, database, make_settings  # noqa: F401

SCREENER, REPLIES, CLINIC, SETTINGS = Screener.load(), Replies.load(), Clinic({}), make_settings()
ABUSE = REPLIES.reply("abuse", "check_in").text
QUESTION = {"text": "Do you have high blood pressure?", "metadata": {"kind": "question"}}
FULL = 2  # SQLite: PRAGMA synchronous
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


class Chat:
    """One visitor's chat."""

    def __init__(self, database: Database) -> None:  # noqa: F811
        self.database = database
        self.given: List[str] = []
        self.next: List[Dict[str, Any]] = []
        self.breaks = False
        self.turns = Turns(SETTINGS, CLINIC, database, SCREENER, REPLIES, self.handle)
        with database.session() as s:
            self.id = conversations.create_conversation(s, timedelta(hours=1)).id

    async def handle(self, message: UserMessage) -> None:
        self.given.append(message.text)
        self.parsed = message.parse_data
        if self.breaks:
            raise RuntimeError("no dialogue")
        for said in self.next or [{"text": "ok"}]:
            await message.output_channel.send_response(message.sender_id, said)
        self.next = []

    def say(self, text: Optional[str] = None, choice: Optional[str] = None, client_id: Optional[str] = None) -> List[Dict[str, Any]]:
        return asyncio.run(self.turns.take(self.id, client_id or uuid.uuid4().hex, text, choice))

    def checked_in(self, category: str, asks_on: bool) -> None:
        """The model asked; with ``asks_on`` the form has asked its question again behind it."""
        reply = REPLIES.reply(category, "check_in")
        self.next = [{"text": reply.text, "metadata": {"kind": "check_in"}, "buttons": [{"title": c["label"], "id": c["id"], "payload": f"/{c['id']}"} for c in reply.choices]}]
        self.next += [QUESTION] if asks_on else []
        self.say("something that worries")

    @property
    def state(self) -> Optional[str]:
        with self.database.reading() as s:
            return conversations.get_state(s, self.id)

    def set_state(self, state: str) -> None:
        with self.database.session() as s:
            conversations.set_state(s, self.id, state)

    def handoffs(self) -> List[str]:
        with self.database.reading() as s:
            return [row.kind for row in s.query(Handoff).filter_by(conversation_id=self.id)]


@pytest.fixture
def chat(database: Database) -> Iterator[Chat]:  # noqa: F811
    yield Chat(database)


@pytest.mark.parametrize(("outcome", "kind", "state"), [("takeover", "crisis", "crisis"), ("check_in", "check_in", "open")])
def test_what_only_the_model_hears_is_answered_where_the_dialogue_fails(chat: Chat, outcome: str, kind: str, state: str) -> None:
    async def understand(conversation_id: str, text: str) -> Dict[str, Any]:
        return {"safety": {"outcome": outcome, "category": "passive", "rule": "model"}}

    chat.turns.understand, chat.breaks = understand, True
    assert [m["kind"] for m in chat.say("the tide could have me")] == [kind]
    assert chat.state == state


@pytest.mark.parametrize("category", ["abuse", "medical_emergency", "overdose", "third_party", "passive"])
def test_a_yes_to_a_check_in_gets_the_words_of_what_it_asked_about(chat: Chat, category: str) -> None:
    chat.checked_in(category, asks_on=False)
    said = chat.say("Yes.")
    meant = category if category != "passive" else "suicidal"  # it has no check-in of its own
    assert [m["text"] for m in said] == [REPLIES.reply(meant, "takeover").text]
    assert chat.state == "crisis" and chat.handoffs() == ["crisis"]


def test_a_yes_behind_a_question_of_the_form_is_asked_what_it_meant(chat: Chat) -> None:
    chat.checked_in("abuse", asks_on=True)
    which = chat.say("yes")
    assert [m["text"] for m in which] == [REPLIES.get("check_in_which").text] and not chat.handoffs()
    assert [m["text"] for m in chat.say(choice="check_in_yes")] == [REPLIES.reply("abuse", "takeover").text]
    assert chat.handoffs() == ["crisis"]


def test_a_yes_that_was_meant_for_the_form_goes_there(chat: Chat) -> None:
    chat.checked_in("abuse", asks_on=True)
    chat.say("yeah")
    chat.say(choice="check_in_form")
    assert chat.given[-1] == PROTECTED_PREFIX + "yeah" and not chat.handoffs()


def test_what_a_yes_was_for_can_be_typed(chat: Chat) -> None:
    chat.checked_in("abuse", asks_on=True)
    chat.say("sometimes")
    chat.say("the form")
    assert chat.given[-1] == PROTECTED_PREFIX + "sometimes" and not chat.handoffs()
    chat.checked_in("abuse", asks_on=True)
    chat.say("yes")
    assert [m["text"] for m in chat.say("About me")] == [REPLIES.reply("abuse", "takeover").text]


ANSWER = {"text": "It can be.", "buttons": [
    {"title": "Can I drink before or after?", "payload": '/faq{"choice": "alcohol"}'}, {"title": "Will I be asleep?", "payload": '/faq{"choice": "awake"}'},
    {"title": "This was helpful", "payload": '/affirm{"choice": "helpful|3"}'}, {"title": "Not helpful", "payload": '/deny{"choice": "helpful|3"}'},
]}  # fmt: skip


@pytest.mark.parametrize("text, given", [
    ("the second one", '/faq{"choice": "awake"}'), ("1", '/faq{"choice": "alcohol"}'), ("the last one", '/faq{"choice": "awake"}'),
    ("will I be asleep", '/faq{"choice": "awake"}'), ("Not helpful", '/deny{"choice": "helpful|3"}'),
    ("can I drive before or after", None), ("the fifth", None), ("first", '/faq{"choice": "alcohol"}'), ("the second one is for my dad", None),
])  # fmt: skip
def test_a_choice_is_typed_by_its_words_or_its_place(chat: Chat, text: str, given: Optional[str]) -> None:
    chat.next = [ANSWER]
    chat.say("is it addictive")
    chat.say(text)
    assert chat.given[-1] == (given or PROTECTED_PREFIX + text)


def test_what_is_typed_to_a_question_is_no_choice_of_what_was_said_before_it(chat: Chat) -> None:
    chat.next = [ANSWER, QUESTION]
    chat.say("is it addictive")
    chat.say("the second one")
    assert chat.given[-1] == PROTECTED_PREFIX + "the second one"


def test_words_for_the_form_mean_nothing_where_it_was_not_asked(chat: Chat) -> None:
    chat.checked_in("abuse", asks_on=True)
    chat.say("me")
    assert chat.given[-1] == PROTECTED_PREFIX + "me" and not chat.handoffs()


def test_a_second_typed_yes_is_a_yes_to_the_check_in(chat: Chat) -> None:
    chat.checked_in("abuse", asks_on=True)
    chat.say("yes")
    assert [m["text"] for m in chat.say("yes")] == [REPLIES.reply("abuse", "takeover").text]


@pytest.mark.parametrize("text", ["yeah a lot", "yes I am", "yes, sometimes", "yes but I wouldn't do it", "at night mostly"])
def test_a_yes_with_words_is_a_yes(chat: Chat, text: str) -> None:
    chat.checked_in("passive", asks_on=False)
    assert [m["text"] for m in chat.say(text)] == [REPLIES.reply("suicidal", "takeover").text]
    assert chat.handoffs() == ["crisis"]


@pytest.mark.parametrize("text", ["yeah a lot", "yes I am", "yes, sometimes", "yes but I wouldn't do it", "at night mostly"])
def test_a_yes_with_words_behind_a_question_is_asked_what_it_meant(chat: Chat, text: str) -> None:
    chat.checked_in("passive", asks_on=True)
    assert [m["text"] for m in chat.say(text)] == [REPLIES.get("check_in_which").text]
    chat.say(choice="check_in_form")
    assert chat.given[-1] == PROTECTED_PREFIX + text


NO_IN_WORDS = """\
no, I'm ok
no I'm not suicidal
no nothing like that
No dear, nothing like that
I just mean I'm worn out, not suicidal
not that, just tired
it's something else, just worn out
no nothing like that, I just want to correct my birthday"""


@pytest.mark.parametrize("asks_on", [True, False])
@pytest.mark.parametrize("text", NO_IN_WORDS.splitlines())
def test_a_no_in_words_answers_the_check_in_and_no_question(chat: Chat, text: str, asks_on: bool) -> None:
    with chat.database.session() as s:
        intakes.start_intake(s, chat.id, "intake")
    chat.checked_in("passive", asks_on)
    said = chat.say(text)
    assert said[0]["text"] == REPLIES.resumed().text and chat.given[-1] == "/resume_intake" and not chat.handoffs()


@pytest.mark.parametrize("text", ["October 2019", "my therapist", "no known allergies"])
def test_what_answers_the_question_behind_a_check_in_goes_to_it(chat: Chat, text: str) -> None:
    chat.checked_in("passive", asks_on=True)
    chat.say(text)
    assert chat.given[-1] == PROTECTED_PREFIX + text


def test_a_doubt_is_asked_about_once_more_and_then_counts_as_a_yes(chat: Chat) -> None:
    chat.checked_in("abuse", asks_on=False)
    assert [m["text"] for m in chat.say("not really")] == [REPLIES.get("check_in_again").text] and not chat.handoffs()
    assert [m["text"] for m in chat.say("I don't know")] == [REPLIES.reply("abuse", "takeover").text]


def test_a_no_that_goes_on_to_say_what_it_denies_is_left_to_the_model(chat: Chat) -> None:
    async def understand(conversation_id: str, text: str) -> Dict[str, Any]:
        return {"safety": {"outcome": "takeover"}}

    chat.turns.understand = understand
    chat.checked_in("passive", asks_on=False)
    text = "nothing like that, I would only like to be under the ice when it closes"
    chat.say(text)
    assert chat.given[-1] == PROTECTED_PREFIX + text


@pytest.mark.parametrize("breaks", [False, True])
def test_the_model_begins_on_a_text_and_may_fail_there(chat: Chat, breaks: bool) -> None:
    begun: List[str] = []

    def begin(text: str) -> None:
        begun.append(text)
        if breaks:
            raise RuntimeError("no model")

    chat.turns.begin = begin
    chat.next = [{"text": "Shall I?", "buttons": [{"title": "Yes", "id": "yes", "payload": "/affirm"}]}]
    assert chat.say("/what does it cost")[0]["text"] == "Shall I?"
    chat.say(choice="yes")
    assert begun == chat.given[:1] == [PROTECTED_PREFIX + "/what does it cost"] and chat.given[1] == "/affirm"


@pytest.mark.parametrize("asks_on", [True, False])
def test_a_no_to_a_check_in_goes_on_and_answers_no_question(chat: Chat, asks_on: bool) -> None:
    chat.checked_in("abuse", asks_on)
    said = chat.say("no")
    assert said[0]["text"] == REPLIES.resumed().text and chat.given[-1] == "/ask_question"
    chat.say("no")
    assert chat.given[-1] == PROTECTED_PREFIX + "no", "only the first no is one to the check-in"


def test_after_a_no_the_questions_that_were_interrupted_go_on(chat: Chat) -> None:
    with chat.database.session() as s:
        intakes.start_intake(s, chat.id, "intake")
    chat.checked_in("abuse", asks_on=True)
    chat.say("no")
    assert chat.given[-1] == "/resume_intake"


def test_talk_to_staff_under_a_check_in_claims_nothing(chat: Chat) -> None:
    chat.checked_in("abuse", asks_on=False)
    said = chat.say(choice="talk_staff")
    assert chat.given[-1] == "/talk_to_human" and "The team has been told" not in said[0]["text"]


@pytest.mark.parametrize("text", ["I want to kill myself", "I don't want to be here anymore", "I've been cutting myself again"])
def test_a_yes_in_a_crisis_says_again_where_help_is(chat: Chat, text: str) -> None:
    first = chat.say(text)
    assert first[0]["kind"] == "crisis"
    assert [m["text"] for m in chat.say("yes")] == [REPLIES.reply("suicidal", "takeover").text]
    assert chat.handoffs() == ["crisis"], "one handoff, with both"


def test_a_yes_where_nothing_was_asked_of_danger_is_held(chat: Chat) -> None:
    chat.say("my chest hurts and I can't breathe")
    assert [m["text"] for m in chat.say("yes")] == [REPLIES.hold().text]


def test_what_is_written_while_staff_write_waits_for_them(chat: Chat) -> None:
    chat.say("I want to kill myself")
    chat.set_state("staff")
    assert chat.say(choice="safe_now") == [] and chat.say("thank you") == []
    assert chat.state == "staff" and not chat.given


@pytest.mark.parametrize("situation", ["asks", "is in danger", "writes with staff", "erases", "types that all be erased", "is told that it failed"])
def test_who_has_a_reply_has_the_message_on_the_disk(chat: Chat, situation: str) -> None:
    if situation.endswith(("erases", "erased")):
        offer_to_erase(chat)
    chat.set_state("staff" if situation == "writes with staff" else "open")
    chat.breaks = situation == "is told that it failed"
    waited: List[bool] = []  # at each commit that changed something

    @event.listens_for(chat.database.engine, "commit")
    def look(connection: Any) -> None:
        file = connection.connection.dbapi_connection
        if file.total_changes > look.changes:
            waited.append(file.execute("PRAGMA synchronous").fetchone()[0] == FULL)
        look.changes = file.total_changes

    with chat.database.session() as s:
        look.changes = s.connection().connection.dbapi_connection.total_changes
    text = {"is in danger": "I want to kill myself", "types that all be erased": "yes"}.get(situation, "what does it cost")
    chat.say(**({"choice": "erase"} if situation == "erases" else {"text": text}))
    assert waited and waited[-1], "what was written last is only the system's to write down"
    assert situation not in ("asks", "is in danger") or waited == [False, True], "the disk was waited for twice"


def test_staff_who_come_during_a_turn_are_not_sent_away_by_it(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    chat.say("I want to kill myself")
    resumed = Replies.resumed

    def come(*args: Any) -> Any:
        chat.set_state("staff")
        return resumed(*args)

    monkeypatch.setattr(Replies, "resumed", come)
    chat.say(choice="safe_now")
    assert chat.state == "staff"


def test_a_crisis_while_staff_write_gives_the_numbers_and_leaves_them_there(chat: Chat) -> None:
    chat.set_state("staff")
    assert [m["kind"] for m in chat.say("I want to kill myself")] == ["crisis"]
    assert chat.state == "staff" and chat.handoffs() == ["crisis"]


def test_a_spanish_crisis_goes_on_in_spanish(chat: Chat) -> None:
    said = chat.say("no puedo respirar y me duele el pecho")
    assert said[0]["text"] == REPLIES.reply("medical_emergency", "takeover", "es").text
    resumed = chat.say(choice="safe_now")
    assert resumed[0]["text"] == REPLIES.resumed("es").text


@pytest.mark.parametrize("text", ["cuánto cuesta", "ok", "$", "Salem"])
def test_what_tells_of_no_language_is_answered_in_that_of_the_crisis(chat: Chat, text: str) -> None:
    chat.say("quiero morir")
    assert [m["text"] for m in chat.say(text)] == [REPLIES.hold("es").text]


def test_who_turns_to_english_is_answered_in_english(chat: Chat) -> None:
    chat.say("quiero morir")
    assert [m["text"] for m in chat.say("what does it cost")] == [REPLIES.hold().text]


def test_a_no_to_a_spanish_check_in_is_thanked_for_in_spanish(chat: Chat) -> None:
    reply = REPLIES.reply("suicidal", "check_in", "es")
    chat.next = [{"text": reply.text, "metadata": {"kind": "check_in"}}]
    chat.say("algo")
    assert chat.say("no")[0]["text"] == REPLIES.resumed("es").text


def test_who_is_safe_may_stop_where_something_waits(chat: Chat) -> None:
    chat.say("I want to die")
    assert chat.say(choice="safe_now")[0]["choices"] == [], "nothing waits"
    with chat.database.session() as s:
        intakes.start_intake(s, chat.id, "intake")
    chat.say("I want to die")
    assert [c["label"] for c in chat.say(choice="safe_now")[0]["choices"]] == ["Stop here"]
    chat.say(choice="stop")
    assert chat.given[-2:] == ["/resume_intake", "/stop"]


def test_what_only_two_messages_say_is_asked_about_and_the_dialogue_has_neither_alone(chat: Chat) -> None:
    chat.say("i dont want")
    given = len(chat.given)
    assert [m["text"] for m in chat.say("to do this anymore")] == [REPLIES.reply("suicidal", "check_in").text]
    assert len(chat.given) == given
    assert [m["text"] for m in chat.say("living i mean")] == [REPLIES.reply("suicidal", "takeover").text]


def test_what_two_messages_say_is_asked_about_before_the_question_that_waits(chat: Chat) -> None:
    with chat.database.session() as s:
        intakes.start_intake(s, chat.id, "intake")
    chat.say("i dont want")
    chat.next = [QUESTION]
    assert [m["kind"] for m in chat.say("to do this anymore")] == ["check_in", "question"]


def test_what_completes_a_sentence_that_was_asked_about_takes_over(chat: Chat) -> None:
    chat.next = [{"text": REPLIES.reply("suicidal", "check_in").text, "metadata": {"kind": "check_in"}}]
    chat.say("im so tired")
    assert [m["kind"] for m in chat.say("of living")] == ["crisis"] and chat.handoffs() == ["crisis"]


def test_only_what_is_said_in_spanish_is_marked_as_spanish(chat: Chat) -> None:
    chat.checked_in("abuse", asks_on=False)
    spanish = chat.say("quiero morirme")
    assert spanish[0]["html"].count('<p lang="es">') == spanish[0]["html"].count("<p")
    with chat.database.reading() as s:
        shown = [conversations.public(m)["html"] for m in conversations.messages_after(s, chat.id)]
    assert [html for html in shown if 'lang="' in html] == [spanish[0]["html"]] and all(shown)


def test_a_minor_in_danger_is_taken_into_no_history(chat: Chat) -> None:
    with chat.database.session() as s:
        run = intakes.start_intake(s, chat.id, "intake").id
    said = chat.say("im 15 and i want to die")
    assert said[0]["text"] == REPLIES.reply("minor", "takeover").text
    chat.say(choice="safe_now")
    assert chat.given == ["/ask_question"]
    with chat.database.reading() as s:
        assert [i.status for i in intakes.conversation_intakes(s, chat.id) if i.id == run] == ["ended"]
        assert intakes.is_minor(s, chat.id)


def test_an_age_under_18_ends_the_history(chat: Chat) -> None:
    chat.say("I'm 16")
    assert chat.given[-1] == PROTECTED_PREFIX + "I'm 16", "no history is open"
    with chat.database.session() as s:
        intakes.start_intake(s, chat.id, "intake")
    chat.say("i said im 16")
    assert chat.given[-1] == UNDER_18


def test_abuse_told_after_such_an_age_gets_the_words_for_minors(chat: Chat) -> None:
    minor = REPLIES.reply("minor", "takeover").text
    chat.say("I'm 16")
    assert [m["text"] for m in chat.say("my dad hits me sometimes")] == [minor]


def test_an_age_told_after_the_crisis_changes_its_words(chat: Chat) -> None:
    assert [m["text"] for m in chat.say("my dad hits me")] == [REPLIES.reply("abuse", "takeover").text]
    assert [m["text"] for m in chat.say("yes im 16")] == [REPLIES.reply("minor", "takeover").text]


def test_a_history_that_ended_for_age_is_remembered(chat: Chat) -> None:
    with chat.database.session() as s:
        run = intakes.start_intake(s, chat.id, "intake", {"ended": intakes.UNDER_AGE})
        intakes.set_status(s, run, "ended")
    assert [m["text"] for m in chat.say("my dad hits me sometimes")] == [REPLIES.reply("minor", "takeover").text]


@pytest.mark.parametrize("text, note", [("I was raped 6 years ago", "assault"), ("yes, 200/110", "pressure"), ("I lost my wife last year", "loss")])
def test_a_kind_sentence_comes_before_the_next_question(chat: Chat, text: str, note: str) -> None:
    chat.next = [QUESTION]
    assert [m["text"] for m in chat.say(text)] == [REPLIES.line(note), QUESTION["text"]]


def test_a_question_that_only_names_trauma_gets_no_notice(chat: Chat) -> None:
    assert len(chat.say("does it work for military sexual trauma and is it covered by the VA?")) == 1


def test_a_visitor_who_leaves_in_the_middle_of_a_turn_does_not_end_it(chat: Chat) -> None:
    async def leave() -> None:
        begun, go = asyncio.Event(), asyncio.Event()

        async def handle(message: UserMessage) -> None:
            begun.set()
            await go.wait()
            await message.output_channel.send_response(message.sender_id, {"text": "an answer"})

        chat.turns.handle = handle
        turn = asyncio.ensure_future(chat.turns.take(chat.id, "one", "what does it cost", None))
        await begun.wait()
        turn.cancel()
        go.set()
        again = await chat.turns.take(chat.id, "one", "what does it cost", None)
        assert [m["text"] for m in again] == ["an answer"]

    asyncio.run(leave())


def test_when_the_dialogue_breaks_after_a_crisis_the_visitor_is_told(chat: Chat) -> None:
    chat.say("I want to kill myself")
    chat.breaks = True
    said = chat.say(choice="safe_now")
    assert said[0]["text"] == REPLIES.resumed().text and "isn't working" in said[1]["text"]


def test_a_tapped_choice_that_fails_promises_nothing_to_keep(chat: Chat) -> None:
    chat.checked_in("abuse", asks_on=False)
    chat.breaks = True
    assert "the team will see it" in chat.say("what does it cost")[0]["text"]
    chat.breaks = False
    chat.next = [{"text": "?", "buttons": [{"title": "Ask", "payload": "/ask_question"}]}]
    chat.say("hello")
    chat.breaks = True
    assert "the team will see it" not in chat.say(choice="ask_question")[0]["text"]


# -- erasing ----------------------------------------------------------------------------------------------------------


def offer_to_erase(chat: Chat) -> None:
    chat.next = [{"text": "Shall I?", "buttons": [{"title": "Yes, delete it", "id": "erase", "payload": "/erase"}]}]
    chat.say("delete my data please")


def test_erasing_again_with_the_same_id_says_the_same(chat: Chat) -> None:
    offer_to_erase(chat)
    said = chat.say(choice="erase", client_id="erase-1")
    assert [m["text"] for m in said] == [ERASED]
    assert chat.say(choice="erase", client_id="erase-1") == said
    with chat.database.reading() as s:
        left = conversations.messages_after(s, chat.id, 0)
        assert [(m.author, m.body["text"]) for m in left] == [("visitor", "Yes, delete it"), ("bot", ERASED)]
    with pytest.raises(Conflict):
        chat.say(choice="erase", client_id="erase-2")


def test_erasing_tells_of_what_staff_still_have(chat: Chat) -> None:
    with chat.database.session() as s:
        intakes.start_intake(s, chat.id, "intake")
        service.keep_message(s, chat.id, words="a message", settings=SETTINGS)
    offer_to_erase(chat)
    said = chat.say(choice="erase", client_id="erase-1")
    assert [m["text"] for m in said] == [ERASED_UNSENT] and chat.say(choice="erase", client_id="erase-1") == said
    with chat.database.reading() as s:
        assert intakes.conversation_intakes(s, chat.id) == [] and len(conversations.messages_after(s, chat.id, 0)) == 4


@pytest.mark.parametrize("text, guessed", [("/", False), ("?", False), ("...", False), ("/submit", False), ("//submit", False), ("\u2060/submit", False), ("$$?", True), ("-", True), ("ok.", True), ("\U0001f44d", True)])
def test_bare_signs_are_not_guessed_at(chat: Chat, text: str, guessed: bool) -> None:
    chat.say(text)
    assert (chat.parsed is None) is guessed, "the model takes a bare sign for a yes"
@pytest.mark.parametrize("text", ["yes", "Yes please, delete it", "delete everything", "ok go ahead"])
def test_a_typed_yes_erases_too(chat: Chat, text: str) -> None:
    offer_to_erase(chat)
    said = chat.say(text, client_id="erase-1")
    assert [m["text"] for m in said] == [ERASED] and chat.say(text, client_id="erase-1") == said


@pytest.mark.parametrize("text", ["no", "yes, and I want to kill myself", "yes but keep my name", "is it gone for good?"])
def test_what_says_more_than_yes_does_not_erase(chat: Chat, text: str) -> None:
    offer_to_erase(chat)
    assert [m["text"] for m in chat.say(text)] != [ERASED]
    with chat.database.reading() as s:
        assert "delete my data please" in [m.body["text"] for m in conversations.messages_after(s, chat.id, 0)]


def test_a_yes_to_something_else_does_not_erase(chat: Chat) -> None:
    offer_to_erase(chat)
    chat.say("what does it cost?")
    assert [m["text"] for m in chat.say("yes")] == ["ok"]


WANTS_A_PERSON = """\
talk to staff
Talk to staff.
can a person call me
i need to talk to someone now
contact me
please have a nurse ring me
Dana Reyes, 503-555-0147
503 555 0147
dana@example.com
Hablar con el personal"""


@pytest.mark.parametrize("text", WANTS_A_PERSON.splitlines())
def test_whoever_asks_for_a_person_in_a_crisis_is_connected_as_by_the_button(chat: Chat, text: str) -> None:
    chat.say("I'm going to shoot myself")
    chat.next = [QUESTION]
    said = chat.say(text)
    language = REPLIES.language(text)
    assert [m["text"] for m in said] == [REPLIES.chosen("talk_staff", language=language).text, QUESTION["text"]]
    assert said[0]["kind"] == "crisis" and chat.given == ["/talk_to_human"] and chat.state == "open"


@pytest.mark.parametrize("text", ["I have nobody to talk to", "don't call me", "I can't talk to anyone", "what now", "my dad will call me a failure"])
def test_what_asks_for_nobody_stays_in_the_crisis(chat: Chat, text: str) -> None:
    chat.say("I'm going to shoot myself")
    chat.say(text)
    assert chat.state == "crisis" and not chat.given


def says_in_turn(chat: Chat, *texts: str) -> List[Dict[str, Any]]:
    """The replies to the last of several messages; each gets the check-in of a category that is named before it ("passive: ...")."""
    for text in texts:
        category, _, said = text.rpartition(": ")
        if category:
            chat.next = [{"text": REPLIES.reply(category, "check_in").text, "metadata": {"kind": "check_in"}}]
        replies = chat.say(said)
    return replies


@pytest.mark.parametrize(
    "texts",
    [
        ("suicidal: everyone is gone", "disorientation: the house is empty", "i have the pills here"),
        ("suicidal: i have the pills here", "goodbye"),
        ("suicidal: i cant do this", "any of it", "im sorry"),
        ("self_harm: long sleeves again", "what time do you close", "bye everyone"),
        ("passive: something that worries", "thanks for trying"),
        ("minor: something that worries", "I love you mom"),
    ],
)
def test_a_farewell_or_means_after_an_unanswered_check_in_is_a_crisis(chat: Chat, texts: tuple) -> None:
    said = says_in_turn(chat, *texts)
    assert [m["kind"] for m in said] == ["crisis"] and chat.handoffs() == ["crisis"]


@pytest.mark.parametrize(
    "texts",
    [
        ("goodbye",),
        ("im sorry",),
        ("suicidal: what's the point", "no", "goodbye"),
        ("medical_emergency: i get headaches", "goodbye"),
        ("suicidal: something that worries", "one", "two", "three", "four", "goodbye"),  # too long ago
        ("suicidal: something that worries", "my phone number is 503 555 0123"),
    ],
)
def test_a_farewell_is_one_where_nothing_waits_for_a_reply(chat: Chat, texts: tuple) -> None:
    assert "crisis" not in [m["kind"] for m in says_in_turn(chat, *texts)] and not chat.handoffs()


def test_a_polite_goodbye_after_a_check_in_is_asked_about_once_more(chat: Chat) -> None:
    said = says_in_turn(chat, "suicidal: something that worries", "ok thanks bye")
    assert [m["text"] for m in said] == [REPLIES.get("check_in_again").text] and not chat.handoffs()


@pytest.mark.parametrize(
    "text",
    ["i'm safe", "im safe now, thank you", "no she is safe", "He's safe now", "yes, they are safe", "I'm safe, let's go on", "I'm ok now, please continue", "ya estoy bien, sigamos",
     "Sí, estoy a salvo y quiero continuar.", "no, ya me siento mejor, sigamos", "seguir"],
)  # fmt: skip
def test_whoever_is_safe_the_chat_goes_on(chat: Chat, text: str) -> None:
    chat.say("my son says he wants to die")
    assert chat.state == "crisis"
    chat.say(text)
    assert chat.state == "open"


@pytest.mark.parametrize("text", ["I'm not safe", "I'm ok", "no estoy bien", "ya estoy bien", "no estoy a salvo", "no estoy bien, sigamos", "I can't go on"])
def test_whoever_is_not_surely_safe_stays_in_the_crisis(chat: Chat, text: str) -> None:
    chat.say("I want to die")
    chat.say(text)
    assert chat.state == "crisis"


@pytest.mark.parametrize(("text", "choice", "in_crisis", "urgent"), [
    (None, "safe_now", True, True), (None, "talk_staff", True, True), (None, "safe_now", False, False), (None, "ask_question", True, False),
    ("I want to die", None, False, True), ("what does it cost", None, True, False),
])  # fmt: skip
def test_a_choice_of_the_crisis_text_is_never_held_back_in_a_crisis(
    chat: Chat, text: Optional[str], choice: Optional[str], in_crisis: bool, urgent: bool
) -> None:
    if in_crisis:
        chat.say("I want to kill myself")
    assert chat.turns.is_urgent(chat.id, text, choice) == urgent
