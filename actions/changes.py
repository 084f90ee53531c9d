"""Changing an answer that was given: read a correction in plain words, or offer the answers part by part.

"That's wrong, it's 1/3/1980" is about the answer before, "my birthday is wrong" names one, and where a choice of answers
is offered a date by itself means the one that takes dates. What corrects nothing is left for the question that waits.
"""
from __future__ import annotations

import dataclasses
from typing import Dict, List, Optional, Sequence

from actions.asking import ask, change_to, keep, reopen
from actions.menu import offer
from actions.questions import review
from actions.run import Run
from actions.turn import Button, Line, Outcome, button
from bot.intake import amendments, beside, corrections, polarity
from bot.intake.answers import Answer, AnswerError
from bot.intake.corrections import Correction
from bot.intake.parsing import has_yes_and_no
from bot.intake.questionnaire import Item
from bot.intake.wording import has_a_form, label, shown


def correct(run: Run, intent: str, text: str) -> Optional[Outcome]:
    """Change the earlier answer that the text corrects, then ask again what waits; None where it corrects none."""
    waiting = None if _in_review_or_menu(run) else run.current()
    amended = _amended(run, text, waiting)
    if amended is not None:
        return amended
    if intent == "change_answer" or corrections.says_wrong(text) and waiting is not None:
        done = run.done()
        named = corrections.named(text, [*done, waiting] if waiting and waiting not in done else done)
        if named:
            return _set(run, *named)
    last = run.last()
    found = corrections.of_the_last(text)
    if _in_review_or_menu(run):
        return None
    if corrections.says_meant(text):
        return _meant(run, waiting, text, found or Correction())
    if not last or found is None:
        return None
    fitting = _taking(run, last, found.value)
    if corrections.contradicts(text):
        if not fitting and len(last) > 1:
            return _which(run, last)
        return _set(run, (fitting or last)[-1], found)
    if not fitting or waiting is not None and _may_answer(run, waiting, text, found.value):
        return None
    return _set(run, fitting[-1], found)


def _amended(run: Run, text: str, waiting: Optional[Item]) -> Optional[Outcome]:
    """Change another answer that the text is about by its form; what stands before it answers what waits."""
    given_only = waiting is not None and amendments.is_consent(waiting)
    items = [item for item in run.player.questions() if item is waiting or item.key in run.answers or not given_only and _may_be_given(item)]
    both = _several(run, text, items, waiting)
    if both is not None:
        return both
    found = amendments.amended(text, items, waiting, run.last())
    if found is None:
        other = amendments.instead(text, [(item, answer, shown(item, answer)) for item, answer in run.player.review() if item is not waiting])
        if other and other[0].type == "text":  # the whole answer with one word changed
            return change_to(run, other[0], _read(run, other[0], other[1].value))
        return _set(run, *other) if other else None
    known = run.answers.get(found.item.key)
    read = run.read(found.item, found.correction.value) if found.implied else None
    if known is not None and read is not None and known.values == read.values:
        return ask(run, [Line(f"I have this already. {label(found.item)}: {shown(found.item, known)}.")])
    if found.implied and polarity.normalise(found.correction.value) in ("yes", "no"):
        run.keep_unread(found.item, text)  # "I said no to that but I did cut myself once" tells more than a yes
    crisis = keep(run, found.head) if found.head else None
    return crisis or _set(run, found.item, _in_place(run, found, text))


def _in_place(run: Run, found: amendments.Amendment, text: str) -> Correction:
    """The new value; of a name whose one word is changed, the whole."""
    before = run.answers.get(found.item.key)
    if before is None or not before.answered:
        return found.correction
    return dataclasses.replace(found.correction, value=amendments.in_place(found.item, found.correction.value, shown(found.item, before), text))


def _several(run: Run, text: str, items: Sequence[Item], waiting: Optional[Item]) -> Optional[Outcome]:
    """Two or more changes in one message, each of another answer and each with a value that fits; None where it is not so."""
    parts = amendments.apart(text)
    found = [(one, part) for part in parts for one in [amendments.amended(part, items, waiting)] if one and not one.head and one.item.type != "text"]
    if len(parts) < 2 or len(found) != len(parts) or len({one.item.key for one, _ in found}) != len(found):
        return None
    answers = [(one.item, run.read(one.item, _in_place(run, one, part).value)) for one, part in found]
    if any(answer is None or not answer.answered for _, answer in answers):
        return None
    lines: List[Line] = []
    for item, answer in answers:
        outcome = change_to(run, item, answer)
        if outcome.lines[0].kind == "crisis":
            return outcome
        lines.append(outcome.lines[0])
    return ask(run, lines)


def _may_be_given(item: Item) -> bool:
    """Whether it may be answered before it is asked: no consent, and nothing that takes any words."""
    return item.type != "text" and not amendments.is_consent(item)


def _meant(run: Run, waiting: Optional[Item], text: str, found: Correction) -> Optional[Outcome]:
    """Change what "I meant June 4" is about: the last answer where it takes that, else an earlier one that has such a form.
    Where neither does, it is for the question that waits, or it is asked for which answer it is."""
    last = [item for item in run.last() if item.type != "text" and found.brief and _takes(run, item, found.value)]
    fitting = last[-1:] or _taking(run, run.done(), found.value)
    if len(fitting) == 1:
        return _set(run, fitting[0], found)
    if fitting:
        return _which(run, fitting)
    if waiting is not None and run.read(waiting, found.value or text):
        return None
    return change(run, before=[Line("I couldn't tell which answer you mean by that.")])


def change(run: Run, choice: Optional[str] = None, before: Sequence[Line] = ()) -> Outcome:
    """Open the answer that was tapped, else offer them part by part, where there are several parts."""
    if choice and "|" in choice:
        item = run.find(*choice.split("|", 1))
        return reopen(run, item) if item is not None else review(run)
    parts = _parts(run)
    if len(parts) == 1:
        choice = next(iter(parts))
    if choice in parts:
        text, buttons = "Which answer?", [_button(item) for item in parts[choice]]
    else:
        text, buttons = "Which part would you like to change?", [button(title, "change_answer", title) for title in parts]
    return offer(run, text, [*buttons, button("Back to the review", "review")], before, run.names())


def by_value(run: Run, text: str) -> Optional[Outcome]:
    """Read what was typed where choices or the review are shown as a new value, of the answers that have such a form."""
    fitting = [] if beside.is_of_others(text) else _taking(run, run.done(), text)
    if not fitting:
        return None
    return _set(run, fitting[0], Correction(text)) if len(fitting) == 1 else _which(run, fitting)


def _in_review_or_menu(run: Run) -> bool:
    return run.in_review() or bool(run.state.get("menu"))


def _set(run: Run, item: Item, correction: Correction) -> Outcome:
    """Take a new value where one is given and fits; else open the question again."""
    if item.type == "text" and correction.led:  # a long answer is not replaced by a few words of another message
        run.keep_unread(item, correction.value)
    bare = polarity.normalise(correction.value) in ("yes", "no") and not (item.options or item.type == "boolean")  # no answer to "when was that"
    takes_words = has_a_form(item) or correction.brief or correction.led and has_yes_and_no(item)
    if item.type == "text" or not correction.value or bare or not takes_words:
        return reopen(run, item)
    try:
        return change_to(run, item, _read(run, item, correction.value))
    except AnswerError as error:
        run.keep_unread(item, correction.value)
        return reopen(run, item, [Line(error.message)] if correction.led else [])


def _taking(run: Run, items: Sequence[Item], text: str) -> List[Item]:
    """The items whose answers have a form, and this one."""
    return [item for item in items if text and has_a_form(item) and _takes(run, item, text)]


def _takes(run: Run, item: Item, text: str) -> bool:
    try:
        return bool(_read(run, item, text))
    except AnswerError:
        return False


def _read(run: Run, item: Item, text: str) -> Answer:
    """The new answer; a day without a year is in the year that was given before."""
    before = run.answers.get(item.key)
    try:
        return run.player.parse(item, text)
    except AnswerError as error:
        if error.reason != "incomplete-date" or before is None or not before.answered:
            raise
        year = before.values[0][:4]
        return run.read(item, f"{text}, {year}") or run.player.parse(item, f"{text}/{year}")


def _may_answer(run: Run, waiting: Item, text: str, value: str) -> bool:
    """Whether the question that waits has a form of its own and takes the text, so that it is not about the last."""
    free = waiting.type in ("string", "text", "open-choice") and not waiting.answer_format
    return not free and any(run.read(waiting, words) for words in (text, value))


def _which(run: Run, items: Sequence[Item]) -> Outcome:
    return offer(run, "Which of these?", [_button(item) for item in items])


def _button(item: Item) -> Button:
    return button(label(item), "change_answer", f"{item.questionnaire}|{item.link_id}")


def _parts(run: Run) -> Dict[str, List[Item]]:
    """What was answered or skipped, by the part of the questionnaire it stands in."""
    parts: Dict[str, List[Item]] = {}
    for item in run.done():
        questionnaire = run.questionnaire(item)
        top = next(top for top in questionnaire.items if item in top.walk())
        title = top.short if top.type == "group" and top.short else questionnaire.title
        parts.setdefault(title, []).append(item)
    return parts
