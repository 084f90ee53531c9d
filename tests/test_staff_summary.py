"""What a nurse is shown of a history that was really taken: who, how to reach them safely, why, flags, scores, words."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from bot.handoff import service
from bot.intake import Player, Questionnaire
from bot.records import conversations, intakes
from bot.records.models import Handoff
from bot.settings import ROOT
from bot.staff.view import noticed
from tests.staff_site import Site, make_site  # noqa: F401

NAMES = {"intake": ("intake", "pc-ptsd-5"), "callback": ("callback",), "question": ("question",)}
SUBMIT = {"intake": service.submit_intake, "callback": service.request_callback, "question": service.pass_question}
HISTORY = {
    "consent-privacy": "yes",
    "consent-share": "yes",
    "consent-contact": "yes",
    "consent-not-emergency": "yes",
    "state": "Oregon",
    "name": "Jordan Avery Alvarez",
    "preferred-name": "Jo",
    "birth-date": "March 4, 1987",
    "phone": "503 555 0142",
    "email": "jordan@example.org",
    "contact-way": "text",
    "safe-contact": "no",
    "best-time": "weekdays after 5, not when my partner is home",
    "reason": "I still do not sleep after my deployment <b>at all</b>",
    "veteran": "yes",
    "suicidal-now": "no",
    "suicidal-3-months": "no",
    "high-bp": "yes",
    "high-bp-treated": "no",
    "medications": "sertraline 50mg every morning",
    "allergies": "penicillin gives me hives",
    "gate": "yes",
    "nightmares": "yes",
    "avoidance": "yes",
    "on-guard": "yes",
    "numb": "yes",
    "guilt": "no",
}


def take(site: Site, kind: str, told: dict[str, str]) -> str:
    """Take a run as the dialogue does, skipping what is not told, and hand it over. The handoff's id."""
    questionnaires = [Questionnaire.load(ROOT / "data" / "questionnaires" / f"{name}.json") for name in NAMES[kind]]
    given: dict = {}
    with site.database.session() as s:
        conversation = conversations.create_conversation(s, timedelta(hours=72))
        for faq_id in ("effectiveness", "research_evidence"):  # a message that got two answers
            conversations.record_question(s, conversation.id, "does ketamine work for ptsd", faq_id=faq_id)
        intake = intakes.start_intake(s, conversation.id, kind)
        while (item := Player(questionnaires, given).next_item()) is not None:
            player = Player(questionnaires, given)
            text = told.get(item.link_id)
            answer = player.skip(item) if text is None else player.parse(item, text)
            given[item.key] = answer
            version = next(q.version for q in questionnaires if q.name == item.questionnaire)
            kept = (item.text, answer.status, answer.values, answer.text)
            intakes.save_answer(s, intake, item.questionnaire, version, item.link_id, *kept)
        return SUBMIT[kind](s, intake, settings=site.settings).id


def words(page: str) -> str:
    """The text of a page as it is read."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.parametrize("view", ["", "/print"])
def test_a_nurse_reads_on_one_page_what_she_needs(site: Site, view: str) -> None:
    page = site.nurse().get(f"/handoffs/{take(site, 'intake', HISTORY)}{view}").text
    text = words(page)
    for expected in (
        "Not safe to call.",
        "Jordan Avery Alvarez",
        "goes by Jo",
        "March 4, 1987 (39 years)",
        "555",
        "jordan@example.org",
        "weekdays after 5, not when my partner is home",
        "I still do not sleep after my deployment <b>at all</b>",
        "sertraline",
        "penicillin gives me hives",
        "4 of 5 At or above the cut",
        "ever experienced such an event: Yes",
        "Which pronouns do you use?",  # among what was skipped
        "does ketamine work for ptsd",
    ):
        assert expected in text, expected
    assert text.count("does ketamine work for ptsd") == 1, "a question that got two answers is one question"
    assert "tel:" not in page, "a number that is not safe to call must not be one tap away"
    assert "<b>at all" not in page
    consents = re.findall(r"Given : (.{3,400}?)\(version (\S+), \w+ \d+, \d{4}", text)
    assert len(consents) == 4 and all(version == "2026-11-2" for _, version in consents)
    assert "In a crisis, call or text 988, or call 911. Do you understand that?" in consents[3][0], "the whole of what was agreed to"


def test_flags_say_their_level_in_words_and_quote_the_person(site: Site) -> None:
    text = words(site.nurse().get(f"/handoffs/{take(site, 'intake', HISTORY)}").text)
    assert re.search(r"Amber High priority: Not safe to contact\.", text)
    assert re.search(r"Info [^.]*eteran", text)


def test_what_stands_first_is_the_warning(site: Site) -> None:
    page = site.nurse().get(f"/handoffs/{take(site, 'intake', HISTORY)}").text
    assert page.index("Not safe to call") < page.index("Who and how to reach them") < page.index("Why they come")


@pytest.mark.parametrize(("said", "warning"), [("no", "Not safe to call"), ("not sure", "Not known to be safe"), ("yes", None)])
def test_the_warning_follows_what_they_said(site: Site, said: str, warning: str | None) -> None:
    handoff_id = take(site, "intake", {**HISTORY, "safe-contact": said})
    nurse = site.nurse()
    for page in (nurse.get("/").text, nurse.get(f"/handoffs/{handoff_id}").text):
        if warning is None:
            assert "safe to call" not in page
        else:
            assert warning in page


def stop_early(site: Site, told: dict[str, str]) -> str:
    """A history that was stopped after these answers and sent unfinished. The handoff's id."""
    with site.database.session() as s:
        conversation = conversations.create_conversation(s, timedelta(hours=72))
        intake = intakes.start_intake(s, conversation.id, "intake")
        for link_id in ("consent-privacy", "consent-share", "consent-contact", "consent-not-emergency"):
            intakes.save_answer(s, intake, "intake", "1", link_id, link_id, "answered", [True], None)
        for link_id, status in told.items():
            values = ["+15035550142"] if status == "answered" else []
            intakes.save_answer(s, intake, "intake", "1", link_id, link_id, status, values, None)
        return service.send_unfinished(s, intake, settings=site.settings).id


@pytest.mark.parametrize(
    ("told", "warning"),
    [
        ({"phone": "answered"}, "They stopped before they were asked whether being contacted is safe."),
        ({"phone": "answered", "safe-contact": "skipped"}, "They were asked and did not say that being contacted is safe."),
    ],
)
def test_the_warning_does_not_say_that_they_were_asked_what_they_were_not(site: Site, told: dict[str, str], warning: str) -> None:
    page = words(site.nurse().get(f"/handoffs/{stop_early(site, told)}").text)
    assert warning in page and page.count("being contacted is safe.") == 1


@pytest.mark.parametrize("view", ["", "/print"])
def test_the_page_tells_what_was_skipped_from_what_was_not_reached(site: Site, view: str) -> None:
    handoff_id = stop_early(site, {"phone": "answered", "email": "skipped"})
    page = words(site.nurse().get(f"/handoffs/{handoff_id}{view}").text)
    assert re.search(r"Skipped What is your e-mail address\? Not reached before they stopped .*thoughts of suicide now\?", page)


def test_a_safe_number_can_be_called_with_one_tap(site: Site) -> None:
    page = site.nurse().get(f"/handoffs/{take(site, 'intake', {**HISTORY, 'safe-contact': 'yes'})}").text
    assert re.search(r'href="tel:\+?1?5035550142"', page)


def test_all_answers_stand_below_in_the_persons_words(site: Site) -> None:
    page = site.nurse().get(f"/handoffs/{take(site, 'intake', HISTORY)}").text
    answers = words(page[page.index('id="answers"') :])
    for expected in ("What is your full name?", "March 4, 1987", "Is your high blood pressure being treated?"):
        assert expected in answers


def test_the_queue_shows_kind_flags_and_a_short_name(site: Site) -> None:
    take(site, "intake", HISTORY)
    take(site, "callback", {"name": "Sam Okafor", "reach": "971 555 0100", "safe-message": "yes"})
    text = words(site.nurse().get("/").text)
    assert re.search(r"Jo A\. .*History taken just now .*amber", text)
    assert re.search(r"Sam O\. Asks to be contacted just now none New", text)
    assert "Alvarez" not in text and "Okafor" not in text


def test_a_crisis_shows_the_words_that_raised_it(site: Site) -> None:
    with site.database.session() as s:
        conversation = conversations.create_conversation(s, timedelta(hours=72))
        handoff = service.report_crisis(
            s,
            conversation.id,
            category="suicidal",
            rule="want-to-die",
            version="1",
            words="I want to end it tonight",
            shown="Call or text 988",
            settings=site.settings,
        )
    nurse = site.nurse()
    assert re.search(r"Stat No name given Crisis message", words(nurse.get("/").text))
    page = words(nurse.get(f"/handoffs/{handoff.id}").text)
    assert "I want to end it tonight (noticed by words that they used)" in page
    assert page.index("Export and history") < page.index("want-to-die, version 1"), "the rule's name is for who maintains it"


@pytest.mark.parametrize(
    ("rule", "said"),
    [("suicidal-kill-self", "words that"), ("model", "the sense"), ("check-in", "their yes"), ("crisis-yes", "their yes"), ("intake/suicidal-now", "an answer to")],
)
def test_what_noticed_a_crisis_is_said_in_plain_words(rule: str, said: str) -> None:
    assert noticed(rule).startswith(said)


@pytest.mark.parametrize(("status", "level"), [("new", "red"), ("closed", "amber"), (None, "info")])
def test_what_else_came_from_the_conversation_stands_on_top_of_each(site: Site, status: str | None, level: str) -> None:
    history = take(site, "intake", HISTORY)
    with site.database.session() as s:
        kind = "crisis" if status else "callback"
        other = Handoff(conversation_id=site.handoff(history).conversation_id, kind=kind, status=status or "new", data=site.handoff(history).data)
        s.add(other)
        s.flush()
    nurse = site.nurse()
    for here, there, expected in ((history, other.id, level), (other.id, history, "info")):
        for view in ("", "/print"):
            page = nurse.get(f"/handoffs/{here}{view}").text
            top = page[: page.index('id="who"')]
            assert re.search(rf'class="banner {expected}"(?!.*class="banner)[^§]*From the same conversation[^§]*href="/handoffs/{there}"', top)


def test_the_summary_as_json_has_the_contracts_shape(site: Site) -> None:
    told = site.nurse().get(f"/handoffs/{take(site, 'intake', HISTORY)}/summary.json").json
    assert set(told) >= {
        *("id", "kind", "status", "urgency", "created", "person", "reason", "flags", "scores", "answers", "skipped"),
        *("medications", "conditions", "allergies", "consents", "questions_asked"),
    }
    assert set(told["person"]) >= {"name", "preferred_name", "birth_date", "phone", "email", "contact"}
    assert told["person"]["birth_date"] == "1987-03-04"


def test_the_summary_follows_the_status(site: Site) -> None:
    handoff_id = take(site, "intake", HISTORY)
    nurse = site.nurse()
    nurse.post(f"/handoffs/{handoff_id}/status/claim")
    assert nurse.get(f"/handoffs/{handoff_id}/summary.json").json["status"] == "claimed"


def test_the_fhir_bundle_is_served_as_fhir(site: Site) -> None:
    answer = site.nurse().get(f"/handoffs/{take(site, 'intake', HISTORY)}/fhir.json")
    assert answer.headers["Content-Type"].startswith("application/fhir+json")
    assert answer.get_json(force=True)["resourceType"] == "Bundle"


def test_a_question_for_the_team_shows_the_question(site: Site) -> None:
    handoff_id = take(site, "question", {"question": "Do you treat cluster headache?", "name": "Kim"})
    assert "Do you treat cluster headache?" in site.nurse().get(f"/handoffs/{handoff_id}").text


def test_who_gave_no_way_to_be_reached_is_met_in_the_chat(site: Site) -> None:
    handoff_id = take(site, "question", {"question": "Do you treat cluster headache?"})
    page = site.nurse().get(f"/handoffs/{handoff_id}").text
    assert "The chat is the only way to reach them" in page and f"/handoffs/{handoff_id}/transcript" in page
    assert "Medicines and allergies" not in page, "what was never asked must not look as if nothing was said"


def test_a_history_without_medicines_says_that_nothing_was_said(site: Site) -> None:
    told = {name: text for name, text in HISTORY.items() if name not in {"medications", "allergies"}}
    page = words(site.nurse().get(f"/handoffs/{take(site, 'intake', told)}").text)
    assert "Medicines Nothing was said about this. Allergies Nothing was said about this." in page


def test_a_crisis_in_the_middle_of_a_history_still_warns_of_unsafe_contact(site: Site) -> None:
    with site.database.session() as s:
        conversation = conversations.create_conversation(s, timedelta(hours=72))
        intake = intakes.start_intake(s, conversation.id, "intake")
        unsafe = [{"code": "no", "display": "No"}]
        for link_id, values in (("phone", ["+15035550142"]), ("safe-contact", unsafe)):
            intakes.save_answer(s, intake, "intake", "1", link_id, link_id, "answered", values, None)
        for link_id in ("consent-privacy", "consent-share", "consent-contact", "consent-not-emergency"):
            intakes.save_answer(s, intake, "intake", "1", link_id, link_id, "answered", [True], None)
        told = {"category": "suicidal", "rule": "r", "version": "1", "words": "I want to die", "shown": "988"}
        handoff = service.report_crisis(s, conversation.id, settings=site.settings, **told)
    nurse = site.nurse()
    page = nurse.get(f"/handoffs/{handoff.id}").text
    assert "Not safe to call." in page and "(503) 555-0142" in page and "tel:" not in page
    assert "Not safe to call" in nurse.get("/").text
