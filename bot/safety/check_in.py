"""How the reply to a check-in is read: as a yes, a no, or a doubt that is asked about once more.

A yes is heard generously, for the question was whether somebody is in danger: "sometimes", "yes but I wouldn't do it". A no
must say no more than that, or say plainly that something else was meant. Who leaves the check-in unanswered and says goodbye,
or has the means at hand, has told it all the same. The patterns stand in ``data/safety/check_in.yml``.
"""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional

import yaml

from bot.safety.patterns import expand, lines
from bot.settings import ROOT

YES, NO, DOUBT = "yes", "no", "doubt"
LETTERS = {"y": YES, "n": NO}  # to the rules they are the slang of "why" and "and"
LONGEST = 30  # words that are read as nothing but a yes or a no
SHORT = 8  # words of a reply that does not begin with a no; a longer one is about something else


class CheckInReplies:
    """Reads replies; ``normalise`` brings a text to the form that the patterns are written in."""

    def __init__(self, data: Mapping[str, Any], normalise: Callable[[str], str]) -> None:
        self._normalise = normalise
        macros: Dict[str, str] = data["macros"]

        def compiled(name: str, form: str) -> "re.Pattern[str]":
            parts = "|".join(f"(?:{expand(line, macros)})" for line in lines(data[name]))
            return re.compile(form.format(**macros, any=f"(?:{parts})"))

        self._danger = compiled("danger", "{ask}{any}")
        self._begins_yes, self._begins_no = compiled("begins_yes", "{ask}{any}"), compiled("begins_no", "{ask}{any}")
        self._only_yes = compiled("only_yes", "{ask}{any}(?: (?:{any}|{more_yes}))*")
        self._only_no = compiled("only_no", "{ask}{any}(?: (?:{any}|{more_no}))*")
        self._rest = compiled("says_the_rest", "{any}(?: (?:{any}|{more_rest}))*")
        self._ends_no, self._open = compiled("ends_no", "{any}$"), compiled("leaves_open", "(?<![^ ]){any}(?= |$)")

    @classmethod
    def load(cls, normalise: Callable[[str], str], path: Path = ROOT / "data" / "safety" / "check_in.yml") -> "CheckInReplies":
        with open(path, encoding="utf-8") as file:
            return cls(yaml.safe_load(file), normalise)

    def read(self, text: str) -> Optional[str]:
        """YES, NO or DOUBT; None where the text is no reply to the check-in."""
        letter = LETTERS.get(text.strip(" .!").lower())
        if letter:
            return letter
        said = self._normalise(text).rstrip(" .,")
        whole = len(said.split()) <= LONGEST
        if self._danger.match(said):
            return YES
        if self._begins_yes.match(said) or whole and self._only_yes.fullmatch(said):
            return DOUBT if self._denied(said) else YES
        if whole and self._only_no.fullmatch(said):
            return NO
        told = self._ends_no.sub("", said)
        denied = told != said or bool(self._begins_no.match(said))
        brief = len(said.split()) <= SHORT or said.startswith(("no ", "nope ", "nah "))
        if (denied or brief) and self._open.search(told):
            return DOUBT
        return NO if denied else None

    def says_the_rest(self, text: str) -> bool:
        """Whether a text, written where a check-in still waits for its reply, tells it without one: a farewell, the means at hand."""
        said = self._normalise(text).rstrip(" .,")
        return len(said.split()) <= LONGEST and bool(self._rest.fullmatch(said))

    def _denied(self, said: str) -> bool:
        """Whether a yes goes on as a no: "yes it's something else"."""
        rest = said.partition(" ")[2].lstrip(" ,")
        return bool(self._begins_no.match(rest) or self._only_no.fullmatch(rest))
