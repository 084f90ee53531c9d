"""What cannot be played is refused with a clear word for its author, and nothing that is accepted fails later."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.intake import Player, Questionnaire, QuestionnaireError
from bot.intake.check import inspect
from bot.intake.questionnaire import OWN as EXTENSION
from tests.intake_forms import FIXTURES, HL7, OWN, TODAY, choice, coding, form, item, when

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"


SYMPTOMS = {"system": "urn:s", "concept": [{"code": "mild"}, {"code": "severe"}]}


def value_set(name: str, *includes: dict[str, Any], **compose: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "id": name, "status": "active", "compose": {"include": list(includes), **compose}}


def group(link_id: str, *items: dict[str, Any], **elements: Any) -> dict[str, Any]:
    return item(link_id, "group", item=list(items), **elements)


BROKEN = {
    "not an object": ([], "file: is not a JSON object"),
    "another resource": ({"resourceType": "Patient"}, "resourceType: must be Questionnaire, not 'Patient'"),
    "no resource type": ({}, "resourceType: must be Questionnaire, not missing"),
    "no status": ({"resourceType": "Questionnaire", "item": [item("a")]}, "status: is missing"),
    "bad status": (form(item("a"), status="published"), "status: 'published' is not one of draft, active, retired, unknown"),
    "no items": (form(), "item: is missing"),
    "only displays": (form(item("a", "display")), "item: has no question to ask"),
    "items no list": ({**form(), "item": {"linkId": "a"}}, "item: must be a list"),
    "item no object": (form("a"), "item[0]: must be an object"),
    "no linkId": (form({"text": "x", "type": "string"}), "item[0]: linkId is missing"),
    "linkId a number": (form({"linkId": 1, "type": "string"}), "item[0]: linkId must be text"),
    "duplicate linkId": (form(item("a"), group("g", item("a"))), "a: linkId is used more than once"),
    "no type": (form({"linkId": "a", "text": "x"}), "a: type is missing"),
    "unknown type": (form(item("a", "slider")), "a: type 'slider' is not a type"),
    "R5 type": (form(item("a", "coding")), "a: type coding is a type of FHIR R5"),
    "attachment": (form(item("a", "attachment", required=True)), "a: type attachment asks for a file"),
    "reference": (form(item("a", "reference", required=True)), "a: type reference asks for another FHIR resource"),
    "misspelt element": (form(item("a", requierd=True)), "a: requierd is not an element"),
    "STU3 options": (form(item("a", "choice", option=[coding("x")])), "a: option is FHIR STU3; in R4 it is answerOption"),
    "required a text": (form(item("a", required="yes")), "a: required must be true or false"),
    "maxLength 0": (form(item("a", maxLength=0)), "a: maxLength must be a whole number above 0"),
    "choice without options": (form(item("a", "choice")), "a: is a choice without options"),
    "empty options": (form(item("a", "choice", answerOption=[])), "a: is a choice without options"),
    "option without value": (form(item("a", "choice", answerOption=[{}])), "a: answerOption needs value[x]"),
    "option with two values": (
        form(item("a", "choice", answerOption=[{"valueString": "x", "valueInteger": 1}])),
        "a: answerOption has more than one value[x]",
    ),
    "option of a wrong kind": (form(item("a", "choice", answerOption=[{"valueBoolean": True}])), "answerOption cannot have valueBoolean"),
    "coding without code": (form(item("a", "choice", answerOption=[{"valueCoding": {}}])), "valueCoding that is not a Coding"),
    "same option twice": (form(choice("a", "One", "One")), "a: has the same option more than once"),
    "options on a string": (form(item("a", answerOption=[coding("x")])), "a: is of type string and cannot have options"),
    "options and value set": (
        form(item("a", "choice", answerOption=[coding("x")], answerValueSet="#x")),
        "a: has both answerOption and answerValueSet",
    ),
    "value set not contained": (form(item("a", "choice", answerValueSet="#x")), "a: answerValueSet #x is not contained"),
    "value set elsewhere": (
        form(item("a", "choice", answerValueSet="http://example.org/vs")),
        "a: answerValueSet http://example.org/vs is not contained, and value sets are not fetched",
    ),
    "value set without codes": (
        form(item("a", "choice", answerValueSet="#x"), contained=[{"resourceType": "ValueSet", "id": "x", "status": "active"}]),
        "a: the value set #x lists no codes",
    ),
    "display with items": (form(item("q"), item("a", "display", item=[item("b")])), "a: is a display and cannot have items"),
    "required display": (form(item("q"), item("a", "display", required=True)), "a: is a display and cannot be required"),
    "group with initial": (form(group("a", item("q"), initial=[{"valueString": "x"}])), "a: is a group and cannot have initial"),
    "initial of a wrong kind": (
        form(item("a", "integer", initial=[{"valueString": "x"}])),
        "initial valueString does not fit type integer",
    ),
    "two initials": (form(item("a", initial=[{"valueString": "x"}, {"valueString": "y"}])), "a: has more than one initial value"),
    "impossible initial": (form(item("a", "date", initial=[{"valueDate": "2026-02-30"}])), "valueDate that is not a Date"),
    "unknown question": (
        form(item("a", enableWhen=[when("nope", "=", answerBoolean=True)])),
        "a: enableWhen points to 'nope', which does not exist",
    ),
    "condition on a group": (
        form(group("g", item("q")), item("a", enableWhen=[when("g", "exists", answerBoolean=True)])),
        "a: enableWhen points to 'g', which is a group and has no answer",
    ),
    "condition without question": (form(item("q"), item("a", enableWhen=[{"operator": "=", "answerString": "x"}])), "which question"),
    "unknown operator": (form(item("q"), item("a", enableWhen=[when("q", "==", answerString="x")])), "a: enableWhen operator '=='"),
    "no operator": (form(item("q"), item("a", enableWhen=[{"question": "q", "answerString": "x"}])), "a: enableWhen operator missing"),
    "condition without answer": (form(item("q"), item("a", enableWhen=[when("q", "=")])), "a: enableWhen needs answer[x]"),
    "two answers": (
        form(item("q"), item("a", enableWhen=[when("q", "=", answerString="x", answerInteger=1)])),
        "a: enableWhen has more than one answer[x]",
    ),
    "answer of a wrong kind": (
        form(item("q", "boolean"), item("a", enableWhen=[when("q", "=", answerString="yes")])),
        "a: enableWhen compares 'q' (boolean) with answerString",
    ),
    "answer not of its kind": (
        form(item("q", "boolean"), item("a", enableWhen=[when("q", "=", answerBoolean="true")])),
        "answerBoolean that is not a Boolean",
    ),
    "exists with a text": (
        form(item("q"), item("a", enableWhen=[when("q", "exists", answerString="x")])),
        "a: enableWhen exists needs answerBoolean",
    ),
    "order of booleans": (
        form(item("q", "boolean"), item("a", enableWhen=[when("q", ">", answerBoolean=True)])),
        "a: enableWhen operator > has no meaning",
    ),
    "order of plain codings": (
        form(choice("q", "Low", "High"), item("a", enableWhen=[when("q", ">", answerCoding={"code": "low"})])),
        "a: enableWhen operator > has no meaning",
    ),
    "an option that does not exist": (
        form(choice("q", "Low", "High"), item("a", enableWhen=[when("q", "=", answerCoding={"code": "middle"})])),
        "a: enableWhen waits for 'middle', which is not an option of 'q'",
    ),
    "no enableBehavior": (
        form(item("q"), item("a", enableWhen=[when("q", "=", answerString="x"), when("q", "=", answerString="y")])),
        "a: has more than one enableWhen, so enableBehavior must say all or any",
    ),
    "bad enableBehavior": (
        form(item("q"), item("a", enableWhen=[when("q", "=", answerString="x")], enableBehavior="some")),
        "a: enableBehavior must be all or any, not 'some'",
    ),
    "waits for itself": (form(item("a", enableWhen=[when("a", "exists", answerBoolean=True)])), "goes in a circle: a -> a"),
    "circle of two": (
        form(
            item("a", enableWhen=[when("b", "exists", answerBoolean=True)]),
            item("b", enableWhen=[when("a", "exists", answerBoolean=True)]),
        ),
        "a: enableWhen goes in a circle: a -> b -> a",
    ),
    "a group that waits for its own child": (
        form(group("g", item("a"), enableWhen=[when("a", "exists", answerBoolean=True)])),
        "goes in a circle",
    ),
    "computed condition": (
        form(item("a", extension=[{"url": SDC + "sdc-questionnaire-enableWhenExpression", "valueExpression": {}}])),
        "a: whether it is asked is computed (enableWhenExpression)",
    ),
    "modifier extension": (form(item("a", modifierExtension=[{"url": "http://example.org/x", "valueBoolean": True}])), "modifierExtension"),
    "extension without url": (form(item("a", extension=[{"valueBoolean": True}])), "a: extension must be a list of objects"),
    "min above max": (
        form(item("a", "integer", ext={"minValue": ("Integer", 5), "maxValue": ("Integer", 1)})),
        "a: minValue is above maxValue",
    ),
    "limit of a wrong kind": (
        form(item("a", "integer", ext={"minValue": ("Date", "2020-01-01")})),
        "a: minValue does not fit type integer",
    ),
    "unknown time": (
        form(item("a", "choice", answerOption=[{"valueString": "x"}], extension=[{"url": EXTENSION + "time-frame", "valueCode": "lately"}])),
        "a: time-frame must be one of now, 3-months, 12-months, ever",
    ),
    "unknown way to tell": (
        form(item("a", "choice", answerOption=[{"valueString": "x"}], extension=[{"url": EXTENSION + "told-by", "valueCode": "pet"}])),
        "a: told-by must be companion",
    ),
    "time of a text": (form(item("a", extension=[{"url": EXTENSION + "time-frame", "valueCode": "now"}])), "a: time-frame does not fit type string"),
    "code system with a list for its url": (
        form(item("a"), contained=[{"resourceType": "CodeSystem", "id": "c", "url": ["x"], "concept": [{"code": "x"}]}]),
        "#c: is not a code system that can be read",
    ),
    "initial value that is no option": (
        form(choice("a", "One", "Two", readOnly=True, initial=[{"valueCoding": {"system": "http://example.org/codes", "code": "six"}}])),
        "a: initial 'six' is not one of its options",
    ),
    "quantity without a value": (
        form(item("q", "quantity"), item("a", enableWhen=[when("q", ">", answerQuantity={"unit": "kg"})])),
        "a: enableWhen compares 'q' with a quantity without a value",
    ),
    "bad regex": (form(item("a", ext={"regex": ("String", "[")})), "a: its regex cannot be read"),
}


@pytest.mark.parametrize(("raw", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_questionnaire_is_refused_with_its_reason(raw: Any, message: str) -> None:
    with pytest.raises(QuestionnaireError) as caught:
        Questionnaire.from_dict(raw, "broken")
    assert any(message in problem for problem in caught.value.problems), caught.value.problems


def test_every_problem_is_named_at_once() -> None:
    raw = form(item("a", "choice"), item("b", enableWhen=[when("x", "=", answerString="1")]), item("c", "attachment", required=True))
    assert {problem.split(":")[0] for problem in inspect(raw).problems} == {"a", "c"}


PLAYABLE = [*sorted(FIXTURES.glob("*.json")), *(OWN / f"{n}.json" for n in ("intake", "pc-ptsd-5", "callback", "question"))]


@pytest.mark.parametrize("path", [p for p in PLAYABLE if p.name != "r4-3141.json"], ids=lambda p: p.stem)
def test_public_and_own_questionnaires_are_playable(path: Any) -> None:
    assert Questionnaire.load(path).flat


def test_specification_example_with_an_empty_choice_is_refused() -> None:
    with pytest.raises(QuestionnaireError) as caught:
        Questionnaire.load(FIXTURES / "r4-3141.json")
    assert caught.value.problems == ["2.1.2: is a choice without options"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON (line 1, column 2"),
        (b"\xff\xfe{}", "is not UTF-8 text"),
        (b'{"a": NaN}', "is not JSON"),
        (b"", "is not JSON"),
        (b'{"item": [{"linkId": "a"}], "item": []}', "'item' is given twice in one object"),
        (b"[" * 100_000, "nested too deeply"),
        (b"<Questionnaire/>", "is not JSON"),
    ],
)
def test_file_that_is_no_json_is_refused(tmp_path: Any, content: bytes, message: str) -> None:
    path = tmp_path / "q.json"
    path.write_bytes(content)
    with pytest.raises(QuestionnaireError, match=r"file: .*") as caught:
        Questionnaire.load(path)
    assert message in caught.value.problems[0]


def test_missing_file_is_refused(tmp_path: Any) -> None:
    with pytest.raises(QuestionnaireError) as caught:
        Questionnaire.load(tmp_path / "none.json")
    assert "cannot be read" in caught.value.problems[0]


def test_items_nested_beyond_reason_are_refused() -> None:
    raw = item("q")
    for depth in range(60):
        raw = group(f"g{depth}", raw)
    assert any("levels deep" in problem for problem in inspect(form(raw)).problems)


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        (form(item("q"), group("g")), "g: is a group without items"),
        (form(group("g", item("q"), repeats=True)), "g: repeats, but a group is played once"),
        (form(item("q", ext={"questionnaire-constraint": ("String", "x")})), "q: has a computed constraint, which is not checked"),
        (form({"linkId": "q", "type": "string"}), "q: has no text"),
        (form(item("q"), status="retired"), "status: is retired"),
        (
            form(choice("q", "One"), item("a", enableWhen=[when("q", "=", answerCoding={"system": "http://example.org/x", "code": "one"})])),
            "a: enableWhen waits for 'one' of another system than the options of 'q', so it is never met",
        ),
        (
            form(item("q", "choice", answerValueSet="#v"), contained=[value_set("v", SYMPTOMS, {"system": "urn:far", "filter": [{}]})]),
            "#v: what it takes from urn:far is not listed in the questionnaire, so it cannot be chosen",
        ),
        (form(item("q", "open-choice", answerValueSet="http://example.org/vs")), "so any text is taken"),
    ],
)
def test_harmless_oddities_are_noted_and_played(raw: dict[str, Any], note: str) -> None:
    report = inspect(raw)
    assert not report.problems
    assert any(note in entry for entry in report.notes)


def test_hidden_choice_needs_no_options() -> None:
    assert not inspect(form(item("q"), item("a", "choice", ext={"questionnaire-hidden": ("Boolean", True)}))).problems


def test_well_known_value_set_is_played_without_a_network() -> None:
    raw = form(item("q", "choice", answerValueSet="http://hl7.org/fhir/ValueSet/yesnodontknow|4.0.1"))
    assert [o.display for o in Questionnaire.from_dict(raw, "q").by_id["q"].options] == ["Yes", "No", "Don't know"]


@pytest.mark.parametrize(
    ("sets", "codes"),
    [
        ([value_set("v", {"valueSet": ["#w"]}), value_set("w", SYMPTOMS)], ["mild", "severe"]),
        ([value_set("v", SYMPTOMS, exclude=[{"system": "urn:s", "concept": [{"code": "severe"}]}])], ["mild"]),
        ([value_set("v", {"valueSet": ["#w"]}, SYMPTOMS), value_set("w", {"valueSet": ["#v"]})], ["mild", "severe"]),
    ],
    ids=["includes another", "excludes a code", "includes itself"],
)
def test_value_set_that_is_made_of_others(sets: list[dict[str, Any]], codes: list[str]) -> None:
    raw = form(item("q", "choice", answerValueSet="#v"), contained=sets)
    assert [o.code for o in Questionnaire.from_dict(raw, "q").by_id["q"].options] == codes


# -- no questionnaire, however odd, gets past the check and fails in play --------------------------------------------------

_SEEDS = [json.loads(path.read_text(encoding="utf-8")) for path in PLAYABLE if path.stem in ("every-type", "conditions", "pc-ptsd-5")]
_JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=4),
    st.sampled_from(["", "choice", "group", "display", "boolean", "date", "b", "i", "exists", "=", ">", "#sizes", HL7 + "minValue"]),
    st.lists(st.none(), max_size=2), st.dictionaries(st.sampled_from(["url", "code", "linkId"]), st.text(max_size=2), max_size=2),
)  # fmt: skip


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found = [path] if path else []
    for key, child in children:
        found += _places(child, (*path, key))
    return found


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_passes_the_check_can_be_played(data: st.DataObject) -> None:
    raw = copy.deepcopy(data.draw(st.sampled_from(_SEEDS)))
    for _ in range(data.draw(st.integers(1, 3))):
        places = _places(raw)
        if not places:
            break
        *parents, last = data.draw(st.sampled_from(places))
        target = raw
        for key in parents:
            target = target[key]
        if data.draw(st.booleans()):
            del target[last]
        else:
            target[last] = data.draw(_JUNK)
    try:
        player = Player([Questionnaire.from_dict(raw, "q")], {}, today=TODAY)
    except QuestionnaireError as error:
        assert error.problems
        return
    for question in player.questions():
        player.item_intro(question)
        for text in ("yes", "1", "March 4, 1987"):
            try:
                player.answers[question.key] = player.parse(question, text)  # type: ignore[index]
                break
            except ValueError:
                continue
    player.review(), player.ending(), player.outro()
    json.dumps(player.response())
