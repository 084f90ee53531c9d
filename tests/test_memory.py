"""A server's memory: what start-up made is left alone, and lies in large pages where the system has them."""
from __future__ import annotations

import subprocess
import sys
from typing import List

import pytest

SETTLES = """
import gc, re
from pathlib import Path
from bot import memory
def large() -> int:
    return sum(int(kb) for kb in re.findall(r"AnonHugePages: +(\\d+) kB", Path("/proc/self/smaps").read_text()))
model = [str(n) * 40 for n in range(300_000)]
before = large()
memory.settle()
print(gc.get_freeze_count() > 0, gc.get_threshold()[0] == memory.YOUNG, memory.join_pages(), large() - before, model[7] == "7" * 40)
"""


@pytest.fixture(scope="module")
def settled() -> List[str]:
    return subprocess.run([sys.executable, "-c", SETTLES], check=True, capture_output=True, text=True).stdout.split()


def test_what_start_up_made_is_left_alone(settled: List[str]) -> None:
    assert settled[:2] == ["True", "True"]


def test_what_start_up_made_lies_in_large_pages(settled: List[str]) -> None:
    joined, large_kb, unchanged = settled[2:]
    assert unchanged == "True"
    if joined == "0":
        pytest.skip("this system cannot join pages")
    assert int(large_kb) > 20_000, "40 MB of strings"


def test_a_system_without_a_map_of_memory_has_nothing_to_join(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    from bot import memory

    monkeypatch.setattr(memory, "MAPS", tmp_path / "maps")
    assert memory.join_pages() == 0
