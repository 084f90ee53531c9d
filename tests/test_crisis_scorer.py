"""When the crisis model is asked, with a model that says what the test wants."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.crisis_model import Chances
from bot.nlu.crisis_scorer import CHANCES, CrisisScorer
from bot.nlu.ngrams import Reductions
from bot.nlu.sentence_encoder import READINGS, Readings


class Model:
    def __init__(self) -> None:
        self.asked = 0

    def score(self, found: Readings) -> Chances:
        self.asked += 1
        return 0.2, 0.4, "suicidal"


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def scorer(model: Model) -> CrisisScorer:
    scorer = CrisisScorer({}, None, None)  # type: ignore[arg-type]
    scorer._model = model  # type: ignore[assignment]
    return scorer


@pytest.fixture
def message() -> Message:
    message = Message.build("any")
    message.set(READINGS, Readings(("any",), np.zeros((1, 384), dtype=np.float32), Reductions(("any",), [])))
    return message


def test_on_the_main_thread_the_model_waits_until_it_is_asked(scorer: CrisisScorer, model: Model, message: Message) -> None:
    scorer.process([message])
    assert model.asked == 0
    assert message.get(CHANCES)() == message.get(CHANCES)() == (0.2, 0.4, "suicidal")
    assert model.asked == 1


def test_off_it_the_chances_are_ready(scorer: CrisisScorer, model: Model, message: Message) -> None:
    with ThreadPoolExecutor(1) as worker:
        worker.submit(scorer.process, [message]).result()
    assert model.asked == 1
    assert message.get(CHANCES)() == (0.2, 0.4, "suicidal") and model.asked == 1


def test_a_payload_and_a_model_that_was_not_trained_give_no_chances(scorer: CrisisScorer, message: Message) -> None:
    payload = Message.build("/restart")
    scorer.process([payload])
    CrisisScorer({}, None, None).process([message])  # type: ignore[arg-type]
    assert payload.get(CHANCES) is None and message.get(CHANCES) is None
