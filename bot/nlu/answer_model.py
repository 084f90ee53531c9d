"""The numbers by which an answer is told from a question: how much the pieces of evidence count, each beside the others.

A kernel machine, fitted by ``make weigh`` on texts that people typed while a question waited (``data/nlu/in-form.tsv``). It
sees the evidence, what kind of question waits, and the sentence vector: what speaks for a question at the name ("fda approved
or nah") may answer another one. It is kept beside the encoder, whose vectors it reads, and is fitted anew when the encoder or the
classifier changes.
"""
from __future__ import annotations

from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from bot.nlu.encoder import DIMENSIONS
from bot.nlu.kernel import KernelMachine

ANSWER_MODEL = Path(__file__).parent / "model" / "answer.npz"
KINDS = ("text", "string", "contact", "choice", "date", "number")  # what may be asked for
GAMMA = 0.02


class AnswerModel:
    """Tells that a message is no answer.

    Args:
        arrays: ``evidence``, the names of the pieces; ``scale``, by which inputs are multiplied; and those of the machine.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.evidence: tuple[str, ...] = tuple(arrays["evidence"].tolist())
        self._scale, self._machine = arrays["scale"].astype(np.float32), KernelMachine(arrays, GAMMA)

    @classmethod
    def load(cls, path: Path = ANSWER_MODEL) -> AnswerModel:
        with np.load(path, allow_pickle=False) as stored:
            return cls({key: stored[key] for key in stored.files})

    def margins(self, seen: np.ndarray) -> np.ndarray:
        """How far messages lie on the side of questions and wishes, by their ``inputs``, a row each."""
        return self._machine.margins(seen * self._scale)


def inputs(evidence: Sequence[float], kind: str, vector: np.ndarray) -> np.ndarray:
    """What the machine sees of one message, in its order."""
    return np.concatenate([np.array([*evidence, *(kind == each for each in KINDS)], dtype=np.float32), vector])


def blank(evidence: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays of a model of this evidence that can tell nothing yet."""
    size = len(evidence) + len(KINDS) + DIMENSIONS
    machine = {"support": np.zeros((size, 1)), "dual": np.zeros(1), "bias": np.zeros(1)}
    return {"evidence": np.array(evidence), "scale": np.ones(size), **machine}
