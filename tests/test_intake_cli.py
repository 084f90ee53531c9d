"""`questionnaire check` and `questionnaire play` as they are typed: exit status, what goes to which stream, valid FHIR."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from bot.intake import check_files, play_file
from tests.intake_forms import FIXTURES, OWN, ROOT, TODAY, choice, form, item, when


def write(folder: Path, content: Any, name: str = "q.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def play(folder: Path, raw: dict[str, Any], answers: Any) -> tuple[int, dict[str, Any], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    status = play_file(write(folder, raw), write(folder, answers, "answers.json"), io.StringIO(), out, err, today=TODAY)
    return status, json.loads(out.getvalue()) if out.getvalue() else {}, err.getvalue().splitlines()


def answers_of(response: dict[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}

    def walk(items: list[dict[str, Any]]) -> None:
        for entry in items:
            walk(entry.get("item", []))
            for answer in entry.get("answer", []):
                walk(answer.get("item", []))
                found.setdefault(entry["linkId"], []).extend(v for k, v in answer.items() if k.startswith("value"))

    walk(response.get("item", []))
    return found


def test_check_says_ok_and_how_many_questions() -> None:
    out, err = io.StringIO(), io.StringIO()
    assert check_files([OWN / "pc-ptsd-5.json"], out, err) == 0
    assert out.getvalue().endswith("pc-ptsd-5.json: ok, 6 questions\n")
    assert err.getvalue() == ""


def test_check_names_file_item_and_problem_and_goes_on_with_the_next(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    bad = write(tmp_path, form(item("a", "choice"), item("b", "slider")))
    assert check_files([bad, OWN / "callback.json", tmp_path / "none.json"], out, err) == 1
    lines = err.getvalue().splitlines()
    assert lines[0] == f"{bad}: a: is a choice without options"
    assert lines[1].startswith(f"{bad}: b: type 'slider'")
    assert "cannot be read" in lines[2]
    assert "callback.json: ok" in out.getvalue()


def test_whole_questionnaire_from_a_map(tmp_path: Path) -> None:
    raw = form(
        item("a", "boolean", required=True), item("b", "date", enableWhen=[when("a", "=", answerBoolean=True)]), choice("c", "Red", "Blue")
    )
    status, response, err = play(tmp_path, raw, {"a": "yep", "b": "4 mar 87", "c": "blu"})
    assert (status, err, response["status"]) == (0, [], "completed")
    assert answers_of(response) == {
        "a": [True],
        "b": ["1987-03-04"],
        "c": [{"system": "http://example.org/codes", "code": "blue", "display": "Blue"}],
    }
    QuestionnaireResponse.parse_obj(response)


def test_what_is_not_in_the_map_is_skipped(tmp_path: Path) -> None:
    status, response, err = play(tmp_path, form(item("a"), item("b")), {"b": "x"})
    assert (status, err, response["status"]) == (0, [], "completed")
    assert answers_of(response) == {"b": ["x"]}


def test_required_and_skipped_stays_in_progress(tmp_path: Path) -> None:
    status, response, err = play(tmp_path, form(item("a", required=True), item("b")), {"b": "x"})
    assert (status, err, response["status"]) == (0, [], "in-progress")


@pytest.mark.parametrize(("answers", "status"), [({"z": "x"}, "in-progress"), ({"z": "x", "b": "y"}, "completed")])
def test_required_group_needs_one_answer(tmp_path: Path, answers: dict[str, str], status: str) -> None:
    raw = form(item("g", "group", required=True, item=[item("a"), item("b")]), item("z"))
    assert play(tmp_path, raw, answers)[1]["status"] == status


def test_refused_answer_is_named_and_the_rest_is_still_played(tmp_path: Path) -> None:
    raw = form(item("a", "date"), item("b", "integer"), item("c"))
    status, response, err = play(tmp_path, raw, {"a": "Feb 30 1990", "b": "12", "c": "x"})
    assert status == 1
    assert len(err) == 1
    assert err[0].startswith("a: impossible-date: ")
    assert answers_of(response) == {"b": [12], "c": ["x"]}
    assert response["status"] == "in-progress"


@pytest.mark.parametrize(
    ("given", "values", "lines", "status"),
    [
        ({"r": ["one", "two"]}, {"r": ["one", "two"]}, [], 0),
        ({"r": ["one"]}, {"r": ["one"]}, [], 0),
        ({"r": "one"}, {"r": ["one"]}, [], 0),
        ({"r": []}, {}, [], 0),
        ({"n": ["1", "x", "3"]}, {"n": [1, 3]}, ["n: not-a-number"], 1),
        ({"single": ["one", "two"]}, {}, ["single: one-answer"], 1),
        ({"single": ["one"]}, {"single": ["one"]}, [], 0),
        ({"few": ["a", "b", "c"]}, {}, ["few: too-many"], 1),
        ({"least": ["a", "b"]}, {"least": ["a", "b"]}, [], 0),
        ({"least": ["a"]}, {}, ["least: too-few"], 1),
        ({"c": ["red", "2"]}, {"c": ["red", "blue"]}, [], 0),
    ],
)
def test_list_where_the_item_repeats(tmp_path: Path, given: Any, values: Any, lines: list[str], status: int) -> None:
    raw = form(
        item("r", repeats=True), item("n", "integer", repeats=True), item("single"), item("few", repeats=True, ext={"questionnaire-maxOccurs": ("Integer", 2)}),
        item("least", repeats=True, ext={"questionnaire-minOccurs": ("Integer", 2)}), choice("c", "Red", "Blue", repeats=True),
    )  # fmt: skip
    got, response, err = play(tmp_path, raw, given)
    found = {k: [v["code"] if isinstance(v, dict) else v for v in vs] for k, vs in answers_of(response).items()}
    assert (got, found) == (status, values)
    assert len(err) == len(lines)
    assert all(line.startswith(start) for line, start in zip(err, lines, strict=True))


def test_unknown_link_id_is_named(tmp_path: Path) -> None:
    status, response, err = play(tmp_path, form(item("a")), {"a": "x", "zzz": "y"})
    assert status == 1
    assert err == ["zzz: unknown-item: the questionnaire has no such linkId"]
    assert answers_of(response) == {"a": ["x"]}


def test_answer_to_a_disabled_question_is_left_out_with_a_note(tmp_path: Path) -> None:
    raw = form(item("a", "boolean"), item("b", enableWhen=[when("a", "=", answerBoolean=True)]))
    status, response, err = play(tmp_path, raw, {"b": "x", "a": "no"})
    assert (status, answers_of(response)) == (0, {"a": [False]})
    assert err == ["note: b: left out, since its conditions are not met"]


def test_answer_that_opens_an_earlier_question(tmp_path: Path) -> None:
    raw = form(item("b", enableWhen=[when("a", "=", answerBoolean=True)]), item("a", "boolean"))
    assert answers_of(play(tmp_path, raw, {"b": "x", "a": "yes"})[1]) == {"a": [True], "b": ["x"]}


@pytest.mark.parametrize(("link_id", "reason"), [("g", "not-a-question"), ("d", "not-a-question"), ("f", "not-asked"), ("h", "not-asked")])
def test_answer_to_what_takes_none_is_named(tmp_path: Path, link_id: str, reason: str) -> None:
    raw = form(
        item("g", "group", item=[item("q")]), item("d", "display"), item("f", readOnly=True), item("h", ext={"questionnaire-hidden": ("Boolean", True)})
    )  # fmt: skip
    status, _, err = play(tmp_path, raw, {link_id: "x"})
    assert status == 1
    assert err[0].startswith(f"{link_id}: {reason}: ")


def test_what_cannot_be_given_in_a_chat_is_left_out_where_it_may_be(tmp_path: Path) -> None:
    file = item("file", "attachment", item=[item("below")])
    raw = form(item("a"), file, item("none", enableWhen=[when("file", "exists", answerBoolean=False)]), item("ward", "reference"))
    out, err = io.StringIO(), io.StringIO()
    assert check_files([write(tmp_path, raw)], out, err) == 0
    assert "note: file: type attachment asks for a file, which cannot be given in a chat, so it is not asked" in out.getvalue()
    status, response, _ = play(tmp_path, raw, {"a": "x", "none": "at home"})
    assert (status, response["status"], answers_of(response)) == (0, "completed", {"a": ["x"], "none": ["at home"]})
    QuestionnaireResponse.parse_obj(response)
    status, _, lines = play(tmp_path, raw, {"file": "scan.pdf"})
    assert (status, lines) == (1, ["file: not-asked: asks for a file, which cannot be given in a chat"])


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("half past 2 pm", "14:30:00"), ("Half past 7 in the morning", "07:30:00"), ("at half past 11 am", "11:30:00"), ("quarter past 3 p.m.", "15:15:00"),
        ("a quarter after 9 am", "09:15:00"), ("half past 2", None), ("half past 14:10", None), ("half past", None),
        ("1430", "14:30:00"), ("0830 hours", "08:30:00"), ("830 pm", "20:30:00"), ("830", None), ("1965", None), ("2400", None),
    ],
)  # fmt: skip
def test_a_time_in_words_of_the_clock(tmp_path: Path, typed: str, time: str | None) -> None:
    status, response, _ = play(tmp_path, form(item("t", "time")), {"t": typed})
    assert (status, answers_of(response)) == ((0, {"t": [time]}) if time else (1, {}))


def test_json_values_are_taken_for_typed_text(tmp_path: Path) -> None:
    raw = form(item("a", "boolean"), item("b", "integer"), item("c", "decimal"), item("d"))
    status, response, _ = play(tmp_path, raw, {"a": True, "b": 12, "c": 1.5, "d": None})
    assert (status, answers_of(response)) == (0, {"a": [True], "b": [12], "c": [1.5]})


def test_answer_that_ends_the_run_stops_it(tmp_path: Path) -> None:
    raw = json.loads((OWN / "intake.json").read_text(encoding="utf-8"))
    status, response, err = play(tmp_path, raw, {"consent-privacy": "yes", "consent-share": "no", "name": "Maria"})
    assert (status, response["status"]) == (0, "stopped")
    assert answers_of(response) == {"consent-privacy": [True], "consent-share": [False]}
    assert "note: name: left out, since an earlier answer ended the questions" in err


@pytest.mark.parametrize("content", ["{", "[]", '"x"', '{"name": "Ann", "name": "Bo"}'])
def test_answers_that_are_no_map_are_refused(tmp_path: Path, content: str) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(content, encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    assert play_file(OWN / "callback.json", answers, io.StringIO(), out, err) == 1
    assert out.getvalue() == ""
    assert err.getvalue().startswith(f"{answers}: file: ")


def test_broken_questionnaire_is_not_played(tmp_path: Path) -> None:
    status, response, err = play(tmp_path, form(item("a", "choice")), {"a": "x"})
    assert (status, response) == (1, {})
    assert err == [f"{tmp_path / 'q.json'}: a: is a choice without options"]


def test_in_the_terminal_it_asks_explains_goes_back_and_prints_only_the_response_on_stdout(tmp_path: Path) -> None:
    raw = form(
        item("a", "boolean", item=[item("why", "display", text="Because.", ext={"questionnaire-itemControl": ("CodeableConcept", {"coding": [{"code": "help"}]})})]),
        choice("b", "Red", "Blue"),
        item("c"),
    )  # fmt: skip
    out, err = io.StringIO(), io.StringIO()
    typed = io.StringIO("?\nhm\nyes\n<\nno\n2\n\n")
    assert play_file(write(tmp_path, raw), None, typed, out, err, today=TODAY) == 0
    response = json.loads(out.getvalue())
    assert answers_of(response) == {"a": [False], "b": [{"system": "http://example.org/codes", "code": "blue", "display": "Blue"}]}
    assert "Because." in err.getvalue()
    assert "Is that a yes or a no?" in err.getvalue()
    assert "  2. Blue" in err.getvalue()


def test_terminal_that_closes_early_still_gives_the_response(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert play_file(write(tmp_path, form(item("a"), item("b", required=True))), None, io.StringIO("x\n"), out, err) == 0
    assert json.loads(out.getvalue())["status"] == "in-progress"


def test_commands_as_they_are_typed(tmp_path: Path) -> None:
    answers = write(tmp_path, {"boolean": "yes", "integer": "eleven"})

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "bot", "questionnaire", *words], cwd=ROOT, capture_output=True, text=True, check=False)

    checked = run("check", str(FIXTURES / "every-type.json"), str(FIXTURES / "r4-3141.json"))
    assert checked.returncode == 1
    assert "2.1.2: is a choice without options" in checked.stderr
    played = run("play", str(FIXTURES / "every-type.json"), "--answers", str(answers))
    assert played.returncode == 1
    assert played.stderr.startswith("integer: above-max: ")
    assert answers_of(json.loads(played.stdout))["boolean"] == [True]


def test_who_reads_may_have_seen_enough(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "questionnaire", "play", str(OWN / "pc-ptsd-5.json"), "--answers", str(write(tmp_path, {}))]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()  # as `head` does
    assert process.stderr.read() == "" and process.wait() == 1
    process.stderr.close()
