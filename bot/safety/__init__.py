"""The crisis rule layer: it reads every text of a visitor before anything else does, and needs no model.

``Screener`` decides (takeover, check-in or nothing), ``Replies`` holds the reviewed words that answer. Both read
``data/safety`` once, when they are loaded; screening itself opens nothing and keeps nothing of
what it was given but the forms of its last hundred texts, in memory alone.
"""
from __future__ import annotations

from bot.safety.check_in import DOUBT, NO, YES, CheckInReplies
from bot.safety.replies import Choice, Replies, Reply
from bot.safety.screener import CATEGORIES, HARMLESS, OF_MINORS, SafetyDataError, Screener, Screening

__all__ = [
    "CATEGORIES", "DOUBT", "HARMLESS", "NO", "OF_MINORS", "YES", "CheckInReplies", "Choice", "Replies", "Reply", "SafetyDataError",
    "Screener", "Screening",
]
