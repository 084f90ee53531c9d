"""What can be set, run or typed is named in the documentation, and what the documentation names is there."""
from __future__ import annotations

import argparse
import dataclasses
import json
import re
from pathlib import Path
from typing import Iterator

import pytest
import yaml

from bot.__main__ import parser
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("name", [f.name.upper() for f in dataclasses.fields(Settings)])
def test_every_setting_is_explained(name: str) -> None:
    lines = EXAMPLE.splitlines()
    at = next((i for i, line in enumerate(lines) if line.startswith(f"{name}=")), None)
    assert at is not None, f"{name} is not in .env.example"
    above = [line for line in lines[:at] if line.strip()]
    assert any(line.startswith("#") for line in above[-6:]), f"nothing explains {name}"


def test_the_example_names_no_setting_that_does_not_exist() -> None:
    named = re.findall(r"^([A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)
    assert set(named) == {f.name.upper() for f in dataclasses.fields(Settings)}
    assert len(named) == len(set(named))


def commands() -> Iterator[str]:
    subparsers = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    yield from subparsers.choices


@pytest.mark.parametrize("command", list(commands()))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`python -m bot {command}" in README


def test_the_readme_names_the_two_commands_and_they_exist() -> None:
    for target in ("run", "test"):
        assert f"\nmake {target}\n" in README and re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


def test_every_make_target_says_what_it_does() -> None:
    targets = re.findall(r"^([a-z-]+):(.*)$", MAKEFILE, re.MULTILINE)
    assert targets
    missing = [name for name, rest in targets if "##" not in rest and name != "env"]
    assert not missing


@pytest.mark.parametrize("page", DOCS, ids=lambda p: p.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_house_in_the_readme_is_the_house() -> None:
    block = README.split("## How it is built")[1].split("```")[1]
    for name in re.findall(r"^((?:[a-z]+/)+|[a-z]+\.yml)", block, re.MULTILINE):
        assert (ROOT / name).exists(), name


def test_every_clinic_key_of_the_example_is_a_key_of_the_real_file() -> None:
    real = yaml.safe_load((ROOT / "clinic.yml").read_text(encoding="utf-8"))
    example = yaml.safe_load((ROOT / "clinic.example.yml").read_text(encoding="utf-8"))
    assert set(example) <= set(real)
    assert set(example["policies"]) <= set(real["policies"])


def test_the_repository_ships_no_facts_that_the_clinic_did_not_give() -> None:
    real = yaml.safe_load((ROOT / "clinic.yml").read_text(encoding="utf-8"))
    assert {k for k, v in real.items() if v and k != "policies"} == {"name", "city"}
    assert not any(real["policies"].values())


def test_the_safety_figures_are_those_of_the_report() -> None:
    counts = json.loads((ROOT / "docs" / "evaluation.json").read_text())["counts"]
    text = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
    figures = re.findall(r"^\| ([^|]+?)(?:, both layers)? \|[^|]+\| [\d.]+% \((\d+)/(\d+), [\d.]+% to [\d.]+%\) \|$", text, re.MULTILINE)
    assert {name: [int(hits), int(total)] for name, hits, total in figures}.items() <= counts.items() and len(figures) >= 8
