"""Rasa component: puts sentence vectors on every message.

For the whole message the vector goes where Rasa's classifiers look for it (a dense sentence feature). For our own
components the message also carries ``readings``: the whole text first, then each sentence where there are several,
because a question at the end of a story, or a second question, is lost in the vector of the whole.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Sequence

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits

from bot.nlu.beside import Later, start
from bot.nlu.encoder import Encoder, model_path
from bot.nlu.ngrams import CharacterNgrams, Reductions
from bot.nlu.spelling import spelled
from bot.nlu.text import clean, is_payload, sentences, unframed

READINGS = "readings"  # message key, never part of the parse result


@dataclass(frozen=True)
class Readings:
    """A message as the encoder saw it: ``texts[0]`` is the whole, the others are its sentences, if more than one.

    Where courtesies were cut off, the whole as it was typed has a last vector and no text: only the crisis model looks there, too.
    """

    texts: tuple[str, ...]
    vectors: np.ndarray  # shape (len(texts) or one more, 384)
    ngrams: Reductions  # of the text behind each vector; two components look at them


def readings(message: Message) -> Readings | None:
    """What the encoder left on a message; None for a payload and for an empty text."""
    return message.get(READINGS)


def read(
    encoder: Encoder, text: str, reducers: list[CharacterNgrams] | None = None, beside: Iterable[Later] = ()
) -> Readings | None:
    """Clean, cut, unframe and encode one text; None when nothing is left of it.

    Args:
        encoder: of the sentences.
        text: of the message.
        reducers: of n-grams, which components asked for before: what they give is computed beside the encoder.
        beside: other work that is started there.
    """
    whole = clean(text)
    if not whole:
        return None
    parts = sentences(text)
    texts = tuple(unframed(part) for part in ((whole, *parts) if len(parts) > 1 else (whole,)))
    seen = texts if whole == texts[0] else (*texts, whole)
    ngrams = Later(Reductions, seen, [] if reducers is None else reducers)
    start([ngrams, *beside])
    return Readings(texts, encoder.encode(seen), ngrams())


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """MiniLM vectors of a message and of its sentences.

    Config: ``model`` is ``tuned`` (the project's own copy where there is one) or ``base``; ``threads`` per text.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**DenseFeaturizer.get_default_config(), "model": "tuned", "threads": 1}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to check: a missing model is reported when it is opened."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        threadpool_limits(1, user_api="blas")  # small products wait for a second thread: reducing n-grams took 30 times as long
        self._encoder = Encoder(model_path(config["model"]), threads=config["threads"])
        self._reducers: list[CharacterNgrams] = []  # those of the components behind this one, from the first message on

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        return cls(config, execution_context.node_name)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if not text or is_payload(text):
                continue
            beside = [left for left in message.data.values() if isinstance(left, Later)]
            found = read(self._encoder, spelled(message), self._reducers, beside)
            if found is not None:
                message.set(READINGS, found)
                self._add_feature(message, found.vectors[0])
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Vectors of whole texts only: an example is one thing said once."""
        examples = [m for m in training_data.training_examples if (m.get(TEXT) or "").strip()]
        texts = [clean(spelled(m)) for m in examples]
        for message, vector in zip(examples, self._encoder.encode_many(texts), strict=True):
            self._add_feature(message, vector)
        return training_data

    def _add_feature(self, message: Message, vector: np.ndarray) -> None:
        alias = self._config[FEATURIZER_CLASS_ALIAS]
        message.add_features(Features(vector[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, alias))


def training_vectors(messages: Sequence[Message]) -> np.ndarray:
    """The whole-text vectors of training examples, shape (len(messages), 384)."""
    rows = []
    for message in messages:
        features = message.get_dense_features(TEXT)[1]
        if features is None:
            raise ValueError("A training example has no sentence vector; SentenceEncoder must come first.")
        rows.append(features.features[0])
    return np.stack(rows).astype(np.float32)


def write_arrays(directory: Path, name: str, **arrays: np.ndarray) -> None:
    """Arrays of a trained component into Rasa's model storage, readable without pickle.

    Half precision halves the model, and what packing and unpacking it takes; it moves a cosine by less than 0.001.
    """
    halves = {key: array.astype(np.float16) if array.dtype == np.float32 else array for key, array in arrays.items()}
    np.savez(directory / f"{name}.npz", **halves)


def read_arrays(directory: Path, name: str) -> dict[str, np.ndarray]:
    """What ``write_arrays`` wrote, in single precision."""
    with np.load(directory / f"{name}.npz", allow_pickle=False) as stored:
        found = {key: stored[key] for key in stored.files}
    return {key: array.astype(np.float32) if array.dtype == np.float16 else array for key, array in found.items()}
