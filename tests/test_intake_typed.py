"""What people type is understood; what could mean two things is asked again, and nothing else is ever raised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake import AnswerError, Item, Questionnaire
from bot.intake.answers import SKIPPED
from bot.intake.parsing import show
from tests.intake_forms import FIXTURES, TODAY, choice, coding, form, item, own, player

OURS = own("intake", "pc-ptsd-5", "callback")
EVERY = player(json.loads((FIXTURES / "every-type.json").read_text(encoding="utf-8")))


def read(link_id: str, text: str, questionnaire: str = "intake") -> Any:
    """The value that is stored (the code of a choice), ``skipped``, or the reason why there is none, as ``!reason``."""
    p = OURS if questionnaire in ("intake", "pc-ptsd-5", "callback") else EVERY
    try:
        answer = p.parse(p.item(questionnaire, link_id), text)
    except AnswerError as error:
        return f"!{error.reason}"
    if answer.status == SKIPPED:
        return SKIPPED
    [value] = answer.values
    return value["code"] if isinstance(value, dict) and "code" in value and "value" not in value else value


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("yes", "yes"), ("Yes.", "yes"), ("y", "yes"), ("YEAH", "yes"), ("yep", "yes"), ("yesss!!", "yes"), ("yse", "yes"),
        ("I do", "yes"), ("yes, since 2019", "yes"), ("Yes I had a stent put in", "yes"), ("i have", "yes"), ("👍", "yes"),
        ("yes but it's treated", "yes"), ("I think so", "yes"), ("1", "yes"), ("the first one", "yes"), ("sí", "yes"),
        ("no", "no"), ("No", "no"), ("n", "no"), ("nope", "no"), ("nah", "no"), ("not really", "no"), ("never", "no"),
        ("I don't", "no"), ("i dont", "no"), ("I haven’t", "no"), ("not that I know of", "no"), ("none", "no"), ("2", "no"),
        ("no I don't think so", "no"), ("I don't think so", "no"), ("no, never", "no"), ("No - never had any", "no"),
        ("no heart problems", "no"), ("not as far as I know", "no"), ("no sir", "no"), ("heavens no", "no"), ("Good heavens no, I'm eighty-two", "no"),
        ("no. my dad did", "no"), ("no, but my dad died of a heart attack last year", "no"), ("my father did, not me", "no"), ("n/a", "no"),
        ("My grandmother had two. I haven't had any.", "no"), ("no, it's low if anything", "no"), ("stress test was clean, so no", "no"),
        ("my dad had a heart attack at 50, i'm fine", "no"), ("maybe a heart attack, they never knew", "unsure"), ("I had a heart attack in 2012", "yes"),
        ("irregular heartbeat yes", "yes"), ("when I was pregnant, yes", "yes"), ("I don't want to go into it but yes", "yes"), ("unfortunately yes", "yes"),
        ("nope not telling", "declined"), ("not saying", "declined"), ("rather not", "declined"),
        ("not sure", "unsure"), ("I'm not sure", "unsure"), ("idk", "unsure"), ("I don't know", "unsure"), ("maybe", "unsure"),
        ("dunno", "unsure"), ("no idea", "unsure"), ("can't remember", "unsure"), ("I don't remember", "unsure"), ("3", "unsure"),
        ("not suer", "unsure"), ("possibly", "unsure"), ("probably not", "unsure"), ("no sé", "unsure"), ("unsure", "unsure"),
        ("maybe when I was a child", "unsure"), ("I'm not really sure", "unsure"),
        ("prefer not to say", "declined"), ("I'd rather not say", "declined"), ("skip", "declined"), ("pass", "declined"),
        ("I don't want to answer that", "declined"), ("prefer not", "declined"), ("none of your business", "declined"), ("4", "declined"),
    ],
)  # fmt: skip
def test_four_way_question_understands(text: str, meaning: str) -> None:
    assert read("heart", text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "no but I used to", "No, but my doctor said it's borderline", "yes and no", "yeah no", "yes no",
        "no, I'm not sure", "sure", "ok", "no problem", "no doubt", "what do you mean", "I don't know what that means",
        "I'm not sure what you mean", "it beats", "5", "0", "not yes", "I don't want to live",
        "I don't understand", "?!", "no, sometimes", "banana", "nos", "no but my husband thinks I have", "heart attack scare, it was panic", "my dad did", "I had one in college, now no",
        "does that count as yes", "yes then no", "if they ask, yes",
    ],
)  # fmt: skip
def test_four_way_question_never_guesses(text: str) -> None:
    assert read("heart", text).startswith("!")


@pytest.mark.parametrize("text", ["not sure", "idk", "maybe", "I don't know", "can't remember", "no idea", "possibly", "unsure"])
@pytest.mark.parametrize("link_id", ["consent-share", "voicemail-ok"])
def test_not_sure_is_never_a_no(link_id: str, text: str) -> None:
    assert read(link_id, text) == "!unsure"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("ok", True), ("Okay", True), ("sure", True), ("ok sure", True), ("alright, go ahead", True), ("sure why not", True), ("I agree", True), ("of course", True), ("go ahead", True),
        ("Go ahead and keep them. I read it twice.", True), ("go ahead and ask me", "!unclear"), ("sure share it", True),
        ("fine", True), ("no problem", True), ("yes please", True), ("I understand", True), ("no", False), ("No thanks", False),
        ("I don't agree", False), ("nope", False),
        ("Why yes of course, you may keep it, I have nothing to hide at my age", True), ("please don't keep it", False), ("I'd rather you didn't", False),
        ("if you must, yes", "!unclear"), ("don't know", "!unsure"), ("I'm not telling", "!unclear"),
        ("I guess so", "!unclear"), ("yes but only to the doctor", "!unclear"), ("do I have to?", "!unclear"), ("yes if you must", "!unclear"),
    ],
)  # fmt: skip
def test_consent_takes_a_plain_word_only(text: str, value: Any) -> None:
    assert read("consent-share", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("No", False),
        ("I have", True),
        ("sometimes", "!unclear"),
        ("ok", "!unclear"),
        ("sure", "!unclear"),
        ("often", "!unclear"),
    ],
)
def test_screener_answer_is_not_inferred(text: str, value: Any) -> None:
    assert read("gate", text, "pc-ptsd-5") == value


@pytest.mark.parametrize(
    ("link_id", "text", "value"),
    [
        ("text-ok", "don't text me", False), ("text-ok", "no, I don't know how to text", False), ("text-ok", "texting is fine", True), ("text-ok", "I'd rather not", False),
        ("voicemail-ok", "please do not leave messages", False), ("voicemail-ok", "they can", True), ("voicemail-ok", "not saying", "!unclear"),
        ("voicemail-ok", "text me", "!unclear"), ("text-ok", "call me", "!unclear"), ("consent-privacy", "call me", "!unclear"), ("consent-privacy", "don't call me", "!unclear"),
        ("consent-contact", "they can call", True), ("heart", "don't call me that", "!unclear"), ("suicidal-now", "don't call the police", "!not-an-option"),
        ("safe-contact", "please don't call my house", "no"), ("safe-contact", "my husband would see it", "!unclear"), ("safe-contact", "he goes thru my phone so no", "no"),
        ("safe-contact", "it's safe", "yes"), ("safe-contact", "not safe", "no"), ("safe-contact", "my wife reads my mail so not really", "no"), ("safe-contact", "not at home", "no"),
        ("safe-contact", "yes I guess, but not the landline", "!unclear"), ("safe-contact", "yes mostly", "!unclear"),
        ("high-bp", "no its fine with the pills", "!unclear"), ("high-bp", "no, its under control", "!unclear"), ("high-bp", "no not since i lost weight", "!unclear"),
        ("high-bp", "no, always been fine", "no"), ("suicidal-now", "no, not since 2015", "no"),
        ("heart", "no stent, no valve trouble", "no"), ("heart", "no heart attack, no afib, nothing", "no"), ("heart", "no heart attack, no stent, just a murmur", "!unclear"),
        ("veteran", "no, and no plans to join either", "no"), ("suicidal-now", "no plan, no intent", "!unclear"),
        ("safe-contact", "nobody reads my mail", "!unclear"), ("safe-contact", "I think so", "!unclear"),
        ("text-ok", "sure texting is ok", True), ("voicemail-ok", "sure, voicemail is ok", True), ("voicemail-ok", "go for it", True), ("heart", "go for it", "!unclear"),
        ("text-ok", "yes but keep it short", True), ("text-ok", "yes but not at work", "!unclear"), ("text-ok", "sure voicemail is ok", "!unclear"),
        ("stroke-aneurysm", "change my sleep thing to no", "!unclear"), ("stroke-aneurysm", "flip phone so no", "no"),
        ("veteran", "No, Harold was in the Navy but not me", "no"), ("veteran", "my dad was in the army", "!unclear"), ("veteran", "tried to join the army but no", "!unclear"),
        ("veteran", "I served in the Marine Corps", "yes"), ("veteran", "No, I was in the army reserve", "!unclear"), ("veteran", "not saying", "declined"),
        ("ride-home", "Susan would fetch me", "yes"), ("ride-home", "my roommate, yes", "yes"), ("ride-home", "there's nobody", "no"), ("ride-home", "no one to drive me", "no"),
        ("ride-home", "I can drive myself", "!unclear"), ("ride-home", "my sister can't drive me", "!unclear"),
        ("breastfeeding", "n/a im a guy", "no"), ("pregnant", "n/a im a guy", "not-applicable"), ("pregnant", "i cant be pregnant im male", "not-applicable"),
        ("pregnant", "my wife is pregnant", "!not-an-option"), ("pregnant", "I don't think I'm pregnant", "!not-an-option"), ("pregnant", "nope, IUD", "no"),
    ],
)  # fmt: skip
def test_yes_or_no_in_a_sentence_is_about_the_person_who_writes(link_id: str, text: str, value: Any) -> None:
    assert read(link_id, text) == value


@pytest.mark.parametrize(
    ("link_id", "text", "value"),
    [
        ("heart", "afib", "yes"), ("heart", "stent in 2019", "yes"), ("heart", "heart murmur as a kid", "yes"), ("heart", "no afib", "no"), ("heart", "migraines, no stents", "no"),
        ("stroke-aneurysm", "tia in 2020", "yes"), ("stroke-aneurysm", "aneurysm clipped", "yes"), ("stroke-aneurysm", "concussions from IEDs but no stroke", "no"),
        ("high-bp", "on meds for it", "yes"), ("high-bp", "hypertension", "yes"), ("high-bp-treated", "I take lisinopril", "yes"),
        ("ptsd-diagnosed", "va rated 70%", "yes"), ("ptsd-diagnosed", "diagnosed in 2012", "yes"), ("ptsd-diagnosed", "no but i know i do", "no"), ("ptsd-diagnosed", "self diagnosed", "no"),
        ("pregnant", "8 weeks along", "pregnant"), ("pregnant", "no uterus", "not-applicable"), ("breastfeeding", "still nursing at night", "yes"),
        ("ride-home", "my husband can", "yes"), ("ride-home", "my sister or my mom", "yes"), ("ride-home", "friend", "yes"), ("ride-home", "my daughter will", "yes"),
        ("ride-home", "my gf", "yes"), ("ride-home", "MY GRANDSON TYLER COULD", "yes"), ("ride-home", "my aunt can come with the car", "yes"),
    ],
)  # fmt: skip
def test_a_fact_that_implies_the_answer_is_one(link_id: str, text: str, value: str) -> None:
    assert read(link_id, text) == value


@pytest.mark.parametrize(
    ("link_id", "text"),
    [
        ("heart", "palpitations"), ("heart", "they ruled out a heart attack"), ("heart", "felt like a heart attack but it was panic"), ("heart", "does afib count?"),
        ("heart", "I'm scared ketamine will cause a heart attack"), ("heart", "my dad had afib"), ("heart", "heart attacks run in my family"), ("heart", "kidney stent"),
        ("stroke-aneurysm", "they thought it was a stroke but it was bell's palsy"), ("stroke-aneurysm", "never thought I'd have a stroke"), ("stroke-aneurysm", "heat stroke"),
        ("high-bp", "150/95"), ("high-bp", "i take lisinopril"), ("high-bp", "not on meds for it"), ("high-bp", "white coat hypertension"), ("high-bp-treated", "was on lisinopril"),
        ("ptsd-diagnosed", "my therapist thinks so"), ("ptsd-diagnosed", "diagnosed in 2012 with bipolar"), ("ptsd-diagnosed", "my wife told me I have it"),
        ("pregnant", "my wife is"), ("pregnant", "I'm 70"), ("breastfeeding", "used to breastfeed"), ("breastfeeding", "nursing student"), ("veteran", "my husband is"),
        ("ride-home", "my husband works"), ("ride-home", "my husband can't"), ("ride-home", "my sister hardly can"), ("ride-home", "my daughter"), ("ride-home", "friend?"), ("ride-home", "i'd take an uber"), ("ride-home", "can my friend take me"),
    ],
)  # fmt: skip
def test_what_may_mean_something_else_is_asked_again(link_id: str, text: str) -> None:
    assert read(link_id, text).startswith("!")


@pytest.mark.parametrize(
    ("link_id", "text", "value"),
    [
        ("suicidal-now", "only at night", "yes"), ("suicidal-now", "kinda", "yes"), ("suicidal-now", "sort of", "yes"), ("suicidal-now", "sometimes", "yes"), ("suicidal-now", "no more than usual", "yes"), ("suicidal-now", "they come and go", "yes"),
        ("suicidal-now", "thoughts but no plan", "yes"), ("suicidal-now", "this morning", "yes"), ("suicidal-now", "at 3 am", "yes"), ("suicidal-now", "yes but I wouldn't do it", "yes"),
        ("suicidal-now", "no", "no"), ("suicidal-now", "No dear, nothing like that", "no"), ("suicidal-now", "not right now", "no"), ("suicidal-now", "not for years", "no"),
        ("suicidal-now", "no but my brother did", "no"), ("suicidal-now", "not really", "!unclear"), ("suicidal-now", "no not really", "!unclear"), ("suicidal-now", "not today", "!unclear"),
        ("suicidal-now", "I don't think so", "!unclear"), ("suicidal-now", "no plans", "!unclear"), ("suicidal-now", "no, I'd never do it", "!unclear"), ("suicidal-now", "no, not every day", "!unclear"),
        ("suicidal-now", "no, yesterday", "!unclear"), ("suicidal-now", "when I was 17 yes", "!unclear"), ("suicidal-now", "not now but last month yes", "!not-an-option"),
        ("suicidal-now", "just want it to stop, no", "!unclear"), ("suicidal-now", "n/a", "!unclear"), ("suicidal-now", "nope not telling", "declined"), ("suicidal-now", "maybe", "unsure"),
        ("suicidal-3-months", "not now but last month yes", "yes"), ("suicidal-3-months", "no, but last month", "yes"), ("suicidal-3-months", "a few weeks ago", "yes"), ("suicidal-3-months", "last week", "yes"),
        ("suicidal-3-months", "twice", "yes"), ("suicidal-3-months", "in September", "yes"), ("suicidal-3-months", "in January", "!not-an-option"), ("suicidal-3-months", "two years ago", "!not-an-option"),
        ("suicidal-3-months", "not in the last three months", "no"), ("suicidal-3-months", "not now", "!unclear"), ("suicidal-3-months", "no self harm", "!unclear"),
        ("suicidal-3-months", "no just thoughts", "!unclear"), ("suicidal-3-months", "only in my dreams", "!not-an-option"),
        ("suicidal-ever", "when I was 17 yes", "yes"), ("suicidal-ever", "pills in college", "yes"), ("suicidal-ever", "three times", "yes"), ("suicidal-ever", "a long time ago", "yes"),
        ("suicidal-ever", "never", "no"), ("suicidal-ever", "never in my life", "no"), ("suicidal-ever", "not yet", "!unclear"), ("suicidal-ever", "only thoughts", "!not-an-option"),
        ("suicidal-ever", "my mom did when I was 10", "!not-an-option"), ("suicidal-ever", "3", "!unclear"),
        ("hospitalized-past-year", "in May", "yes"), ("hospitalized-past-year", "two years ago", "!unclear"), ("hospitalized-past-year", "not this year", "no"),
    ],
)  # fmt: skip
def test_question_about_a_time_takes_what_lies_in_it_and_never_half_a_no(link_id: str, text: str, value: str) -> None:
    assert read(link_id, text) == value


@pytest.mark.parametrize("link_id", ["suicidal-now", "suicidal-3-months", "suicidal-ever"])
@pytest.mark.parametrize("text", ["not really", "only in my dreams", "three or so", "not sure what you mean"])
def test_question_about_suicide_is_asked_again_with_the_crisis_line(link_id: str, text: str) -> None:
    with pytest.raises(AnswerError, match="988"):
        OURS.parse(OURS.item("intake", link_id), text)


def test_sentence_is_kept_as_it_was_typed() -> None:
    answer = OURS.parse(OURS.item("intake", "heart"), "  Yes, since 2019 ")
    assert (answer.values[0]["code"], answer.text) == ("yes", "Yes, since 2019")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("oregon", "OR"), ("OR", "OR"), ("or", "OR"), ("Salem Oregon", "OR"), ("I'm in Oregon", "OR"), ("Salem, OR", "OR"), ("oregn", "OR"),
        ("PORTLAND, OR", "OR"), ("washington", "WA"), ("Washington DC", "DC"), ("D.C.", "DC"), ("kansas", "KS"), ("Arkansas", "AR"),
        ("virginia", "VA"), ("West Virginia", "WV"), ("new y", "NY"), ("Calif", "CA"), ("N. Carolina", "NC"), ("Canada", "other"),
        ("new", "!ambiguous"), ("Oregon or Washington", "!ambiguous"), ("ok", "!ambiguous"), ("OK", "OK"),
        ("I live in Washington state, Vancouver, but I can drive to Salem", "WA"), ("not Oregon, Washington", "WA"), ("Right now im in Idaho but I go home in the fall", "ID"),
        ("the first one", "!not-an-option"), ("2", "!not-an-option"), ("idaho, no utah", "!ambiguous"), ("Texas. No wait, Nevada", "!ambiguous"), ("Idaho but moving to Oregon", "!ambiguous"), ("idk", "skipped"), ("rather not say", "skipped"),
        ("not oregon", "!not-an-option"), ("38", "!not-an-option"), ("somewhere", "!not-an-option"),
    ],
)  # fmt: skip
def test_state_is_found(text: str, value: str) -> None:
    assert read("state", text) == value


@pytest.mark.parametrize(
    ("link_id", "text", "value"),
    [
        ("contact-way", "call", "call"), ("contact-way", "phone", "call"), ("contact-way", "text me", "text"), ("contact-way", "t", "text"),
        ("contact-way", "by email please", "email"), ("contact-way", "e-mail", "email"), ("contact-way", "call or text", "call"), ("contact-way", "either text or email", "text"), ("contact-way", "no preference", "any"),
        ("contact-way", "anything but a call", "!not-an-option"), ("contact-way", "don't call, text only", "text"), ("contact-way", "text. i dont pick up calls", "text"),
        ("contact-way", "don't call", "!not-an-option"), ("contact-way", "either", "any"),
        ("pregnant", "no", "no"), ("pregnant", "not pregnant", "no"), ("pregnant", "I'm pregnant", "pregnant"), ("pregnant", "n/a", "not-applicable"),
        ("pregnant", "I'm a man", "not-applicable"), ("pregnant", "I could be pregnant", "possible"), ("pregnant", "trying", "trying"),
        ("pregnant", "yes 12 weeks", "pregnant"), ("pregnant", "yes, 5 months", "pregnant"), ("pregnant", "Yes, I am", "pregnant"), ("pregnant", "due in March", "pregnant"),
        ("pregnant", "yes I am trying", "trying"), ("pregnant", "my sister is due in March", "!not-an-option"), ("pregnant", "my period is due in March", "!ambiguous"),
        ("high-bp", "borderline", "unsure"), ("high-bp", "kinda, it was high once", "unsure"), ("high-bp", "controlled now", "yes"), ("high-bp", "normal with meds", "!unclear"),
        ("pregnant", "not sure", "unsure"), ("pregnant", "prefer not to say", "declined"), ("pregnant", "yes", "!not-an-option"),
        ("veteran", "Army", "yes"), ("veteran", "I'm not a veteran", "no"), ("veteran", "idk", "!unsure"),
    ],
)  # fmt: skip
def test_choice_is_found_by_its_everyday_names(link_id: str, text: str, value: str) -> None:
    assert read(link_id, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Several days", "1"), ("several", "1"), ("sevral days", "1"), ("0", "0"), ("nearly every day", "3"), ("nearly", "3"),
        ("More than half", "2"), ("often", "!"), ("day", "!"),
    ],
)  # fmt: skip
def test_number_means_the_code_where_codes_are_numbers(text: str, value: str) -> None:
    labels = ("Not at all", "Several days", "More than half the days", "Nearly every day")
    options = [{"valueCoding": {"code": str(n), "display": label}} for n, label in enumerate(labels)]
    p = player(form(item("q", "choice", answerOption=options)))
    try:
        assert p.parse(p.item("q", "q"), text).values[0]["code"] == value
    except AnswerError:
        assert value == "!"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3-4 days", "3–4 days"), ("3 to 4 days", "3–4 days"), ("1-2", "1-2 days"), ("1 - 2 days", "1-2 days"), ("5-6 days", "!"),
        ("10 or more days", "10 or more days"), ("10 or mor days", "10 or more days"), ("11 or more days", "!"),
    ],
)  # fmt: skip
def test_range_is_found_however_it_is_written_and_another_number_is_no_misspelling(text: str, value: str) -> None:
    options = [coding(label.replace(" ", ""), label) for label in ("1-2 days", "3–4 days", "10 or more days")]
    p = player(form(item("q", "choice", answerOption=options)))
    try:
        assert p.parse(p.item("q", "q"), text).values[0]["display"] == value
    except AnswerError:
        assert value == "!"


def test_number_that_may_be_a_place_or_a_score_is_asked_again() -> None:
    phq = Questionnaire.load(FIXTURES / "r4-phq-9-questionnaire.json")
    first: Item = phq.by_id["LittleInterest"]
    p = player(phq.raw)
    with pytest.raises(AnswerError, match=r"Did you mean More than half the days or Nearly every day\?"):
        p.parse(first, "3")
    assert p.parse(first, "0").values[0]["display"] == "Not at all"


@pytest.mark.parametrize(
    ("typed", "codes"), [("red", ["red"]), ("red, blue", ["red", "blue"]), ("1 and 3", ["red", "blue"]), ("red and red", ["red"])]
)
def test_several_choices_in_one_answer(typed: str, codes: list[str]) -> None:
    p = player(form(choice("q", "Red", "Green", "Blue", repeats=True)))
    assert [value["code"] for value in p.parse(p.item("q", "q"), typed).values] == codes


def test_option_that_stands_alone_cannot_be_combined() -> None:
    with pytest.raises(AnswerError) as caught:
        EVERY.parse(EVERY.item("q", "many"), "apples, none of these")
    assert caught.value.reason == "exclusive"


@pytest.mark.parametrize(
    ("link_id", "text", "value"),
    [
        ("integer", "3", 3), ("integer", "about 3", 3), ("integer", "three", 3), ("integer", "3.0", 3), ("integer", "none", 0), ("integer", "٣", 3),
        ("integer", "3 times a week", 3), ("integer", "5'11\"", "!not-a-number"), ("integer", "2-3", "!not-a-number"), ("integer", "2 or 3", "!not-a-number"),
        ("integer", "3.5", "!not-whole"), ("integer", "more than 5", "!not-a-number"), ("integer", "11", "!above-max"), ("integer", "-1", "!below-min"),
        ("integer", "twenty twenty", "!not-a-number"), ("integer", "12th", "!not-a-number"), ("integer", "5²", "!not-a-number"), ("integer", "a few", "!not-a-number"),
        ("integer", "99999999999", "!above-max"), ("integer", "1e5", "!not-a-number"), ("integer", "120/80", "!not-a-number"),
        ("decimal", "5,5", 5.5), ("decimal", "5.5", 5.5), ("decimal", "1,200", 1200.0), ("decimal", "1.200,5", 1200.5), ("decimal", "five and a half", 5.5),
        ("decimal", "5 1/2", 5.5), ("decimal", "5½", 5.5), ("decimal", ".7", 0.7), ("decimal", "0.2", "!below-min"), ("decimal", "5.55", "!too-precise"),
        ("time", "3:30 pm", "15:30:00"), ("time", "15:30", "15:30:00"), ("time", "noon", "12:00:00"), ("time", "12 am", "00:00:00"), ("time", "3", "!ambiguous"),
        ("time", "3:30", "!ambiguous"), ("time", "25:00", "!not-a-time"), ("time", "soon", "!not-a-time"), ("time", "9:15:30 a.m.", "09:15:30"),
        ("dateTime", "March 4 2020 at 3:30 pm", "2020-03-04T15:30:00+00:00"), ("dateTime", "2020-03-04T15:30:00-08:00", "2020-03-04T15:30:00-08:00"),
        ("dateTime", "march 2020", "2020-03"), ("dateTime", "Feb 30 2020 at 3 pm", "!impossible-date"),
        ("url", "example.com", "https://example.com"), ("url", "http://example.com/a?b=c", "http://example.com/a?b=c"), ("url", "not a link", "!not-a-url"),
        ("url", "hello", "!not-a-url"), ("string", "abc", "abc"), ("string", "a", "!too-short"), ("string", "a" * 21, "!too-long"), ("string", "abc1", "!wrong-format"),
        ("quantity", "70 kg", {"value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}), ("quantity", "70", "!wrong-unit"),
        ("quantity", "154.5 pounds", {"value": 154.5, "unit": "lb", "system": "http://unitsofmeasure.org", "code": "[lb_av]"}), ("quantity", "70 cm", "!wrong-unit"),
        ("open", "tea", "Tea"), ("open", "mate", "mate"), ("numbers", "20", 20), ("numbers", "2", "!not-an-option"), ("days", "2026-07-01", "2026-07-01"),
        ("text", "", "!empty"), ("text", " \n ", "!empty"), ("intro", "x", "!not-a-question"),
    ],
)  # fmt: skip
def test_each_type_is_read(link_id: str, text: str, value: Any) -> None:
    assert read(link_id, text, "q") == value


def test_unit_that_the_question_does_not_want_is_refused_not_converted() -> None:
    unit = {"system": "http://unitsofmeasure.org", "code": "kg", "display": "kg"}
    p = player(form(item("q", "decimal", ext={"questionnaire-unit": ("Coding", unit)})))
    assert p.parse(p.item("q", "q"), "70 kilos").values == [70.0]
    with pytest.raises(AnswerError, match="Please give this in kg"):
        p.parse(p.item("q", "q"), "154 pounds")


@pytest.mark.parametrize(
    ("link_id", "text", "value"),
    [
        ("phone", "503 555 0142", "+15035550142"), ("phone", "my cell is (503) 555-0142", "+15035550142"), ("phone", "+44 20 7946 0958", "+442079460958"),
        ("phone", "503-555-0142 ext 12", "+15035550142;ext=12"), ("phone", "555-0142", "!not-a-phone"), ("phone", "911", "!not-a-phone"),
        ("phone", "503-555-0142 or 503-555-0199", "!ambiguous"), ("phone", "no phone", "skipped"), ("phone", "jane@example.com", "!not-a-phone"),
        ("email", "Jane.Doe@Example.COM", "Jane.Doe@example.com"), ("email", "it's jane@example.com.", "jane@example.com"),
        ("email", "jane at example dot com", "jane@example.com"), ("email", "jane@", "!not-an-email"), ("email", "none", "!required"),
        ("email", "a@example.com and b@example.com", "!ambiguous"),
        ("name", "My name is Maria Lopez", "Maria Lopez"), ("name", "I'm Sam", "Sam"), ("name", "Imani Imran", "Imani Imran"), ("name", "call me Al", "Al"),
        ("name", "It's Bob.", "Bob"), ("name", "John Smith Jr.", "John Smith Jr."), ("name", "1234", "!not-a-name"), ("name", "x" * 121, "!too-long"),
        ("name", "ok so my legal name is dana reyes and im a bit nervous", "dana reyes"),
        ("name", "I'm Dana Reyes, 41, in Salem Oregon, text is best", "Dana Reyes"),
        ("name", "filling this in for my husband George Tanaka", "George Tanaka"),
        ("name", "my husband Tom is typing for me, I am Ellen Price", "Ellen Price"),
        ("name", "i'd rather you did not call me Dave", "!not-a-name"),
        ("name", "straße weiß ﬁn groß please", "straße weiß ﬁn groß"),
        ("name", "no", "!not-a-name"), ("name", "I said it already", "!not-a-name"), ("name", "this is stupid", "!not-a-name"), ("name", "idk", "!required"), ("name", "I'd rather not give my name", "!required"),
        ("name", "wait no I don't need a call, I want to fill in the history for my husband", "!not-a-name"), ("name", "Maggie is fine", "Maggie"),
        ("name", "his name is Carlos Vega, I'm his wife Ana", "Carlos Vega"), ("name", "Jane Doe but I go by JD and my number is 503-555-0150", "Jane Doe"),
        ("name", "first name Will, last name Day", "Will Day"), ("name", "like I said, Dana Reyes", "Dana Reyes"), ("name", "my name is Thuy Pham, Pham is family name", "Thuy Pham"),
        ("name", "Ty", "Ty"), ("name", "Will Dose", "Will Dose"), ("name", "Jonathan Fine", "Jonathan Fine"), ("name", "Tran, My Linh", "Tran, My Linh"), ("name", "Do Thi Hoa", "Do Thi Hoa"),
        ("name", "Gunderson, Alma P.", "Gunderson, Alma P."), ("name", "May", "May"), ("name", "Skip Johnson", "Skip Johnson"), ("name", "Null", "Null"),
        ("preferred-name", "Margaret, actually Meg is fine", "Meg"), ("preferred-name", "Nell. My mother always called me that", "Nell"), ("preferred-name", "Dr. I. Shah", "Dr. I. Shah"),
        ("allergies", "yes", "!unclear"), ("allergies", "yes, latex", "yes, latex"), ("medications", "yes", "yes"),
        ("preferred-name", "Maggie is fine", "Maggie"), ("preferred-name", "Mr. Beattie, please", "Mr. Beattie"), ("preferred-name", "no", "skipped"), ("preferred-name", "Thanks", "!not-a-name"),
        ("name", "she/her", "!not-a-name"), ("preferred-name", "may 6 1980", "!not-a-name"), ("name", "They / them", "!not-a-name"), ("name", "3/5/87", "!not-a-name"),
        ("preferred-name", "anything but Katherine, thats what he called me. Kat pls", "anything but Katherine, thats what he called me. Kat pls"),
        ("preferred-name", "my grandkids call me Nonny but Carol is fine", "Carol"), ("pronouns", "idk", "skipped"), ("pronouns", "she/they, either works", "she/they, either works"),
        ("city", "like I said Salem", "Salem"), ("city", "I told you, Bend", "Bend"), ("city", "I'm in Keizer", "Keizer"), ("city", "I said it already", "!unclear"), ("city", "near Salem", "near Salem"),
        ("name", "Marta Lindqvist, Lindqvist with a Q", "Marta Lindqvist"), ("name", "My name Pham Van Duc, Pham is my family name", "Pham Van Duc"),
        ("name", "me llamo Lucía Herrera Soto", "Lucía Herrera Soto"), ("name", "my name changed last year", "!not-a-name"),
        ("phone", "no thanks", "skipped"), ("phone", "-", "skipped"), ("phone", "I don't really use one", "skipped"),
        ("phone", "rather not", "skipped"), ("phone", "I don't have a phone", "skipped"), ("phone", "idk", "skipped"),
        ("name", "maria de la cruz santos", "maria de la cruz santos"),
        ("name", "Nguyễn Thị Minh Khai", "Nguyễn Thị Minh Khai"), ("name", "O’Brien-Smith", "O’Brien-Smith"),
    ],
)  # fmt: skip
def test_ways_to_reach_a_person_are_read(link_id: str, text: str, value: str) -> None:
    assert read(link_id, text) == value


@pytest.mark.parametrize("name", ["No", "Stupid", "Fine", "Sunday Is Here"])
def test_unlikely_name_is_taken_when_it_is_written_again(name: str) -> None:
    question = OURS.item("intake", "name")
    assert OURS.parse(question, name, again=True).values == [name]


@pytest.mark.parametrize("text", ["idk", "rather not say", "none of your business"])
def test_needed_name_is_not_skipped_however_often_it_is_refused(text: str) -> None:
    with pytest.raises(AnswerError, match="ask for a person"):
        OURS.parse(OURS.item("intake", "name"), text, again=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("it was the year after the fire so 2020", "2020"), ("right after I got out of the army in 2011", "2011"), ("idk", "skipped"), ("don't remember exactly", "skipped"),
        ("no", "skipped"), ("last spring", "2026"), ("2016? might have been 17", "!not-a-date"), ("2031", "!future-date"),
        ("1890", "!too-long-ago"), ("08", "2008"), ("back in 98", "1998"), ("12", "!not-a-date"),
    ],
)  # fmt: skip
def test_year_is_found_in_a_sentence_and_may_be_unknown(text: str, value: str) -> None:
    assert read("ptsd-diagnosed-year", text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("503-555-0142", "+15035550142"), ("me@example.com", "me@example.com"), ("call me", "!not-a-phone")]
)
def test_either_phone_or_email_will_do(text: str, value: str) -> None:
    assert read("reach", text, "callback") == value


def test_too_long_an_answer_is_told_the_limit() -> None:
    with pytest.raises(AnswerError, match=r"longer than this answer can be \(500 characters\)"):
        OURS.parse(OURS.item("intake", "reason"), "a" * 501)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)+$b"])
def test_slow_pattern_of_a_questionnaire_does_not_hold_up_the_chat(pattern: str) -> None:
    p = player(form(item("q", ext={"regex": ("String", pattern)})))
    with pytest.raises(AnswerError) as caught:
        p.parse(p.item("q", "q"), "a" * 5000)
    assert caught.value.reason == "wrong-format"


def test_what_cannot_be_stored_is_left_out() -> None:
    answer = OURS.parse(OURS.item("intake", "goals"), "sleep\x00 \ud800 better\r\nand rest")
    assert answer.values == ["sleep  better\nand rest"]
    json.dumps(answer.values).encode()


_ALL = [q for p in (OURS, EVERY) for form_ in p.questionnaires for q in form_.flat if q.asked]
_WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "yes",
                "no",
                "not",
                "sure",
                "maybe",
                "but",
                "never",
                "1",
                "2",
                "12",
                "3/4/87",
                "march",
                "4th",
                "1987",
                "ago",
                "two",
                "dozen",
                "and",
                "a",
                "half",
                "kg",
                "lb",
                "@",
                ".",
                ",",
                ";",
                "-",
                "/",
                "oregon",
                "or",
                "at",
                "pm",
                "call",
                "text",
                "none",
                "of",
                "these",
                "½",
                "٤",
                "1,2",
                "12:30",
                "+1",
                "503-555-0142",
                "a@b.co",
                "today",
                "last",
                "year",
                "29",
                "feb",
            ]
        ),
        st.text(max_size=6),
    ),
    max_size=7,
).map(" ".join)


@given(question=st.sampled_from(_ALL), text=st.one_of(_WORDS, st.text(max_size=60)))
@settings(max_examples=600, deadline=None)
def test_no_text_raises_anything_but_a_kind_refusal(question: Item, text: str) -> None:
    p = OURS if question.questionnaire != "q" else EVERY
    try:
        answer = p.parse(question, text)
    except AnswerError as error:
        assert error.message[0].isupper()
        assert error.message[-1] in ".?"
        assert "!" not in error.message
    else:
        assert answer.answered or not p.is_required(question)
        json.dumps(answer.values, allow_nan=False).encode()
        assert bool(show(question, answer)) == answer.answered


@pytest.mark.parametrize("text", ["Zebra-Quaxley", "12 zebraquax", "zebra@quaxley", "yes but zebraquax"])
def test_refusal_never_repeats_what_was_typed(text: str) -> None:
    for question in _ALL:
        p = OURS if question.questionnaire != "q" else EVERY
        try:
            p.parse(question, text)
        except AnswerError as error:
            assert "zebra" not in error.message.lower()


@pytest.mark.parametrize(
    ("link_id", "text", "shown"),
    [
        ("birth-date", "3/4/87", "March 4, 1987"),
        ("ptsd-diagnosed-year", "2019", "2019"),
        ("heart", "yep", "Yes"),
        ("phone", "503.555.0142", "(503) 555-0142"),
        ("phone", "(360) 555-0123 ext 4", "(360) 555-0123 ext. 4"),
        ("phone", "+44 20 7946 0958", "+44 20 7946 0958"),
        ("consent-share", "ok", "Yes"),
    ],
)
def test_answer_is_said_back_in_words(link_id: str, text: str, shown: str) -> None:
    question = OURS.item("intake", link_id)
    assert show(question, OURS.parse(question, text)) == shown


def test_today_is_given_never_taken_from_the_machine() -> None:
    assert OURS.today == TODAY


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("always", True), ("Every day", True), ("every single night", True), ("every day and every night", True), ("constantly", True), ("all the time", True), ("24/7", True),
        ("not always", "!unclear"), ("not every day", "!unclear"), ("sometimes", "!unclear"), ("most nights", "!unclear"), ("rarely", "!unclear"), ("hardly ever", "!unclear"), ("not much", "!unclear"),
        ("not really", False), ("never", False),
    ],
)  # fmt: skip
def test_what_is_always_so_is_a_yes_to_a_screener_and_rarely_no_no(text: str, value: Any) -> None:
    assert read("nightmares", text, "pc-ptsd-5") == value


@pytest.mark.parametrize(
    ("link_id", "text", "value"),
    [
        ("high-bp", "normal", "no"), ("high-bp", "It's normal.", "no"), ("high-bp", "runs low", "no"), ("high-bp", "low if anything", "no"), ("high-bp", "my bp is good", "no"),
        ("high-bp", "normal now", "!not-an-option"), ("high-bp", "abnormal", "!not-an-option"), ("high-bp", "normal on lisinopril", "!unclear"),
        ("heart", "my heart is fine", "no"), ("heart", "my heart is fine now", "!unclear"), ("heart", "my heart", "!not-an-option"), ("stroke-aneurysm", "nothing", "no"),
        ("breastfeeding", "not anymore", "no"), ("breastfeeding", "I'm a guy", "no"), ("breastfeeding", "my kids are grown", "no"), ("breastfeeding", "I don't have kids", "no"),
        ("pregnant", "tubes tied", "no"), ("ptsd-diagnosed", "the VA did", "yes"), ("ptsd-diagnosed", "no doctor did", "!unclear"), ("ptsd-diagnosed", "my therapist didn't", "!unclear"),
        ("ride-home", "I'd have to ask", "unsure"),
    ],
)  # fmt: skip
def test_what_plainly_answers_by_the_state_of_things_is_taken(link_id: str, text: str, value: str) -> None:
    assert read(link_id, text) == value
