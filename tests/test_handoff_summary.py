"""The summary has the contract's shape for every kind, and says what the person said."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from bot.handoff import service, summary
from bot.handoff.export import UnknownHandoff, export
from bot.records import audit, conversations, intakes
from tests.handoff_fixtures import CONSENTS, NAME, PERSON, SYMPTOM, crisis, new_conversation, play, submit
from tests.records_fixtures import backend, database, make_settings  # noqa: F401

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

KEYS = {
    "id", "kind", "status", "urgency", "created", "person", "reason", "flags", "scores", "answers", "skipped",
    "medications", "conditions", "allergies", "consents", "questions_asked",
}  # fmt: skip
PERSON_KEYS = {"name", "preferred_name", "birth_date", "phone", "email", "contact"}


@pytest.fixture
def session(database):  # noqa: F811
    with database.session() as s:
        yield s


def of_kind(s, kind):
    if kind == "crisis":
        return crisis(s, new_conversation(s))
    if kind == "kept":
        return service.keep_message(s, new_conversation(s), words="Hello?", settings=make_settings())
    return submit(s, kind)


@pytest.mark.parametrize("kind", ["intake", "callback", "question", "crisis", "kept"])
def test_every_kind_has_the_shape_of_the_contract(session, kind):
    told = summary.summarize(session, of_kind(session, kind))
    assert set(told) == KEYS
    assert set(told["person"]) == PERSON_KEYS
    assert isinstance(told["person"]["contact"], dict)
    for flag in told["flags"]:
        assert set(flag) == {"level", "code", "reason", "words"}
    for answer in told["answers"]:
        assert set(answer) == {"questionnaire", "link_id", "question", "value", "text", "at"}
    for entry in told["skipped"]:
        assert set(entry) == {"questionnaire", "link_id", "question", "text", "status"}
        assert entry["status"] in {"skipped", "open"}
    for listed in (*told["medications"], *told["allergies"], *told["conditions"]):
        assert set(listed) == {"name", "words", "status"}
    for consent in told["consents"]:
        assert set(consent) == {"what", "given", "version", "at"}
    for score in told["scores"]:
        assert {"instrument", "score", "max", "band", "items", "gate"} <= set(score)
    assert json.loads(json.dumps(told)) == told


def test_a_history_says_who_why_and_how_to_reach_them(session):
    told = summary.summarize(session, submit(session))
    assert told["person"] == {
        "name": NAME,
        "preferred_name": "Margo",
        "birth_date": "1987-03-04",
        "phone": "+15035550123",
        "email": "margo@example.org",
        "contact": {
            "safe_contact": "Yes",
            "way": "Phone call",
            "voicemail_ok": False,
            "text_ok": True,
            "best_time": "after six",
            "state": "Oregon",
            "city": "Salem",
        },
    }
    assert told["reason"] == f"{SYMPTOM}\nHopes for: to sleep"
    assert [(m["name"], m["words"]) for m in told["medications"]] == [
        ("sertraline", "sertraline 100 mg"),
        ("alprazolam", "Xanax as needed"),
    ]
    assert [a["name"] for a in told["allergies"]] == ["penicillin"]
    assert {c["name"] for c in told["conditions"]} == {"ptsd"}
    score = told["scores"][0]
    assert (score["score"], score["max"], score["gate"], len(score["items"])) == (4, 5, True, 5)


def test_how_they_may_be_reached_is_told_in_their_own_words(session):
    told = summary.summarize(session, submit(session, **{"safe-contact": "yes but not at work", "voicemail-ok": "yes please"}))
    assert told["person"]["contact"]["in_their_words"] == '"yes but not at work"'
    assert 'In their words: "yes but not at work"' in summary.text(told)


@pytest.mark.parametrize("said, kept", [
    ("sí, claro", False), ("si por favor", False), ("no gracias", False), ("of course, go ahead", False), ("you can text my cell, that's fine", False), ("yep, please do", False),
    ("sí, pero no en el trabajo", True), ("sure, after 6", True), ("no voicemail", True), ("yes, I live alone", True),
])  # fmt: skip
def test_a_bare_yes_or_no_is_not_repeated_as_their_words(session, said, kept):
    contact = summary._person({("intake", "text-ok"): SimpleNamespace(values=[True], text=said)})["contact"]
    assert contact.get("in_their_words") == (f'"{said}"' if kept else None)


def test_consents_are_kept_with_version_and_time(session):
    told = summary.summarize(session, submit(session))
    by_words = {consent["what"]: consent for consent in told["consents"]}
    assert len(by_words) == 6, "four consents, and voicemail and text messages"
    assert all(consent["version"] == "2026-1" and consent["at"] for consent in by_words.values())
    assert [consent["given"] for consent in by_words.values()].count(False) == 1


def test_what_was_skipped_is_listed_and_not_among_the_answers(session):
    told = summary.summarize(session, submit(session, heart=None, pronouns=None))
    skipped = {entry["link_id"] for entry in told["skipped"]}
    assert {"heart", "pronouns"} <= skipped
    assert not skipped & {answer["link_id"] for answer in told["answers"]}
    assert all(entry["question"] for entry in told["skipped"])


def test_what_was_skipped_is_told_from_what_was_not_reached(session):
    intake = intakes.start_intake(session, new_conversation(session), "intake")
    for consent in CONSENTS:
        intakes.save_answer(session, intake, "intake", "1", consent, consent, "answered", [True], None)
    intakes.save_answer(session, intake, "intake", "1", "phone", "Phone?", "answered", ["+15035550123"], None)
    intakes.save_answer(session, intake, "intake", "1", "email", "E-mail?", "skipped", [], None)

    told = summary.summarize(session, service.send_unfinished(session, intake, settings=make_settings()))
    by_link = {entry["link_id"]: entry["status"] for entry in told["skipped"]}
    assert (by_link["email"], by_link["suicidal-now"]) == ("skipped", "open")
    skipped, _, rest = summary.text(told).partition("SKIPPED\n")[2].partition("NOT REACHED BEFORE THEY STOPPED\n")
    assert "e-mail" in skipped and "suicide" not in skipped and "suicide now?" in rest


def test_the_reason_of_a_request_is_what_they_want_to_talk_about(session):
    told = summary.summarize(session, submit(session, "callback", about="the cost of treatment"))
    assert told["reason"] == "the cost of treatment"
    assert "WHY THEY COME\n  the cost of treatment" in summary.text(told)


def test_what_was_typed_before_a_skip_reaches_staff(session):
    intake = play(session, "callback", {"name": "Sam", "reach": "503-555-0199"})
    asked, words = "Is it safe to leave a message there?", "depends who picks up"
    intakes.save_answer(session, intake, "callback", "1", "safe-message", asked, "skipped", [], words)

    told = summary.summarize(session, service.request_callback(session, intake, settings=make_settings()))
    assert {entry["link_id"]: entry["text"] for entry in told["skipped"]} == {
        "safe-message": words,
        "best-time": None,
        "about": None,
    }
    assert words not in json.dumps(told["answers"])
    section = summary.text(told).split("SKIPPED\n")[1].split("\n\n")[0]
    assert f'"{words}"' in section and "None" not in section


def test_as_text_an_older_handoff_can_still_be_read(session):
    told = summary.summarize(session, submit(session, heart=None))
    older = [{part: entry[part] for part in ("questionnaire", "link_id", "question")} for entry in told["skipped"]]
    assert summary.text({**told, "skipped": older}) == summary.text(told).replace("SKIPPED\n", "SKIPPED OR NOT ASKED\n")


def test_staff_are_warned_where_nobody_said_that_contact_is_safe(session):
    assert "contact-safety-unknown" in codes(session, submit(session, safe_contact=None))
    assert "message-safety-unknown" in codes(session, submit(session, "callback", safe_message=None))
    assert not codes(session, submit(session, "callback"))


def test_an_unfinished_history_stopped_before_that_question_warns_too(session):
    intake = intakes.start_intake(session, new_conversation(session), "intake")
    for consent in CONSENTS:
        intakes.save_answer(session, intake, "intake", "1", consent, consent, "answered", [True], None)
    intakes.save_answer(session, intake, "intake", "1", "phone", "Phone?", "answered", ["+15035550123"], None)

    handoff = service.send_unfinished(session, intake, settings=make_settings())
    assert codes(session, handoff) == {"contact-safety-unknown"}
    assert handoff.urgency == "routine"


def test_a_no_at_the_gate_is_not_a_zero_of_five(session):
    told = summary.summarize(session, submit(session, gate="no"))
    assert (told["scores"][0]["gate"], told["scores"][0]["band"]) == (False, "no event")
    answered = submit(session, **dict.fromkeys(("nightmares", "avoidance", "on_guard", "numb", "guilt"), "no"))
    zero = summary.summarize(session, answered)["scores"][0]
    assert (zero["gate"], zero["score"], zero["band"]) == (True, 0, "below cut")


def test_the_cut_is_a_setting(session):
    assert "pc-ptsd-5-positive" in codes(session, submit(session))
    assert "pc-ptsd-5-near-cut" in codes(session, submit(session, settings=make_settings(pc_ptsd5_cut=5)))


def codes(session, handoff):
    return {flag["code"] for flag in summary.summarize(session, handoff)["flags"]}


@pytest.mark.parametrize(("reach", "part", "value"), [("503-555-0199", "phone", "+15035550199"), ("sam@example.org", "email", "sam@example.org")])  # fmt: skip
def test_a_way_to_reach_somebody_goes_where_it_belongs(session, reach, part, value):
    person = summary.summarize(session, submit(session, "callback", reach=reach))["person"]
    assert person[part] == value
    assert person["name"] == "Sam"


def test_the_snapshot_stays_what_was_sent(session):
    handoff = submit(session)
    before = summary.summarize(session, handoff)
    intake = intakes.get_intake(session, handoff.intake_id)
    intakes.save_answer(session, intake, "intake", "1", "name", "?", "answered", ["Somebody Else"], None)
    handoff.status = "claimed"
    after = summary.summarize(session, handoff)
    assert after == {**before, "status": "claimed"}


def test_only_contact_and_place_of_an_unsent_history_reach_staff_with_a_crisis(session):
    intake = play(session, "intake", PERSON)
    handoff = crisis(session, intake.conversation_id)
    told = summary.summarize(session, handoff)
    assert told["person"]["name"] == NAME
    assert told["person"]["contact"]["city"] == "Salem"
    assert told["answers"] == told["medications"] == told["scores"] == []
    assert SYMPTOM not in json.dumps(told)


def test_a_phone_number_given_after_the_crisis_is_seen(session):
    conversation_id = new_conversation(session)
    handoff = crisis(session, conversation_id)
    assert summary.summarize(session, handoff)["person"]["phone"] is None
    play(session, "callback", {"name": "Sam", "reach": "503-555-0199"}, conversation_id)
    person = summary.summarize(session, handoff)["person"]
    assert (person["name"], person["phone"]) == ("Sam", "+15035550199")


def test_a_request_for_a_person_shows_nothing_of_an_unsent_history(session):
    intake = play(session, "intake", PERSON)
    callback = play(session, "callback", {"name": "Sam", "reach": "503-555-0199"}, intake.conversation_id)

    handoff = service.request_callback(session, callback, settings=make_settings())
    told = json.dumps(summary.summarize(session, handoff))
    assert SYMPTOM not in told
    assert NAME not in told


def test_questions_asked_come_along(session):
    intake = play(session, "intake", PERSON)
    conversations.record_question(session, intake.conversation_id, "What does it cost?", "cost")

    handoff = service.submit_intake(session, intake, settings=make_settings())
    asked = summary.summarize(session, handoff)["questions_asked"]
    assert [(q["text"], q["faq_id"]) for q in asked] == [("What does it cost?", "cost")]


def test_a_question_that_got_two_answers_is_read_once(session):
    intake = play(session, "intake", PERSON)
    for faq_id in ("cost", "insurance"):
        conversations.record_question(session, intake.conversation_id, "cost, and do you take Moda?", faq_id)
    told = summary.summarize(session, service.submit_intake(session, intake, settings=make_settings()))
    assert [q["faq_id"] for q in told["questions_asked"]] == ["cost", "insurance"]
    assert summary.text(told).count("do you take Moda?") == 1


@pytest.mark.parametrize("kind", ["intake", "callback", "question", "crisis", "kept"])
def test_as_text_every_kind_can_be_read(session, kind):
    text = summary.text(summary.summarize(session, of_kind(session, kind)))
    assert "None" not in text.replace("None.", "")
    assert all(len(line.strip()) < 400 for line in text.splitlines())


def test_as_text_the_first_page_has_what_matters(session):
    text = export(session, submit(session, suicidal_now="yes", safe_contact="no").id, "text")
    top = text.split("ALL ANSWERS")[0]
    for expected in (
        "STAT", NAME, "Margo", "March 4, 1987", "+15035550123", "Safe to contact: No", SYMPTOM,
        "[RED] Thoughts of ending", "Not safe to contact", '"Xanax as needed"', "4 of 5, at or above cut (cut 4)",
        "Gate (ever such an event): yes", "SKIPPED", "Given:", "NOT GIVEN:", "version 2026-1",
    ):  # fmt: skip
        assert expected in top, expected


def test_an_export_is_one_of_three_and_leaves_a_trace(session):
    handoff = submit(session)
    assert export(session, handoff.id, "json") == summary.summarize(session, handoff)
    assert export(session, handoff.id, "fhir")["resourceType"] == "Bundle"
    assert isinstance(export(session, handoff.id, "text"), str)
    assert [entry.action for entry in audit.entries(session)] == ["export"] * 3
    with pytest.raises(ValueError, match="format"):
        export(session, handoff.id, "pdf")
    with pytest.raises(UnknownHandoff):
        export(session, "unknown", "json")


def test_times_carry_their_zone(session):
    told = summary.summarize(session, submit(session))
    assert told["created"].endswith("+00:00")
    assert all(answer["at"].endswith("+00:00") for answer in told["answers"])


def test_a_history_that_somebody_else_may_have_typed_says_so(session):
    conversation_id = new_conversation(session)
    intake = intakes.start_intake(session, conversation_id, "intake", {"helper": "I'm his wife Ana"})
    kept = summary.summarize(session, service.send_unfinished(session, intake, settings=make_settings()))
    assert [(f["level"], f["code"], f["words"]) for f in kept["flags"]][-1] == ("amber", "typed-by-another", "I'm his wife Ana")
    assert "typed-by-another" not in {f["code"] for f in summary.summarize(session, submit(session))["flags"]}


def test_what_was_written_besides_the_answers_is_a_flag(session):
    intake = intakes.start_intake(session, new_conversation(session), "intake", {"notes": ["I forgot my inhaler", "and my cane"]})
    kept = summary.summarize(session, service.send_unfinished(session, intake, settings=make_settings()))
    besides = [(f["level"], f["words"]) for f in kept["flags"] if f["code"] == "said-besides"]
    assert besides == [("amber", "I forgot my inhaler"), ("amber", "and my cane")]
