"""Rasa component: while a question of the history is pending, tells an answer from everything else.

Which question waits stands in the slot ``pending``. What fits it (an option, a yes or no, a date, a number) is an
answer, unless it asks something; what asks something the assistant can answer is a question; a plain command (skip,
back, why, stop) is one. For free text nearly everything is an answer, because a lost answer is worse than a question
that has to be asked again: there only a question in form, or a clear command, is taken as one. An answer with a question in it
is kept whole, and the question is answered besides (``beside`` in the parse result).

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
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.intake import choices, polarity
from bot.intake.answers import AnswerError
from bot.intake.contact import parse_email, parse_phone, parse_phone_or_email
from bot.intake.dates import parse_date
from bot.intake.questionnaire import Option
from bot.nlu import forms
from bot.nlu.fallback import FALLBACK, put_intent
from bot.nlu.faq_retriever import RETRIEVAL, Retrieval
from bot.nlu.forms import WORDS
from bot.nlu.intent_classifier import Verdict, intent_of, verdicts
from bot.nlu.text import clean, is_payload

ANSWER = "answer"
BESIDE = "beside"  # key of the parse result: ids of the answers that an answer asks for
MOST_BESIDE = 2
# What runs the history; the classifier may name one of these where the rules of form do not.
COMMANDS = ("skip", "go_back", "why", "repeat", "stop", "review", "submit", "change_answer", "delete_my_data", "talk_to_human")
_ASIDES = (*COMMANDS, "send_unfinished", "start_intake", "resume_intake", "bot_challenge", "pass_question", "ask_question")
_COURTESIES = ("thanks", "goodbye")  # answered when they are all that was said
_COURTEOUS = re.compile(r"\b(?:thank\w*|thx|ty|tysm|appreciate\w*|cheers|bye\w*|good ?bye|good ?night|see you|take care|ttyl)\b", re.IGNORECASE)
_CHAT = ("greet", "thanks", "goodbye")
_LONGEST_ASIDE = 16  # words; the classifier takes longer texts of a story for a command too easily
# Least trust for an aside where any words may be the answer: in a story, in a name or place, and there for what is no command.
_IN_STORY, _IN_NAME, _WISH_IN_NAME, _LONGEST_NAME = 0.8, 0.8, 0.93, 4  # "Robin Callback" is a name
# Least trust for what sounds like a question about the clinic: "who would be calling", "is this on everybody's form".
_LIKE_A_QUESTION = {"talk_to_human": 0.9, "why": 0.75, "repeat": 0.8, "start_intake": 0.85, "change_answer": 0.85, "bot_challenge": 0.85}
# A yes, a no or what reads as an answer stands in a command now and then: "I don't want to go on", "nope, cancel all of this".
_PLAIN_COMMANDS = ("skip", "stop", "go_back", "change_answer", "why", "repeat")
_WITH_A_NO, _WITH_AN_ANSWER, _WORDS_WITH_AN_ANSWER = 0.8, 0.85, 5
_SAID_BESIDE = 8  # words that may stand beside a question in free text, before the text is an answer with a question in it
_FREE = ("text", "string")
_YES_OR_NO = re.compile(r"\b(?:yes|yeah|yep|yup|no|nope|nah|sure|ok|okay|fine|go ahead|not|never|none|don'?t|doesn'?t|didn'?t|haven'?t)\b", re.IGNORECASE)
# "I heard ketamine wrecks your bladder" for a name: a worry told about the treatment, which waits for an answer.
_TREATMENT = re.compile(
    r"\b(?:ketamine|ket|treatments?|infusions?|sessions?|clinic|insurance|drips?|ivs?|needles?|high|trip|side effects?|dose|"
    r"(?:this|that|the) (?:stuff|drug|med|medicine)|you (?:guys|all|people|folks))\b",
    re.IGNORECASE,
)
_WORRY_TRUST, _WORDS_OF_A_WORRY = 0.85, 5
_CONTACT = ("phone", "email", "phone-or-email")
_HAS_NONE = re.compile(r"\b(?:don'?t|do not) (?:have|use|own|got)\b|\bha(?:ve|s) (?:none|no)\b|^(?:none|no|nope|n/?a)\b", re.IGNORECASE)
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
    yes_or_no = pending.type == "boolean" or bool({label.lower() for label in pending.options} & _YES_NO)
    if yes_or_no and polarity.read(text) is not None:
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
    medicines: Sequence[str] = (),
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
        medicines: what the message calls the medicines in it.
    """
    typed = clean(text)
    words = len(WORDS.findall(typed))
    ordered = forms.command(typed)
    if pending.takes_questions:
        return ordered if ordered and ordered != "why" and words <= 5 else ANSWER
    if ordered and not (ordered == "skip" and _declines(pending, typed)) and not _names(typed, medicines):
        return ordered
    if pending.format in _CONTACT and words <= 8 and _HAS_NONE.search(typed) and not fits(pending, typed):
        return "skip"
    if found and found[0].label in _COURTESIES and words <= 5 and _COURTEOUS.search(typed):
        return found[0].label
    aside = _aside(pending, typed, words, found, command_trust)
    if aside:
        return ANSWER if aside == "skip" and _declines(pending, typed) else aside
    if forms.asks_somewhere(text):
        if pending.type == "text" and _names(forms.said_beside(text), medicines):
            return ANSWER  # "lisinopril, does that mix?" gives a medicine; it must not be lost
        return _asked(pending, text, typed, retrieval, intent, faq_trust)
    if pending.type == "text" or fits(pending, typed) or _names(typed, medicines):
        return ANSWER
    if retrieval is not None and _is_worry(pending, typed, words, retrieval):
        return intent_of(retrieval.key)
    return ANSWER if pending.type in _FREE else _told(pending, typed, found, retrieval, intent)


def asked_beside(text: str, found: Sequence[Verdict], least: float) -> list[str]:
    """The answers that an answer asks for besides: "sertraline 100, does that mix with ketamine?"

    A sentence that asks says what for; where it points back ("does that mix"), the message does.

    Args:
        text: the message, as typed.
        found: the classifier's verdicts, whole text first.
        least: how far a reading must be trusted to want an answer.
    """
    if not forms.asks_somewhere(text):
        return []
    certain = [verdict for verdict in found if verdict.trust >= least and "/" in verdict.label]
    asking = [verdict for verdict in certain if forms.asks(verdict.text)]
    return list(dict.fromkeys(verdict.label.partition("/")[2] for verdict in asking[-MOST_BESIDE:] or certain[:1]))


def _names(text: str, medicines: Sequence[str]) -> bool:
    return any(medicine in text for medicine in medicines)


def _asked(
    pending: Pending, text: str, typed: str, retrieval: Retrieval | None, intent: str, faq_trust: float
) -> str:
    """A message that asks: a question, or an answer with a question in it."""
    certain = retrieval is not None and retrieval.trust >= faq_trust
    free = pending.type in _FREE and pending.format is None
    if free and (pending.type == "text" or not certain) and not forms.only_asks(text, _SAID_BESIDE):
        return ANSWER  # a story that holds a question is kept whole; nobody tells one for a name or a place
    if fits(pending, typed) and not forms.only_asks(text, 0) and not (certain and typed.rstrip().endswith("?")):
        return ANSWER
    if certain:
        return intent_of(retrieval.key)
    return FALLBACK if intent in (ANSWER, "affirm", "deny", *_CHAT, *_LIKE_A_QUESTION) else intent


def _told(pending: Pending, typed: str, found: Sequence[Verdict], retrieval: Retrieval | None, intent: str) -> str:
    """Nothing is asked, and nothing of the pending kind can be read: an attempt at an answer, or a bare topic."""
    if _YES_OR_NO.search(typed):
        return ANSWER
    if intent in _CHAT and found and found[0].trust > 0.85:
        return intent
    short = len(WORDS.findall(typed)) <= 3 and not re.search(r"[,\d]", typed)  # "I'm 67" is no topic
    bare_topic = short and retrieval is not None and retrieval.trust > 0.9 and intent_of(retrieval.key) == intent
    if bare_topic and not _related(pending, retrieval.key):
        return intent
    return ANSWER


def _is_worry(pending: Pending, typed: str, words: int, retrieval: Retrieval) -> bool:
    told = words >= _WORDS_OF_A_WORRY and _TREATMENT.search(typed) and not _YES_OR_NO.search(typed)
    return bool(told) and retrieval.trust >= _WORRY_TRUST and not _related(pending, retrieval.key)


def _related(pending: Pending, key: str) -> bool:
    """Whether the answer is about what was asked: "afib" at ``heart`` is an answer, not the question heart_or_stroke."""
    return bool(set(re.split(r"[-_/ ]", pending.link_id)) & set(re.split(r"[-_/]", key)))


def _aside(pending: Pending, typed: str, words: int, found: Sequence[Verdict], least: float) -> str | None:
    """What the classifier takes for a command or a wish, where the message is short and no answer."""
    if not found or words > _LONGEST_ASIDE:
        return None
    whole = found[0]
    if whole.label not in _ASIDES:
        return None
    least = max(least, _LIKE_A_QUESTION.get(whole.label, 0.0))
    if pending.type in _FREE and pending.format is None and words > 3:
        least = max(least, _IN_STORY)
    if pending.type == "string":
        wish = words <= _LONGEST_NAME and (whole.label not in COMMANDS or whole.label == "talk_to_human")
        least = max(least, _WISH_IN_NAME if wish else _IN_NAME)
    if whole.trust < least:
        return None
    plain = whole.trust if whole.label in _PLAIN_COMMANDS else 0.0
    if fits(pending, typed):
        return whole.label if plain >= _WITH_AN_ANSWER and words >= _WORDS_WITH_AN_ANSWER else None
    return whole.label if plain >= _WITH_A_NO or not _YES_OR_NO.search(typed) else None


def _declines(pending: Pending, typed: str) -> bool:
    """Whether the text chooses "prefer not to say" where that is an answer of its own."""
    if "prefer not to say" not in {label.lower() for label in pending.options} or re.search(r"\b(?:skip|pass|next|move)\b", typed, re.I):
        return False
    reading = polarity.read(typed)
    return reading is not None and reading.meaning == polarity.DECLINED


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class AnswerDetector(GraphComponent, IntentClassifierBase):
    """Answer or digression, by what is pending; see the module."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"faq_trust": 0.4, "command_trust": 0.6, "beside_trust": 0.6}

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
                medicines=[clean(text[e["start"] : e["end"]]) for e in message.get(ENTITIES, ()) if e["entity"] == "medication"],
            )
            if name == ANSWER and not pending.takes_questions:
                message.set(BESIDE, asked_beside(text, verdicts(message), self._config["beside_trust"]), add_to_output=True)
            if name != before.get("name"):
                put_intent(message, name, 1.0 if name in (ANSWER, *COMMANDS) else before.get("confidence", 0.0))
        return messages
