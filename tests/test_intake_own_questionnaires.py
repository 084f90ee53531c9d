"""The clinic's own questions: what they ask, how they say it, and that the PC-PTSD-5 is word for word."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire as FhirQuestionnaire

from bot.intake import Item, Questionnaire, score
from tests.intake_forms import OWN, give, own

NAMES = ("intake", "pc-ptsd-5", "callback", "question")
FORMS = {name: Questionnaire.load(OWN / f"{name}.json") for name in NAMES}
INTAKE = FORMS["intake"].by_id
CONSENTS = ("consent-privacy", "consent-share", "consent-contact", "consent-not-emergency")
CLINICAL = [
    "ptsd-diagnosed",
    "suicidal-now",
    "suicidal-3-months",
    "suicidal-ever",
    "hospitalized-past-year",
    "high-bp",
    "high-bp-treated",
    "heart",
    "stroke-aneurysm",
    "breastfeeding",
    "ride-home",
    "safe-contact",
]
ITEMS = [
    "state",
    "city",
    "name",
    "preferred-name",
    "pronouns",
    "birth-date",
    "adult",
    "phone",
    "email",
    "contact-way",
    "voicemail-ok",
    "text-ok",
    "safe-contact",
    "best-time",
    "reason",
    "goals",
    "ptsd-diagnosed",
    "ptsd-diagnosed-by",
    "ptsd-diagnosed-year",
    "veteran",
    "suicidal-now",
    "suicidal-3-months",
    "suicidal-ever",
    "hospitalized-past-year",
    "high-bp",
    "high-bp-treated",
    "heart",
    "heart-what",
    "heart-when",
    "stroke-aneurysm",
    "stroke-what",
    "stroke-when",
    "pregnant",
    "contraception",
    "breastfeeding",
    "medications",
    "allergies",
    "ride-home",
]


@pytest.mark.parametrize("name", NAMES)
def test_own_questionnaire_is_valid_fhir(name: str) -> None:
    raw = json.loads((OWN / f"{name}.json").read_text(encoding="utf-8"))
    resource = FhirQuestionnaire.parse_obj(raw)
    assert resource.version
    assert resource.url.endswith(f"/{name}")


def test_intake_asks_what_the_flags_and_the_summary_know() -> None:
    questions = {i.link_id for i in FORMS["intake"].flat if i.is_question}
    assert questions == {*CONSENTS, *ITEMS}


def test_consents_come_first_and_are_four_plain_questions() -> None:
    first = [i for i in FORMS["intake"].flat if i.is_question][:4]
    assert tuple(i.link_id for i in first) == CONSENTS
    for consent in first:
        assert consent.type == "boolean"
        assert consent.required
        assert consent.end_when


def test_consents_say_what_they_must() -> None:
    texts = " ".join([i.text for i in FORMS["intake"].items[0].walk()])
    for word in ("automated assistant", "clinic staff can read", "team", "988", "911", "emergency", "deleted"):
        assert word in texts
    assert "advertising" in INTAKE["consent-contact"].text
    for separate in ("voicemail-ok", "text-ok"):
        assert INTAKE[separate].type == "boolean"
        assert not INTAKE[separate].required


@pytest.mark.parametrize("link_id", CLINICAL)
def test_clinical_question_offers_not_sure_and_prefer_not_to_say(link_id: str) -> None:
    assert [(o.code, o.display) for o in INTAKE[link_id].options] == [
        ("yes", "Yes"),
        ("no", "No"),
        ("unsure", "Not sure"),
        ("declined", "Prefer not to say"),
    ]


def all_questions() -> list[Item]:
    return [i for name in NAMES for i in FORMS[name].flat if i.is_question]


@pytest.mark.parametrize("question", all_questions(), ids=lambda i: f"{i.questionnaire}/{i.link_id}")
def test_every_question_says_why_it_is_asked(question: Item) -> None:
    assert question.help
    assert len(question.help) < 300


@pytest.mark.parametrize("question", all_questions(), ids=lambda i: f"{i.questionnaire}/{i.link_id}")
def test_example_of_a_question_would_be_accepted(question: Item) -> None:
    if question.example:
        p = own(question.questionnaire)
        assert p.parse(p.item(*question.key), question.example).answered


def test_only_what_is_needed_is_required() -> None:
    required = {i.link_id for i in FORMS["intake"].flat if i.required}
    assert required == {*CONSENTS, "name", "adult"}


def texts_of(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for child in node for text in texts_of(child)]
    if isinstance(node, dict):
        own_texts = [v for k, v in node.items() if k in ("text", "display", "valueString", "title") and isinstance(v, str)]
        return own_texts + [text for child in node.values() for text in texts_of(child)]
    return []


@pytest.mark.parametrize("name", NAMES)
def test_patient_texts_keep_the_voice(name: str) -> None:
    for text in texts_of(FORMS[name].raw["item"]):
        assert "!" not in text
        assert not re.search(
            r"\b(?:please enter|valid|hypertension|myocardial|cerebral|aneurysmal|eligib|diagnose you|mg/kg)\b", text, re.I
        ), text
        assert not re.search(r"\b(?:stop taking|start taking|skip your)\b", text, re.I), text
        if name != "pc-ptsd-5":
            for sentence in re.split(r"[.?:;]\s", text):
                assert len(sentence.split()) <= 32, sentence


def test_nobody_is_asked_to_describe_what_happened() -> None:
    [reason] = [g for g in FORMS["intake"].items if g.link_id == "reason-group"]
    assert "don't need to describe what happened" in reason.text
    assert INTAKE["reason"].max_length == 500
    [gate] = [i for i in FORMS["pc-ptsd-5"].flat if i.link_id == "gate"]
    assert "don't need to say what happened" in gate.help


def test_safety_questions_are_introduced_with_the_crisis_line() -> None:
    [group] = [g for g in FORMS["intake"].items if g.link_id == "safety"]
    assert "988" in group.text
    assert "911" in group.text


def test_pregnancy_is_asked_of_everyone() -> None:
    assert not INTAKE["pregnant"].enable_when
    assert {o.code for o in INTAKE["pregnant"].options} == {"pregnant", "possible", "trying", "no", "not-applicable", "unsure", "declined"}


@pytest.mark.parametrize(
    ("given", "shown", "hidden"),
    [
        ({"heart": "yes"}, {"heart-what", "heart-when"}, {"stroke-what"}),
        ({"heart": "not sure"}, set(), {"heart-what", "heart-when"}),
        ({"high-bp": "yes"}, {"high-bp-treated"}, set()),
        ({"high-bp": "no"}, set(), {"high-bp-treated"}),
        ({"suicidal-now": "yes"}, {"suicidal-ever"}, {"suicidal-3-months"}),
        ({"suicidal-now": "not sure"}, {"suicidal-3-months"}, set()),
        ({}, {"suicidal-3-months", "breastfeeding", "adult"}, {"voicemail-ok", "text-ok", "contact-way"}),
        ({"pregnant": "n/a"}, set(), {"breastfeeding", "contraception"}),
        ({"pregnant": "pregnant"}, {"breastfeeding"}, {"contraception"}),
        ({"pregnant": "no"}, {"breastfeeding", "contraception"}, set()),
        ({"phone": "503-555-0142"}, {"voicemail-ok", "text-ok", "contact-way"}, set()),
        ({"birth-date": "3/4/1987"}, set(), {"adult"}),
    ],
)
def test_follow_up_is_asked_when_it_matters(given: dict[str, str], shown: set[str], hidden: set[str]) -> None:
    p = own("intake")
    for link_id, text in given.items():
        give(p, link_id, text, "intake")
    now = {question.link_id for question in p.questions()}
    assert shown <= now
    assert not hidden & now


# -- PC-PTSD-5 ---------------------------------------------------------------------------------------------------------------

VERBATIM = [
    "Sometimes things happen to people that are unusually or especially frightening, horrible, or traumatic. For example: a serious"
    " accident or fire; a physical or sexual assault or abuse; an earthquake or flood; a war; seeing someone be killed or seriously"
    " injured; having a loved one die through homicide or suicide.",
    "Have you ever experienced this kind of event?",
    "In the past month, have you...",
    "Had nightmares about the event(s) or thought about the event(s) when you did not want to?",
    "Tried hard not to think about the event(s) or went out of your way to avoid situations that reminded you of the event(s)?",
    "Been constantly on guard, watchful, or easily startled?",
    "Felt numb or detached from people, activities, or your surroundings?",
    "Felt guilty or unable to stop blaming yourself or others for the event(s) or any problems the event(s) may have caused?",
]
FIVE = ("nightmares", "avoidance", "on-guard", "numb", "guilt")


def test_pc_ptsd_5_is_word_for_word() -> None:
    assert [i.text for i in FORMS["pc-ptsd-5"].flat] == VERBATIM


def test_pc_ptsd_5_has_no_unconfirmed_codes() -> None:
    assert [c["code"] for c in FORMS["pc-ptsd-5"].raw["code"]] == ["102010-6"]
    assert not any(i.code for i in FORMS["pc-ptsd-5"].flat)


def scored(gate: str | None, *items: str | None, cut: int = 4) -> Any:
    p = own("pc-ptsd-5")
    for link_id, text in zip(("gate", *FIVE), (gate, *items), strict=False):
        if text:
            give(p, link_id, text, "pc-ptsd-5")
    return score(FORMS["pc-ptsd-5"], p.answers, cut=cut)


@pytest.mark.parametrize(
    ("items", "total", "band"),
    [
        (("no",) * 5, 0, "below cut"),
        (("yes", "yes", "no", "no", "no"), 2, "below cut"),
        (("yes", "yes", "yes", "no", "no"), 3, "near cut"),
        (("yes", "yes", "yes", "yes", "no"), 4, "at or above cut"),
        (("yes",) * 5, 5, "at or above cut"),
        (("yes", "yes", "yes", "yes"), 4, "at or above cut"),
        (("yes", "yes", "yes"), 3, "incomplete"),
        ((), None, "incomplete"),
    ],
)
def test_score_counts_yes_and_marks_what_is_near_the_cut(items: tuple[str, ...], total: int | None, band: str) -> None:
    result = scored("yes", *items)
    assert (result.score, result.max, result.band, result.gate) == (total, 5, band, True)
    assert result.complete is (len(items) == 5)
    assert [entry["link_id"] for entry in result.items] == list(FIVE)


def test_zero_by_the_gate_is_not_a_zero_of_five() -> None:
    by_gate, by_items = scored("no"), scored("yes", *["no"] * 5)
    assert (by_gate.score, by_gate.gate, by_gate.band, by_gate.complete) == (0, False, "no event", True)
    assert (by_items.score, by_items.gate, by_items.band) == (0, True, "below cut")
    assert all(entry["value"] is None for entry in by_gate.items)


def test_answers_from_before_the_gate_was_corrected_do_not_count() -> None:
    assert scored("no", "yes", "yes", "yes", "yes", "yes").score == 0


@pytest.mark.parametrize(("cut", "band"), [(3, "at or above cut"), (4, "near cut"), (5, "below cut")])
def test_cut_is_a_setting(cut: int, band: str) -> None:
    assert scored("yes", "yes", "yes", "yes", "no", "no", cut=cut).band == band


def test_no_score_without_a_gate_answer_or_for_another_questionnaire() -> None:
    assert scored(None, "yes", "yes") is None
    assert score(FORMS["intake"], {}) is None
