"""The crisis model on texts of its own: it learns, keeps what it learned, and hears the worst sentence of a message."""
from __future__ import annotations

import dataclasses

import pytest

from bot.nlu.crisis_model import CrisisModel
from bot.nlu.encoder import Encoder
from bot.nlu.sentence_encoder import read, read_arrays, write_arrays

CONFIG = {
    "C": 5.0, "gamma": 1.0, "dimensions": 16, "ngram_dimensions": 8, "ngram_weight": 0.7, "everyday": 4, "random_state": 42,
}  # fmt: skip
SUICIDAL = ["I want to die", "I am going to end my life", "I can't go on living", "I don't want to be alive"]
MEDICAL = ["I have chest pain and can't breathe", "my face is drooping", "he is having a seizure", "she won't wake up"]
DESPAIR = ["I give up", "I can't take this anymore", "everything is hopeless"]
HARMLESS = ["this traffic is killing me", "I'm dying to know the price", "my phone is dead", "do you treat suicidal people"]
EVERYDAY = ["what does it cost", "where do I park", "do you take my insurance", "how long is a session", "who runs the clinic"]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load()


@pytest.fixture(scope="module")
def model(encoder: Encoder) -> CrisisModel:
    written = [*SUICIDAL, *MEDICAL, *DESPAIR, *HARMLESS]
    labels = ["suicidal"] * 4 + ["medical_emergency"] * 4 + ["check_in"] * 3 + ["none"] * 9
    texts = [*written, *EVERYDAY]
    return CrisisModel.fit(encoder.encode(texts), texts, labels, len(written), CONFIG)


def test_it_tells_a_crisis_from_harmless_talk_and_names_its_kind(model: CrisisModel, encoder: Encoder) -> None:
    takeover, care, category = model.score(read(encoder, "I want my life to end"))
    assert care > 0.5 and takeover > 0.4 and category == "suicidal"
    assert model.score(read(encoder, "pain in my chest and no air"))[2] == "medical_emergency"
    assert model.score(read(encoder, "what do you charge"))[1] < 0.5


def test_a_takeover_is_never_likelier_than_care(model: CrisisModel, encoder: Encoder) -> None:
    for text in [*SUICIDAL, *DESPAIR, *HARMLESS, *EVERYDAY]:
        takeover, care, _ = model.score(read(encoder, text))
        assert 0 <= takeover <= care <= 1


def test_the_worst_sentence_of_a_message_decides(model: CrisisModel, encoder: Encoder) -> None:
    alone = model.score(read(encoder, "I want to die"))
    story = ["where do I park", "I want to die"]
    found = read(encoder, "where do I park. I want to die")
    beside = model.score(dataclasses.replace(found, vectors=encoder.encode(["what does it cost", *story])))
    assert beside[1] >= alone[1] - 1e-5 and beside[2] == "suicidal"


def test_what_was_learned_survives_the_storage(model: CrisisModel, encoder: Encoder, tmp_path) -> None:
    write_arrays(tmp_path, "crisis", **model.arrays)
    stored = CrisisModel(read_arrays(tmp_path, "crisis"), CONFIG)
    for text in (*SUICIDAL, *EVERYDAY):
        found = read(encoder, text)
        assert stored.score(found)[:2] == pytest.approx(model.score(found)[:2], abs=0.005)  # in half precision


def test_everyday_talk_is_only_sampled(encoder: Encoder) -> None:
    texts = [*SUICIDAL, *DESPAIR, *EVERYDAY]
    labels = ["suicidal"] * 4 + ["check_in"] * 3 + ["none"] * 5
    few = CrisisModel.fit(encoder.encode(texts), texts, labels, 7, {**CONFIG, "everyday": 2})
    assert few.arrays["support"].shape[1] <= 9
    assert few.score(read(encoder, SUICIDAL[0]))[2] == "suicidal"
