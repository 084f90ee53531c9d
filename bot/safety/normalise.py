"""Bring the many ways people type to one way, so that a pattern has to be written only once.

People in distress write without punctuation, with typos, in slang, with letters masked to get past filters. The result
is a line of plain words with single spaces in which only three marks survive as words of their own: ``.`` and ``?`` end
a sentence, ``,`` ends a clause. Everything here works in time linear in the length of the text.
"""
from __future__ import annotations

import re
import unicodedata
from typing import Dict, Iterable, List, Mapping, Optional, Set

LONGEST = 6000  # characters read of one text; the channel accepts 2,000
_MARKS = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u0060": "'", "\u00b4": "'", "\u201c": '"', "\u201d": '"', "\u2013": "\u2014",
    "\u2015": "\u2014", "\u2026": " ", "\u00bf": " ", "\u00a1": " ",
})
_UNSEEN = {"Mn", "Cf"}  # categories of Unicode: accents, and what joins, breaks or turns a line without being seen
_LEET = str.maketrans("013457@$!|", "oieastasil")
_SPACED = re.compile(r"(?<![^\s])[a-z](?:[ .\-_*][a-z]){2,}(?![^\s.,?!])")
_TOKEN = re.compile(r"[a-z0-9@$*']+(?:[!|*][a-z*]+)*|[.?!;\n,()\":\u2014]|(?<=\s)-+(?=\s)|[^\sa-z0-9]")
_LONG_RUN = re.compile(r"([a-z])\1{2,}")
_AS_WORDS = re.compile(  # "want 2 die", "wan to", "to b dead", "ill be gone", "sui cidal"
    r"(?<![^ ])(want|wan|going|need|trying|ready|like|have|about|afraid|scared|how|reason|try|not) 2(?= [a-z])|(?<![^ ])wan to(?= )"
    r"|(?<![^ ])to b(?= [a-z])|(?<![^ ])my self(?![^ ])|(?<![^ ])too(?= (?:kill|die|end|live) )|(?<![^ ])over dose(?=d?(?![^ ]))"
    r"|(?<![^ ])ill(?= (?:be|never|not|just|do|kill|end|take|go|finally|soon|probably)(?![^ ]))|(?<![^ ])suicide (?:cidal|sidal)(?![^ ])"
)
# "iwanttodie", "idontwannalive": these words and no others, without a space
_PART = re.compile(r"wanna|want|gonna|going|dont|die|kill|myself|live|alive|dead|end|life|here|anymore|now|im(?!y)|my|to|be|it(?!o)|i")
_RUN_TOGETHER = re.compile(f"(?=.{{8}})(?:{_PART.pattern})+")
_SAID = {
    "wan to": "want to", "to b": "to be", "my self": "myself", "too": "to", "over dose": "overdose", "ill": "i will",
    "suicide cidal": "suicidal", "suicide sidal": "suicidal",
}  # fmt: skip
_SENTENCE_END = frozenset(".!;\n")
_CLAUSE_END = frozenset(",:()\"\u2014-")


class Normaliser:
    """Turn a text into the form that the patterns are written in.

    Args:
        say: what to put for a whole word ("dont" -> "do not"): contractions, slang, known misspellings.
        emoji: what to put for a character.
        guard: dangerous words that are also recognised when masked ("k1ll", "su*cide") or, from six letters on, with
            one typing error.
        vocabulary: words that the patterns use; decides how far "killlll" is shortened.
    """

    def __init__(self, say: Mapping[str, str], emoji: Mapping[str, str], guard: Iterable[str], vocabulary: Set[str],
                 leave: Iterable[str] = ()) -> None:
        self._say = dict(say)
        self._emoji = {ord(sign): f" {word} " for sign, word in emoji.items()}
        self._guard = set(guard)
        self._known = vocabulary | self._guard | set(self._say) | set(leave)
        self._near: Dict[str, List[str]] = {}
        for word in self._guard:
            if len(word) >= 6:
                for form in _deletions(word):
                    self._near.setdefault(form, []).append(word)
        self._by_length: Dict[int, List[str]] = {}
        for word in self._guard:
            self._by_length.setdefault(len(word), []).append(word)

    def __call__(self, text: str) -> str:
        text = self._few_emoji(text[:LONGEST])
        text = _plain_letters(text.translate(self._emoji).translate(_MARKS))
        text = re.sub(r"\.{2,}|(?<=\w)-(?=\w)", " ", text)
        text = _SPACED.sub(self._closed_up, text)
        words: List[str] = []
        for token in _TOKEN.findall(text):
            mark = _mark(token)
            if mark is None:
                words.extend(self._words(token))
            elif mark and (not words or words[-1] not in ".?,"):
                words.append(mark)
            elif mark in (".", "?") and words:
                words[-1] = mark if words[-1] != "?" else "?"
        return _AS_WORDS.sub(_as_word, " ".join(words))

    def _few_emoji(self, text: str) -> str:
        """Six of a sign say as much as six hundred."""
        for sign in set(map(ord, text)) & self._emoji.keys():
            head = text.split(chr(sign), 6)
            text = chr(sign).join(head[:-1] + [head[-1].replace(chr(sign), "")])
        return text

    def _closed_up(self, match: "re.Match[str]") -> str:
        """Letters that stand apart as one word; three of them only where that is a guarded one: "d i e", not "b b q"."""
        word = re.sub(r"[^a-z]", "", match.group())
        return word if len(word) > 3 or word in self._guard else match.group()

    def _words(self, token: str) -> List[str]:
        token = token.strip("*$@'")
        if not token:
            return []
        if token in self._say:
            return self._say[token].split()
        if token.isalpha():
            return self._letters(token)
        if "'" in token:
            return self._apostrophe(token)
        if any(char.isalpha() for char in token):
            unmasked = self._unmask(token)
            if unmasked:
                return unmasked.split()
        return [part for piece in re.split(r"[^a-z0-9]+", token) if piece for part in self._letters(piece)]

    def _letters(self, word: str) -> List[str]:
        if word in self._say:
            return self._say[word].split()
        if word in self._known:
            return [word]
        if _LONG_RUN.search(word):
            two, one = _LONG_RUN.sub(r"\1\1", word), _LONG_RUN.sub(r"\1", word)
            word = next((form for form in (one, two) if form in self._known), one)
            if word in self._say:
                return self._say[word].split()
        if _RUN_TOGETHER.fullmatch(word):
            return [part for piece in _PART.findall(word) for part in self._say.get(piece, piece).split()]
        near = self._nearest(word)
        return self._say.get(near, near).split() if near else [word]

    def _apostrophe(self, token: str) -> List[str]:
        plain = token.replace("'", "")
        if plain in self._say:
            return self._say[plain].split()
        head, _, tail = token.partition("'")
        ending = {"s": ["is"], "m": ["am"], "re": ["are"], "ve": ["have"], "ll": ["will"], "d": ["would"]}.get(tail)
        if ending:
            return self._letters(head) + ending if head else ending
        return self._letters(plain) if plain else []

    def _unmask(self, token: str) -> Optional[str]:
        """The guarded word behind "k1ll" or "su*cide", said as a pattern would have it; None when there is none."""
        word = token.translate(_LEET)
        if word in self._guard or (word in self._say and not token[0].isdigit()):
            return self._say.get(word, word)
        if "*" in word and sum(char.isalpha() for char in word) >= 2:
            for known in self._by_length.get(len(word), ()):
                if all(a == b or a == "*" for a, b in zip(word, known, strict=True)):
                    return self._say.get(known, known)
        return None

    def _nearest(self, word: str) -> Optional[str]:
        if not 5 <= len(word) <= 16:
            return None
        for form in (word, *_deletions(word)):
            for known in self._near.get(form, ()):
                if known[0] == word[0] and _one_error(word, known):
                    return known
        return None


def _plain_letters(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) not in _UNSEEN)


def _as_word(match: "re.Match[str]") -> str:
    if match.group(1):
        return f"{'want' if match.group(1) == 'wan' else match.group(1)} to"
    return _SAID[match.group()]


def _mark(token: str) -> Optional[str]:
    """The mark to keep for a sign, "" for a sign without meaning here, None for a word."""
    if token == "?":
        return "?"
    if token in _SENTENCE_END:
        return "."
    if token[0] in _CLAUSE_END:
        return ","
    return None if token[0].isalnum() or token[0] in "@$*'" else ""


def _deletions(word: str) -> List[str]:
    return [word[:i] + word[i + 1:] for i in range(len(word))]


def _one_error(a: str, b: str) -> bool:
    """Whether one missing, extra, wrong or swapped letter separates the two."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return a == b
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    if len(a) == len(b):
        swapped = a[start + 1:start + 2] + a[start:start + 1] + a[start + 2:] == b[start:]
        return swapped or a[start + 1:] == b[start + 1:]
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[start + 1:] == shorter[start:]
