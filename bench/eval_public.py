"""The project's own pipeline on public data: ``make eval-public DATA=<dir>``.

Trains what stands in ``config.yml``, untouched, on BANKING77 (10 examples an intent with three seeds, and all of them)
and on CLINC150 with its out-of-scope queries, and prints the results beside the published figures. ``<dir>`` holds
``banking77/train.csv`` and ``test.csv`` (columns text, category) and ``clinc150/data_full.json``. Any other data set is
run with ``--train FILE.csv --test FILE.csv`` (the same columns; the category ``oos`` marks what no intent covers).

An answer counts as right when the final intent of the parse is right, so that a fallback on a known query is an error.
A query outside the intents is recognised when the pipeline gives none of the intents (``nlu_fallback``
or one of the safety intents). Only training queries with an intent are used for training: CLINC150's
out-of-scope training queries are left out, as a new clinic would not have them.
"""
from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import yaml

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = "oos"
SAFETY = ("crisis", "medical_emergency")
SEEDS = (1, 2, 3)

Row = tuple[str, str]  # text, intent


@dataclass(frozen=True)
class Result:
    """What one training and test gave."""

    name: str
    right: int
    inside: int
    refused: int
    outside: int
    takeovers: int
    seconds: float

    @property
    def accuracy(self) -> float:
        return 100 * self.right / self.inside

    @property
    def recall(self) -> float | None:
        return 100 * self.refused / self.outside if self.outside else None


def read_csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [(row["text"], row["category"]) for row in csv.DictReader(lines)]


def few(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """``count`` examples of each intent."""
    by_intent: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_intent[row[1]].append(row)
    chosen = random.Random(seed)
    return [row for intent in sorted(by_intent) for row in chosen.sample(by_intent[intent], min(count, len(by_intent[intent])))]


def run(name: str, train: Sequence[Row], test: Sequence[Row]) -> Result:
    """Train config.yml's pipeline as Rasa does and put the test queries through it, one by one, as messages."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu
    from rasa.shared.nlu.training_data.message import Message

    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        by_intent: dict[str, list[str]] = defaultdict(list)
        for text, intent in train:
            by_intent[intent].append(" ".join(text.split()))
        entries = [
            {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)} for intent, texts in sorted(by_intent.items())
        ]
        (directory / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": entries}, allow_unicode=True, width=10**6))
        begun = time.perf_counter()
        model = train_nlu(config=str(ROOT / "config.yml"), nlu_data=str(directory / "nlu.yml"), output=str(directory))
        seconds = time.perf_counter() - begun
        processor = Agent.load(model).processor
        target = processor.model_metadata.nlu_target
        right = refused = inside = outside = takeovers = 0
        for text, intent in test:
            tracker: Any = None
            message = processor.graph_runner.run(
                inputs={"__message__": [_user_message(text)], "__tracker__": tracker}, targets=[target]
            )[target][0]
            assert isinstance(message, Message)
            got = message.get("intent")["name"]
            takeovers += got in SAFETY
            if intent == OUTSIDE:
                outside += 1
                refused += got not in by_intent
            else:
                inside += 1
                right += got == intent
    return Result(name, right, inside, refused, outside, takeovers, seconds)


def _user_message(text: str) -> Any:
    from rasa.core.channels.channel import UserMessage

    return UserMessage(text)


def public(data: Path) -> list[Result]:
    """All runs on BANKING77 and CLINC150."""
    train, test = read_csv(data / "banking77" / "train.csv"), read_csv(data / "banking77" / "test.csv")
    clinc = json.loads((data / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    results = [_said(run(f"BANKING77, 10 an intent, seed {seed}", few(train, 10, seed), test)) for seed in SEEDS]
    results.append(_said(run("BANKING77, all", train, test)))
    inside = [tuple(row) for row in clinc["test"]]
    outside = [(text, OUTSIDE) for text, _ in clinc["oos_test"]]
    results.append(_said(run("CLINC150", [tuple(row) for row in clinc["train"]], inside + outside)))
    return results


def table(results: Sequence[Result]) -> str:
    published = {
        "BANKING77, 10 an intent": "USE+ConveRT 85.2, CPFT 87.2",
        "BANKING77, all": "93.4",
        "CLINC150": "Rasa 91.5 / 45.3, BERT 96.9 / 40.3, BERT with a threshold 96.2 / 52.3",
    }
    lines = ["| data | in-scope accuracy | out-of-scope recall | takeovers | training | published |", "|---|---|---|---|---|---|"]
    short = [r for r in results if ", seed" in r.name]
    if short:
        mean = sum(r.accuracy for r in short) / len(short)
        each = ", ".join(f"{r.accuracy:.1f}" for r in short)
        lines.append(f"| BANKING77, 10 an intent | {mean:.1f} ({each}) | | {sum(r.takeovers for r in short)} | {short[0].seconds:.0f} s | {published['BANKING77, 10 an intent']} |")
    for result in results:
        if result not in short:
            recall = "" if result.recall is None else f"{result.recall:.1f}"
            lines.append(
                f"| {result.name} | {result.accuracy:.1f} | {recall} | {result.takeovers} | {result.seconds:.0f} s | "
                f"{published.get(result.name, '')} |"
            )
    return "\n".join(lines)


def _said(result: Result) -> Result:
    recall = "" if result.recall is None else f", out-of-scope recall {result.recall:.1f} %"
    print(f"{result.name}: {result.accuracy:.2f} %{recall} ({result.seconds:.0f} s training)", file=sys.stderr, flush=True)
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="folder with banking77/ and clinc150/")
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    options = parser.parse_args(arguments)
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    sys.path.insert(0, str(ROOT))
    if options.train and options.test:
        inside = [row for row in read_csv(options.train) if row[1] != OUTSIDE]
        results = [_said(run(options.train.stem, inside, read_csv(options.test)))]
    elif options.data and (options.data / "banking77").is_dir() and (options.data / "clinc150").is_dir():
        results = public(options.data)
    else:
        parser.error("give a folder with banking77/ and clinc150/, or --train and --test")
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
