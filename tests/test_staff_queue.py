"""The queue, what can be done with a handoff, and the trace that every look and change leaves."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.handoff import crisis, service
from bot.records import conversations, intakes
from bot.records.models import Conversation, Handoff, HandoffNote, Message
from bot.safety import Replies
from bot.settings import Clinic
from bot.staff import view
from tests.records_fixtures import make_settings, new_postgres_url
from tests.staff_site import PASSWORD, Site, Visitor, make_site  # noqa: F401


def order(page: str) -> list[str]:
    return re.findall(r'<th role="rowheader"[^>]*><a href="/handoffs/(\w+)"', page)


def test_the_queue_is_by_urgency_and_then_by_age(site: Site) -> None:
    new_routine = site.add_handoff(age=timedelta(minutes=1))
    new_stat = site.add_handoff("crisis", "stat", timedelta(minutes=2))
    old_routine = site.add_handoff(age=timedelta(days=3))
    old_stat = site.add_handoff("crisis", "stat", timedelta(hours=5))
    urgent = site.add_handoff("intake", "urgent", timedelta(minutes=9))
    assert order(site.nurse().get("/").text) == [old_stat, new_stat, urgent, old_routine, new_routine]


def test_the_queue_shows_what_is_open_and_all_on_request(site: Site) -> None:
    by_status = {status: site.add_handoff(status=status) for status in ("new", "claimed", "reviewed", "closed")}
    nurse = site.nurse()
    assert set(order(nurse.get("/").text)) == {by_status["new"], by_status["claimed"]}
    assert set(order(nurse.get("/?show=all").text)) == set(by_status.values())


def test_no_page_of_the_queue_hides_an_open_handoff(site: Site) -> None:
    ids = {site.add_handoff(age=timedelta(minutes=i)) for i in range(60)}
    nurse = site.nurse()
    assert set(order(nurse.get("/").text)) == ids
    pages = [order(nurse.get(f"/?show=all&page={number}").text) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 10, 0]
    assert set(pages[0] + pages[1]) == ids


def test_an_empty_queue_says_so(site: Site) -> None:
    assert "Nobody is waiting" in site.nurse().get("/").text


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=30), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=2, minutes=10), "2 hours 10 minutes ago"),
        (timedelta(hours=49), "2 days ago"),
        (timedelta(seconds=-5), "just now"),
    ],
)
def test_ages_are_said_in_words(age: timedelta, words: str) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    assert view.ago(now - age, now) == words


def test_times_are_the_clinics(site: Site) -> None:
    with site.app.app_context():
        assert view.stamp("2026-07-01T00:30:00+00:00") == "Jun 30, 2026, 5:30 PM PDT"
        assert view.stamp("2026-12-01T20:05:00+00:00") == "Dec 1, 2026, 12:05 PM PST"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "Yes"),
        (False, "No"),
        (0, "0"),
        (None, ""),
        ([], ""),
        ([{"code": "yes", "display": "Yes"}], "Yes"),
        ([{"code": "yes"}], "yes"),
        (["1987-03-04"], "March 4, 1987"),
        (["a", "b"], "a, b"),
        ([12.5], "12.5"),
        ("2026-99-99", "2026-99-99"),
    ],
)
def test_stored_values_are_said_in_words(value: object, words: str) -> None:
    assert view.plain(value) == words


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"name": "Jordan Avery Alvarez", "preferred_name": "Jo"}, "Jo A."),
        ({"name": "Jordan Alvarez", "preferred_name": None}, "Jordan A."),
        ({"name": "Jordan"}, "Jordan"),
        ({"name": None, "preferred_name": "Jo"}, "Jo"),
        ({}, ""),
    ],
)
def test_the_queue_shows_no_full_name(person: dict[str, str | None], name: str) -> None:
    assert view.short_name(person) == name


@pytest.mark.parametrize(
    ("birth_date", "years"),
    [("1987-11-22", 39), ("1987-11-23", 39), ("1987-11-24", 38), (None, None), ("unknown", None)],
)
def test_age_counts_birthdays_in_the_clinics_day(site: Site, birth_date: str | None, years: int | None) -> None:
    with site.app.app_context():
        assert view.years_old(birth_date, datetime(2026, 11, 24, 5, tzinfo=timezone.utc)) == years


# --- What can be done


def act(nurse: Visitor, handoff_id: str, action: str) -> int:
    return nurse.post(f"/handoffs/{handoff_id}/status/{action}").status_code


def test_a_handoff_goes_from_new_to_closed_and_back(site: Site) -> None:
    handoff_id = site.add_handoff()
    nurse = site.nurse()
    assert act(nurse, handoff_id, "claim") == 302
    assert (site.handoff(handoff_id).status, site.handoff(handoff_id).claimed_by) == ("claimed", site.staff_id)
    assert "Claimed</strong> by you" in nurse.get(f"/handoffs/{handoff_id}").text
    assert act(nurse, handoff_id, "release") == 302
    assert (site.handoff(handoff_id).status, site.handoff(handoff_id).claimed_by) == ("new", None)
    assert act(nurse, handoff_id, "close") == 302
    assert site.handoff(handoff_id).status == "closed"
    assert act(nurse, handoff_id, "reopen") == 302
    assert site.handoff(handoff_id).status == "new"
    changes = [row[0] for row in site.audit() if row[1] == "handoff" and row[0] != "view"]
    assert changes == ["claim", "release", "close", "reopen"]


@pytest.mark.parametrize(
    ("status", "action"),
    [("claimed", "claim"), ("new", "release"), ("new", "take"), ("closed", "close"), ("new", "reopen"), ("reviewed", "claim")],
)
def test_a_step_that_does_not_fit_is_refused_and_changes_nothing(site: Site, status: str, action: str) -> None:
    handoff_id = site.add_handoff(status=status)
    nurse = site.nurse()
    assert act(nurse, handoff_id, action) == 409
    assert site.handoff(handoff_id).status == status
    assert action not in [row[0] for row in site.audit()]


@pytest.mark.parametrize("path", ["/handoffs/{}/status/invent", "/handoffs/{}x/status/claim", "/handoffs/{}x/notes"])
def test_what_is_not_there_cannot_be_changed(site: Site, path: str) -> None:
    assert site.nurse().post(path.format(site.add_handoff()), {"text": "x"}).status_code == 404


def test_a_colleague_can_take_over_a_claim(site: Site) -> None:
    handoff_id = site.add_handoff()
    other = site.add_staff("dana@example.org", PASSWORD)
    assert act(site.nurse(), handoff_id, "claim") == 302
    colleague = site.nurse("dana@example.org")
    assert "Take over from nurse@example.org" in colleague.get(f"/handoffs/{handoff_id}").text
    assert act(colleague, handoff_id, "take") == 302
    assert site.handoff(handoff_id).claimed_by == other


def test_two_claims_at_once_give_it_to_one(site: Site) -> None:
    handoff_id = site.add_handoff()
    site.add_staff("dana@example.org", PASSWORD)
    nurses = [site.nurse(), site.nurse("dana@example.org")]
    tokens = [nurse.token("/") for nurse in nurses]
    start, statuses = threading.Barrier(2), []

    def claim(nurse: Visitor, token: str) -> None:
        start.wait()
        statuses.append(nurse.client.post(f"/handoffs/{handoff_id}/status/claim", data={"csrf_token": token}).status_code)

    threads = [threading.Thread(target=claim, args=pair) for pair in zip(nurses, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302, 409]


def notes(site: Site) -> list[tuple[str, int]]:
    with site.database.reading() as s:
        return [(note.text, note.staff_id) for note in s.scalars(select(HandoffNote))]


def test_reviewed_comes_with_a_note(site: Site) -> None:
    handoff_id = site.add_handoff(status="claimed")
    nurse = site.nurse()
    refused = nurse.post(f"/handoffs/{handoff_id}/notes", {"text": "  ", "review": "1"})
    assert refused.status_code == 422
    assert "Write what was done or decided." in refused.text
    assert site.handoff(handoff_id).status == "claimed" and not notes(site)
    assert nurse.post(f"/handoffs/{handoff_id}/notes", {"text": "Called, booked for Tuesday.", "review": "1"}).status_code == 302
    handoff = site.handoff(handoff_id)
    assert (handoff.status, handoff.reviewed_by, handoff.reviewed_at) == ("reviewed", site.staff_id, site.clock())
    page = nurse.get(f"/handoffs/{handoff_id}").text
    assert "Called, booked for Tuesday." in page and "reviewed by nurse@example.org" in page
    assert [row[0] for row in site.audit()][-3:-1] == ["note", "review"]


def test_a_note_alone_changes_no_status(site: Site) -> None:
    handoff_id = site.add_handoff()
    site.nurse().post(f"/handoffs/{handoff_id}/notes", {"text": "Tried to call, no answer."})
    assert site.handoff(handoff_id).status == "new"
    assert notes(site) == [("Tried to call, no answer.", site.staff_id)]


def test_a_review_that_comes_too_late_keeps_no_half_and_gives_the_text_back(site: Site) -> None:
    handoff_id = site.add_handoff(status="closed")
    nurse = site.nurse()
    refused = nurse.post(f"/handoffs/{handoff_id}/notes", {"text": "Called, she is safe.", "review": "1"})
    assert refused.status_code == 409 and not notes(site)
    assert "This handoff is closed by now" in refused.text
    assert re.search(r"<textarea[^>]*>\s*Called, she is safe\.</textarea>", refused.text)
    assert 'name="review"' not in refused.text, "what is refused must not be offered again"
    assert site.audit()[-1] == ("view", "handoff", handoff_id, site.staff_id)
    assert nurse.post(f"/handoffs/{handoff_id}/notes", {"text": "Called, she is safe."}).status_code == 302
    assert notes(site) == [("Called, she is safe.", site.staff_id)]


def test_a_note_that_is_too_long_is_given_back(site: Site) -> None:
    answer = site.nurse().post(f"/handoffs/{site.add_handoff()}/notes", {"text": "n" * 4001})
    assert answer.status_code == 422
    assert "at most 4000 characters" in answer.text and "n" * 4001 in answer.text


def box(page: str) -> str:
    """What stands in the text box of a page."""
    return html.unescape(re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", page, re.DOTALL).group(1))


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [("new", "claim", "claimed"), ("claimed", "take", "claimed"), ("claimed", "release", "new"), ("new", "close", "closed"), ("closed", "reopen", "new")],
)
def test_a_step_gives_a_note_back_that_was_begun(site: Site, before: str, action: str, after: str) -> None:
    handoff_id = site.add_handoff(status=before)
    nurse = site.nurse()
    page = nurse.get(f"/handoffs/{handoff_id}").text
    if action != "take":  # offered on what a colleague claimed
        with site.database.session() as s:
            s.get(Handoff, handoff_id).claimed_by = site.staff_id if before == "claimed" else None
        page = nurse.get(f"/handoffs/{handoff_id}").text
    path = f"/handoffs/{handoff_id}/status/{action}"
    assert re.search(rf'<button[^>]*form="note"[^>]*formaction="{path}"', page), "the button must take the note along"
    answer = nurse.post(path, {"text": "Called her <twice>,\r\nno"})
    assert answer.status_code == 200 and site.handoff(handoff_id).status == after
    assert box(answer.text) == "Called her <twice>,\nno" and "Your note is not saved yet" in answer.text
    assert not notes(site), "half a sentence must not stand in the record"


def test_a_step_that_came_too_late_gives_the_note_back_too(site: Site) -> None:
    handoff_id = site.add_handoff(status="claimed")
    answer = site.nurse().post(f"/handoffs/{handoff_id}/status/claim", {"text": "Called her"})
    assert answer.status_code == 409 and box(answer.text) == "Called her"
    assert "This handoff is claimed by now." in answer.text


def test_lines_of_staff_end_like_those_of_everybody_else(site: Site) -> None:
    handoff_id = site.add_handoff()
    nurse = site.nurse()
    nurse.post(f"/handoffs/{handoff_id}/notes", {"text": "one\r\ntwo"})
    nurse.post(f"/handoffs/{handoff_id}/chat/take-over")
    nurse.post(f"/handoffs/{handoff_id}/chat/message", {"text": "one\r\ntwo"})
    assert notes(site)[0][0] == heard(site, handoff_id)[1][1] == "one\ntwo"
    assert re.search(r'<p class="text">one\ntwo', nurse.get(f"/handoffs/{handoff_id}/print").text), "the print keeps them"


def test_what_people_write_is_shown_as_text(site: Site) -> None:
    handoff_id = site.add_handoff()
    nurse = site.nurse()
    nurse.post(f"/handoffs/{handoff_id}/notes", {"text": "<script>alert(1)</script>"})
    say(site, handoff_id, "<img src=x onerror=alert(1)>")
    for page in ("", "/transcript", "/print"):
        text = nurse.get(f"/handoffs/{handoff_id}{page}").text
        assert "<script>alert" not in text and "<img" not in text


# --- Traces


@pytest.mark.parametrize(
    ("path", "trace"),
    [
        ("/", ("view", "queue", None)),
        ("/handoffs/{}", ("view", "handoff", "{}")),
        ("/handoffs/{}/print", ("print", "handoff", "{}")),
        ("/handoffs/{}/transcript", ("view", "handoff", "{}")),
        ("/handoffs/{}/summary.json", ("export", "handoff", "{}")),
        ("/handoffs/{}/fhir.json", ("export", "handoff", "{}")),
        ("/audit", ("view", "audit", None)),
        ("/unanswered", ("view", "questions", None)),
    ],
)
def test_every_look_leaves_a_trace(site: Site, path: str, trace: tuple[str, str, str | None]) -> None:
    handoff_id = site.add_handoff()
    nurse = site.nurse()
    assert nurse.get(path.format(handoff_id)).status_code == 200
    action, kind, object_id = trace
    assert site.audit()[-1] == (action, kind, object_id and object_id.format(handoff_id), site.staff_id)


@pytest.mark.parametrize("form", ["notes", "chat/message"])
def test_a_form_that_is_given_back_shows_the_handoff_and_leaves_the_trace_of_a_look(site: Site, form: str) -> None:
    handoff_id = site.add_handoff()
    nurse = site.nurse()
    token = nurse.token("/")
    before = site.audit()
    assert nurse.client.post(f"/handoffs/{handoff_id}/{form}", data={"csrf_token": token, "text": " "}).status_code == 422
    assert site.audit() == [*before, ("view", "handoff", handoff_id, site.staff_id)]


def test_an_unexpected_error_logs_no_word_of_the_person(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    handoff_id = site.add_handoff()
    with site.database.session() as s:
        s.get(Handoff, handoff_id).data = {"summary": {"person": "my secret symptom"}}
    assert site.nurse().get(f"/handoffs/{handoff_id}").status_code == 500
    assert "handoffs.show" in caplog.text
    assert "my secret symptom" not in caplog.text


def test_a_look_that_cannot_be_written_down_is_not_given(site: Site) -> None:
    handoff_id = site.add_handoff()
    say(site, handoff_id, "my secret symptom")
    nurse = site.nurse()
    with site.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO audit_gone")
        connection.exec_driver_sql("CREATE TABLE audit (id INTEGER PRIMARY KEY, action, object_type, object_id)")
    answer = nurse.get(f"/handoffs/{handoff_id}/transcript")
    assert answer.status_code == 500
    assert "my secret symptom" not in answer.text


def test_the_trail_names_who_did_what(site: Site) -> None:
    handoff_id = site.add_handoff()
    nurse = site.nurse()
    act(nurse, handoff_id, "claim")
    page = re.sub(r"\s+", " ", nurse.get("/audit").text)
    assert re.search(rf'nurse@example.org</td> <td[^>]*>claimed</td> <td[^>]*><a href="/handoffs/{handoff_id}"', page)


def test_the_trail_can_be_read_back_to_its_beginning(site: Site) -> None:
    nurse = site.nurse()
    for _ in range(120):
        nurse.get("/audit")
    page = nurse.get("/audit").text
    earlier = re.search(r'href="(/audit\?before=\d+)"', page)
    assert earlier
    oldest = nurse.get(earlier.group(1)).text
    assert ">logged in<" in oldest and ">logged in<" not in page


# --- Questions without an answer


def test_questions_nobody_could_answer_are_listed(site: Site) -> None:
    handoff_id = site.add_handoff("question")
    with site.database.session() as s:
        conversation_id = site_conversation(site, handoff_id)
        conversations.record_question(s, conversation_id, "Do you treat cluster headache?")
        conversations.record_question(s, conversation_id, "What is ketamine?", faq_id="what_is_ketamine")
        unhelpful = conversations.record_question(s, conversation_id, "Does it hurt?", faq_id="infusion_pain")
        conversations.rate_questions(s, conversation_id, [unhelpful], helpful=False)
    page = site.nurse().get("/unanswered").text
    assert "Do you treat cluster headache?" in page and f"/handoffs/{handoff_id}" in page
    assert "What is ketamine?" not in page
    assert page.index("Answered, but not helpful") < page.index("Does it hurt?")


def test_a_question_is_dealt_with_and_can_be_taken_back(site: Site) -> None:
    handoff_id = site.add_handoff("question")
    with site.database.session() as s:
        conversation_id = site_conversation(site, handoff_id)
        question = conversations.record_question(s, conversation_id, "hithere")
        unhelpful = conversations.record_question(s, conversation_id, "Does it hurt?", faq_id="infusion_pain")
        conversations.rate_questions(s, conversation_id, [unhelpful], helpful=False)
    nurse = site.nurse()
    for one, text_ in ((question, "hithere"), (unhelpful, "Does it hurt?")):
        for _ in range(2):  # pressed twice
            assert nurse.post(f"/unanswered/{one}/settle").status_code == 302
        assert text_ not in nurse.get("/unanswered").text and text_ in nurse.get("/unanswered?show=settled").text
        nurse.post(f"/unanswered/{one}/unsettle")
        assert text_ in nurse.get("/unanswered").text and text_ not in nurse.get("/unanswered?show=settled").text
    changes = [row[:3] for row in site.audit() if row[1] == "question"]
    assert changes == [(action, "question", str(one)) for one in (question, unhelpful) for action in ("settle", "unsettle")]
    assert "marked as dealt with" in nurse.get("/audit").text
    assert nurse.post("/unanswered/999/settle").status_code == 404
    assert nurse.post(f"/unanswered/{question}/close").status_code == 404


def test_a_long_question_is_folded(site: Site) -> None:
    long = "Why is it so? " * 140
    with site.database.session() as s:
        conversations.record_question(s, site_conversation(site, site.add_handoff()), long)
    page = site.nurse().get("/unanswered").text
    first, rest = re.search(r"<summary[^>]*>(.*?)<span.*?<p[^>]*>(.*?)</p>", page, re.DOTALL).groups()
    assert len(first) <= 200 and (first + rest).strip() == long.strip(), "what is unfolded goes on where the beginning ends"


# --- The live chat


def site_conversation(site: Site, handoff_id: str) -> str:
    return site.handoff(handoff_id).conversation_id


def say(site: Site, handoff_id: str, text: str) -> int:
    with site.database.session() as s:
        message, _ = conversations.add_visitor_message(s, site_conversation(site, handoff_id), None, text)
        return message.id


def state(site: Site, handoff_id: str) -> str:
    with site.database.reading() as s:
        return s.get(Conversation, site_conversation(site, handoff_id)).state


def report_crisis(site: Site, conversation_id: str) -> None:
    told = {"category": "suicidal", "rule": "r", "version": "1", "words": "I want to die", "shown": "988"}
    with site.database.session() as s:
        service.report_crisis(s, conversation_id, settings=site.settings, **told)


def heard(site: Site, handoff_id: str) -> list[tuple[str, str]]:
    """What the visitor's page is given of what staff wrote."""
    with site.database.reading() as s:
        messages = conversations.messages_after(s, site_conversation(site, handoff_id))
        return [(m.kind, m.body["text"]) for m in messages if m.author == "staff"]


@pytest.mark.parametrize("before", ["open", "crisis"])
def test_staff_can_take_over_the_chat_and_hand_it_back_as_it_was(site: Site, before: str) -> None:
    handoff_id = site.add_handoff("crisis", "stat")
    with site.database.session() as s:
        conversations.set_state(s, site_conversation(site, handoff_id), before)
    nurse = site.nurse()
    chat = f"/handoffs/{handoff_id}/chat"
    assert nurse.post(f"{chat}/take-over").status_code == 302
    assert state(site, handoff_id) == "staff"
    waiting = say(site, handoff_id, "is somebody there")
    assert "not answered" in nurse.get(f"/handoffs/{handoff_id}/transcript").text
    assert nurse.post(f"{chat}/message", {"text": " Hello,\r\nthis is Kim from the clinic. "}).status_code == 302
    with site.database.reading() as s:
        assert s.get(Message, waiting).status == "answered"
    assert nurse.post(f"{chat}/hand-back").status_code == 302
    assert state(site, handoff_id) == before
    assert [kind for kind, _ in heard(site, handoff_id)] == ["message", "message", "notice"]  # the page's header reads it
    assert heard(site, handoff_id)[1][1] == "Hello,\nthis is Kim from the clinic."
    changes = [row[0] for row in site.audit() if row[0] in {"take_over", "message", "hand_back"}]
    assert changes == ["take_over", "message", "hand_back"]


def test_nothing_waits_for_an_answer_once_staff_have_read_it_and_left(site: Site) -> None:
    handoff_id = site.add_handoff()
    nurse = site.nurse()
    nurse.post(f"/handoffs/{handoff_id}/chat/take-over")
    waiting = say(site, handoff_id, "thank you, bye")
    assert nurse.post(f"/handoffs/{handoff_id}/chat/hand-back").status_code == 302
    with site.database.reading() as s:
        assert s.get(Message, waiting).status == "answered"
    assert "not answered" not in nurse.get(f"/handoffs/{handoff_id}/transcript").text


@pytest.mark.parametrize("earlier", [False, True], ids=["the first", "one more in an open handoff"])
def test_a_crisis_while_staff_write_holds_the_assistant_when_they_leave(site: Site, earlier: bool) -> None:
    handoff_id = site.add_handoff()
    conversation_id = site_conversation(site, handoff_id)
    if earlier:
        report_crisis(site, conversation_id)
        with site.database.session() as s:
            conversations.set_state(s, conversation_id, "open")  # the visitor chose to go on
    nurse = site.nurse()
    nurse.post(f"/handoffs/{handoff_id}/chat/take-over")
    report_crisis(site, conversation_id)
    with site.database.session() as s:
        conversations.set_state(s, conversation_id, "staff")
    assert "not answered" not in nurse.get(f"/handoffs/{handoff_id}/transcript").text
    assert nurse.post(f"/handoffs/{handoff_id}/chat/hand-back").status_code == 302
    assert state(site, handoff_id) == "crisis"


def test_a_crisis_that_was_over_before_staff_came_holds_nothing(site: Site) -> None:
    handoff_id = site.add_handoff()
    report_crisis(site, site_conversation(site, handoff_id))
    with site.database.session() as s:
        conversations.set_state(s, site_conversation(site, handoff_id), "open")
    nurse = site.nurse()
    nurse.post(f"/handoffs/{handoff_id}/chat/take-over")
    nurse.post(f"/handoffs/{handoff_id}/chat/hand-back")
    assert state(site, handoff_id) == "open"


# On SQLite one process writes at a time; on PostgreSQL two can have read the same state, and act on it.


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("postgres"), database_url=new_postgres_url())
    yield site
    site.database.dispose()


def hear_a_crisis(s: Session, conversation_id: str) -> None:
    told = {"category": "suicidal", "rule": "r", "version": "1", "words": "I want to die"}
    crisis.take_over(s, conversation_id, replies=Replies.load(), settings=make_settings(), clinic=Clinic({}), **told)


def while_it_waits(site: Site, first: Callable[[Session], Any], second: Callable[[], Any]) -> Any:
    """What the second gives that begins when the first has done its work, and not yet committed it."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    with ThreadPoolExecutor(1) as other:
        with site.database.session() as s:
            first(s)
            result = other.submit(second)
            for _ in range(1000):
                with site.database.reading() as looking:
                    if looking.execute(waiting).scalar():
                        break
                time.sleep(0.01)
            else:
                raise AssertionError("the second did not wait for the first")
        return result.result(timeout=30)


@pytest.mark.parametrize("step", ["take-over", "hand-back"])
def test_a_crisis_that_is_written_while_staff_come_or_leave_is_not_missed(postgres: Site, step: str) -> None:
    handoff_id = postgres.add_handoff("crisis", "stat")  # further ones are written into it
    conversation_id = site_conversation(postgres, handoff_id)
    nurse = postgres.nurse()
    chat, token = f"/handoffs/{handoff_id}/chat", {"csrf_token": nurse.token("/")}
    if step == "hand-back":
        nurse.post(f"{chat}/take-over")
    first = lambda s: hear_a_crisis(s, conversation_id)  # noqa: E731
    assert while_it_waits(postgres, first, lambda: nurse.client.post(f"{chat}/{step}", data=token)).status_code == 302
    if step == "take-over":
        assert state(postgres, handoff_id) == "staff"
        nurse.post(f"{chat}/hand-back")
    assert state(postgres, handoff_id) == "crisis"


def test_a_crisis_that_is_heard_while_staff_come_does_not_end_their_turn(postgres: Site) -> None:
    handoff_id = postgres.add_handoff()
    conversation_id = site_conversation(postgres, handoff_id)

    def crisis_in_a_turn() -> None:
        with postgres.database.session() as s:
            hear_a_crisis(s, conversation_id)

    while_it_waits(postgres, lambda s: conversations.set_state(s, conversation_id, "staff"), crisis_in_a_turn)
    assert state(postgres, handoff_id) == "staff"


@pytest.mark.parametrize(
    ("where", "state_before"),
    [("message", "open"), ("hand-back", "open"), ("take-over", "staff"), ("take-over", "closed"), ("message", "closed")],
)
def test_a_step_that_does_not_fit_the_chat_is_refused(site: Site, where: str, state_before: str) -> None:
    handoff_id = site.add_handoff()
    with site.database.session() as s:
        conversations.set_state(s, site_conversation(site, handoff_id), state_before)
    assert site.nurse().post(f"/handoffs/{handoff_id}/chat/{where}", {"text": "Hello"}).status_code == 409
    assert state(site, handoff_id) == state_before and not heard(site, handoff_id)


@pytest.mark.parametrize(
    ("state_before", "step", "reason"),
    [
        ("open", "message", "was not sent, because the chat was handed back"),
        ("crisis", "message", "was not sent, because the chat was handed back"),
        ("closed", "message", "This chat has ended"),
        ("staff", "hand-back", "was not handed back, because your message is not sent yet"),
        ("staff", "take-over", "Staff are in this chat already"),
    ],
)
def test_a_message_that_was_begun_is_never_lost(site: Site, state_before: str, step: str, reason: str) -> None:
    handoff_id = site.add_handoff()
    with site.database.session() as s:
        conversations.set_state(s, site_conversation(site, handoff_id), state_before)
    answer = site.nurse().post(f"/handoffs/{handoff_id}/chat/{step}", {"text": "Are you <safe>?"})
    assert answer.status_code == 409 and reason in answer.text
    assert box(answer.text) == "Are you <safe>?"
    assert state(site, handoff_id) == state_before and not heard(site, handoff_id)


def test_who_joins_again_finds_the_message_in_the_box(site: Site) -> None:
    handoff_id = site.add_handoff()
    answer = site.nurse().post(f"/handoffs/{handoff_id}/chat/take-over", {"text": "Are you safe?"})
    assert answer.status_code == 200 and box(answer.text) == "Are you safe?"
    assert state(site, handoff_id) == "staff" and [kind for kind, _ in heard(site, handoff_id)] == ["message"]


def test_nobody_writes_into_a_chat_that_has_expired(site: Site) -> None:
    handoff_id = site.add_handoff()
    with site.database.session() as s:
        s.get(Conversation, site_conversation(site, handoff_id)).expires_at = datetime.now(timezone.utc) - timedelta(minutes=1)
    nurse = site.nurse()
    assert "This chat has ended" in nurse.get(f"/handoffs/{handoff_id}/transcript").text
    assert nurse.post(f"/handoffs/{handoff_id}/chat/take-over").status_code == 409


@pytest.mark.parametrize(("text", "problem"), [("  ", "Write a message first."), ("m" * 2001, "at most 2000 characters")])
def test_a_message_that_cannot_be_sent_is_explained(site: Site, text: str, problem: str) -> None:
    handoff_id = site.add_handoff()
    nurse = site.nurse()
    nurse.post(f"/handoffs/{handoff_id}/chat/take-over")
    answer = nurse.post(f"/handoffs/{handoff_id}/chat/message", {"text": text})
    assert answer.status_code == 422 and problem in answer.text


def test_an_open_transcript_gets_what_is_new(site: Site) -> None:
    handoff_id = site.add_handoff()
    first = say(site, handoff_id, "one")
    second = say(site, handoff_id, "two")
    nurse = site.nurse()
    address = f"/handoffs/{handoff_id}/messages.json"
    assert [m["text"] for m in nurse.get(address).json["messages"]] == ["one", "two"]
    assert [m["id"] for m in nurse.get(f"{address}?after={first}").json["messages"]] == [second]
    looks = len(site.audit())
    assert nurse.get(f"{address}?after={second}").json == {"messages": []}
    assert len(site.audit()) == looks, "asking in vain is no look"
    assert nurse.get("/handoffs/nothing/messages.json").status_code == 404


def test_an_open_queue_hears_of_what_is_new(site: Site) -> None:
    first = site.add_handoff(age=timedelta(minutes=5))
    nurse = site.nurse()
    assert nurse.get("/queue.json", query_string={"after": first}).json == {"new": 0, "stat": 0}
    site.add_handoff("crisis", "stat")
    site.add_handoff()
    assert nurse.get("/queue.json", query_string={"after": first}).json == {"new": 2, "stat": 1}


@pytest.mark.parametrize("path", ["/?show=all&page={}", "/audit?before={}", "/handoffs/HANDOFF/messages.json?after={}"])
@pytest.mark.parametrize("number", ["9223372036854775807", "9" * 30, "-1", "x"])
def test_a_number_that_no_row_can_have_is_as_none(site: Site, path: str, number: str) -> None:
    address = path.format(number).replace("HANDOFF", site.add_handoff())
    assert site.nurse().get(address).status_code == 200


def test_a_question_with_a_number_that_no_row_can_have_is_not_there(site: Site) -> None:
    assert site.nurse().post(f"/unanswered/{'9' * 30}/settle").status_code == 404


def test_errors_for_programs_have_the_one_shape(site: Site) -> None:
    nurse = site.nurse()
    for path in ("/handoffs/nothing/summary.json", "/handoffs/nothing/fhir.json"):
        answer = nurse.get(path)
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
        assert set(answer.json) == {"error"} and set(answer.json["error"]) == {"code", "message"}


def test_an_unknown_handoff_is_a_page_that_says_so(site: Site) -> None:
    answer = site.nurse().get("/handoffs/nothing")
    assert answer.status_code == 404 and "nothing at this address" in answer.text


def test_intakes_are_not_touched_by_looking(site: Site) -> None:
    handoff_id = site.add_handoff()
    with site.database.session() as s:
        run = intakes.start_intake(s, site_conversation(site, handoff_id), "question")
        updated = run.updated_at
    site.nurse().get(f"/handoffs/{handoff_id}")
    with site.database.reading() as s:
        assert intakes.get_intake(s, run.id).updated_at == updated


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+15035550142", "(503) 555-0142"), ("+442079460018", "+44 20 7946 0018"), ("call my sister", "call my sister"), ("911", "911")],
)
def test_numbers_are_shown_as_people_read_them_out(number: str, shown: str) -> None:
    assert view.phone(number) == shown

