"""The summary that staff read: one shape for every kind of handoff, made when the handoff is and kept with it.

What staff see is what the person sent, so the summary is a snapshot. Only three things are read anew each time: the state
of the handoff itself, what the person wrote about it later, and, where somebody is in a crisis, how to reach them, which
they may say after the crisis began.
Of answers that were not sent, staff see nothing but name, place and contact, and those only with a crisis or a message
that the assistant could not answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.handoff import flags
from bot.handoff.rules import LEVELS, Key
from bot.handoff.runs import player
from bot.intake import Answer, Player, Score, polarity, score, show_date
from bot.records import conversations, intakes
from bot.records.models import Handoff, Intake

CATEGORIES = {
    "suicidal": "thoughts of suicide",
    "passive": "wishes not to live",
    "self_harm": "self-harm",
    "harm_to_others": "harming somebody else",
    "abuse": "violence or abuse",
    "medical_emergency": "a medical emergency",
    "overdose": "an overdose or poisoning",
    "disorientation": "being confused or out of touch",
    "third_party": "somebody else at risk",
    "minor": "somebody under 18",
    "withdrawal": "withdrawal",
}
KINDS = {
    "intake": "History taken",
    "callback": "Asks to be contacted",
    "crisis": "Crisis message",
    "question": "Question for the team",
    "unfinished": "Unfinished history",
}
# part of `person` or of `person.contact` -> questions that fill it
PERSON = {"name": ("name",), "preferred_name": ("preferred-name",), "birth_date": ("birth-date",), "phone": ("phone",),
          "email": ("email",)}  # fmt: skip
CONTACT = {
    "safe_contact": ("safe-contact",), "safe_message": ("safe-message",), "way": ("contact-way",),
    "voicemail_ok": ("voicemail-ok",), "text_ok": ("text-ok",), "best_time": ("best-time",), "state": ("state",),
    "city": ("city",), "pronouns": ("pronouns",),
}  # fmt: skip
# Answers about being reached whose words may hold a condition: "yes but not at work".
TERMS = ("consent-contact", "phone", "contact-way", "voicemail-ok", "text-ok", "safe-contact", "safe-message")
# What is said of the ways to be reached without a condition: "you can text my cell".
_UNCONDITIONED = re.compile(
    r"\b(?:i|do|that|it|this|is|its|it's|would|will|be|can|contact|the|an?|by|via|my|me|or|phone|cell|number|mobile|home|call|text|txt|e-?mail|telephone|message|safe|not safe|us)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d]{2,}")
CONTACT_CONSENTS = ("voicemail-ok", "text-ok")
REASONS = ("reason", "question", "about")  # of a history, of a question for the team, of a request to be contacted
# status of what is in `skipped` -> what it is called; older handoffs have no status
SKIPPED = {"skipped": "Skipped", "open": "Not reached before they stopped", "": "Skipped or not asked"}
OPEN = Answer("open")  # of a question not answered yet: an unfinished history may lack whether it is safe to call


def snapshot(
    s: Session, conversation_id: str, intake: Intake | None, *, pc_ptsd5_cut: int, now: datetime
) -> dict[str, Any]:
    """The part of a summary that is kept: everything but the state of the handoff.

    Args:
        intake: the run that was sent; None where nothing was (a crisis, a message that could not be answered).
    """
    empty: dict[str, Any] = {
        "person": known_person(s, conversation_id),
        "reason": None,
        **{part: [] for part in ("flags", "scores", "answers", "skipped", "medications", "conditions", "allergies")},
        "consents": [],
        "questions_asked": [
            {"text": asked.text, "faq_id": asked.faq_id, "at": asked.at.isoformat()}
            for asked in conversations.questions_asked(s, conversation_id)
        ],
    }
    if intake is None:
        return empty
    told = _of_run(player(s, intake), pc_ptsd5_cut, now)
    state = intake.state or {}
    raised = [*([helper_flag(state["helper"])] if state.get("helper") else []), *map(besides_flag, state.get("notes", ()))]
    return {**empty, **told, "flags": [*told["flags"], *raised]}


def summarize(s: Session, handoff: Handoff) -> dict[str, Any]:
    """The summary of a handoff in the contract's shape."""
    kept = handoff.data["summary"]
    person = kept["person"]
    if handoff.intake_id is None:
        person = _merged([known_person(s, handoff.conversation_id), person])
    return {
        "id": handoff.id,
        "kind": handoff.kind,
        "status": handoff.status,
        "urgency": handoff.urgency,
        "created": handoff.created_at.isoformat(),
        **kept,
        "person": person,
        "flags": sorted([*note_flags(handoff), *kept["flags"]], key=lambda flag: LEVELS.index(flag["level"])),
    }


def known_person(s: Session, conversation_id: str) -> dict[str, Any]:
    """Who somebody is and how to reach them, from all they told in a conversation, the newest first."""
    found = [
        _person({item.key: answer for item, answer in player(s, intake).review() if answer.status == "answered"})
        for intake in intakes.conversation_intakes(s, conversation_id)
    ]
    return _merged(found)


def note_flags(handoff: Handoff) -> list[dict[str, Any]]:
    """The flags of what the person wrote after sending, in the order in which they wrote it."""
    return [
        flags.flag("red", "withdrawn", "They asked to take this back or not to be contacted.", note["words"])
        if note["withdraws"]
        else flags.flag("amber", "added-after-sending", "They wrote this after sending.", note["words"])
        for note in handoff.data.get("notes", ())
    ]


def crisis_flag(event: Mapping[str, Any]) -> dict[str, Any]:
    """The flag of a crisis message."""
    what = CATEGORIES.get(event["category"], event["category"])
    return flags.flag("red", f"crisis-{event['category'].replace('_', '-')}", f"May be about {what}.", event["words"])


def helper_flag(words: str) -> dict[str, Any]:
    """The flag of a history that somebody else may have typed."""
    reason = "Somebody else may have typed this. Confirm consent and answers with the person."
    return flags.flag("amber", "typed-by-another", reason, words)


def besides_flag(words: str) -> dict[str, Any]:
    """The flag of what was written while the questions were asked, and belongs to no answer."""
    return flags.flag("amber", "said-besides", "They wrote this besides their answers.", words)


def crisis_reason(events: Sequence[Mapping[str, Any]]) -> str:
    """Why a crisis handoff exists, in a sentence or two."""
    what = list(dict.fromkeys(CATEGORIES.get(event["category"], event["category"]) for event in events))
    often = "" if len(events) == 1 else f" {len(events)} times"
    return f"What they wrote may be about {' and '.join(what)}. The crisis text was shown at once{often}."


def text(summary: Mapping[str, Any]) -> str:
    """The summary as plain text that is read in a minute, for printing and for the command line."""
    person, contact = summary["person"], summary["person"]["contact"]
    lines = [
        f"{KINDS[summary['kind']]} - {summary['urgency'].upper()} - {summary['status']}",
        f"Handoff {summary['id']}, {summary['created']}",
        *_section("WHO", _who(person)),
        *_section("HOW TO REACH THEM", [f"{_label(key)}: {_plain(contact[key])}" for key in contact]),
        *_section("WHY THEY COME", (summary["reason"] or "Not said.").splitlines()),
        *_section("FLAGS", [_flag_line(found) for found in summary["flags"]] or ["None."]),
    ]
    for found in summary["scores"]:
        lines += _section(found["instrument"].upper(), _score_lines(found))
    for title in ("medications", "allergies", "conditions"):
        lines += _section(title.upper(), [_substance_line(found) for found in summary[title]])
    for status, title in SKIPPED.items():
        left = [found for found in summary["skipped"] if found.get("status", "") == status]
        lines += _section(title.upper(), [_skipped_line(found) for found in left])
    lines += _section("CONSENTS", [_consent_line(found) for found in summary["consents"]])
    asked = dict.fromkeys(map(_question_line, summary["questions_asked"]))  # one that got two answers is one question
    lines += _section("QUESTIONS THEY ASKED", list(asked))
    lines += _section("ALL ANSWERS", [f"{a['question']} {a['text'] or _plain(a['value'])}" for a in summary["answers"]])
    return "\n".join(lines) + "\n"


def scores(played: Player, cut: int) -> list[Score]:
    """The scores of a run's instruments."""
    counting = {item.key: answer for item, answer in played.review()}
    return [found for q in played.questionnaires if (found := score(q, counting, cut=cut)) is not None]


def _of_run(played: Player, cut: int, now: datetime) -> dict[str, Any]:
    reviewed = played.review()
    given = {item.key: answer for item, answer in reviewed if answer.status == "answered"}
    asked = {item.key: OPEN for item in played.questions()} | {item.key: answer for item, answer in reviewed}
    found = scores(played, cut)
    return {
        "person": _person(given),
        "reason": _reason(given),
        "flags": flags.flags(asked, found, today=now.date()),
        "scores": [_score(one) for one in found],
        "answers": [_answer(key, given[key]) for key in given],
        "skipped": [
            {
                "questionnaire": item.questionnaire,
                "link_id": item.link_id,
                "question": item.text,
                "text": asked[item.key].text or None,
                "status": asked[item.key].status,
            }
            for item in played.questions()
            if item.key not in given
        ],
        "medications": flags.medications(given),
        "conditions": flags.conditions(given),
        "allergies": flags.allergies(given),
        "consents": [
            {
                "what": answer.question,
                "given": answer.values == [True],
                "version": answer.version,
                "at": answer.at.isoformat(),
            }
            for (_, link_id), answer in given.items()
            if link_id.startswith("consent-") or link_id in CONTACT_CONSENTS
        ],
    }


def _answer(key: Key, answer: Any) -> dict[str, Any]:
    return {
        "questionnaire": key[0],
        "link_id": key[1],
        "question": answer.question,
        "value": answer.values[0] if len(answer.values) == 1 else answer.values,
        "text": answer.text,
        "at": answer.at.isoformat(),
    }


def _score(found: Score) -> dict[str, Any]:
    return asdict(found)


def _person(given: Mapping[Key, Any]) -> dict[str, Any]:
    by_link = {link_id: answer for (_, link_id), answer in given.items()}

    def first(links: Iterable[str]) -> Any:
        return next((by_link[link].values[0] for link in links if link in by_link), None)

    person = {part: first(links) for part, links in PERSON.items()}
    reach = first(["reach"])
    if reach is not None:
        part = "email" if "@" in reach else "phone"
        person[part] = person[part] or reach
    contact = {part: _display(first(links)) for part, links in CONTACT.items()}
    words = [answer.text for link in TERMS if (answer := by_link.get(link)) and _WORDS.search(_UNCONDITIONED.sub(" ", polarity.beyond(answer.text or "")))]
    contact["in_their_words"] = "; ".join(f'"{text}"' for text in words) or None
    return {**person, "contact": {part: value for part, value in contact.items() if value is not None}}


def _merged(people: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One person out of several accounts of them; the first account that says something wins."""
    parts = {part: next((p[part] for p in people if p[part] is not None), None) for part in PERSON}
    contact: dict[str, Any] = {}
    for person in reversed(people):
        contact.update(person["contact"])
    return {**parts, "contact": contact}


def _reason(given: Mapping[Key, Any]) -> str | None:
    by_link = {link_id: flags.said(answer) for (_, link_id), answer in given.items()}
    parts = [by_link[link] for link in REASONS if link in by_link]
    parts += [f"Hopes for: {by_link['goals']}"] if "goals" in by_link else []
    return "\n".join(parts) or None


def _display(value: Any) -> Any:
    return value.get("display") or value.get("code") if isinstance(value, Mapping) else value


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(_display(value))


def _label(key: str) -> str:
    return {"way": "Prefers", "safe_contact": "Safe to contact", "safe_message": "Safe to leave a message"}.get(
        key, key.removesuffix("_ok").replace("_", " ").capitalize()
    )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _who(person: Mapping[str, Any]) -> list[str]:
    called = f" (goes by {person['preferred_name']})" if person["preferred_name"] else ""
    return [
        f"{person['name'] or 'Name not given'}{called}",
        f"Born: {show_date(person['birth_date']) if person['birth_date'] else 'not given'}",
        f"Phone: {person['phone'] or 'not given'}    E-mail: {person['email'] or 'not given'}",
    ]


def _flag_line(found: Mapping[str, Any]) -> str:
    words = f' "{found["words"]}"' if found["words"] else ""
    return f"[{found['level'].upper()}] {found['reason']}{words}"


def _score_lines(found: Mapping[str, Any]) -> list[str]:
    gate = {True: "yes", False: "no", None: "not answered"}[found["gate"]]
    total = "not complete" if found["score"] is None else f"{found['score']} of {found['max']}, {found['band']}"
    items = [
        f"{item['text']} {'no answer' if item['value'] is None else _plain(item['value'])}" for item in found["items"]
    ]
    return [f"{total} (cut {found['cut']}). Gate (ever such an event): {gate}.", *(items if found["gate"] else [])]


def _substance_line(found: Mapping[str, Any]) -> str:
    if found["words"] == found["name"]:
        return found["name"]
    status = "" if found["name"] == flags.NO_ALLERGIES else f" ({found['status']})"
    return f'{found["name"]}{status}: "{found["words"]}"'


def _consent_line(found: Mapping[str, Any]) -> str:
    return f"{'Given' if found['given'] else 'NOT GIVEN'}: {found['what']} (version {found['version']}, {found['at']})"


def _skipped_line(found: Mapping[str, Any]) -> str:
    words = found.get("text")  # what was typed before it was skipped; older handoffs lack it
    return f'{found["question"]} "{words}"' if words else found["question"]


def _question_line(found: Mapping[str, Any]) -> str:
    return found["text"] if found["faq_id"] else f"{found['text']} (not answered)"
