"""A person who was taken in: play a run with typed answers and hand it over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from bot.handoff import service
from bot.handoff.runs import questionnaires
from bot.intake import Player
from bot.records import conversations, intakes
from bot.records.models import Handoff, Intake
from bot.settings import Settings
from tests.records_fixtures import make_settings

NAME = "Marguerite Okonkwo"
SYMPTOM = "I wake up screaming"
CONSENTS = {f"consent-{what}": "yes" for what in ("privacy", "share", "contact", "not-emergency")}
PERSON = {
    **CONSENTS,
    "state": "Oregon",
    "city": "Salem",
    "name": NAME,
    "preferred-name": "Margo",
    "birth-date": "March 4, 1987",
    "phone": "503-555-0123",
    "email": "margo@example.org",
    "contact-way": "call",
    "voicemail-ok": "no",
    "text-ok": "yes",
    "safe-contact": "yes",
    "best-time": "after six",
    "reason": SYMPTOM,
    "goals": "to sleep",
    "ptsd-diagnosed": "yes",
    "suicidal-now": "no",
    "suicidal-3-months": "no",
    "suicidal-ever": "no",
    "high-bp": "no",
    "heart": "no",
    "stroke-aneurysm": "no",
    "pregnant": "no",
    "breastfeeding": "no",
    "medications": "sertraline 100 mg, Xanax as needed",
    "allergies": "penicillin",
    "ride-home": "yes",
    "gate": "yes",
    "nightmares": "yes",
    "avoidance": "yes",
    "on-guard": "yes",
    "numb": "yes",
    "guilt": "no",
}
CALLBACK = {"name": "Sam", "reach": "503-555-0199", "best-time": "mornings", "safe-message": "yes"}
QUESTION = {
    "question": "Do you treat veterans at night?",
    "name": "Sam",
    "reach": "sam@example.org",
    "safe-message": "yes",
}


def new_conversation(s: Session) -> str:
    return conversations.create_conversation(s, timedelta(hours=1)).id


def play(s: Session, kind: str, typed: Mapping[str, str], conversation_id: str | None = None) -> Intake:
    """A run answered to its end: what is not typed is skipped."""
    intake = intakes.start_intake(s, conversation_id or new_conversation(s), kind)
    answers: dict = {}
    played = Player(questionnaires(kind), answers)
    while (item := played.next_item()) is not None:
        words = typed.get(item.link_id)
        answer = answers[item.key] = played.skip(item) if words is None else played.parse(item, words)
        intakes.save_answer(
            s, intake, item.questionnaire, "2026-1", item.link_id, item.text, answer.status, answer.values, answer.text
        )
    return intake


def submit(s: Session, kind: str = "intake", settings: Settings | None = None, **typed: str | None) -> Handoff:
    """A run that was sent. Keyword arguments change answers (with _ for -); None skips the question."""
    usual = {"intake": PERSON, "callback": CALLBACK, "question": QUESTION}[kind]
    changed = {link.replace("_", "-"): words for link, words in typed.items()}
    given = {link: words for link, words in {**usual, **changed}.items() if words is not None}
    send = {"intake": service.submit_intake, "callback": service.request_callback, "question": service.pass_question}[
        kind
    ]
    return send(s, play(s, kind, given), settings=settings or make_settings())


def crisis(s: Session, conversation_id: str, words: str = "I want to die", **changes) -> Handoff:
    about = {"category": "suicidal", "rule": "direct", "version": "7", "shown": "Call or text 988.", **changes}
    settings = about.pop("settings", None) or make_settings()
    return service.report_crisis(s, conversation_id, words=words, settings=settings, **about)
