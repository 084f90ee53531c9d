"""Wires the parts the actions use, once a process: settings, database, questionnaires, reviewed texts.

Nothing is opened at import; the action server builds them before it starts to listen, tests build their own.
"""
from __future__ import annotations

import dataclasses
import functools
from typing import Optional

from actions.library import FaqLibrary
from bot import settings as settings_module
from bot.records.database import CHAT_BUSY_TIMEOUT_S, Database
from bot.safety import Replies, Reply, Screener
from bot.settings import ROOT, Clinic, Settings


@dataclasses.dataclass(frozen=True)
class Services:
    settings: Settings
    clinic: Clinic
    database: Database
    replies: Replies
    screener: Screener
    library: FaqLibrary

    def only_english(self, text: str) -> Optional[Reply]:
        """What is said to a text in Spanish that is not understood, or leads to questions in English; None to any other."""
        return self.replies.get("only_english_es", self.clinic.get("phone")) if self.replies.language(text) == "es" else None

    @classmethod
    def build(cls, settings: Settings) -> "Services":
        return cls(
            settings=settings,
            clinic=settings_module.load_clinic(settings.clinic_file),
            # the chat server waits for the disk when it keeps what is said in a turn, and so for all that was written in it
            database=Database(settings.database_url, settings.encryption_keys, durable=False, busy_timeout_s=CHAT_BUSY_TIMEOUT_S),
            replies=Replies.load(),
            screener=Screener.load(),
            library=FaqLibrary.load(ROOT / "data" / "faq"),
        )


@functools.lru_cache(maxsize=None)
def services() -> Services:
    return Services.build(settings_module.load())
