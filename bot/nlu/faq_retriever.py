"""Rasa component: which reviewed answers a message asks for. Fills ``response_selector`` as Rasa's ResponseSelector does.

The classifier has already weighed every FAQ id, for the whole message and for each sentence. Here the readings are
brought together: a question at the end of a story counts as much as the story, and two sentences that ask for different
things give two answers (`Evidence`, `TopicModel`). Two medicines in one sentence are read as one thing, mostly the commoner;
so the medicines and conditions that a message names count, too, for the answers whose examples name them. Just so for words
that hardly any other answer is asked for with: "can I eat breakfast and coffee" is about coffee, too. Besides Rasa's keys the
selection holds ``also``, the ids of further answers, and ``offer``, the ids worth offering when nothing is certain.
"""
from __future__ import annotations

import inspect
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain
from math import log, log1p
from types import MappingProxyType
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as IntentClassifierBase
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.intake import mentions
from bot.intake.mentions import Lexicon, MentionReader
from bot.nlu import forms
from bot.nlu.entity_reader import MENTIONS
from bot.nlu.intent_classifier import Verdict, intent_of, verdicts
from bot.nlu.topic_model import TOPIC_MODEL, TopicModel
from bot.settings import ROOT

RETRIEVAL = "retrieval"  # message key, never part of the parse result
NAMED = "named"  # the same: `Named`
_RESPONSES, _NAMES, _WORDS = "responses.json", "names.json", "words.json"
_JOIN = re.compile(r"\b(?:and|or|n|plus|also)\b|[,&/+]", re.IGNORECASE)
LIKELY = 12  # labels of a reading that are looked at
LIKELY_IN_ALL, LIKELY_IN_PART = 5, 3  # of the whole message and of a sentence: those that may be asked for
CERTAIN = 0.9  # chance from which answers are put in order
POSSIBLE = 0.01  # probability in some reading below which none is weighed
MOSTLY = 0.4  # share of the examples with a name from which their answer is weighed, however unlikely it is
MOSTLY_WORD = 0.6  # the same of the examples with a word
SELDOM, LITTLE = 4, 0.15  # a word in fewer examples of an answer, or with a smaller share, says nothing of it
_COMMON = 1  # a name or word in so many examples counts half
_RARE = 1e-6  # probability of a label that is not among the likely ones


Shares = Mapping[str, float]  # keys, and the share of the examples with a name or word that ask for each
_NOTHING: Shares = MappingProxyType({})


class Named(NamedTuple):
    """The keys whose examples have what a message has, each with its highest share."""

    names: Shares = _NOTHING  # of medicines and conditions
    words: Shares = _NOTHING  # of words, these names among them


@dataclass(frozen=True)
class Retrieval:
    """The answers of one retrieval intent: ``key`` is the best ``faq/<id>`` and ``trust`` the chance that it is asked for."""

    key: str
    trust: float
    also: tuple[str, ...]  # further keys
    ranking: tuple[tuple[str, float], ...]  # keys and probabilities, best first

    @property
    def ids(self) -> list[str]:
        """Of all answers that are asked for."""
        return [_id(key) for key in (self.key, *self.also)]


class Evidence(NamedTuple):
    """What speaks for one answer in a message; its own sentence is the one in which it is likeliest."""

    whole: float  # its log-probability in the whole message
    rank: float  # its place there, a logarithm
    own: float  # log-probability in its own sentence
    summed: float  # of its probabilities in all sentences, a logarithm
    highest: float  # the greater of `whole` and `own`
    leads: bool  # the whole message is taken for it
    whole_trust: float  # and how far that is trusted
    alone_trust: float  # most trust in a sentence that is taken for it
    own_trust: float  # trust in what its own sentence is taken for
    rival: float  # log-probability of the likeliest other label in its own sentence
    elsewhere: float  # most trust in a sentence that is taken for another answer
    other_whole: float  # share of all that is no answer in the whole message, a logarithm
    other_own: float  # and in its own sentence
    undivided: bool  # the message is one sentence
    asks: bool  # its own sentence has a question's form
    several: bool  # two sentences or more have
    joins: bool  # the message has a word that joins
    last: bool  # its own sentence is the last
    length: float  # words of its own sentence, a logarithm
    whole_length: float
    named: float  # share of the examples with a medicine or condition of the message that ask for it
    besides: float  # and for the likeliest other answer
    worded: float  # the same two of the examples with a word of the message
    worded_besides: float


EVIDENCE = Evidence._fields


class _Reading(NamedTuple):
    """What is looked at of one verdict."""

    verdict: Verdict
    likely: dict[str, float]  # labels, best first, and their probabilities
    asks: bool
    answers: bool  # taken for an answer
    rest: float  # share of what is no answer, a logarithm
    length: float

    @classmethod
    def of(cls, verdict: Verdict, intent: str) -> _Reading:
        likely = dict(zip(verdict.labels[:LIKELY].tolist(), verdict.probabilities[:LIKELY].tolist(), strict=True))
        return cls(
            verdict,
            likely,
            asks=forms.asks(verdict.text),
            answers=_belongs(verdict.label, intent),
            rest=_log(1 - sum(p for label, p in likely.items() if _belongs(label, intent))),
            length=log1p(len(forms.WORDS.findall(verdict.text))),
        )

    def log(self, label: str) -> float:
        return _log(self.likely.get(label, 0.0))

    def rival(self, label: str) -> float:
        return _log(max((p for other, p in self.likely.items() if other != label), default=0.0))

    def trust_in(self, label: str) -> float:
        return self.verdict.trust if self.verdict.label == label else 0.0


def retrieve(
    found: Sequence[Verdict],
    intent: str,
    model: TopicModel,
    further: Sequence[float],
    length: int = 10,
    named: Named = Named(),
) -> Retrieval | None:
    """Bring the readings of one message together.

    Args:
        found: the whole message first, then its sentences.
        intent: the retrieval intent, such as ``faq``.
        model: weighs the evidence for each answer.
        further: how likely a second answer must be asked for, and a third one.
        length: of the ranking.
        named: keys whose examples have the names and words of the message.
    """
    keys, pieces = evidence(found, intent, named)
    if not keys:
        return None
    chances = model.chances(pieces)
    order = np.argsort(-chances, kind="stable").tolist()
    said = order[:1] + [i for i, least in zip(order[1:], further, strict=False) if chances[i] >= least]
    trust = float(chances[said[0]])
    if all(chances[i] >= CERTAIN for i in said):
        said.sort(key=lambda i: _first(found, keys[i]))  # as they were asked
    also = tuple(keys[i] for i in said[1:])
    return Retrieval(keys[said[0]], trust, also, _merged(found, intent)[:length])


def _first(found: Sequence[Verdict], key: str) -> int:
    """The place of the first sentence that is taken for an answer, behind all of them where none is."""
    return next((place for place, part in enumerate(found[1:]) if part.label == key), len(found))


def evidence(found: Sequence[Verdict], intent: str, named: Named = Named()) -> tuple[list[str], np.ndarray]:
    """The keys that a message may ask for, and what speaks for each, shape (keys, pieces)."""
    each = [_Reading.of(verdict, intent) for verdict in found]
    whole = each[0]
    sentences = [part for part in each[1:] if _asks_by_itself(part.verdict, whole.verdict)]
    parts, places = sentences or [whole], list(whole.likely)
    likely = [places[:LIKELY_IN_ALL], *(list(part.likely)[:LIKELY_IN_PART] for part in sentences)]
    possible = [key for key in dict.fromkeys(chain(*likely)) if _belongs(key, intent)]
    asked = [key for key in possible if max(part.likely.get(key, 0.0) for part in (whole, *parts)) >= POSSIBLE] or possible[:1]
    for shares, mostly in zip(named, (MOSTLY, MOSTLY_WORD), strict=True):
        asked += [key for key, share in shares.items() if share >= mostly and key not in asked]
    several, joins = sum(part.asks for part in each[1:]) > 1, bool(_JOIN.search(whole.verdict.text))
    rows = []
    for key in asked:
        own = max(parts, key=lambda part: part.log(key))
        rows.append(
            Evidence(
                whole=whole.log(key),
                rank=log1p(places.index(key) if key in whole.likely else LIKELY),
                own=own.log(key),
                summed=_log(sum(part.likely.get(key, 0.0) for part in parts)),
                highest=max(whole.log(key), own.log(key)),
                leads=whole.verdict.label == key,
                whole_trust=whole.trust_in(key),
                alone_trust=max(part.trust_in(key) for part in parts),
                own_trust=own.verdict.trust,
                rival=own.rival(key),
                elsewhere=max((part.verdict.trust for part in parts if part.answers and part.verdict.label != key), default=0.0),
                other_whole=whole.rest,
                other_own=own.rest,
                undivided=not sentences,
                asks=own.asks,
                several=several,
                joins=joins,
                last=own is parts[-1],
                length=own.length,
                whole_length=whole.length,
                named=named.names.get(key, 0.0),
                besides=_besides(key, named.names),
                worded=named.words.get(key, 0.0),
                worded_besides=_besides(key, named.words),
            )
        )
    return asked, np.array(rows, dtype=float)


def _asks_by_itself(sentence: Verdict, whole: Verdict) -> bool:
    """Whether a sentence of a message is more than one that points back: "do I need to stop them"."""
    return sentence.label == whole.label or not forms.points_back(sentence.text)


def _besides(key: str, shares: Shares) -> float:
    """The highest share of another key."""
    return max((share for other, share in shares.items() if other != key), default=0.0)


def _words(text: str) -> set[str]:
    return set(forms.WORDS.findall(text.lower()))


def _shares(counts: Mapping[str, Counter[str]]) -> dict[str, dict[str, float]]:
    """For each name or word the share of the examples with it that ask for each key."""
    return {name: {key: n / (sum(keys.values()) + _COMMON) for key, n in keys.items()} for name, keys in counts.items()}


def _highest(found: Iterable[str], shares: Mapping[str, Shares]) -> dict[str, float]:
    """The keys of the names or words that were found, each with its highest share."""
    highest: dict[str, float] = {}
    for key, share in chain.from_iterable(shares.get(one, {}).items() for one in found):
        highest[key] = max(share, highest.get(key, 0.0))
    return highest


def _belongs(label: str, intent: str) -> bool:
    return "/" in label and intent_of(label) == intent


def _log(probability: float) -> float:
    return log(max(probability, _RARE))


def _merged(found: Sequence[Verdict], intent: str) -> tuple[tuple[str, float], ...]:
    """The likely keys, each with its highest probability in any reading."""
    best: dict[str, float] = {}
    for verdict in found:
        for label, probability in zip(verdict.labels[:LIKELY].tolist(), verdict.probabilities[:LIKELY].tolist(), strict=True):
            if _belongs(label, intent):
                best[label] = max(best.get(label, 0.0), probability)
    return tuple(sorted(best.items(), key=lambda pair: -pair[1]))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class FaqRetriever(GraphComponent, IntentClassifierBase):
    """The reviewed answers that fit a message; see the module."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "retrieval_intent": "faq",
            "also_trust": 0.28,
            "third_trust": 0.75,
            "offered": 4,
            "offer_least": 0.05,
            "ranking_length": 10,
            "lexicon": "data/nlu/lexicon",
        }

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, model: TopicModel) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage, self._resource, self._model = model_storage, resource, model
        if model.evidence != EVIDENCE:
            raise InvalidConfigException(f"{TOPIC_MODEL.name} was fitted on other evidence than there is: run `make weigh`.")
        self._responses: dict[str, list[dict[str, Any]]] = {}
        self._names: dict[str, dict[str, float]] = {}
        self._words: dict[str, dict[str, float]] = {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FaqRetriever:
        return cls(config, model_storage, resource, TopicModel.load())

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Learn again when the lexicon changes, which is no NLU data, or how it is read, which Rasa does not know of."""
        folder = ROOT / config.get("lexicon", cls.get_default_config()["lexicon"])
        return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml"))) + inspect.getsource(mentions)

    def train(self, training_data: TrainingData) -> Resource:
        """Keep the responses, and what the examples of each id name and say: the ids were learned by the classifier."""
        prefix = f"utter_{self._config['retrieval_intent']}/"
        self._responses = {key: said for key, said in training_data.responses.items() if key.startswith(prefix)}
        self._names, self._words = self._named_in(training_data.intent_examples)
        with self._model_storage.write_to(self._resource) as directory:
            for name, kept in ((_RESPONSES, self._responses), (_NAMES, self._names), (_WORDS, self._words)):
                (directory / name).write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FaqRetriever:
        component = cls(config, model_storage, resource, TopicModel.load())
        with model_storage.read_from(resource) as directory:
            component._responses, component._names, component._words = (
                json.loads((directory / name).read_text(encoding="utf-8")) for name in (_RESPONSES, _NAMES, _WORDS)
            )
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def _named_in(self, examples: Sequence[Message]) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
        """For each medicine and condition, and for each telling word, the share of the examples with it that ask for each key."""
        reader = MentionReader(Lexicon.load(ROOT / self._config["lexicon"]))
        names: defaultdict[str, Counter[str]] = defaultdict(Counter)
        words: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for message in examples:
            key, text = message.get(INTENT_RESPONSE_KEY) or "", message.get(TEXT) or ""
            if _belongs(key, self._config["retrieval_intent"]):
                for name in {mention.value for mention in reader.read(text)}:
                    names[name][key] += 1
                for word in _words(text):
                    words[word][key] += 1
        telling = {
            word: {key: share for key, share in keys.items() if words[word][key] >= SELDOM and share >= LITTLE}
            for word, keys in _shares(words).items()
        }
        return _shares(names), {word: keys for word, keys in telling.items() if keys}

    def _named(self, message: Message, text: str) -> Named:
        """The keys whose examples have the names and words of a message; ``text`` is the message as the classifier read it."""
        reading = message.get(MENTIONS)
        names = (mention.value for mention in reading()) if reading is not None else ()
        named = _highest(names, self._names)
        worded = _highest(_words(text), self._words)
        return Named(named, {key: max(named.get(key, 0.0), worded.get(key, 0.0)) for key in {**named, **worded}})  # a name is a word

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = verdicts(message)
            if not found:
                continue
            named = self._named(message, found[0].text)
            message.set(NAMED, named)
            retrieval = retrieve(
                found,
                self._config["retrieval_intent"],
                self._model,
                (self._config["also_trust"], self._config["third_trust"]),
                self._config["ranking_length"],
                named,
            )
            if retrieval is not None:
                message.set(RETRIEVAL, retrieval)
                message.set("response_selector", self._selection(retrieval), add_to_output=True)
        return messages

    def _selection(self, retrieval: Retrieval) -> dict[str, Any]:
        intent = self._config["retrieval_intent"]
        ranking = [{"confidence": p, "intent_response_key": key} for key, p in retrieval.ranking]
        offer = [key for key, p in retrieval.ranking[: self._config["offered"]] if p >= self._config["offer_least"]]
        return {
            "all_retrieval_intents": [intent],
            intent: {
                "response": {
                    "responses": self._responses.get(f"utter_{retrieval.key}") or [{"text": retrieval.key}],
                    "confidence": retrieval.trust,
                    "intent_response_key": retrieval.key,
                    "utter_action": f"utter_{retrieval.key}",
                },
                "ranking": ranking,
                "also": [_id(key) for key in retrieval.also],
                "offer": [_id(key) for key in offer],
            },
        }


def _id(key: str) -> str:
    return key.partition("/")[2]
