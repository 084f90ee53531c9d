"""What the assistant remembers: one database for the conversation, the history taken, the handoffs and the staff.

Everything a person wrote is encrypted before it reaches the database (`crypto`). `tracker_store` is not imported here,
because it needs Rasa, which takes seconds to import and is not wanted in the action server or the staff console.
"""

from bot.records.crypto import CannotDecrypt, RecordsError
from bot.records.database import Database

__all__ = ["CannotDecrypt", "Database", "RecordsError"]
