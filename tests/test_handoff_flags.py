"""Staff are told what to look at first, in the person's own words, and nothing is made up."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
import yaml

from bot.handoff import flags, rules
from bot.handoff.runs import questionnaires
from bot.handoff.summary import CATEGORIES
from bot.intake import Score

TODAY = date(2026, 11, 23)
CODED = {"yes", "no", "unsure", "declined"}


def tapped(code: str) -> SimpleNamespace:
    return SimpleNamespace(status="answered", values=[{"code": code, "display": code.title()}], text=None)


def typed(text: str) -> SimpleNamespace:
    return SimpleNamespace(status="answered", values=[text], text=text)


SKIPPED = SimpleNamespace(status="skipped", values=[], text=None)
OPEN = SimpleNamespace(status="open", values=[], text=None)


def raised(today: date = TODAY, scores=(), **answers) -> dict[str, dict]:
    given = {("intake", link.replace("_", "-")): answer for link, answer in answers.items()}
    return {flag["code"]: flag for flag in flags.flags(given, scores, today=today)}


@pytest.mark.parametrize(
    ("answers", "code", "level"),
    [
        ({"suicidal_now": tapped("yes")}, "suicidal-now", "red"),
        ({"suicidal_now": tapped("unsure")}, "suicidal-now-unsure", "red"),
        ({"suicidal_now": tapped("declined")}, "suicidal-now-unanswered", "amber"),
        ({"suicidal_now": SKIPPED}, "suicidal-now-unanswered", "amber"),
        ({"suicidal_3_months": tapped("yes")}, "suicidal-3-months", "red"),
        ({"suicidal_3_months": tapped("unsure")}, "suicidal-3-months-unclear", "amber"),
        ({"suicidal_ever": tapped("yes")}, "suicidal-ever", "amber"),
        ({"hospitalized_past_year": tapped("yes")}, "hospitalized-past-year", "amber"),
        ({"safe_contact": tapped("no")}, "contact-not-safe", "amber"),
        ({"safe_contact": tapped("unsure")}, "contact-safety-unknown", "amber"),
        ({"safe_contact": SKIPPED}, "contact-safety-unknown", "amber"),
        ({"safe_contact": OPEN}, "contact-safety-unknown", "amber"),
        ({"state": tapped("WA")}, "outside-oregon", "info"),
        ({"ptsd_diagnosed": tapped("no")}, "ptsd-not-diagnosed", "info"),
        ({"ptsd_diagnosed": tapped("unsure")}, "ptsd-not-diagnosed", "info"),
        ({"veteran": tapped("yes")}, "veteran", "info"),
        ({"high_bp": tapped("yes"), "high_bp_treated": tapped("no")}, "high-bp-not-treated", "amber"),
        ({"high_bp": tapped("yes"), "high_bp_treated": tapped("yes")}, "high-bp-treated", "amber"),
        ({"high_bp": tapped("yes"), "high_bp_treated": tapped("unsure")}, "high-bp", "amber"),
        ({"high_bp": tapped("unsure")}, "high-bp-unsure", "amber"),
        ({"heart": tapped("yes")}, "heart", "amber"),
        ({"heart": tapped("unsure")}, "heart-unsure", "amber"),
        ({"stroke_aneurysm": tapped("yes")}, "stroke-aneurysm", "amber"),
        ({"stroke_aneurysm": tapped("unsure")}, "stroke-aneurysm-unsure", "amber"),
        ({"pregnant": tapped("pregnant")}, "pregnant", "amber"),
        ({"pregnant": tapped("possible")}, "pregnant", "amber"),
        ({"pregnant": tapped("unsure")}, "pregnant", "amber"),
        ({"pregnant": tapped("trying")}, "pregnancy-planned", "amber"),
        ({"breastfeeding": tapped("yes")}, "breastfeeding", "amber"),
        ({"ride_home": tapped("no")}, "no-ride-home", "info"),
        ({"medications": typed("Xanax 1 mg at night")}, "benzodiazepine", "amber"),
        ({"medications": typed("theophylline")}, "theophylline", "amber"),
        ({"medications": typed("parnate")}, "maoi", "amber"),
        ({"medications": typed("lamotrigine")}, "lamotrigine", "amber"),
        ({"medications": typed("adderall xr")}, "stimulant", "amber"),
        ({"medications": typed("suboxone films")}, "opioid", "amber"),
        ({"medications": typed("levothyroxine 50mcg")}, "thyroid", "amber"),
        ({"allergies": typed("ketamine, it made me panic")}, "ketamine-allergy", "amber"),
        ({"allergies": typed("Spravato")}, "ketamine-allergy", "amber"),
    ],
)
def test_each_rule_of_the_fact_sheet_raises_its_flag(answers, code, level):
    found = raised(**answers)
    assert list(found) == [code]
    assert found[code]["level"] == level
    assert found[code]["reason"]


@pytest.mark.parametrize("code", ["heart-recent", "stroke-aneurysm", "pregnant", "theophylline", "ketamine-allergy"])
def test_what_comes_first_says_so(code):
    answers = {
        "heart": tapped("yes"),
        "heart_when": typed("2026-10"),
        "stroke_aneurysm": tapped("yes"),
        "pregnant": tapped("pregnant"),
        "medications": typed("theophylline"),
        "allergies": typed("ketamine"),
    }
    assert flags.is_high(raised(**answers)[code])


def test_red_comes_before_high_amber_before_amber_before_info():
    found = list(
        raised(
            veteran=tapped("yes"), breastfeeding=tapped("yes"), pregnant=tapped("pregnant"), suicidal_now=tapped("yes")
        ).values()
    )
    assert [flag["code"] for flag in found] == ["suicidal-now", "pregnant", "breastfeeding", "veteran"]


@pytest.mark.parametrize(
    "answers",
    [
        {
            link: tapped("no")
            for link in ("suicidal_now", "suicidal_3_months", "suicidal_ever", "heart", "high_bp", "veteran")
        },
        {"state": tapped("OR")},
        {"state": SKIPPED},
        {"state": OPEN, "suicidal_now": OPEN, "pregnant": OPEN},
        {"pregnant": tapped("not-applicable")},
        {"medications": typed("none"), "allergies": typed("no known allergies")},
        {"medications": typed("sertraline and vitamin D")},
        {"allergies": typed("I'm not allergic to ketamine")},
        {"safe_contact": tapped("yes")},
        {"ride_home": tapped("yes")},
    ],
)
def test_nothing_to_tell_raises_nothing(answers):
    assert raised(**answers) == {}


def test_not_sure_is_never_no():
    """Every four-way health or safety question tells staff of a "not sure", or lists it: none treats it as "no"."""
    four_way = [
        item
        for questionnaire in questionnaires("intake")
        for item in questionnaire.by_id.values()
        if {option.code for option in item.options} >= CODED and item.link_id not in ("veteran", "high-bp-treated")
    ]
    assert len(four_way) > 8
    for item in four_way:
        given = {item.key: tapped("unsure")}
        silent = flags.flags(given, today=TODAY) == flags.flags({item.key: tapped("no")}, today=TODAY) == []
        assert not silent, item.link_id


@pytest.mark.parametrize(
    ("when", "recent"),
    [
        ("2026-09-01", True), ("2026-06", True), ("2026", True), ("3 months ago", True), ("last month", True),
        ("a few weeks ago", True), ("in 2026", True), ("recently", True),
        ("2026-02", False), ("2025", False), ("2019-05-01", False), ("about 2012", False), ("8 months ago", False),
        ("as a child", False),
    ],
)  # fmt: skip
def test_a_recent_heart_problem_comes_first(when, recent):
    found = raised(heart=tapped("yes"), heart_what=typed("heart attack"), heart_when=typed(when))
    assert list(found) == ["heart-recent" if recent else "heart"]
    assert next(iter(found.values()))["words"] == f"heart attack; {when}"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("stopped Xanax last year", ["benzodiazepine-past"]),
        ("used to take klonopin and now Ativan", ["benzodiazepine"]),
        ("I don't take any benzos or opioids", []),
        ("nothing except oxycodone", ["opioid"]),
        ("not taking my adderall every day", ["stimulant"]),
        ("maybe valium, not sure", ["benzodiazepine"]),
        ("klonipin, adderal, oxycodon", ["benzodiazepine", "stimulant", "opioid"]),
        ("Xanax;Ativan\nValium", ["benzodiazepine"]),
        ("celebrex, lamisil, hydralazine", []),
    ],
)
def test_medicines_are_read_with_care(text, codes):
    assert sorted(raised(medications=typed(text))) == sorted(codes)


def test_a_flag_quotes_only_the_part_that_raised_it():
    found = raised(medications=typed("sertraline 50, Xanax when flying, fish oil"))
    assert found["benzodiazepine"]["words"] == "Xanax when flying"


@pytest.mark.parametrize(
    ("band", "codes"),
    [
        ("at or above cut", ["pc-ptsd-5-positive"]), ("near cut", ["pc-ptsd-5-near-cut"]),
        ("below cut", []), ("no event", []), ("incomplete", []),
    ],
)  # fmt: skip
def test_the_screen_is_information(band, codes):
    found = raised(scores=[Score("PC-PTSD-5", 4, 5, band)])
    assert list(found) == codes
    assert all(flag["level"] == "info" and flag["words"] == "4 of 5" for flag in found.values())


@pytest.mark.parametrize(
    ("link_id", "code", "category"),
    [
        ("suicidal-now", "yes", "suicidal"), ("suicidal-now", "unsure", "suicidal"),
        ("suicidal-3-months", "yes", "suicidal"), ("suicidal-now", "no", None), ("suicidal-ever", "yes", None),
        ("suicidal-3-months", "unsure", None), ("heart", "yes", None), ("no-such-question", "yes", None),
    ],
)  # fmt: skip
def test_a_red_answer_starts_the_crisis_path(link_id, code, category):
    assert flags.takeover_category("intake", link_id, [{"code": code, "display": "?"}]) == category


@pytest.mark.parametrize("answer", [SKIPPED, OPEN, tapped("declined")])
def test_whether_a_message_is_safe_is_unknown_where_it_was_not_said(answer):
    (found,) = flags.flags({("callback", "safe-message"): answer}, today=TODAY)
    assert (found["code"], found["level"]) == ("message-safety-unknown", "amber")


def test_a_flag_of_a_skipped_question_quotes_what_was_typed_there():
    typed_first = SimpleNamespace(status="skipped", values=[], text="who would see it")
    assert raised(safe_contact=typed_first)["contact-safety-unknown"]["words"] == "who would see it"


def test_a_skipped_question_starts_nothing():
    assert flags.takeover_category("intake", "suicidal-now", []) is None


def test_every_rule_asks_about_questions_and_answers_that_exist():
    known = {
        item.key: {option.code for option in item.options} | ({"true", "false"} if item.type == "boolean" else set())
        for kind in ("intake", "callback", "question")
        for questionnaire in questionnaires(kind)
        for item in questionnaire.by_id.values()
    }
    loaded = rules.load()
    for rule in loaded.answers:
        assert all(key in known for key in rule.words), rule.code
        for condition in rule.conditions:
            if condition.question:
                assert condition.question in known, rule.code
                extra = (condition.any | condition.none) - known[condition.question] - {"skipped", "open"}
                assert extra <= {"yes"}, (rule.code, extra)  # "yes" for a clinic that asks a question as yes or no
    assert all(key in known for key in (*loaded.medicine_questions, *loaded.allergy_questions))
    assert all(named.question in known for named in loaded.conditions)


def test_every_takeover_has_a_name_for_staff():
    assert {rule.takeover for rule in rules.load().answers} - {None} <= set(CATEGORIES)


def test_codes_are_unique():
    loaded = rules.load()
    codes = [rule.code for rule in (*loaded.answers, *loaded.medicines, *loaded.allergies)]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"answers": [{"code": "x", "level": "purple", "reason": "r"}]}, "level"),
        ({"answers": [{"code": "x", "level": "info", "reason": "r", "takeover": "suicidal"}]}, "red"),
        ({"classes": {"a": {"names": {"one": ["same"], "two": ["same"]}}}}, "two medicines"),
    ],
)
def test_a_wrong_rule_is_refused(tmp_path, change, told):
    data = yaml.safe_load((rules.QUESTIONNAIRES / "flags.yml").read_text())
    path = tmp_path / "flags.yml"
    path.write_text(yaml.safe_dump({**data, **change}))
    with pytest.raises(rules.RulesError, match=told):
        rules.load(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Zoloft 50mg and ambien", [("sertraline", "current"), ("zolpidem", "current")]),
        ("Tylenol with codeine", [("acetaminophen", "current"), ("codeine", "current")]),
        ("my blue inhaler", [("my blue inhaler", "current")]),
        ("quit Prozac in May", [("fluoxetine", "past")]),
        ("I don't take anything", []), ("N/A", []), ("Nope", []), ("no meds", []), ("-", []),
        ("no longer on lithium", [("lithium", "past")]),
        ("never took lithium", [("lithium", "negated")]),
        ("Zoloft 50, does that mix with ketamine?", [("sertraline", "current")]),
        ("buspirone 10 but i skip it most weekends, lisinopril", [("buspirone", "current"), ("lisinopril", "current")]),
        ("Xanax. do i have to stop the xanax", [("alprazolam", "current"), ("alprazolam", "unsure")]),
        ("I had ketamine last year", [("ketamine", "past")]),
    ],
)  # fmt: skip
def test_medicines_are_listed_by_their_generic_name_or_in_the_persons_words(text, found):
    listed = flags.medications({("intake", "medications"): typed(text)})
    assert [(entry["name"], entry["status"]) for entry in listed] == found
    assert all(entry["words"] in text for entry in listed)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("penicillin (hives), latex", [("penicillin", "allergy"), ("latex", "allergy")]),
        ("none", []), ("NKDA", []), ("no known drug allergies", []), ("No allergies that I know of", []),
        ("maybe aspirin?", [("aspirin", "unsure")]),
        ("not allergic to penicillin", [("penicillin", "negated")]),
        ("bee stings", [("bee stings", "allergy")]),
        ("does latex count?", [("does latex count?", "unsure")]),
        ("do not know", [("do not know", "unsure")]),
        ("none, is that ok?", [("is that ok?", "unsure")]),
        ("not sure if I'm allergic to penicillin", [("penicillin", "unsure")]),
        ("does penicillin count", [("penicillin", "unsure")]),
        ("is there ketamine in it?", [("is there ketamine in it?", "unsure")]),
    ],
)  # fmt: skip
def test_allergies_are_listed_and_none_is_none(text, found):
    listed = flags.allergies({("intake", "allergies"): typed(text)})
    assert [(entry["name"], entry["status"]) for entry in listed] == found


def test_conditions_are_those_said_yes_or_not_sure_to():
    given = {
        ("intake", "high-bp"): tapped("yes"),
        ("intake", "heart"): tapped("no"),
        ("intake", "stroke-aneurysm"): tapped("unsure"),
        ("intake", "ptsd-diagnosed"): tapped("declined"),
    }
    found = [(entry["name"], entry["status"]) for entry in flags.conditions(given)]
    assert found == [("hypertension", "present"), ("stroke or aneurysm", "unsure")]
