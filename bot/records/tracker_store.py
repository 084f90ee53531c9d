"""Rasa's memory of a conversation: every event is kept, and Rasa is given only the recent ones.

Rasa replays and copies the whole tracker several times a turn, so a turn gets slower with every turn before it. Here
a tracker consists of a *prefix*, a few made-up events that bring slots and active loop to where they stood at some
earlier moment (the *cut*), and the *tail*, the real events since. Replaying both gives the state that a replay of
everything would give, because the cut is only made where a visitor's turn begins and the state there was computed by
replaying, too. Once the tail has grown by ``SLACK`` the cut moves on, so a turn costs the same whether it is the
tenth or the four-hundredth.

What is new when a tracker is saved is read off the events, not off the tracker: Rasa copies trackers, and copies
share or deep-copy events. An event that came from the store carries its number; where the numbers stop rising, the
new ones begin (a deep copy of an old event that is appended again has a number that is too low, so it counts as new).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.conversation import Dialogue
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from bot import settings
from bot.records.database import CHAT_BUSY_TIMEOUT_S, Database
from bot.records.models import Conversation, TrackerEvent, utcnow

TAIL = 4  # real events that Rasa is given at least, when there are so many
SLACK = 8  # how far the tail may grow before it is cut again
CONTEXT = 6  # of what was heard and done before the cut, so many events at least
RANKING = 3  # of an NLU ranking this many places are kept; the rest is most of the size of an event
SEQ = "_onward_seq"
_ROWS, _EVENTS = Conversation.__table__, TrackerEvent.__table__
_ID = bindparam("conversation")
# Built once: building a statement takes SQLAlchemy four times as long as running it.
_TOUCH = update(_ROWS).where(_ROWS.c.id == _ID).values(last_seen_at=bindparam("now"))
_TOUCH_AND_CUT = _TOUCH.values(snapshot=bindparam("new"))
_SNAPSHOT = select(_ROWS.c.snapshot).where(_ROWS.c.id == _ID)
_LAST = select(func.max(_EVENTS.c.seq)).where(_EVENTS.c.conversation_id == _ID)
_TAIL = (
    select(_EVENTS.c.seq, _EVENTS.c.data)
    .where(_EVENTS.c.conversation_id == _ID, _EVENTS.c.seq >= bindparam("first"))
    .order_by(_EVENTS.c.seq)
)
_APPEND = insert(_EVENTS)
STRUCTURE = (ActionExecuted, ActionExecutionRejected, ActiveLoop, LoopInterrupted, UserUttered)


class SnapshotTrackerStore(TrackerStore):
    """A Rasa tracker store on the records database; `endpoints.yml` names it as its ``type``.

    Args:
        url: database URL (or ``host``, as Rasa calls the ``url`` of an endpoint); from the settings when not given.
        keys: encryption keys; from the settings when not given.
    """

    def __init__(
        self,
        domain: Domain | None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
        url: str | None = None,
        keys: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        url = url or host
        if not (url and keys):
            defaults = settings.load()
            url, keys = url or defaults.database_url, keys or defaults.encryption_keys
        # Answers and messages are stored elsewhere and durably; after a power failure Rasa may be some events behind.
        self._database = Database(url, keys, durable=False, busy_timeout_s=CHAT_BUSY_TIMEOUT_S)
        self._database.migrate()
        super().__init__(domain, event_broker, **kwargs)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append the new events of a tracker and, where the tail has grown long, cut it."""
        new = await self._database.written(self._keep, tracker)
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker with its prefix and its recent events; None when Rasa does not know the conversation."""
        with self._database.reading() as s:
            snapshot = s.scalar(_SNAPSHOT, {"conversation": sender_id}) or {"prefix": [], "from": 1}
            tail = _load(s, sender_id, snapshot["from"])
        return self._tracker(sender_id, snapshot["prefix"], tail) if tail else None

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The tracker with every event since the conversation began."""
        with self._database.reading() as s:
            events = _load(s, conversation_id, 1)
        return self._tracker(conversation_id, [], events) if events else None

    async def exists(self, conversation_id: str) -> bool:
        """Whether Rasa knows the conversation."""
        with self._database.reading() as s:
            query = select(TrackerEvent.id).filter_by(conversation_id=conversation_id).limit(1)
            return s.scalar(query) is not None

    async def keys(self) -> Iterable[str]:
        """The ids of all conversations that Rasa knows."""
        with self._database.reading() as s:
            return list(s.scalars(select(TrackerEvent.conversation_id).filter_by(seq=1)))

    def _tracker(
        self, sender_id: str, prefix: Sequence[dict[str, Any]], stored: Sequence[tuple[int, dict[str, Any]]]
    ) -> DialogueStateTracker:
        tracker = self.init_tracker(sender_id)
        numbered = [
            (n - len(prefix), data)
            for n, data in enumerate(prefix)
            if data.get("name") in tracker.slots or data["event"] != SlotSet.type_name
        ]
        events = []
        for seq, data in [*numbered, *stored]:
            event = Event.resolve_by_type(data["event"])._from_parameters(data)
            setattr(event, SEQ, seq)
            events.append(event)
        tracker.recreate_from_dialogue(Dialogue(sender_id, events))
        return tracker

    def _keep(self, s: Session, tracker: DialogueStateTracker) -> list[Event]:
        """Store what is new of a tracker; gives the new events."""
        events = list(tracker.events)
        known = _leading_stored(events)
        _lock(s, tracker.sender_id, self._cut(tracker.sender_id, events, known))
        return self._append(s, tracker.sender_id, events, known)

    @staticmethod
    def _append(s: Session, sender_id: str, events: Sequence[Event], known: int) -> list[Event]:
        """Store the events behind the first ``known`` ones and number them."""
        last = s.scalar(_LAST, {"conversation": sender_id}) or 0
        if not known:
            # A tracker that did not come from here (Rasa's HTTP API replaces trackers) holds the stored events first.
            known = min(last, len(events))
            for seq, event in enumerate(events[:known], start=1):
                setattr(event, SEQ, seq)
        new = events[known:]
        rows = []
        for seq, event in enumerate(new, start=last + 1):
            setattr(event, SEQ, seq)
            rows.append(
                {
                    "conversation_id": sender_id,
                    "seq": seq,
                    "type": event.type_name,
                    "timestamp": event.timestamp,
                    "data": _trimmed(event.as_dict()),
                }
            )
        if rows:
            s.execute(_APPEND, rows)
        return new

    def _cut(self, sender_id: str, events: Sequence[Event], known: int) -> dict[str, Any] | None:
        """The snapshot at a later cut, or None when the tail is short enough or has no place to cut among what is stored."""
        made_up = sum(getattr(event, SEQ, 1) <= 0 for event in events)
        if len(events) - made_up <= TAIL + SLACK:
            return None
        for at in range(min(len(events) - TAIL, known - 1), made_up, -1):
            if _turn_begins(events, at) and any(isinstance(event, BotUttered) for event in events[at:]):
                before = self.init_tracker(sender_id)
                before.recreate_from_dialogue(Dialogue(sender_id, events[:at]))
                return {"prefix": _prefix(before, events[at].timestamp), "from": getattr(events[at], SEQ)}
        return None


def _lock(s: Session, sender_id: str, snapshot: dict[str, Any] | None) -> None:
    """Lock the row of a conversation, with a new snapshot where there is one.

    The row is made where Rasa was given the id by somebody else (`rasa shell`).
    """
    values = {"conversation": sender_id, "now": utcnow()}
    touched = s.execute(_TOUCH, values) if snapshot is None else s.execute(_TOUCH_AND_CUT, {**values, "new": snapshot})
    if touched.rowcount == 0:
        s.add(Conversation(id=sender_id, snapshot=snapshot))
        s.flush()


def _load(s: Session, conversation_id: str, first: int) -> list[tuple[int, dict[str, Any]]]:
    return [(seq, data) for seq, data in s.execute(_TAIL, {"conversation": conversation_id, "first": first})]


def _leading_stored(events: Sequence[Event]) -> int:
    """How many events at the beginning came from the store: those whose numbers rise."""
    last = float("-inf")
    for count, event in enumerate(events):
        seq = getattr(event, SEQ, None)
        if seq is None or seq <= last:
            return count
        last = seq
    return len(events)


def _turn_begins(events: Sequence[Event], at: int) -> bool:
    """Whether Rasa began to listen at this event, and what it heard comes next."""
    event, following = events[at : at + 2] if at + 1 < len(events) else (None, None)
    is_listen = isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME
    return is_listen and isinstance(following, UserUttered)


def _prefix(state: DialogueStateTracker, timestamp: float) -> list[dict[str, Any]]:
    """Events that bring a fresh tracker to a state.

    Slots are set as they stand. Of what was heard and done, the last few events are taken as Rasa applies them
    (without what was taken back, and without the ordinary turns of a loop, which Rasa leaves out of its reading):
    rules look back on them, and a fallback in the tail may take a turn back that lies before the cut.
    """
    history = [event for event in state.applied_events() if isinstance(event, STRUCTURE)]
    begins = (at for at in range(len(history) - CONTEXT, 0, -1) if _turn_begins(history, at))
    start = next(begins, 0)
    slots = [SlotSet(name, slot.value) for name, slot in state.slots.items() if slot.has_been_set]
    paused = [ConversationPaused()] if state.is_paused() else []
    events = [*_summary(history[:start]), *slots, *history[start:], *paused]
    return [_trimmed({**event.as_dict(), "timestamp": timestamp}) for event in events]


def _summary(history: Sequence[Event]) -> list[Event]:
    """A few events that leave loop and last action as a longer history does.

    A loop that is active is opened by the message that opened it, which it remembers as its trigger.
    """
    last_action, loop, opener, heard, rejected = None, None, [], [], False
    for event in history:
        if isinstance(event, UserUttered):
            heard = [event]
        elif isinstance(event, ActiveLoop):
            loop, opener, rejected = event.name, heard, False
        elif isinstance(event, ActionExecutionRejected):
            rejected = event.action_name == loop
        elif isinstance(event, ActionExecuted):
            last_action = event
            rejected = rejected and event.action_name != loop
    events: list[Event] = []
    if loop:
        events += [ActionExecuted(ACTION_LISTEN_NAME), *opener, ActionExecuted(loop), ActiveLoop(loop)]
    if rejected:
        events.append(ActionExecutionRejected(loop))
    if last_action and last_action.action_name != loop:
        events.append(last_action)
    if last_action and not loop:
        events.append(ActiveLoop(None))  # or a later start of the loop that just ended would look like its going on
    return events


def _trimmed(data: dict[str, Any]) -> dict[str, Any]:
    """The event as it is stored: what a message was understood to mean without the long tail of what it was not."""
    parse_data = data.get("parse_data")
    if not parse_data:
        return data
    slim = {key: value for key, value in parse_data.items() if key != "text_tokens"}
    slim["intent_ranking"] = slim.get("intent_ranking", [])[:RANKING]
    if "response_selector" in slim:
        slim["response_selector"] = {
            name: {**found, "ranking": found["ranking"][:RANKING]}
            if isinstance(found, dict) and "ranking" in found
            else found
            for name, found in slim["response_selector"].items()
        }
    return {**data, "parse_data": slim}
