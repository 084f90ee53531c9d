"""Messages are kept once, in order, and shown without what is internal."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.records import conversations as c
from bot.records.models import Conversation, Message, utcnow
from tests.records_fixtures import backend, database  # noqa: F401

HOUR = timedelta(hours=1)


@pytest.fixture
def conversation_id(database):  # noqa: F811
    with database.session() as s:
        return c.create_conversation(s, HOUR).id


def test_identifiers_cannot_be_guessed(database):  # noqa: F811
    with database.session() as s:
        ids = {c.create_conversation(s, HOUR).id for _ in range(50)}
    assert len(ids) == 50
    assert all(len(one) == 32 for one in ids)


def test_an_expired_or_unknown_conversation_is_not_found(database):  # noqa: F811
    with database.session() as s:
        old = c.create_conversation(s, timedelta(seconds=-1))
        assert c.get_conversation(s, old.id) is None
        assert c.get_conversation(s, "unknown") is None
        assert c.get_conversation(s, c.create_conversation(s, HOUR).id) is not None


def test_the_same_message_sent_again_is_the_first_one(database, conversation_id):  # noqa: F811
    with database.session() as s:
        first, created = c.add_visitor_message(s, conversation_id, "id-1", "hello")
    with database.session() as s:
        again, created_again = c.add_visitor_message(s, conversation_id, "id-1", "something else")
        assert (created, created_again) == (True, False)
        assert again.id == first.id
        assert again.body["text"] == "hello"


def test_the_same_id_in_two_conversations_is_two_messages(database, conversation_id):  # noqa: F811
    with database.session() as s:
        other = c.create_conversation(s, HOUR).id
        assert c.add_visitor_message(s, conversation_id, "id-1", "a")[1]
        assert c.add_visitor_message(s, other, "id-1", "b")[1]


def test_the_same_message_sent_many_times_at_once_is_stored_once(database, conversation_id):  # noqa: F811
    outcomes, errors = [], []
    together = threading.Barrier(8)

    def send():
        try:
            together.wait()
            with database.session() as s:
                message, created = c.add_visitor_message(s, conversation_id, "id-1", "hello")
                outcomes.append((message.id, created))
        except Exception as error:  # noqa: BLE001 - reported by the assertion
            errors.append(error)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({number for number, _ in outcomes}) == 1
    assert sum(created for _, created in outcomes) == 1


def test_no_message_becomes_visible_behind_a_later_one(database, conversation_id):  # noqa: F811
    """A client that asks for what comes after the last id it saw must never miss one."""
    seen: list[int] = []
    done = threading.Event()
    errors = []

    def write(author):
        try:
            for n in range(15):
                with database.session() as s:
                    c.add_message(s, conversation_id, author, f"{author} {n}")
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    def read():
        while True:
            finished = done.is_set()
            with database.reading() as s:
                seen.extend(m.id for m in c.messages_after(s, conversation_id, seen[-1] if seen else 0))
            if finished:
                return

    writers = [threading.Thread(target=write, args=(author,)) for author in ("bot", "staff", "bot")]
    reader = threading.Thread(target=read)
    for thread in [*writers, reader]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert errors == []
    with database.reading() as s:
        assert seen == [m.id for m in c.messages_after(s, conversation_id)]
    assert len(seen) == 45


def test_a_message_to_nowhere_is_refused(database):  # noqa: F811
    with pytest.raises(c.UnknownConversation), database.session() as s:
        c.add_visitor_message(s, "unknown", "id", "text")


def test_clients_see_no_payloads_and_no_internals(database, conversation_id):  # noqa: F811
    choices = [{"id": "yes", "label": "Yes", "payload": '/answer{"choice": "yes"}'}]
    sources = [{"title": "A study", "url": "https://doi.org/10.1"}]
    with database.session() as s:
        said = c.add_message(s, conversation_id, "bot", "Well?", kind="question", choices=choices, sources=sources)
        assert c.public(said) == {
            "id": said.id,
            "author": "bot",
            "kind": "question",
            "text": "Well?",
            "html": "<p>Well?</p>",
            "choices": [{"id": "yes", "label": "Yes"}],
            "sources": sources,
            "at": said.at.isoformat(),
        }
        asked, _ = c.add_visitor_message(s, conversation_id, "1", "Yes", choice_id="yes")
        assert set(c.public(asked)) == set(c.public(said))


@pytest.mark.parametrize("author", ["visitor", "bot", "staff"])
def test_the_html_of_a_message_is_its_text_in_paragraphs(database, conversation_id, author):  # noqa: F811
    text = "a <b>\n& b\n\nc"
    with database.session() as s:
        said = c.add_visitor_message(s, conversation_id, "1", text)[0] if author == "visitor" else c.add_message(s, conversation_id, author, text)
        assert c.public(said)["html"] == "<p>a &lt;b&gt;<br>&amp; b</p><p>c</p>"


def test_the_html_names_a_language_that_is_not_english(database, conversation_id):  # noqa: F811
    with database.session() as s:
        said = c.add_message(s, conversation_id, "bot", "uno\n\ndos", language="es")
        assert c.public(said)["html"] == '<p lang="es">uno</p><p lang="es">dos</p>'


def test_a_choice_is_the_newest_offered_under_its_id(database, conversation_id):  # noqa: F811
    with database.session() as s:
        for payload in ("/old", "/new"):
            c.add_message(s, conversation_id, "bot", "?", choices=[{"id": "yes", "label": "Yes", "payload": payload}])
        c.add_message(s, conversation_id, "bot", "something else")
        assert c.find_choice(s, conversation_id, "yes")["payload"] == "/new"
        assert c.find_choice(s, conversation_id, "never-offered") is None
        other = c.create_conversation(s, HOUR).id
        assert c.find_choice(s, other, "yes") is None


def test_replies_and_recent_texts_are_in_order(database, conversation_id):  # noqa: F811
    with database.session() as s:
        asked, _ = c.add_visitor_message(s, conversation_id, "1", "one")
        for text in ("first", "second"):
            c.add_message(s, conversation_id, "bot", text, reply_to=asked.id)
        for n in (2, 3):
            c.add_visitor_message(s, conversation_id, str(n), f"text {n}")
        assert [m.body["text"] for m in c.replies_to(s, asked.id)] == ["first", "second"]
        assert c.recent_visitor_texts(s, conversation_id, 2) == ["text 2", "text 3"]
        assert [m.body["text"] for m in c.messages_after(s, conversation_id, asked.id)][:2] == ["first", "second"]


def test_states_are_kept(database, conversation_id):  # noqa: F811
    with database.session() as s:
        asked, _ = c.add_visitor_message(s, conversation_id, "1", "one")
        assert asked.status == "pending"
        c.set_status(s, asked.id, "answered")
        c.set_state(s, conversation_id, "crisis")
    with database.reading() as s:
        assert s.get(Message, asked.id).status == "answered"
        assert s.get(Conversation, conversation_id).state == "crisis"
        assert s.get(Conversation, conversation_id).last_seen_at.tzinfo is not None
        assert abs(s.get(Conversation, conversation_id).last_seen_at - utcnow()) < timedelta(minutes=1)


def test_questions_are_kept_with_their_answer(database, conversation_id):  # noqa: F811
    with database.session() as s:
        c.record_question(s, conversation_id, "What does it cost?", "cost")
        c.record_question(s, conversation_id, "Do you have a pool?")
        assert [(q.text, q.faq_id) for q in c.questions_asked(s, conversation_id)] == [
            ("What does it cost?", "cost"),
            ("Do you have a pool?", None),
        ]
        assert [q.text for q in c.unanswered_questions(s)] == ["Do you have a pool?"]
