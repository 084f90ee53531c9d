"""What happens when a part behind the chat fails: a crisis is still answered, nothing is lost, the part comes back."""
from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.system import ROOT, System, add_nurse, running


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory):
    """Servers of its own, because they are killed here."""
    with running(tmp_path_factory.mktemp("failing")) as started:
        add_nurse(started)
        yield started


@pytest.fixture
def without_actions(own: System):
    """The action server stands still: connections are accepted and never answered."""
    actions = own.server("actions")
    actions.suspend()
    yield own
    actions.resume()


def test_without_the_action_server_a_crisis_is_answered(without_actions: System) -> None:
    visitor = without_actions.visitor()
    visitor.say("i want to die")
    assert visitor.kinds == ["crisis"] and "988" in visitor.said


def test_a_crisis_does_not_wait_long_behind_a_turn_that_hangs(without_actions: System) -> None:
    visitor = without_actions.visitor()
    hanging = threading.Thread(target=visitor.send, args=({"id": "hangs", "text": "what are the side effects"},))
    hanging.start()
    while not any(m["text"] == "what are the side effects" for m in visitor.history()):
        time.sleep(0.05)
    begun = time.monotonic()
    visitor.say("i want to die")
    assert visitor.kinds == ["crisis"] and time.monotonic() - begun < 15
    hanging.join()


def test_a_dead_server_is_started_again_and_the_message_is_kept(own: System) -> None:
    visitor = own.visitor()
    own.server("actions").kill()
    visitor.say("what are the side effects MARKER-4471")
    assert visitor.kinds == ["notice"] and "988" in visitor.said
    nurse = own.nurse()
    kept = [nurse.get(f"/handoffs/{i}/summary.json").json() for i in own.handoffs(nurse)]
    assert any("MARKER-4471" in (s["reason"] or "") for s in kept)
    own.wait_until_ready()
    visitor.say("what are the side effects")
    assert visitor.kinds[0] == "message" and visitor.last[0]["sources"]


def test_without_a_model_a_crisis_is_answered_and_other_messages_are_kept(tmp_path: Path) -> None:
    """The channel on its own: the server runs, the model does not load."""
    from tests.channel_alone import channel_without_model

    with channel_without_model(tmp_path) as visitor:
        visitor.say("I'm going to end it tonight")
        assert visitor.kinds == ["crisis"] and "988" in visitor.said
        visitor.tap("I'm safe right now")
        visitor.say("what does it cost")
        assert "notice" in visitor.kinds and "kept" in visitor.said


def test_a_taken_port_is_one_clear_line(own: System) -> None:
    import subprocess
    import sys

    result = subprocess.run(
        [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=own.environment, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0 and "CHAT_PORT" in result.stderr and "taken" in result.stderr
