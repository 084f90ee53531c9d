"""Rasa component: the second safety layer. The rules of `bot.safety` and a model on the sentence vector, together.

The rules see exact words, the model sees meaning; each catches what the other misses. The model alone asks (check-in); it
takes over where it is nearly certain, or where a rule has a doubt too, and it turns a rule's takeover into a question where
it is sure of harmless talk. A crisis overrides every other intent. The parse result then carries
``safety: {"outcome", "category", "rule", "score"}``, where ``rule`` names a rule or is ``model``; the words of the
visitor are not in it. ``answer`` is true where a message that gets a check-in answers the pending question as well. Where the
rules see nothing to do but a reason for care (a loss, the past, a question), ``note`` says which.

What the model says comes from `CrisisScorer`. The thresholds stand in `config.yml`; they were set on `data/safety/dev.tsv`.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as IntentClassifierBase
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.answer_detector import ANSWER, COMMANDS, Pending
from bot.nlu.crisis_model import Chances
from bot.nlu.crisis_scorer import CHANCES, SAFETY_INTENTS
from bot.nlu.fallback import FALLBACK, put_intent
from bot.nlu.intent_classifier import verdicts
from bot.nlu.rule_screener import Ruled, rules_say
from bot.nlu.text import is_payload, normalise
from bot.safety.screener import HARMLESS, Screening

MEDICAL = ("medical_emergency", "overdose", "withdrawal")

# The model alone takes many a plain question for a crisis: it asks early where nothing else has understood the message, late
# where something has. What is asked of a person, and what is about something else, may be a crisis all the same: these must
# be understood well.
NOT_UNDERSTOOD = (None, FALLBACK, *SAFETY_INTENTS)
UNDERSTOOD_AT, PERSON_AT, ELSEWHERE_AT, CERTAIN_AT = 0.3, 0.6, 0.7, 0.9  # confidence of the intent
NOT, ANSWERED, UNDERSTOOD, CERTAIN = range(4)
ENDS_IT = ("stop", "submit")  # what "I'm done" means while a question of the history waits
# Questions (link ids) whose answer tells of an emergency of the body that was, and those where "last night" may still be one.
TOLD_AT, WHEN_AT = ("allergies",), ("heart-when", "stroke-when")
# Those that ask whether it is safe to be reached: that somebody reads along is an answer to them, and no reason to stop.
SAFE_AT, WATCHED = ("safe-contact", "safe-message"), "abuse-watched"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class CrisisDetector(GraphComponent, IntentClassifierBase):
    """Crisis, medical emergency or distress, before every other intent; see the module."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "confirm": 0.35,
            "alone": 0.9,
            "together": 0.8,
            "check_in": 0.3,
            "check_in_elsewhere": 0.45,
            "check_in_beside": 0.45,
            "check_in_answer": 0.55,
            "check_in_understood": 0.63,
            "check_in_certain": 0.8,
            "check_in_noted": 0.45,
            "harmless": 0.4,
            "harmless_answer": 0.2,
            "surely_harmless": 0.05,
            "harmless_certain": 0.15,
        }

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CrisisDetector:
        return cls(config)

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        pending = Pending.of(tracker.get_slot("pending")) if tracker else None
        for message in messages:
            text = message.get(TEXT)
            if not text or is_payload(text):
                continue
            intent = message.get(INTENT) or {}
            name, confidence = intent.get("name"), intent.get("confidence") or 0.0
            rules = rules_say(message)
            if pending and name in ENDS_IT and rules.screening.outcome == "check_in":
                rules = replace(rules, sure=False)
            explained = NOT if _explains_nothing(name, rules) else self._understood(name, confidence)
            least_care = self._least_care(name, confidence, _is_elsewhere(message), pending is not None)
            safety = self.judge(text, rules, message.get(CHANCES), least_care, explained)
            if pending and name == ANSWER:
                safety = _as_answer(pending.link_id, safety, rules)
            if safety is not None:
                if name == ANSWER and safety["outcome"] == "check_in":
                    safety["answer"] = True  # the question comes first, and the answer is kept
                message.set("safety", safety, add_to_output=True)
            outcome = safety["outcome"] if safety else "none"
            if outcome == "takeover":
                put_intent(message, "medical_emergency" if safety["category"] in MEDICAL else "crisis", safety["score"])
            elif outcome == "check_in":
                put_intent(message, "distress", safety["score"])
            elif name in SAFETY_INTENTS:  # these are this component's to give: the plain classifier cannot tell a denial
                put_intent(message, FALLBACK, confidence)
        return messages

    def _least_care(self, name: str | None, confidence: float, elsewhere: bool, waits: bool) -> float:
        """How sure the model must be to ask, the surer the better the message was understood as something else.

        Args:
            elsewhere: it is surely about what no answer covers.
            waits: a question of the history does, and the message was told to be another one.
        """
        if name == FALLBACK and elsewhere:
            return self._config["check_in_elsewhere"]
        understood = self._understood(name, confidence)
        if understood == NOT and waits:
            return self._config["check_in_beside"]
        return self._config[("check_in", "check_in_answer", "check_in_understood", "check_in_certain")[understood]]

    @staticmethod
    def _understood(name: str | None, confidence: float) -> int:
        """How well a message is explained by something else: hardly as an answer, for nearly anything may be one."""
        if name in NOT_UNDERSTOOD or confidence < (PERSON_AT if name == "talk_to_human" else UNDERSTOOD_AT):
            return NOT
        if name == ANSWER:
            return ANSWERED
        return CERTAIN if confidence >= CERTAIN_AT and name not in COMMANDS else UNDERSTOOD

    def judge(
        self, text: str, rules: Ruled, model_says: Callable[[], Chances] | None, least_care: float, understood: int = NOT
    ) -> dict[str, Any] | None:
        """Both layers together; None where neither has anything to say.

        What a rule takes for a crisis stays one unless the model thinks it harmless: then it becomes a question, and nothing
        only where the model has next to no doubt ("my card is stuck in the machine") and something else explains the message.
        The model alone asks; it takes over where it is nearly certain, earlier where a rule has a doubt too.

        Args:
            text: as typed.
            rules: what the rules say of it.
            model_says: the model's chances; None where there is no model.
            least_care: how sure the model must be to ask on its own.
            understood: how well something else explains the message. The check-in of a rule that never says more then needs
                a model that has at least some doubt: "can I tap out" among questions about sessions is one of them.
        """
        ruled, weak = rules.screening, rules.weak
        if rules.sure or model_says is None or not normalise(text):  # signs alone say nothing to the model
            return _of_rules(ruled)
        takeover, care, category = model_says()
        if ruled.outcome != "none" and understood:
            least_doubt = "harmless_certain" if understood == CERTAIN else "surely_harmless"
            if weak and ruled.outcome == "check_in":
                least_doubt = "harmless_answer" if understood == ANSWERED else "harmless"
            if care < self._config[least_doubt]:
                return {**_finding("none", ruled.category, ruled.rule, care), "note": HARMLESS}
        if ruled.outcome == "takeover":
            return _finding("takeover" if care >= self._config["confirm"] else "check_in", ruled.category, ruled.rule, 1.0)
        if takeover >= self._config["alone"]:
            return _finding("takeover", rules.whose(category), "model", takeover)
        if ruled.outcome == "check_in":
            if takeover >= self._config["together"]:
                return _finding("takeover", ruled.category, ruled.rule, takeover)
            return _finding("check_in", ruled.category, ruled.rule, 1.0)
        if care >= (max(least_care, self._config["check_in_noted"]) if ruled.note else least_care):
            return _finding("check_in", rules.whose(category), "model", care)
        return _of_rules(ruled)


def _explains_nothing(name: str | None, rules: Ruled) -> bool:
    """Whether an intent is no reason to pass over what a rule hears: a farewell, or talk of suicide in which it hears a crisis."""
    return name == "goodbye" or name == "told" and not rules.weak


def _is_elsewhere(message: Message) -> bool:
    found = verdicts(message)
    return bool(found) and found[0].label == FALLBACK and found[0].trust >= ELSEWHERE_AT


def _of_rules(ruled: Screening) -> dict[str, Any] | None:
    """What the rules alone say."""
    if ruled.outcome != "none":
        return _finding(ruled.outcome, ruled.category, ruled.rule, 1.0)
    if ruled.note:
        return {**_finding("none", ruled.category, ruled.rule, 1.0), "note": ruled.note}
    return None


def _as_answer(asked: str, safety: dict[str, Any] | None, rules: Ruled) -> dict[str, Any] | None:
    """What a message means as the answer to what it answers: an old reaction, an attack of last night, somebody who reads along."""
    if asked in WHEN_AT and rules.says("just_now") and not (safety and safety["outcome"] == "takeover"):
        return _finding("check_in", "medical_emergency", "just-now", 1.0)
    if asked in SAFE_AT and safety and safety["outcome"] == "takeover" and safety["rule"] == WATCHED:
        return {**safety, "outcome": "check_in"}
    of_the_body = rules.screening.category == "medical_emergency" if rules.screening.outcome != "none" else True
    if asked in TOLD_AT and safety and safety["category"] in MEDICAL and of_the_body and rules.says("reaction"):
        if rules.says("now") or rules.says("no_reaction"):
            return safety
        if rules.says("bare_reaction") or rules.says("grave_reaction"):
            return {**safety, "outcome": "check_in"}
        return {**safety, "outcome": "none", "note": HARMLESS}
    return safety


def _finding(outcome: str, category: str | None, rule: str | None, score: float) -> dict[str, Any]:
    return {"outcome": outcome, "category": category, "rule": rule, "score": round(float(score), 4)}
