"""enableWhen decides what is asked: every operator, every kind of answer, and what stands below an item."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.intake_forms import FIXTURES, asked, choice, coding, form, give, item, player, when

CONDITIONS = json.loads((FIXTURES / "conditions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("given", "shown", "hidden"),
    [
        ({}, ["b-open", "b-not-true", "i-ne", "d-ne"], ["b-true", "b-exists", "i-eq", "i-gt", "i-le", "d-lt", "all", "any"]),
        ({"b": "yes"}, ["b-true", "b-exists", "any"], ["b-open", "b-not-true", "all"]),
        ({"b": "no"}, ["b-not-true", "b-exists"], ["b-true", "b-open", "any", "all"]),
        ({"i": "4"}, ["i-lt", "i-le", "i-ne"], ["i-gt", "i-ge", "i-eq", "any"]),
        ({"i": "5"}, ["i-ge", "i-le", "i-eq"], ["i-gt", "i-lt", "i-ne", "any"]),
        ({"i": "6"}, ["i-gt", "i-ge", "i-ne", "any"], ["i-lt", "i-le", "i-eq", "all"]),
        ({"i": "6", "b": "yes"}, ["all", "any"], []),
        ({"d": "6/14/2000"}, ["d-lt", "d-le", "d-ne"], ["d-gt", "d-ge", "d-eq"]),
        ({"d": "6/15/2000"}, ["d-ge", "d-le", "d-eq"], ["d-gt", "d-lt", "d-ne"]),
        ({"d": "June 2001"}, ["d-gt", "d-ge", "d-ne"], ["d-lt", "d-le", "d-eq"]),
        ({"d": "2000"}, ["d-ne"], ["d-gt", "d-ge", "d-lt", "d-le", "d-eq"]),
        ({"c": "low"}, ["c-low"], []),
        ({"c": "high"}, [], ["c-low"]),
        ({"s": "yes"}, ["s-yes"], []),
        ({"s": "Yes"}, [], ["s-yes"]),
    ],
)
def test_each_operator_decides_what_is_asked(given: dict[str, str], shown: list[str], hidden: list[str]) -> None:
    p = player(CONDITIONS)
    for link_id, text in given.items():
        give(p, link_id, text)
    assert set(shown) <= set(asked(p))
    assert not set(hidden) & set(asked(p))


def condition_on(target: dict[str, Any], operator: str, **answer: Any) -> Any:
    return player(form(target, item("then", enableWhen=[when(target["linkId"], operator, **answer)])))


@pytest.mark.parametrize(
    ("target", "operator", "answer", "text", "met"),
    [
        (item("q", "decimal"), ">", {"answerDecimal": 1.5}, "1,6", True),
        (item("q", "decimal"), ">", {"answerInteger": 2}, "1.6", False),
        (item("q", "time"), "<", {"answerTime": "12:00:00"}, "9:30 am", True),
        (item("q", "time"), "<", {"answerTime": "12:00:00"}, "1 pm", False),
        (item("q", "dateTime"), ">=", {"answerDateTime": "2020-03-04T15:00:00Z"}, "2020-03-04T17:00:00+02:00", True),
        (item("q", "dateTime"), ">", {"answerDateTime": "2020-03-04T15:00:00Z"}, "2020-03-04T17:00:00+02:00", False),
        (item("q", "quantity"), ">", {"answerQuantity": {"value": 70, "unit": "kg"}}, "71 kg", True),
        (item("q", "quantity"), ">", {"answerQuantity": {"value": 70, "unit": "kg"}}, "150 lb", False),
        (item("q", "choice", answerOption=[{"valueInteger": 1}, {"valueInteger": 2}]), ">", {"answerInteger": 1}, "2", True),
        (item("q", "choice", answerOption=[{"valueString": "tea"}]), "=", {"answerString": "tea"}, "tea", True),
        (item("q", "choice", answerOption=[{"valueDate": "2026-01-01"}]), "=", {"answerDate": "2026-01-01"}, "2026-01-01", True),
        (item("q", "open-choice", answerOption=[{"valueString": "tea"}]), "=", {"answerString": "water"}, "water", True),
        (choice("q", "Low", "High"), "=", {"answerCoding": {"system": "http://example.org/codes", "code": "low"}}, "Low", True),
        (choice("q", "Low", "High"), "=", {"answerCoding": {"code": "low"}}, "Low", True),
        (choice("q", "Low", "High"), "!=", {"answerCoding": {"code": "low"}}, "High", True),
        (item("q", "url"), "=", {"answerString": "https://example.com"}, "https://example.com", True),
    ],
)
def test_each_kind_of_answer_is_compared_by_what_it_means(target: Any, operator: str, answer: Any, text: str, met: bool) -> None:
    p = condition_on(target, operator, **answer)
    give(p, "q", text)
    assert ("then" in asked(p)) is met


def test_code_of_another_system_is_another_answer() -> None:
    p = condition_on(choice("q", "Low", "High"), "=", answerCoding={"system": "http://example.org/other", "code": "low"})
    give(p, "q", "low")
    assert asked(p) == ["q"]


def test_order_of_choices_is_that_of_their_ordinal_values() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
    options = [{**coding(c), "extension": [{"url": url, "valueDecimal": n}]} for c, n in (("never", 0), ("some", 1), ("often", 2))]
    p = condition_on(item("q", "choice", answerOption=options), ">=", answerCoding={"code": "some"})
    give(p, "q", "never")
    assert asked(p) == ["q"]
    give(p, "q", "often")
    assert asked(p) == ["q", "then"]


def test_one_of_several_answers_is_enough_and_unequal_means_none_is_equal() -> None:
    fruit = choice("q", "Apple", "Pear", "Plum", repeats=True)
    p = condition_on(fruit, "=", answerCoding={"code": "pear"})
    give(p, "q", "apple, pear")
    assert "then" in asked(p)
    p = condition_on(fruit, "!=", answerCoding={"code": "pear"})
    give(p, "q", "apple, pear")
    assert "then" not in asked(p)
    give(p, "q", "apple, plum")
    assert "then" in asked(p)


def test_answer_of_a_disabled_question_does_not_count() -> None:
    p = player(
        form(
            item("a", "boolean"),
            item("b", "boolean", enableWhen=[when("a", "=", answerBoolean=True)]),
            item("c", enableWhen=[when("b", "=", answerBoolean=True)]),
            item("d", enableWhen=[when("b", "exists", answerBoolean=False)]),
        )
    )
    give(p, "a", "yes")
    give(p, "b", "yes")
    assert asked(p) == ["a", "b", "c"]
    give(p, "a", "no")
    assert asked(p) == ["a", "d"]


def test_condition_may_look_ahead() -> None:
    p = player(form(item("first", enableWhen=[when("later", "=", answerBoolean=True)]), item("later", "boolean")))
    assert p.next_item().link_id == "later"
    give(p, "later", "yes")
    assert p.next_item().link_id == "first"


def test_disabled_group_takes_everything_below_with_it() -> None:
    inner = item("inner", "group", item=[item("deep")])
    p = player(form(item("q", "boolean"), item("g", "group", enableWhen=[when("q", "=", answerBoolean=True)], item=[inner])))
    assert asked(p) == ["q"]
    give(p, "q", "yes")
    assert asked(p) == ["q", "deep"]


def test_question_below_a_question_waits_for_its_answer_and_stays_inside_it() -> None:
    p = player(form(item("q", "boolean", item=[item("detail")])))
    assert asked(p) == ["q"]
    give(p, "q", "no")
    give(p, "detail", "because")
    [entry] = p.response()[0]["item"]
    assert entry["answer"] == [
        {"valueBoolean": False, "item": [{"linkId": "detail", "text": "Question detail?", "answer": [{"valueString": "because"}]}]}
    ]


def test_thousand_questions_in_a_chain_are_played() -> None:
    chain = [item(f"q{n}", enableWhen=[when(f"q{n + 1}", "exists", answerBoolean=True)]) for n in range(1000)]
    p = player(form(*chain, item("q1000")))
    assert asked(p) == ["q1000"]
    give(p, "q1000", "x")
    assert asked(p) == ["q999", "q1000"]
