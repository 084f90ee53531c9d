"""The numbers by which an answer that a message asks for is told from one that it only touches on.

Each likely answer is weighed by where it stands: how likely it is in the whole message and in the sentence that speaks for it
most, what else that sentence may mean, whether other sentences ask for something else (`Evidence`). The pieces count in
pairs, too: a doubtful second answer counts where two sentences ask, and not where one tells a story. The weights are those of
a logistic regression, fitted by ``make weigh`` on messages that ask one thing, two, and none.
"""
from __future__ import annotations

from pathlib import Path
from typing import Mapping

import numpy as np

TOPIC_MODEL = Path(__file__).parent / "model" / "topics.npz"
FARTHEST = 5.0  # standard deviations from the mean; what lies farther off counts as this


class TopicModel:
    """Tells how likely a message asks for each of its likely answers.

    Args:
        arrays: ``evidence``, the names of the pieces; ``mean`` and ``spread`` of each; ``weights`` of each, ``pairs`` of each
            two, shape (pieces, pieces), and ``bias``.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.evidence: tuple[str, ...] = tuple(arrays["evidence"].tolist())
        self._mean, self._spread, self._weights, self._pairs, self._bias = (
            arrays[name] for name in ("mean", "spread", "weights", "pairs", "bias")
        )

    @classmethod
    def load(cls, path: Path = TOPIC_MODEL) -> TopicModel:
        with np.load(path, allow_pickle=False) as stored:
            return cls({key: stored[key] for key in stored.files})

    def chances(self, evidence: np.ndarray) -> np.ndarray:
        """How likely each answer is asked for; shape (answers, pieces) -> (answers,)."""
        each = standard(evidence, self._mean, self._spread)
        return 1 / (1 + np.exp(-(each @ self._weights + ((each @ self._pairs) * each).sum(axis=1) + self._bias)))


def standard(evidence: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Evidence in standard deviations from its mean, none of them too far off."""
    return np.minimum(np.maximum((evidence - mean) / spread, -FARTHEST), FARTHEST)  # np.clip takes three times as long


def blank(evidence: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The arrays of a model of this evidence that can tell nothing yet."""
    size = len(evidence)
    return {
        "evidence": np.array(evidence),
        "mean": np.zeros(size),
        "spread": np.ones(size),
        "weights": np.zeros(size),
        "pairs": np.zeros((size, size)),
        "bias": np.zeros(()),
    }
