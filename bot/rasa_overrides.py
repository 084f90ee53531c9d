"""The methods of Rasa 3.6 that are replaced at run time, each with the measured reason.

Only what has no extension point and measurably stands in the way belongs here. ``tests/test_rasa_overrides.py`` fails
when Rasa's own code is no longer the one these replacements were written for. Figures come from a profile of FAQ turns on
a machine with two cores, where a turn took 33 ms of the chat server's time under the profiler.
"""
from __future__ import annotations

import asyncio
import copy
import functools
import itertools
import os
import types
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Dict, Iterable, List, Optional, Text, Tuple

# Digests of the Rasa source that each replacement was written for (see the test).
SOURCES = {
    "rasa.core.actions.action.RemoteAction._validate_action_result": "f8cdb4be6812",
    "rasa.core.policies.rule_policy.RulePolicy._find_action_from_rules": "be6da6ee0f54",
    "rasa.core.processor.MessageProcessor._check_for_unseen_features": "286ab49de966",
    "rasa.core.processor.MessageProcessor.handle_message": "0c41d4780d2d",
    "rasa.core.processor.MessageProcessor.parse_message": "b98d8e49b9f2",
    "rasa.engine.runner.dask.DaskGraphRunner.run": "45f0f52f574f",
    "rasa.shared.core.events.Event.resolve_by_type": "b5cf570fa7f2",
    "rasa.shared.nlu.training_data.message.Message.set": "071e4782a66f",
    "rasa.utils.endpoints.EndpointConfig.request": "ccdb778aed82",
}
# Shorter than the action server keeps an idle connection open (5 s), so that none is used that it is about to close.
KEEP_IDLE_CONNECTION_S = 2.0
BEGUN = "_onward_begun"  # attribute of a message: the nodes that are done for it
Step = Tuple[Text, Tuple[Text, ...]]  # a node of a graph, and those that it needs


def apply() -> None:
    """Replace what is listed below. Called once, before the server starts."""
    _check_action_results_by_hand()
    _run_graphs_without_dask()
    _understand_beside_other_turns()
    _warn_of_no_unseen_features()
    _look_for_rules_in_words_only_where_there_are_some()
    _keep_connections_to_the_action_server()
    _copy_nothing_for_the_log()
    _know_the_kinds_of_events()


def apply_to_training() -> None:
    """Replace what is listed below. Called once, in a process that trains and ends."""
    _copy_no_examples()
    _hash_examples_once()
    _train_side_by_side()


def _check_action_results_by_hand() -> None:
    """Look at the shape of an action's result without a schema.

    ``RemoteAction._validate_action_result`` hands ``jsonschema.validate`` a fresh schema, which checks the schema itself
    and builds a validator for every action call: four fifths of an intake turn. What the events hold is checked anyway
    when Rasa makes events of them.
    """
    from jsonschema import ValidationError
    from rasa.core.actions.action import RemoteAction

    def validate(self: RemoteAction, result: Dict[Text, Any]) -> bool:
        if not isinstance(result, dict):
            raise ValidationError("The action server's answer is not an object.")
        for part in ("events", "responses"):
            found = result.get(part, [])
            if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
                raise ValidationError(f"The action server's answer does not fit at {part}.")
        if not all(isinstance(event.get("event"), str) for event in result.get("events", [])):
            raise ValidationError("The action server's answer holds an event without a name.")
        return True

    RemoteAction._validate_action_result = validate  # type: ignore[method-assign]


def _run_graphs_without_dask() -> None:
    """Call a graph's nodes in order instead of handing them to dask's scheduler three times a turn.

    A trained model's graph never changes, so its order is found once; dask sorts it anew for every run (1.8 ms of a turn).
    What was done for a message before (``_understand_beside_other_turns``) is not done again.
    """
    from rasa.engine.constants import PLACEHOLDER_MESSAGE
    from rasa.engine.exceptions import GraphRunError
    from rasa.engine.runner.dask import DaskGraphRunner

    def run(
        self: DaskGraphRunner, inputs: Optional[Dict[Text, Any]] = None, targets: Optional[List[Text]] = None
    ) -> Dict[Text, Any]:
        wanted = tuple(targets or self._graph_schema.target_names)
        done: Dict[Text, Any] = {}
        for message in (inputs or {}).get(PLACEHOLDER_MESSAGE) or ():
            done.update(vars(message).pop(BEGUN, {}))
        done.update((name, (name, value)) for name, value in (inputs or {}).items())
        try:
            _go(self, _plan(self, wanted), done)
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return dict(done[name] for name in wanted)

    DaskGraphRunner.run = run  # type: ignore[method-assign]


def _plan(runner: Any, targets: Tuple[Text, ...]) -> List[Step]:
    """The nodes of a graph in an order in which each finds what it needs."""
    plans = vars(runner).setdefault("_onward_plans", {})
    if targets in plans:
        return plans[targets]
    nodes = runner._graph_schema.minimal_graph_schema(list(targets)).nodes
    order: List[Step] = []
    seen = set()

    def visit(name: Text) -> None:
        if name in seen or name not in nodes:  # what is no node is an input of the run
            return
        seen.add(name)
        needs = tuple(nodes[name].needs.values())
        for needed in needs:
            visit(needed)
        order.append((name, needs))

    for target in targets:
        visit(target)
    return plans.setdefault(targets, order)


def _go(runner: Any, steps: Iterable[Step], done: Dict[Text, Any]) -> None:
    """Call the nodes that are not done yet, and add what they give."""
    for name, needs in steps:
        if name not in done:
            done[name] = runner._instantiated_nodes[name](*(done.get(needed, needed) for needed in needs))


def _understand_beside_other_turns() -> None:
    """Run the NLU graph of a turn in a thread of its own while other turns are on their way, else where it is.

    The sentence encoder lets go of the interpreter's lock while it computes (a quarter of a turn), so that the turns of
    other visitors go on meanwhile: 75 turns a second with 8 visitors, 56 without. For one visitor alone the way to the thread
    and back only costs, 6 % of a turn. One thread, because components need not be thread-safe.

    With nobody else on the way, ``begin_to_understand`` lets the channel have the thread do all that does not depend on the
    conversation while a message is kept, screened and its tracker read: 4 % of a turn (12 rounds of 80 turns, servers with and
    without it side by side). What was begun lives as long as the task that began it.
    """
    from rasa.core.processor import MessageProcessor
    from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
    from rasa.shared.core.trackers import DialogueStateTracker

    handle, parse = MessageProcessor.handle_message, MessageProcessor.parse_message
    worker = ThreadPoolExecutor(1, "understanding")
    turns, latest = 0, Future()  # turns on their way; what the worker was given last
    latest.set_result(None)
    begun: ContextVar[Dict[Text, Any]] = ContextVar("begun")  # by the text of the message

    def begin_to_understand(self: MessageProcessor, message: Any) -> None:
        nonlocal latest
        if turns or not latest.done() or self.http_interpreter:
            return
        steps = _plan(self.graph_runner, (self.model_metadata.nlu_target,))
        done = {PLACEHOLDER_MESSAGE: (PLACEHOLDER_MESSAGE, [message])}
        latest = worker.submit(_go, self.graph_runner, itertools.takewhile(lambda step: PLACEHOLDER_TRACKER not in step[1], steps), done)
        begun.set({message.text: (latest, done)})

    async def handle_message(self: MessageProcessor, message: Any) -> Any:
        nonlocal turns
        turns += 1
        try:
            return await handle(self, message)
        finally:
            turns -= 1

    async def parse_message(
        self: MessageProcessor, message: Any, tracker: Any = None, only_output_properties: bool = True
    ) -> Dict[Text, Any]:
        nonlocal latest
        if self.http_interpreter:
            return await parse(self, message, tracker, only_output_properties)
        if tracker is None:  # the channel asks about one message
            tracker = DialogueStateTracker.from_events(message.sender_id, [])
        if message.text in begun.get({}):
            beginning, done = begun.get().pop(message.text)
            if not beginning.done():  # what is given up still keeps the worker
                await asyncio.shield(asyncio.wrap_future(beginning))
            beginning.result()
            setattr(message, BEGUN, done)
        if turns > 1 or not latest.done():
            latest = worker.submit(self._parse_message_with_graph, message, tracker, only_output_properties)
            parsed = await asyncio.shield(asyncio.wrap_future(latest))
        else:
            parsed = self._parse_message_with_graph(message, tracker, only_output_properties)
        self._update_full_retrieval_intent(parsed)
        self._check_for_unseen_features(parsed)
        return parsed

    MessageProcessor.begin_to_understand = begin_to_understand  # type: ignore[attr-defined]
    MessageProcessor.handle_message = handle_message  # type: ignore[method-assign]
    MessageProcessor.parse_message = parse_message  # type: ignore[method-assign]


def _warn_of_no_unseen_features() -> None:
    """Leave out a check that only warns.

    To see whether there is a domain at all, ``_check_for_unseen_features`` builds the dictionary of the whole domain and of an
    empty one for every message: a ninth of the time that Rasa takes for it. ``rasa data validate`` finds the same.
    """
    from rasa.core.processor import MessageProcessor

    MessageProcessor._check_for_unseen_features = lambda self, parsed: None  # type: ignore[method-assign]


def _keep_connections_to_the_action_server() -> None:
    """Keep one HTTP session an endpoint: Rasa opens a session and a connection for every action call (2 ms of a turn).

    And write the conversation with orjson: the standard library takes a twentieth of a turn for it.
    """
    import aiohttp
    import orjson
    from rasa.utils.endpoints import ClientResponseError, EndpointConfig, concat_url

    original = EndpointConfig.request

    async def request(
        self: EndpointConfig,
        method: Text = "post",
        subpath: Optional[Text] = None,
        content_type: Optional[Text] = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Optional[Any]:
        if self.cafile or self.basic_auth or set(kwargs) - {"json", "timeout"}:
            return await original(self, method, subpath, content_type, compress, **kwargs)
        session = self.__dict__.get("_onward_session")
        if session is None or session.closed:
            session = self._onward_session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_IDLE_CONNECTION_S)
            )
        headers = {**({"Content-Type": content_type} if content_type else {}), **(self.headers or {})}
        async with session.request(
            method,
            concat_url(self.url, subpath),
            headers=headers,
            params=self.combine_parameters(),
            compress=compress,
            timeout=aiohttp.ClientTimeout(total=kwargs.get("timeout")),
            data=orjson.dumps(kwargs["json"]) if "json" in kwargs else None,
        ) as response:
            body = await response.read()
            if response.status >= 400:
                raise ClientResponseError(response.status, response.reason, body)
            return orjson.loads(body) if response.content_type == "application/json" else None

    EndpointConfig.request = request  # type: ignore[method-assign]


def _look_for_rules_in_words_only_where_there_are_some() -> None:
    """Leave out the search for rules that are written in a visitor's own words, unless the model has such rules.

    Rasa searches twice after each message, first by its text and then by its intent: 4 % of a turn.
    """
    from rasa.core.policies.rule_policy import RULES, RulePolicy

    search = RulePolicy._find_action_from_rules

    def find(self: RulePolicy, tracker: Any, domain: Any, use_text_for_last_user_input: bool) -> Any:
        if use_text_for_last_user_input and not any('"text"' in rule for rule in self.lookup[RULES]):
            return None, None, False
        return search(self, tracker, domain, use_text_for_last_user_input)

    RulePolicy._find_action_from_rules = find  # type: ignore[method-assign]


def _copy_nothing_for_the_log() -> None:
    """Hand what is logged to the logger itself, not a deep copy of it.

    Rasa copies events, states and entities for debug lines that are not written (3 % of a turn). In these two modules nothing
    else is copied.
    """
    import rasa.core.policies.rule_policy
    import rasa.core.processor

    shallow = types.SimpleNamespace(**{**vars(copy), "deepcopy": lambda value: value})
    rasa.core.processor.copy = shallow  # type: ignore[attr-defined]
    rasa.core.policies.rule_policy.copy = shallow  # type: ignore[attr-defined]


def _copy_no_examples() -> None:
    """Let training data that were read become part of the whole without a deep copy of each example.

    Five times over Rasa copies all examples to add a few or none to them: 3.5 s of 68 s of a training. Nobody asks for the
    parts again.
    """
    import rasa.shared.nlu.training_data.training_data as training_data

    training_data.copy = types.SimpleNamespace(**{**vars(copy), "deepcopy": copy.copy})  # type: ignore[attr-defined]


def _hash_examples_once() -> None:
    """Let an example keep its fingerprint when a property is set to the words it holds already.

    Rasa sets the trimmed intent and the answer of each example eight times over, and looks up equal examples by their
    fingerprints each time: 190,000 of them for 18,000 examples, 9 s of 57 s of a training.
    """
    from rasa.shared.nlu.training_data.message import Message

    set_anew = Message.set

    def set_changed(self: Message, prop: Text, info: Any, add_to_output: bool = False) -> None:
        if add_to_output or not isinstance(info, str) or self.data.get(prop) != info:
            set_anew(self, prop, info, add_to_output)

    Message.set = set_changed  # type: ignore[method-assign]


def _train_side_by_side() -> None:
    """Train components that do not need each other at the same time, one on each core.

    Rasa trains one after the other. The support vector machine of the second safety layer keeps one core busy for 9 s, and most
    of what Rasa does itself runs on one.
    """
    import dask.threaded
    import rasa.engine.runner.dask

    threads = functools.partial(dask.threaded.get, num_workers=max(2, os.cpu_count() or 1))
    rasa.engine.runner.dask.dask = types.SimpleNamespace(get=threads)  # type: ignore[attr-defined]


def _know_the_kinds_of_events() -> None:
    """Remember the class of a kind of event: Rasa looks through all subclasses for each event anew (3 % of a turn)."""
    from rasa.shared.core.events import Event

    Event.resolve_by_type = staticmethod(functools.lru_cache(maxsize=None)(Event.resolve_by_type))  # type: ignore[method-assign]
