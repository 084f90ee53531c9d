"""Trains the model when something it is made from has changed.

Rasa has its own cache, but asking it costs its import (10 s and more). A digest of everything the model depends on,
kept beside the model, answers in milliseconds.
"""
from __future__ import annotations

import gc
import hashlib
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Iterator, TextIO

from bot.settings import ROOT, Settings

SOURCES = ("config.yml", "domain.yml", "data", "bot/nlu", "bot/safety", "bot/intake/mentions.py", "uv.lock")
NAME = "onward"


class TrainingError(RuntimeError):
    """The model could not be trained; the message says where the reason stands."""


def digest(root: Path = ROOT) -> str:
    """SHA-256 over the files the model is trained from and the code that trains it."""
    total = hashlib.sha256()
    for path in _files(root):
        total.update(f"{path.relative_to(root)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_current(settings: Settings) -> bool:
    model, stamp = _places(settings)
    return model.is_file() and stamp.is_file() and stamp.read_text().strip() == digest()


def train(settings: Settings, out: TextIO = sys.stdout) -> Path:
    """Train and keep the model; returns its path.

    Raises:
        TrainingError: Rasa reported a failure.
    """
    model, stamp = _places(settings)
    made_from = digest()
    print("Training the model (about a minute) ...", file=out, flush=True)
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # components train side by side; two threads each only wait for a core
    gc.disable()  # it looks through all examples again and again, and finds nothing: 4 s of 57
    warnings.simplefilter("ignore")  # what Rasa 3.6's own dependencies say is not for whoever starts a chat
    import rasa.model_training
    from rasa.utils.log_utils import configure_structlog

    from bot import rasa_overrides

    configure_structlog(logging.WARNING)
    rasa_overrides.apply_to_training()
    # the root must be importable: config.yml names components of this project
    sys.path.insert(0, str(ROOT))
    result = rasa.model_training.train(
        domain=str(ROOT / "domain.yml"),
        config=str(ROOT / "config.yml"),
        training_files=[str(ROOT / "data")],
        output=str(settings.models_dir),
        fixed_model_name=NAME,
    )
    if result.code != 0 or not result.model:
        raise TrainingError("The model could not be trained; see the messages above.")
    stamp.write_text(made_from + "\n")
    return model


def _places(settings: Settings) -> "tuple[Path, Path]":
    return settings.models_dir / f"{NAME}.tar.gz", settings.models_dir / f"{NAME}.made-from"


def _files(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        place = root / name
        found = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
        yield from (p for p in found if "__pycache__" not in p.parts)
