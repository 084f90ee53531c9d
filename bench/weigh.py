"""Fits how the answer detector weighs its evidence, on the development set of the history: ``make weigh``.

Prints the weights as config.yml has them, and how well they tell questions and answers that they were not fitted on. They
follow the classifier, whose reading is part of the evidence: fit them anew when it changes.
"""
from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import List, Optional, Tuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from actions.questions import pending
from bench.evaluate import SETS, Reader, history_items
from bot.nlu import answer_detector
from bot.nlu.text import rows
from bot.settings import ROOT

FOLDS, SEED = 10, 0
LEANS = 0.5  # log-odds for an answer beforehand: one that is lost is worse than a question that has to be asked again


def main(argv: Optional[List[str]] = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    evidence, aside = _evidence(Reader(parser.parse_args(argv).models))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    odds = cross_val_predict(_model(), evidence, aside, cv=folds, method="decision_function")
    for name, kind in (("questions and wishes", aside), ("answers", ~aside)):
        right = (odds >= LEANS)[kind] == aside[kind]
        print(f"# {name} told in {FOLDS} folds: {right.mean():.1%} of {right.size}")
    scaler, regression = _model().fit(evidence, aside).named_steps.values()
    weights = regression.coef_[0] / scaler.scale_
    print(f"  weights:\n    bias: {regression.intercept_[0] - weights @ scaler.mean_ - LEANS:.2f}")
    for field, weight in zip(dataclasses.fields(answer_detector.Evidence), weights, strict=True):
        print(f"    {field.name}: {weight:.2f}")


def _model() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def _evidence(reader: Reader) -> Tuple[np.ndarray, np.ndarray]:
    """The evidence of each message that has to be weighed, and whether it is no answer."""
    weighed: List[answer_detector.Evidence] = []
    original = answer_detector.Evidence.weighed
    answer_detector.Evidence.weighed = lambda self, weights: weighed.append(self) or 0.0  # as the pipeline comes to it
    found, aside = [], []
    try:
        for row in rows(SETS / "nlu/dev/in-form.tsv"):
            weighed.clear()
            reader.read(row["text"], pending(history_items()[row["link_id"]]))
            found += [list(map(float, dataclasses.astuple(one))) for one in weighed]
            aside += [row["expected"] != "answer" for _ in weighed]
    finally:
        answer_detector.Evidence.weighed = original
    return np.array(found), np.array(aside)


if __name__ == "__main__":
    main()
