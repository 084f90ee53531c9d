"""Rasa component: how likely a message is a crisis by the model on its sentence vectors (`bot.nlu.crisis_model`).

It needs no conversation, and reading thousands of support vectors goes on outside the interpreter's lock. So it stands right
behind the encoder, among what the server begins in a thread before it has read the conversation (`bot.rasa_overrides`): 0.97 of
a turn. On the main thread the chances wait until `CrisisDetector`, which decides what they mean, asks for them: a second
thread there takes longer than it saves.

Trained on `data/safety/train.tsv` and, as everyday talk, on all other NLU examples.
"""
from __future__ import annotations

import contextlib
import inspect
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as IntentClassifierBase
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import crisis_model, kernel
from bot.nlu.beside import Later, do_ahead
from bot.nlu.crisis_model import EVERYDAY, CrisisModel
from bot.nlu.encoder import Encoder, model_path
from bot.nlu.sentence_encoder import read_arrays, readings, training_vectors, write_arrays
from bot.nlu.spelling import spelled, training_spelling
from bot.nlu.text import clean, rows
from bot.settings import ROOT

CHANCES = "chances"  # message key, never part of the parse result: a `Later` of what the model says
SAFETY_INTENTS = ("crisis", "medical_emergency", "distress")
_FILE = "crisis"


def label_of(row: dict[str, str]) -> str:
    """What the model learns of a safety text: the category of a takeover, ``check_in`` or ``none``."""
    return row["category"] if row["label"] == "takeover" else row["label"]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CrisisScorer(GraphComponent, IntentClassifierBase):
    """Begins to ask the second safety layer about each message; see the module.

    Config: ``data`` is the folder of the safety texts, ``model`` that of the encoder; the others are of ``CrisisModel``.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "data": "data/safety",
            "model": "tuned",
            "C": 5.0,
            "gamma": 1.0,
            "dimensions": 192,
            "ngram_dimensions": 128,
            "ngram_weight": 0.7,
            "everyday": 3000,
            "random_state": 42,
        }

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage, self._resource = model_storage, resource
        self._directory = ROOT / self._config["data"]
        self._model: CrisisModel | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CrisisScorer:
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Train again when the safety texts change, which are no NLU data, or the model's code, which Rasa does not know of."""
        path = ROOT / config.get("data", "data/safety") / "train.tsv"
        return path.read_text(encoding="utf-8") + inspect.getsource(crisis_model) + inspect.getsource(kernel) if path.is_file() else None

    def train(self, training_data: TrainingData) -> Resource:
        path = self._directory / "train.tsv"
        examples = rows(path) if path.is_file() else []
        everyday = [
            m for m in training_data.intent_examples if m.get(INTENT) not in SAFETY_INTENTS and (m.get(TEXT) or "").strip()
        ]
        with self._model_storage.write_to(self._resource) as directory:
            if examples and everyday:
                spelling = training_spelling(training_data, path)
                said = [clean(spelling.correct(row["text"])) for row in examples]
                vectors = [Encoder(model_path(self._config["model"])).encode_many(said), training_vectors(everyday)]
                self._model = CrisisModel.fit(
                    np.concatenate(vectors),
                    said + [clean(spelled(m)) for m in everyday],
                    [label_of(row) for row in examples] + [EVERYDAY] * len(everyday),
                    len(examples),
                    self._config,
                )
                write_arrays(directory, _FILE, **self._model.arrays)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CrisisScorer:
        component = cls(config, model_storage, resource)
        # without safety texts to train on nothing was stored, not even the folder: the rules work alone
        with contextlib.suppress(ValueError), model_storage.read_from(resource) as directory:
            if (directory / f"{_FILE}.npz").is_file():
                component._model = CrisisModel(read_arrays(directory, _FILE), component._config)
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = readings(message)
            if found is not None and self._model is not None:
                chances = Later(self._model.score, found)
                message.set(CHANCES, chances)
                do_ahead(chances)
        return messages
