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
CLASS = {"level": "info", "reason": "r"}


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
        ({"allergies": typed("not allergic to ketamine but it made me throw up")}, "ketamine-allergy", "amber"),
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
        ("a few weeks ago", True), ("in 2026", True), ("recently", True), ("diagnosed in august", True), ("last june", True),
        ("6 mos ago", True), ("2 wks ago", True), ("9/12/26", True), ("twice, 2015 and 2026", True), ("this summer", True),
        ("in january", False), ("june 2015", False), ("9/2019", False), ("august, ten years ago", False), ("maybe", False),
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
        ("no meds right now just weed", ["alcohol-and-drugs"]),
        ("a couple beers a night", ["alcohol-and-drugs"]),
        ("Zoloft. No Xanax or anything like that", []),
        ("not taking my adderall every day", ["stimulant"]),
        ("maybe valium, not sure", ["benzodiazepine"]),
        ("klonipin, adderal, oxycodon", ["benzodiazepine", "stimulant", "opioid"]),
        ("Xanax;Ativan\nValium", ["benzodiazepine"]),
        ("celebrex, lamisil, hydralazine", []),
        ("my mom takes xanax, I take nothing", []),
        ("my wife is on methadone", []),
        ("my husband's ambien sometimes", ["sedative"]),
        ("I was prescribed Klonopin but never took it", []),
        # a combination counts for the part that matters
        ("Ultracet", ["opioid"]),
        ("Symbyax", ["antipsychotic"]),
        ("tylenol pm", ["sedative"]),
        ("NyQuil when I'm sick", ["sedative"]),
        ("allergy pills", ["sedative"]),
        ("trazodone 50", ["sedative"]),
        ("Claritin-D, mucinex d", ["decongestant"]),
        ("vasopressin", ["decongestant"]),
        ("cbd oil, delta 8 gummies", ["alcohol-and-drugs"]),
        ("claritin, plain mucinex", []),
    ],
)
def test_medicines_are_read_with_care(text, codes):
    assert sorted(raised(medications=typed(text))) == sorted(codes)


def test_a_flag_quotes_only_the_part_that_raised_it():
    found = raised(medications=typed("sertraline 50, Xanax when flying, fish oil"))
    assert found["benzodiazepine"]["words"] == "Xanax when flying"


@pytest.mark.parametrize(
    ("link", "text", "code"),
    [
        ("high_bp_treated", "yes, 200/125 this morning and I have a bad headache", "bp-very-high"),
        ("high_bp", "no, but it was 190/110 last week", "bp-very-high"),
        ("high_bp", "150 over 120", "bp-very-high"),
        ("high_bp", "lisinopril keeps it at 145 / 80", "bp-raised"),
        ("heart_what", "120/90", "bp-raised"),
        ("reason", "My blood pressure was 180/100. I can't sleep.", "bp-very-high"),
        ("goals", "200/125 yesterday", "bp-very-high"),
        ("medications", "lisinopril 10 mg, last bp 185/90", "bp-very-high"),
        ("high_bp", "yes, 135/85", None),
        ("high_bp", "300/200, since 12/11/2020", None),
        ("high_bp", "my husband's blood pressure is 200/120", None),
        ("medications", "Wixela 250/50", None),
        ("reason", "Advair 250/50 does not help my asthma", None),
    ],
)
def test_a_blood_pressure_is_read_wherever_it_is_typed(link, text, code):
    found = [flag for flag in flags.flags({("intake", link.replace("_", "-")): typed(text)}, today=TODAY) if "bp-" in flag["code"]]
    assert [flag["code"] for flag in found] == ([code] if code else [])
    assert all(flag["level"] == {"bp-very-high": "red", "bp-raised": "amber"}[code] for flag in found)
    assert all(flag["words"] and flag["words"] in text for flag in found)


def test_of_several_blood_pressures_the_highest_decides():
    answers = {("intake", "high-bp"): typed("145/85 today"), ("intake", "reason"): typed("It was 190/100 in May.")}
    (found,) = flags.flags(answers, today=TODAY)
    assert (found["code"], found["words"]) == ("bp-very-high", "It was 190/100 in May")


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


@pytest.mark.parametrize(
    ("link", "words", "code", "high"),
    [
        ("high_bp", "kinda, it was up once", "high-bp-unclear", False),
        ("heart", "ask my doctor", "heart-unclear", False),
        ("stroke_aneurysm", "they never found out", "stroke-aneurysm-unclear", True),
        ("pregnant", "yes", "pregnancy-unclear", True),
    ],
)
def test_what_was_said_to_a_skipped_question_is_looked_at(link: str, words: str, code: str, high: bool) -> None:
    found = raised(**{link: SimpleNamespace(status="skipped", values=[], text=words)})[code]
    assert (found["level"], found["words"], flags.is_high(found)) == ("amber", words, high)
    assert code not in raised(**{link: SKIPPED})


def test_a_flag_quotes_the_answer_with_what_was_taken_out_of_it() -> None:
    told = SimpleNamespace(status="answered", values=[{"code": "yes", "display": "Yes"}], text="yes heart attack two months ago")
    assert raised(heart=told, heart_what=SKIPPED, heart_when=typed("two months ago"))["heart-recent"]["words"] == told.text
    assert raised(heart=tapped("yes"), heart_what=typed("afib"), heart_when=typed("2015"))["heart"]["words"] == "afib; 2015"


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
                extra = (condition.any | condition.none) - known[condition.question] - {"skipped", "open", flags.UNCLEAR}
                assert extra <= {"yes"}, (rule.code, extra)  # "yes" for a clinic that asks a question as yes or no
    assert all(key in known for key in (*loaded.medicine_questions, *loaded.allergy_questions, *loaded.pressure_questions, *loaded.told_questions))
    assert all(named.question in known for named in loaded.conditions)


def test_every_takeover_has_a_name_for_staff():
    assert {rule.takeover for rule in rules.load().answers} - {None} <= set(CATEGORIES)


def test_codes_are_unique():
    loaded = rules.load()
    codes = [rule.code for rule in (*loaded.answers, *loaded.pressures, *loaded.medicines, *loaded.allergies, *loaded.told)]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"answers": [{"code": "x", "level": "purple", "reason": "r"}]}, "level"),
        ({"answers": [{"code": "x", "level": "info", "reason": "r", "takeover": "suicidal"}]}, "red"),
        ({"classes": {"a": {**CLASS, "names": ["lithium"]}, "b": {**CLASS, "names": ["lithium"]}}}, "two classes"),
        ({"classes": {"a": {**CLASS, "names": ["zoloft"]}}}, "not in the lexicon"),
        ({"told": {"in": [], "flags": [{**CLASS, "code": "x", "names": ["manic"]}]}}, "not in the lexicon"),
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
        ("prozac 40, and trazodone to sleep. does the trazodone matter?", [("fluoxetine", "current"), ("trazodone", "current")]),
        ("Zoloft 50mg and ambien", [("sertraline", "current"), ("zolpidem", "current")]),
        ("Tylenol with codeine", [("codeine", "current")]),
        ("my blue inhaler", [("inhaler", "current")]),
        ("Xolair, my green drops", [("Xolair", "current"), ("my green drops", "current")]),
        ("quit Prozac in May", [("fluoxetine", "past")]),
        ("I don't take anything", []), ("N/A", []), ("Nope", []), ("no meds", []), ("-", []),
        ("no longer on lithium", [("lithium", "past")]),
        ("never took lithium", [("lithium", "negated")]),
        ("Zoloft 50, does that mix with ketamine?", [("sertraline", "current")]),
        ("buspirone 10 but i skip it most weekends, lisinopril", [("buspirone", "current"), ("lisinopril", "current")]),
        ("Xanax. do i have to stop the xanax", [("alprazolam", "current")]),
        ("I had ketamine last year", [("ketamine", "past")]),
        # what somebody was ends where it is told what they take
        ("former heroin addict on methadone", [("methadone", "current")]),
        ("history of seizures so keppra 500 bid", [("levetiracetam", "current")]),
        ("recovering addict, suboxone 8mg films twice a day", [("buprenorphine/naloxone", "current")]),
        # over, and not yet
        ("did Spravato for 3 months", [("esketamine", "past")]),
        ("percocet after surgery, done with that", [("oxycodone/acetaminophen", "past")]),
        ("swapped celexa for lexapro", [("citalopram", "past"), ("escitalopram", "current")]),
        ("nothing worked: zoloft, prozac. Now ativan 1mg", [("sertraline", "past"), ("fluoxetine", "past"), ("lorazepam", "current")]),
        ("prescribed ativan, haven't filled it yet", [("lorazepam", "negated")]),
        ("Lexapro (stopped), Buspar (current)", [("escitalopram", "past"), ("buspirone", "current")]),
        # what was taken an hour or a few days ago is taken
        ("took ambien 30 min ago", [("zolpidem", "current")]),
        ("last klonopin was 3 days ago", [("clonazepam", "current")]),
        # a relative's is no flag; whose it is does not tell who takes it
        ("my mom takes xanax, I take nothing", [("alprazolam", "family")]),
        ("none, my daughter takes Adderall", [("amphetamine/dextroamphetamine", "family")]),
        ("my mom takes Xolair, I take Zepbound", [("my mom takes Xolair", "family"), ("tirzepatide", "current")]),
        ("my mom takes warfarin, lisinopril and xanax", [("warfarin", "family"), ("lisinopril", "family"), ("alprazolam", "family")]),
        ("my mom takes warfarin, xanax 1 mg at night", [("warfarin", "family"), ("alprazolam", "unsure")]),
        ("my mom takes xanax, I don't", [("alprazolam", "family")]),
        ("my mom takes xanax and so do I", [("alprazolam", "current")]),
        ("I take my mom's Xanax when it's bad", [("alprazolam", "current")]),
        ("my mom gives me her Xanax", [("alprazolam", "current")]),
        ("my sister's xanax", [("alprazolam", "family")]),
        ("my husband's ambien sometimes", [("zolpidem", "unsure")]),
        # what only tells of a medicine is no medicine
        ("I take nothing", []),
        ("I used to take Prozac but stopped", [("fluoxetine", "past")]),
        ("zoloft, but I stopped", [("sertraline", "past")]),
        ("Prozac (stopped in May)", [("fluoxetine", "past")]),
        ("I stopped Zoloft, Paxil and Prozac", [("sertraline", "past"), ("paroxetine", "past"), ("fluoxetine", "past")]),
        ("Paxil, I don't take it any more", [("paroxetine", "past")]),
        ("Xolair - stopped because of a rash", [("Xolair", "past")]),
        ("Sertraline 50 mg, I've been on it for 3 years, it helps a bit", [("sertraline", "current")]),
        ("I was prescribed Klonopin but never took it", [("clonazepam", "negated")]),
        ("sertraline (Zoloft) 50", [("sertraline", "current")]),
        # what is not clearly past or denied is now
        ("Zoloft 50 once a day, Xanax before flights", [("sertraline", "current"), ("alprazolam", "current")]),
        ("I took a Xanax this morning", [("alprazolam", "current")]),
        ("tried to quit Xanax, still on 0.5", [("alprazolam", "current")]),
        ("no other meds, xanax prn", [("alprazolam", "current")]),
        ("I don't take aspirin, xanax 1 mg", [("aspirin", "negated"), ("alprazolam", "current")]),
        ("I don't take aspirin or naproxen", [("aspirin", "negated"), ("naproxen", "negated")]),
        ("stopped Zoloft, Xanax 1 mg nightly", [("sertraline", "past"), ("alprazolam", "current")]),
        ("my doctor gave me Xanax", [("alprazolam", "current")]),
        ("kratom n benadryl", [("kratom", "current"), ("diphenhydramine", "current")]),
        ("Lorazepam, can't just quit", [("lorazepam", "current")]),
        ("they had me on Seroquel 300, I'm down to 25", [("quetiapine", "current")]),
        ("off zoloft since june, now lexapro 10", [("sertraline", "past"), ("escitalopram", "current")]),
        ("prednisone taper ended last week", [("prednisone", "past")]),
        ("finished amoxicillin yesterday", [("amoxicillin", "past")]),
        ("spravato x 6, ended in May", [("esketamine", "past")]),
        ("Lexapro 2015-2018", [("escitalopram", "past")]),
        ("weaning off klonopin", [("clonazepam", "current")]),
        ("waiting to start lithium", [("lithium", "unsure")]),
        ("never tried any antidepressants", [("antidepressant", "negated")]),
        ("nothing, and no history of seizures", []),
        # taken back
        ("lisinopril 20mg, no wait, losartan", [("lisinopril", "unsure"), ("losartan", "current")]),
        ("lisinopril 20 - wait, not lisinopril, losartan 50", [("lisinopril", "negated"), ("losartan", "current")]),
        ("I take celexa, sorry I mean lexapro 10", [("citalopram", "unsure"), ("escitalopram", "current")]),
        ("zoloft 50, oh wait, also klonopin", [("sertraline", "current"), ("clonazepam", "current")]),
        ("ibuprofen, no more ambien", [("ibuprofen", "current"), ("zolpidem", "past")]),
        ("Prozac until March", [("fluoxetine", "past")]),
        ("Ativan every night until I can see you", [("lorazepam", "current")]),
        ("naltrexone before that but it didn't help", [("naltrexone", "past")]),
        ("had ketamine infusions in 2023", [("ketamine", "past")]),
        ("St. John's wort, a bunch more", [("st john's wort", "current")]),
        # nothing is lost
        ("Xolair?", [("Xolair?", "unsure")]),
        ("can I keep taking Xolair", [("can I keep taking Xolair", "unsure")]),
        ("I don't know what they are called", [("I don't know what they are called", "unsure")]),
        ("a pill for my stomach", [("a pill for my stomach", "current")]),
        ("Zoloft/Xanax, Ativan-1mg", [("sertraline", "current"), ("alprazolam", "current"), ("lorazepam", "current")]),
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
        ("maybe aspirin?", [("aspirin", "unsure")]),
        ("not allergic to penicillin", [("penicillin", "negated")]),
        ("bee stings", [("bee stings", "allergy")]),
        ("does latex count?", [("does latex count?", "unsure")]),
        ("do not know", [("do not know", "unsure")]),
        ("none, is that ok?", [("is that ok?", "unsure")]),
        ("not sure if I'm allergic to penicillin", [("penicillin", "unsure")]),
        ("does penicillin count", [("penicillin", "unsure")]),
        ("is there ketamine in it?", [("is there ketamine in it?", "unsure")]),
        ("penicillin - got a rash", [("penicillin", "allergy")]),
        ("Sulfa drugs. I get hives and my throat swells.", [("sulfa", "allergy")]),
        ("shellfish, lips swell; Xolair (itchy eyes)", [("shellfish", "allergy"), ("Xolair", "allergy")]),
        ("allergic to codeine: vomiting, dizzy", [("codeine", "allergy")]),
        ("I take penicillin and get hives", [("penicillin", "allergy")]),
        ("I can't take penicillin", [("penicillin", "allergy")]),
        ("none; penicillin gives my son hives", [("penicillin", "family")]),
        ("penicillin gives my son and me hives", [("penicillin", "allergy")]),
        ("my mom is allergic to sulfa, I'm not", [("sulfa", "family")]),
        ("my mom says I'm allergic to penicillin", [("penicillin", "allergy")]),
        ("my son is allergic to ketamine", [("ketamine", "family")]),
        ("peanuts, carry an epipen", [("peanuts", "allergy")]),
        ("cats, I take Zyrtec", [("cats", "allergy")]),
        ("not to meds", [("not to meds", "negated")]),
        ("none to medicine, just cats", [("none to medicine", "negated"), ("just cats", "allergy")]),
        ("latex: no, codeine makes me sick, aspirin ok", [("latex: no", "negated"), ("codeine", "allergy"), ("aspirin", "negated")]),
        ("no reaction to penicillin", [("penicillin", "negated")]),
        ("none except latex", [("none except latex", "allergy")]),
        # no allergy, as they say, and yet harm
        ("not allergic to ketamine but it made me throw up", [("ketamine", "unsure")]),
        ("I'm not allergic to codeine, it just makes me sick", [("codeine", "unsure")]),
        ("not allergic to ketamine; had a bad trip on it", [("ketamine", "unsure")]),
        ("not allergic to morphine but it makes me sleepy", [("morphine", "negated")]),
        ("not allergic to penicillin, never had hives from it", [("penicillin", "negated")]),
        ("amoxicillin, wait no it was augmentin", [("amoxicillin", "unsure"), ("amoxicillin/clavulanate", "allergy")]),
        ("dilaudid itches, ok with morphine", [("hydromorphone", "allergy"), ("morphine", "negated")]),
        ("shellfish, not pcn", [("shellfish", "allergy"), ("penicillin", "negated")]),
        ("morphine but not to codeine", [("morphine", "allergy"), ("codeine", "negated")]),
        ("no real allergies", [("no known allergies", "negated")]),
        ("not allergic to ketamine, latex gives me a rash", [("ketamine", "negated"), ("latex gives me a rash", "allergy")]),
    ],
)  # fmt: skip
def test_allergies_are_listed(text, found):
    listed = flags.allergies({("intake", "allergies"): typed(text)})
    assert [(entry["name"], entry["status"]) for entry in listed] == found
    assert all(entry["words"] in text for entry in listed)


def test_a_reaction_stands_with_its_substance():
    listed = flags.allergies({("intake", "allergies"): typed("Penicillin - rash and trouble breathing; sulfa (hives)")})
    assert [entry["words"] for entry in listed] == ["Penicillin - rash and trouble breathing", "sulfa (hives)"]


def test_an_allergy_told_among_the_medicines_is_one_and_a_remedy_among_the_allergies_is_none():
    told = {
        ("intake", "medications"): typed("Lexapro 10 mg, and I'm allergic to codeine (throat swells)"),
        ("intake", "allergies"): typed("bees, carry an epipen"),
    }
    assert [(m["name"], m["status"]) for m in flags.medications(told)] == [("escitalopram", "current"), ("epinephrine", "current")]
    assert flags.allergies({("intake", "medications"): typed("can't take ibuprofen, swells my face")})[0]["status"] == "allergy"
    assert [(a["name"], a["words"]) for a in flags.allergies(told)] == [
        ("codeine", "I'm allergic to codeine (throat swells)"),
        ("bees", "bees"),
    ]
    assert flags.flags(told, today=TODAY) == []


@pytest.mark.parametrize("key", [("pc-ptsd-5", "nightmares"), ("intake", "ride-home"), ("intake", "suicidal-ever")])
def test_a_condition_told_at_a_question_of_yes_and_no_is_flagged(key):
    told = {("intake", "heart"): tapped("no"), key: typed("actually I did have a heart attack in july; yes")}
    assert [(f["code"], flags.is_high(f)) for f in flags.flags(told, today=TODAY) if f["code"].startswith("told")] == [("told-heart-recent", True)]
    assert flags.conditions(told)[0]["name"] == "myocardial infarction"


@pytest.mark.parametrize(
    ("link", "text", "codes", "listed"),
    [
        ("reason", "I have bipolar 2 and sleep apnea with CPAP", ["told-bipolar", "told-breathing"],
         [("bipolar disorder", "present"), ("sleep apnea", "present")]),
        ("medications", "Keppra for seizures", ["told-seizures"], [("seizure disorder", "present")]),
        ("medications", "I stopped Zoloft in May because it made me manic", ["told-bipolar"], [("bipolar disorder", "unsure")]),
        ("medications", "I quit lithium because of my kidneys", ["told-kidney-bladder"], [("kidney disease", "unsure")]),
        ("reason", "I hear voices", ["told-psychosis-now"], [("psychosis", "present")]),
        ("goals", "I was psychotic in 2015", ["told-psychosis"], [("psychosis", "past")]),
        ("reason", "seizures as a kid", ["told-seizures"], [("seizure disorder", "past")]),
        ("heart_what", "not sure, but I have glaucoma", ["told-glaucoma"], [("glaucoma", "present")]),
        ("stroke_what", "hydrocephalus", ["told-intracranial-pressure"], [("raised intracranial pressure", "present")]),
        ("reason", "a concussion last week", ["told-head-injury-recent"], [("traumatic brain injury", "past")]),
        ("medications", "plavix since they put the stent in last june", ["told-heart-recent"], [("heart problem", "present")]),
        ("reason", "heart attack in 2015", ["told-heart"], [("myocardial infarction", "past")]),
        ("reason", "a TBI in 2005", ["told-head-injury"], [("traumatic brain injury", "past")]),
        ("reason", "cirrhosis from hep c", ["told-liver-severe"], [("liver disease", "present")]),
        ("reason", "interstitial cystitis", ["told-kidney-bladder"], [("interstitial cystitis", "present")]),
        ("reason", "Graves disease", ["told-thyroid"], [("hyperthyroidism", "present")]),
        ("reason", "recovering alcoholic", ["told-alcohol"], [("alcohol use disorder", "past")]),
        ("reason", "addicted to pain pills", ["told-opioids-now"], [("opioid use disorder", "present")]),
        ("reason", "I survived heroin addiction", ["told-substance-use"], [("opioid use disorder", "past")]),
        ("allergies", "aspirin triggers my asthma", ["told-breathing"], [("asthma", "unsure")]),
        ("allergies", "codeine: hallucinations", ["told-psychosis"], [("psychosis", "unsure")]),
        ("reason", "my brother has schizophrenia", [], [("schizophrenia", "family")]),
        ("reason", "no seizures, I am not bipolar", [], []),
        ("reason", "depression", [], [("depression", "present")]),
        ("reason", "PTSD since Iraq. No history of seizures, bipolar or psychosis.", [], [("ptsd", "present")]),
        ("reason", "no family history of bipolar, no prior seizures", [], []),
        ("reason", "I was misdiagnosed with bipolar", [], []),
        ("reason", "I have DID", ["told-dissociative"], [("dissociative disorder", "present")]),
        ("reason", "in recovery from heroin", ["told-substance-use"], [("opioid use disorder", "past")]),
        ("name", "Tia Gad", [], []),
    ],
)  # fmt: skip
def test_a_condition_told_in_words_is_listed_and_flagged(link, text, codes, listed):
    given = {("intake", link.replace("_", "-")): typed(text)}
    found = [flag for flag in flags.flags(given, today=TODAY) if flag["code"].startswith("told-")]
    assert [flag["code"] for flag in found] == codes
    assert all(flag["level"] == ("red" if flag["code"] == "told-psychosis-now" else "amber") for flag in found)
    assert [(entry["name"], entry["status"]) for entry in flags.conditions(given)] == listed
    assert all(entry["words"] in text for entry in (*found, *flags.conditions(given)))


@pytest.mark.parametrize(
    ("answers", "codes", "listed"),
    [
        ({"heart": tapped("yes"), "heart_what": typed("afib")}, ["heart"], ["heart problem"]),
        ({"heart": tapped("no"), "reason": typed("my afib")}, ["told-heart"], ["arrhythmia"]),
        ({"heart": tapped("unsure"), "reason": typed("my afib")}, ["heart-unsure"], ["heart problem", "arrhythmia"]),
        ({"high_bp": tapped("yes"), "reason": typed("high blood pressure")}, ["high-bp"], ["hypertension"]),
        ({"stroke_aneurysm": tapped("no"), "reason": typed("my TIA in 2018")}, ["told-stroke"], ["stroke"]),
        ({"ptsd_diagnosed": tapped("no"), "reason": typed("my PTSD")}, ["ptsd-not-diagnosed"], []),
        ({"pregnant": tapped("no"), "reason": typed("it began when I was pregnant")}, [], []),
        ({"pregnant": tapped("declined"), "reason": typed("I'm pregnant")}, ["told-pregnancy", "pregnancy-not-said"], ["pregnancy"]),
    ],
)  # fmt: skip
def test_what_an_asked_question_says_is_not_said_again(answers, codes, listed):
    given = {("intake", link.replace("_", "-")): answer for link, answer in answers.items()}
    assert [flag["code"] for flag in flags.flags(given, today=TODAY)] == codes
    assert [entry["name"] for entry in flags.conditions(given)] == listed


@pytest.mark.parametrize("text", ["no allergies that I know of", "no known drug allergies", "NKDA", "none", "allergic to nothing", "not that I'm aware of", "never had a reaction"])
def test_no_known_allergies_is_told_apart_from_not_asked(text):
    given = {("intake", "allergies"): typed(text)}
    assert flags.allergies(given) == [{"name": "no known allergies", "words": text, "status": "negated"}]
    assert flags.allergies({("intake", "medications"): typed("Zoloft")}) == []


def test_conditions_are_those_said_yes_or_not_sure_to():
    given = {
        ("intake", "high-bp"): tapped("yes"),
        ("intake", "heart"): tapped("no"),
        ("intake", "stroke-aneurysm"): tapped("unsure"),
        ("intake", "ptsd-diagnosed"): tapped("declined"),
    }
    found = [(entry["name"], entry["status"]) for entry in flags.conditions(given)]
    assert found == [("hypertension", "present"), ("stroke or aneurysm", "unsure")]
