"""Changing an answer that was given: read a correction in plain words, or offer the answers part by part.

"That's wrong, it's 1/3/1980" is about the answer before, "my birthday is wrong" names one, and where a choice of answers
is offered a date by itself means the one that takes dates. What corrects nothing is left for the question that waits.
"""
from __future__ import annotations

from typing import Dict, List, Optional, Sequence

from actions.asking import ask, reopen, store
from actions.menu import offer
from actions.questions import review
from actions.run import Run
from actions.turn import Button, Line, Outcome, button
from bot.intake import corrections
from bot.intake.answers import AnswerError
from bot.intake.corrections import Correction
from bot.intake.questionnaire import Item
from bot.intake.review import leaves_as_is
from bot.intake.wording import has_a_form, label


def correct(run: Run, intent: str, text: str) -> Optional[Outcome]:
    """Change the earlier answer that the text corrects, then ask again what waits; None where it corrects none."""
    waiting = None if _in_review_or_menu(run) else run.current()
    if intent == "change_answer" or corrections.says_wrong(text) and waiting is not None:
        done = run.done()
        named = corrections.named(text, [*done, waiting] if waiting and waiting not in done else done)
        if named:
            return _set(run, *named)
    last = run.last()
    found = corrections.of_the_last(text)
    if not last or found is None or _in_review_or_menu(run):
        return None
    fitting = _taking(run, last, found.value)
    if corrections.contradicts(text):
        if not fitting and len(last) > 1:
            return _which(run, last)
        return _set(run, (fitting or last)[-1], found)
    if not fitting or waiting is not None and _may_answer(run, waiting, text, found.value):
        return None
    return _set(run, fitting[-1], found)


def change(run: Run, choice: Optional[str] = None, before: Sequence[Line] = ()) -> Outcome:
    """Open the answer that was tapped, else offer them part by part."""
    if choice and "|" in choice:
        item = run.find(*choice.split("|", 1))
        return reopen(run, item) if item is not None else review(run)
    parts = _parts(run)
    if choice in parts:
        text, buttons = "Which answer?", [_button(item) for item in parts[choice]]
    else:
        text, buttons = "Which part would you like to change?", [button(title, "change_answer", title) for title in parts]
    return offer(run, text, [*buttons, button("Back to the review", "review")], before, _names(run))


def change_by_value(run: Run, text: str) -> Outcome:
    """Read what was typed where choices were offered and is none of their names: a new value, or that none is to change."""
    fitting = _taking(run, run.done(), text)
    if len(fitting) == 1:
        return _set(run, fitting[0], Correction(text))
    if fitting:
        return _which(run, fitting)
    if leaves_as_is(text):
        return ask(run)
    menu = run.state["menu"]
    not_understood = Line("I couldn't tell which of these you mean by that.")
    return offer(run, menu["text"], menu["buttons"], [not_understood], _names(run))


def _in_review_or_menu(run: Run) -> bool:
    return run.in_review() or bool(run.state.get("menu"))


def _set(run: Run, item: Item, correction: Correction) -> Outcome:
    """Take a new value where one is given and fits; else open the question again."""
    if item.type == "text" and correction.led:  # a long answer is not replaced by a few words of another message
        run.keep_unread(item, correction.value)
    if item.type == "text" or not correction.value or not (has_a_form(item) or correction.brief):
        return reopen(run, item)
    try:
        return store(run, item, run.player.parse(item, correction.value))
    except AnswerError as error:
        run.keep_unread(item, correction.value)
        return reopen(run, item, [Line(error.message)] if correction.led else [])


def _taking(run: Run, items: Sequence[Item], text: str) -> List[Item]:
    """The items whose answers have a form, and this one."""
    return [item for item in items if text and has_a_form(item) and run.read(item, text)]


def _may_answer(run: Run, waiting: Item, text: str, value: str) -> bool:
    """Whether the question that waits has a form of its own and takes the text, so that it is not about the last."""
    free = waiting.type in ("string", "text", "open-choice") and not waiting.answer_format
    return not free and any(run.read(waiting, words) for words in (text, value))


def _which(run: Run, items: Sequence[Item]) -> Outcome:
    return offer(run, "Which of these?", [_button(item) for item in items])


def _button(item: Item) -> Button:
    return button(label(item), "change_answer", f"{item.questionnaire}|{item.link_id}")


def _names(run: Run) -> List[str]:
    """All that the answers given so far may be called."""
    return [name for item in run.done() for name in item.names]


def _parts(run: Run) -> Dict[str, List[Item]]:
    """What was answered or skipped, by the part of the questionnaire it stands in."""
    parts: Dict[str, List[Item]] = {}
    for item in run.done():
        questionnaire = run.questionnaire(item)
        top = next(top for top in questionnaire.items if item in top.walk())
        title = top.short if top.type == "group" and top.short else questionnaire.title
        parts.setdefault(title, []).append(item)
    return parts
