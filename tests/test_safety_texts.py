"""The safety texts: kept apart, well formed, near-misses as many as crises, and what the rule layer alone reaches on them."""
from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter

import pytest

from bot.nlu.text import rows
from bot.safety import CATEGORIES, Screener
from bot.settings import ROOT

FILES = {
    "train": ROOT / "data" / "safety" / "train.tsv",
    "dev": ROOT / "data" / "safety" / "dev.tsv",
    "written with the rules": ROOT / "tests" / "data" / "safety" / "dev" / "written-with-rules.tsv",
    "written apart": ROOT / "tests" / "data" / "safety" / "dev" / "written-apart.tsv",
    "written blind": ROOT / "tests" / "data" / "safety" / "dev" / "written-blind.tsv",
    "written in the intake": ROOT / "tests" / "data" / "safety" / "dev" / "written-in-intake.tsv",
    "written hard": ROOT / "tests" / "data" / "safety" / "dev" / "written-hard.tsv",
    "test": ROOT / "tests" / "data" / "safety" / "test.tsv",
}


def bare(text: str) -> str:
    """Letters and digits only, so that a comma or an accent does not make a text a new one."""
    letters = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", letters) or text


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(FILES, 2)))
def test_no_text_is_in_two_files(one: str, other: str) -> None:
    assert not {bare(row["text"]) for row in rows(FILES[one])} & {bare(row["text"]) for row in rows(FILES[other])}


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_complete_and_said_once(name: str) -> None:
    data = rows(FILES[name])
    assert list(data[0]) == ["text", "label", "category", "kind"]
    for row in data:
        assert row["label"] in ("takeover", "check_in", "none") and row["kind"]
        assert (row["category"] in CATEGORIES) == (row["label"] != "none"), row
    assert [text for text, times in Counter(bare(row["text"]) for row in data).items() if times > 1] == []


def test_near_misses_are_at_least_as_many_as_crises() -> None:
    labels = Counter(row["label"] for row in rows(FILES["train"]))
    assert sum(labels.values()) >= 1500 and labels["none"] >= labels["takeover"] + labels["check_in"]
    assert len(rows(FILES["test"])) >= 300 and len(rows(FILES["dev"])) >= 200


@pytest.fixture(scope="module")
def outcomes() -> dict:
    screener = Screener.load()
    return {name: [(row, screener.screen(row["text"]).outcome) for row in rows(path)] for name, path in FILES.items()}


@pytest.mark.parametrize("name", ["dev", "written with the rules"])
def test_the_rule_layer_alone_misses_few_crises(outcomes: dict, name: str) -> None:
    crises = [(row["text"], outcome) for row, outcome in outcomes[name] if row["label"] == "takeover"]
    missed = [text for text, outcome in crises if outcome == "none"]
    assert len(missed) <= 0.05 * len(crises), missed


@pytest.mark.parametrize("name", ["train", "dev", "written with the rules"])
def test_the_rule_layer_alone_stops_few_ordinary_turns(outcomes: dict, name: str) -> None:
    ordinary = [(row["text"], outcome) for row, outcome in outcomes[name] if row["label"] == "none"]
    stopped = [text for text, outcome in ordinary if outcome == "takeover"]
    assert len(stopped) <= 0.05 * len(ordinary), stopped
