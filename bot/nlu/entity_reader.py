"""Rasa component: the entities `medication` and `condition`, with what is said about each (`bot.intake.mentions`).

An entity carries Rasa's usual keys; ``value`` is the canonical name and ``status`` one of current, past, negated,
allergy, family, unsure (for conditions present instead of current, and no allergy). Nothing is trained: a name that the
lexicon (`data/nlu/lexicon`) does not know is not guessed.

A message is read while the sentence encoder works on it, outside the interpreter's lock: `EntityReader` stands before the
encoder and begins, `EntityCollector` stands behind it and puts what was read into the result.
"""
from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.intake.mentions import Lexicon, Mention, MentionReader
from bot.nlu.beside import Later
from bot.nlu.text import is_payload
from bot.settings import ROOT

MENTIONS = "mentions"  # message key, never part of the parse result


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityReader(GraphComponent, EntityExtractorMixin):
    """Begins to read medicines and conditions by lexicon and rules; see the module."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"lexicon": "data/nlu/lexicon"}

    def __init__(self, config: dict[str, Any]) -> None:
        self._reader = MentionReader(Lexicon.load(ROOT / {**self.get_default_config(), **config}["lexicon"]))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityReader:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text and not is_payload(text):
                message.set(MENTIONS, Later(self._reader.read, text))
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityCollector(GraphComponent, EntityExtractorMixin):
    """What ``EntityReader`` has read, as Rasa's entities."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityCollector:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            reading: Later[list[Mention]] | None = message.get(MENTIONS)
            if reading is None:
                continue
            found = [
                {
                    "entity": mention.entity,
                    "start": mention.start,
                    "end": mention.end,
                    "value": mention.value,
                    "status": mention.status,
                    "extractor": EntityReader.__name__,
                }
                for mention in reading()
            ]
            if found:
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
