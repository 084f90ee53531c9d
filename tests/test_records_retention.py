"""What is not needed goes; what was sent and what staff have not dealt with stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.handoff import summary
from bot.records import conversations, intakes
from bot.records.models import (
    Answer,
    Conversation,
    Handoff,
    Intake,
    Message,
    OutboxItem,
    Question,
    TrackerEvent,
    utcnow,
)
from bot.records.retention import forget, purge
from tests.handoff_fixtures import crisis, new_conversation, submit
from tests.records_fixtures import backend, database, make_settings  # noqa: F401

SETTINGS = make_settings(retention_days=30, webhook_url="http://hook", webhook_secret="s")
NOW = utcnow()
OLD = NOW - timedelta(days=31)


def count(s, model) -> int:
    return s.scalar(select(func.count()).select_from(model))


def fill(s, conversation_id: str) -> None:
    """What a conversation leaves behind: messages, Rasa's events, a question, an unfinished run."""
    asked, _ = conversations.add_visitor_message(s, conversation_id, "1", "hello")
    conversations.add_message(s, conversation_id, "bot", "hi", reply_to=asked.id)
    conversations.record_question(s, conversation_id, "why?", message_id=asked.id)
    s.add(TrackerEvent(conversation_id=conversation_id, seq=1, type="user", timestamp=1.0, data={}))
    s.get(Conversation, conversation_id).snapshot = {"prefix": [], "from": 1}
    intake = intakes.start_intake(s, conversation_id, "intake")
    intakes.save_answer(s, intake, "intake", "1", "name", "?", "answered", ["Jo"], "Jo")


def age(s, seen=OLD) -> None:
    s.flush()
    s.execute(update(Conversation).values(last_seen_at=seen))
    s.execute(update(Intake).values(updated_at=OLD))
    s.execute(update(OutboxItem).values(created_at=OLD))
    s.expire_all()


def test_an_old_conversation_that_came_to_nothing_goes_whole(database):  # noqa: F811
    with database.session() as s:
        fill(s, new_conversation(s))
        age(s)
        counts = purge(s, NOW, SETTINGS)
    assert counts == {
        "intakes": 1, "conversations": 1, "messages": 2, "tracker_events": 1, "questions": 1, "deliveries": 0,
    }  # fmt: skip
    with database.reading() as s:
        for model in (Conversation, Message, TrackerEvent, Question, Intake, Answer):
            assert count(s, model) == 0, model


def test_what_is_young_stays(database):  # noqa: F811
    with database.session() as s:
        fill(s, new_conversation(s))
        assert set(purge(s, NOW + timedelta(days=29), SETTINGS).values()) == {0}
        assert count(s, Message) == 2


def test_an_abandoned_run_goes_though_the_visitor_still_chats(database):  # noqa: F811
    with database.session() as s:
        fill(s, new_conversation(s))
        age(s, seen=NOW)
        assert purge(s, NOW, SETTINGS)["intakes"] == 1
        assert (count(s, Intake), count(s, Answer), count(s, Message)) == (0, 0, 2)


@pytest.mark.parametrize("kind", ["intake", "callback", "question", "crisis"])
@pytest.mark.parametrize("status", ["new", "claimed"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nothing_of_an_open_handoff_goes(database, kind, status):  # noqa: F811
    with database.session() as s:
        handoff = crisis(s, new_conversation(s)) if kind == "crisis" else submit(s, kind)
        handoff.status = status
        fill(s, handoff.conversation_id)
        age(s)
        assert set(purge(s, NOW, SETTINGS).values()) == {0}
        assert count(s, Message) == 2


def test_a_sent_history_stays_when_its_transcript_goes(database):  # noqa: F811
    with database.session() as s:
        handoff = submit(s, settings=SETTINGS)
        fill(s, handoff.conversation_id)
        handoff.status = "reviewed"
        s.execute(update(OutboxItem).values(status="delivered"))
        sent = count(s, Answer) - 1
        before = summary.summarize(s, handoff)
        age(s)
        counts = purge(s, NOW, SETTINGS)
        assert (counts["messages"], counts["intakes"], counts["conversations"], counts["deliveries"]) == (2, 1, 0, 1)
        assert count(s, Answer) == sent
        assert summary.summarize(s, s.scalars(select(Handoff)).one()) == before
        assert s.get(Conversation, handoff.conversation_id).snapshot is None


def test_a_delivery_that_is_still_owed_stays(database):  # noqa: F811
    with database.session() as s:
        submit(s, settings=SETTINGS).status = "closed"
        age(s)
        assert purge(s, NOW, SETTINGS)["deliveries"] == 0


def test_purging_again_finds_nothing(database):  # noqa: F811
    with database.session() as s:
        for _ in range(3):
            fill(s, new_conversation(s))
        age(s)
        assert purge(s, NOW, SETTINGS)["conversations"] == 3
        assert set(purge(s, NOW, SETTINGS).values()) == {0}


def test_a_visitor_can_have_what_they_did_not_send_deleted(database):  # noqa: F811
    with database.session() as s:
        mine, other = new_conversation(s), new_conversation(s)
        fill(s, mine)
        fill(s, other)
        forget(s, mine)
        assert s.get(Conversation, mine) is not None, "the chat goes on"
        assert conversations.messages_after(s, mine) == []
        assert intakes.conversation_intakes(s, mine) == []
        assert len(conversations.messages_after(s, other)) == 2


def test_forgetting_keeps_what_staff_still_need(database):  # noqa: F811
    with database.session() as s:
        handoff = crisis(s, new_conversation(s))
        fill(s, handoff.conversation_id)
        forget(s, handoff.conversation_id)
        assert len(conversations.messages_after(s, handoff.conversation_id)) == 2
        assert intakes.conversation_intakes(s, handoff.conversation_id) == []
