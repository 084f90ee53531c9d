"""What comes to mind later: a medicine at another question or at the review goes to the answer it belongs to.

It is added, said back, and what waits is asked again. What belongs to no answer is kept for staff in the person's words.
"""
from __future__ import annotations

import dataclasses
import re
from typing import Optional

from actions.asking import ask, store
from actions.run import Run
from actions.turn import Line, Outcome
from bot.handoff import rules
from bot.intake import additions, corrections
from bot.intake.answers import Answer
from bot.intake.mentions import MEDICATION
from bot.intake.parsing import has_yes_and_no
from bot.intake.questionnaire import Item
from bot.intake.wording import label, shown, takes_more

KEPT = "I've kept that for the team, in your words."
_TO_CHANGE = re.compile(r"\b(?:wrong|incorrect|chang\w+|fix|correct\w*|edit|right|answer\w*|mistake|typo|redo)\b", re.I)
_TELLS = re.compile(r"(?=.*\b(?:i|i['’]?m|i['’]?ve|my|me)\b)\W*(?:[\w'’]+\W+){4}\w", re.I | re.S)  # five words, of oneself
_ALLERGY = re.compile(r"\ballerg", re.I)
# "Yes, also trazodone" answers the question as well; "no, I forgot my lithium" does not.
_ANSWERS_TOO = re.compile(r"^(?:yes|yeah|yep|no|nope)\b(?!.*\b(?:wait|sorry|oops|actually|forgot)\b)", re.I | re.S)


def take(run: Run, text: str) -> Optional[Outcome]:
    """Add what was remembered to the answer it belongs to; None where it belongs to none that was given."""
    if corrections.says_wrong(text) or corrections.contradicts(text):
        return None
    part = text if additions.added(text) else additions.adding_part(text) or ""
    words = additions.added(part)
    waiting = None if run.in_review() or run.state.get("menu") else run.current()
    if words is None:
        item, words = _taken_otherwise(run, text, waiting), text
    else:
        item = _named(run, part, words) or _belonging(run, part, words, waiting)
    if item is None or item is waiting:
        return None
    answer = more(run, item, additions.added(part, item.names) or words)
    if answer is None:
        return None
    run.keep(item, answer)
    line = Line(f"I added that. {label(item)}: {shown(item, answer)}. Tell me if that's wrong.")
    given = run.read(waiting, text) if waiting is not None and has_yes_and_no(waiting) and _ANSWERS_TOO.match(text) else None
    if waiting is None or given is None:
        return ask(run, [line])
    stored = store(run, waiting, given)
    return stored if stored.lines[0].kind == "crisis" else dataclasses.replace(stored, lines=[line, *stored.lines])


def more(run: Run, item: Item, words: str) -> Optional[Answer]:
    """The answer that was given with these words added to it; None where there is none to add to, or it does not fit."""
    before = run.answers.get(item.key)
    if before is None or not takes_more(item):
        return None
    return run.read(item, additions.together(shown(item, before) if before.answered else "", words))


def belongs_nowhere(run: Run, text: str) -> bool:
    """Whether a text tells something that no answer takes; it is kept for staff."""
    tells = bool(_TELLS.match(text) or rules.load().reader.read(text)) and not _TO_CHANGE.search(text)
    told = tells or additions.added(text) is not None
    if told:
        run.note(text)
    return told


def _named(run: Run, text: str, words: str) -> Optional[Item]:
    """The answer that is named as the place: "add seroquel to my medicines"."""
    return next((item for item in run.done() if takes_more(item) and additions.added(text, item.names) != words), None)


def _taken_otherwise(run: Run, text: str, waiting: Optional[Item]) -> Optional[Item]:
    """The question for medicines, where a text says how one that was given there is taken, and nothing besides. Both stay:
    which of "sertraline 100" and "I take 150 of sertraline not 100" holds is for staff to ask."""
    known = rules.load()
    item = next((one for one in run.done() if one.key in known.medicine_questions), None)
    found = known.reader.read(text)
    if item is None or not found or waiting is not None and not takes_more(waiting) and run.read(waiting, text):
        return None
    given = {mention.value for mention in known.reader.read(run.answers[item.key].text or "")}
    said = text
    for mention in reversed(found):
        if mention.value not in given or mention.status not in ("current", "past", "negated"):
            return None
        said = f"{said[:mention.start]} {said[mention.end:]}"
    return item if additions.tells_how_taken(said) else None


def _belonging(run: Run, part: str, words: str, waiting: Optional[Item]) -> Optional[Item]:
    """The question for medicines, or for allergies, where one is told of; a condition stands with the medicines. Where a
    question waits that takes any words, only a medicine that is plainly added, before anything was answered there."""
    known = rules.load()
    found = [mention for mention in known.reader.read(words) if mention.status != "family"]
    medicines = [mention for mention in found if mention.entity == MEDICATION]
    any_words = waiting is not None and takes_more(waiting)
    if not found or any_words and (not medicines or waiting.key in run.answers or not additions.leads(part)):
        return None
    allergic = _ALLERGY.search(words) or any(mention.status == "allergy" for mention in medicines)
    keys = known.allergy_questions if allergic else known.medicine_questions
    return next((item for item in run.done() if item.key in keys), None)
