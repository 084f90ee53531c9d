"""Rasa component: while a question of the history is pending, tells an answer from everything else.

Which question waits stands in the slot ``pending``. What fits it (an option, a yes or no, a date, a number) is an
answer, unless it asks something; what asks something the assistant can answer is a question; a plain command (skip,
back, why, stop) is one. For free text nearly everything is an answer, because a lost answer is worse than a question
that has to be asked again: there only a question in form, or a clear command, is taken as one.

Without a pending question a message is never an answer.
"""
from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as IntentClassifierBase
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.intake import choices, polarity
from bot.intake.answers import AnswerError
from bot.intake.contact import parse_email, parse_phone, parse_phone_or_email
from bot.intake.dates import parse_date
from bot.intake.questionnaire import Option
from bot.nlu.faq_retriever import RETRIEVAL, Retrieval
from bot.nlu.fallback import FALLBACK, put_intent
from bot.nlu.intent_classifier import Verdict, intent_of, verdicts
from bot.nlu.text import clean, is_payload, sentences

ANSWER = "answer"
# What runs the history, wherever it stands; the classifier may name one of these when the words are few.
COMMANDS = ("skip", "go_back", "why", "repeat", "stop", "review", "submit", "change_answer", "delete_my_data", "talk_to_human")
# These interrupt at any question, but are hardly ever commands in a long text.
_ASIDES = (*COMMANDS, "start_intake", "resume_intake", "bot_challenge", "pass_question", "ask_question")
_COURTESIES = ("thanks", "goodbye")  # answered when they are all that was said

_START = r"(?:(?:ok|okay|well|so|and|but|um|uh|hi|hey|hello|wait|also|sorry|oh|yes|no|yeah|yep|sure|actually|please)\b[\s,.-]*)*"
_AUXILIARY = (
    r"(?:do|does|did|can|could|is|are|am|was|were|will|would|should|shall|may|has|have)\s+(?!you\s+know\s+what)"
    r"(?:i|you|u|we|they|he|she|it|this|that|there|the|my|your|ketamine|someone|anyone|insurance|people|a|any)\b"
)
_QUESTION_START = re.compile(
    rf"^{_START}(?:{_AUXILIARY}|(?:how|what|whats|what's|when|where|wheres|who|which|whose)\b|why\b|"
    r"(?:tell me|explain|i wonder|i was wondering|i'm wondering|wondering|i'd like to know|i want to know|"
    r"i wanted to ask|just curious|curious|any idea|do u|r u|will i|what if|is it|isnt|isn't|aren't|doesn't|don't you|"
    r"won't|can't i|can't you|wouldn't)\b)",
    re.IGNORECASE,
)
_FREE = ("text", "string")
_WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_YES_NO = {"yes", "no", "not sure", "prefer not to say"}


@dataclass(frozen=True)
class Pending:
    """The question that waits for an answer, as the slot holds it."""

    questionnaire: str
    link_id: str
    type: str
    options: tuple[str, ...]
    format: str | None

    @classmethod
    def of(cls, slot: Mapping[str, Any] | None) -> Pending | None:
        if not slot:
            return None
        return cls(
            slot.get("questionnaire") or "",
            slot.get("link_id") or "",
            slot.get("type") or "text",
            tuple(slot.get("options") or ()),
            slot.get("format"),
        )

    @property
    def takes_questions(self) -> bool:
        """The visitor was asked for a question: whatever they ask is the answer."""
        return self.questionnaire == "question" and self.link_id == "question"


def asks(text: str) -> bool:
    """Whether one sentence has the form of a question."""
    return text.rstrip(" .!)").endswith("?") or bool(_QUESTION_START.match(text))


def fits(pending: Pending, text: str) -> bool:
    """Whether the text, as a whole, reads as an answer of the pending kind."""
    if pending.type == "boolean" or pending.options:
        return _fits_options(pending, text)
    reader = _reader(pending)
    if reader is None:
        return False
    try:
        reader(text)
    except AnswerError as error:
        return error.reason == "ambiguous"  # "call me after 3 or 4"; it is meant as an answer all the same
    return True


def _fits_options(pending: Pending, text: str) -> bool:
    if {o.lower() for o in pending.options} & _YES_NO or pending.type == "boolean":
        if polarity.read(text) is not None:
            return True
    options = [Option(code=str(i), display=label, system=None, value=label) for i, label in enumerate(pending.options)]
    if not options:
        return False
    try:
        choices.match(options, text)
    except AnswerError as error:
        return error.reason in ("ambiguous", "unsure")
    return True


def _reader(pending: Pending) -> Callable[[str], Any] | None:
    if pending.type in ("date", "dateTime"):
        return lambda text: parse_date(text, dt.date.today(), birth=pending.format == "birth-date")
    if pending.type in ("integer", "decimal", "quantity"):
        return _number
    return {"phone": parse_phone, "email": parse_email, "phone-or-email": parse_phone_or_email}.get(pending.format or "")


def _number(text: str) -> None:
    if not re.search(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|none|zero)\b", text, re.IGNORECASE):
        raise AnswerError("not-a-number", "")


def decide(
    pending: Pending,
    text: str,
    found: Sequence[Verdict],
    retrieval: Retrieval | None,
    intent: str,
    *,
    faq_trust: float,
    command_trust: float,
) -> str:
    """The intent of a message while a question is pending.

    Args:
        pending: the question.
        text: the message, as typed.
        found: the classifier's verdicts, whole text first.
        retrieval: the best FAQ answer.
        intent: what the message would be if nothing were pending.
        faq_trust: least trust for an FAQ in a sentence that asks something.
        command_trust: least trust for a command.
    """
    typed = clean(text)
    if pending.takes_questions and not (found and found[0].label in COMMANDS and len(_WORDS.findall(typed)) <= 4):
        return ANSWER
    command = _command(pending, typed, found, command_trust)
    if command:
        return command
    parts = sentences(text) or [typed]
    asking = [part for part in parts if asks(part)]
    if not asking:
        return ANSWER if pending.type in _FREE or fits(pending, typed) else _unasked(pending, typed, intent, found)
    if pending.type in _FREE and not _only_asks(parts, asking):
        return ANSWER  # a story that holds a question is kept whole
    if fits(pending, typed) and not typed.rstrip().endswith("?"):
        return ANSWER
    if retrieval is not None and retrieval.trust >= faq_trust:
        return intent_of(retrieval.key)
    return intent if intent != ANSWER else FALLBACK


def _only_asks(parts: Sequence[str], asking: Sequence[str]) -> bool:
    """Whether nothing was said beside the questions but a word or two."""
    said = sum(len(_WORDS.findall(part)) for part in parts if part not in asking)
    return said <= 3


def _command(pending: Pending, typed: str, found: Sequence[Verdict], least: float) -> str | None:
    """A command, where the whole message is one."""
    if not found:
        return None
    whole, words = found[0], len(_WORDS.findall(typed))
    if whole.label in _COURTESIES and words <= 4 and whole.trust >= least:
        return whole.label
    if whole.label not in _ASIDES or whole.trust < least:
        return None
    if fits(pending, typed) and not (words <= 3 and whole.trust > 0.9 and not _fits_options(pending, typed)):
        return None
    return whole.label if words <= 14 else None


def _unasked(pending: Pending, typed: str, intent: str, found: Sequence[Verdict]) -> str:
    """No question, and nothing that the pending kind can read: an attempt at an answer, or something else."""
    if intent in (ANSWER, FALLBACK, "affirm", "deny", "out_of_scope", "greet", "thanks", "goodbye"):
        return ANSWER if intent not in ("greet", "thanks", "goodbye") else intent
    if intent == "faq":
        return ANSWER if len(_WORDS.findall(typed)) > 2 else intent
    return intent


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class AnswerDetector(GraphComponent, IntentClassifierBase):
    """Answer or digression, by what is pending; see the module."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"faq_trust": 0.4, "command_trust": 0.6}

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AnswerDetector:
        return cls(config)

    def process(self, messages: list[Message], tracker: DialogueStateTracker) -> list[Message]:
        pending = Pending.of(tracker.get_slot("pending")) if tracker else None
        if pending is None:
            return messages
        for message in messages:
            text = message.get(TEXT)
            if not text or is_payload(text):
                continue
            before = message.get("intent") or {}
            name = decide(
                pending,
                text,
                verdicts(message),
                message.get(RETRIEVAL),
                before.get("name") or FALLBACK,
                faq_trust=self._config["faq_trust"],
                command_trust=self._config["command_trust"],
            )
            if name != before.get("name"):
                put_intent(message, name, 1.0 if name == ANSWER else before.get("confidence", 0.0))
        return messages
