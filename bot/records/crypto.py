"""Encryption at rest: column types that keep what people wrote unreadable in the database file, its log and backups.

The cipher is a `MultiFernet`: the first key encrypts, every key decrypts, so a new key is put in front of the old one
and `rotation.rotate` re-encrypts at leisure. It hangs on the engine's dialect (`dialect.onward_cipher`), the one object
that SQLAlchemy hands to a column type, so two databases with different keys can be open in one process and nothing is
global.

    RecordsError
    └── CannotDecrypt    a value was written with a key that is not configured, or was altered
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.types import Text, TypeDecorator


class RecordsError(Exception):
    """Something is wrong with the records. Messages never carry what a person wrote."""


class CannotDecrypt(RecordsError):
    """A stored value cannot be read with the configured keys."""

    def __init__(self) -> None:
        super().__init__(
            "A stored value cannot be read with the configured ENCRYPTION_KEYS. Keep old keys in the list."
        )


def make_cipher(keys: Sequence[str]) -> MultiFernet:
    """A cipher of Fernet keys, newest first.

    Raises:
        RecordsError: there is no key, or one is not a Fernet key.
    """
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except (ValueError, TypeError):
        raise RecordsError("ENCRYPTION_KEYS needs at least one Fernet key (32 bytes, url-safe base64).") from None


class EncryptedText(TypeDecorator):
    """A text that is stored as a Fernet token."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else dialect.onward_cipher.encrypt(self.dump(value).encode()).decode("ascii")

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        if value is None:
            return None
        try:
            plain = dialect.onward_cipher.decrypt(value.encode("ascii"))
        except InvalidToken:
            raise CannotDecrypt() from None
        return self.load(plain.decode())

    @staticmethod
    def dump(value: Any) -> str:
        return value

    @staticmethod
    def load(text: str) -> Any:
        return text


class EncryptedJSON(EncryptedText):
    """A JSON value that is stored as a Fernet token."""

    cache_ok = True

    @staticmethod
    def dump(value: Any) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def load(text: str) -> Any:
        return orjson.loads(text)
