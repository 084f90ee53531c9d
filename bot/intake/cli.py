"""``questionnaire check`` and ``questionnaire play``: try a questionnaire without a server.

Exit status 0: all well; 1: a questionnaire cannot be played, or an answer was refused. The response is ``completed``
when nothing required is missing and nothing was refused, ``stopped`` when an answer ended the run, else ``in-progress``.
An answer to a question that its conditions switch off is left out with a note; that is not a failure, since a map may
hold answers for every way through.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set, TextIO

from bot.intake.answers import Answer, AnswerError, Key
from bot.intake.check import CANNOT_BE_GIVEN, inspect
from bot.intake.choices import listed
from bot.intake.player import Player
from bot.intake.questionnaire import QUESTION_TYPES, Item, Questionnaire, QuestionnaireError, read_json

_SHOWN_OPTIONS = 20


def check_files(paths: Sequence[str | Path], out: TextIO, err: TextIO) -> int:
    """Check each file. Problems go to ``err`` as ``FILE: linkId: problem``, the rest to ``out``."""
    status = 0
    for path in paths:
        try:
            questionnaire = Questionnaire.load(path)
        except QuestionnaireError as error:
            for problem in error.problems:
                print(f"{path}: {problem}", file=err)
            status = 1
            continue
        report = inspect(questionnaire.raw)
        for note in report.notes:
            print(f"{path}: note: {note}", file=out)
        print(f"{path}: ok, {report.questions} questions", file=out)
    return status


def play_file(
    path: str | Path,
    answers_path: Optional[str | Path],
    stdin: TextIO,
    out: TextIO,
    err: TextIO,
    *,
    today: Optional[dt.date] = None,
) -> int:
    """Play a questionnaire with answers from a file, or in the terminal; prints the QuestionnaireResponse on ``out``."""
    reading = path
    try:
        questionnaire = Questionnaire.load(path)
        reading = answers_path or path
        given = None if answers_path is None else _read_answers(answers_path)
    except QuestionnaireError as error:
        for problem in error.problems:
            print(f"{reading}: {problem}", file=err)
        return 1
    answers: Dict[Key, Answer] = {}
    player = Player([questionnaire], answers, today=today)
    if given is None:
        _ask_all(player, answers, stdin, err)
        refused = False
    else:
        refused = _answer_all(player, answers, given, err)
    ending = player.ending()
    if ending:
        print(ending.text, file=err)
    status = "stopped" if ending else "in-progress" if refused or player.missing() else "completed"
    authored = dt.datetime.now(dt.timezone.utc)
    json.dump(player.response(status, authored)[0], out, ensure_ascii=False, indent=2)
    out.write("\n")
    return 1 if refused else 0


def _read_answers(path: str | Path) -> Mapping[str, Any]:
    name = Path(path).name
    try:
        given = read_json(Path(path))
    except OSError as error:
        raise QuestionnaireError(name, [f"file: cannot be read ({error.strerror})"]) from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise QuestionnaireError(name, ["file: is not JSON"]) from None
    except ValueError as error:
        raise QuestionnaireError(name, [f"file: is not JSON ({error})"]) from None
    if not isinstance(given, dict):
        raise QuestionnaireError(name, ["file: must be a map of linkId to typed text"])
    return given


# -- from a map -----------------------------------------------------------------------------------------------------------


def _answer_all(player: Player, answers: Dict[Key, Answer], given: Mapping[str, Any], err: TextIO) -> bool:
    """Give every enabled question its text from the map; whether anything was refused."""
    refused = False
    visited: Set[Key] = set()
    item = _next(player, visited)
    while item:
        visited.add(item.key)
        refused |= _answer(player, answers, item, given, err)
        item = _next(player, visited)
    for item in player.questionnaires[0].flat:  # a total that somebody worked out by hand
        if item.computed and not (item.hidden or item.read_only or player.ending()) and player.is_enabled(item):
            visited.add(item.key)
            refused |= _answer(player, answers, item, given, err)
    return _leftovers(player, given, visited, err) or refused


def _answer(player: Player, answers: Dict[Key, Answer], item: Item, given: Mapping[str, Any], err: TextIO) -> bool:
    """Give one question its text from the map; whether anything was refused."""
    texts = _texts(given.get(item.link_id))
    if not texts:
        return False
    answer, errors = player.parse_list(item, texts)
    for error in errors:
        print(f"{item.link_id}: {error.reason}: {error.message}", file=err)
    if answer:
        answers[item.key] = answer
    return bool(errors)


def _next(player: Player, visited: Set[Key]) -> Optional[Item]:
    """The first enabled question not visited, in order: an answer may have enabled one further up."""
    if player.ending():
        return None
    return next((item for item in player.questions() if item.key not in visited), None)


def _texts(given: Any) -> List[str]:
    entries = given if isinstance(given, list) else [given]
    texts = []
    for entry in entries:
        if isinstance(entry, bool):
            texts.append("yes" if entry else "no")
        elif isinstance(entry, (int, float, str)):
            texts.append(str(entry))
        elif entry is not None:
            texts.append(json.dumps(entry))
    return [text for text in texts if text.strip()]


def _leftovers(player: Player, given: Mapping[str, Any], visited: Set[Key], err: TextIO) -> bool:
    questionnaire = player.questionnaires[0]
    refused = False
    for link_id, value in given.items():
        item = questionnaire.by_id.get(link_id)
        if item is None:
            print(f"{link_id}: unknown-item: the questionnaire has no such linkId", file=err)
            refused = True
        elif not _texts(value):
            continue
        elif not item.is_question:
            print(f"{link_id}: not-a-question: it is a {item.type} and takes no answer", file=err)
            refused = True
        elif not item.asked and not item.computed:
            why = f"it is {'hidden' if item.hidden else 'read-only'}" if item.type in QUESTION_TYPES else CANNOT_BE_GIVEN[item.type]
            print(f"{link_id}: not-asked: {why}", file=err)
            refused = True
        elif player.ending() and item.key not in visited:
            print(f"note: {link_id}: left out, since an earlier answer ended the questions", file=err)
        elif not player.is_enabled(item):
            print(f"note: {link_id}: left out, since its conditions are not met", file=err)
    return refused


# -- in the terminal ------------------------------------------------------------------------------------------------------


def _ask_all(player: Player, answers: Dict[Key, Answer], stdin: TextIO, out: TextIO) -> None:
    print("Enter skips a question. Type ? to see why it is asked, < to go back.", file=out)
    passed: Set[Key] = set()
    item = _next(player, passed)
    while item:
        _show_question(player, item, out)
        out.write("> ")
        out.flush()
        line = stdin.readline()
        if not line:
            return
        text = line.strip()
        if text == "?":
            print(item.help or "There is no more to say about this question.", file=out)
        elif text == "<":
            before = player.previous(item)
            if before:
                answers.pop(before.key, None)
                passed.discard(before.key)
        else:
            try:
                answers[item.key] = player.parse(item, text) if text else player.skip(item)
                passed.add(item.key)
            except AnswerError as error:
                print(error.message, file=out)
        item = _next(player, passed)
    for text in player.outro():
        print(text, file=out)


def _show_question(player: Player, item: Item, out: TextIO) -> None:
    for text in player.item_intro(item):
        print(f"\n{text}", file=out)
    print(f"\n{item.prompt}", file=out)
    if item.type == "boolean":
        print("  (yes or no)", file=out)
    numbered = not any(option.code[:1].isdigit() or option.display[:1].isdigit() for option in item.options)
    for number, option in enumerate(item.options[:_SHOWN_OPTIONS], start=1):
        label = (
            f"{number}. {option.display}"
            if numbered
            else (option.display if option.code == option.display else f"{option.code}. {option.display}")
        )
        print(f"  {label}", file=out)
    if len(item.options) > _SHOWN_OPTIONS:
        examples = listed([option.display for option in item.options[-2:]], "or")
        print(f"  and {len(item.options) - _SHOWN_OPTIONS} more, such as {examples}", file=out)
