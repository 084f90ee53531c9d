"""What people type about an earlier answer, beside an answer, and for somebody else."""

from __future__ import annotations

import pytest

from bot.intake import additions, beside, corrections
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
        ("I said no but I meant yes on the blood pressure one", "high-bp", "one"),
        ("What would you like to be different?", "goals", ""),
    ],
)
def test_a_correction_names_the_answer(text: str, link_id: str, value: str) -> None:
    found = corrections.named(text, ITEMS)
    assert found is not None and (found[0].link_id, found[1].value) == (link_id, value)


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
    assert not beside.told("what how " * 500) and additions.added("ok oh " * 500) is None
