"""The numbers of the second safety layer, without Rasa: how likely a text is a crisis, and of which kind.

A support vector machine with a Gaussian kernel tells a reason for care from all other talk: what is dangerous is said in
many small groups of sentences with harmless ones right beside them ("I'm dying of shame", "I'm dying"), and a plane
through the sentence vectors cannot part them. Which kind it is, a small multinomial regression says. Both see the sentence
vector and the character n-grams, along the directions in which the safety texts differ most.
"""
from __future__ import annotations

import hashlib
from typing import Any, Sequence

import numpy as np

from bot.nlu import regression
from bot.nlu.kernel import KernelMachine
from bot.nlu.ngrams import CharacterNgrams
from bot.nlu.sentence_encoder import Readings

CHECK_IN, EVERYDAY = "check_in", "none"
Chances = tuple[float, float, str]  # of a takeover, of a takeover or check-in, and the likeliest category


class CrisisModel:
    """Chances that a text is a takeover or a check-in. A chance is the logistic of twice the margin, not a frequency."""

    def __init__(self, arrays: dict[str, np.ndarray], config: dict[str, Any]) -> None:
        self.arrays = arrays
        self._ngrams = CharacterNgrams(arrays["ngrams"].tolist(), arrays["idf"], arrays["components"])
        self._weight = float(config["ngram_weight"])
        self._machine = KernelMachine(arrays, float(config["gamma"]))
        self._kinds = arrays["kinds"].tolist()
        self._takeovers = [i for i, kind in enumerate(self._kinds) if kind != CHECK_IN]

    @classmethod
    def fit(
        cls, vectors: np.ndarray, texts: Sequence[str], labels: Sequence[str], written: int, config: dict[str, Any]
    ) -> CrisisModel:
        """Train on safety texts and everyday talk.

        Args:
            vectors: sentence vectors, shape (texts, 384).
            labels: the category of a takeover, ``check_in`` or ``none``.
            written: how many texts, the first ones, were written for safety. The others are everyday talk, of which a
                sample of ``config["everyday"]`` is enough.
        """
        # by the texts themselves, so that a new example elsewhere changes little here
        sample = sorted(range(written, len(texts)), key=lambda row: hashlib.sha256(texts[row].encode()).digest())
        rows = np.array([*range(written), *sample[: config["everyday"]]])
        names = np.array(labels)[rows]
        ngrams, reduced = CharacterNgrams.fit([texts[i] for i in rows], config["ngram_dimensions"], config["random_state"])
        features = _joined(vectors[rows], reduced, float(config["ngram_weight"]))
        directions = _main_directions(features[:written], config["dimensions"])
        features = features @ directions
        machine = KernelMachine.fit(features, names != EVERYDAY, config["C"], config["gamma"], tolerance=0.1)
        care = np.flatnonzero(names != EVERYDAY)
        kinds, numbers = np.unique(names[care], return_inverse=True)
        kind_weights, kind_bias = regression.fit(features[care], numbers, config["C"], steps=100, balanced=False)
        return cls(
            {
                **ngrams.arrays(),
                "directions": directions,
                **machine,
                "kinds": kinds,
                "kind_weights": kind_weights,
                "kind_bias": kind_bias,
            },
            config,
        )

    def score(self, found: Readings) -> Chances:
        """The highest chance over the readings of a takeover, of a takeover or check-in, and the likeliest category."""
        features = _joined(found.vectors, found.ngrams.by(self._ngrams), self._weight) @ self.arrays["directions"]
        margins = self._machine.margins(features)
        care = 1 / (1 + np.exp(-2 * margins))
        kinds = regression.softmax(features @ self.arrays["kind_weights"] + self.arrays["kind_bias"])
        takeover = care * kinds[:, self._takeovers].sum(axis=1)
        worst = int(takeover.argmax())
        category = self._kinds[self._takeovers[int(kinds[worst, self._takeovers].argmax())]]
        return float(takeover[worst]), float(care.max()), category


def _main_directions(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    """The directions in which vectors differ most, shape (size of a vector, dimensions).

    The machine looks along these alone: reading thousands of whole vectors takes longer than the encoder does.
    """
    return np.linalg.eigh(vectors.T @ vectors)[1][:, -dimensions:].astype(np.float32)


def _joined(vectors: np.ndarray, reduced: np.ndarray, weight: float) -> np.ndarray:
    """Sentence vectors beside n-gram vectors of equal length each, weighed."""
    return np.hstack([vectors, weight * reduced / np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), 1e-9)])
