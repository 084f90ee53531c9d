"""A chat server with scripted replies, for the tests of the page alone.

It keeps the HTTP contract of the real one (session, messages, events, errors), serves the real page files with the
real headers, and can be told to fail: refuse, keep an answer back, lose one on its way, go away and come back.
"""
from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.channel import page
from bot.channel.text import tidy
from bot.settings import Clinic
from tests.system import free_port

GREETING = {
    "text": "Hi, I'm Onward's automated assistant. I'm a computer program, not a clinician, and nobody is watching "
    "this chat live. I can answer questions about ketamine for PTSD, take a first history for the team, or ask someone "
    "to contact you.\n\nIf you're in danger or thinking of ending your life, call or text 988, or call 911.",
    "choices": [
        {"id": "ask", "label": "Ask a question"},
        {"id": "start_intake", "label": "Start my history"},
        {"id": "talk_to_human", "label": "Contact me"},
    ],
}
DOES_IT_WORK = {
    "text": "It helps some people, and the research is mixed. Two small trials found fewer PTSD symptoms for a few "
    "weeks; the largest one, with 158 veterans, found no difference for PTSD, though depression improved.\n\nKetamine is "
    "not FDA-approved for PTSD, so this use is called off-label. Nobody can tell beforehand who will benefit. The clinic's "
    "team can go over your options with you, including trauma-focused therapy and approved medicines.",
    "sources": [
        {"title": "Feder et al. 2014, JAMA Psychiatry", "url": "https://doi.org/10.1001/jamapsychiatry.2014.62"},
        {"title": "Abdallah et al. 2022, Neuropsychopharmacology", "url": "https://doi.org/10.1038/s41386-022-01266-9"},
        {"title": "A source that must not be a link", "url": "javascript:alert(1)"},
    ],
    "choices": [
        {"id": "faq.how_it_works", "label": "How does ketamine work?"},
        {"id": "faq.side_effects", "label": "What are the side effects?"},
    ],
}
QUESTION = {
    "kind": "question",
    "text": "Have you ever been told you have high blood pressure?",
    "choices": [
        {"id": "answer.yes", "label": "Yes"},
        {"id": "answer.no", "label": "No"},
        {"id": "answer.unsure", "label": "Not sure"},
        {"id": "answer.declined", "label": "Prefer not to say"},
        {"id": "why", "label": "Why we ask"},
        {"id": "skip", "label": "Skip"},
        {"id": "back", "label": "Back"},
    ],
}
CRISIS = {
    "kind": "crisis",
    "text": "I'm really glad you told me. I'm an automated assistant, so I can't keep you safe myself, but people "
    "can, right now. Call or text 988 any time, day or night. If you're a veteran, press 1. If you might act on these "
    "thoughts or you're in danger, call 911. In Salem you can also call 503-585-4949 or go to 1234 Commercial St SE, "
    "open 24 hours.",
    "choices": [
        {"id": "call_988", "label": "Call 988"},
        {"id": "text_988", "label": "Text 988"},
        {"id": "call_911", "label": "Call 911"},
        {"id": "call_poison", "label": "Poison Help"},
        {"id": "safe_now", "label": "I'm safe right now"},
        {"id": "talk_staff", "label": "Talk to staff"},
    ],
}
CRISIS_ES = {
    "kind": "crisis",
    "text": "Llame al 988 y oprima 2, o envíe AYUDA al 988. También puede enviar HOME al 741741, o escribir al 838255.",
    "html": '<p lang="es">Llame al 988 y oprima 2 ...</p>',
    "choices": [
        {"id": "call_988", "label": "Llamar al 988"},
        {"id": "text_988", "label": "Enviar AYUDA al 988"},
        {"id": "safe_now", "label": "Estoy a salvo ahora"},
    ],
}
MEDICINES = {"kind": "question", "text": "Which medicines do you take?", "choices": QUESTION["choices"][-3:]}
CHECK_IN = {
    "kind": "check_in",
    "text": "Are you thinking about killing yourself? You can call or text 988 now.",
    "choices": [{"id": "safe_now", "label": "I'm safe right now"}],
}
LIST = "People ask about:\n- cost\n- safety\n\nCall 1-800-222-1222, or text HOME to 741741. Not 2,911 or 9880."
LONG = "\n\n".join(f"Paragraph {n} of a long answer, with enough words to fill a line." for n in range(20))
SCRIPT: dict[str, list[dict[str, Any]]] = {
    "does it work?": [DOES_IT_WORK],
    "start my history": [QUESTION],
    "yes": [{"text": "Thanks. I noted that."}, MEDICINES],
    "crisis": [CRISIS],
    "quiero morirme": [CRISIS_ES],
    "check in": [CHECK_IN],
    "long": [{"text": LONG}],
    "list": [{"text": LIST}],
    "delete my data": [{"text": "Shall I?", "choices": [{"id": "erase", "label": "Delete what I wrote"}]}],
    "to the team": [],  # while staff has taken over, the assistant is silent
}


@dataclass
class Failure:
    """What happens to the next requests instead of an answer. ``lose`` does the work but drops the answer."""

    status: int = 0
    code: str = "error"
    message: str = ""
    retry_after: int = 0
    lose: bool = False


@dataclass
class Conversation:
    messages: list[dict[str, Any]] = field(default_factory=list)
    replies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class FakeChatServer:
    """Start with ``with FakeChatServer() as server``; ``server.url`` is its address.

    Attributes:
        turns: how often each text was really handled, to see that nothing is doubled.
        seen: every request that came, as (method, path, body).
        streamed: the highest id of a message that an event stream has sent.
        events_open: whether the event stream is offered (else 404, and the page has to poll).
    """

    def __init__(self, clinic: dict[str, str] | None = None, frame_ancestors: tuple[str, ...] = ()) -> None:
        self.page = page.load(Clinic(clinic or {"name": "Onward Health & Wellness", "city": "Salem, Oregon"}))
        self.frame_ancestors = frame_ancestors
        self.echo = False  # whether the reply to a message brings the visitor's own message too
        self.events_open = True
        self.turns: Counter[str] = Counter()
        self.seen: list[tuple[str, str, Any]] = []
        self.streamed = 0
        self.conversations: dict[str, Conversation] = {}
        self.failures: dict[str, list[Failure]] = {}
        self.extra: dict[str, str] = {}  # other documents, by path: the sites that embed the widget
        self._lock = threading.RLock()
        self._held: list[tuple[str, str | None, threading.Event]] = []  # route, text, and when the answer may go
        self._next_id = 0
        self._port = free_port()  # it is let go and taken again
        self._http: ThreadingHTTPServer | None = None

    # -- life

    def __enter__(self) -> FakeChatServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        handler = type("Handler", (_Handler,), {"fake": self})
        self._http = _Server(("127.0.0.1", self._port), handler)
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        if self._http is not None:
            http, self._http = self._http, None
            http.shutdown()
            http.server_close()

    @property
    def running(self) -> bool:
        return self._http is not None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    # -- what a test tells it

    def fail(self, route: str, times: int = 1, **failure: Any) -> None:
        """The next requests to a route such as ``POST /chat/messages`` fail."""
        self.failures.setdefault(route, []).extend(Failure(**failure) for _ in range(times))

    @contextmanager
    def holding(self, route: str = "POST /chat/messages", text: str | None = None) -> Iterator[None]:
        """Answers on a route, or to one text alone, wait until the end of the block; what they answer is done before."""
        held = (route, text, threading.Event())
        self._held.append(held)
        try:
            yield
        finally:
            self._held.remove(held)
            held[2].set()

    def staff_says(self, text: str, kind: str = "message") -> None:
        with self._lock:
            for conversation in self.conversations.values():
                conversation.messages.append(self._message("staff", {"text": text, "kind": kind}))

    def forget_sessions(self) -> None:
        with self._lock:
            self.conversations.clear()

    def texts(self, token: str | None = None) -> list[str]:
        with self._lock:
            conversation = self.conversations[token] if token else list(self.conversations.values())[-1]
            return [message["text"] for message in conversation.messages]

    # -- the contract

    def new_session(self) -> dict[str, Any]:
        with self._lock:
            token = f"token-{len(self.seen)}-{time.monotonic_ns()}"
            conversation = self.conversations[token] = Conversation()
            conversation.messages.append(self._message("bot", GREETING))
            return {"token": token, "messages": list(conversation.messages)}

    def turn(self, conversation: Conversation, body: dict[str, Any]) -> list[dict[str, Any]]:
        with self._lock:
            if body["id"] in conversation.replies:
                return conversation.replies[body["id"]]
            text = body.get("text") or self._label(conversation, body["choice"])
            text = tidy(text)
            if body.get("choice") == "erase":
                conversation.messages[:] = [self._message("bot", {"kind": "notice", "text": "I've deleted it."})]
                return list(conversation.messages)
            self.turns[text] += 1
            own = self._message("visitor", {"text": text})
            answers = SCRIPT.get(text.lower(), [{"text": f"You wrote: {text}"}])
            replies = [self._message("bot", answer) for answer in answers]
            conversation.messages += [own, *replies]
            conversation.replies[body["id"]] = [own, *replies] if self.echo else replies
            return conversation.replies[body["id"]]

    def after(self, conversation: Conversation, last: int) -> list[dict[str, Any]]:
        with self._lock:
            return [message for message in conversation.messages if message["id"] > last]

    def failure(self, route: str) -> Failure | None:
        with self._lock:
            waiting = self.failures.get(route)
            return waiting.pop(0) if waiting else None

    def wait_while_held(self, route: str, text: str | None = None) -> None:
        for held, only, over in list(self._held):
            if held == route and only in (None, text):
                over.wait(60)

    def _label(self, conversation: Conversation, choice: str) -> str:
        for message in reversed(conversation.messages):
            for offered in message["choices"]:
                if offered["id"] == choice:
                    return offered["label"]
        raise LookupError(choice)

    def _message(self, author: str, content: dict[str, Any]) -> dict[str, Any]:
        self._next_id += 1
        return {
            "id": self._next_id,
            "author": author,
            "kind": "message",
            "html": None,
            "choices": [],
            "sources": [],
            "at": datetime.now(timezone.utc).replace(hour=22).isoformat(),  # the times that take the most room
            **content,
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64  # with the usual 5, a browser that opens many connections at once waits a second for one

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a browser that goes away in the middle of an answer is what these tests are about


class _Handler(BaseHTTPRequestHandler):
    fake: FakeChatServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._handle("GET", None)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Type", "").split(";")[0] != "application/json":
            self._error(415, "not_json", "Messages are sent as JSON.")
            return
        self._handle("POST", json.loads(raw))

    def _handle(self, method: str, body: Any) -> None:
        url = urlsplit(self.path)
        fake = self.fake
        fake.seen.append((method, url.path, body))
        if not fake.running:  # a connection that was open when the server went away
            self.close_connection = True
            return
        failure = fake.failure(f"{method} {url.path}")
        if failure and not failure.lose:
            self._error(failure.status, failure.code, failure.message, failure.retry_after)
        elif method == "GET" and url.path in ("/", "/chat"):
            document = fake.page.clinic_page if url.path == "/" else fake.page.embedded_page
            ancestors = fake.frame_ancestors if url.path == "/chat" else ()
            self._send(200, "text/html; charset=utf-8", document.encode(), page.headers(ancestors))
        elif method == "GET" and url.path in fake.page.assets:
            asset = fake.page.assets[url.path]
            self._send(200, asset.content_type, asset.body, asset.headers)
        elif method == "GET" and url.path in fake.extra:
            self._send(200, "text/html; charset=utf-8", fake.extra[url.path].encode(), {})
        elif (method, url.path) == ("POST", "/chat/session"):
            opened = fake.new_session()
            fake.wait_while_held("POST /chat/session")
            self._json(200, opened)
        elif url.path in ("/chat/messages", "/chat/events"):
            self._conversation(method, url.path, int(parse_qs(url.query).get("after", ["0"])[0]), body, failure)
        else:
            self._error(404, "not_found", "There is nothing at this address.")

    def _conversation(self, method: str, path: str, after: int, body: Any, failure: Failure | None) -> None:
        fake = self.fake
        conversation = fake.conversations.get(self.headers.get("Authorization", "").replace("Bearer ", "", 1))
        if conversation is None:
            self._error(401, "unauthorized", "This chat has ended or was not found. Please start a new one.")
        elif path == "/chat/events":
            self._events(conversation, after)
        elif method == "GET":
            self._json(200, {"messages": fake.after(conversation, after)})
        else:
            try:
                replies = fake.turn(conversation, body)
            except LookupError:
                self._error(409, "unknown_choice", "That choice isn't open any more.")
                return
            fake.wait_while_held("POST /chat/messages", body.get("text"))
            if failure:  # handled, and the answer is lost on its way
                self.close_connection = True
                self.connection.close()
            else:
                self._json(200, {"messages": replies})

    def _events(self, conversation: Conversation, after: int) -> None:
        if not self.fake.events_open:
            self._error(404, "not_found", "There is nothing at this address.")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(b": open\n\n")
        while self.fake.running:
            for message in self.fake.after(conversation, after):
                after = message["id"]
                data = json.dumps(message, ensure_ascii=False)
                self.wfile.write(f"id: {after}\nevent: message\ndata: {data}\n\n".encode())
            self.wfile.flush()
            self.fake.streamed = max(self.fake.streamed, after)
            time.sleep(0.05)

    def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self._send(status, "application/json", body, {"Cache-Control": "no-store", **(headers or {})})

    def _error(self, status: int, code: str, message: str, retry_after: int = 0) -> None:
        self._json(
            status,
            {"error": {"code": code, "message": message}},
            {"Retry-After": str(retry_after)} if retry_after else None,
        )

    def _send(self, status: int, content_type: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
