"""Rasa component: the first safety layer. The rules of `bot.safety` read a message while the sentence encoder works on it.

The encoder computes outside the interpreter's lock, so that the rules take no time of their own on a second core. What they
find, `CrisisDetector` weighs against the model.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as IntentClassifierBase
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.beside import Later
from bot.nlu.spelling import spelled
from bot.nlu.text import clean, is_payload
from bot.safety.screener import OUTCOMES, Screener, Screening
from bot.settings import ROOT

RULED = "ruled"  # message key, never part of the parse result


@dataclass(frozen=True)
class Ruled:
    """What the rules say of a message."""

    screening: Screening
    weak: bool  # whether it comes from a rule that never says more than check-in
    sure: bool = False  # whether it comes from a rule that stands whatever the model says
    says: Callable[[str], bool] = lambda what: False  # see ``Screener.says``; asked of few messages
    whose: Callable[[str], str] = lambda category: category  # see ``Screener.whose``


SILENT = Ruled(Screening("none"), weak=False)


def screen(screener: Screener, text: str, meant: str) -> Ruled:
    """What the rules say of the text as typed, or of its corrected spelling where they say more of that."""
    found = screener.screen(text)
    if clean(meant) != clean(text):
        found = max(found, screener.screen(clean(meant)), key=lambda screening: OUTCOMES.index(screening.outcome))
    weak, sure = (found.rule is not None and asks(found.rule) for asks in (screener.is_weak, screener.is_sure))
    return Ruled(found, weak, sure, partial(screener.says, text), partial(screener.whose, text=text))


def rules_say(message: Message) -> Ruled:
    """What the rules found; silence where the pipeline has none or the server made the message."""
    found: Later[Ruled] | None = message.get(RULED)
    return found() if found is not None else SILENT


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RuleScreener(GraphComponent, IntentClassifierBase):
    """Starts the rules on each message; see the module.

    Config: ``data`` is the folder of the rules.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"data": "data/safety"}

    def __init__(self, config: dict[str, Any]) -> None:
        self._screener = Screener.load(ROOT / {**self.get_default_config(), **config}["data"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RuleScreener:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text and not is_payload(text):
                message.set(RULED, Later(screen, self._screener, text, spelled(message)))
        return messages
