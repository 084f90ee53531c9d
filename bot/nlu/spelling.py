"""Rasa component: reads misspelled words as the words that the assistant knows.

A sentence vector is made of word pieces, and a misspelled word falls into pieces that mean nothing. A word that is neither
English nor known from the training texts is read as the nearest known word: one error away, or two in a long word. A
visitor's misspelling that the safety rules know ("suicidle") is read as they read it: some stand in the training texts, but
too few to tell the model what they mean. Only the vectors and n-grams see the corrected text; what people wrote is kept and shown as they wrote it, and the safety rules
read both.

Look-up and the English word list are symspellpy's (https://github.com/mammothb/symspellpy, MIT).
"""
from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Iterable

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from symspellpy import SymSpell, Verbosity

from bot.nlu.text import clean, is_payload, rows
from bot.safety.screener import misspellings
from bot.settings import ROOT

SPELLED = "spelled"  # message key, never part of the parse result
SHORTEST = 4  # a shorter word is one error away from too many others
LONG = 8  # from here on two errors are forgiven
SEEN = 2  # a word that the training texts have so often is no slip
NAMES = 20  # and a word that is not English but this frequent (a medicine, the clinic) is one to be read in others
_WORD = re.compile(r"[A-Za-z']+")
_FILE = "words.txt"


@lru_cache(maxsize=1)
def english() -> frozenset[str]:
    """82,000 English words in lower case."""
    lines = (resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig").splitlines()
    return frozenset(line.split()[0] for line in lines)


class Spelling:
    """The known words and how to find the nearest.

    Args:
        counts: how often the training texts have each word, in lower case.
    """

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = {word: n for word, n in counts.items() if n >= SEEN and len(word) >= SHORTEST - 1}
        self._near = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
        for word, n in self.counts.items():
            if word in english() or n >= NAMES:
                self._near.create_dictionary_entry(word, n)

    @classmethod
    def learn(cls, texts: Iterable[str]) -> Spelling:
        """From cleaned training texts."""
        return cls(Counter(word for text in texts for word in _WORD.findall(text.lower())))

    def correct(self, text: str) -> str:
        """The text with unknown words read as the nearest known ones; other words are left as they are."""
        return _WORD.sub(lambda match: self._word(match.group()), text)

    def _word(self, typed: str) -> str:
        word = typed.lower()
        if len(word) < SHORTEST or not word.isalpha() or word in self.counts or word in english():
            return typed
        found = self._near.lookup(word, Verbosity.CLOSEST, max_edit_distance=1 if len(word) < LONG else 2)
        terms = [item.term for item in found if item.distance == 1 or item.term[0] == word[0]]
        return next((term for term in terms if term.replace("'", "") == word), terms[0] if terms else typed)


def training_spelling(training_data: TrainingData, also: Path) -> Spelling:
    """The words of the NLU examples, and of the column ``text`` of a TSV file where there is one."""
    texts = [m.get(TEXT) for m in training_data.training_examples if m.get(TEXT)]
    if also.is_file():
        texts += [row["text"] for row in rows(also)]
    return Spelling.learn(clean(text) for text in texts)


def slips(words: Path) -> dict[str, str]:
    """The misspellings that the safety rules know (``misspelt`` of ``words.yml``), with the words meant; no English words."""
    known = misspellings(yaml.safe_load(words.read_text(encoding="utf-8"))) if words.is_file() else {}
    return {wrong: right for wrong, right in known.items() if wrong not in english()}


def spelled(message: Message) -> str:
    """The text of a message as the speller reads it; as it was typed where the pipeline has none."""
    return message.get(SPELLED) or message.get(TEXT) or ""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class Speller(GraphComponent):
    """Corrects spelling before the sentence encoder; see the module.

    Config: ``also`` is a TSV file of further texts whose words are known; in ``words.yml`` beside it stand known misspellings.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"also": "data/safety/train.tsv"}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage, self._resource = model_storage, resource
        self._spelling = Spelling({})
        self._slips = slips((ROOT / self._config["also"]).with_name("words.yml"))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Speller:
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Learn again when the further texts change, although they are no NLU data."""
        path = ROOT / config.get("also", cls.get_default_config()["also"])
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def train(self, training_data: TrainingData) -> Resource:
        self._spelling = training_spelling(training_data, ROOT / self._config["also"])
        with self._model_storage.write_to(self._resource) as directory:
            lines = (f"{word}\t{n}" for word, n in sorted(self._spelling.counts.items()))
            (directory / _FILE).write_text("\n".join(lines), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Speller:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as directory:
            pairs = (line.split("\t") for line in (directory / _FILE).read_text(encoding="utf-8").splitlines())
            component._spelling = Spelling({word: int(n) for word, n in pairs})
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        for message in training_data.training_examples:
            if message.get(TEXT):
                message.set(SPELLED, self._spelling.correct(message.get(TEXT)))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text and not is_payload(text):
                meant = _WORD.sub(lambda match: self._slips.get(match.group().lower(), match.group()), text)
                message.set(SPELLED, self._spelling.correct(meant))
        return messages
