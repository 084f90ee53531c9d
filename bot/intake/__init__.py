"""The questionnaire player: FHIR R4 Questionnaires in, read answers and QuestionnaireResponses out.

Pure Python that knows neither Rasa nor the database, so that a question, a condition or a way of typing a date can be
tested without starting anything.
"""

from __future__ import annotations

from bot.intake.answers import ANSWERED, SKIPPED, Answer, AnswerError, Ending, Key
from bot.intake.choices import listed
from bot.intake.cli import check_files, play_file
from bot.intake.parsing import show, show_date
from bot.intake.player import Player
from bot.intake.questionnaire import Condition, Item, Option, Questionnaire, QuestionnaireError
from bot.intake.score import Score, score

__all__ = [
    "ANSWERED",
    "SKIPPED",
    "Answer",
    "AnswerError",
    "Condition",
    "Ending",
    "Item",
    "Key",
    "Option",
    "Player",
    "Questionnaire",
    "QuestionnaireError",
    "Score",
    "check_files",
    "listed",
    "play_file",
    "score",
    "show",
    "show_date",
]
