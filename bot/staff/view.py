"""How stored things are said on a page: ages in words, local times, labels, and what to show first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone
from typing import Any

import phonenumbers
from flask import Flask
from markupsafe import Markup

from bot.handoff.summary import KINDS, SKIPPED
from bot.records import conversations
from bot.records.models import Message
from bot.staff.context import console

URGENCY = {"stat": "Stat", "urgent": "Urgent", "routine": "Routine"}
URGENCY_ORDER = {"stat": 0, "urgent": 1, "routine": 2}
STATUS = {"new": "New", "claimed": "Claimed", "reviewed": "Reviewed", "closed": "Closed"}
STATE = {"open": "with the assistant", "crisis": "paused after a crisis message", "staff": "with staff", "closed": "closed"}
LONG = 200  # characters of a question; what is longer is folded
LEVEL = {"red": "Red", "amber": "Amber", "info": "Info"}
AUTHOR = {"bot": "Assistant", "visitor": "Visitor", "staff": "Staff"}
SAFE_QUESTIONS = {"safe-contact", "safe-message"}
SAFE_CONTACT = ("safe_contact", "safe_message")
BAND = {
    "at or above cut": "at or above the cut",
    "near cut": "one below the cut: near cut, look closer",
    "below cut": "below the cut",
    "incomplete": "not every item was answered",
    "no event": "no such event, so no items were asked",
}
CONTACT = {
    "way": "Prefers",
    "voicemail_ok": "Voicemail",
    "text_ok": "Text messages",
    "safe_contact": "Safe to contact",
    "safe_message": "Safe to leave a message",
    "best_time": "Best time",
    "city": "City",
    "state": "State",
}
NOTICED = {
    "model": "the sense of what they wrote",
    "check-in": "their yes, when the assistant asked about it",
    "together": "what they wrote after the assistant had asked about it",
    "crisis-yes": "their yes, when the crisis text asked whether they are in danger",
}
ACTION = {
    "login": "logged in",
    "login_failed": "failed to log in",
    "logout": "logged off",
    "idle_logoff": "was logged off after inactivity",
    "password_changed": "changed the password",
    "password_renewed": "gave a new one-time password to",
    "password_refused": "gave a wrong present password",
    "view": "looked at",
    "print": "opened the print view of",
    "export": "exported",
    "claim": "claimed",
    "take": "took over the claim of",
    "release": "released",
    "note": "wrote a note on",
    "review": "marked as reviewed",
    "close": "closed",
    "reopen": "reopened",
    "take_over": "took over the chat of",
    "message": "wrote to the visitor of",
    "hand_back": "handed back the chat of",
    "settle": "marked as dealt with",
    "unsettle": "took back as not dealt with",
}


def register(app: Flask) -> None:
    """Make these words available in templates."""
    app.jinja_env.filters.update(
        ago=ago, when=when, stamp=stamp, plain=plain, phone=phone, phone_link=phone_link, sentence=sentence,
        contact_label=contact_label, noticed=noticed,
    )  # fmt: skip
    app.jinja_env.globals.update(
        KIND=KINDS, URGENCY=URGENCY, STATUS=STATUS, STATE=STATE, LEVEL=LEVEL, AUTHOR=AUTHOR, ACTION=ACTION,
        BAND=BAND, SKIPPED=SKIPPED, LONG=LONG,
    )  # fmt: skip


def ago(moment: datetime | str | None, now: datetime | None = None) -> str:
    """How long ago, in words: "just now", "4 minutes ago", "2 hours 10 minutes ago", "3 days ago"."""
    moment = _moment(moment)
    if moment is None:
        return ""
    minutes = int(((now or console().now()) - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{_count(minutes, 'minute')} ago"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{_count(hours, 'hour')} {_count(minutes, 'minute')} ago" if minutes else f"{_count(hours, 'hour')} ago"
    return f"{_count(hours // 24, 'day')} ago"


def when(moment: datetime | str | None) -> Markup | str:
    """A moment in the clinic's time, as a `<time>` element."""
    moment = _moment(moment)
    if moment is None:
        return ""
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(timespec="seconds"), stamp(moment))


def stamp(moment: datetime | str | None) -> str:
    """A moment in the clinic's time, as text: "Nov 23, 2026, 11:47 AM PST"."""
    moment = _moment(moment)
    if moment is None:
        return ""
    return console().clinic.time(moment)


def plain(value: Any) -> str:
    """A stored value in words: lists joined, choices by their display, booleans as yes and no, dates spelled out."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Mapping):
        return plain(value.get("display") or value.get("label") or value.get("code") or value.get("text"))
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(plain, value)))
    day = _day(str(value))
    return f"{day:%B} {day.day}, {day.year}" if day else str(value)


def years_old(birth_date: str | None, now: datetime) -> int | None:
    """Age in whole years; None when the date is unknown or cannot be read."""
    born = _day(birth_date or "")
    if born is None:
        return None
    today = now.astimezone(console().clinic.zone).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def phone_link(number: str | None) -> str:
    """The digits of a telephone number, for a `tel:` link."""
    return re.sub(r"[^\d+]", "", number or "")


def phone(number: str) -> str:
    """A telephone number as people here read it out: "(503) 555-0142"; as it is where it is no number."""
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return number
    here = parsed.country_code == 1
    style = phonenumbers.PhoneNumberFormat.NATIONAL if here else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(parsed, style))


def sentence(text: str | None) -> str:
    """A text with a capital letter at its start."""
    return text[:1].upper() + text[1:] if text else ""


def contact_label(key: str) -> str:
    """What a part of `person.contact` is called on the page."""
    return CONTACT.get(key, sentence(key.replace("_", " ").replace("-", " ")))


def short_name(person: Mapping[str, Any]) -> str:
    """A name for the queue, where others may look over the shoulder: "Jo A."; empty when unknown."""
    words = (person.get("name") or "").split()
    first = person.get("preferred_name") or (words[0] if words else "")
    last = f"{words[-1][0].upper()}." if len(words) > 1 else ""
    return f"{first} {last}".strip()


def count_levels(flags: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many flags of each level."""
    counts = dict.fromkeys(LEVEL, 0)
    for flag in flags:
        counts[flag["level"]] = counts.get(flag["level"], 0) + 1
    return counts


def safety_of_contact(told: Mapping[str, Any]) -> str | None:
    """Whether contacting this person could put them in danger.

    Returns:
        "no" where they said that it is not safe; "unknown" where they were asked and did not say that it is; "unasked"
        where they stopped before that question; None where it is safe or no question of this handoff. Read from the
        flags, from the answers, should a clinic drop the rules, and in a crisis from what they said in a history that
        they have not sent.
    """
    codes = {flag["code"] for flag in told["flags"]}
    contact = told["person"]["contact"]
    said = {_code(answer["value"]) for answer in told["answers"] if answer["link_id"] in SAFE_QUESTIONS}
    said |= {_code(contact[part]) for part in SAFE_CONTACT if contact.get(part)}
    left = {item.get("status") for item in told["skipped"] if item["link_id"] in SAFE_QUESTIONS}
    if "no" in said or any(code.endswith("-not-safe") for code in codes):
        return "no"
    if left == {"open"}:
        return "unasked"
    if said - {"yes"} or left or any(code.endswith("-safety-unknown") for code in codes):
        return "unknown"
    return None


def noticed(rule: str) -> str:
    """What noticed a crisis, in words that a nurse can use; the rule's own name is for whoever maintains the rules."""
    if "/" in rule:
        return "an answer to a question of the history"
    return NOTICED.get(rule, "words that they used")


def _code(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return _code(value[0]) if value else ""
    if isinstance(value, Mapping):
        return str(value.get("code") or plain(value)).lower()
    return plain(value).lower()


def said(message: Message) -> dict[str, Any]:
    """A line of the chat for the transcript. A visitor's line that nobody answered is marked."""
    shown = conversations.public(message)
    return {
        "id": shown["id"],
        "author": AUTHOR.get(shown["author"], shown["author"]),
        "by": shown["author"],
        "kind": shown["kind"],
        "text": shown["text"],
        "choices": [choice["label"] for choice in shown["choices"]],
        "at": stamp(message.at),
        "waiting": message.status in {"pending", "failed"},
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _moment(value: datetime | str | None) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
    if value is not None and value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    return value
