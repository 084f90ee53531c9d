"""The web chat as a Rasa input channel: sessions, messages, events, page and health, in the Rasa server itself.

Rasa mounts channels below ``/webhooks/<name>``; ``url_prefix`` is absolute so that the contract's addresses are met,
and a request middleware serves ``/``, which Rasa's own greeting already holds.
"""
from __future__ import annotations

import asyncio
import functools
import json
import logging
import re
from datetime import timedelta
from typing import Any, Awaitable, Callable, Dict, Optional, Tuple

import aiohttp
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, exceptions, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import memory
from bot import settings as settings_module
from bot.channel import page
from bot.channel.errors import BadRequest, ChatError, NotAllowed, NotFound, NotJson, TooLong, TooMany, Unauthorized, Unavailable
from bot.channel.text import is_blank, tidy
from bot.channel.tokens import Tokens
from bot.channel.turn import Turns
from bot.records import conversations
from bot.records.database import CHAT_BUSY_TIMEOUT_S, Database
from bot.safety import Replies, Screener
from bot.settings import Clinic, Settings

logger = logging.getLogger(__name__)

MOST_CHARACTERS = 2000
MOST_BYTES = 32_768  # 2,000 characters of any script as JSON escapes (twelve bytes an emoji), with room
EVENTS_POLL_S = 1.0
EVENTS_PING_S = 15.0
EVENTS_MOST_S = 600.0  # a client reconnects after that; a connection nobody reads does not stay for ever
LOOKED_AT = ("GET", "HEAD")  # what a browser or a monitor asks for without a token
MESSAGE_ID = re.compile("[0-9]{1,15}")
CLIENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class WebChat(InputChannel):
    """The only channel that is open. The server makes every identity and keeps every message."""

    def __init__(self, settings: Settings, clinic: Clinic, database: Database) -> None:
        self.settings = settings
        self.clinic = clinic
        self.database = database
        self.tokens = Tokens(settings.secret_key)
        self.limits = MovingWindowRateLimiter(MemoryStorage())
        self.page = page.load(clinic)

    @classmethod
    def name(cls) -> str:
        return "chat"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> "WebChat":
        settings = settings_module.load()
        database = Database(settings.database_url, settings.encryption_keys, busy_timeout_s=CHAT_BUSY_TIMEOUT_S)
        return cls(settings, settings_module.load_clinic(settings.clinic_file), database)

    def url_prefix(self) -> str:
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        turns = Turns(
            self.settings, self.clinic, self.database, Screener.load(), Replies.load(), on_new_message
        )
        chat = Blueprint("chat")

        @chat.listener("after_server_start")
        async def ask_the_model(app: Sanic, _: Any) -> None:
            if hasattr(app.ctx, "agent"):
                turns.understand = functools.partial(_understand, app.ctx.agent)
                turns.begin = functools.partial(_begin, app.ctx.agent)

        @chat.listener("before_server_start")
        async def prepare(app: Sanic, _: Any) -> None:
            app.config.REQUEST_MAX_SIZE = 1_000_000  # beyond it Sanic closes the connection itself
            for kind, error in _OUTSIDE:
                app.error_handler.add(kind, functools.partial(_said, error))
            app.error_handler.add(Exception, _unread)
            app.register_middleware(self._root, "request")
            app.register_middleware(self._secure, "response")

        @chat.listener("after_server_start")
        async def settle(*_: Any) -> None:
            memory.settle()

        @chat.exception(ChatError)
        async def refused(request: Request, error: ChatError) -> HTTPResponse:
            return _said(error)

        @chat.exception(Exception)
        async def failed(request: Request, error: Exception) -> HTTPResponse:
            logger.error("%s %s failed: %s", request.method, request.path, type(error).__name__)  # never what was said
            return _said(Unavailable())

        @chat.post("/chat/session")
        async def open_session(request: Request) -> HTTPResponse:
            self._limit(f"sessions:{self._address(request)}", self.settings.sessions_per_minute)
            lifetime = timedelta(hours=self.settings.chat_session_hours)
            conversation = await self.database.written(conversations.create_conversation, lifetime)
            messages = await turns.open(conversation.id)
            return response.json({"token": self.tokens.issue(conversation.id), "messages": messages}, status=200)

        @chat.post("/chat/messages")
        async def take_message(request: Request) -> HTTPResponse:
            conversation_id = self._token(request)
            client_id, text, choice = _read(request)
            try:
                self._limit(f"messages:{conversation_id}", self.settings.messages_per_minute)
                self._limit(f"address:{self._address(request)}", self.settings.address_messages_per_minute)
            except TooMany:
                if not turns.is_urgent(conversation_id, text, choice):  # never hold back a call for help
                    raise
            return response.json({"messages": await turns.take(conversation_id, client_id, text, choice)})

        @chat.get("/chat/messages")
        async def list_messages(request: Request) -> HTTPResponse:
            conversation_id = self._conversation(request)
            return response.json({"messages": self._messages(conversation_id, _after(request))})

        @chat.get("/chat/events")
        async def stream_events(request: Request) -> None:
            conversation_id = self._conversation(request)
            after = max(_after(request), _last_event(request))
            stream = await request.respond(content_type="text/event-stream", headers={"Cache-Control": "no-store"})
            loop = asyncio.get_running_loop()
            end = loop.time() + EVENTS_MOST_S
            pinged = loop.time()
            await stream.send(": open\n\n")
            while loop.time() < end:
                for message in self._messages(conversation_id, after):
                    after = message["id"]
                    await stream.send(f"id: {after}\nevent: message\ndata: {json.dumps(message)}\n\n")
                if loop.time() - pinged > EVENTS_PING_S:
                    pinged = loop.time()
                    await stream.send(": still here\n\n")
                await asyncio.sleep(EVENTS_POLL_S)
            await stream.eof()

        @chat.route("/chat", methods=LOOKED_AT)
        async def embedded(request: Request) -> HTTPResponse:
            sites = ("'self'", *self.settings.widget_allowed_origins)
            return response.html(self.page.embedded_page, headers=page.headers(sites))

        @chat.route("/widget.js", methods=LOOKED_AT)
        async def widget(request: Request) -> HTTPResponse:
            return self._asset(request)

        @chat.route("/static/<name:str>", methods=LOOKED_AT)
        async def static(request: Request, name: str) -> HTTPResponse:
            return self._asset(request)

        @chat.route("/health", methods=LOOKED_AT)
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @chat.route("/ready", methods=LOOKED_AT)
        async def ready(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            checks = {
                "model": bool(agent and agent.is_ready()),
                "database": self.database.ping(),
                "actions": await self._actions_answer(),
            }
            if all(checks.values()):
                return response.json({"status": "ready", **checks})
            error = Unavailable("Not ready: " + ", ".join(name for name, fine in checks.items() if not fine) + ".")
            return response.json({**error.as_dict(), **checks}, status=error.status)

        return chat

    # -- helpers -------------------------------------------------------------------------------------------------

    async def _root(self, request: Request) -> Optional[HTTPResponse]:
        if not request.path.strip("/") and request.method in LOOKED_AT:
            return response.html(self.page.clinic_page, headers=page.headers())
        return None

    def _asset(self, request: Request) -> HTTPResponse:
        asset = self.page.assets.get(request.path)
        if asset is None:
            raise NotFound()
        if request.headers.get("if-none-match") == asset.headers["ETag"]:
            return response.empty(status=304, headers=asset.headers)
        return response.raw(asset.body, content_type=asset.content_type, headers=asset.headers)

    async def _secure(self, request: Request, reply: HTTPResponse) -> None:
        """What every answer carries: nothing with someone's words in it is stored on the way."""
        reply.headers.setdefault("Cache-Control", "no-store")
        reply.headers.setdefault("X-Content-Type-Options", "nosniff")
        reply.headers.setdefault("Referrer-Policy", "no-referrer")

    def _token(self, request: Request) -> str:
        """The conversation that the token names; whether there still is one is seen when it is read."""
        return self.tokens.read(request.headers.get("authorization", ""))

    def _conversation(self, request: Request) -> str:
        conversation_id = self._token(request)
        with self.database.reading() as s:
            if conversations.get_state(s, conversation_id) is None:
                raise Unauthorized()
        return conversation_id

    def _messages(self, conversation_id: str, after: int) -> list:
        with self.database.reading() as s:
            return [conversations.public(m) for m in conversations.messages_after(s, conversation_id, after)]

    def _limit(self, key: str, per_minute: int) -> None:
        if not self.limits.hit(RateLimitItemPerMinute(per_minute), key):
            raise TooMany(retry_after=10)

    def _address(self, request: Request) -> str:
        """The client's address: as the configured number of proxies reports it, else the connection's own."""
        if self.settings.trusted_proxies:
            forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
            if len(forwarded) >= self.settings.trusted_proxies:
                return forwarded[-self.settings.trusted_proxies]
        return request.ip

    async def _actions_answer(self) -> bool:
        try:
            timeout = aiohttp.ClientTimeout(total=2)
            async with aiohttp.ClientSession(timeout=timeout) as client:
                async with client.get(self.settings.actions_url.replace("/webhook", "/health")) as reply:
                    return reply.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return False


def _begin(agent: Any, text: str) -> None:
    """Let the model begin on a text, where the server can (``bot.rasa_overrides``)."""
    begin = getattr(agent.processor, "begin_to_understand", None)
    if begin is not None:
        begin(UserMessage(text))


async def _understand(agent: Any, conversation_id: str, text: str) -> Dict[str, Any]:
    """What the model makes of a text in its conversation: the question that waits may make an answer of it."""
    tracker = await agent.processor.tracker_store.retrieve(conversation_id)
    return await agent.processor.parse_message(UserMessage(text), tracker)


def _said(error: ChatError, *_: Any) -> HTTPResponse:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return response.json(error.as_dict(), status=error.status, headers=headers)


def _unread(_: Request, error: Exception) -> HTTPResponse:
    """What fails before a route is found, such as a length that is no number; Sanic's own handler would log what was sent."""
    logger.error("A request failed before it was read: %s", type(error).__name__)
    return _said(Unavailable())


# What Sanic refuses before a route of the chat is found.
_OUTSIDE = (
    (exceptions.InvalidUsage, BadRequest("The request could not be read.")),
    (exceptions.NotFound, NotFound()),
    (exceptions.MethodNotSupported, NotAllowed()),
    (exceptions.PayloadTooLarge, TooLong()),
)


def _read(request: Request) -> Tuple[str, Optional[str], Optional[str]]:
    """The client's id and either a text or a choice.

    Raises:
        NotJson, TooLong, BadRequest: the body does not keep the contract.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotJson()
    if len(request.body) > MOST_BYTES:
        raise TooLong()
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):  # the second: lists in lists without end
        raise BadRequest("The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise BadRequest()
    client_id, text, choice = body.get("id"), body.get("text"), body.get("choice")
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise BadRequest('"id" must be an identifier that you make for each message, such as a UUID.')
    if (text is None) == (choice is None):
        raise BadRequest()
    if choice is not None:
        if not isinstance(choice, str) or not 0 < len(choice) <= 200:
            raise BadRequest('"choice" must be the id of an offered choice.')
        return client_id, None, choice
    if not isinstance(text, str):
        raise BadRequest('"text" must be a text.')
    text = tidy(text)
    if is_blank(text):
        raise BadRequest("The message is empty.")
    if len(text) > MOST_CHARACTERS:
        raise TooLong()
    return client_id, text, None


def _last_event(request: Request) -> int:
    """What a browser's EventSource says it had when it connects again, to the address of the first time."""
    raw = request.headers.get("last-event-id", "")
    return int(raw) if MESSAGE_ID.fullmatch(raw) else 0


def _after(request: Request) -> int:
    raw = request.args.get("after", "0")
    if not MESSAGE_ID.fullmatch(raw):
        raise BadRequest('"after" must be the id of a message.')
    return int(raw)
