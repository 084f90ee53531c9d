"""Wires the parts the actions use, once a process: settings, database, questionnaires, reviewed texts.

Nothing is opened at import; the action server builds it with the first action, tests build their own.
"""
from __future__ import annotations

import dataclasses
import functools
from typing import Dict, List, Tuple

from actions.library import FaqLibrary
from bot import settings as settings_module
from bot.intake.questionnaire import Questionnaire
from bot.records.database import Database
from bot.safety import Replies, Screener
from bot.settings import ROOT, Clinic, Settings

# What a run of the intake form plays, by its kind.
RUNS: Dict[str, Tuple[str, ...]] = {
    "intake": ("intake", "pc-ptsd-5"),
    "callback": ("callback",),
    "question": ("question",),
}


@dataclasses.dataclass(frozen=True)
class Services:
    settings: Settings
    clinic: Clinic
    database: Database
    questionnaires: Dict[str, Questionnaire]
    replies: Replies
    screener: Screener
    library: FaqLibrary

    @classmethod
    def build(cls, settings: Settings) -> "Services":
        names = sorted({name for run in RUNS.values() for name in run})
        return cls(
            settings=settings,
            clinic=settings_module.load_clinic(settings.clinic_file),
            database=Database(settings.database_url, settings.encryption_keys),
            questionnaires={n: Questionnaire.load(ROOT / "data" / "questionnaires" / f"{n}.json") for n in names},
            replies=Replies.load(),
            screener=Screener.load(),
            library=FaqLibrary.load(ROOT / "data" / "faq"),
        )

    def run(self, kind: str) -> List[Questionnaire]:
        return [self.questionnaires[name] for name in RUNS[kind]]


@functools.lru_cache(maxsize=None)
def services() -> Services:
    return Services.build(settings_module.load())
