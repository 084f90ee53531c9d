"""Ask what is open, and keep what is answered: the step that each turn of a run ends with.

``ask`` decides what comes next, from the answers alone: the next question, the review, sending, or the end.
"""
from __future__ import annotations

from typing import List, Optional, Sequence

from actions import closing, questions
from actions.run import Run
from actions.turn import Line, Outcome, button
from bot.handoff import flags
from bot.intake import beside
from bot.intake.answers import ANSWERED, Answer, AnswerError
from bot.intake.questionnaire import Item
from bot.intake.wording import label, read_differently, shown

MISSES_BEFORE_HELP = 2
NEEDED_TO_CONTACT = "I need this one so that the team can reach you. If you'd rather not give it, type \"stop\" and nothing is sent."


def ask(run: Run, before: Sequence[Line] = ()) -> Outcome:
    """Ask what is open now, after the given lines. A menu is closed by it."""
    run.state.pop("menu", None)
    ending = run.player.ending()
    if ending:
        return closing.end(run, ending, before)
    item = run.current()
    if item is None:
        looked_over = run.kind == "intake" or run.state.get("prefilled")
        return questions.review(run, before) if looked_over else closing.send(run, before)
    if not run.state.get("current"):
        run.state.pop("reviewing", None)  # a question is open again, so what is typed next answers it
    run.remember()
    lines = [*before, *questions.intro(run, item), questions.question(run.player, item)]
    return Outcome(lines, pending=questions.pending(item))


def ask_again(run: Run, typed: str = "") -> Outcome:
    """Ask what is open after something else was talked about: "that's wrong" means the other.

    Args:
        typed: a message that was taken for a question; a sentence of it may answer what is open, and is kept, to a question
            that takes a text all of them: "I had a wreck. I have bipolar 2. Is this covered?"
    """
    run.state.pop("last", None)
    item = None if run.in_review() or run.state.get("menu") else run.current()
    told = beside.told(typed) if item is not None else []
    for words in [". ".join(told)] if told and item.type == "text" else told:
        answer = run.read(item, words) if beside.answers_plainly(item, words) else None
        if answer is None:
            continue
        crisis = _keep(run, item, answer)
        return crisis or ask(run, [Line(f"I noted this. {label(item)}: {shown(item, answer)}. Tell me if that's wrong.")])
    return ask(run)


def reopen(run: Run, item: Item, before: Sequence[Line] = ()) -> Outcome:
    """Ask a question again, whatever is open besides, with what was answered."""
    run.open(item)
    return ask(run, [*before, *questions.recalled(run, item)])


def submit(run: Run) -> Outcome:
    """Send the run at the visitor's word, unless a question of it is open."""
    if run.player.next_item() is not None:
        return ask(run, [Line("There are a few questions left. You can skip any that you'd rather not answer.")])
    return closing.send(run)


def store(run: Run, item: Item, answer: Answer, typed: str = "") -> Outcome:
    """Keep an answer, say back what may have been read wrong, and ask on.

    Args:
        typed: the whole message, where it may hold answers to other questions as well.
    """
    changed = run.answers.get(item.key)
    crisis = _keep(run, item, answer)
    if crisis:
        return crisis
    lines = []
    if changed and changed.status == answer.status == ANSWERED:
        lines.append(Line(f"Changed to: {shown(item, answer)}"))
    elif read_differently(item, answer):
        lines.append(Line(f"Thanks. I noted {shown(item, answer)}. Tell me if that's wrong."))
    return ask(run, [*lines, *noted_beside(run, item, typed)])


def change_to(run: Run, item: Item, answer: Answer) -> Outcome:
    """Keep an answer to another question than the one that waits, say which and what, and ask on."""
    before = run.answers.get(item.key)
    crisis = _keep(run, item, answer)
    if crisis:
        return crisis
    if before and before.status == answer.status == ANSWERED:
        return ask(run, [Line(f"Changed to: {shown(item, answer)} ({label(item)}).")])
    return ask(run, [Line(f"I noted this. {label(item)}: {shown(item, answer)}. Tell me if that's wrong.")])


def keep(run: Run, text: str) -> Optional[Outcome]:
    """Store what answers the open question without asking on, where something else has to be said first.

    Returns:
        The crisis text, if the answer itself calls for it; else None, also when the text is no answer.
    """
    item = run.current()
    if item is None or run.in_review() or run.state.get("menu"):
        return None
    try:
        crisis = _keep(run, item, run.player.parse(item, text))
    except AnswerError:
        run.keep_unread(item, text)
        crisis = None
    run.remember()
    return crisis


def did_not_fit(run: Run, item: Item, error: AnswerError) -> Outcome:
    """Say why an answer was refused and ask again; after several, explain and offer every way on."""
    run.state["misses"] = misses = run.state.get("misses", 0) + 1
    asked = questions.question(run.player, item)
    wants_person = run.kind == "callback"  # who asked for a person is not told to ask for one
    message = NEEDED_TO_CONTACT if wants_person and error.reason == "required" else error.message
    parts, buttons = [message, item.prompt], asked.buttons
    if misses >= MISSES_BEFORE_HELP:
        why = "" if error.reason == "required" else item.help or ""  # it says so itself
        example = f"For example: {item.example}" if item.example and "For example" not in error.message else ""
        required = run.player.is_required(item)
        if wants_person:
            ways_on, way = "" if required else "You can skip this one.", button("Stop", "stop")
        else:
            ways_on = "You can ask for a person." if required else "You can skip this one, or ask for a person."
            way = button("Talk to a person", "talk_to_human")
        parts[1:1] = [why, example, ways_on]
        buttons = [*buttons, way]
    run.remember()
    line = Line("\n\n".join(filter(None, parts)), buttons, "question")
    return Outcome([line], pending=questions.pending(item))


def _keep(run: Run, item: Item, answer: Answer) -> Optional[Outcome]:
    """Keep an answer; the crisis text where it calls for it."""
    kept = run.keep(item, answer)
    category = flags.takeover_category(item.questionnaire, item.link_id, kept.values)
    return closing.crisis(run, item, kept, category) if category else None


def noted_beside(run: Run, answered: Item, typed: str) -> List[Line]:
    """Keep what the message holds for other open questions and can be taken for nothing else, and say so."""
    if not typed or answered.type == "boolean":  # above all a consent takes nothing besides
        return []
    lines, kept = [], [list(answered.key)] if answered.key in run.answers else []
    for item in run.player.questions():
        words = _words_beside(item, answered, typed) if item.key not in run.answers and item is not answered else None
        answer = run.read(item, words) if words else None
        if answer is None:
            continue
        _keep(run, item, answer)
        kept.append(list(item.key))
        lines.append(Line(f"I also noted this. {label(item)}: {shown(item, answer)}. Tell me if that's wrong."))
    if kept:
        run.state["last"] = kept
    return lines


def _words_beside(item: Item, answered: Item, typed: str) -> Optional[str]:
    """What a message says to another question, which may be one that its answer leads to: "yes, in 2012 by Dr. Smith"."""
    follows = item.questionnaire == answered.questionnaire and answered.link_id in {c.question for c in item.enable_when}
    return beside.given(item, typed) or (beside.following(item, typed) if follows else None)
