"""The classifier's numbers on a few texts of its own, without Rasa and without the shipped model."""
from __future__ import annotations

import pytest

from bot.nlu.encoder import DIMENSIONS, Encoder
from bot.nlu.intent_classifier import IntentClassifier, LabelModel
from bot.nlu.sentence_encoder import read

TEXTS = {
    "skip": ["skip", "skip this", "next one please", "I would rather not say", "leave it out", "move on"],
    "talk_to_human": ["a person please", "call me back", "I want to talk to the staff", "put me through", "get me a nurse", "someone real"],
    "faq/cost": ["what does it cost", "price of a session", "how much is it", "is it expensive", "your fees", "what do you charge"],
}
UNSURE = "I would rather say it to the staff"  # between the first two


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load()


def fitted(encoder: Encoder, **config: object) -> LabelModel:
    rows = [(text, label) for label, texts in TEXTS.items() for text in texts]
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    return LabelModel.fit(encoder.encode(texts), texts, labels, {**IntentClassifier.get_default_config(), **config})


def chance(model: LabelModel, encoder: Encoder, text: str, label: str, asked: bool) -> float:
    verdict = model.read(read(encoder, text), asked)[0]
    return float(verdict.probabilities[verdict.labels.tolist().index(label)])


def test_what_belongs_to_a_question_is_unlikely_while_none_waits(encoder: Encoder) -> None:
    model = fitted(encoder, in_form=["skip"])
    waiting = chance(model, encoder, UNSURE, "skip", asked=True)
    assert 0.02 < waiting and chance(model, encoder, UNSURE, "skip", asked=False) < waiting / 3
    assert model.read(read(encoder, "skip this"), asked=True)[0].label == "skip"


def test_the_same_names_mean_nothing_to_a_model_that_asks_no_questions(encoder: Encoder) -> None:
    model = fitted(encoder, in_form=["skip", "answer"])  # a label "answer" was never learned
    assert chance(model, encoder, UNSURE, "skip", asked=False) == chance(model, encoder, UNSURE, "skip", asked=True)


def test_a_retrieval_intent_has_the_sum_of_its_answers(encoder: Encoder) -> None:
    rows = [*TEXTS["skip"], *TEXTS["faq/cost"], "how long does it last", "when does it wear off", "for how many hours"]
    labels = ["skip"] * 6 + ["faq/cost"] * 6 + ["faq/duration"] * 3
    model = LabelModel.fit(encoder.encode(rows), rows, labels, IntentClassifier.get_default_config())
    verdict = model.read(read(encoder, "how much is it and how long does it last"))[0]
    ranking = model.ranking(verdict, 10)
    asked = sum(p for label, p in zip(verdict.labels, verdict.probabilities, strict=True) if label.startswith("faq/"))
    assert [entry["name"] for entry in ranking] == ["faq", "skip"] and ranking[0]["confidence"] == pytest.approx(asked)
    assert ranking[0]["confidence"] + ranking[1]["confidence"] == pytest.approx(1.0)
    assert model.ranking(verdict, 1) == ranking[:1]


def test_few_examples_do_not_make_known_texts_unfamiliar(encoder: Encoder) -> None:
    model = fitted(encoder)
    for texts in TEXTS.values():
        assert all(model.read(read(encoder, text))[0].trust > 0 for text in texts)


def test_training_vectors_are_those_of_single_texts_but_for_rounding(encoder: Encoder) -> None:
    texts = [text for texts in TEXTS.values() for text in texts]
    many, alone = encoder.encode_many(texts), encoder.encode(texts)
    nearness = many @ alone.T
    assert (nearness.argmax(axis=1) == range(len(texts))).all() and nearness.diagonal().min() > 0.95
    assert (many == encoder.encode_many(texts)).all()
    assert encoder.encode_many([]).shape == (0, DIMENSIONS)
