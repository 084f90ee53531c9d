"""Compile the patterns of ``data/safety`` so that hundreds of them cost well under a millisecond.

Most texts contain none of the words that matter. So each pattern is taken apart once (with the regular expression
parser of the standard library) to find a set of pieces of which at least one must stand in any text that it matches; at
run time a pattern is tried only where one of its pieces occurs.
"""
from __future__ import annotations

import re
import sre_constants as op
import sre_parse
from typing import Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Set

MACRO = re.compile(r"\{([a-z_0-9]+)\}")


def expand(pattern: str, macros: Mapping[str, str], depth: int = 0) -> str:
    """Put macros in: ``{want}`` becomes its group. Raises KeyError for an unknown one."""
    if depth > 8:
        raise ValueError(f"macros refer to each other in {pattern!r}")

    def put(match: "re.Match[str]") -> str:
        return "(?:" + expand(macros[match.group(1)].strip(), macros, depth + 1) + ")"

    return MACRO.sub(put, pattern)


def compile_pattern(pattern: str, macros: Mapping[str, str]) -> "re.Pattern[str]":
    """One pattern, held to whole words."""
    return re.compile(r"(?<![^ ])(?:" + expand(pattern, macros) + r")(?![^ ])")


def pieces(pattern: str) -> Optional[FrozenSet[str]]:
    """Literal pieces of which at least one occurs in every match; None when there is no such set."""
    return _required(sre_parse.parse(pattern))


def words_in(pattern: str) -> Set[str]:
    """Every plain word that can be read off a pattern's text."""
    return {word for word in re.findall(r"[a-z]{2,}", re.sub(r"\\.", " ", pattern))}


def lines(block: Optional[object]) -> List[str]:
    """The patterns of a YAML block: a list, or a text with one a line and # comments."""
    if not block:
        return []
    entries: Iterable[str] = block.splitlines() if isinstance(block, str) else block  # type: ignore[assignment]
    return [entry.strip() for entry in entries if entry.strip() and not entry.strip().startswith("#")]


def _required(parsed: Iterable) -> Optional[FrozenSet[str]]:
    found: List[FrozenSet[str]] = []
    run: List[str] = []

    def close() -> None:
        text = "".join(run).strip()
        if text:
            found.append(frozenset([text]))
        run.clear()

    for code, value in parsed:
        if code is op.LITERAL:
            run.append(chr(value))
            continue
        close()
        inner = _required_of(code, value)
        if inner:
            found.append(inner)
    close()
    return max(found, key=_worth) if found else None


def _required_of(code: object, value: Sequence) -> Optional[FrozenSet[str]]:
    if code is op.SUBPATTERN:
        return _required(value[-1])
    if code is op.BRANCH:
        parts = [_required(branch) for branch in value[1]]
        return None if any(part is None for part in parts) else frozenset().union(*parts)  # type: ignore[arg-type]
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] >= 1:
        return _required(value[2])
    return None


def _worth(alternatives: FrozenSet[str]) -> float:
    shortest = min(len(piece) for piece in alternatives)
    return min(shortest, 7) - len(alternatives) * 0.15


class Matcher:
    """Patterns that are tried only where one of their pieces occurs."""

    def __init__(self) -> None:
        self._always: List[int] = []
        self._by_piece: Dict[str, List[int]] = {}
        self.size = 0

    def add(self, regex: "re.Pattern[str]") -> int:
        """Register a pattern; returns its number."""
        number, self.size = self.size, self.size + 1
        needed = pieces(regex.pattern)
        if needed is None:
            self._always.append(number)
        for piece in needed or ():
            self._by_piece.setdefault(piece, []).append(number)
        return number

    def candidates(self, text: str) -> Set[int]:
        """The numbers of the patterns that could match."""
        numbers = set(self._always)
        for piece, users in self._by_piece.items():
            if piece in text:
                numbers.update(users)
        return numbers
