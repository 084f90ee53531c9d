"""The reviewed answers as the actions use them: text, sources, related questions, what the clinic adds.

They are the ``responses`` of ``data/faq/*.yml``, native Rasa YAML, so that an answer is changed in one place.
"""
from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple

import yaml

from bot.settings import Clinic

PREFIX = "utter_faq/"


@dataclasses.dataclass(frozen=True)
class FaqAnswer:
    id: str
    question: str  # a short label in the visitor's voice
    text: str
    sources: Tuple[Dict[str, str], ...]
    related: Tuple[str, ...]
    clinic_keys: Tuple[str, ...]
    clinic_missing: Optional[str]

    def compose(self, clinic: Clinic) -> Tuple[str, bool]:
        """The text to say, the clinic's part first, and whether a detail only the clinic knows is missing."""
        if not self.clinic_keys:
            return self.text, False
        known = [(key, value) for key in self.clinic_keys if (value := clinic.get(key))]
        if known:
            said = " ".join(f"The phone number is {value}." if key == "phone" else value for key, value in known)
            return f"{said}\n\n{self.text}", False
        return f"{self.clinic_missing or 'I don’t have that detail from the clinic.'}\n\n{self.text}", True


class FaqLibrary:
    """All reviewed answers by id."""

    def __init__(self, answers: Iterable[FaqAnswer]) -> None:
        self._answers = {answer.id: answer for answer in answers}

    @classmethod
    def load(cls, folder: Path) -> "FaqLibrary":
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found: List[FaqAnswer] = []
        for path in sorted(folder.glob("*.yml")):
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}
            for name, variants in (data.get("responses") or {}).items():
                if name.startswith(PREFIX):
                    found.append(_answer(name[len(PREFIX) :], variants[0]))
        return cls(found)

    def known(self, ids: Iterable[str]) -> List[FaqAnswer]:
        """The answers of these ids that exist, in order, each once."""
        return [self._answers[i] for i in dict.fromkeys(ids) if i in self._answers]


def _answer(faq_id: str, response: Dict[str, Any]) -> FaqAnswer:
    metadata = response.get("metadata") or {}
    clinic = metadata.get("clinic") or ()  # one key of clinic.yml, or several
    return FaqAnswer(
        id=faq_id,
        question=metadata.get("question", faq_id.replace("_", " ")),
        text=response["text"].strip(),
        sources=tuple(metadata.get("sources") or ()),
        related=tuple(metadata.get("related") or ()),
        clinic_keys=(clinic,) if isinstance(clinic, str) else tuple(clinic),
        clinic_missing=metadata.get("clinic_missing"),
    )
