"""Work beside the encoder is done once, whoever asks for it, and takes no further core where other turns need them."""
from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import List

import pytest

from bot.nlu.beside import Later, start


def slow(done_in: List[threading.Thread], begun: threading.Event) -> int:
    begun.set()
    time.sleep(0.05)
    done_in.append(threading.current_thread())
    return len(done_in)


def test_what_is_started_is_done_once_in_another_thread() -> None:
    done_in: List[threading.Thread] = []
    begun = threading.Event()
    later = Later(slow, done_in, begun)
    start([later])
    assert begun.wait(60), "nobody has asked yet"
    with ThreadPoolExecutor(2) as askers:
        assert list(askers.map(lambda _: later(), range(2))) == [1, 1]
    assert later() == 1 and len(done_in) == 1 and done_in[0].name.startswith("beside")


def test_off_the_main_thread_it_is_done_right_there() -> None:
    done_in: List[threading.Thread] = []
    later = Later(slow, done_in, threading.Event())
    with ThreadPoolExecutor(1) as worker:
        worker.submit(start, [later]).result()
        assert done_in == [worker.submit(threading.current_thread).result()]
    assert later() == 1 and len(done_in) == 1


def test_a_failure_reaches_whoever_asks() -> None:
    later = Later(int, "no number")
    start([later])
    for _ in range(2):
        with pytest.raises(ValueError):
            later()
