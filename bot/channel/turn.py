"""One turn of the chat, from the message to the replies, with everything kept on the way.

Order of a turn: keep the message, screen it, and only then let Rasa see it. A crisis that the rules notice is answered
here, so that it needs neither the model nor the action server; where the model can be asked and finds the words harmless,
the dialogue has the message, and mostly asks one kind question (check-in). When the dialogue fails, the visitor is told, gets the
numbers, and the message is kept for staff.
"""
from __future__ import annotations

import asyncio
import dataclasses
import html
import logging
import re
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, List, Optional, Union

from rasa.core.channels.channel import UserMessage
from sqlalchemy.orm import Session

from bot.channel.errors import Conflict, Unauthorized
from bot.channel.output import TurnOutput
from bot.handoff import service
from bot.handoff.crisis import take_over
from bot.records import conversations, intakes
from bot.records.database import Database
from bot.records.models import Message
from bot.records.retention import forget
from bot.safety import HARMLESS, Replies, Reply, Screener, Screening
from bot.settings import Clinic, Settings

logger = logging.getLogger(__name__)

TURN_TIMEOUT_S = 30
DOUBT_TIMEOUT_S = 2  # a crisis text does not wait longer for the model
RECENT_TEXTS = 4
PROTECTED_PREFIX = "\u2060"  # word joiner: typed "/text" is never read as an intent payload
CRISIS_STATE = "crisis"
STAFF_STATE = "staff"  # somebody of the team writes in this chat: the assistant only listens for a crisis
ERASE = "erase"  # the choice that the privacy action offers
ERASED = (
    "I've deleted what you wrote here and hadn't sent. What was already sent to the team stays with them, and they can delete "
    "it when you ask them. You can close this page, or start anew."
)
# Typed text in the form of a payload is not even guessed at: its words may name an intent all the same.
_LOOKS_LIKE_PAYLOAD = re.compile(PROTECTED_PREFIX + r"\s*/\s*[A-Za-z_]+")
_NOT_UNDERSTOOD = {"intent": {"name": "nlu_fallback", "confidence": 1.0}, "entities": []}
ONGOING = {"safe_now", "talk_staff"}
CHECKED_IN_YES = {"yes", "y", "yeah", "yep", "i am", "i do", "kind of", "kinda", "sort of", "maybe", "sometimes", "a little", "si", "sí"}
SAFE_WORDS = {"safe", "i'm safe", "im safe", "i am safe", "i'm safe now", "i'm safe right now", "im safe right now", "continue", "go on", "resume"}

Handler = Callable[[UserMessage], Awaitable[Any]]
Parse = Dict[str, Any]


class Queues:
    """One lock a conversation, first come first served and without Rasa's one-second polling."""

    def __init__(self) -> None:
        self._locks: Dict[str, asyncio.Lock] = {}
        self._waiting: Dict[str, int] = {}

    @asynccontextmanager
    async def turn(self, conversation_id: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(conversation_id, asyncio.Lock())
        self._waiting[conversation_id] = self._waiting.get(conversation_id, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[conversation_id] -= 1
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id], self._locks[conversation_id]


@dataclasses.dataclass(frozen=True)
class _Kept:
    """A message that is kept and not answered yet, and what its turn needs to know."""

    message: Message
    offered: Optional[Dict[str, Any]]
    recent: List[str]
    before: conversations.Standing


@dataclasses.dataclass
class Turns:
    """Answers visitors' messages."""

    settings: Settings
    clinic: Clinic
    database: Database
    screener: Screener
    replies: Replies
    handle: Handler
    understand: Optional[Callable[[str], Awaitable[Parse]]] = None  # the model alone, without the dialogue
    queues: Queues = dataclasses.field(default_factory=Queues)

    async def open(self, conversation_id: str) -> List[Dict[str, Any]]:
        """The greeting of a new conversation."""
        said = await self._rasa(conversation_id, "/greet", None) or [_plain(self._greeting())]
        return await self.database.written(self._add_all, conversation_id, said, None)

    async def take(
        self, conversation_id: str, client_id: str, text: Optional[str], choice: Optional[str]
    ) -> List[Dict[str, Any]]:
        """The replies to a message; the same client id gives the same replies and no second turn.

        Raises:
            Conflict: the choice was never offered in this conversation.
            Unauthorized: the conversation has expired or was deleted.
        """
        async with self.queues.turn(conversation_id):
            return await self._take(conversation_id, client_id, text, choice)

    async def _take(
        self, conversation_id: str, client_id: str, text: Optional[str], choice: Optional[str]
    ) -> List[Dict[str, Any]]:
        kept = await self.database.written(self._keep, conversation_id, client_id, text, choice)
        if not isinstance(kept, _Kept):
            return kept
        message, offered = kept.message, kept.offered
        screening = Screening("none") if choice else self.screener.screen(text or "", kept.recent)
        if screening.outcome == "takeover" and not await self._doubted(text or ""):
            return await self._take_over(conversation_id, message.id, text or "", screening)
        if choice == "check_in_yes" or (kept.before.said == "check_in" and not choice and _means(text, CHECKED_IN_YES)):
            return await self._take_over(
                conversation_id, message.id, text or offered["label"], Screening("takeover", "suicidal", "check-in")
            )
        if kept.before.state == CRISIS_STATE or (choice and choice in self._crisis_choices()):
            return await self._in_crisis(conversation_id, message.id, text, choice)
        if kept.before.state == STAFF_STATE:
            return []  # it stays pending until staff hand the chat back
        payload = offered["payload"] if offered else PROTECTED_PREFIX + (text or "")
        return await self._answer(conversation_id, message.id, payload, screening, text)

    def _keep(
        self, s: Session, conversation_id: str, client_id: str, text: Optional[str], choice: Optional[str]
    ) -> Union["_Kept", List[Dict[str, Any]]]:
        """Keep a message; the replies at once where it was answered before, or where it asks to forget everything."""
        before = conversations.get_standing(s, conversation_id)
        if before is None:
            raise Unauthorized()
        offered = conversations.find_choice(s, conversation_id, choice) if choice else None
        if choice and offered is None:
            raise Conflict()
        if choice == ERASE:
            forget(s, conversation_id)
            return self._add_all(s, conversation_id, [_plain(ERASED, kind="notice")], None)
        recent = [] if choice else conversations.recent_visitor_texts(s, conversation_id, RECENT_TEXTS)
        message, created = conversations.add_visitor_message(
            s, conversation_id, client_id, offered["label"] if offered else text or "", choice
        )
        if not created and message.status != "pending":
            return [conversations.public(m) for m in conversations.replies_to(s, message.id)]
        return _Kept(message, offered, recent, before)

    async def _doubted(self, text: str) -> bool:
        """Whether the model finds harmless what a rule takes for a crisis, so that the dialogue may have it."""
        if self.understand is None or self.screener.screen(text).outcome != "takeover":
            return False  # only the messages before it make it one: the model reads one message
        if _LOOKS_LIKE_PAYLOAD.match(PROTECTED_PREFIX + text):
            return False  # the dialogue would not read it
        try:
            parsed = await asyncio.wait_for(self.understand(PROTECTED_PREFIX + text), DOUBT_TIMEOUT_S)
        except Exception as error:  # the rules stand without the model
            logger.error("The model could not be asked: %s", type(error).__name__)
            return False
        safety = parsed.get("safety") or {}
        return safety.get("outcome") == "check_in" or safety.get("note") == HARMLESS

    async def _answer(
        self,
        conversation_id: str,
        message_id: int,
        payload: str,
        screening: Screening,
        text: Optional[str],
    ) -> List[Dict[str, Any]]:
        said = await self._rasa(conversation_id, payload, message_id)
        if not said:
            return await self._failed(conversation_id, message_id, screening, text)
        line = self.replies.line(screening.note)
        if line and not any(m["kind"] in ("crisis", "check_in") for m in said):
            said.append(_plain(line, kind="notice"))
        return await self._reply(conversation_id, message_id, said)

    async def _rasa(
        self, conversation_id: str, payload: str, message_id: Optional[int]
    ) -> List[Dict[str, Any]]:
        """What Rasa says; nothing when it fails. No text of the visitor goes into the log."""
        parsed = _NOT_UNDERSTOOD | {"text": payload} if _LOOKS_LIKE_PAYLOAD.match(payload) else None
        output = TurnOutput()
        message = UserMessage(
            payload,
            output,
            conversation_id,
            input_channel="chat",
            metadata={"message_id": message_id},
            parse_data=parsed,
        )
        try:
            await asyncio.wait_for(self.handle(message), TURN_TIMEOUT_S)
        except Exception as error:  # whatever fails behind the channel, the visitor gets an answer
            logger.error("The dialogue failed: %s", type(error).__name__)
            return []
        return output.messages

    # -- crisis --------------------------------------------------------------------------------------------------

    async def _take_over(
        self, conversation_id: str, message_id: int, words: str, screening: Screening
    ) -> List[Dict[str, Any]]:
        def work(s: Session) -> List[Dict[str, Any]]:
            reply = take_over(
                s,
                conversation_id,
                category=screening.category,
                rule=screening.rule or "rule",
                version=self.screener.version,
                words=words,
                replies=self.replies,
                settings=self.settings,
                clinic=self.clinic,
            )
            return self._finish(s, conversation_id, message_id, [_from_reply(reply)])

        return await self.database.written(work)

    async def _in_crisis(
        self, conversation_id: str, message_id: int, text: Optional[str], choice: Optional[str]
    ) -> List[Dict[str, Any]]:
        """Until the visitor chooses to go on, nothing else happens than repeating where help is."""
        if choice == "safe_now" or _means(text, SAFE_WORDS):
            return await self._go_on(conversation_id, message_id, "/resume_intake", self.replies.resumed())
        if choice == "talk_staff":
            return await self._go_on(conversation_id, message_id, "/talk_to_human", self.replies.chosen("talk_staff"))
        reply = (self.replies.chosen(choice, self.clinic.get("phone")) if choice else None) or self.replies.hold(self.replies.language(text or ""))
        return await self._reply(conversation_id, message_id, [_from_reply(reply)])

    async def _go_on(
        self, conversation_id: str, message_id: int, payload: str, first: Optional[Reply]
    ) -> List[Dict[str, Any]]:
        open_run = await self.database.written(self._open_again, conversation_id)
        said = [_from_reply(first)] if first else []
        if payload == "/resume_intake" and not open_run:
            payload = "/ask_question"
        said += await self._rasa(conversation_id, payload, message_id)
        return await self._reply(conversation_id, message_id, said)

    @staticmethod
    def _open_again(s: Session, conversation_id: str) -> Any:
        """Let the conversation go on; gives the history that waits, if one does."""
        conversations.set_state(s, conversation_id, "open")
        return intakes.current_intake(s, conversation_id)

    def _crisis_choices(self) -> set:
        return ONGOING | set(self.replies.choice_ids())

    # -- failure -------------------------------------------------------------------------------------------------

    async def _failed(
        self, conversation_id: str, message_id: int, screening: Screening, text: Optional[str]
    ) -> List[Dict[str, Any]]:
        if screening.outcome == "takeover":
            return await self._take_over(conversation_id, message_id, text or "", screening)
        if screening.outcome == "check_in":
            reply = self.replies.reply(screening.category, "check_in", self.replies.language(text or ""))
            return await self._reply(conversation_id, message_id, [_from_reply(reply)])
        phone = self.clinic.get("phone")
        call = f" You can also call the clinic at {phone}." if phone else ""
        notice = (
            "I can't answer right now because something on our side isn't working. Your message is kept and the team will "
            f"see it.{call} If you're in danger or thinking of ending your life, call or text 988, or call 911."
        )

        def work(s: Session) -> List[Dict[str, Any]]:
            if text:
                service.keep_message(s, conversation_id, words=text, settings=self.settings)
            return self._finish(s, conversation_id, message_id, [_plain(notice, kind="notice")], status="failed")

        return await self.database.written(work)

    # -- keeping -------------------------------------------------------------------------------------------------

    async def _reply(self, conversation_id: str, message_id: int, said: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
        return await self.database.written(self._finish, conversation_id, message_id, said)

    def _finish(
        self, s: Session, conversation_id: str, message_id: int, said: List[Dict[str, Any]], status: str = "answered"
    ) -> List[Dict[str, Any]]:
        replies = self._add_all(s, conversation_id, said, message_id)
        conversations.set_status(s, message_id, status)
        return replies

    def _add_all(
        self, s: Session, conversation_id: str, said: List[Dict[str, Any]], reply_to: Optional[int]
    ) -> List[Dict[str, Any]]:
        return [self._add(s, conversation_id, message, reply_to) for message in said]

    @staticmethod
    def _add(s: Session, conversation_id: str, message: Dict[str, Any], reply_to: Optional[int]) -> Dict[str, Any]:
        row = conversations.add_message(
            s,
            conversation_id,
            author="bot",
            text=message["text"],
            kind=message["kind"],
            html=as_html(message["text"]),
            choices=message["choices"],
            sources=message["sources"],
            reply_to=reply_to,
        )
        return conversations.public(row)

    @staticmethod
    def _greeting() -> str:
        return (
            "Hi, I'm the clinic's automated assistant. Something on our side isn't working right now, so I can only keep "
            "your message for the team. If you're in danger or thinking of ending your life, call or text 988, or call 911."
        )


def as_html(text: str) -> str:
    """Plain text as paragraphs; everything in it is escaped."""
    paragraphs = (html.escape(part.strip()).replace("\n", "<br>") for part in text.split("\n\n"))
    return "".join(f"<p>{part}</p>" for part in paragraphs if part)


def _plain(text: str, kind: str = "message") -> Dict[str, Any]:
    return {"text": text, "kind": kind, "choices": [], "sources": []}


def _from_reply(reply: Reply) -> Dict[str, Any]:
    choices = [{**choice, "payload": f"/{choice['id']}"} for choice in reply.choices]
    return {"text": reply.text, "kind": reply.kind, "choices": choices, "sources": []}


def _means(text: Optional[str], words: set) -> bool:
    return bool(text) and text.strip().lower().rstrip(".! ").replace("\u2019", "'") in words
