"""Rasa component: the entities `medication` and `condition`, with what is said about each (`bot.intake.mentions`).

An entity carries Rasa's usual keys; ``value`` is the canonical name and ``status`` one of current, past, negated,
allergy, family, unsure (for conditions present instead of current, and no allergy). Nothing is trained: a name that the
lexicon (`data/nlu/lexicon`) does not know is not guessed.
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

from bot.intake.mentions import Lexicon, MentionReader
from bot.nlu.text import is_payload
from bot.settings import ROOT


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityReader(GraphComponent, EntityExtractorMixin):
    """Medicines and conditions by lexicon and rules; see the module."""

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
            if not text or is_payload(text):
                continue
            found = [
                {
                    "entity": mention.entity,
                    "start": mention.start,
                    "end": mention.end,
                    "value": mention.value,
                    "status": mention.status,
                    "extractor": self.name,
                }
                for mention in self._reader.read(text)
            ]
            if found:
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
