"""How what waits for an answer is shown: a question of a questionnaire, or the review of all answers.

Each comes with the slot ``pending``, by which NLU tells an answer to it from anything else.
"""
from __future__ import annotations

from typing import Any, Dict, List, Sequence

from actions.run import Run
from actions.turn import Button, Line, Outcome, button
from bot.intake.player import Player
from bot.intake.questionnaire import Item
from bot.intake.wording import LONG_LIST, gist, options, shown

SEND = {"intake": "Send my history", "callback": "Send my request", "question": "Send my question"}
REVIEW_WORDS = ("Yes", "No", "Looks right", "Looks good", "That's right", "Everything is right", "Nothing to change")


def pending(item: Item) -> Dict[str, Any]:
    """The question that waits, as the slot holds it: with all that an option may be called."""
    labels = [label for _, label in options(item)]
    questionnaire, link_id = item.questionnaire, item.link_id
    if questionnaire == "note":  # as where a question is asked for: whatever is said is meant for the team
        questionnaire = link_id = "question"
    return {
        "questionnaire": questionnaire,
        "link_id": link_id,
        "type": item.type,
        "options": [*labels, *(name for option in item.options for name in option.synonyms)],
        "format": item.answer_format,
    }


def pending_choice(name: str, buttons: Sequence[Button], also: Sequence[str] = ()) -> Dict[str, Any]:
    """The same for choices that answer no question of the questionnaire: the review, a menu."""
    labels = [*(b["title"] for b in buttons), *also]
    return {"questionnaire": "", "link_id": name, "type": "choice", "options": labels, "format": None}


def question(player: Player, item: Item) -> Line:
    """The question with its choices, and with what else may be done about it; a long list of options is typed."""
    answers = options(item)
    buttons: List[Button] = []
    if len(answers) <= LONG_LIST:
        prefix = f"{item.questionnaire}|{item.link_id}|"
        buttons = [button(label, "answer", prefix + code) for code, label in answers]
    if item.help:
        buttons.append(button("Why do you ask?", "why"))
    if not player.is_required(item):
        buttons.append(button("Skip", "skip"))
    if player.previous(item) is not None:
        buttons.append({**button("Back", "go_back"), "id": "back"})
    return Line(item.prompt, buttons, "question")


def intro(run: Run, item: Item) -> List[Line]:
    """Texts of the groups and displays that stand before a question, each shown once in a run."""
    before = set(run.state.get("shown", ()))
    stem = run.player.stem(item)  # stands before each of its questions, as the instrument prints it
    fresh = [text for text in run.player.item_intro(item) if text not in before or text == stem]
    if fresh:
        run.state["shown"] = sorted(before | set(fresh))
        run.remember()
    return [Line(text) for text in fresh]


def recalled(run: Run, item: Item) -> List[Line]:
    """What was answered before, where a question is asked again."""
    answer = run.answers.get(item.key)
    if answer is None or answer.status != "answered":
        return []
    replaced = '\n\nWhat you write now takes its place. To add to it, begin with "also".' if item.type == "text" else ""
    return [Line(f"You said: {shown(item, answer)}{replaced}")]


def review(run: Run, before: Sequence[Line] = ()) -> Outcome:
    """Show every answer, to be sent or changed; also before the last question, when it is asked for."""
    run.state["reviewing"] = True
    for closed in ("current", "menu"):
        run.state.pop(closed, None)
    run.remember()
    done = run.player.next_item() is None
    rows = [f"{_title(run.player, item)}\n{shown(item, answer)}" for item, answer in run.player.review()]
    closing = "Is this right?" if done else "This is what I have so far."
    text = "Here is what you told me.\n\n" + "\n\n".join(rows) + f"\n\n{closing}"
    first = button(SEND[run.kind], "submit") if done else button("Go on", "repeat")
    buttons = [first, button("Change an answer", "change_answer"), button("Save and stop", "stop")]
    waits = pending_choice("review", buttons, [*REVIEW_WORDS, *run.names()])  # "phone" means that answer, not a call
    return Outcome([*before, Line(text, buttons, "question")], pending=waits)


def _title(player: Player, item: Item) -> str:
    """What stands over an answer in the review: the short title, else the question as its group makes it whole."""
    return item.short or " ".join(filter(None, (player.stem(item), gist(item.prompt))))
