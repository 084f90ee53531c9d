"""Fits what weighs evidence: ``make weigh`` writes bot/nlu/model/topics.npz and answer.npz.

Which answers a message asks for is learned from data/nlu/asked.tsv and from the development sets, whose texts neither the
encoder nor the classifier has seen. How an answer is told from a question is learned from data/nlu/in-form.tsv. For both it
prints how well the texts of other authors are told. The evidence follows the classifier and the encoder: fit anew when they change.
"""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Set, Tuple

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from actions.questions import pending
from bench.evaluate import SETS, Reader, history_items
from bot.nlu import answer_detector, answer_model, faq_retriever, topic_model
from bot.nlu.answer_detector import Heard, Pending, seen
from bot.nlu.answer_model import ANSWER_MODEL, GAMMA, AnswerModel
from bot.nlu.encoder import DIMENSIONS
from bot.nlu.intent_classifier import verdicts
from bot.nlu.kernel import KernelMachine
from bot.nlu.text import rows
from bot.nlu.topic_model import TOPIC_MODEL, TopicModel, standard
from bot.settings import ROOT

C = 3.0  # inverse strength of the regularisation; this and what follows were chosen on the development set
OF_EVIDENCE, OF_VECTOR = 0.7, 0.4  # spread of an input; there are many of the vector
LEANS = 0.08  # margin for an answer beforehand: one that is lost is worse than a question that has to be asked again
TOPIC_C, OF_TWO = 0.007, 1.6  # of the topics; and how much a message that asks two things counts
FOLDS = 10
INTENT = "faq"
ASKED = ("faq.tsv", "faq-two.tsv", "uncovered.tsv", "person.tsv", "start.tsv")  # development sets of messages that ask, or do not


class Weighed(NamedTuple):
    """Messages that have to be weighed."""

    seen: np.ndarray  # what the machine sees, shape (messages, inputs)
    aside: np.ndarray  # whether each is no answer


class Topics(NamedTuple):
    """The likely answers of messages."""

    evidence: np.ndarray  # shape (answers, pieces)
    asked: np.ndarray  # whether the message asks for each
    message: np.ndarray  # the number of the message of each
    wanted: List[Set[str]]  # the keys that each message asks for
    keys: List[str]


def main(argv: Optional[List[str]] = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    models = parser.parse_args(argv).models
    config = {part["name"].rpartition(".")[2]: part for part in yaml.safe_load((ROOT / "config.yml").read_text())["pipeline"]}
    # without models that fit the evidence the pipeline does not load
    if not TOPIC_MODEL.exists() or TopicModel.load().evidence != faq_retriever.EVIDENCE:
        np.savez(TOPIC_MODEL, **topic_model.blank(faq_retriever.EVIDENCE))
    if not ANSWER_MODEL.exists() or AnswerModel.load().evidence != answer_detector.EVIDENCE:
        np.savez(ANSWER_MODEL, **answer_model.blank(answer_detector.EVIDENCE))
    weigh_topics(Reader(models), config["FaqRetriever"]["also_trust"], config["Fallback"]["faq_trust"])
    weigh_answers(Reader(models), config["AnswerDetector"]["command_trust"])  # which looks at the topics


def weigh_topics(reader: Reader, also_trust: float, faq_trust: float) -> None:
    known = topics(reader, [ROOT / "data/nlu/asked.tsv", *(SETS / "nlu/dev" / name for name in ASKED)])
    np.savez(TOPIC_MODEL, **fit_topics(known))
    apart = np.zeros(len(known.keys))
    for learned, left in GroupKFold(FOLDS).split(known.evidence, known.asked, known.message):
        part = known._replace(evidence=known.evidence[learned], asked=known.asked[learned], message=known.message[learned])
        apart[left] = TopicModel(fit_topics(part)).chances(known.evidence[left])
    other = topics(reader, [SETS / "nlu/dev/asked.tsv"])
    for name, texts, chances in (
        ("texts left out in turn", known, apart),
        ("an author left out", other, TopicModel.load().chances(other.evidence)),
    ):
        print(f"{name}: {report(texts, chances, also_trust, faq_trust)}")


def weigh_answers(reader: Reader, command_trust: float) -> None:
    arrays = fit(weighed(reader, ROOT / "data/nlu/in-form.tsv", command_trust))
    np.savez(ANSWER_MODEL, **arrays)
    test = weighed(reader, SETS / "nlu/dev/in-form.tsv", command_trust)
    right = (AnswerModel(arrays).margins(test.seen) >= 0) == test.aside
    for name, kind in (("questions and wishes", test.aside), ("answers", ~test.aside)):
        print(f"{name} of the development set told: {right[kind].sum()} of {kind.sum()}, {right[kind].mean():.1%}")


def topics(reader: Reader, paths: Iterable[Path]) -> Topics:
    """The likely answers of the messages of some files, each with none, one (``id`` or ``id1``) or two (``id2``) that it asks for."""
    pieces, keys, numbers, wanted = [], [], [], []
    for path in paths:
        for row in rows(path):
            message = reader.message(row["text"])
            found = verdicts(message)
            likely, each = faq_retriever.evidence(found, INTENT, message.get(faq_retriever.NAMED)) if found else ([], [])
            pieces += list(each)
            keys += likely
            numbers += [len(wanted)] * len(likely)
            wanted.append({f"{INTENT}/{row[name]}" for name in ("id", "id1", "id2") if row.get(name)})
    asked = np.array([key in wanted[number] for key, number in zip(keys, numbers, strict=True)])
    return Topics(np.array(pieces), asked, np.array(numbers), wanted, keys)


def fit_topics(texts: Topics) -> Dict[str, np.ndarray]:
    """The arrays of a ``TopicModel``."""
    mean, spread = texts.evidence.mean(axis=0), texts.evidence.std(axis=0) + 1e-6
    each = standard(texts.evidence, mean, spread)
    one, other = np.triu_indices(each.shape[1])
    features = np.hstack([each, each[:, one] * each[:, other]])
    middle, width = features.mean(axis=0), features.std(axis=0) + 1e-6
    counts = np.where([len(texts.wanted[number]) > 1 for number in texts.message], OF_TWO, 1.0)
    model = LogisticRegression(C=TOPIC_C, max_iter=1000).fit((features - middle) / width, texts.asked, counts)
    weights = model.coef_[0] / width
    pairs = np.zeros((each.shape[1],) * 2)
    pairs[one, other] = weights[each.shape[1] :]
    return {
        "evidence": np.array(faq_retriever.EVIDENCE),
        "mean": mean,
        "spread": spread,
        "weights": weights[: each.shape[1]],
        "pairs": pairs,
        "bias": np.array(model.intercept_[0] - weights @ middle),
    }


def report(texts: Topics, chances: np.ndarray, also_trust: float, faq_trust: float) -> str:
    """How often just what is asked for would be said, by how many answers are asked for."""
    said: List[List[Tuple[float, str]]] = [[] for _ in texts.wanted]
    for number, chance, key in zip(texts.message, chances, texts.keys, strict=True):
        said[number].append((chance, key))
    told: Dict[int, List[bool]] = {0: [], 1: [], 2: []}
    for wanted, likely in zip(texts.wanted, said, strict=True):
        likely.sort(reverse=True)
        best = {key for chance, key in likely[:1] if chance >= faq_trust}
        told[len(wanted)].append(best | {key for chance, key in likely[1:2] if best and chance >= also_trust} == wanted)
    return ", ".join(f"{sum(each)} of {len(each)} that ask for {number} told" for number, each in told.items())


def weighed(reader: Reader, path: Path, command_trust: float) -> Weighed:
    """The messages of a file of texts that have to be weighed; what their form alone says is left out."""
    each, aside = [], []
    for row in rows(path):
        slot = pending(history_items()[row["link_id"]])
        asked, heard = Pending.of(slot), Heard.of(reader.message(row["text"], slot))
        found = answer_detector.evidence(asked, heard, command_trust)
        if found is not None:
            each.append(seen(asked, heard, found))
            aside.append(row["expected"] != "answer")
    return Weighed(np.array(each), np.array(aside))


def fit(texts: Weighed) -> Dict[str, np.ndarray]:
    """The arrays of an ``AnswerModel``."""
    spread = texts.seen.std(axis=0) + 1e-6
    scale = np.full(len(spread), OF_EVIDENCE)
    scale[-DIMENSIONS:] = OF_VECTOR
    machine = KernelMachine.fit(texts.seen * (scale / spread), texts.aside, C, GAMMA)
    halves = {name: array.astype(np.float16) for name, array in machine.items() if name != "bias"}
    return {"evidence": np.array(answer_detector.EVIDENCE), "scale": (scale / spread).astype(np.float32), "bias": machine["bias"] - LEANS, **halves}


if __name__ == "__main__":
    main()
