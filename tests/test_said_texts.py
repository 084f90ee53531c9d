"""Safe messaging (clinical fact sheet 5.3) and the words never to use (1.7), over every text that the assistant can say.

Not only the crisis texts: answers, responses, buttons, questions of the history, the page, and the sentences in the code.
`tests/test_safety_replies.py` asks more of the crisis texts.
"""
from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Iterator

import pytest
import yaml

from bot.safety import Replies
from bot.settings import ROOT
from tests.faq_library import library, sentences
from tests.test_faq_answers import over_claims
from tests.test_safety_replies import VERIFIED

CODE = ("actions", "bot/channel", "bot/intake", "bot/safety")
UNSAFE = {
    "a crime or a success": r"\bcommit(s|ted|ting)? suicide\b|\b(successful|unsuccessful|failed|completed) (suicide|attempt)",
    "arguing": r"think of your family|so much to live for|\bcalm down\b|\bselfish\b|\bcheer up\b|it could be worse|look on the bright",
    "knowing how it is": r"\bI (know|understand) (exactly|how you feel)",
    "turning away": r"\bI can(no|')t help (you )?with that",
    "a promise": r"\b(someone|help) is on (the|its) way\b|committed to your safety|\b(completely|strictly|fully) (private|confidential)\b|we promise",
    "why": r"\bwhy (do|would|did) you (want|feel|think)",
    "a method": r"\b(hang|shoot|drown|poison) (yourself|themselves)|slit your|jump(ing)? (off|from) (a|the)|lethal dose|fatal dose",
    "a line that ended": r"\bpress 3\b",
    "shouting": "[!\u00a1\u2600-\u27bf\U0001f000-\U0001faff]",
}
PHONE = re.compile(r"(?<![\d-])(?:1-)?\d{3}-\d{3}-\d{4}(?![\d-])")
TTY = "1-800-273-8255"  # the Lifeline for deaf and hard of hearing people, after 711
EXAMPLE = re.compile(r"555-01\d\d$")  # reserved for examples


def from_code(path: Path) -> Iterator[str]:
    """The sentences among the literals of a module; what documents or matches is none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if " " in text.strip() and text not in docstrings and not re.search(r"\\|\(\?|\||\[", text):
            yield text


def from_json(value: object) -> Iterator[str]:
    """Every text of a questionnaire."""
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from (part,) if isinstance(part, str) and " " in part else from_json(part)


def said() -> dict[str, list[str]]:
    """All texts, by where they stand."""
    texts: dict[str, list[str]] = {}
    for found in library().values():
        texts[f"answer {found.id}"] = [found.text, found.metadata.get("clinic_missing", ""), found.metadata["question"]]
    replies = Replies.load()
    texts["crisis"] = [replies.get(name, phone="503-555-0100").text for name in replies.names()] + list(replies.lines.values())
    responses = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
    for name, variants in responses.items():
        texts[name] = [part for v in variants for part in (v.get("text", ""), *(b["title"] for b in v.get("buttons", ())))]
    for path in sorted((ROOT / "data" / "questionnaires").glob("*.json")):
        texts[path.name] = list(from_json(json.loads(path.read_text(encoding="utf-8"))))
    for path in sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py")):
        texts[f"{path.parent.name}/{path.name}"] = list(from_code(path))
    page = ROOT / "bot" / "channel" / "page"
    texts["page"] = [re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", (page / "index.html").read_text(encoding="utf-8"), flags=re.S)]
    texts["page"] += re.findall(r'"([A-Z][^"\n]* [^"\n]*)"', (page / "chat.js").read_text(encoding="utf-8"))
    return texts


def claims(sentence: str) -> list[str]:
    """What a sentence claims too much; a person, a call or a message may be called safe, a treatment may not."""
    found = over_claims(sentence)
    return found if re.search(r"ketamine|treatment|medicine|infusion|\bdrug", sentence, re.I) else [name for name in found if name != "safe"]


SAID = said()


@pytest.mark.parametrize("where", SAID)
def test_no_text_is_unsafe_or_claims_too_much(where: str) -> None:
    for text in SAID[where]:
        assert not [name for name, pattern in UNSAFE.items() if re.search(pattern, text, re.I)], text
        assert not [sentence for sentence in sentences(text) if not sentence.endswith("?") and claims(sentence)]


@pytest.mark.parametrize("where", SAID)
def test_only_verified_numbers_are_said(where: str) -> None:
    assert not {n for text in SAID[where] for n in PHONE.findall(text) if n not in {*VERIFIED, TTY} and not EXAMPLE.search(n)}


def test_every_source_is_read() -> None:
    count = sum(map(len, SAID.values()))
    assert count > 700 and "page" in SAID and "actions/faq.py" in SAID and "intake.json" in SAID and "utter_greet" in SAID, count


@pytest.mark.parametrize(
    "text",
    [
        "He committed suicide.",
        "After a failed attempt many feel better.",
        "You have so much to live for.",
        "Please calm down.",
        "I understand how you feel.",
        "I can't help with that.",
        "Help is on the way.",
        "Stay strong!",
        "If you're a young person, press 3.",
    ],
)
def test_an_unsafe_text_would_be_caught(text: str) -> None:
    assert any(re.search(pattern, text, re.I) for pattern in UNSAFE.values())
