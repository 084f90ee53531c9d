"""Rasa component: one logistic regression over every intent and every FAQ id at once.

Rasa's own classifier sees `faq` as a single intent and leaves the choice among its ids to a second model. Here the ids
are classes beside the intents, so that "do you offer TMS" (out of scope) and "is it better than TMS" (an answer) are
weighed against each other directly; the intent `faq` gets the sum of its ids. Plain intents without retrieval intents
train and run the same way.

The nearest example of each label speaks beside the regression, which helps where a label is said in ways that have
little in common. Two small models say how far the best label can be relied on; they are fitted on a fifth of the examples
that the first model has not seen, so that one threshold means the same on any data set. *Trust* is the chance that the
label is right, given its probability and how near the text lies to that label's own examples. *Familiar* is a text that
lies as near, and scores as high, as all but a few of the known ones that were read rightly: probabilities cannot tell
what is like nothing that was learned, because they always sum to one.

Labels that only mean something while a question of the history waits ("skip", "go back") are unlikely at any other time.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Any, NamedTuple

import numpy as np
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.linear_model import LogisticRegression

from bot.nlu import regression
from bot.nlu.ngrams import CharacterNgrams
from bot.nlu.sentence_encoder import Readings, read_arrays, readings, training_vectors, write_arrays
from bot.nlu.spelling import spelled
from bot.nlu.text import held_out

VERDICTS = "verdicts"  # message key, never part of the parse result
NEIGHBOURS = 3
LIKELY = 5  # labels, at most, whose nearest examples are looked up
BEHIND = 5.0  # and how far their scores may lie behind the best one
_FILE = "classifier"


@dataclass(frozen=True)
class Verdict:
    """What the classifier says of one text."""

    text: str
    labels: np.ndarray  # all labels, best first: an intent, or "faq/<id>"
    probabilities: np.ndarray  # in the same order, sum 1
    order: np.ndarray  # their places among the model's labels
    trust: float  # the chance that labels[0] is right; 0 where the text is like nothing that was learned

    @property
    def label(self) -> str:
        return str(self.labels[0])


class Evidence(NamedTuple):
    """What speaks for the best label of a text."""

    confidence: float  # log-probability
    nearness: float  # cosine to the label's own examples, the nearest three
    strength: float  # of the regression's best score, before scores are made into probabilities


class LabelModel:
    """The trained numbers, without Rasa: vectors and texts in, verdicts out."""

    def __init__(self, arrays: dict[str, np.ndarray], config: dict[str, Any]) -> None:
        self.arrays = arrays
        self.labels: np.ndarray = arrays["labels"].astype(object)  # fixed-width strings are slow to sort
        self._intents, self._intent_of = np.unique([intent_of(label) for label in self.labels], return_inverse=True)
        self._ngrams = CharacterNgrams(arrays["ngrams"].tolist(), arrays["idf"], arrays["components"])
        self._weight = float(config["ngram_weight"])
        self._near_weight = float(config["near_weight"])
        self._starts = np.searchsorted(arrays["example_labels"], np.arange(len(self.labels) + 1))
        in_form = np.isin(arrays["labels"], config["in_form"])
        # the names alone do not say that the assistant asks questions: it does where it knows them all
        asks = in_form.sum() == len(config["in_form"])
        self._unasked = np.where(in_form & asks, -log(config["in_form_odds"]), 0.0).astype(np.float32)

    @classmethod
    def fit(cls, vectors: np.ndarray, texts: list[str], labels: list[str], config: dict[str, Any]) -> LabelModel:
        """Train on whole texts; the trust is learned from a fifth, chosen by the texts themselves, and a model without them.

        The model of all texts goes on from that one, where both know the same labels: it is nearly the same.
        """
        names = np.array(labels)
        ngrams, reduced = CharacterNgrams.fit(texts, config["ngram_dimensions"], config["random_state"])
        held = np.array([held_out(text) for text in texts])
        part = None
        if held.any() and len(set(names[~held])) > 1:
            part = cls._fit_regression(vectors[~held], ngrams, reduced[~held], names[~held], config)
        model = cls._fit_regression(vectors, ngrams, reduced, names, config, part)
        if part is not None:
            weighed = [part._weigh(*row) for row in zip(vectors[held], reduced[held], strict=True)]
            said = part.labels[[probabilities.argmax() for probabilities, _ in weighed]]
            evidence, right = np.array([e for _, e in weighed]), said == names[held]
            model.arrays["trust"] = _fit_trust(evidence[:, :2], right)
            model.arrays["familiar"] = _fit_familiar(evidence[right][:, 1:], config["unfamiliar"])
        return model

    @classmethod
    def _fit_regression(
        cls, vectors: np.ndarray, ngrams: CharacterNgrams, reduced: np.ndarray, labels: np.ndarray, config: dict[str, Any],
        part: LabelModel | None = None,
    ) -> LabelModel:
        """A model without a learned trust; from the model of a part of the texts it takes a third of the steps."""
        names, numbers = np.unique(labels, return_inverse=True)
        order = np.argsort(numbers, kind="stable")
        vectors, reduced, numbers = vectors[order], reduced[order], numbers[order]
        model = cls(
            {
                **ngrams.arrays(),
                "labels": names,
                "examples": vectors,
                "example_labels": numbers,
                "trust": np.array([1.0, 0.0, 0.0]),
                "familiar": np.zeros(3),
            },
            config,
        )
        features = np.hstack([vectors, model._weight * reduced])
        balanced = config["class_weight"] == "balanced"
        steps, start = config["max_iter"], None
        if part is not None and np.array_equal(part.arrays["labels"], names):
            steps, start = steps // 3, (part.arrays["weights"], part.arrays["bias"])
        weights, bias = regression.fit(features, numbers, config["C"], steps, balanced, start)
        model.arrays.update(weights=weights, bias=bias)
        return model

    def _weigh(self, vector: np.ndarray, reduced: np.ndarray, asked: bool = True) -> tuple[np.ndarray, Evidence]:
        """The probability of each label, and what speaks for the best one.

        Args:
            vector: of the text.
            reduced: its reduced character n-grams.
            asked: whether a question waits.

        A label's nearest example speaks for it beside the regression. Only the labels that the regression puts first are
        asked for it: it adds less than sets the others back.
        """
        scores = np.concatenate([vector, self._weight * reduced]) @ self.arrays["weights"] + self.arrays["bias"]
        strength = float(scores.max())
        if not asked:
            scores += self._unasked
        first = range(len(scores)) if len(scores) <= LIKELY else np.argpartition(scores, -LIKELY)[-LIKELY:]
        least = scores.max() - BEHIND
        nearness = {}
        for label in [label for label in first if scores[label] >= least]:
            nearness[label] = self.arrays["examples"][self._starts[label] : self._starts[label + 1]] @ vector
            scores[label] += self._near_weight * nearness[label].max()
        probabilities = regression.softmax(scores)
        best = int(probabilities.argmax())
        nearest = np.sort(nearness[best])[-NEIGHBOURS:]
        return probabilities, Evidence(float(np.log(probabilities[best] + 1e-9)), float(nearest.mean()), strength)

    def read(self, found: Readings, asked: bool = False) -> list[Verdict]:
        """One verdict for the whole text and one for each sentence; ``asked`` while a question of the history waits."""
        # more vectors than texts: the last is only for the crisis model
        each = zip(found.texts, found.vectors, found.ngrams.by(self._ngrams), strict=False)
        return [self._verdict(text, *self._weigh(vector, reduced, asked)) for text, vector, reduced in each]

    def _verdict(self, text: str, probabilities: np.ndarray, evidence: Evidence) -> Verdict:
        slope_confidence, slope_nearness, offset = self.arrays["trust"]
        odds = slope_confidence * evidence.confidence + slope_nearness * evidence.nearness + offset
        weight_nearness, weight_strength, least = self.arrays["familiar"]
        familiar = weight_nearness * evidence.nearness + weight_strength * evidence.strength >= least
        order = np.argsort(-probabilities, kind="stable")
        trust = float(1 / (1 + np.exp(-odds))) if familiar else 0.0
        return Verdict(text, self.labels[order], probabilities[order], order, trust)

    def ranking(self, verdict: Verdict, length: int) -> list[dict[str, Any]]:
        """Intents best first, a retrieval intent with the sum of its ids."""
        totals = np.bincount(self._intent_of[verdict.order], verdict.probabilities)
        best = np.argsort(-totals, kind="stable")[: length or None]
        return [{"name": str(self._intents[i]), "confidence": float(totals[i])} for i in best]


def _fit_familiar(evidence: np.ndarray, unfamiliar: float) -> np.ndarray:
    """Weights of nearness and strength, and their least sum, which a share ``unfamiliar`` of known texts does not reach.

    Fewer than two texts cannot show so small a share: then the least lies below all of them.
    """
    if not len(evidence):
        return np.zeros(3)
    weights = 1 / np.maximum(evidence.std(axis=0), 1e-6)
    sums = evidence @ weights
    few = unfamiliar * len(sums) < 2
    return np.array([*weights, sums.min() - sums.std() if few else np.quantile(sums, unfamiliar)])


def _fit_trust(features: np.ndarray, right: np.ndarray) -> np.ndarray:
    if right.all() or not right.any():
        return np.array([1.0, 4.0, 0.0])
    model = LogisticRegression(C=10.0, max_iter=200).fit(features, right)
    return np.array([*model.coef_[0], model.intercept_[0]])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(LogisticRegressionClassifier):
    """Logistic regression over sentence vectors and character n-grams; see the module."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            **LogisticRegressionClassifier.get_default_config(),
            "C": 20.0,
            "max_iter": 40,
            "class_weight": "balanced",
            "ngram_dimensions": 256,
            "ngram_weight": 0.5,
            "near_weight": 6.0,
            "unfamiliar": 0.01,
            "in_form": [],
            "in_form_odds": 100.0,
        }

    def __init__(
        self, config: dict[str, Any], name: str, model_storage: ModelStorage, resource: Resource
    ) -> None:
        super().__init__(config, name, model_storage, resource)
        self.model: LabelModel | None = None

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(INTENT) and (m.get(TEXT) or "").strip()]
        labels = [m.get(INTENT_RESPONSE_KEY) or m.get(INTENT) for m in examples]
        if len(set(labels)) < 2:
            return self._resource
        texts = [spelled(m) for m in examples]
        self.model = LabelModel.fit(training_vectors(examples), texts, labels, self.config)
        self.persist()
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Later components learn from the examples, not from this one's guesses."""
        return training_data

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        asked = tracker is not None and bool(tracker.get_slot("pending"))
        for message in messages:
            found = readings(message)
            if found is None or self.model is None:
                continue
            verdicts = self.model.read(found, asked)
            message.set(VERDICTS, verdicts)
            ranking = self.model.ranking(verdicts[0], self.config["ranking_length"])
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def persist(self) -> None:
        with self._model_storage.write_to(self._resource) as directory:
            write_arrays(directory, _FILE, **self.model.arrays)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifier:
        component = cls.create(config, model_storage, resource, execution_context)
        try:
            with model_storage.read_from(resource) as directory:
                component.model = LabelModel(read_arrays(directory, _FILE), component.config)
        except (ValueError, FileNotFoundError):
            pass  # trained on fewer than two intents: nothing to tell apart
        return component


@lru_cache(maxsize=None)  # of the labels there are; asked for each of them in every turn
def intent_of(label: str) -> str:
    """``faq/cost`` -> ``faq``; an intent is its own name."""
    return label.split("/", 1)[0]


def verdicts(message: Message) -> list[Verdict]:
    """What the classifier left on a message, whole text first; empty for a payload."""
    return message.get(VERDICTS) or []
