"""Compile the patterns of ``data/safety`` so that hundreds of them cost well under a millisecond.

Most texts contain none of the words that matter. So each pattern is taken apart once (with the regular expression
parser of the standard library) into sets of literal pieces: of every set at least one piece must stand in a text that
it matches. At run time a pattern is tried only where all its sets are met, and the pieces are looked up by their
rarest three letters, so that the cost hardly grows with the number of patterns.
"""
from __future__ import annotations

import dataclasses
import functools
import re
import sre_compile
import sre_constants as op
import sre_parse
from collections import Counter
from typing import Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

PIECE = 3  # shortest literal piece that is looked up
ALTERNATIVES = 400  # largest set of pieces worth keeping
SETS = 4  # sets looked up for one pattern
REMEMBERED = 100  # texts of which is kept what was made of them: those of a visitor's last messages come again
MACRO = re.compile(r"\{([a-z_0-9]+)\}")


def expand(pattern: str, macros: Mapping[str, str], depth: int = 0) -> str:
    """Put macros in: ``{want}`` becomes its group. Raises KeyError for an unknown one."""
    if depth > 8:
        raise ValueError(f"macros refer to each other in {pattern!r}")

    def put(match: "re.Match[str]") -> str:
        return "(?:" + expand(macros[match.group(1)].strip(), macros, depth + 1) + ")"

    return MACRO.sub(put, pattern)


@dataclasses.dataclass(frozen=True)
class Pattern:
    """A compiled pattern, held to whole words, and what a text must contain for it to match."""

    regex: "re.Pattern[str]"
    pieces: Tuple[FrozenSet[str], ...]  # of every set at least one piece


def compile_pattern(pattern: str, macros: Mapping[str, str]) -> Pattern:
    """Compile one pattern; it is parsed once for both uses, because parsing is what loading spends its time on."""
    parsed = sre_parse.parse(r"(?<![^ ])(?:" + expand(pattern, macros) + r")(?![^ ])")
    return Pattern(sre_compile.compile(parsed), tuple(_required(parsed)))


def words_in(pattern: str) -> Set[str]:
    """Every plain word that can be read off a pattern's text."""
    return set(re.findall(r"[a-z]{2,}", re.sub(r"\\.", " ", pattern)))


def lines(block: Optional[object]) -> List[str]:
    """The patterns of a YAML block: a list, or a text with one a line and # comments."""
    if not block:
        return []
    entries: Iterable[str] = block.splitlines() if isinstance(block, str) else block  # type: ignore[assignment]
    return [entry.strip() for entry in entries if entry.strip() and not entry.strip().startswith("#")]


def _required(parsed: Iterable) -> List[FrozenSet[str]]:
    """Walk a parsed sequence; ``runs`` holds what may have been read literally up to here, as alternatives."""
    found: List[FrozenSet[str]] = []
    runs: FrozenSet[str] = frozenset([""])

    def close() -> None:
        nonlocal runs
        useful = frozenset(run.strip() for run in runs)
        if min(map(len, useful)) >= PIECE:
            found.append(useful)
        runs = frozenset([""])

    for code, value in parsed:
        whole = _literals(code, value)
        if whole is not None and len(runs) * len(whole) <= ALTERNATIVES:
            runs = frozenset(run + end for run in runs for end in whole)
            continue
        close()
        if whole is not None:
            runs = whole
        else:
            found.extend(_required_of(code, value))
    close()
    return found


def _literals(code: object, value: Sequence) -> Optional[FrozenSet[str]]:
    """All strings that an item can match when it is made of literals only; None when it is not."""
    if code is op.LITERAL:
        return frozenset([chr(value)])
    if code is op.IN and all(kind is op.LITERAL for kind, _ in value):
        return frozenset(chr(char) for _, char in value)
    if code is op.SUBPATTERN:
        return _sequence(value[-1])
    if code is op.BRANCH:
        branches = [_sequence(branch) for branch in value[1]]
        return None if any(branch is None for branch in branches) else frozenset().union(*branches)  # type: ignore[arg-type]
    return None


def _sequence(parsed: Iterable) -> Optional[FrozenSet[str]]:
    read: FrozenSet[str] = frozenset([""])
    for code, value in parsed:
        whole = _literals(code, value)
        if whole is None or len(read) * len(whole) > ALTERNATIVES:
            return None
        read = frozenset(left + right for left in read for right in whole)
    return read


def _required_of(code: object, value: Sequence) -> List[FrozenSet[str]]:
    if code is op.SUBPATTERN:
        return _required(value[-1])
    if code is op.BRANCH:
        parts = [_required(branch) for branch in value[1]]
        return [frozenset().union(*(max(part, key=_worth) for part in parts))] if all(parts) else []
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] >= 1:
        return _required(value[2])
    return []


def _worth(alternatives: FrozenSet[str]) -> float:
    """Long and few pieces tell more."""
    return min(7, min(map(len, alternatives))) - len(alternatives) * 0.1


class Matcher:
    """Patterns that are tried only where a piece of each of their sets occurs."""

    def __init__(self) -> None:
        self._needs: List[Tuple[int, ...]] = []  # for each pattern the numbers of its sets
        self._sets: Dict[FrozenSet[str], int] = {}
        self._users: List[List[int]] = []  # for each set the patterns that need it
        self._always: List[int] = []
        self._by_gram: Optional[Dict[str, List[Tuple[str, Tuple[int, ...]]]]] = None
        self.candidates = functools.lru_cache(REMEMBERED)(self._candidates)

    def add(self, pattern: Pattern) -> int:
        """Register a pattern; returns its number."""
        number = len(self._needs)
        needs = []
        for alternatives in sorted(set(pattern.pieces), key=_worth, reverse=True)[:SETS]:
            needs.append(self._sets.setdefault(alternatives, len(self._sets)))
            if needs[-1] == len(self._users):
                self._users.append([])
        self._needs.append(tuple(needs))
        if needs:
            self._users[needs[0]].append(number)
        else:
            self._always.append(number)
        self._by_gram = None
        self.candidates.cache_clear()
        return number

    def _candidates(self, text: str) -> Tuple[int, ...]:
        """The numbers of the patterns that could match, in order; ``candidates`` remembers them for the texts that come again."""
        table = self._by_gram if self._by_gram is not None else self.seal()
        met: Set[int] = set()
        for gram in table.keys() & {text[i:i + PIECE] for i in range(len(text) - PIECE + 1)}:
            for piece, sets in table[gram]:
                if piece in text:
                    met.update(sets)
        users, needs = self._users, self._needs
        found = [number for first in met for number in users[first] if met.issuperset(needs[number])]
        return tuple(sorted(self._always + found))

    def seal(self) -> Dict[str, List[Tuple[str, Tuple[int, ...]]]]:
        """Build the look-up table; done once, after the last pattern was added."""
        owners: Dict[str, List[int]] = {}
        for alternatives, number in self._sets.items():
            for piece in alternatives:
                owners.setdefault(piece, []).append(number)
        grams = {piece: [piece[i:i + PIECE] for i in range(len(piece) - PIECE + 1)] for piece in owners}
        common = Counter(gram for list_ in grams.values() for gram in set(list_))
        table: Dict[str, List[Tuple[str, Tuple[int, ...]]]] = {}
        for piece, sets in owners.items():
            table.setdefault(min(grams[piece], key=lambda gram: common[gram]), []).append((piece, tuple(sets)))
        self._by_gram = table
        return table
