"""DESIGN's four floors: imports point downwards only, and rooms on the top floor never use each other."""
from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, Set, Tuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "bot.settings": 1, "bot.safety": 1, "bot.intake": 1,
    "bot.records": 2,
    "bot.handoff": 3,
    "bot.channel": 4, "bot.nlu": 4, "bot.staff": 4, "actions": 4,
}  # fmt: skip
# Floor 1 rooms know nothing of ours but the project's root folder, which settings names.
ALLOWED_SIDEWAYS = {("bot.safety", "bot.settings"), ("bot.channel", "bot.rasa_overrides")}

# What a turn of the history is made of, each part with what it may use: those after it.
TURN = ["dialogue", "changes", "asking", "menu", "questions", "closing", "run", "phrases", "turn"]


def room_of(module: str) -> str:
    return next((room for room in FLOORS if module == room or module.startswith(room + ".")), "")


def our_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module in ("bot", "actions"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def modules() -> Iterator[Tuple[str, Path]]:
    for top in ("bot", "actions"):
        for path in sorted((ROOT / top).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def crossings(module: str, path: Path) -> Set[str]:
    room = room_of(module)
    wrong = set()
    for imported in our_imports(path):
        other = room_of(imported)
        if other and other != room and (room, other) not in ALLOWED_SIDEWAYS and FLOORS[other] >= FLOORS[room]:
            wrong.add(imported)
    return wrong


@pytest.mark.parametrize("module, path", [(m, p) for m, p in modules() if room_of(m)], ids=lambda v: str(v)[-40:])
def test_imports_point_down(module: str, path: Path) -> None:
    assert not crossings(module, path)


@pytest.mark.parametrize("name", TURN)
def test_the_parts_of_a_turn_use_only_those_after_them(name: str) -> None:
    used = {imported.removeprefix("actions.") for imported in our_imports(ROOT / "actions" / f"{name}.py")}
    assert not used & set(TURN[: TURN.index(name) + 1])


def test_a_crossing_is_noticed(tmp_path: Path) -> None:
    offender = tmp_path / "offender.py"
    offender.write_text("from bot.handoff import service\nfrom bot import staff\n")
    assert crossings("bot.records.offender", offender) == {"bot.handoff", "bot.staff"}
