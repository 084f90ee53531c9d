"""The FAQ files of `data/faq` as plain objects, so that the tests of answers and of examples read them in one way.

Only YAML is read: no Rasa import, so the tests stay fast enough to run at every edit of an answer.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FAQ_DIR = ROOT / "data" / "faq"
IDS_FILE = ROOT / "tests" / "data" / "faq-ids.txt"


@dataclass(frozen=True)
class Faq:
    """One reviewed answer with its example questions."""

    id: str
    topic: str
    text: str
    variants: int
    metadata: dict[str, Any]
    examples: tuple[str, ...]

    @property
    def sentences(self) -> list[str]:
        return sentences(self.text)


def catalogue() -> list[str]:
    """Every id that must have an answer, in the order of the catalogue."""
    return IDS_FILE.read_text(encoding="utf-8").split()


def sentences(text: str) -> list[str]:
    """Split into sentences; a full stop inside a number or a web name does not end one."""
    return [part for part in re.split(r"(?<=[.?!;])\s+", text.strip()) if part]


def normalise(text: str) -> str:
    """What is left of an example when case, accents, punctuation and spacing do not count."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).replace("'", "").replace("’", "")
    return " ".join(re.findall(r"[a-z0-9]+", plain))


@lru_cache(maxsize=1)
def library() -> dict[str, Faq]:
    """All answers by id."""
    faqs: dict[str, Faq] = {}
    for path in sorted(FAQ_DIR.glob("*.yml")):
        content = _yaml(path)
        examples = {entry["intent"].partition("/")[2]: _examples(entry["examples"]) for entry in content["nlu"]}
        for key, variants in content["responses"].items():
            faq_id = key.partition("/")[2]
            assert faq_id not in faqs, f"{faq_id} is answered twice: {faqs[faq_id].topic} and {path.stem}"
            faqs[faq_id] = Faq(
                id=faq_id,
                topic=path.stem,
                text=variants[0]["text"],
                variants=len(variants),
                metadata=variants[0].get("metadata", {}),
                examples=examples.pop(faq_id, ()),
            )
        assert not examples, f"{path.name} has examples without an answer: {sorted(examples)}"
    return faqs


def _yaml(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _examples(block: str) -> tuple[str, ...]:
    return tuple(line.strip()[2:].strip() for line in block.splitlines() if line.strip().startswith("- "))
