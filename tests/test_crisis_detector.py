"""How rules and model decide together, with a model that says what the test wants."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rasa.shared.core.events import SlotSet
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu import crisis_detector
from bot.nlu.crisis_detector import ANSWERED, CERTAIN, NOT, UNDERSTOOD, CrisisDetector
from bot.nlu.crisis_model import Chances
from bot.nlu.crisis_scorer import CHANCES
from bot.nlu.rule_screener import screen
from bot.safety import Screener

TAKEN_OVER = "some nights I want to kill myself"  # by a rule


def saying(takeover: float, care: float) -> Callable[[], Chances]:
    return lambda: (takeover, care, "suicidal")


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener.load()


def judged(screener: Screener, text: str, care: float, *, takeover: float = 0.0, **more: Any) -> dict[str, Any] | None:
    return CrisisDetector({}).judge(text, screen(screener, text, text), saying(takeover, care), more.pop("least_care", 0.3), **more)


@pytest.mark.parametrize(
    "care, understood, outcome",
    [
        (0.9, True, "takeover"),
        (0.9, False, "takeover"),
        (0.2, True, "check_in"),
        (0.2, False, "check_in"),
        (0.01, False, "check_in"),  # nothing else explains the message: the rule is never silenced
        (0.01, True, "none"),
    ],
)
def test_a_rules_takeover_gives_way_step_by_step(screener: Screener, care: float, understood: bool, outcome: str) -> None:
    found = judged(screener, TAKEN_OVER, care, understood=understood)
    assert found is not None and found["outcome"] == outcome
    assert found.get("note") == ("harmless" if outcome == "none" else None)


def test_the_model_alone_asks_and_takes_over_where_it_is_nearly_certain(screener: Screener) -> None:
    text = "where do I park"
    assert judged(screener, text, 0.2) is None
    assert judged(screener, text, 0.4)["outcome"] == "check_in"
    assert judged(screener, text, 0.4, least_care=0.75) is None
    assert judged(screener, text, 0.95, takeover=0.95)["outcome"] == "takeover"


@pytest.mark.parametrize("chances", [(0.95, 0.97, "minor"), (0.4, 0.6, "minor")])
def test_the_age_of_a_child_that_is_told_of_is_not_that_of_who_writes(screener: Screener, chances: tuple[float, float, str]) -> None:
    text = "mi hija de 15 años se corta"
    safety = CrisisDetector({}).judge(text, screen(screener, text, text), lambda: chances, 0.3)
    assert safety is not None and safety["category"] == "third_party"


def test_the_rules_read_the_corrected_spelling_too(screener: Screener) -> None:
    typed, meant = "i hav suiciaddl thoughts", "i have suicidal thoughts"
    assert screener.screen(typed).outcome == "none" and screener.screen(meant).outcome != "none"
    assert screen(screener, typed, meant).screening == screener.screen(meant)
    assert screen(screener, meant, "i have special thoughts").screening == screener.screen(meant)


def test_what_is_explained_with_certainty_silences_a_rule_earlier(screener: Screener) -> None:
    assert judged(screener, TAKEN_OVER, 0.1, understood=UNDERSTOOD)["outcome"] == "check_in"
    assert judged(screener, TAKEN_OVER, 0.1, understood=CERTAIN)["outcome"] == "none"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("I'm done", "check_in"), ("i'm done.", "check_in"), ("I am done", "check_in"), ("I'm done with all of this", "check_in"),
        ("I give up", "check_in"), ("I can't take it anymore", "check_in"), ("I'm hopeless", "check_in"), ("I hate my life", "check_in"),
        ("I'm losing it", "check_in"), ("what's the point", "check_in"), ("kms", "takeover"), ("gonna kms", "takeover"),
        ("matarme", "takeover"), ("wanna be dead", "takeover"), ("to be dead", "takeover"), ("suicidal", "takeover"),
    ],
)  # fmt: skip
def test_what_is_listed_word_for_word_is_noticed_whatever_explains_it(screener: Screener, text: str, outcome: str) -> None:
    assert judged(screener, text, 0.0, understood=CERTAIN)["outcome"] == outcome


@pytest.mark.parametrize("text", ["I'm done with the form", "I'm done for today", "I'm done, thanks", "I am done with my infusions"])
def test_what_is_said_to_be_done_may_be_a_form(screener: Screener, text: str) -> None:
    assert screener.screen(text).outcome == "none"


class Read:
    """A message of Rasa's, with what the components before have found in it."""

    def __init__(self, text: str, intent: str, screener: Screener) -> None:
        self.data = {"text": text, "intent": {"name": intent, "confidence": 0.95}, "ruled": lambda: screen(screener, text, text), CHANCES: saying(0.0, 0.1)}

    def get(self, key: str, default: Any = None) -> Any:
        return self.data.get(key, default)

    def set(self, key: str, value: Any, add_to_output: bool = False) -> None:
        self.data[key] = value


@pytest.mark.parametrize(
    ("intent", "waits", "noticed"),
    [("goodbye", False, "distress"), ("goodbye", True, "distress"), ("stop", True, "stop"), ("stop", False, "distress")],
)
def test_done_is_a_command_only_while_a_question_waits(screener: Screener, intent: str, waits: bool, noticed: str) -> None:
    slot = {"questionnaire": "intake", "link_id": "city", "type": "string"} if waits else None
    tracker = DialogueStateTracker.from_events("test", [SlotSet("pending", slot)], slots=[AnySlot("pending", mappings=[{}])])
    message = Read("I'm done", intent, screener)
    CrisisDetector({}).process([message], tracker)  # type: ignore[list-item]
    assert message.get("intent")["name"] == noticed


def test_a_dangerous_reading_with_a_symptom_needs_no_second_opinion(screener: Screener) -> None:
    found = judged(screener, "yes, 200/110 with crushing chest pain", 0.01, understood=ANSWERED)
    assert found["outcome"] == "takeover" and found["category"] == "medical_emergency"
    assert judged(screener, "200/110 and a headache", 0.01, understood=ANSWERED)["outcome"] == "check_in"


def test_without_a_model_the_rule_stands(screener: Screener) -> None:
    assert CrisisDetector({}).judge(TAKEN_OVER, screen(screener, TAKEN_OVER, TAKEN_OVER), None, 0.3, understood=UNDERSTOOD)["outcome"] == "takeover"


@pytest.mark.parametrize(
    "name, confidence, understood",
    [
        ("faq", 0.4, UNDERSTOOD),
        ("faq", 0.95, CERTAIN),
        ("faq", 0.2, NOT),
        ("talk_to_human", 0.4, NOT),  # a person is asked for in a crisis, too
        ("talk_to_human", 0.8, UNDERSTOOD),
        ("talk_to_human", 0.99, UNDERSTOOD),
        ("answer", 1.0, ANSWERED),
        ("stop", 1.0, UNDERSTOOD),
        ("nlu_fallback", 1.0, NOT),
        (None, 0.0, NOT),
    ],
)
def test_what_counts_as_understood(name: str | None, confidence: float, understood: int) -> None:
    assert CrisisDetector._understood(name, confidence) == understood


@pytest.mark.parametrize(
    "asked, text, outcome",
    [
        ("allergies", "codeine throat swelling, none other", "none"),
        ("allergies", "peanut, lips and throat swelling", "none"),
        ("allergies", "throat swelling", "check_in"),
        ("allergies", "my throat is swelling right now", "takeover"),
        ("allergies", "I just ate peanuts and my throat feels tight", "takeover"),
        ("allergies", "penicillin, and I want to kill myself", "takeover"),
        ("allergies", "my chest pain is bad and my left hand is numb", "takeover"),
        ("allergies", "ran out of my ativan and had a seizure", "takeover"),
        ("allergies", "vomiting blood, no allergies that I know", "takeover"),
        ("allergies", "my daughter is not breathing", "takeover"),
        ("allergies", "used the epipen and still swelling", "takeover"),
        ("allergies", "none but I keep passing out", "takeover"),
        ("allergies", "hives all over and trouble breathing", "check_in"),
        ("allergies", "ibuprofen, chest tightness and wheezing", "check_in"),
        ("allergies", "stung by a hornet, throat closing up", "check_in"),
        ("allergies", "sulfa, had trouble breathing and passed out", "none"),
        ("allergies", "I got my bottles confused and took two days worth", "takeover"),
        ("heart-what", "peanut, lips and throat swelling", "takeover"),
        ("safe-contact", "he goes through my phone sometimes so not sure", "check_in"),
        ("safe-message", "no, my husband checks my phone", "check_in"),
        ("safe-contact", "no. he hits me when he's mad", "takeover"),
        ("reason", "my husband checks my phone", "takeover"),
        ("heart-when", "last night", "check_in"),
        ("heart-when", "in 2015", None),
        ("heart-when", "last night and I want to kill myself", "takeover"),
    ],
)
def test_what_a_message_means_as_the_answer_to_a_question(screener: Screener, asked: str, text: str, outcome: str | None) -> None:
    rules = screen(screener, text, text)
    care = 0.9 if rules.screening.outcome == "takeover" else 0.1
    found = crisis_detector._as_answer(asked, judged(screener, text, care, understood=ANSWERED), rules)
    assert (found and found["outcome"]) == outcome
