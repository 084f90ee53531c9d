"""Starts and watches the servers of one installation: chat, actions, staff console, outbox.

Each is a process of its own, so that one that dies is started again without the others; the action server listens on
127.0.0.1 only because it has no authentication. ``serve`` returns when it is interrupted.
"""
from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Callable, Dict, List, Optional, TextIO

from bot.settings import ROOT, Settings

READY_TIMEOUT_S = 300  # a busy or small machine imports Rasa in minutes, not seconds
STOP_TIMEOUT_S = 10
RESTART_DELAYS_S = (1, 2, 5, 10, 30)
STABLE_AFTER_S = 60
# Asks for this machine's own addresses, which a proxy of HTTP_PROXY cannot reach.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ServeError(RuntimeError):
    """A server cannot be started; the message is one line that says what to do."""


@dataclasses.dataclass
class Server:
    """A process that is kept running."""

    name: str
    command: List[str]
    environment: Dict[str, str]
    log: Path
    process: Optional[subprocess.Popen] = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0

    def start(self) -> None:
        # a group of its own: Ctrl-C reaches only the supervisor, which then stops the servers in order
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.started = time.monotonic()

    def watch(self, out: TextIO) -> None:
        """Start the process again when it has died, later each time it dies soon."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self.failures = 0 if now - self.started > STABLE_AFTER_S else self.failures
            delay = RESTART_DELAYS_S[min(self.failures, len(RESTART_DELAYS_S) - 1)]
            print(
                f"The {self.name} server stopped (status {self.process.returncode}, see {self.log}); starting it again.",
                file=out,
                flush=True,
            )
            self.process, self.due, self.failures = None, now + delay, self.failures + 1
        if self.process is None and now >= self.due:
            self.start()


def servers(settings: Settings) -> List[Server]:
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    commands = {
        "chat": ["bot.channel.server"],
        "action": ["actions"],
        "staff": ["bot.staff"],
        "outbox": ["bot", "outbox"],
    }
    return [
        Server(name, [sys.executable, "-m", *module], environment, settings.log_dir / f"{name}.log")
        for name, module in commands.items()
    ]


def check_ports(settings: Settings) -> None:
    """Raise ServeError when a port is taken, named for two servers, or not to be had at its address."""
    ports = (
        ("CHAT_PORT", settings.chat_host, settings.chat_port),
        ("ACTIONS_PORT", "127.0.0.1", settings.actions_port),
        ("STAFF_PORT", settings.staff_host, settings.staff_port),
    )
    with contextlib.ExitStack() as held:  # each until all are had
        for name, host, port in ports:
            probe = held.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                probe.listen()
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise ServeError(f"Port {port} is taken. Stop what uses it or set {name} in .env.") from None
                raise ServeError(f"Nothing can listen on {host}, port {port} ({error.strerror}). Set another address or port in .env.") from None


def make_log_folder(settings: Settings) -> None:
    """Raise ServeError when the logs cannot be written where they should."""
    try:
        settings.log_dir.mkdir(parents=True, exist_ok=True)
        if not os.access(settings.log_dir, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise ServeError(f"LOG_DIR {settings.log_dir} cannot be used ({error.strerror}). Set LOG_DIR in .env to a folder that can be written.") from None


def serve(settings: Settings, meanwhile: Callable[[], None] = lambda: None, out: TextIO = sys.stdout) -> int:
    """Run all servers until interrupted.

    Args:
        meanwhile: what the other servers need done, while the chat server, the slowest to start, imports Rasa.

    Raises:
        ServeError: a port cannot be had, or the servers do not get ready in time.
    """
    check_ports(settings)
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, stop)
    running = servers(settings)
    print("Starting the servers (about 15 seconds) ...", file=out, flush=True)
    announced = False
    deadline = time.monotonic() + READY_TIMEOUT_S
    try:
        running[0].start()
        meanwhile()
        for server in running[1:]:
            server.start()
        while not stopping:
            for server in running:
                server.watch(out)
            if not announced and _ready(settings):
                announced = True
                _announce(settings, out)
            if not announced and time.monotonic() > deadline:
                raise ServeError(f"The servers did not get ready in time; see {settings.log_dir}.")
            time.sleep(0.25)
    finally:
        _stop(running)
    print("Stopped.", file=out, flush=True)
    return 0


def _ready(settings: Settings) -> bool:
    addresses = (
        f"http://{settings.chat_host}:{settings.chat_port}/ready",
        f"http://{settings.staff_host}:{settings.staff_port}/login",
    )
    try:
        for address in addresses:
            with _direct.open(address, timeout=2):
                pass
        return True
    except (urllib.error.URLError, OSError):
        return False


def _announce(settings: Settings, out: TextIO) -> None:
    print(
        f"\nChat:   {settings.chat_url}/\n"
        f"Staff:  {settings.staff_url}/\n"
        "Add a staff user (in another terminal):  make staff EMAIL=nurse@example.org\n"
        "Stop with Ctrl-C.",
        file=out,
        flush=True,
    )


def _stop(running: List[Server]) -> None:
    processes = [server.process for server in running if server.process is not None]
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT_S
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
