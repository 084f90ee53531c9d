"""A turn of a run of questionnaires: what a visitor said or tapped, and what is done with it.

What was typed about something else than the question that waits comes first: a choice that is offered, somebody else's
history, an earlier answer. Then a word about the questions ("skip", "go back"), then an answer.
"""
from __future__ import annotations

import dataclasses
import re
from typing import Callable, Dict, Optional

from actions import changes, closing, menu, remembered
from actions.asking import ask, did_not_fit, noted_beside, reopen, store, submit
from actions.phrases import CONTACT_ME, FOR_ANOTHER, STARTERS, WITHDRAWN
from actions.questions import review
from actions.run import Run
from actions.turn import Line, Outcome, button, payload_parts
from bot.handoff import service
from bot.intake import additions, beside, corrections, polarity
from bot.intake.answers import Answer, AnswerError
from bot.intake.helpers import speaks_for_another
from bot.intake.parsing import NAMES, clean, has_yes_and_no, is_shrug
from bot.intake.questionnaire import Item
from bot.intake.review import agrees, disagrees, leaves_as_is
from bot.records import intakes

_MOMENT = r"(?:a|one|1) (?:sec|second|min|minute|moment)s?"
_MY_LIST = r"(?:my|the) (?:med\w*|pills?|bottles?|pill bottles?|list|phone|cabinet|prescriptions?|notes?|records?|chart|calendar|wallet|papers?|paperwork)"
# "hold on, let me check the bottles": no answer, and no wish to stop
_WAITS = re.compile(
    rf"(?:(?:ok|okay|oh|um+|hm+|well|sorry|wait|hold on|hang on|{_MOMENT})[\s,.]+)*(?:(?:hold|hang) on(?: {_MOMENT})?|(?:just )?{_MOMENT}|give me {_MOMENT}"
    rf"|(?:let me|lemme|i'll|i will|i need to|i have to|i gotta|gotta) (?:just |first )?(?:go )?(?:and )?(?:check|grab|get|find|look at|look up|look for)(?: on)?(?: {_MY_LIST})"
    r"|(?:let me|lemme) (?:just |go )?(?:check|look)(?: it up| that up| that| it)?)"
)
_COUNTS = re.compile(r"\bcounts?\b", re.I)
_SKIP_BEHIND = re.compile(r"(?<=\w)\s*[,.;]\s*(?:ne?xt(?: question| one)?|pass|move on)(?: please)?\W*$", re.I)
_SHORT_SKIP = 4  # words: "skip this one please"
MINUTES = 10  # that a whole history takes, as it is told at its start


def take(run: Run, intent: str, text: str, choice: Optional[str]) -> Outcome:
    """One turn with something the visitor gave: an answer, or a word about the questions.

    Args:
        text: what was typed, empty for a tap.
        choice: what was tapped, where the intent alone does not say it.
    """
    if run.intake.status == "stopped":
        run.set_status("in_progress")
    beside_it = _beside_the_question(run, intent, text) if text else None
    if beside_it is not None:
        return beside_it
    if intent == "stop" and choice == intakes.UNDER_AGE:
        return closing.end_for(run, choice)
    if intent in _ABOUT_THE_QUESTIONS:
        return _ABOUT_THE_QUESTIONS[intent](run, text, choice)
    return _tapped(run, choice) if choice else _typed(run, text)


def _beside_the_question(run: Run, intent: str, text: str) -> Optional[Outcome]:
    """What was typed about something else than the question that waits; None where it is about that."""
    later = remembered.take(run, text)
    if later is not None:
        return later
    if run.state.get("menu"):
        if intent in ("answer", "change_answer") or menu.meant(run, text):
            return _typed_in_menu(run, text)
        if intent in ("skip", "go_back", "why") or leaves_as_is(text):
            return ask(run)
    if run.kind == "intake" and intent == "answer" and speaks_for_another(text) and not _tells_of_another(run):
        return _for_another(run, text)
    corrected = changes.correct(run, intent, text)
    if corrected is None and intent == "change_answer":
        return changes.change(run)
    return corrected


# -- answers -----------------------------------------------------------------------------------------------------


def _typed(run: Run, text: str) -> Outcome:
    if run.in_review():
        return _typed_in_review(run, text)
    item = run.current()
    if item is None:
        return ask(run)
    if _WAITS.fullmatch(polarity.normalise(text)):
        run.keep_unread(item, text)
        return ask(run, [Line("Take your time. The question stays here.")])
    words = additions.added(text, item.names)
    longer = remembered.more(run, item, words) if words else None
    if longer is not None:
        return store(run, item, longer)
    try:
        return store(run, item, _read(run, item, text), typed=text)
    except AnswerError as error:
        return _unread(run, item, text, error)


def _read(run: Run, item: Item, text: str) -> Answer:
    """The answer in a text; of "no wait, yes" what was said last."""
    last = corrections.last_said(text) if has_yes_and_no(item) else None
    answer = run.player.parse(item, last or text, again=run.is_unread(item))
    return dataclasses.replace(answer, text=clean(text)) if last else answer


def _unread(run: Run, item: Item, text: str, error: AnswerError) -> Outcome:
    """Ask again for what could not be read, unless it answers another question: an e-mail address where a phone number
    is asked for. What belongs nowhere is kept, where the words would not stand beside the answer."""
    beside_it = noted_beside(run, item, text)
    if not beside_it or item.answer_format not in NAMES:  # a name that is doubted afterwards is not written once more
        run.keep_unread(item, text)
    if beside_it:
        return ask(run, beside_it)
    again = did_not_fit(run, item, error)
    if has_yes_and_no(item) or additions.added(text) is None or not remembered.belongs_nowhere(run, text):
        return again
    run.remember()
    return dataclasses.replace(again, lines=[Line(remembered.KEPT), *again.lines])


def _tapped(run: Run, choice: str) -> Outcome:
    questionnaire, _, rest = choice.partition("|")
    link_id, _, code = rest.rpartition("|")
    item = run.find(questionnaire, link_id)
    if item is None:
        return ask(run, [Line("That question doesn't apply any more.")])
    try:
        return store(run, item, run.player.choose(item, code))
    except AnswerError as error:
        return did_not_fit(run, item, error)


def _typed_in_review(run: Run, text: str) -> Outcome:
    label = {"save and stop": closing.stop, "go on": ask}.get(polarity.normalise(text))
    if label is not None:
        return label(run)
    if agrees(text):
        return submit(run)
    corrected = changes.correct(run, "change_answer", text) or changes.by_value(run, text)
    if corrected is not None:
        return corrected
    if remembered.belongs_nowhere(run, text):
        return review(run, [Line(remembered.KEPT)])
    return changes.change(run, before=[] if disagrees(text) else [Line("I couldn't tell which answer you mean by that.")])


def _typed_in_menu(run: Run, text: str) -> Outcome:
    chosen = menu.named(run, text)
    corrected = changes.correct(run, "change_answer", text) if chosen is None else None
    if corrected is not None:
        return corrected
    chosen = chosen or menu.meant(run, text)
    if chosen is not None:
        intent, choice = payload_parts(chosen["payload"])
        return take(run, intent, "", choice)
    by_value = changes.by_value(run, text)
    if by_value is not None:
        return by_value
    if leaves_as_is(text):
        return ask(run)
    if remembered.belongs_nowhere(run, text):
        return ask(run, [Line(remembered.KEPT)])
    return menu.offer_again(run, run.names())


# -- words about the questions -----------------------------------------------------------------------------------


def _skip(run: Run, typed: str) -> Outcome:
    item = run.current()
    if item is None:
        return ask(run)
    said = _SKIP_BEHIND.sub("", typed)
    answer = run.read(item, said) if said != typed else None
    if answer is not None and answer.answered:  # "no. next"
        return store(run, item, answer)
    if len(typed.split()) > _SHORT_SKIP and not is_shrug(item, typed):
        run.keep_unread(item, typed)  # "none, it was stolen last week" tells more than that there is no answer
    try:
        return store(run, item, run.player.skip(item), typed=typed)
    except AnswerError as error:
        return did_not_fit(run, item, error)


def _back(run: Run) -> Outcome:
    before = run.player.previous(run.current())
    return reopen(run, before) if before is not None else ask(run, [Line("This is the first question.")])


def _why(run: Run, typed: str) -> Outcome:
    item = run.current()
    if item is None:
        return ask(run)
    if _COUNTS.search(typed):  # "does a murmur count?" tells something, too
        run.keep_unread(item, typed)
        return ask(run, [Line("I can't judge that here. Answer as it seems right to you, and add it in your own words: a clinician goes over it with you.")])
    words = beside.given(item, typed, asked=True)
    answer = run.read(item, words) if words else None
    why = Line(item.help or "It helps the team prepare for your first conversation. You can skip what you'd rather not say.")
    if answer is None:
        return ask(run, [why])
    stored = store(run, item, answer)  # "it's March 4 1987, but why do you need it" gives the date as well
    return dataclasses.replace(stored, lines=[why, *stored.lines])


def _how_far(run: Run) -> Outcome:
    asked = run.player.questions()
    left = sum(item.key not in run.answers for item in asked)
    if not left:
        return ask(run, [Line("That was the last question. What is left is to look over your answers.")])
    time = ""
    if run.kind == "intake":
        minutes = max(1, round(MINUTES * left / len(asked)))
        time = f", about {minutes} minute{'s' if minutes > 1 else ''}"
    left_over = "1 question is" if left == 1 else f"About {left} questions are"
    return ask(run, [Line(f"{left_over} left{time}. You can stop at any time; what you gave is kept.")])


def _start_over(run: Run, choice: Optional[str]) -> Outcome:
    """"Start over" may mean the answer before or everything; what was given stays in the records."""
    if choice == "anew":
        run.set_status("withdrawn")
        anew = intakes.start_intake(run.s, run.intake.conversation_id, run.kind)
        return ask(Run(run.s, run.parts, anew, run.player.today), [Line("All right, from the beginning.")])
    buttons = [
        button("Begin anew", "start_over", "anew"),
        button("Go on", "repeat"),
        button("Answer the last one again", "go_back"),  # the last, so that "the last one" means it
    ]
    return menu.offer(run, "Would you like to begin anew, or only answer the last question again?", buttons)


def _withdraw(run: Run, text: str) -> Outcome:
    """What was sent before is taken back; what is being asked for now is not sent, unless it is the history."""
    settings = run.parts.settings
    told = service.add_note(run.s, run.intake.conversation_id, words=text, withdraws=True, settings=settings)
    if told and run.kind == "intake":
        return ask(run, [Line(WITHDRAWN)])
    stopped = closing.stop(run)
    return Outcome([Line(WITHDRAWN, list(STARTERS))], goes_on=False) if told else stopped


_ABOUT_THE_QUESTIONS: Dict[str, Callable[[Run, str, Optional[str]], Outcome]] = {
    "skip": lambda run, text, choice: _skip(run, text),
    "go_back": lambda run, text, choice: _back(run),
    "why": lambda run, text, choice: _why(run, text),
    "repeat": lambda run, text, choice: ask(run, [Line("Here is the question again.")] if text else []),
    "stop": lambda run, text, choice: closing.stop(run),
    "review": lambda run, text, choice: review(run) if run.answers else ask(run),
    "submit": lambda run, text, choice: submit(run),
    "progress": lambda run, text, choice: _how_far(run),
    "start_over": lambda run, text, choice: _start_over(run, choice),
    "withdraw_request": lambda run, text, choice: _withdraw(run, text),
    "change_answer": lambda run, text, choice: changes.change(run, choice),
}


# -- somebody who answers for another ----------------------------------------------------------------------------


def _tells_of_another(run: Run) -> bool:
    """Whether a story is told here, once it is known that somebody helps: "I'm his wife, and he wakes up shouting"."""
    item = run.current()
    return run.in_review() or item is None or item.type == "text" and bool(run.state.get("helper"))


def _for_another(run: Run, text: str) -> Outcome:
    """Somebody answers for another: no consent is taken from them, and staff hear of it."""
    run.state["helper"] = run.state.get("helper") or clean(text)
    item = run.current()
    if item is not None and item.type == "text":
        run.keep_unread(item, text)
    return ask(run, [Line(FOR_ANOTHER, [CONTACT_ME])])
