"""The replaced methods do what Rasa's did, and Rasa's are still the ones they replace."""
from __future__ import annotations

import hashlib
import inspect

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from bot import rasa_overrides

ORIGINAL = RemoteAction._validate_action_result


@pytest.fixture
def replaced():
    rasa_overrides.apply()
    yield RemoteAction("action_test", None)
    RemoteAction._validate_action_result = ORIGINAL


def test_rasa_still_has_the_code_that_is_replaced() -> None:
    source = inspect.getsource(ORIGINAL) + inspect.getsource(RemoteAction.action_response_format_spec)
    assert hashlib.sha256(source.encode()).hexdigest()[:12] == rasa_overrides.ACTION_RESULT_SOURCE


def test_a_good_result_passes(replaced: RemoteAction) -> None:
    assert replaced._validate_action_result({"events": [{"event": "slot", "name": "a", "value": 1}], "responses": [{"text": "x"}]})


@pytest.mark.parametrize("result", [{"events": "none"}, {"events": [{"event": 3}]}, {"responses": ["said as a text"]}])
def test_a_bad_result_is_refused_without_repeating_it(replaced: RemoteAction, result: dict) -> None:
    with pytest.raises(ValidationError):
        ORIGINAL(replaced, result)
    with pytest.raises(ValidationError) as caught:
        replaced._validate_action_result(result)
    assert "said as a text" not in caught.value.message
