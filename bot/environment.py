"""Writes the first ``.env``: random keys, readable by the owner alone."""
from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from bot.settings import ROOT

TEMPLATE = """\
# Written by the first run. .env.example explains every setting. Keep this file secret and backed up: without
# ENCRYPTION_KEYS nobody can read what people wrote.
ENCRYPTION_KEYS={encryption}
SECRET_KEY={secret}
"""


def ensure(path: Path = ROOT / ".env") -> bool:
    """Write ``.env`` where there is none; an existing file is never touched. Returns whether it was written."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(TEMPLATE.format(encryption=Fernet.generate_key().decode(), secret=secrets.token_urlsafe(48)))
    return True
