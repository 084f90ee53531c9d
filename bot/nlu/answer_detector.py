"""Rasa component: while a question of the history is pending, tells an answer from everything else.

Which question waits stands in the slot ``pending``. A plain command (skip, back, why, stop) is known by its form. For the rest
the evidence is weighed: whether the message fits what was asked for, has the form of a question, says yes or no, and what
the classifier takes it for, whose label `answer` is one among all (`Evidence`, `AnswerModel`). An answer with a question in
it is kept whole, and the question is answered besides (``beside`` in the parse result).

Without a pending question a message is never an answer.
"""
from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as IntentClassifierBase
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.handoff.runs import others
from bot.intake import amendments, choices, corrections, polarity
from bot.intake.answers import AnswerError
from bot.intake.contact import parse_email, parse_phone, parse_phone_or_email
from bot.intake.dates import parse_date
from bot.intake.helpers import speaks_for_another
from bot.intake.questionnaire import Option
from bot.nlu import forms
from bot.nlu.answer_model import ANSWER_MODEL, AnswerModel, inputs
from bot.nlu.fallback import BESIDE, FALLBACK, put_intent
from bot.nlu.faq_retriever import RETRIEVAL, Retrieval
from bot.nlu.forms import WORDS
from bot.nlu.intent_classifier import Verdict, intent_of, verdicts
from bot.nlu.sentence_encoder import readings
from bot.nlu.text import clean, is_payload

ANSWER = "answer"
MOST_BESIDE = 2
# What runs the history; the classifier may name one of these where the rules of form do not.
COMMANDS = (
    "skip", "go_back", "why", "repeat", "stop", "review", "submit", "change_answer", "progress", "start_over", "delete_my_data",
    "talk_to_human",
)  # fmt: skip
_ASIDES = (
    *COMMANDS, "withdraw_request", "send_unfinished", "start_intake", "resume_intake", "bot_challenge", "pass_question", "ask_question",
)  # fmt: skip
# What may stand beside a yes, a no or a date: "no, cancel all of this". A wish beside it does not count: "they can contact me, sure".
_BESIDE_WHAT_FITS = ("skip", "stop", "go_back", "change_answer", "why", "repeat", "withdraw_request")
# Least trust for what sounds like a question about the clinic: "who would be calling", "is this on everybody's form".
# And for what reads as an answer: "wake up rested", "just curious", "I want to complain about a nurse".
_LEAST_TRUST = {
    "talk_to_human": 0.88, "why": 0.75, "repeat": 0.8, "start_intake": 0.85, "change_answer": 0.85, "bot_challenge": 0.85,
    "resume_intake": 0.9, "ask_question": 0.95, "withdraw_request": 0.9,
}  # fmt: skip
_COURTESIES = ("thanks", "goodbye")  # answered when they are all that was said
_COURTEOUS = re.compile(r"\b(?:thank\w*|thx|ty|tysm|appreciate\w*|cheers|bye\w*|good ?bye|good ?night|see you|take care|ttyl)\b", re.IGNORECASE)
_PRONOUNS = re.compile(r"\b(?:she|her|hers|he|him|they|them|ze|xe|any|ella|[ée]l|elle)\b", re.IGNORECASE)
_CHAT = ("greet", *_COURTESIES)
_YES_OR_NO = re.compile(r"\b(?:yes|yeah|yep|yup|no|nope|nah|sure|ok|okay|fine|go ahead|not|never|none|don'?t|doesn'?t|didn'?t|haven'?t)\b", re.IGNORECASE)
_TREATMENT = re.compile(
    r"\b(?:ketamine|ket|treatments?|infusions?|sessions?|clinic|insurance|drips?|ivs?|needles?|high|trip|side effects?|dose|"
    r"(?:this|that|the) (?:stuff|drug|med|medicine)|you (?:guys|all|people|folks))\b",
    re.IGNORECASE,
)
_ADDRESSES = re.compile(r"\b(?:you|u|ya|y'?all|your|ur|they|there|it|this)\b")
_FIRST_PERSON = re.compile(r"\b(?:i|my|me|im|i'm|ive)\b")
_CONTACT = ("phone", "email", "phone-or-email")
_HAS_NONE = re.compile(r"\b(?:don'?t|do not) (?:have|use|own|got)\b|\bha(?:ve|s) (?:none|no)\b|^(?:none|no|nope|n/?a)\b(?!\W+(?:wait|i mean\w*|sorry|actually)\b)", re.IGNORECASE)
_KINDS = {"string": "string", "date": "date", "dateTime": "date", "integer": "number", "decimal": "number", "quantity": "number"}
# "Yes, but don't share it with my employer": no plain yes, and no wish to skip the question.
_LIMITED = re.compile(
    r"(?:yes|yeah|yep|yup|sure|ok|okay|fine|i agree)\b[\s,.;-]+(?:but|only|as long as|if|unless|just)\b(?!.*\b(?:skip|pass|next|stop|back|why|human|person)\b)", re.IGNORECASE
)
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

    @property
    def kind(self) -> str:
        """What is asked for, as the model knows it."""
        if self.type == "boolean" or self.options:
            return "choice"
        if self.format in _CONTACT:
            return "contact"
        return _KINDS.get(self.type, "text")


@dataclass(frozen=True)
class Heard:
    """A message and what the components before this one made of it."""

    text: str  # as typed
    found: tuple[Verdict, ...] = ()  # the classifier's verdicts, whole text first
    retrieval: Retrieval | None = None  # the best FAQ answer
    vector: np.ndarray | None = None  # of the whole text
    medicines: tuple[str, ...] = ()  # what the message calls the medicines in it

    @classmethod
    def of(cls, message: Message) -> Heard:
        text, read = message.get(TEXT), readings(message)
        return cls(
            text,
            tuple(verdicts(message)),
            message.get(RETRIEVAL),
            None if read is None else read.vectors[0],
            tuple(clean(text[e["start"] : e["end"]]) for e in message.get(ENTITIES, ()) if e["entity"] == "medication"),
        )


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


@dataclass(frozen=True)
class Evidence:
    """What speaks for a question or a wish, and against an answer; each is weighed by its name."""

    fits: bool  # reads as an answer of the pending kind
    asks: bool  # has a question's form somewhere
    only_asks: bool  # and says nothing else
    yes_or_no: bool
    medicine: bool  # names one, beside what is asked
    treatment: bool  # has a word for the treatment or the clinic
    addresses: bool  # speaks to the assistant or of something at hand: "you", "they", "it"
    told: bool  # "I", "my" beside what is asked, where a story is asked for
    length: float  # logarithm of its words
    answer: float  # log-odds of the label `answer`
    aside_trust: float  # that it is a command or wish; 0 where that is not to be followed
    faq_trust: float  # that it is the FAQ which the classifier takes it for; 0 where it takes it for none
    related_trust: float  # the most trust in an FAQ, where it is about what was asked

    @classmethod
    def of(cls, pending: Pending, heard: Heard, fitting: bool, command_trust: float) -> Evidence:
        """Of a message; ``fitting`` is what ``fits`` says of it, ``command_trust`` as in ``decide``."""
        typed, found, retrieval = clean(heard.text), heard.found, heard.retrieval
        whole, asks = found[0], forms.asks_somewhere(heard.text)
        said = clean(forms.said_beside(heard.text)) if asks else typed
        answer = float(whole.probabilities[whole.labels == ANSWER].sum())
        trust = max((verdict.trust for verdict in found if "/" in verdict.label), default=0.0)
        return cls(
            fits=fitting,
            asks=asks,
            only_asks=asks and forms.only_asks(heard.text),
            yes_or_no=bool(_YES_OR_NO.search(typed)),
            medicine=_names(said, heard.medicines),
            treatment=bool(_TREATMENT.search(typed)),
            addresses=bool(_ADDRESSES.search(typed)),
            told=pending.type == "text" and bool(_FIRST_PERSON.search(said)),
            length=math.log(len(WORDS.findall(typed)) + 1),
            answer=math.log(max(answer, 1e-4) / max(1 - answer, 1e-4)),
            aside_trust=whole.trust if _is_aside(whole, fitting, command_trust) else 0.0,
            faq_trust=whole.trust if "/" in whole.label else 0.0,
            related_trust=trust if retrieval is not None and _related(pending, retrieval.key) else 0.0,
        )


EVIDENCE = tuple(field.name for field in dataclasses.fields(Evidence))


def seen(pending: Pending, heard: Heard, found: Evidence) -> np.ndarray:
    """What the answer model sees of a message."""
    return inputs(dataclasses.astuple(found), pending.kind, heard.vector)


def evidence(pending: Pending, heard: Heard, command_trust: float) -> Evidence | None:
    """What has to be weighed of a message; None where its form alone says what it is."""
    fitting = fits(pending, clean(heard.text))
    if ordered(pending, heard, fitting):
        return None
    return Evidence.of(pending, heard, fitting, command_trust)


def _is_aside(whole: Verdict, fitting: bool, command_trust: float) -> bool:
    followed = _BESIDE_WHAT_FITS if fitting else _ASIDES
    return whole.label in followed and whole.trust >= max(command_trust, _LEAST_TRUST.get(whole.label, 0.0))


def ordered(pending: Pending, heard: Heard, fitting: bool) -> str | None:
    """What the form of a message alone says: a command, a courtesy, an answer that names a medicine or to who was asked for a question.

    None where the evidence has to be weighed.
    """
    text, found, medicines = heard.text, heard.found, heard.medicines
    typed = clean(text)
    words = len(WORDS.findall(typed))
    if pending.questionnaire == "intake" and speaks_for_another(text):
        return ANSWER  # whoever answers for another is told so by the history itself
    if amendments.amended(text, *others(pending.questionnaire, pending.link_id)):
        return "change_answer"
    if corrections.contradicts(text) or pending.type != "text" and corrections.says_wrong(text):
        return "change_answer"
    if pending.type == "boolean" and _LIMITED.match(typed) and not forms.asks_somewhere(text):
        return ANSWER
    command = forms.command(typed)
    if pending.takes_questions:
        return command if command and command != "why" and words <= 5 else ANSWER
    if command and not (command == "skip" and _declines(pending, typed)) and not _names(typed, medicines):
        return command
    if pending.format in _CONTACT and words <= 8 and _HAS_NONE.search(typed) and not fitting:
        return "skip"
    if pending.format in _CONTACT and fitting:
        return ANSWER  # "503-555-0142, let it ring, I'm slow": nothing else holds a number
    if typed.rstrip(".!?") in {clean(option).rstrip(".!?") for option in pending.options}:
        return ANSWER
    if found and found[0].label in _COURTESIES and words <= 5 and _COURTEOUS.search(typed):
        return ANSWER if pending.format == "pronouns" and _PRONOUNS.search(typed) else found[0].label  # "just she, thank you"
    if pending.type == "text" and forms.asks_somewhere(text) and _names(forms.said_beside(text), medicines):
        return ANSWER  # "lisinopril, does that mix?" gives a medicine; it must not be lost
    return None if found else ANSWER


def decide(pending: Pending, heard: Heard, intent: str, model: AnswerModel, *, faq_trust: float, command_trust: float) -> str:
    """The intent of a message while a question is pending.

    Args:
        pending: the question.
        heard: the message.
        intent: what the message would be if nothing were pending.
        model: weighs the evidence.
        faq_trust: least trust for an FAQ.
        command_trust: least trust for a command.
    """
    fitting = fits(pending, clean(heard.text))
    said = ordered(pending, heard, fitting)
    if said:
        return said
    if model.margins(seen(pending, heard, Evidence.of(pending, heard, fitting, command_trust))[None])[0] < 0:
        return ANSWER
    whole, retrieval = heard.found[0], heard.retrieval
    if _is_aside(whole, fitting, command_trust):
        return ANSWER if whole.label == "skip" and _declines(pending, clean(heard.text)) else whole.label
    if retrieval is not None and retrieval.trust >= faq_trust:
        return intent_of(retrieval.key)
    if intent in _CHAT and whole.trust > 0.85:
        return intent
    return FALLBACK if intent in (ANSWER, "affirm", "deny", *_CHAT, *_ASIDES) else intent


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
    asking = [verdict for verdict in certain if forms.asks(verdict.text) and not forms.points_back(verdict.text)]
    return list(dict.fromkeys(verdict.label.partition("/")[2] for verdict in asking[-MOST_BESIDE:] or certain[:1]))


def _names(text: str, medicines: Sequence[str]) -> bool:
    return any(medicine in text for medicine in medicines)


def _related(pending: Pending, key: str) -> bool:
    """Whether the answer is about what was asked: "afib" at ``heart`` is an answer, not the question heart_or_stroke."""
    return bool(set(re.split(r"[-_/ ]", pending.link_id)) & set(re.split(r"[-_/]", key)))


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

    def __init__(self, config: dict[str, Any], model: AnswerModel) -> None:
        self._config, self._model = {**self.get_default_config(), **config}, model
        if model.evidence != EVIDENCE:
            raise InvalidConfigException(f"{ANSWER_MODEL.name} was fitted on other evidence than there is: run `make weigh`.")

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AnswerDetector:
        return cls(config, AnswerModel.load())

    def process(self, messages: list[Message], tracker: DialogueStateTracker) -> list[Message]:
        pending = Pending.of(tracker.get_slot("pending")) if tracker else None
        if pending is None:
            return messages
        for message in messages:
            text = message.get(TEXT)
            if not text or is_payload(text):
                continue
            before, heard = message.get("intent") or {}, Heard.of(message)
            name = decide(
                pending,
                heard,
                before.get("name") or FALLBACK,
                self._model,
                faq_trust=self._config["faq_trust"],
                command_trust=self._config["command_trust"],
            )
            if name == ANSWER:
                asked = [] if pending.takes_questions else asked_beside(text, heard.found, self._config["beside_trust"])
                message.set(BESIDE, asked, add_to_output=True)
            if name != before.get("name"):
                put_intent(message, name, 1.0 if name in (ANSWER, *COMMANDS) else before.get("confidence", 0.0))
        return messages
