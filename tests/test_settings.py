"""What is set wrongly is told at the start, in one line that names the setting and repeats no secret."""
from __future__ import annotations

from pathlib import Path

import pytest

from bot import environment
from bot.settings import SettingsError, load

RIGHT = {"ENCRYPTION_KEYS": "a-key", "SECRET_KEY": "s" * 32}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENCRYPTION_KEYS", ""),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "hunter2-hunter2-hunter2-hunter2"),
        ("PC_PTSD5_CUT", "6"),
        ("PC_PTSD5_CUT", "-1"),
        ("PC_PTSD5_CUT", "four"),
        ("CHAT_PORT", "99999"),
        ("STAFF_PORT", "0"),
        ("STAFF_SECURE_COOKIES", "perhaps"),
        ("RETENTION_DAYS", "-30"),
        ("CHAT_SESSION_HOURS", "-0.5"),
        ("STAFF_IDLE_MINUTES", "nan"),
        ("STAFF_ONE_TIME_PASSWORD_HOURS", "inf"),
        ("WEBHOOK_URL", "https://hook.example/token-in-the-address"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load({**RIGHT, name: value}, tmp_path)
    told = str(caught.value)
    assert told.startswith(name) and "\n" not in told
    assert len(value) < 3 or value not in told


@pytest.mark.parametrize(
    "right",
    [{}, {"PC_PTSD5_CUT": "0"}, {"PC_PTSD5_CUT": "5"}, {"RETENTION_DAYS": "0"}, {"WEBHOOK_URL": "https://hook.example", "WEBHOOK_SECRET": "s3cret"}],
)
def test_what_is_right_is_accepted(right: dict, tmp_path: Path) -> None:
    load({**RIGHT, **right}, tmp_path)


def test_the_first_env_file_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RIGHT:
        monkeypatch.delenv(name, raising=False)
    environment.ensure(tmp_path / ".env")
    assert len(load(root=tmp_path).secret_key) >= 32
