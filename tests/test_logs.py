"""A log says of an error what it was and where, and nothing of what a person wrote."""
from __future__ import annotations

import io
import logging
from typing import Iterator

import pytest

from bot import logs


@pytest.fixture()
def written() -> Iterator[io.StringIO]:
    before = logging.getLogRecordFactory()
    logger, out = logging.getLogger("test.logs"), io.StringIO()
    handler = logging.StreamHandler(out)
    logger.addHandler(handler)
    logs.leave_out_what_errors_say()
    yield out
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


def test_a_traceback_names_types_and_places_and_no_words(written: io.StringIO) -> None:
    words = "zebra"
    try:
        try:
            int(words)
        except ValueError as error:
            raise RuntimeError(f"{words} is no number") from error
    except RuntimeError:
        logging.getLogger("test.logs").exception("It failed")
    text = written.getvalue()
    assert words not in text.replace('words = "zebra"', "")
    assert "It failed" in text and "test_logs.py" in text
    assert text.index("ValueError") < text.index("RuntimeError", text.index("ValueError"))


def test_what_is_logged_without_an_error_stays_as_it_is(written: io.StringIO) -> None:
    logging.getLogger("test.logs").error("%s stopped", "outbox")
    assert written.getvalue() == "outbox stopped\n"
