"""The tracker store keeps everything, gives Rasa little, and the little is as good as everything."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import logging
import random
import warnings

import pytest
from sqlalchemy import select

from bot.records.models import TrackerEvent
from tests.records_fixtures import KEY, backend, database  # noqa: F401

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from rasa.core.policies.rule_policy import RulePolicy
    from rasa.core.tracker_store import TrackerStore
    from rasa.engine.graph import ExecutionContext
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import (
        ActionExecuted,
        ActionExecutionRejected,
        ActiveLoop,
        AllSlotsReset,
        BotUttered,
        Restarted,
        SessionStarted,
        SlotSet,
        UserUtteranceReverted,
        UserUttered,
    )
    from rasa.shared.core.generator import TrainingDataGenerator
    from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
    from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
    from rasa.shared.core.training_data.structures import StoryGraph
    from rasa.utils.endpoints import EndpointConfig

    from bot.records.tracker_store import CONTEXT, SLACK, TAIL, SnapshotTrackerStore

DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    session_config: {session_expiration_time: 0, carry_over_slots_to_new_session: true}
    intents: [greet, faq, answer, start, crisis]
    slots:
      answer: {type: text, influence_conversation: true, mappings: [{type: custom}]}
      pending: {type: any, mappings: [{type: custom}]}
      early: {type: text, influence_conversation: false, mappings: [{type: custom}]}
      mood: {type: text, initial_value: calm, influence_conversation: true, mappings: [{type: custom}]}
      count: {type: float, min_value: 0, max_value: 1000, mappings: [{type: custom}]}
      flag: {type: bool, influence_conversation: true, initial_value: false, mappings: [{type: custom}]}
    forms:
      intake_form: {required_slots: [answer]}
    responses:
      utter_faq: [{text: hi}]
    actions: [action_ask_answer, action_start, action_end, action_welcome, action_takeover]
    """
)
LONGEST_TURN = 12


@pytest.fixture
def store(database):  # noqa: F811
    return SnapshotTrackerStore(DOMAIN, url=str(database.engine.url), keys=[KEY])


def heard(text: str, intent: str = "answer") -> UserUttered:
    ranking = [{"name": f"intent_{n}", "confidence": 1 / (n + 1)} for n in range(60)]
    parse = {
        "text": text,
        "intent": {"name": intent, "confidence": 0.9},
        "entities": [],
        "intent_ranking": ranking,
        "response_selector": {
            "all_retrieval_intents": ["faq"],
            "faq": {"response": {"intent_response_key": "faq/cost"}, "ranking": ranking},
        },
    }
    return UserUttered(text, {"name": intent}, [], parse, input_channel="chat", message_id=f"m-{text}")


def events_of_turn(n: int) -> list:
    """What happens in turn n of a long talk: opening a form, answers, questions in between, a stop, a new session."""
    listen = ActionExecuted("action_listen")
    if n == 0:
        return [
            ActionExecuted("action_session_start"), SessionStarted(), listen,
            heard("hello", "greet"), SlotSet("early", "said at the beginning"), SlotSet("mood", None),
            ActionExecuted("intake_form"), ActiveLoop("intake_form"), SlotSet("requested_slot", "answer"),
            ActionExecuted("action_listen"),
        ]  # fmt: skip
    kind = n % 10
    if kind == 3:  # a question in the middle: the form is rejected, answered around, and goes on
        middle = [
            ActionExecutionRejected("intake_form"), ActionExecuted("utter_faq"), BotUttered(f"answer {n}"),
            ActionExecuted("intake_form"), SlotSet("requested_slot", "answer"),
        ]  # fmt: skip
    elif kind == 5:  # a question after which nobody leads back
        middle = [ActionExecutionRejected("intake_form"), ActionExecuted("utter_faq"), BotUttered(f"aside {n}")]
    elif kind == 8 and n % 30 == 8:
        middle = [ActionExecuted("intake_form"), ActiveLoop(None), SlotSet("requested_slot", None)]
    elif n % 30 == 9:
        middle = [ActionExecuted("intake_form"), ActiveLoop("intake_form"), SlotSet("requested_slot", "answer")]
    else:
        middle = [
            ActionExecuted("intake_form"), SlotSet("answer", None), SlotSet("count", n), SlotSet("flag", n % 2 == 0),
            SlotSet("pending", {"link_id": f"q{n}", "options": ["a", "b"]}), BotUttered(f"question {n}"),
        ]  # fmt: skip
    return [heard(f"words {n}", "faq" if kind in (3, 5) else "answer"), *middle, listen]


async def talk(store: TrackerStore, sender: str, turns: range) -> int:
    """Have a conversation as Rasa does: load, change, save. Returns the largest number of events loaded."""
    most = 0
    for n in turns:
        tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
        most = max(most, len(tracker.events))
        for event in events_of_turn(n):
            tracker.update(event, DOMAIN)
        await store.save(tracker)
    return most


def state(tracker: DialogueStateTracker) -> dict:
    found = tracker.current_state(EventVerbosity.NONE)
    found["loop"] = dataclasses.asdict(tracker.active_loop) if tracker.active_loop else {}
    found["set"] = {name: slot.has_been_set for name, slot in tracker.slots.items()}
    found["bot"] = tracker.latest_bot_utterance.text
    return found


def test_a_short_tracker_is_in_the_state_of_a_full_replay(store, backend):  # noqa: F811
    turns = 400 if backend == "sqlite" else 60

    async def scenario():
        most = 0
        for turn in range(turns):
            most = max(most, await talk(store, "anna", range(turn, turn + 1)))
            if turn <= 70 or turn >= turns - 2:
                short, full = await store.retrieve("anna"), await store.retrieve_full_tracker("anna")
                assert len(full.events) == sum(len(events_of_turn(n)) for n in range(turn + 1))
                assert state(short) == state(full), f"after turn {turn}"
                assert state(short.copy()) == state(full.copy()), f"after turn {turn}"
        return most

    slots_and_loop = len(DOMAIN.slots) + 10
    assert asyncio.run(scenario()) <= TAIL + SLACK + CONTEXT + 2 * LONGEST_TURN + slots_and_loop, "the tracker grows"


RULES = """
version: "3.1"
rules:
- rule: start
  steps:
  - intent: start
  - action: action_start
  - action: intake_form
  - active_loop: intake_form
- rule: end
  condition:
  - active_loop: intake_form
  steps:
  - action: intake_form
  - active_loop: null
  - slot_was_set:
    - requested_slot: null
  - action: action_end
- rule: first words
  conversation_start: true
  steps:
  - intent: greet
  - action: action_welcome
- rule: question
  steps:
  - intent: faq
  - action: utter_faq
- rule: crisis
  steps:
  - intent: crisis
  - action: action_takeover
  - active_loop: null
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """A real RulePolicy with rules like the assistant's."""
    folder = tmp_path_factory.mktemp("rules")
    (folder / "rules.yml").write_text(RULES)
    stories = StoryGraph(YAMLStoryReader().read_from_file(folder / "rules.yml"))
    trackers = TrainingDataGenerator(stories, DOMAIN, augmentation_factor=0).generate()
    storage_folder = folder / "storage"
    storage_folder.mkdir()
    storage = LocalModelStorage.create(storage_folder)
    made = RulePolicy.create(RulePolicy.get_default_config(), storage, Resource("rules"), ExecutionContext(None))
    made.train(trackers, DOMAIN)
    return made


def run_action(name: str, tracker: DialogueStateTracker, ends: bool) -> list:
    """What Rasa would write for an action; the form asks on, hands a digression back, or ends."""
    intent = tracker.latest_message.intent_name
    if name == "action_default_fallback":
        return [ActionExecuted(name), UserUtteranceReverted()]
    if name != "intake_form":
        loop = [ActiveLoop(None)] if name == "action_takeover" else []
        return [ActionExecuted(name), *loop]
    if tracker.active_loop_name is None:
        return [ActionExecuted(name), ActiveLoop(name), SlotSet("requested_slot", "answer")]
    if intent != "answer" and tracker.latest_action_name == "action_listen":
        return [ActionExecutionRejected(name)]
    if ends and tracker.latest_action_name == "action_listen":
        return [ActionExecuted(name), ActiveLoop(None), SlotSet("requested_slot", None)]
    return [ActionExecuted(name), SlotSet("answer", None), SlotSet("requested_slot", "answer")]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_rules_decide_on_a_short_tracker_as_on_a_full_one(store, policy, seed):
    """A conversation of 60 turns is led by a real RulePolicy; before every action both trackers must predict the same."""
    chance = random.Random(seed)

    def predict(tracker):
        prediction = policy.predict_action_probabilities(tracker, DOMAIN)
        best = max(prediction.probabilities)
        found = DOMAIN.action_names_or_texts[prediction.probabilities.index(best)] if best > 0 else None
        return found, prediction.is_end_to_end_prediction, [e.as_dict()["event"] for e in prediction.events]

    async def scenario():
        seen = set()
        for turn in range(60):
            weights = [2, 6, 2, 1, 1] if turn else [0, 0, 0, 0, 1]
            intent = chance.choices(["faq", "answer", "start", "crisis", "greet"], weights)[0]
            tracker = await store.get_or_create_tracker("anna")
            tracker.update(heard(f"words {turn}", intent), DOMAIN)
            await store.save(tracker)
            for _ in range(8):
                short, full = await store.retrieve("anna"), await store.retrieve_full_tracker("anna")
                decided = predict(short)
                assert decided == predict(full), f"turn {turn}, {intent}, after {full.latest_action_name}"
                seen.add(decided[0])
                name = decided[0] or "action_listen"
                for event in run_action(name, short, ends=chance.random() < 0.1):
                    short.update(event, DOMAIN)
                await store.save(short)
                if name == "action_listen":
                    break
        return seen

    assert asyncio.run(scenario()) >= {"action_listen", "intake_form", "utter_faq", "action_start", "action_welcome"}


def test_every_event_is_kept_in_order(store):
    async def scenario():
        await talk(store, "anna", range(60))
        return await store.retrieve_full_tracker("anna")

    texts = [event.text for event in asyncio.run(scenario()).events if isinstance(event, UserUttered)]
    assert texts == ["hello"] + [f"words {n}" for n in range(1, 60)]


def test_conversations_do_not_mix(store):
    async def scenario():
        for n in range(40):
            await asyncio.gather(talk(store, "anna", range(n, n + 1)), talk(store, "ben", range(n, n + 1)))
        await talk(store, "ben", range(40, 50))
        return await store.retrieve_full_tracker("anna"), await store.retrieve_full_tracker("ben")

    anna, ben = asyncio.run(scenario())
    assert len([e for e in anna.events if isinstance(e, UserUttered)]) == 40
    assert len([e for e in ben.events if isinstance(e, UserUttered)]) == 50
    assert sorted(asyncio.run(store.keys())) == ["anna", "ben"]


def test_an_unknown_conversation_does_not_exist_and_a_known_one_does(store):
    async def scenario():
        before = await store.exists("shell"), await store.retrieve("shell")
        await store.get_or_create_tracker("shell")
        return before, await store.exists("shell")

    assert asyncio.run(scenario()) == ((False, None), True)


@pytest.mark.parametrize("duplicate", [DialogueStateTracker.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_saving_a_copy_of_a_tracker_stores_only_what_is_new(store, duplicate):
    async def scenario():
        await talk(store, "anna", range(50))
        tracker = duplicate(await store.retrieve("anna"))
        tracker.update(heard("one more"))
        await store.save(tracker)
        await store.save(tracker)
        return await store.retrieve_full_tracker("anna")

    full = asyncio.run(scenario())
    assert len(full.events) == sum(len(events_of_turn(n)) for n in range(50)) + 1
    assert full.events[-1].text == "one more"


def test_an_old_event_said_again_as_a_copy_is_new(store):
    """Rasa's two-stage fallback appends a deep copy of the visitor's last message."""

    async def scenario():
        await talk(store, "anna", range(5))
        before = len((await store.retrieve_full_tracker("anna")).events)
        tracker = await store.retrieve("anna")
        again = copy.deepcopy(tracker.get_last_event_for(UserUttered))
        for event in (UserUtteranceReverted(), ActionExecuted("action_listen"), again):
            tracker.update(event)
        await store.save(tracker)
        return before, again.text, await store.retrieve_full_tracker("anna")

    before, text, full = asyncio.run(scenario())
    assert len(full.events) == before + 3
    assert full.events[-1].text == text


def test_a_tracker_replaced_over_the_api_keeps_the_stored_events(store):
    async def scenario():
        await talk(store, "anna", range(3))
        full = await store.retrieve_full_tracker("anna")
        rebuilt = DialogueStateTracker.from_dict(
            "anna", [e.as_dict() for e in full.events] + [heard("added").as_dict()], DOMAIN.slots
        )
        await store.save(rebuilt)
        return len(full.events), await store.retrieve_full_tracker("anna")

    before, after = asyncio.run(scenario())
    assert len(after.events) == before + 1


@pytest.mark.parametrize("reset", [Restarted, AllSlotsReset, SessionStarted])
def test_a_reset_in_the_tail_forgets_what_stood_before_it(store, reset):
    async def scenario():
        await talk(store, "anna", range(50))
        tracker = await store.retrieve("anna")
        tracker.update(reset())
        tracker.update(SlotSet("mood", "new"))
        tracker.update(ActionExecuted("action_listen"))
        await store.save(tracker)
        return await store.retrieve("anna"), await store.retrieve_full_tracker("anna")

    short, full = asyncio.run(scenario())
    assert short.get_slot("early") is None
    assert state(short) == state(full)


def test_a_slot_that_left_the_domain_is_left_out(store, caplog):
    asyncio.run(talk(store, "anna", range(50)))
    smaller = copy.deepcopy(DOMAIN.as_dict())
    del smaller["slots"]["early"]
    store.domain = Domain.from_dict(smaller)
    with caplog.at_level(logging.ERROR):
        assert "early" not in asyncio.run(store.retrieve("anna")).slots
    assert not caplog.records


def test_rankings_are_stored_short(store, database):  # noqa: F811
    asyncio.run(talk(store, "anna", range(2)))
    with database.reading() as s:
        data = s.scalars(select(TrackerEvent.data).filter_by(type="user").order_by(TrackerEvent.seq)).first()
    assert len(data["parse_data"]["intent_ranking"]) == 3
    assert len(data["parse_data"]["response_selector"]["faq"]["ranking"]) == 3
    assert data["parse_data"]["response_selector"]["faq"]["response"]["intent_response_key"] == "faq/cost"


def test_rasa_finds_the_store_by_its_name(database):  # noqa: F811
    endpoint = EndpointConfig.from_dict(
        {"type": "bot.records.tracker_store.SnapshotTrackerStore", "url": str(database.engine.url), "keys": [KEY]}
    )
    made = TrackerStore.create(endpoint, domain=DOMAIN)
    assert isinstance(made, SnapshotTrackerStore)


def test_new_events_go_to_the_broker_once(database):  # noqa: F811
    class Broker:
        def __init__(self):
            self.published = []

        def publish(self, body):
            self.published.append(body["event"])

    broker = Broker()
    store = SnapshotTrackerStore(DOMAIN, broker, url=str(database.engine.url), keys=[KEY])
    asyncio.run(talk(store, "anna", range(50)))
    assert len(broker.published) == sum(len(events_of_turn(n)) for n in range(50))
