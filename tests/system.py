"""The whole assistant as ``make run`` starts it, on ports of its own, for tests that talk to it over HTTP.

Started once a test session: importing Rasa takes some ten seconds. Every test opens its own conversations.
"""
from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import httpx
import psutil
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
STAFF_EMAIL = "nurse@example.org"
STAFF_PASSWORD = "correct horse battery staple 7"
READY_S = 300

Message = Dict[str, Any]


class Visitor:
    """Someone who chats. ``last`` are the replies to the newest message."""

    def __init__(self, chat_url: str) -> None:
        self.http = httpx.Client(base_url=chat_url, timeout=60)
        opened = self.http.post("/chat/session", json={})
        assert opened.status_code == 200, opened.text
        self.token = opened.json()["token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.last: List[Message] = opened.json()["messages"]

    def say(self, text: str) -> List[Message]:
        return self._send({"text": text})

    def tap(self, choice: str) -> List[Message]:
        """Tap a choice of the newest replies, by its id or its label."""
        offered = [c for m in self.last for c in m["choices"]]
        found = next((c["id"] for c in offered if choice in (c["id"], c["label"])), None)
        assert found, f"{choice!r} is not offered: {[c['label'] for c in offered]}"
        return self._send({"choice": found})

    def send(self, body: Dict[str, Any]) -> httpx.Response:
        return self.http.post("/chat/messages", json=body)

    def history(self) -> List[Message]:
        return self.http.get("/chat/messages").json()["messages"]

    @property
    def question(self) -> str:
        """The text of the question that waits; empty when none does."""
        return self.last[-1]["text"] if self.last and self.last[-1]["kind"] == "question" else ""

    @property
    def said(self) -> str:
        return "\n".join(m["text"] for m in self.last)

    @property
    def kinds(self) -> List[str]:
        return [m["kind"] for m in self.last]

    def consent(self) -> None:
        """Begin the history and give the four consents."""
        self.say("I'd like to start my history")
        for _ in range(4):
            self.tap("Yes")

    def answer_until(self, words: str, most: int = 60) -> None:
        """Skip and answer until the question holds these words."""
        for _ in range(most):
            if words.lower() in self.question.lower():
                return
            self.give()
        raise AssertionError(f"no question with {words!r}; at {self.question!r}")

    def give(self, answers: Optional[Dict[str, str]] = None) -> None:
        """Answer the waiting question: with the given words, else with the mildest choice, else skip."""
        typed = next((v for k, v in {**PERSON, **(answers or {})}.items() if k in self.question.lower()), None)
        labels = [c["label"] for c in self.last[-1]["choices"]]
        if typed is not None:
            self.tap(typed) if typed in labels else self.say(typed)
            return
        self.tap(next(label for label in ("No", "Skip", "Yes") if label in labels))

    def _send(self, body: Dict[str, str]) -> List[Message]:
        reply = self.send({"id": str(uuid.uuid4()), **body})
        assert reply.status_code == 200, reply.text
        self.last = reply.json()["messages"]
        return self.last


PERSON = {
    "full name": "Jo Example",
    "date of birth": "March 4, 1987",
    "your phone number": "503 555 0123",
}


@dataclasses.dataclass
class System:
    """The running servers."""

    chat_url: str
    staff_url: str
    environment: Dict[str, str]
    process: subprocess.Popen
    log_dir: Path

    def log(self) -> str:
        """Everything that all servers wrote."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.log_dir.iterdir()))

    def visitor(self) -> Visitor:
        return Visitor(self.chat_url)

    def look(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """What the chat server answers to somebody without a token."""
        return httpx.request(method, self.chat_url + path, timeout=60, **more)

    def server(self, module: str) -> psutil.Process:
        """The process of one of the servers, such as ``actions``."""
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # ended since it was listed
                if module in child.cmdline():
                    return child
        raise AssertionError(f"{module} does not run")

    def wait_until_ready(self) -> None:
        begun = time.monotonic()
        while time.monotonic() - begun < READY_S:
            with contextlib.suppress(httpx.HTTPError):
                staff = httpx.get(f"{self.staff_url}/login", timeout=10)
                if self.look("/ready").status_code == 200 and staff.status_code == 200:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.25)
        raise AssertionError(f"the servers did not get ready:\n{self.log()[-3000:]}")

    def command(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "bot", *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def nurse(self) -> httpx.Client:
        """A client that is logged in to the staff console."""
        client = httpx.Client(base_url=self.staff_url, timeout=30, follow_redirects=True)
        log_in(client, STAFF_EMAIL, STAFF_PASSWORD)
        return client

    def handoffs(self, client: httpx.Client) -> List[str]:
        """Ids of the handoffs in the queue."""
        return list(dict.fromkeys(re.findall(r"/handoffs/([0-9a-f]{32})", client.get("/").text)))


def log_in(client: httpx.Client, email: str, password: str) -> httpx.Response:
    page = client.get("/login")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token, "the login page has no CSRF token"
    return client.post("/login", data={"csrf_token": token[1], "email": email, "password": password})


def free_port() -> int:
    """A port that nothing listens on and that is given out once.

    Not one that the system hands out by itself (Linux from 32768 on, others from 49152): until a server listens on it, a
    connection or another server could get it. Each process of a test run has its own range.
    """
    return next(port for port in _ports() if _is_free(port))


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
        return True
    return False


@functools.cache
def _ports() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    first, begin = 20_000 + worker % 8 * 1500, random.randrange(1500)
    return (first + (begin + n) % 1500 for n in itertools.count())


@contextlib.contextmanager
def running(folder: Path, **settings: str) -> Iterator[System]:
    """Start everything with a database in ``folder``; stop it at the end."""
    chat, actions, staff = free_port(), free_port(), free_port()
    environment = {
        **os.environ,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "SECRET_KEY": uuid.uuid4().hex + uuid.uuid4().hex,
        "DATABASE_URL": f"sqlite:///{folder / 'system.db'}",
        "CHAT_PORT": str(chat),
        "ACTIONS_PORT": str(actions),
        "STAFF_PORT": str(staff),
        "CLINIC_FILE": "clinic.yml",
        "MESSAGES_PER_MINUTE": "100000",
        "ADDRESS_MESSAGES_PER_MINUTE": "100000",
        "SESSIONS_PER_MINUTE": "100000",
        "LOG_DIR": str(folder / "log"),
        **settings,
    }
    log_dir = folder / "log"
    log_dir.mkdir()
    with open(log_dir / "serve.log", "wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    system = System(f"http://127.0.0.1:{chat}", f"http://127.0.0.1:{staff}", environment, process, log_dir)
    try:
        system.wait_until_ready()
        yield system
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def add_nurse(system: System) -> None:
    """An account whose password has been chosen."""
    from bot.records import staff
    from bot.records.database import Database

    database = Database(system.environment["DATABASE_URL"], [system.environment["ENCRYPTION_KEYS"]])
    with database.session() as s:
        account, _ = staff.create(s, STAFF_EMAIL)
        staff.set_password(s, account, STAFF_PASSWORD)
    database.dispose()
