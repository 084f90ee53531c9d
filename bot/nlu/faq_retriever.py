"""Rasa component: which reviewed answers a message asks for. Fills ``response_selector`` as Rasa's ResponseSelector does.

The classifier has already weighed every FAQ id, for the whole message and for each sentence. Here the readings are
brought together: a question at the end of a story counts as much as the story, and two confident sentences that ask
for different things give two answers. Besides Rasa's keys the selection holds ``also``, the ids of further answers,
and ``offer``, the ids worth offering when nothing is certain.
"""
from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Sequence

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as IntentClassifierBase
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.forms import points_back
from bot.nlu.intent_classifier import Verdict, intent_of, verdicts

RETRIEVAL = "retrieval"  # message key, never part of the parse result
_FILE = "responses.json"
_JOIN = re.compile(r"\b(?:and|or|plus|also)\b|[,&/+]", re.IGNORECASE)
_JOINED_SHARE, _JOINED_SUM = 0.2, 0.6
LIKELY = 8  # labels of a reading that may be offered
LIKELY_TOPICS = 5  # of the whole message: a sentence that names one of them needs less trust


@dataclass(frozen=True)
class Retrieval:
    """The answers of one retrieval intent: ``key`` is the best ``faq/<id>`` and ``trust`` the chance that it is right."""

    key: str
    trust: float
    also: tuple[str, ...]  # further keys, each trusted as much as an answer needs
    ranking: tuple[tuple[str, float], ...]  # keys and probabilities, best first


def retrieve(
    found: Sequence[Verdict], intent: str, also_trust: float, alone_trust: float, length: int = 10
) -> Retrieval | None:
    """Bring the readings of one message together.

    Args:
        found: the whole message first, then its sentences.
        intent: the retrieval intent, such as ``faq``.
        also_trust: how far a sentence must be trusted to be a question of its own, where its topic is a likely one of the
            whole message,
        alone_trust: and where it is not.
    """
    ranking = _merged(found, intent)
    if not ranking:
        return None
    whole = found[0]
    likely = whole.labels[:LIKELY_TOPICS].tolist()
    certain: list[Verdict] = []
    parts = [part for part in found[1:] if part.label == whole.label or not points_back(part.text)]
    pointing = len(parts) < len(found) - 1
    for part in parts:
        least = also_trust if part.label in likely else alone_trust
        if intent_of(part.label) == intent and part.trust >= least and part.label not in {v.label for v in certain}:
            certain.append(part)
    if len(certain) > 1:
        return Retrieval(certain[0].label, max(v.trust for v in certain[:2]), tuple(v.label for v in certain[1:3]), ranking[:length])
    asked = [v for v in (whole, *parts) if intent_of(v.label) == intent]
    if asked:
        best = max(asked, key=lambda verdict: verdict.trust)
        also = () if pointing else _joined(found, intent, best.label)
        return Retrieval(best.label, best.trust, also, ranking[:length])
    return Retrieval(ranking[0][0], 0.0, (), ranking[:length])


def _joined(found: Sequence[Verdict], intent: str, best: str) -> tuple[str, ...]:
    """The second topic of a message that joins two: "I'm on Xanax and Lamictal, is either a problem"."""
    whole = found[0]
    first, second = whole.labels[:2].tolist()
    share, total = float(whole.probabilities[1]), float(whole.probabilities[:2].sum())
    if share < _JOINED_SHARE or total < _JOINED_SUM or not (len(found) > 1 or _JOIN.search(whole.text)):
        return ()
    other = {first: second, second: first}.get(best)
    return (other,) if other and intent_of(other) == intent and "/" in other else ()


def _merged(found: Sequence[Verdict], intent: str) -> tuple[tuple[str, float], ...]:
    """The likely keys, each with its highest probability in any reading."""
    best: dict[str, float] = {}
    for verdict in found:
        for label, probability in zip(verdict.labels[:LIKELY].tolist(), verdict.probabilities[:LIKELY].tolist(), strict=True):
            if "/" in label and intent_of(label) == intent:
                best[label] = max(best.get(label, 0.0), probability)
    return tuple(sorted(best.items(), key=lambda pair: -pair[1]))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FaqRetriever(GraphComponent, IntentClassifierBase):
    """The reviewed answers that fit a message; see the module."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"retrieval_intent": "faq", "also_trust": 0.5, "alone_trust": 0.85, "offered": 4, "offer_least": 0.05, "ranking_length": 10}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage, self._resource = model_storage, resource
        self._responses: dict[str, list[dict[str, Any]]] = {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FaqRetriever:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the responses: the ids themselves were learned by the classifier."""
        prefix = f"utter_{self._config['retrieval_intent']}/"
        self._responses = {key: said for key, said in training_data.responses.items() if key.startswith(prefix)}
        with self._model_storage.write_to(self._resource) as directory:
            (directory / _FILE).write_text(json.dumps(self._responses, ensure_ascii=False), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FaqRetriever:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as directory:
            component._responses = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = verdicts(message)
            if not found:
                continue
            retrieval = retrieve(
                found,
                self._config["retrieval_intent"],
                self._config["also_trust"],
                self._config["alone_trust"],
                self._config["ranking_length"],
            )
            if retrieval is not None:
                message.set(RETRIEVAL, retrieval)
                message.set("response_selector", self._selection(retrieval), add_to_output=True)
        return messages

    def _selection(self, retrieval: Retrieval) -> dict[str, Any]:
        intent = self._config["retrieval_intent"]
        ranking = [{"confidence": p, "intent_response_key": key} for key, p in retrieval.ranking]
        offer = [key for key, p in retrieval.ranking[: self._config["offered"]] if p >= self._config["offer_least"]]
        return {
            "all_retrieval_intents": [intent],
            intent: {
                "response": {
                    "responses": self._responses.get(f"utter_{retrieval.key}") or [{"text": retrieval.key}],
                    "confidence": retrieval.trust,
                    "intent_response_key": retrieval.key,
                    "utter_action": f"utter_{retrieval.key}",
                },
                "ranking": ranking,
                "also": [_id(key) for key in retrieval.also],
                "offer": [_id(key) for key in offer],
            },
        }


def _id(key: str) -> str:
    return key.partition("/")[2]
