"""The web chat in a server whose model cannot be loaded, to show what works without one."""
from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Iterator

import httpx
from cryptography.fernet import Fernet

from tests.system import READY_S, ROOT, Visitor, free_port


@contextlib.contextmanager
def channel_without_model(folder: Path) -> Iterator[Visitor]:
    port = free_port()
    environment = {
        **os.environ,
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "SECRET_KEY": uuid.uuid4().hex * 2,
        "DATABASE_URL": f"sqlite:///{folder / 'alone.db'}",
        "CHAT_PORT": str(port),
        "ACTIONS_PORT": str(free_port()),
        "MODELS_DIR": str(folder / "no-models-here"),
        "RASA_TELEMETRY_ENABLED": "false",
    }
    run = [sys.executable, "-m", "bot"]
    subprocess.run([*run, "migrate"], cwd=ROOT, env=environment, check=True, capture_output=True)
    server = subprocess.Popen(
        [sys.executable, "-m", "bot.channel.server"], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(4 * READY_S):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                    break
            time.sleep(0.25)
        assert httpx.get(f"{url}/ready", timeout=60).status_code == 503
        yield Visitor(url)
    finally:
        server.terminate()
        server.wait(60)
