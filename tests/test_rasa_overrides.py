"""The replaced methods do what Rasa's did, and Rasa's are still the ones they replace."""
from __future__ import annotations

import ast
import asyncio
import contextlib
import copy
import hashlib
import importlib
import inspect
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Dict, Iterator, List, Tuple

import dask
import pytest
import rasa.core.policies.rule_policy
import rasa.core.processor
import rasa.engine.runner.dask
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.exceptions import GraphComponentException
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.data import TrainingType
from rasa.shared.nlu.training_data import training_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot import rasa_overrides

ORIGINALS = {
    (owner, name): vars(owner)[name]
    for owner, name in (
        (RemoteAction, "_validate_action_result"),
        (DaskGraphRunner, "run"),
        (MessageProcessor, "handle_message"),
        (MessageProcessor, "parse_message"),
        (MessageProcessor, "_check_for_unseen_features"),
        (EndpointConfig, "request"),
        (Event, "resolve_by_type"),
        (Message, "set"),
        (RulePolicy, "_find_action_from_rules"),
    )
}


COPYING = (rasa.core.processor, rasa.core.policies.rule_policy)


@pytest.fixture
def replaced() -> Iterator[None]:
    rasa_overrides.apply()
    rasa_overrides.apply_to_training()
    yield
    for (owner, name), method in ORIGINALS.items():
        setattr(owner, name, method)
    del MessageProcessor.begin_to_understand
    for module in (*COPYING, training_data):
        module.copy = copy
    rasa.engine.runner.dask.dask = dask


@pytest.mark.parametrize("name", sorted(rasa_overrides.SOURCES))
def test_rasa_still_has_the_code_that_is_replaced(name: str) -> None:
    module, owner, method = name.rsplit(".", 2)
    found = ORIGINALS[getattr(importlib.import_module(module), owner), method]  # as imported: a training in this process replaces some
    assert hashlib.sha256(inspect.getsource(found).encode()).hexdigest()[:12] == rasa_overrides.SOURCES[name]


def test_everything_that_is_replaced_is_watched(replaced: None) -> None:
    changed = {
        f"{owner.__module__}.{owner.__name__}.{name}"
        for (owner, name), method in ORIGINALS.items()
        if vars(owner)[name] is not method
    }
    assert changed == set(rasa_overrides.SOURCES)


# -- results of actions -----------------------------------------------------------------------------------------------


def test_a_good_result_passes(replaced: None) -> None:
    action = RemoteAction("action_test", None)
    assert action._validate_action_result({"events": [{"event": "slot", "name": "a", "value": 1}], "responses": [{"text": "x"}]})


@pytest.mark.parametrize("result", ["said", {"events": "none"}, {"events": [{"event": 3}]}, {"responses": ["said as a text"]}])
def test_a_bad_result_is_refused_without_repeating_it(replaced: None, result: Any) -> None:
    action = RemoteAction("action_test", None)
    with pytest.raises(ValidationError):
        ORIGINALS[RemoteAction, "_validate_action_result"](action, result)
    with pytest.raises(ValidationError) as caught:
        action._validate_action_result(result)
    assert "said" not in caught.value.message


# -- graphs -----------------------------------------------------------------------------------------------------------


class Adds(GraphComponent):
    """A node that adds what it is given, and says when."""

    ran: List[int] = []

    @classmethod
    def create(cls, config: Dict[str, Any], *_: Any, **__: Any) -> "Adds":
        component = cls()
        component.much = config["much"]
        return component

    def add(self, left: int, right: int = 0) -> int:
        Adds.ran.append(self.much)
        if left < 0:
            raise ValueError("negative")
        return left + right + self.much


def _node(needs: Dict[str, str], much: int, target: bool = False) -> SchemaNode:
    return SchemaNode(
        needs=needs, uses=Adds, constructor_name="create", fn="add", config={"much": much}, eager=True, is_target=target
    )


@pytest.fixture
def runner(tmp_path: Any) -> DaskGraphRunner:
    schema = GraphSchema(
        {
            "last": _node({"left": "middle", "right": "first"}, 100, target=True),
            "first": _node({"left": "number"}, 1),
            "middle": _node({"left": "first"}, 10),
            "unused": _node({"left": "first"}, 1000),
        }
    )
    storage = LocalModelStorage.create(tmp_path)
    return DaskGraphRunner.create(schema, storage, ExecutionContext(schema, "model"))


def test_a_graph_gives_what_dask_gave_and_runs_each_node_once(replaced: None, runner: DaskGraphRunner) -> None:
    before = ORIGINALS[DaskGraphRunner, "run"](runner, {"number": 5})
    for number in (5, 6):
        Adds.ran.clear()
        found = runner.run({"number": number})
        assert sorted(Adds.ran) == [1, 10, 100]
    assert before == {"last": 122} and found == {"last": 124}
    assert runner.run({"number": 5}, targets=["middle", "first"]) == {"middle": 16, "first": 6}


def test_a_node_that_fails_is_named_as_before(replaced: None, runner: DaskGraphRunner) -> None:
    with pytest.raises(GraphComponentException) as before:
        ORIGINALS[DaskGraphRunner, "run"](runner, {"number": -1})
    with pytest.raises(GraphComponentException) as after:
        runner.run({"number": -1})
    assert str(after.value) == str(before.value)


# -- understanding ----------------------------------------------------------------------------------------------------


MESSAGE = UserMessage("hi")


class Processor(SimpleNamespace):
    """What of Rasa's processor a turn needs up to the understanding of a message, and the threads in which that ran."""

    http_interpreter = None
    model_metadata = SimpleNamespace(training_type=TrainingType.NLU)  # a turn ends there

    def __init__(self) -> None:
        super().__init__(threads=[], at_once=0, most_at_once=0, may_end=threading.Event())
        self.may_end.set()

    async def log_message(self, message: Any, should_save_tracker: bool) -> Any:
        await asyncio.sleep(0)  # as where a tracker is read: another turn may begin
        return await MessageProcessor.parse_message(self, message, "tracker")

    async def save_tracker(self, tracker: Any) -> None:
        pass

    def _parse_message_with_graph(self, message: Any, tracker: Any, only_output_properties: bool) -> Dict[str, Any]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.threads.append(threading.current_thread())
        time.sleep(0.05)
        self.may_end.wait(10)
        self.at_once -= 1
        selected = {"all_retrieval_intents": ["faq"], "faq": {"response": {"intent_response_key": "faq/cost"}}}
        return {"text": "hi", "intent": {"name": "faq"}, "entities": [], "response_selector": selected}

    def _update_full_retrieval_intent(self, parsed: Dict[str, Any]) -> None:
        MessageProcessor._update_full_retrieval_intent(self, parsed)

    def _check_for_unseen_features(self, parsed: Dict[str, Any]) -> None:
        pass


def test_a_message_is_parsed_with_the_same_result(replaced: None) -> None:
    before = asyncio.run(ORIGINALS[MessageProcessor, "parse_message"](Processor(), MESSAGE, "tracker"))
    after = asyncio.run(MessageProcessor.parse_message(Processor(), MESSAGE, "tracker"))
    assert before == after and after["intent"]["full_retrieval_intent_name"] == "faq/cost"


@pytest.mark.filterwarnings("ignore:No core model")
def test_messages_are_parsed_off_the_event_loop_where_others_wait(replaced: None) -> None:
    processor = Processor()

    async def turns(count: int) -> None:
        await asyncio.gather(*(MessageProcessor.handle_message(processor, MESSAGE) for _ in range(count)))

    asyncio.run(turns(1))
    assert processor.threads == [threading.main_thread()]
    asyncio.run(turns(3))
    assert threading.main_thread() not in processor.threads[1:] and len(processor.threads) == 4
    asyncio.run(turns(1))
    assert processor.threads[-1] is threading.main_thread() and processor.most_at_once == 1


def test_a_parse_that_nobody_waits_for_any_longer_is_not_run_into(replaced: None) -> None:
    processor = Processor()

    async def given_up() -> None:
        processor.may_end.clear()
        two = [asyncio.ensure_future(MessageProcessor.handle_message(processor, MESSAGE)) for _ in range(2)]
        while not processor.threads:
            await asyncio.sleep(0.001)
        for one in two:
            one.cancel()
        await asyncio.gather(*two, return_exceptions=True)
        third = asyncio.ensure_future(MessageProcessor.parse_message(processor, MESSAGE, "tracker"))
        await asyncio.sleep(0)  # it begins while the first still runs
        processor.may_end.set()
        await third

    asyncio.run(given_up())
    assert processor.threads[-1] is not threading.main_thread() and processor.most_at_once == 1


class Says(GraphComponent):
    """A node that says what it was given, and in which thread it ran."""

    ran: List[Tuple[str, bool]] = []

    @classmethod
    def create(cls, config: Dict[str, Any], *_: Any, **__: Any) -> "Says":
        component = cls()
        component.name = config["name"]
        return component

    def say(self, messages: Any, tracker: str = "") -> Any:
        Says.ran.append((self.name, threading.current_thread() is threading.main_thread()))
        text = messages[0].text if isinstance(messages, list) else messages
        if text == "fails":
            raise ValueError("no")
        return f"{text} {self.name}{tracker}"


class Understanding(Processor):
    """A processor with a graph of four nodes, of which the third looks at the conversation."""

    model_metadata = SimpleNamespace(training_type=TrainingType.NLU, nlu_target="last")

    def __init__(self, tmp_path: Path) -> None:
        super().__init__()
        needs = {"convert": {"messages": "__message__"}, "encode": {"messages": "convert"}}
        needs |= {"detect": {"messages": "encode", "tracker": "__tracker__"}, "last": {"messages": "detect"}}
        nodes = {
            name: SchemaNode(needed, Says, "create", "say", {"name": name}, eager=True, is_target=name == "last")
            for name, needed in needs.items()
        }
        schema = GraphSchema(nodes)
        self.graph_runner = DaskGraphRunner.create(schema, LocalModelStorage.create(tmp_path), ExecutionContext(schema, "model"))

    def _parse_message_with_graph(self, message: Any, tracker: Any, only_output_properties: bool) -> Dict[str, Any]:
        inputs = {"__message__": [message], "__tracker__": f" of {tracker}"}
        return {"text": self.graph_runner.run(inputs, targets=["last"])["last"]}

    def _update_full_retrieval_intent(self, parsed: Dict[str, Any]) -> None:
        pass

    def begin(self, text: str) -> None:
        MessageProcessor.begin_to_understand(self, UserMessage(text))

    async def parse(self, text: str) -> str:
        return (await MessageProcessor.parse_message(self, UserMessage(text), "mine"))["text"]


@pytest.fixture
def understanding(replaced: None, tmp_path: Path) -> Iterator[Understanding]:
    Says.ran.clear()
    yield Understanding(tmp_path)


def test_what_needs_no_conversation_is_begun_beside_it_and_done_once(understanding: Understanding) -> None:
    async def turn() -> List[str]:
        understanding.begin("hi")
        return [await asyncio.wait_for(understanding.parse("hi"), 5), await understanding.parse("hi")]

    assert asyncio.run(turn()) == ["hi convert encode detect of mine last"] * 2
    assert Says.ran[:4] == [("convert", False), ("encode", False), ("detect", True), ("last", True)]
    assert [name for name, _ in Says.ran[4:]] == ["convert", "encode", "detect", "last"], "what was begun serves one parse"


def test_what_was_begun_is_for_its_own_text_and_turn(understanding: Understanding) -> None:
    async def turn(begins: str, says: str) -> str:
        if begins:
            understanding.begin(begins)
        return await understanding.parse(says)

    async def turns() -> List[str]:
        return [await asyncio.ensure_future(turn("", "one")), await asyncio.ensure_future(turn("one", "two")), await asyncio.ensure_future(turn("", "one"))]

    assert [said.split()[0] for said in asyncio.run(turns())] == ["one", "two", "one"]
    assert [name for name, _ in Says.ran].count("detect") == 3 and [name for name, _ in Says.ran].count("encode") == 4


@pytest.mark.filterwarnings("ignore:No core model")
def test_nothing_is_begun_while_others_are_on_their_way(understanding: Understanding) -> None:
    async def turns() -> None:
        other = asyncio.ensure_future(MessageProcessor.handle_message(understanding, UserMessage("other")))
        await asyncio.sleep(0)
        understanding.begin("hi")
        await other

    asyncio.run(turns())
    assert len(Says.ran) == 4


def test_a_beginning_that_fails_fails_where_it_is_asked_for(understanding: Understanding) -> None:
    async def turn() -> None:
        understanding.begin("fails")
        with pytest.raises(GraphComponentException):
            await understanding.parse("fails")
        assert await understanding.parse("hi")

    asyncio.run(turn())


# -- the action server ------------------------------------------------------------------------------------------------


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    callers: List[int] = []

    def do_POST(self) -> None:
        self.callers.append(self.client_address[1])
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fails = b"fail" in body
        answer = b'{"error": "no", "action_name": "a"}' if fails else body
        self.send_response(400 if fails else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def answering() -> Iterator[EndpointConfig]:
    _Answers.callers.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield EndpointConfig(f"http://127.0.0.1:{server.server_port}/webhook")
    finally:
        server.shutdown()


def test_calls_share_a_connection_and_errors_are_as_before(replaced: None) -> None:
    async def calls(endpoint: EndpointConfig) -> None:
        body = {"said": "caf\u00e9"}
        assert await endpoint.request(json=body, timeout=5) == await ORIGINALS[EndpointConfig, "request"](endpoint, json=body) == body
        assert await endpoint.request(json=body, timeout=5) == body
        for request in (endpoint.request, lambda **k: ORIGINALS[EndpointConfig, "request"](endpoint, **k)):
            with pytest.raises(ClientResponseError) as caught:
                await request(json={"please": "fail"})
            assert caught.value.status == 400 and b"action_name" in caught.value.text
        await endpoint._onward_session.close()

    with answering() as endpoint:
        asyncio.run(calls(endpoint))
    ours = [_Answers.callers[i] for i in (0, 2, 3)]
    assert len(set(ours)) == 1 and len(set(_Answers.callers)) == 3


@pytest.mark.parametrize("module", COPYING, ids=lambda module: module.__name__)
def test_what_rasa_copies_there_is_for_the_log_alone(module: ModuleType) -> None:
    def used(tree: ast.AST) -> List[ast.AST]:
        return [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "copy"]

    tree = ast.parse(inspect.getsource(module))
    logged = [call for call in ast.walk(tree) if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("structlogger.")]
    assert len(used(tree)) == sum(len(used(call)) for call in logged) > 0


def _merged() -> TrainingData:
    first = TrainingData([Message({"text": "is it safe ", "intent": " faq "})], {"ket": "ketamine"})
    again = [Message({"text": "hello", "intent": "greet"}) for _ in range(2)]
    other = TrainingData(again, responses={"faq/safety": [{"text": "It depends."}]})
    whole = first.merge(other, None)
    assert len(first.training_examples) == len(other.training_examples) == 1 and not first.responses
    return whole


AS_RASA_MERGES = _merged().fingerprint()


def test_examples_are_merged_as_before_without_copies(replaced: None) -> None:
    def copying(tree: ast.AST) -> int:
        return sum(isinstance(n, ast.Attribute) and ast.unparse(n) == "copy.deepcopy" for n in ast.walk(tree))

    assert _merged().fingerprint() == AS_RASA_MERGES
    whole = ast.parse(inspect.getsource(training_data))
    merge = next(n for n in ast.walk(whole) if isinstance(n, ast.FunctionDef) and n.name == "merge")
    assert copying(whole) == copying(merge) > 0  # nothing else of that module makes deep copies


def test_an_example_that_needs_no_trimming_keeps_its_fingerprint(replaced: None) -> None:
    hello = Message({"text": "hello", "intent": "greet"})
    known = hello.fingerprint()
    assert TrainingData([hello]).training_examples == [hello]
    assert hello._cached_fingerprint == known


def test_an_example_that_changes_gets_another_fingerprint(replaced: None) -> None:
    hello = Message({"text": "hello", "intent": "greet"})
    known = hello.fingerprint()
    hello.set("intent", "goodbye")
    assert hello.get("intent") == "goodbye" and hello.fingerprint() != known
    hello.set("intent", "goodbye", add_to_output=True)
    assert hello.as_dict(only_output_properties=True) == {"intent": "goodbye", "text": "hello"}


def test_components_that_do_not_need_each_other_train_at_once(replaced: None) -> None:
    both = threading.Barrier(2, timeout=10)  # each waits for the other: one after the other they would never pass
    graph = {"left": (both.wait,), "right": (both.wait,), "last": (lambda *ran: len(ran), "left", "right")}
    assert list(rasa.engine.runner.dask.dask.get(graph, ["last"])) == [2]


@pytest.mark.parametrize("rule, searched", [('{"user": {"intent": "greet"}}', False), ('{"user": {"text": "hello"}}', True)])
def test_rules_in_words_are_looked_for_where_there_are_some(monkeypatch: pytest.MonkeyPatch, rule: str, searched: bool) -> None:
    monkeypatch.setattr(RulePolicy, "_find_action_from_rules", lambda *_: ("utter_greet", "rule", False))
    rasa_overrides._look_for_rules_in_words_only_where_there_are_some()
    policy = SimpleNamespace(lookup={RULES: {rule: "utter_greet"}})
    by_words = RulePolicy._find_action_from_rules(policy, None, None, use_text_for_last_user_input=True)
    assert by_words == (("utter_greet", "rule", False) if searched else (None, None, False))
    assert RulePolicy._find_action_from_rules(policy, None, None, use_text_for_last_user_input=False)[0] == "utter_greet"


def test_the_kind_of_an_event_is_looked_up_once(replaced: None) -> None:
    assert Event.resolve_by_type("slot") is SlotSet
    told = {"event": "slot", "name": "pending", "value": 1}
    assert Event.from_parameters(told) == SlotSet("pending", 1)
    before = Event.resolve_by_type.cache_info().misses
    Event.from_parameters(told)
    assert Event.resolve_by_type.cache_info().misses == before
    with pytest.raises(ValueError):
        Event.resolve_by_type("no such event")
