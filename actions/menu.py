"""Choices that are offered beside the questions, such as which answer to change, and which of them was typed."""
from __future__ import annotations

from typing import Optional, Sequence

from actions.questions import pending_choice
from actions.run import Run
from actions.turn import Button, Line, Outcome
from bot.intake import choices, polarity
from bot.intake.answers import AnswerError
from bot.intake.questionnaire import Option


def offer(run: Run, text: str, buttons: Sequence[Button], before: Sequence[Line] = (), also: Sequence[str] = ()) -> Outcome:
    """Offer choices; what is typed next is read as one of them first.

    Args:
        also: further texts that name one of the choices.
    """
    run.state["menu"] = {"text": text, "buttons": list(buttons)}
    run.remember()
    return Outcome([*before, Line(text, list(buttons), "question")], pending=pending_choice("menu", buttons, also))


def offer_again(run: Run, also: Sequence[str] = ()) -> Outcome:
    """Offer the same once more, with the ways out, where what was typed is none of it."""
    open_menu = run.state["menu"]
    ways_out = Line(
        "I couldn't tell which of these you mean by that. You can type one of them as it stands here, or \"go on\" to leave "
        "everything as it is."
    )
    return offer(run, open_menu["text"], open_menu["buttons"], [ways_out], also)


def named(run: Run, text: str) -> Optional[Button]:
    """The choice whose own words were typed."""
    said = polarity.normalise(text)
    return next((b for b in run.state["menu"]["buttons"] if polarity.normalise(b["title"]) == said), None)


def meant(run: Run, text: str) -> Optional[Button]:
    """The choice that was meant: "the first one", "about me"."""
    offered = {b["payload"]: b for b in run.state["menu"]["buttons"]}  # no numbers, so that those are places in the list
    try:
        return offered[choices.match([Option(p, b["title"], None, b["title"]) for p, b in offered.items()], text).code]
    except AnswerError:
        return None
