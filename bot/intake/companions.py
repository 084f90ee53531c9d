"""Somebody who could take a person home, where that is what was asked: "my husband can", "a friend", "my sister or my mom".

Only items that ask for one (``told-by: companion``) are read so. Who is only named counts; of whom more is said than that
they would ("my husband works"), or who may be a child, is left to be asked about.
"""

from __future__ import annotations

import re

from bot.intake.polarity import normalise

_ADULT = (
    r"(?:husband|hubby|wife|spouse|partner|boyfriend|bf|girlfriend|gf|fianc[eé]+|mother|mom|mum|mama|father|dad|parents?|brother|sister|aunt|uncle|"
    r"cousin|grand(?:ma|mother|pa|father)|friends?|buddy|roommate|neighbou?r|co-?worker|caregiver|sponsor|(?:mother|father|sister|brother|son|daughter)-in-law)"
)
_PERHAPS_A_CHILD = r"(?:son|daughter|niece|nephew|grand(?:son|daughter))"
_WHOSE = r"(?:(?:my|a|an|the|our|one of my) )?(?:(?:good|best|close|older|big|little|younger|old|adult|grown) )?"
_WHO = rf"{_WHOSE}{_ADULT}"
_ANYONE = rf"{_WHOSE}(?:{_ADULT}|{_PERHAPS_A_CHILD})"
_WOULD = r"(?:'ll|(?: (?:can|could|will|would|is able to)| said (?:he|she|they)(?:'d| (?:can|could|will|would))))"
_DO_IT = r"(?: (?:do (?:it|that|so)|be there|come(?: with (?:a |the |her |his |my )?car)?|help(?: me)?(?: out)?|drive|take care of (?:it|that)))?"
_NAMED = r"(?: (?!(?:maybe|never|not|probably|sometimes|usually|only|hardly|rarely|also|still|always|who|that|or|and)\b)[a-z]+)?"  # "my husband Greg can"
_COMPANION = re.compile(
    rf"(?:(?:i have|i'?ve got|i got|there'?s|there is) )?{_WHO}(?:(?:,? (?:or|and) |, ){_WHO})*"
    rf"|{_ANYONE}{_NAMED}(?:(?:,? (?:or|and) |, ){_ANYONE})*{_WOULD}{_DO_IT}"
)


def told(text: str) -> bool:
    """Whether a text names a companion and says no more than that they would."""
    return "?" not in text and bool(_COMPANION.fullmatch(normalise(text)))
