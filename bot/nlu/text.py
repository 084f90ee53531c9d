"""Text as the understanding pipeline reads it: cleaned, told apart from payloads, and cut into sentences.

A typed message that begins with ``/`` reaches Rasa with a word joiner (U+2060) before it, so that nobody can type an
intent payload; the joiner is taken off again here. A text that still begins with ``/`` was made by the server and is
left to Rasa's own message handler.
"""
from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from pathlib import Path

WORD_JOINER = "\u2060"
MAX_SENTENCES = 8  # more than this in one message: the first ones and the last ones are read on their own
_INVISIBLE = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
_SPACE = re.compile(r"\s+")
# A sentence ends at . ! ? followed by space, or at a line break; "Dr." and "5.5" do not end one.
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b[DM]r\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\bvs\.)\s+|\n+")
# "... and do you take insurance", "is it addictive, can I drive after": a second question without a full stop before it.
_ASKING = (
    r"(?:for how|how(?:'?s)?|wh?at(?:'?s)?|when(?:'?s)?|where(?:'?s)?|who(?:'?s)?|why|which|do|does|did|can|could|is|are|will|would|should|might"
    r"|am|has|if|(?:tell|show) me)\s+\w+"
)
_SECOND_QUESTION = re.compile(
    r",?\s+(?:and?|n|&|also|plus|but|or|then)(?:\s+also)?,?\s+(?=" + _ASKING + ")"
    r"|\s+(?:and|also|plus)\s+also\s+"
    r"|(?<!\bis)(?<!\bare)(?<!\bwas)\s+(?:also|plus)\s+(?=(?:i|i'?m|i'?ve|my|we|(?:he|she)(?:'?s)?)\s)"
    r"|\s*(?:[,;]|\s-|\.\.\.|--)\s+(?:(?:and|also|plus|but|or)\s+)*(?=" + _ASKING + r"\s+\w+)"
    r"|\s*(?:[,;.]|\s-|\.\.\.|--)\s+(?:also|plus)[, ]+(?=\w)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
# What stands before and after a question and says nothing of it: "hey, quick question, sorry to bother you but", "1)",
# "thank you and God bless", a friendly sign. Hearts, tears and weapons stay: they may say something.
_OPENING = re.compile(
    r"^(?:(?:(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening))(?: there| again| folks| y'?all)?|ok(?:ay)? so|um+|uh+"
    r"|(?:(?:just |i have )?(?:a |one )?quick |i have (?:a |one ))?question(?: for (?:you|u))?|sorry to (?:bother|bug) (?:you|ya|u)(?:,? but)?"
    r"|asking (?:this )?for my \w+)\b(?:\s*#?\d{1,2}\b[.:)]?)?[\s,.:;!-]+|#?\d{1,2}[.:)]\s+)+(?=\S+\s+\S+\s+\S)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?<=\S)[\s,.!-]+(?:(?:thx|ty|thanks|thank (?:you|u)(?: so much| very much)?|pl[sz]|plz|sir|ma'?am)"
    r"(?:(?: and)? god bless(?: (?:you|u))?)?[\s.!]*)+$",
    re.IGNORECASE,
)
_FRIENDLY = re.compile("[\U0001f600-\U0001f60a\U0001f642\U0001f643\U0001f44b-\U0001f44d\U0001f64f\U0001f914\u263a\U0001f3fb-\U0001f3ff\ufe0f]+")
_FEWEST_LEFT = 3  # words behind which the courtesies are cut off: "no thanks" and "hi there" are said as they stand


def is_payload(text: str | None) -> bool:
    """Whether the server made this text (``/intent{...}``); nobody can type one."""
    return bool(text) and text.startswith("/")


def clean(text: str) -> str:
    """The text with typographic quotes, invisible characters and runs of space made plain; case is kept."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_QUOTES)
    return _SPACE.sub(" ", text).strip()


def normalise(text: str) -> str:
    """The text for comparison: lower case, words and figures only. Two texts that differ in form alone become one."""
    return " ".join(_WORD.findall(clean(text).lower()))


def unframed(text: str) -> str:
    """A cleaned text without the courtesies around it, for what a sentence vector is made from.

    The vector of a short question is moved as much by "thank you and God bless" as by its own words.
    """
    plain = _SPACE.sub(" ", _OPENING.sub("", _FRIENDLY.sub(" ", text))).strip()
    shorter = _CLOSING.sub("", plain)
    kept = shorter if len(_WORD.findall(shorter)) >= _FEWEST_LEFT else plain
    return kept if _WORD.search(kept) else text


def sentences(text: str) -> list[str]:
    """The sentences of a message, cleaned; one that has no word of its own is joined to the one before it."""
    parts: list[str] = []
    for line in _SENTENCE_END.split(_INVISIBLE.sub("", text)):
        for part in _SECOND_QUESTION.split(clean(line or "")):
            if parts and not _WORD.search(part):
                parts[-1] = f"{parts[-1]} {part}".strip()
            elif part.strip():
                parts.append(part.strip())
    if len(parts) > MAX_SENTENCES:
        half = MAX_SENTENCES // 2
        parts = parts[:half] + parts[-half:]
    return parts


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a TSV file with a header, as the texts in `data` and `tests/data` are kept.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def held_out(text: str) -> bool:
    """Whether a training text belongs to the development split: a fifth, chosen by the text itself.

    The tuned encoder has never seen these, so that trust and thresholds are learned on texts new to every model.
    """
    return hashlib.sha256(normalise(text).encode()).digest()[0] % 5 == 0
