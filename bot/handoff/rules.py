"""Reads `data/questionnaires/flags.yml`: which answers staff are told about, and the classes of medicines."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.intake.mentions import Lexicon, MentionReader
from bot.settings import ROOT

QUESTIONNAIRES = ROOT / "data" / "questionnaires"
LEXICON = ROOT / "data" / "nlu" / "lexicon"
LEVELS = ("red", "amber", "info")
Key = tuple[str, str]  # (questionnaire, link id)


class RulesError(ValueError):
    """The file of rules cannot be used; the message names the rule."""


@dataclass(frozen=True)
class Condition:
    """One condition on an answer or a score; see the head of flags.yml."""

    question: Key | None = None
    any: frozenset[str] = frozenset()
    none: frozenset[str] = frozenset()
    recent: int | None = None
    score: str | None = None
    band: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
    """One flag and when it is raised."""

    code: str
    level: str
    reason: str
    high: bool = False
    topic: str = ""
    takeover: str | None = None
    conditions: tuple[Condition, ...] = ()
    words: tuple[Key, ...] = ()
    classes: frozenset[str] = frozenset()
    pressure: tuple[int, int] | None = None  # mmHg, systolic and diastolic; one of them reached is enough
    names: frozenset[str] = frozenset()  # conditions that were told in words
    written: frozenset[str] = frozenset()  # the names that count, in lower case; none: all
    statuses: frozenset[str] = frozenset()
    recent: int | None = None  # months


@dataclass(frozen=True)
class Named:
    """A condition that an answer names in the summary."""

    question: Key
    name: str
    words: tuple[Key, ...]
    statuses: Mapping[str, str]
    covers: frozenset[str] = frozenset()  # conditions that are not listed again from their words
    settles: bool = False  # a no counts for more than their words


@dataclass(frozen=True)
class Rules:
    """Everything flags.yml says."""

    answers: tuple[Rule, ...]
    medicines: tuple[Rule, ...]
    allergies: tuple[Rule, ...]
    pressures: tuple[Rule, ...]  # the most serious first
    pressure_questions: tuple[Key, ...]
    medicine_questions: tuple[Key, ...]
    allergy_questions: tuple[Key, ...]
    classes: Mapping[str, str] = field(repr=False)  # name in the lexicon -> class
    remarks: frozenset[str] = field(repr=False)  # words that name no substance
    reader: MentionReader = field(repr=False)
    conditions: tuple[Named, ...] = ()
    told: tuple[Rule, ...] = ()
    told_questions: tuple[Key, ...] = ()

    @property
    def dose_questions(self) -> tuple[Key, ...]:
        """Where two numbers are a dose sooner than a blood pressure."""
        return self.medicine_questions + self.allergy_questions


@functools.lru_cache(maxsize=None)
def load(path: Path = QUESTIONNAIRES / "flags.yml") -> Rules:
    """The rules of a file, read once a process.

    Raises:
        RulesError: a rule is wrong.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    lexicon = Lexicon.load(LEXICON, answers=True)
    substances, told = data["substances"], data["told"]
    known = {value for _, value in lexicon.names.values()}
    answers = tuple(_rule(rule) for rule in data["answers"])
    if any(rule.takeover and rule.level != "red" for rule in answers):
        raise RulesError("only a red rule can start the crisis path")
    return Rules(
        answers=answers,
        medicines=tuple(
            _rule({**found, "code": name, "classes": [name]})
            for name, found in data["classes"].items()
        ),
        allergies=tuple(_rule(rule) for rule in substances["allergies"]),
        pressures=tuple(_rule(rule) for rule in data["blood_pressure"]["levels"]),
        pressure_questions=tuple(map(_key, data["blood_pressure"]["in"])),
        medicine_questions=tuple(map(_key, substances["in"])),
        allergy_questions=tuple(map(_key, substances["allergies_in"])),
        classes=_classes(data["classes"], known),
        remarks=frozenset(substances["remarks"].split()),
        reader=MentionReader(lexicon),
        conditions=tuple(_named(entry) for entry in data["conditions"]),
        told=tuple(_told(rule, known) for rule in told["flags"]),
        told_questions=tuple(map(_key, told["in"])),
    )


def _told(data: Mapping[str, Any], known: Collection[str]) -> Rule:
    unknown = [name for name in data["names"] if name not in known]
    if unknown:
        raise RulesError(f"{unknown[0]} is not in the lexicon")
    return _rule(data)


def _classes(classes: Mapping[str, Any], known: Collection[str]) -> dict[str, str]:
    class_of: dict[str, str] = {}
    for label, found in classes.items():
        for name in found["names"]:
            if name not in known:
                raise RulesError(f"{name} is not in the lexicon")
            if class_of.setdefault(name, label) != label:
                raise RulesError(f"{name} stands in two classes")
    return class_of


def _rule(data: Mapping[str, Any]) -> Rule:
    if data["level"] not in LEVELS:
        raise RulesError(f"{data['code']}: level is one of {', '.join(LEVELS)}")
    conditions = [data["when"]] if "when" in data else []
    return Rule(
        code=data["code"],
        level=data["level"],
        reason=data["reason"],
        high=bool(data.get("high")),
        topic=data.get("topic", data["code"]),
        takeover=data.get("takeover"),
        conditions=tuple(_condition(entry) for entry in [*conditions, *data.get("and", ())]),
        words=tuple(map(_key, data.get("words", ()))),
        classes=frozenset(data.get("classes", ())),
        pressure=(data["systolic"], data["diastolic"]) if "systolic" in data else None,
        names=frozenset(data.get("names", ())),
        written=frozenset(data.get("written", ())),
        statuses=frozenset(data.get("statuses", ("present", "past", "unsure"))),
        recent=data.get("recent"),
    )


def _condition(data: Mapping[str, Any]) -> Condition:
    return Condition(
        question=_key(data["question"]) if "question" in data else None,
        any=frozenset(map(str, data.get("any", ()))),
        none=frozenset(map(str, data.get("none", ()))),
        recent=data.get("recent"),
        score=data.get("score"),
        band=frozenset(data.get("band", ())),
    )


def _named(data: Mapping[str, Any]) -> Named:
    statuses = {code: status for status in ("present", "unsure") for code in data.get(status, ())}
    return Named(
        _key(data["question"]),
        data["name"],
        tuple(map(_key, data.get("words", ()))),
        statuses,
        frozenset(data.get("covers", ())),
        bool(data.get("settles")),
    )


def _key(text: str) -> Key:
    questionnaire, link_id = text.split("/", 1)
    return questionnaire, link_id
