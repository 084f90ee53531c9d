"""Rasa component: decides the intent from all readings, and says `nlu_fallback` rather than guess.

The whole message speaks first. A sentence that is trusted may speak for it: a question after a greeting or a story, a
wish for a person. What nothing vouches for becomes `nlu_fallback`; the ranking stays in the parse result so that the
nearest questions can be offered. A wish for a person beside a question keeps the question (``beside`` in the parse result).
"""
from __future__ import annotations

from typing import Any, Sequence

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as IntentClassifierBase
from rasa.shared.nlu.training_data.message import Message

from bot.intake import polarity
from bot.nlu.faq_retriever import RETRIEVAL, Retrieval
from bot.nlu.forms import asks, asks_of_the_answer, introduces
from bot.nlu.intent_classifier import Verdict, intent_of, verdicts
from bot.nlu.text import clean

FALLBACK, START = "nlu_fallback", "start_intake"
BESIDE = "beside"  # key of the parse result: ids of the answers that a message asks for as well
YES_OR_NO = ("affirm", "deny")
GREET = "greet"
WHY = "why"  # what is asked about an answer that was given, too
PERSON, NEAR_A_PERSON = "talk_to_human", ("pass_question",)


def decide(
    found: Sequence[Verdict],
    retrieval: Retrieval | None,
    *,
    faq_trust: float,
    intent_trust: float,
    beside_trust: float = 0.0,
    person_share: float = 1.0,
    begin_trust: float = 0.0,
    first: Sequence[str] = (PERSON,),
    never: Sequence[str] = ("answer",),
) -> tuple[str, float]:
    """The intent of a message and how far it is trusted.

    Args:
        found: the whole message first, then its sentences.
        retrieval: the best answer, if there are retrieval intents.
        faq_trust: least trust for an answer to be said.
        intent_trust: least trust for any other intent,
        beside_trust: and for one that comes first, where an answer is asked for, too: "my doctor said to ask you: does it work".
        person_share: chance of a wish for a person from which it is taken for one, where nothing else is trusted or the
            message wants to be passed on to one.
        begin_trust: least trust for a wish to begin the history: it leads far from what was said.
        first: intents that win wherever they stand in the message.
        never: labels that are only evidence and no intent without a pending question.
    """
    answerable = retrieval is not None and retrieval.trust >= faq_trust
    for verdict in found:
        if verdict.label in first and verdict.trust >= (beside_trust if answerable else intent_trust):
            return verdict.label, verdict.trust
    whole = found[0]
    if answerable:
        return intent_of(retrieval.key), retrieval.trust
    least = begin_trust if whole.label == START else intent_trust
    trusted = "/" not in whole.label and whole.label not in never and whole.trust >= least
    if not trusted or whole.label in NEAR_A_PERSON:
        share = float(whole.probabilities[whole.labels == PERSON].sum())
        if share >= person_share:
            return PERSON, share
    return (whole.label, whole.trust) if trusted else (FALLBACK, 1.0 - whole.trust)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Fallback(GraphComponent, IntentClassifierBase):
    """The intent of a message, or `nlu_fallback`; see the module."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"faq_trust": 0.65, "intent_trust": 0.03, "beside_trust": 0.8, "person_share": 0.2, "begin_trust": 0.3}

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Fallback:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = verdicts(message)
            if found:
                retrieval = message.get(RETRIEVAL)
                name, trust = decide(
                    found,
                    retrieval,
                    faq_trust=self._config["faq_trust"],
                    intent_trust=self._config["intent_trust"],
                    beside_trust=self._config["beside_trust"],
                    person_share=self._config["person_share"],
                    begin_trust=self._config["begin_trust"],
                )
                text = clean(message.get("text"))
                if asks_of_the_answer(text) and WHY in found[0].labels:
                    put_intent(message, WHY, 1.0)
                elif introduces(text) and GREET in found[0].labels:
                    put_intent(message, GREET, 1.0)
                elif name in YES_OR_NO and asks(text) and polarity.read(text) is None:  # "is that normal"
                    put_intent(message, FALLBACK, 1.0 - trust)
                else:
                    put_intent(message, name, trust)
                if name == PERSON and retrieval is not None and retrieval.trust >= self._config["faq_trust"]:
                    message.set(BESIDE, retrieval.ids, add_to_output=True)
            elif message.get("text") and not message.get("text").startswith("/"):
                put_intent(message, FALLBACK, 1.0)  # nothing that can be read: only signs or spaces
        return messages


def put_intent(message: Message, name: str, confidence: float) -> None:
    """Set the intent and put it first in the ranking."""
    chosen = {"name": name, "confidence": float(confidence)}
    ranking = [entry for entry in message.get("intent_ranking") or [] if entry["name"] != name]
    message.set("intent", chosen, add_to_output=True)
    message.set("intent_ranking", [chosen, *ranking], add_to_output=True)
