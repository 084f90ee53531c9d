"""Dates as people type them, in US order; impossible and unlikely ones are refused with the reason."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake import AnswerError
from bot.intake.dates import age, parse_date
from tests.intake_forms import TODAY


def read(text: str, **options: bool) -> str:
    try:
        return parse_date(text, TODAY, **options)
    except AnswerError as error:
        return f"!{error.reason}"


@pytest.mark.parametrize(
    "text",
    [
        "3/4/1987", "03/04/1987", "3-4-1987", "3.4.1987", "3/4/87", "3 4 1987", "03041987", "19870304", "1987-03-04", "1987/3/4", "March 4, 1987",
        "march 4 1987", "Mar 4 1987", "mar. 4, 1987", "4 March 1987", "4 mar 87", "4th of March, 1987", "the 4th of March 1987", "March 4th 1987",
        "march fourth 1987", "MARCH 4 1987", "Marhc 4 1987", "1987 March 4", "Wednesday, March 4, 1987", "I was born on March 4, 1987",
        "my birthday is 3/4/1987", "I turned 40 in March, so March 4th 1987", "i'm 40, born 3/4/1987", "DOB: 3/4/1987", "born March 4 '87", "it's march 4 1987", "March 4, 1987.", "4 de marzo de 1987", "mar4 1987",
        "  march   4   1987 ", "March the 4th, 1987", "it's March 4 1987 but why do you need it", "my birthday is wrong, it's March 4th, 1987",
        "born March 4 1987 in Salem", "easy to remember: 3/4/1987, spring baby", "March 4, 1987 and my phone is 503-555-0142",
    ],
)  # fmt: skip
def test_birth_date_is_read_in_every_usual_form(text: str) -> None:
    assert read(text, birth=True) == "1987-03-04"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Feb 30 1990", "impossible-date"), ("2/29/1987", "impossible-date"), ("June 31, 1980", "impossible-date"), ("13/13/1990", "impossible-date"),
        ("00/00/0000", "impossible-date"), ("1/1/0087", "impossible-date"), ("3/4/2030", "future-date"), ("11/24/2026", "future-date"),
        ("1/1/1850", "too-long-ago"), ("1987", "incomplete-date"), ("March 1987", "incomplete-date"), ("March 4", "incomplete-date"),
        ("4/3", "incomplete-date"), ("35", "incomplete-date"), ("I'm 35 years old", "incomplete-date"), ("3/4/20", "ambiguous"), ("3/4/2026", "ambiguous"),
        ("no", "not-a-date"), ("yesterday", "not-a-date"), ("two years ago", "not-a-date"), ("in the eighties", "not-a-date"), ("", "not-a-date"),
        ("Jan 1 1990 or Jan 2 1990", "not-a-date"), ("503-555-0142", "not-a-date"), ("I don't remember", "not-a-date"), ("mayor 4 1987", "not-a-date"),
        ("12.5.1961 european style so 12th of may", "not-a-date"), ("not March 4 1987", "not-a-date"), ("1/2/1980, no wait 1/3/1980", "not-a-date"),
    ],
)  # fmt: skip
def test_birth_date_is_refused_for_a_reason(text: str, reason: str) -> None:
    assert read(text, birth=True) == f"!{reason}"


def test_order_is_american_unless_only_the_other_is_possible() -> None:
    assert read("4/5/1990") == "1990-04-05"
    assert read("25/5/1990") == "1990-05-25"
    assert read("4/5/1990", day_first=True) == "1990-05-04"


@pytest.mark.parametrize(
    ("text", "value"), [("11/23/08", "2008-11-23"), ("11/24/08", "!ambiguous"), ("11/24/26", "1926-11-24"), ("1/1/99", "1999-01-01")]
)
def test_two_digits_of_a_birth_year_lie_in_the_past_and_make_no_child_by_mistake(text: str, value: str) -> None:
    assert read(text, birth=True) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2019", "2019"), ("in 2019", "2019"), ("about 2019", "2019"), ("2019 I think", "2019"), ("march 2019", "2019-03"), ("3/2019", "2019-03"),
        ("March of 2019", "2019-03"), ("since march 2019", "2019-03"), ("spring 2019", "2019"), ("early 2019", "2019"), ("'19", "2019"),
        ("two years ago", "2024"), ("a couple of years ago", "2024"), ("5 years ago", "2021"), ("about 5 years ago", "2021"), ("last year", "2025"),
        ("3 months ago", "2026-08"), ("yesterday", "2026-11-22"), ("hace 5 años", "2021"),
        ("a few years ago", "!not-a-date"), ("a long time ago", "!not-a-date"), ("12", "!not-a-date"), ("may", "!not-a-date"), ("as a child", "!not-a-date"),
        ("so it was the year after the fire, 2019", "2019"), ("right after I got out in 2019", "2019"), ("at the VA in june 2015 I think", "2015-06"),
        ("around 1996, after the divorce", "1996"), ("I was 23 so like 2006", "2006"), ("about 5 yrs ago", "2021"),
        ("last spring", "2026"), ("last fall", "2025"), ("this past summer", "2026"), ("last winter", "2025"),
        ("I got out in 2009 and they told me in 2011", "!not-a-date"), ("before 2019", "!not-a-date"), ("not in 2019", "!not-a-date"), ("503-555-2019", "!not-a-date"),
        ("2019. maybe 2020", "!not-a-date"), ("2019 or so, or 2020", "!not-a-date"), ("2016? might have been 17", "!not-a-date"),
        ("2019 or 2020", "!not-a-date"), ("2019-2021", "!not-a-date"), ("9999", "!impossible-date"),
    ],
)  # fmt: skip
def test_date_may_be_as_exact_as_a_person_remembers(text: str, value: str) -> None:
    assert read(text) == value


@given(
    st.dates(dt.date(1907, 1, 1), dt.date(2008, 11, 22)),
    st.sampled_from(["%m/%d/%Y", "%B %d, %Y", "%d %b %Y", "%Y-%m-%d", "%m-%d-%Y", "%A %B %d %Y"]),
)
def test_every_day_survives_every_form(day: dt.date, form: str) -> None:
    assert read(day.strftime(form), birth=True) == day.isoformat()


@pytest.mark.parametrize(("born", "years"), [("2008-11-23", 18), ("2008-11-24", 17), ("2008-02-29", 18), ("2008", None), ("x", None)])
def test_age_counts_whole_years(born: str, years: int | None) -> None:
    assert age(born, TODAY) == years
