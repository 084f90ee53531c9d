"""What servers write of errors: their types and places, never their texts, which may hold what a person wrote."""
from __future__ import annotations

import logging
import traceback
from typing import Any, List, Optional, Set


def leave_out_what_errors_say() -> None:
    """From now on every logger of this process, also Rasa's, Sanic's and asyncio's, writes a traceback without the errors' texts."""
    make = logging.getLogRecordFactory()

    def without_texts(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text, record.exc_info = places(record.exc_info[1]), None
        return record

    logging.setLogRecordFactory(without_texts)


def places(error: BaseException) -> str:
    """Where an error came from and where those before it did, the first one first."""
    parts: List[str] = []
    seen: Set[int] = set()
    now: Optional[BaseException] = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        parts.append("Traceback (most recent call last):\n" + "".join(traceback.format_tb(now.__traceback__)) + type(now).__name__)
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)
    return "\n\nThen:\n\n".join(reversed(parts))
