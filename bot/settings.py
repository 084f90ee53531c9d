"""Every environment setting, read once and checked at start.

Nothing else takes a setting from ``os.environ``: other modules only hand it on to the processes they start, or set in it
what Rasa and TensorFlow read. ``load`` takes the process environment and, below it, ``.env`` in the project root
(python-dotenv), so that a value given on the command line wins. What only the clinic knows (phone, hours, prices) is not
a setting of the machine: it stands in ``clinic.yml`` and is read by ``load_clinic``.
"""
from __future__ import annotations

import dataclasses
import math
import os
import re
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
SECRET_KEY_MIN = 32  # characters


class SettingsError(ValueError):
    """A setting is missing or cannot be used; the message names it and says what to do, and never repeats a secret."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of one installation. ``.env.example`` explains each; times carry their unit in the name."""

    encryption_keys: Tuple[str, ...]  # Fernet keys, the first encrypts, all decrypt
    secret_key: str  # signs chat tokens and staff cookies
    database_url: str
    chat_host: str = "127.0.0.1"
    chat_port: int = 5005
    actions_port: int = 5055  # always on 127.0.0.1: the action server has no authentication
    staff_host: str = "127.0.0.1"
    staff_port: int = 8000
    public_chat_url: str = ""
    public_staff_url: str = ""
    models_dir: Path = ROOT / "models"
    clinic_file: Path = ROOT / "clinic.yml"
    log_dir: Path = ROOT / "var" / "log"
    widget_allowed_origins: Tuple[str, ...] = ()
    trusted_proxies: int = 0
    chat_session_hours: float = 72
    messages_per_minute: int = 120
    sessions_per_minute: int = 120
    address_messages_per_minute: int = 1200
    staff_idle_minutes: float = 15
    staff_one_time_password_hours: float = 72
    staff_secure_cookies: bool = True
    pc_ptsd5_cut: int = 4
    retention_days: int = 30
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = True
    notify_from: str = ""
    notify_to: Tuple[str, ...] = ()
    webhook_url: str = ""
    webhook_secret: str = ""
    fhir_url: str = ""
    fhir_token: str = ""

    @property
    def chat_url(self) -> str:
        return (self.public_chat_url or f"http://{self.chat_host}:{self.chat_port}").rstrip("/")

    @property
    def staff_url(self) -> str:
        return (self.public_staff_url or f"http://{self.staff_host}:{self.staff_port}").rstrip("/")

    @property
    def actions_url(self) -> str:
        return f"http://127.0.0.1:{self.actions_port}/webhook"

    def __repr__(self) -> str:  # a settings object in a traceback must not show keys
        return f"Settings(chat={self.chat_url!r}, staff={self.staff_url!r})"


def load(environ: Optional[Mapping[str, str]] = None, root: Path = ROOT) -> Settings:
    """Read the settings.

    Args:
        environ: the environment to read; the process environment over ``.env`` when not given.
        root: the project root: where ``.env`` is looked for, and what relative paths start from.

    Raises:
        SettingsError: a required value is missing, or a value has the wrong form or does nothing by itself.
    """
    if environ is None:
        environ = {**{k: v or "" for k, v in dotenv_values(root / ".env").items()}, **os.environ}
    values: Dict[str, Any] = {}
    for field in dataclasses.fields(Settings):
        raw = environ.get(field.name.upper(), "").strip()
        if raw:
            values[field.name] = _parse(field.name, str(field.type), raw, root)
    for name in ("encryption_keys", "secret_key"):
        if not values.get(name):
            raise SettingsError(
                f"{name.upper()} is not set. `make run` writes a .env with random keys; .env.example explains each."
            )
    values.setdefault("database_url", f"sqlite:///{root / 'var' / 'onward.db'}")
    settings = Settings(**values)
    if len(settings.secret_key) < SECRET_KEY_MIN:
        raise SettingsError(f"SECRET_KEY must have at least {SECRET_KEY_MIN} random characters.")
    for name, value in values.items():
        if isinstance(value, (int, float)) and not 0 <= value < math.inf:
            raise SettingsError(f"{name.upper()} must be a number from 0 up.")
    for name in ("chat_port", "actions_port", "staff_port", "smtp_port"):
        if not 1 <= getattr(settings, name) <= 65535:
            raise SettingsError(f"{name.upper()} must be 1 to 65535.")
    if not 0 <= settings.pc_ptsd5_cut <= 5:
        raise SettingsError("PC_PTSD5_CUT must be 0 to 5.")
    if settings.webhook_url and not settings.webhook_secret:
        raise SettingsError("WEBHOOK_URL needs WEBHOOK_SECRET, which signs what is sent.")
    return settings


def _parse(name: str, kind: str, raw: str, root: Path) -> Any:
    try:
        if kind == "bool":
            if raw.lower() not in {"true", "false", "1", "0", "yes", "no"}:
                raise ValueError
            return raw.lower() in {"true", "1", "yes"}
        if kind == "int":
            return int(raw)
        if kind == "float":
            return float(raw)
    except ValueError:
        expected = {"bool": "true or false", "int": "a whole number", "float": "a number"}[kind]
        raise SettingsError(f"{name.upper()} must be {expected}.") from None
    if kind == "Path":
        return root / raw
    if kind.startswith("Tuple"):
        return tuple(part.strip() for part in raw.split(",") if part.strip())
    return raw


@dataclasses.dataclass(frozen=True)
class Clinic:
    """What ``clinic.yml`` says, by dotted key. A key that is absent or empty is unset: nobody guesses it."""

    values: Mapping[str, str]

    def get(self, key: str) -> Optional[str]:
        """The text of a key such as ``phone`` or ``policies.ride_home``; None when the clinic has not set it."""
        return self.values.get(key)

    @property
    def name(self) -> str:
        return self.values.get("name", "the clinic")

    @property
    def zone(self) -> tzinfo:
        """Its time zone; UTC, which `time` names, on a machine without time zone data."""
        try:
            return ZoneInfo(self.get("timezone") or "America/Los_Angeles")
        except (ZoneInfoNotFoundError, ValueError):
            return timezone.utc

    def time(self, moment: datetime) -> str:
        """A moment in the clinic's time: "Nov 23, 2026, 11:47 AM PST"."""
        local = moment.astimezone(self.zone)
        return f"{local:%b} {local.day}, {local.year}, {local.hour % 12 or 12}:{local:%M %p %Z}"


def load_clinic(path: Path = ROOT / "clinic.yml") -> Clinic:
    """Read ``clinic.yml``; a missing file is a clinic with nothing set.

    Raises:
        SettingsError: the file is not a mapping of keys to texts.
    """
    if not path.is_file():
        return Clinic({})
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError:
        raise SettingsError(f"{path.name} is not valid YAML.") from None
    if not isinstance(data, dict):
        raise SettingsError(f"{path.name} must be a mapping of keys to texts.")
    return Clinic(dict(_flatten(data)))


def _flatten(data: Mapping[str, Any], prefix: str = "") -> List[Tuple[str, str]]:
    found: List[Tuple[str, str]] = []
    for key, value in data.items():
        if isinstance(value, dict):
            found.extend(_flatten(value, f"{prefix}{key}."))
        elif value is not None and str(value).strip():
            found.append((f"{prefix}{key}", re.sub(r"\s+", " ", str(value)).strip()))
    return found
