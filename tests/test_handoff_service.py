"""A handoff and its notices exist together or not at all, once, and with the right urgency."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.handoff import service, summary
from bot.handoff.fhir import bundle
from bot.records import conversations, intakes
from bot.records.models import Handoff, OutboxItem, utcnow
from bot.safety import Replies
from bot.settings import Clinic
from tests.handoff_fixtures import CALLBACK, PERSON, QUESTION, crisis, new_conversation, play, submit
from tests.records_fixtures import backend, database, make_settings  # noqa: F401

REPLIES = Replies.load()
ALL = make_settings(
    smtp_host="mail",
    notify_to=("a@example.org",),
    webhook_url="http://hook",
    webhook_secret="s",
    fhir_url="http://fhir",
)


def owed(s, handoff) -> list[str]:
    return sorted(s.scalars(select(OutboxItem.channel).filter_by(handoff_id=handoff.id)))


def flagged(flags) -> list[tuple[str, str, str]]:
    return [(flag["level"], flag["code"], flag["words"]) for flag in flags]


@pytest.mark.parametrize(
    ("kind", "channels"),
    [("intake", ["email", "fhir", "webhook"]), ("callback", ["email", "webhook"]), ("question", ["email", "webhook"])],
)
def test_each_kind_is_owed_to_the_channels_that_are_set_up(database, kind, channels):  # noqa: F811
    with database.session() as s:
        assert owed(s, submit(s, kind, ALL)) == channels
        assert owed(s, submit(s, kind)) == []


def test_a_part_of_a_history_is_renewed_while_open_and_gives_way_to_the_whole(database):  # noqa: F811
    with database.session() as s:
        intake = play(s, "intake", PERSON)
        part = service.send_unfinished(s, intake, settings=ALL)
        assert (part.kind, owed(s, part)) == ("unfinished", ["email", "webhook"])
        assert {r["status"] for r in part.data["responses"]} == {"in-progress"}
        assert intakes.current_intake(s, intake.conversation_id) is intake
        assert service.send_unfinished(s, intake, settings=ALL) is part
        assert owed(s, part) == ["email", "webhook"]
        whole = service.submit_intake(s, intake, settings=ALL)
        assert whole is not part and (part.status, whole.status) == ("closed", "new")


def test_without_the_transaction_there_is_neither_handoff_nor_notice(database):  # noqa: F811
    with pytest.raises(ZeroDivisionError), database.session() as s:
        submit(s, "intake", ALL)
        _ = 1 / 0
    with database.reading() as s:
        assert s.scalars(select(Handoff)).all() == []
        assert s.scalars(select(OutboxItem)).all() == []


def test_sending_again_gives_the_same_handoff_and_no_second_notice(database):  # noqa: F811
    with database.session() as s:
        intake = play(s, "intake", PERSON)
        first = service.submit_intake(s, intake, settings=ALL)
        again = service.submit_intake(s, intake, settings=ALL)
        assert again is first
        assert len(owed(s, first)) == 3
        assert intake.status == "submitted"
        assert intakes.current_intake(s, intake.conversation_id) is None


@pytest.mark.parametrize(
    ("kind", "changes", "urgency"),
    [
        ("intake", {}, "routine"),
        ("intake", {"suicidal_now": "yes"}, "stat"),
        ("intake", {"suicidal_3_months": "yes"}, "stat"),
        ("intake", {"stroke_aneurysm": "yes"}, "urgent"),
        ("intake", {"safe_contact": "no"}, "urgent"),
        ("intake", {"suicidal_ever": "yes"}, "routine"),
        ("intake", {"high_bp": "yes", "high_bp_treated": "yes, 200/125 this morning"}, "stat"),
        ("intake", {"reason": "My blood pressure is 150/95"}, "routine"),
        ("callback", {}, "routine"),
        ("callback", {"about": "my bp is 190/120"}, "stat"),
        ("callback", {"safe_message": "no"}, "urgent"),
        ("question", {}, "routine"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_urgency_follows_the_flags(database, kind, changes, urgency):  # noqa: F811
    with database.session() as s:
        assert submit(s, kind, **changes).urgency == urgency


def test_a_crisis_is_stat_and_more_of_it_goes_into_the_open_handoff(database):  # noqa: F811
    with database.session() as s:
        conversation_id = new_conversation(s)
        first = crisis(s, conversation_id, "I want to die", settings=ALL)
        assert first.urgency == "stat"
        second = crisis(s, conversation_id, "he hits me", category="abuse", settings=ALL)
        assert second is first
        told = summary.summarize(s, first)
        assert [(flag["level"], flag["words"]) for flag in told["flags"]] == [
            ("red", "I want to die"),
            ("red", "he hits me"),
        ]
        assert [event["shown"] for event in first.data["events"]] == ["Call or text 988."] * 2
        assert owed(s, first) == ["email", "webhook"], "told once within a few minutes"


def checked_in(s, conversation_id, words="what's the point", *answers):
    """A check-in, and what the assistant said to each further turn."""
    for said, text in ((words, REPLIES.reply("suicidal", "check_in").text), *answers):
        message, _ = conversations.add_visitor_message(s, conversation_id, None, said)
        kind = "check_in" if text == REPLIES.reply("suicidal", "check_in").text else "message"
        conversations.add_message(s, conversation_id, "bot", text, kind=kind, reply_to=message.id)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("kind", "send"), [("intake", service.submit_intake), ("callback", service.request_callback)])
def test_what_is_sent_after_a_crisis_says_so(database, kind, send):  # noqa: F811
    years = {f"{utcnow().astimezone(Clinic({}).zone):, %Y, }"}
    with database.session() as s:
        conversation_id = new_conversation(s)
        crisis(s, conversation_id, "driving off a bridge").status = "closed"
        years.add(f"{utcnow().astimezone(Clinic({}).zone):, %Y, }")  # midnight may just have passed
        sent = send(s, play(s, kind, {**PERSON, **CALLBACK}, conversation_id), settings=ALL)
        (flag, *_) = summary.summarize(s, sent)["flags"]
        assert (flag["level"], flag["code"], flag["words"]) == ("red", "crisis-suicidal", "driving off a bridge")
        assert any(year in flag["reason"] for year in years) and sent.urgency == "stat"
        other = send(s, play(s, kind, {**PERSON, **CALLBACK}), settings=ALL)
        assert other.urgency == "routine", "another conversation"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("clinic", "zone"), [("timezone: Pacific/Honolulu", "HST"), ("timezone: [Pacific", "P[SD]T"), (None, "P[SD]T")])
def test_when_a_crisis_was_is_told_in_the_clinics_time(database, tmp_path, clinic, zone):  # noqa: F811
    """Staff read every other time in it; a file that is being edited keeps no history from being sent."""
    path = tmp_path / "clinic.yml"
    if clinic:
        path.write_text(clinic)
    with database.session() as s:
        conversation_id = new_conversation(s)
        crisis(s, conversation_id, "driving off a bridge")
        settings = make_settings(clinic_file=path)
        sent = service.submit_intake(s, play(s, "intake", PERSON, conversation_id), settings=settings)
        assert re.search(rf"in this chat, \w{{3}} \d+, \d{{4}}, \d+:\d\d [AP]M {zone}\.", summary.summarize(s, sent)["flags"][0]["reason"])


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_red_answer_that_still_stands_is_told_once(database, answer):  # noqa: F811
    with database.session() as s:
        conversation_id = new_conversation(s)
        crisis(s, conversation_id, "Are you having thoughts of suicide now? Yes", rule="intake/suicidal-now")
        sent = service.submit_intake(s, play(s, "intake", {**PERSON, "suicidal-now": answer}, conversation_id), settings=ALL)
        reds = [flag["code"] for flag in summary.summarize(s, sent)["flags"] if flag["level"] == "red"]
        assert reds == (["suicidal-now"] if answer == "yes" else ["crisis-suicidal"])


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([], True),
        ([("nightmares", "What would you like to be different?")], True),
        ([("no", REPLIES.resumed().text)], False),
        ([("no", REPLIES.resumed("es").text)], False),
        ([("no", REPLIES.resumed().text), ("why bother", REPLIES.reply("suicidal", "check_in").text)], True),
    ],
)
def test_a_check_in_that_was_not_cleared_up_is_told(database, answers, told):  # noqa: F811
    with database.session() as s:
        conversation_id = new_conversation(s)
        checked_in(s, conversation_id, "what's the point", *answers)
        sent = service.submit_intake(s, play(s, "intake", PERSON, conversation_id), settings=ALL)
        found = [flag for flag in summary.summarize(s, sent)["flags"] if flag["code"] == "check-in-suicidal"]
        words = "why bother" if len(answers) == 2 else "what's the point"
        assert [(flag["level"], flag["words"]) for flag in found] == ([("amber", words)] if told else [])


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("category", "denial", "goals", "words"),
    [
        ("suicidal", "no", "be rid of it all", ["be rid of it all"]),
        ("abuse", "I'm safe right now", "be rid of it all", ["be rid of it all"]),
        ("suicidal", "no", "sleep through the night", []),  # no answer holds what was asked about
        ("medical_emergency", "no", "be rid of it all", []),  # it does not happen now, and that is all
    ],
)
def test_a_denied_check_in_stays_where_its_words_are_an_answer(database, category, denial, goals, words):  # noqa: F811
    with database.session() as s:
        conversation_id = new_conversation(s)
        asked = REPLIES.reply(category, "check_in").text
        for said, text, kind in (("be rid of it all", asked, "check_in"), (denial, REPLIES.resumed().text, "notice")):
            message, _ = conversations.add_visitor_message(s, conversation_id, None, said)
            conversations.add_message(s, conversation_id, "bot", text, kind=kind, reply_to=message.id)
        sent = service.submit_intake(s, play(s, "intake", {**PERSON, "goals": goals}, conversation_id), settings=ALL)
        found = [flag for flag in summary.summarize(s, sent)["flags"] if flag["code"].startswith("check-in-")]
        assert [(flag["level"], flag["words"]) for flag in found] == [("amber", text) for text in words]
        assert all(f'they said: "{denial}"' in flag["reason"] for flag in found)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_check_in_that_led_to_a_crisis_is_told_with_it(database):  # noqa: F811
    with database.session() as s:
        conversation_id = new_conversation(s)
        checked_in(s, conversation_id)
        conversations.add_message(s, conversation_id, "bot", "Call or text 988.", kind="crisis")
        conversations.add_message(s, conversation_id, "bot", REPLIES.resumed().text)
        crisis(s, conversation_id, "yes")
        sent = service.submit_intake(s, play(s, "intake", PERSON, conversation_id), settings=ALL)
        words = [flag["words"] for flag in summary.summarize(s, sent)["flags"]]
        assert words[:2] == ["yes", "what's the point"]


def test_staff_are_told_again_when_the_first_notice_is_old(database):  # noqa: F811
    with database.session() as s:
        handoff = crisis(s, new_conversation(s), settings=ALL)
        long_ago = utcnow() - service.REMIND_AFTER - timedelta(seconds=1)
        s.execute(update(OutboxItem).values(created_at=long_ago))
        crisis(s, handoff.conversation_id, "again", settings=ALL)
        assert owed(s, handoff) == ["email", "email", "webhook", "webhook"]


@pytest.mark.parametrize("status", ["reviewed", "closed"])
def test_a_crisis_after_the_last_one_was_dealt_with_is_a_new_handoff(database, status):  # noqa: F811
    with database.session() as s:
        first = crisis(s, new_conversation(s))
        first.status = status
        second = crisis(s, first.conversation_id)
        assert second is not first
        assert len(second.data["events"]) == 1


def test_crisis_messages_at_once_open_one_handoff(database):  # noqa: F811
    with database.session() as s:
        conversation_id = new_conversation(s)
    together, errors = threading.Barrier(5), []

    def report(n):
        try:
            together.wait()
            with database.session() as s:
                crisis(s, conversation_id, f"words {n}")
        except Exception as error:  # noqa: BLE001 - reported by the assertion
            errors.append(error)

    threads = [threading.Thread(target=report, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.reading() as s:
        handoff = s.scalars(select(Handoff)).one()
        assert sorted(event["words"] for event in handoff.data["events"]) == [f"words {n}" for n in range(5)]


def test_a_message_that_could_not_be_answered_waits_for_staff(database):  # noqa: F811
    with database.session() as s:
        conversation_id = new_conversation(s)
        first = service.keep_message(s, conversation_id, words="Are you there?", settings=ALL)
        assert service.keep_message(s, conversation_id, words="Hello?", settings=ALL) is first
        told = summary.summarize(s, first)
        assert (told["kind"], told["urgency"]) == ("question", "urgent")
        assert "Are you there?" in told["reason"]
        assert "Hello?" in told["reason"]
        passed = submit(s, "question", ALL)
        assert passed.id != first.id


def test_what_is_written_after_sending_goes_to_all_that_is_not_closed(database):  # noqa: F811
    with database.session() as s:
        history = submit(s, settings=ALL)
        request = service.request_callback(s, play(s, "callback", CALLBACK, history.conversation_id), settings=ALL)
        done = service.pass_question(s, play(s, "question", QUESTION, history.conversation_id), settings=ALL)
        history.status, request.status, done.status = "reviewed", "claimed", "closed"
        assert service.add_note(s, history.conversation_id, words="my number is 503-555-0999", settings=ALL)
        assert (history.status, request.status, done.status) == ("new", "claimed", "closed")
        for handoff in (history, request):
            told = summary.summarize(s, handoff)["flags"]
            assert ("amber", "added-after-sending", "my number is 503-555-0999") in flagged(told)
        assert "my number is 503-555-0999" in summary.text(summary.summarize(s, request))
        assert not done.data["notes"]
        assert owed(s, request) == ["email", "email", "webhook", "webhook"], "told of it, though the request is new"


def test_taking_it_back_comes_first_is_urgent_and_told_at_once(database):  # noqa: F811
    with database.session() as s:
        handoff = submit(s, "callback", ALL)
        handoff.status = "closed"
        service.add_note(s, handoff.conversation_id, words="mornings are best", settings=ALL)
        service.add_note(s, handoff.conversation_id, words="please don't call", withdraws=True, settings=ALL)
        service.add_note(s, handoff.conversation_id, words="really don't", withdraws=True, settings=ALL)
        assert (handoff.status, handoff.urgency) == ("new", "urgent")
        assert flagged(summary.summarize(s, handoff)["flags"]) == [
            ("red", "withdrawn", "please don't call"),
            ("red", "withdrawn", "really don't"),
            ("amber", "added-after-sending", "mornings are best"),
        ]
        assert len(owed(s, handoff)) == 2 * 3, "a notice for sending, one for more, one for taking back"
        in_bundle = [e["resource"]["code"]["coding"][0]["code"] for e in bundle(handoff)["entry"] if e["resource"]["resourceType"] == "Flag"]
        assert in_bundle == ["added-after-sending", "withdrawn", "withdrawn"], "in the order of writing: each keeps its number"


def test_what_was_written_of_a_part_stays_when_the_part_is_renewed_or_the_whole_is_sent(database):  # noqa: F811
    with database.session() as s:
        intake = play(s, "intake", PERSON)
        part = service.send_unfinished(s, intake, settings=ALL)
        service.add_note(s, intake.conversation_id, words="no calls please", withdraws=True, settings=ALL)
        assert service.send_unfinished(s, intake, settings=ALL).data["notes"]
        whole = service.submit_intake(s, intake, settings=ALL)
        assert (whole is not part, whole.urgency) == (True, "urgent")
        assert ("red", "withdrawn", "no calls please") in flagged(summary.summarize(s, whole)["flags"])


def test_more_of_a_crisis_keeps_what_was_written_besides(database):  # noqa: F811
    with database.session() as s:
        handoff = crisis(s, new_conversation(s))
        service.add_note(s, handoff.conversation_id, words="don't call, he is home", withdraws=True, settings=ALL)
        crisis(s, handoff.conversation_id, "again")
        assert [flag["code"] for flag in summary.summarize(s, handoff)["flags"]] == ["withdrawn", "crisis-suicidal", "crisis-suicidal"]
        assert handoff.urgency == "stat"


def test_there_is_nothing_to_add_to_where_nothing_was_sent(database):  # noqa: F811
    with database.session() as s:
        assert not service.add_note(s, new_conversation(s), words="my number is wrong", settings=ALL)
        assert s.scalars(select(Handoff)).all() == []
