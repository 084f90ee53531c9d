"""The reviewed words that answer a crisis, read from ``data/safety/replies.yml``.

They are static on purpose: in a crisis nothing is composed. What may stand in them is held by
``tests/test_safety_replies.py`` (safe messaging, verified numbers only).
"""
from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

import yaml

from bot.safety.screener import CATEGORIES
from bot.settings import ROOT

_WORD = re.compile(r"[^\W\d_]+")

Choice = Dict[str, str]  # {"id", "label"}


@dataclasses.dataclass(frozen=True)
class Reply:
    """What the visitor is shown: the text, the choices under it and its kind ("crisis" or "check_in", "notice")."""

    text: str
    choices: List[Choice]
    kind: str


class Replies:
    """All safety texts by name. Unknown categories get the suicidal text: the widest one, never nothing."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._labels: Dict[str, str] = data["choices"]
        self._labels_es: Dict[str, str] = data.get("choices_es", {})
        self._texts: Dict[str, Mapping[str, Any]] = data["replies"]
        self._spanish = frozenset(data["spanish"].split())
        self._english = frozenset(data["english"].split())
        self._names = {self._build(entry).text: name for name, entry in self._texts.items()}
        self.lines: Dict[str, str] = {key: " ".join(value.split()) for key, value in data["lines"].items()}

    @classmethod
    def load(cls, path: Path = ROOT / "data" / "safety" / "replies.yml") -> "Replies":
        """Read the file; raises KeyError when a required part is missing."""
        with open(path, encoding="utf-8") as file:
            return cls(yaml.safe_load(file))

    def language(self, text: str, before: str = "en") -> str:
        """The language to answer a text in, "es" or "en"; that of what was said ``before`` where its words tell of neither."""
        words = _WORD.findall(text.lower())
        fewest = 1 if len(words) <= 4 else 2
        spanish, english = (sum(word in known for word in words) for known in (self._spanish, self._english))
        if spanish >= fewest and spanish > english:
            return "es"
        return before if english < fewest else "en"

    def spoken(self, text: str, shown: Iterable[str]) -> str:
        """The language to answer a text in that follows these texts of ours: somebody who was answered in Spanish stays in it."""
        return self.language(text, "es" if any(self.written_in(said) == "es" for said in shown) else "en")

    def reply(self, category: Optional[str], outcome: str, language: str = "en", phone: Optional[str] = None) -> Reply:
        """The answer to a screening.

        Args:
            category: as in ``Screening.category``.
            outcome: "takeover" or "check_in".
            language: "es" gives the Spanish text where there is one.
            phone: the clinic's number, added as a last sentence where the text has a place for it.
        """
        if outcome == "check_in":
            return self._build(self._first(f"check_in_{category}", "check_in", language=language), phone)
        return self._build(self._first(category or "suicidal", "suicidal", language=language), phone)

    def hold(self, language: str = "en") -> Reply:
        """Said when something else is written while the crisis path is open."""
        return self._build(self._first("hold", "hold", language=language))

    def resumed(self, language: str = "en") -> Reply:
        """Said when the visitor has chosen to go on."""
        return self._build(self._first("resumed", "resumed", language=language))

    def chosen(self, choice_id: str, phone: Optional[str] = None, language: str = "en") -> Optional[Reply]:
        """The answer to a tapped crisis choice (call_988, talk_staff, ...); None where none is needed."""
        name = f"chosen_{choice_id}"
        return self._build(self._first(name, language=language), phone) if name in self._texts else None

    def asks_about(self, text: str) -> str:
        """The category that a crisis or check-in text, as it was shown, asks about; "suicidal" where it is none of a category."""
        category = self._name(text).removeprefix("check_in_")
        return category if category in CATEGORIES else "suicidal"

    def asks_back(self, text: str) -> Optional[str]:
        """What a text, as it was shown, asked of the reply to a check-in: "which" question it was for, or it "again"."""
        name = self._name(text).removeprefix("check_in_")
        return name if name in ("which", "again") else None

    def written_in(self, text: str) -> Optional[str]:
        """The language of a text, as it was shown, where it is one of those that are not English."""
        return self._texts.get(self._shown(text), {}).get("language")

    def _name(self, text: str) -> str:
        return self._shown(text).removesuffix("_es")

    def _shown(self, text: str) -> str:
        return next((name for known, name in self._names.items() if text.startswith(known)), "")

    def line(self, note: Optional[str]) -> Optional[str]:
        """The sentence that goes with ``Screening.note`` (loss, assault, pressure, history, information) when there is no takeover."""
        return self.lines.get(note) if note else None

    def choice_ids(self) -> Tuple[str, ...]:
        """The ids of all choices that a safety text can offer."""
        return tuple(self._labels)

    def names(self) -> Tuple[str, ...]:
        return tuple(self._texts)

    def get(self, name: str, phone: Optional[str] = None) -> Reply:
        return self._build(self._texts[name], phone)

    def _first(self, *names: str, language: str) -> Mapping[str, Any]:
        candidates = [f"{name}_es" for name in names] + list(names) if language == "es" else list(names)
        return next(self._texts[name] for name in candidates if name in self._texts)

    def _build(self, entry: Mapping[str, Any], phone: Optional[str] = None) -> Reply:
        text = "\n\n".join(" ".join(part.split()) for part in entry["text"].strip().split("\n\n"))
        if phone and entry.get("with_phone"):
            text += "\n\n" + entry["with_phone"].format(phone=phone)
        labels = {**self._labels, **self._labels_es} if entry.get("language") == "es" else self._labels
        return Reply(text, [{"id": name, "label": labels[name]} for name in entry.get("choices", ())], entry["kind"])
