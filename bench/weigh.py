"""Fits how the answer detector weighs its evidence: ``make weigh`` writes bot/nlu/model/answer.npz.

Learns from data/nlu/in-form.tsv and prints how well it tells questions and answers of the development set, by authors whose
texts it has not seen. The evidence follows the classifier and the encoder: fit anew when they change.
"""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import numpy as np
import yaml

from actions.questions import pending
from bench.evaluate import SETS, Reader, history_items
from bot.nlu.answer_detector import EVIDENCE, Heard, Pending, evidence, seen
from bot.nlu.answer_model import ANSWER_MODEL, GAMMA, AnswerModel, blank
from bot.nlu.encoder import DIMENSIONS
from bot.nlu.kernel import KernelMachine
from bot.nlu.text import rows
from bot.settings import ROOT

C = 3.0  # inverse strength of the regularisation; this and what follows were chosen on the development set
OF_EVIDENCE, OF_VECTOR = 0.7, 0.4  # spread of an input; there are many of the vector
LEANS = 0.08  # margin for an answer beforehand: one that is lost is worse than a question that has to be asked again


class Weighed(NamedTuple):
    """Messages that have to be weighed."""

    seen: np.ndarray  # what the machine sees, shape (messages, inputs)
    aside: np.ndarray  # whether each is no answer


def main(argv: Optional[List[str]] = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    models = parser.parse_args(argv).models
    if not ANSWER_MODEL.exists() or AnswerModel.load().evidence != EVIDENCE:
        np.savez(ANSWER_MODEL, **blank(EVIDENCE))  # without one that fits the evidence the pipeline does not load
    reader = Reader(models)
    arrays = fit(weighed(reader, ROOT / "data/nlu/in-form.tsv"))
    np.savez(ANSWER_MODEL, **arrays)
    test = weighed(reader, SETS / "nlu/dev/in-form.tsv")
    right = (AnswerModel(arrays).margins(test.seen) >= 0) == test.aside
    for name, kind in (("questions and wishes", test.aside), ("answers", ~test.aside)):
        print(f"{name} of the development set told: {right[kind].sum()} of {kind.sum()}, {right[kind].mean():.1%}")


def weighed(reader: Reader, path: Path) -> Weighed:
    """The messages of a file of texts that have to be weighed; what their form alone says is left out."""
    each, aside = [], []
    (settings,) = [part for part in yaml.safe_load((ROOT / "config.yml").read_text())["pipeline"] if part["name"].endswith("AnswerDetector")]
    for row in rows(path):
        slot = pending(history_items()[row["link_id"]])
        asked, heard = Pending.of(slot), Heard.of(reader.message(row["text"], slot))
        found = evidence(asked, heard, settings["command_trust"])
        if found is not None:
            each.append(seen(asked, heard, found))
            aside.append(row["expected"] != "answer")
    return Weighed(np.array(each), np.array(aside))


def fit(texts: Weighed) -> Dict[str, np.ndarray]:
    """The arrays of an ``AnswerModel``."""
    spread = texts.seen.std(axis=0) + 1e-6
    scale = np.full(len(spread), OF_EVIDENCE)
    scale[-DIMENSIONS:] = OF_VECTOR
    machine = KernelMachine.fit(texts.seen * (scale / spread), texts.aside, C, GAMMA)
    halves = {name: array.astype(np.float16) for name, array in machine.items() if name != "bias"}
    return {"evidence": np.array(EVIDENCE), "scale": (scale / spread).astype(np.float32), "bias": machine["bias"] - LEANS, **halves}


if __name__ == "__main__":
    main()
