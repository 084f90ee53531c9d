"""How a run ends: sent to the team, stopped for later, ended by an answer, or cut off by one that calls for help.

Each says what happens next, and that this chat is not watched live.
"""
from __future__ import annotations

from typing import Sequence

from actions.phrases import GO_ON, NOTED, STARTERS
from actions.run import Run
from actions.turn import Line, Outcome, button, crisis_line
from bot.handoff import service
from bot.handoff.crisis import take_over
from bot.intake.answers import Answer, Ending
from bot.intake.questionnaire import Item
from bot.intake.wording import shown
from bot.records import intakes

NOT_LIVE = "This chat isn't watched live. If you're in danger, call or text 988, or call 911."
TEAM_WILL = "The team will contact you."
SENT = {
    "intake": "Thank you. Your history has been sent to the clinic's team, and they will read it before they talk with you.",
    "callback": "I've asked the team to contact you.",
    "question": "I've passed your question to the team.",
}
UNREACHABLE = (
    "You left no phone number or e-mail address, so nobody can answer you. If you'd like an answer, leave one. To change or "
    "delete your question, write it here."
)
LEAVE_ONE = button("Leave a phone number or e-mail", "add_note")
SAVED = {
    "intake": "Your history is saved as far as it goes. You can come back to this page and go on where you left off.",
    "callback": "All right. I haven't sent a request, and nobody will contact you because of it.",
    "question": "All right. I haven't sent your question.",
    "note": "All right. I haven't passed anything on.",
}
SEND_UNFINISHED = button("Send what I have so far", "send_unfinished")
# Without these consents there is no history, but the team may still be asked to get in touch.
CONTACT_WITHOUT = ("consent-share", "consent-not-emergency")


def send(run: Run, before: Sequence[Line] = ()) -> Outcome:
    """Hand the run to the team; nothing of it is open any more. A note without words is none."""
    if run.kind == "note" and not run.has("note"):
        return stop(run)
    hand_over = {
        "intake": service.submit_intake,
        "callback": service.request_callback,
        "question": service.pass_question,
        "note": service.send_note,
    }[run.kind]
    run.remember()
    hand_over(run.s, run.intake, settings=run.parts.settings)
    return Outcome([*before, Line(_what_happens_next(run)), _what_else(run)], goes_on=False)


def send_unfinished(run: Run) -> Line:
    """Hand over a history as far as it goes, at the visitor's wish; it can still be finished."""
    on = [GO_ON, *STARTERS]
    if not run.reachable():
        return Line("I don't have your name and a way to reach you yet, so the team couldn't answer. Nothing has been sent.", on)
    service.send_unfinished(run.s, run.intake, settings=run.parts.settings)
    return Line(f"I've sent what you gave so far. {_next_steps(run, TEAM_WILL)}", on)


def stop(run: Run) -> Outcome:
    """Leave off; what was given is kept, and a history can be gone on with."""
    run.set_status("withdrawn" if run.kind == "note" else "stopped")
    run.remember()
    buttons = list(STARTERS)
    if run.kind == "intake":
        buttons = [GO_ON, *([SEND_UNFINISHED] if run.reachable() else []), *buttons]
    return Outcome([Line(SAVED[run.kind], buttons)], goes_on=False)


def end(run: Run, ending: Ending, before: Sequence[Line] = ()) -> Outcome:
    """End the run because of an answer, with the way to the clinic that is left."""
    run.state["ended"] = ending.code
    run.remember()
    run.set_status("ended")
    phone = run.parts.clinic.get("phone")
    by_team = ending.link_id in CONTACT_WITHOUT
    route = f"You can call the clinic at {phone}." if phone else "You can contact the clinic directly."
    if by_team:
        route += " Or I can ask the team to contact you."
    line = Line(f"{ending.text} {route}", list(STARTERS if by_team else STARTERS[:1]))
    item = run.find(ending.questionnaire, ending.link_id)
    dated = run.answers.get(item.key) if item is not None and item.type == "date" else None
    if dated is not None and dated.answered:
        line.text += f' I read {shown(item, dated)}. If that is a typing mistake, type "start" to begin again.'
    return Outcome([*before, line], goes_on=False)


def end_for(run: Run, code: str) -> Outcome:
    """End the run in the words of the questionnaire's ending of this code, whatever was told it otherwise."""
    endings = ((rule, item) for q in run.player.questionnaires for item in q.flat for rule in item.end_when)
    rule, item = next((rule, item) for rule, item in endings if rule.code == code)
    return end(run, Ending(code, rule.text, item.questionnaire, item.link_id))


def crisis(run: Run, item: Item, answer: Answer, category: str) -> Outcome:
    """The crisis text, because of an answer; the run waits until the visitor chooses to go on."""
    run.remember()
    reply = take_over(
        run.s,
        run.intake.conversation_id,
        category=category,
        rule=f"{item.questionnaire}/{item.link_id}",
        version=run.questionnaire(item).version,
        words=f"{item.prompt} {shown(item, answer)}",
        replies=run.parts.replies,
        settings=run.parts.settings,
        clinic=run.parts.clinic,
    )
    return Outcome([crisis_line(reply)], goes_on=False)


def _what_happens_next(run: Run) -> str:
    if run.kind == "note":
        return NOTED
    if run.kind == "question" and not run.has("reach"):
        return f"{SENT['question']} {UNREACHABLE} {NOT_LIVE}"
    return f"{SENT[run.kind]} {_next_steps(run, promise='' if run.kind == 'callback' else TEAM_WILL)}"


def _next_steps(run: Run, promise: str) -> str:
    """By when they hear from the team, else that they do, how to change it, and what this chat is not."""
    clinic = run.parts.clinic
    phone = clinic.get("phone")
    change = f"To change or delete it, write it here or call {phone}." if phone else (
        "To change or delete it, write it here or tell the team when they contact you."
    )
    return " ".join(filter(None, [clinic.get("response_time") or promise, change, NOT_LIVE]))


def _what_else(run: Run) -> Line:
    """What the conversation can go on with once something was sent: an open history comes first."""
    if intakes.current_intake(run.s, run.intake.conversation_id, kind="intake") is not None:
        return Line("Would you like to go on with your history?", [GO_ON])
    leave_one = [LEAVE_ONE] if run.kind == "question" and not run.has("reach") else []
    return Line("What would you like to do?", [*leave_one, *STARTERS])
