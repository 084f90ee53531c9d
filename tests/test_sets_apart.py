"""What measures the assistant is never what it learned from: no text stands in two sets, even with another form."""
from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.nlu.text import normalise, rows
from bot.settings import ROOT

TELLING = 4  # words that say more than yes, no, a name or a date
SETS = sorted((ROOT / "tests" / "data" / "nlu").rglob("*.tsv"))
CRISES = ROOT / "tests" / "data" / "safety" / "test.tsv"


def texts(path: Path) -> set[str]:
    return {normalise(row["text"]) for row in rows(path)} - {""}


def training() -> set[str]:
    found = set()
    for path in [*(ROOT / "data" / "faq").glob("*.yml"), *(ROOT / "data" / "nlu").glob("*.yml")]:
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or []:
            found |= {normalise(line.strip().removeprefix("- ")) for line in (entry.get("examples") or "").splitlines()}
    tables = ("safety/train.tsv", "encoder/everyday.tsv", "nlu/asked.tsv")
    return found.union(*(texts(ROOT / "data" / table) for table in tables))


@pytest.fixture(scope="module")
def learned() -> set[str]:
    return training()


# What answers a question of the history ("yes", "march 4 1987") is read by its form; the same words may stand anywhere.
@pytest.mark.parametrize("path", [*(p for p in SETS if p.name != "in-form.tsv"), CRISES], ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_no_test_text_is_a_training_text(path: Path, learned: set[str]) -> None:
    assert not texts(path) & learned


def test_what_measures_the_history_was_not_learned_at_the_same_question() -> None:
    learned = {(normalise(row["text"]), row["link_id"]) for row in rows(ROOT / "data" / "nlu" / "in-form.tsv")}
    for path in SETS:
        if path.name == "in-form.tsv":
            asked = {(normalise(row["text"]), row["link_id"]) for row in rows(path) if len(row["text"].split()) >= TELLING}
            assert not asked & learned, path
