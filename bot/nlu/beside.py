"""Work that goes on beside the sentence encoder, which computes outside the interpreter's lock.

A component leaves such work on the message as a `Later`, and `SentenceEncoder` starts all that it finds there at once: handing
work to a thread takes as long as counting n-grams does.
"""
from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
_WORKER = ThreadPoolExecutor(1, "beside")


class Later(Generic[T]):
    """A result that whoever asks first computes; the others wait for it."""

    def __init__(self, work: Callable[..., T], *args: object) -> None:
        self._work: Callable[[], T] | None = functools.partial(work, *args)
        self._lock = threading.Lock()

    def __call__(self) -> T:
        with self._lock:
            if self._work is not None:
                self._result, self._work = self._work(), None
        return self._result


def start(works: Iterable[Later]) -> None:
    """Begin some work in another thread.

    Off the main thread it is done at once: the server understands a message there while it does other things itself or other
    turns are on their way (``bot.rasa_overrides``), which have a use for every core.
    """
    if _on_main_thread():
        _WORKER.submit(_do, list(works))
    else:
        _do(works)


def do_ahead(work: Later) -> None:
    """Do some work at once off the main thread; on it, it waits until its result is asked for."""
    if not _on_main_thread():
        work()


def _on_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _do(works: Iterable[Later]) -> None:
    for work in works:
        work()
