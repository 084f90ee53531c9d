"""What people type about an earlier answer, beside an answer, and for somebody else."""

from __future__ import annotations

import pytest

from bot.intake import additions, amendments, beside, corrections
from bot.intake.helpers import fills_in_for_another, speaks_for_another
from tests.intake_forms import own

ITEMS = own("intake", "pc-ptsd-5").questions()


@pytest.mark.parametrize(
    "text, value",
    [
        ("no, that's wrong, it's 1/3/1980", "1/3/1980"),
        ("that's wrong", ""),
        ("that\u2019s wrong", ""),
        ("No, that's not right.", ""),
        ("it's 1/3/1980 actually", "1/3/1980"),
        ("it's actually 1/3/1980", "1/3/1980"),
        ("no it's 1/3/1980", "1/3/1980"),
        ("sorry, I meant 503 555 0199", "503 555 0199"),
        ("that's wrong, it's Jane Doe", "Jane Doe"),
        ("no, Washington", "Washington"),
    ],
)
def test_a_correction_of_the_answer_before(text: str, value: str) -> None:
    found = corrections.of_the_last(text)
    assert found is not None and found.value == value


@pytest.mark.parametrize("text", ["no", "nope", "1/3/1980", "It's wrong how they treated us", "I'd like to sleep through the night"])
def test_what_corrects_nothing(text: str) -> None:
    assert corrections.of_the_last(text) is None and not corrections.contradicts(text)


@pytest.mark.parametrize(
    "text, link_id, value",
    [
        ("actually my birthday is wrong, it's June 13 1991", "birth-date", "June 13 1991"),
        ("can you fix my birthday? it should be June 13 1991", "birth-date", "June 13 1991"),
        ("my birthday is wrong", "birth-date", ""),
        ("correct my name", "name", ""),
        ("fix my last name, it's spelled wrong", "name", ""),
        ("change my phone number to 971 555 0134", "phone", "971 555 0134"),
        ("I put the wrong email, it's kim@example.com", "email", "kim@example.com"),
        ("update my town, its Keizer", "city", "Keizer"),
        ("medicines", "medications", ""),
        ("I said no but I meant yes on the blood pressure one", "high-bp", ""),
        ("my heart answer was wrong, it's no", "heart", "no"),
        ("What would you like to be different?", "goals", ""),
    ],
)
def test_a_correction_names_the_answer(text: str, link_id: str, value: str) -> None:
    found = corrections.named(text, ITEMS)
    assert found is not None and (found[0].link_id, found[1].value) == (link_id, value)


ALL = [item for questionnaire in own("intake", "pc-ptsd-5").questionnaires for item in questionnaire.flat if item.asked]
WAITS = {item.link_id: item for item in ALL}


@pytest.mark.parametrize(
    "at, text, link_id, value",
    [
        ("stroke-aneurysm", "change heart problems to no", "heart", "no"),
        ("stroke-aneurysm", "change my heart answer to no", "heart", "no"),
        ("stroke-aneurysm", "can you switch heart problems from yes to no", "heart", "no"),
        ("stroke-aneurysm", "I want to change my answer about heart problems to not sure", "heart", "not sure"),
        ("stroke-aneurysm", "put no for heart problems", "heart", "no"),
        ("stroke-aneurysm", "heart problems should be no", "heart", "no"),
        ("reason", "best time should be after 6, not mornings", "best-time", "after 6, not mornings"),
        ("stroke-aneurysm", "hey can u change my heart thing to no", "heart", "no"),
        ("stroke-aneurysm", "I meant no for heart problems", "heart", "no"),
        ("gate", "no to ride home", "ride-home", "no"),
        ("phone", "nope my name's Tessa", "name", "Tessa"),
        ("heart", "set high blood pressure = yes", "high-bp", "yes"),
        ("heart", "change bp to yes", "high-bp", "yes"),
        ("suicidal-now", "change veteran to yes", "veteran", "yes"),
        ("gate", "change ride home to yes", "ride-home", "yes"),
        ("voicemail-ok", "change way of contact to text", "contact-way", "text"),
        ("heart", "change my email to x@y.com", "email", "x@y.com"),
        ("heart", "update my phone number please", "phone", ""),
        ("phone", "no that's not right, my name is Tessa", "name", "Tessa"),
        ("email", "no, my name is spelled Tesa", "name", "Tesa"),
        ("pronouns", "my name is actually Tess Teller", "name", "Tess Teller"),
        ("birth-date", "my name is Tess Teller not Tess Ter", "name", "Tess Teller"),
        ("phone", "actually my birthday is May 6 1980", "birth-date", "May 6 1980"),
        ("reason", "oops my phone number is 503-555-0111", "phone", "503-555-0111"),
        ("heart", "my city is Keizer, not Salem", "city", "Keizer"),
        ("medications", "wait I said no to blood pressure but I do have it", "high-bp", "I do have it"),
        ("heart", "I said I'm not a veteran but I am one", "veteran", "yes"),
        ("heart", "actually I am a veteran", "veteran", "yes"),
        ("heart", "actually no, I'm not a veteran", "veteran", "no"),
    ],
)
def test_whatever_waits_a_correction_is_about_the_answer_it_names(at: str, text: str, link_id: str, value: str) -> None:
    found = amendments.amended(text, ALL, WAITS[at])
    assert found is not None and (found.item.link_id, found.correction.value, found.head) == (link_id, value, "")


def test_an_answer_with_a_correction_behind_it_is_both() -> None:
    found = amendments.amended("she/her, and my name is spelled Tes Ter", ALL, WAITS["pronouns"])
    assert found is not None and (found.head, found.item.link_id, found.correction.value) == ("she/her", "name", "Tes Ter")


@pytest.mark.parametrize(
    "at, text",
    [
        ("phone", "no, my name is not on the lease"),
        ("consent-share", "yes, and my name is Dana Reyes"),
        ("heart", "no for heart problems"),
        ("pronouns", "she/her"),
        ("pronouns", "my name is hard to spell"),
        ("preferred-name", "my name is Tessie"),
        ("reason", "my name is Tess and I have had PTSD for years"),
        ("reason", "my diagnosis is PTSD"),
        ("goals", "my goal is to sleep"),
        ("goals", "fix my heart"),
        ("goals", "I want to change my service to others"),
        ("goals", "change my last name in your system"),
        ("heart", "no, but my blood pressure is high"),
        ("heart", "actually no, just high blood pressure"),
        ("heart", "actually I have a question about stroke"),
        ("medications", "wait I'm on lisinopril for blood pressure"),
        ("medications", "my blood pressure is controlled with lisinopril"),
        ("suicidal-now", "no, my service is over"),
        ("stroke-aneurysm", "no, just heart problems"),
        ("stroke-aneurysm", "can I change heart problems later?"),
    ],
)
def test_an_answer_to_what_waits_is_no_correction(at: str, text: str) -> None:
    found = amendments.amended(text, [item for item in ALL if WAITS[at].type != "text" or item.type != "text"], WAITS[at])
    assert found is None or not found.correction.value


def test_what_names_the_question_that_waits_answers_it() -> None:
    found = [amendments.amended(text, ALL, WAITS[at]) for at, text in (("phone", "my phone is 503 555 0188"), ("heart", "yes for heart problems"))]
    assert found == [None, None]
    ordered = amendments.amended("change my message answer to yes", [own("callback").questionnaires[0].by_id["safe-message"]], None)
    assert ordered is not None and ordered.correction.value == "yes"


@pytest.mark.parametrize("text, value", [("change that to no", "no"), ("please change my last answer to yes", "yes"), ("that's wrong, it's no", "no"), ("no, sorry", None), ("no", None)])
def test_a_correction_to_a_no(text: str, value: str | None) -> None:
    found = corrections.of_the_last(text)
    assert (found and found.value) == value


@pytest.mark.parametrize("text", ["my birthday is wrong", "my e-mail address was incorrect", "please fix my name, it should be Jon"])
def test_it_is_said_that_an_answer_is_wrong(text: str) -> None:
    assert corrections.says_wrong(text)
    assert not corrections.says_wrong(text.replace("is wrong", "is in May").replace("was incorrect", "is new").replace("it should be", "for"))


def test_no_two_questions_of_a_run_share_a_name() -> None:
    for run in (("intake", "pc-ptsd-5"), ("callback",), ("question",)):
        asked = [item for q in own(*run).questionnaires for item in q.flat if item.asked]
        names = [name for item in asked for name in item.names if name != item.text.lower()]
        assert not {name for name in names if names.count(name) > 1}, run


@pytest.mark.parametrize(
    "text, phone, email, born",
    [
        ("I'm Dana Reyes, 41, in Salem Oregon, 503-555-0142, text is best", "503-555-0142", None, None),
        ("503-555-0142, text is best, and dana@example.com", "503-555-0142", "dana@example.com", None),
        ("Dana Reyes, born March 4 1987", None, None, "March 4 1987"),
        ("503-555-0142 or 503-555-0143", None, None, None),
        ("my sister's number is 503-555-0142", None, None, None),
        ("my boyfriend's number is 503-555-0142", None, None, None),
        ("since the fire on March 4 1987", None, None, None),
        ("born March 4", None, None, None),
    ],
)
def test_only_what_can_be_taken_for_nothing_else_is_read_beside_an_answer(
    text: str, phone: str | None, email: str | None, born: str | None
) -> None:
    by_id = {item.link_id: item for item in ITEMS} | {i.link_id: i for i in own("intake").questionnaires[0].flat}
    assert [beside.given(by_id[link], text) for link in ("phone", "email", "birth-date")] == [phone, email, born]


@pytest.mark.parametrize(
    "text, fills_in",
    [
        ("Can I fill this out for my husband?", True),
        ("my husband can't type well. Can I fill this out for him?", True),
        ("doing this for my brother, he's on speaker", True),
        ("I'm his wife Ana", False),
        ("on her behalf", False),
        ("yes he agrees", False),
    ],
)
def test_somebody_speaks_for_another(text: str, fills_in: bool) -> None:
    assert speaks_for_another(text) and fills_in_for_another(text) == fills_in


@pytest.mark.parametrize(
    "text", ["my husband worries about me", "for him to sleep and be himself again", "I do everything for my wife", "she agrees it helps? I don't know"]
)
def test_a_story_about_another_is_none(text: str) -> None:
    assert not fills_in_for_another(text)
    assert not speaks_for_another(f"{text}. I am his wife and I would be the one at home with him.")


@pytest.mark.parametrize(
    "text, added",
    [
        ("add seroquel 50", "seroquel 50"),
        ("wait, also trazodone at night", "trazodone at night"),
        ("plus fish oil", "fish oil"),
        ("I forgot to say I take methadone", "I take methadone"),
        ("i also take seroquel 50", "i also take seroquel 50"),
        ("seroquel too", "seroquel too"),
        ("can you add methadone to my meds", "methadone"),
        ("I forgot", None),
        ("i forgot what it's called", None),
        ("adderall 20", None),
        ("android", None),
        ("lisinopril and xanax", None),
    ],
)
def test_what_is_added_to_an_answer(text: str, added: str | None) -> None:
    assert additions.added(text, ["meds"]) == added


@pytest.mark.parametrize("text, said", [("no wait yes", "yes"), ("actually no", "no"), ("yes wait no", "no"), ("no, I mean yes", "yes"), ("yes", None), ("wait", None)])
def test_of_yes_and_no_the_last_said(text: str, said: str | None) -> None:
    assert corrections.last_said(text) == said


@pytest.mark.parametrize("text", ["I meant to come years ago", "that was meant well"])
def test_to_mean_something_is_no_correction(text: str) -> None:
    assert not corrections.says_meant(text) and corrections.says_meant("no wait, i meant june 4")


def test_what_is_said_over_and_over_is_read_in_no_time() -> None:
    assert corrections.last_said("no wait " * 500 + "x") is None
    assert amendments.amended("can i please " * 500 + "change heart to no", ALL) is None
    assert not beside.told("what how " * 500) and additions.added("ok oh " * 500) is None
