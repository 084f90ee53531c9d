"""No answer that was given is ever lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.records import conversations, intakes
from tests.records_fixtures import backend, database  # noqa: F401


@pytest.fixture
def conversation_id(database):  # noqa: F811
    with database.session() as s:
        return conversations.create_conversation(s, timedelta(hours=1)).id


def save(s, intake, link_id, value, status="answered"):
    values = [value] if status == "answered" else []
    return intakes.save_answer(s, intake, "intake", "2026-1", link_id, f"{link_id}?", status, values, value)


def test_the_newest_run_that_can_go_on_is_the_current_one(database, conversation_id):  # noqa: F811
    with database.session() as s:
        assert intakes.current_intake(s, conversation_id) is None
        first = intakes.start_intake(s, conversation_id, "intake")
        callback = intakes.start_intake(s, conversation_id, "callback")
        assert intakes.current_intake(s, conversation_id) is callback
        assert intakes.current_intake(s, conversation_id, "intake") is first
        intakes.set_status(s, callback, "submitted")
        intakes.set_status(s, first, "stopped")
        assert intakes.current_intake(s, conversation_id) is first
        intakes.set_status(s, first, "withdrawn")
        assert intakes.current_intake(s, conversation_id) is None
        assert callback.submitted_at is not None
        assert first.submitted_at is None


def test_a_changed_answer_supersedes_and_keeps_the_old_one(database, conversation_id):  # noqa: F811
    with database.session() as s:
        intake = intakes.start_intake(s, conversation_id, "intake")
        save(s, intake, "name", "Jo")
        save(s, intake, "city", None, status="skipped")
        save(s, intake, "name", "Joan")
    with database.session() as s:
        intake = intakes.current_intake(s, conversation_id)
        current = intakes.answers(s, intake)
        assert {key: answer.values for key, answer in current.items()} == {
            ("intake", "city"): [],
            ("intake", "name"): ["Joan"],
        }
        history = [(a.link_id, a.values, a.superseded_at is None) for a in intakes.answer_history(s, intake)]
        assert history == [("name", ["Jo"], False), ("city", [], True), ("name", ["Joan"], True)]


def test_what_could_not_be_read_never_counts_and_waits_for_the_answer(database, conversation_id):  # noqa: F811
    with database.session() as s:
        intake = intakes.start_intake(s, conversation_id, "intake")
        save(s, intake, "name", "Jo")
        for text in ("hm", "the usual"):
            intakes.save_unread(s, intake, "intake", "1", "name", "What is your name?", text)
        intakes.save_unread(s, intake, "intake", "1", "city", "Where?", "here")
        assert intakes.unread(s, intake, "intake", "name") == ["hm", "the usual"]
        assert [a.values for a in intakes.answers(s, intake).values()] == [["Jo"]]
        save(s, intake, "name", "Joan")
        assert intakes.unread(s, intake, "intake", "name") == []
        assert intakes.unread(s, intake, "intake", "city") == ["here"]


def test_a_cleared_answer_opens_the_question_and_is_kept(database, conversation_id):  # noqa: F811
    with database.session() as s:
        intake = intakes.start_intake(s, conversation_id, "intake")
        save(s, intake, "name", "Jo")
        intakes.clear_answer(s, intake, "intake", "name")
        assert intakes.answers(s, intake) == {}
        assert len(intakes.answer_history(s, intake)) == 1


def test_two_answers_at_once_leave_one_current_and_both_kept(database, conversation_id):  # noqa: F811
    with database.session() as s:
        intake_id = intakes.start_intake(s, conversation_id, "intake").id
    together, errors = threading.Barrier(6), []

    def answer(n):
        try:
            together.wait()
            with database.session() as s:
                save(s, intakes.get_intake(s, intake_id), "name", f"name {n}")
        except Exception as error:  # noqa: BLE001 - reported by the assertion
            errors.append(error)

    threads = [threading.Thread(target=answer, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.reading() as s:
        intake = intakes.get_intake(s, intake_id)
        assert len(intakes.answers(s, intake)) == 1
        assert len(intakes.answer_history(s, intake)) == 6


@pytest.mark.parametrize("value", [True, 3, 2.5, "2019-05", {"code": "yes", "display": "Yes"}, "Ünïcode 🙂"])
def test_values_keep_their_type(database, conversation_id, value):  # noqa: F811
    with database.session() as s:
        intake = intakes.start_intake(s, conversation_id, "intake")
        intakes.save_answer(s, intake, "q", None, "x", "?", "answered", [value], None)
    with database.reading() as s:
        stored = intakes.answers(s, intakes.current_intake(s, conversation_id))[("q", "x")]
        assert stored.values == [value]
        assert type(stored.values[0]) is type(value)


def test_what_the_dialogue_remembers_is_kept_however_it_is_changed(database, conversation_id):  # noqa: F811
    with database.session() as s:
        intakes.start_intake(s, conversation_id, "intake", {"misses": 1})
    with database.session() as s:
        intake = intakes.current_intake(s, conversation_id)
        intake.state["current"] = ["intake", "name"]
    with database.session() as s:
        intake = intakes.current_intake(s, conversation_id)
        assert intake.state == {"misses": 1, "current": ["intake", "name"]}
        intakes.set_state(s, intake, {"reviewing": True})
    with database.reading() as s:
        assert intakes.current_intake(s, conversation_id).state == {"reviewing": True}
