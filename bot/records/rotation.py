"""Re-encrypts everything with the newest key, so that an old one can be taken out of ENCRYPTION_KEYS.

To rotate: put a new key in front of the old one, restart, run this, then remove the old key and restart.
"""

from __future__ import annotations

from cryptography.fernet import InvalidToken
from sqlalchemy import Text as PlainText
from sqlalchemy import select, type_coerce

from bot.records.crypto import CannotDecrypt, EncryptedText
from bot.records.database import Database
from bot.records.models import Base

BATCH = 500


def rotate(database: Database) -> dict[str, int]:
    """Re-encrypt every value in short transactions, so that the chat goes on meanwhile. Returns how many of each table.

    Raises:
        CannotDecrypt: a value was written with a key that is not in the list.
    """
    secret = {t: [c for c in t.columns if isinstance(c.type, EncryptedText)] for t in Base.metadata.sorted_tables}
    return {table.name: _rotate_table(database, table, columns) for table, columns in secret.items() if columns}


def _rotate_table(database: Database, table, secret) -> int:
    key = table.primary_key.columns.values()[0]
    done, last = 0, None
    while True:
        with database.session() as s:
            tokens = [type_coerce(column, PlainText()).label(column.name) for column in secret]
            query = select(key.label("row_key"), *tokens).order_by(key).limit(BATCH).with_for_update()
            rows = s.execute(query if last is None else query.where(key > last)).mappings().all()
            for row in rows:
                renewed = {c.name: _renew(database, row[c.name]) for c in secret if row[c.name] is not None}
                if renewed:
                    values = {table.c[name]: type_coerce(token, PlainText()) for name, token in renewed.items()}
                    s.execute(table.update().where(key == row["row_key"]).values(values))
                done += len(renewed)
        if len(rows) < BATCH:
            break
        last = rows[-1]["row_key"]
    return done


def _renew(database: Database, token: str) -> str:
    try:
        return database.engine.dialect.onward_cipher.rotate(token.encode("ascii")).decode("ascii")
    except InvalidToken:
        raise CannotDecrypt() from None
