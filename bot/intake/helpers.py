"""Somebody who fills the history in for another: "can I fill this out for my husband", "I'm his wife", "he agrees".

The history is a person's own consent and own words, so this is noticed wherever it is typed, and told to staff.
"""

from __future__ import annotations

import re

from bot.intake.relatives import CLOSE

_KIN = rf"(?:{CLOSE}|fianc\w+|kid|grand\w+|buddy|neighbor|client|patient)"
_OTHER = rf"(?:(?:my|his|her|our) (?:\w+ )?{_KIN}|him|her|them|some(?:one|body)(?: else)?|an ?other person)\b"
_CARER = rf"(?:{_KIN}|caregiver|caretaker|carer|guardian|social worker|case ?manager|nurse)"
_LONGEST = 12  # words; in a longer text, "I'm his wife" is part of a story or a question
_FILLS_IN = (
    rf"\b(?:fill\w*|complet\w+|answer\w*|typ(?:e|ing)|submit\w*)\b(?: [\w']+){{0,4}} (?:for|on behalf of) {_OTHER}"
    rf"|\b(?:do|doin'?g?|start\w*|enter\w*|put\w*) (?:this|it|these|the (?:form|intake|history|questions?))(?: [\w']+){{0,2}} (?:for|on behalf of) {_OTHER}"
)
_SPEAKS = (
    rf"\bon behalf of {_OTHER}|\bon (?:his|her|their) behalf\b"
    rf"|\bi(?:'?m| am) (?:(?:actually|just|only) )?(?:his|her|their) {_CARER}\b"
    rf"|^(?:(?:yes|yeah|ok|sure)[\s,.]+)?(?:he|she|my (?:\w+ )?{_KIN}) (?:(?:also|already) )?(?:agrees?|agreed|consents?|understands?|says? (?:yes|ok|okay|it'?s (?:ok|okay|fine)))\b"
)


def fills_in_for_another(text: str) -> bool:
    """Whether the text says that a history is filled in for somebody else."""
    return bool(re.search(_FILLS_IN, _plain(text), re.I))


def speaks_for_another(text: str) -> bool:
    """Whether the text says that, or says in short that somebody else than the person types here."""
    short = len(text.split()) <= _LONGEST and re.search(_SPEAKS, _plain(text), re.I)
    return fills_in_for_another(text) or bool(short)


def _plain(text: str) -> str:
    return text.replace("\u2019", "'")
