"""One trained model for all tests of understanding: importing Rasa and training take most of a minute."""
from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Mapping

import pytest

from bot.settings import Settings
from bot.train import NAME, is_current, train


class Reader:
    """A trained pipeline, asked as Rasa asks it."""

    def __init__(self, model: Path) -> None:
        from rasa.core.agent import Agent

        self.processor = Agent.load(str(model)).processor
        self._loop = asyncio.new_event_loop()

    def parse(self, text: str, pending: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The parse result of a message; ``pending`` is the question that waits, as the slot holds it."""
        from rasa.core.channels.channel import UserMessage
        from rasa.shared.core.events import SlotSet
        from rasa.shared.core.trackers import DialogueStateTracker

        events = [SlotSet("pending", dict(pending))] if pending else []
        tracker = DialogueStateTracker.from_events("test", events, slots=self.processor.domain.slots)
        return self._loop.run_until_complete(self.processor.parse_message(UserMessage(text), tracker))

    def intent(self, text: str, pending: Mapping[str, Any] | None = None) -> str:
        return self.parse(text, pending)["intent"]["name"]

    def answer(self, text: str) -> str | None:
        """The FAQ id that is answered at once."""
        parse = self.parse(text)
        if parse["intent"]["name"] != "faq":
            return None
        return parse["response_selector"]["faq"]["response"]["intent_response_key"].partition("/")[2]


@pytest.fixture(scope="session")
def reader() -> Reader:
    """The whole pipeline as `make run` trains it, and trained only where something it is made from has changed."""
    settings = Settings(encryption_keys=("unused",), secret_key="unused", database_url="sqlite://")
    if not is_current(settings):
        train(settings)
    return Reader(settings.models_dir / f"{NAME}.tar.gz")
