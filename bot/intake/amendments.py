"""Whatever question waits, a text that has the form of a correction is about the answer it names, and not about that question.

An answer is changed by an order ("change heart problems to no", "put no for stroke"), by stating it anew ("my name is actually
Tess", "no, my birthday is May 6 1980"), or by taking back what was said ("wait, I said no to blood pressure but I do have it").
What states nothing that the named question could be answered with is none: "no, my name is not on the lease".
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Iterable, List, Optional, Sequence, Tuple

from bot.intake import polarity
from bot.intake.answers import ANSWERED, Answer, AnswerError
from bot.intake.contact import is_plain_name
from bot.intake.corrections import BEHIND_NAME, Correction, gives_no_value, name_pattern, plain, without_contradiction
from bot.intake.parsing import NAMES, doubt, has_yes_and_no, parse_answer
from bot.intake.questionnaire import Item
from bot.intake.wording import has_a_form, takes_more

_TAKING_BACK = r"(?:wait|hold on|sorry|oops|actually|correction|scratch that|my bad|my mistake|i (?:made a mistake|messed up|was wrong|misspoke))"
_MARK = re.compile(rf"\b{_TAKING_BACK}\b", re.I)
_OPENING = re.compile(rf"^(?:(?:{_TAKING_BACK}|no|nope|oh|hm+|um+|hey|hi|hello|but|and|also|so|ok|okay|well|yeah|because|for the record)\b[\s,.:;!-]*)*", re.I)
_ORDER = re.compile(
    r"^(?:(?:please|pls|can|could|would|will|you|u|i|we|want|need|like|i'd|have|to|let's|lets|let me|just|go|back|and)\b[\s,]*)*"
    r"(?P<verb>change|fix|correct|update|set|switch|edit|amend|make|turn|put|mark|redo|revise|replace|answer|meant(?: to (?:say|put|answer|write|type))?)\b\s*",
    re.I,
)
# What may stand between the order and the name: "change my answer to the heart question".
_BEFORE_NAME = re.compile(r"^(?:(?:my|the|that|your|our|me|down|answers?|reply|response|entry|question|part|for|about|on|to|of|in|under|regarding)\b[\s,:\"']*)*", re.I)
_TO = re.compile(
    r"^[\s,:;.=>-]*(?:(?:back|to|into|as|be|say|read|now|it'?s|it is|it (?=should)|is|are|was|should|please|i meant?|that'?s)\b[\s,:]*)*(?:(?:an?|the) (?=yes\b|no\b))?", re.I
)
_YES_OR_NO_TO = re.compile(r"^(?:yes|no|not sure) (?:to|for|on) \S", re.I)
_FOR = re.compile(r"^(?P<value>.{1,60}?)\s+(?:for|on|under|at|as|to|in)\s+(?=\S)", re.I)
_STATED = re.compile(
    r"^(?:(?:'s|\s+(?:is|was|are))\b|(?P<should>\s+(?:should|ought to) (?:be|say|read|have been)\b))"
    r"(?P<anew>(?:\s+(?:actually|really|now|spelled|spelt|in fact|supposed to be|meant to be|changed to)\b)*)[\s:,]*",
    re.I,
)
_MINE = re.compile(r"^(?:(?:my|the)\s+)?(?:actual |real |correct |right |new |full )?(?=\S)", re.I)
_CLAUSE = re.compile(r"\s*(?:[,.;!]|\s-)\s*(?:(?:and|but|also|oh|so|by the way|btw)\b[\s,]*)*(?=(?:my|change|fix|correct|update|set)\s)", re.I)
_AND_NOT = re.compile(r"[\s,;(]+(?:and |but )?not (?!sure\b|really\b|say\b).{1,40}$", re.I)
_TRAILING = re.compile(r"[\s,]+(?:actually|sorry|please|pls|instead|now|thanks|thank you)\W*$", re.I)
_I_SAID = re.compile(r"^i (?:think i |just |accidentally |must have )*(?:said|put|answered|told you|wrote|typed|marked|clicked|tapped|chose|picked|selected|entered)\b", re.I)
_BUT = re.compile(r"^.*?\b(?:but|when|i meant?|it should be|should have been|should be)\b[\s,]*(?:(?:it'?s|it is|that'?s|i meant?|actually|it should be|the answer is)\b[\s,:]*)*", re.I)
_I_AM = re.compile(r"^(?:(?:yes|no)\b[\s,]*)?i(?:'?m|'?ve| (?:really |also |still )?(?:am|do|did|was|have|had|don'?t|didn'?t|haven'?t|wasn'?t|never))\b", re.I)
# "I am a veteran", "I don't have heart problems"; what is named has to stand right behind.
_I_HAVE = re.compile(
    rf"{_I_AM.pattern}(?:\s+(?:have|had|got|been|not|never|no|told i have|a|an|any|the|some|history of|my)\b)*\s+",
    re.I,
)
_NO_TO_IT = re.compile(r"\bno\s+$", re.I)
_THE_LAST = re.compile(r"\b(?:the|that|your) (?:last|previous) (?:one|question|answer)\b", re.I)
_NEXT_CHANGE = re.compile(r"\s*(?:[,;.]\s*)?\b(?:and|also|plus)\s+(?=(?:my|the|change|fix|correct|update|set)\s)|\s*[,;.]\s+(?=(?:my|change|fix|correct|update|set)\s)", re.I)
_LONGEST = 16  # words
_MOST_WORDS = 6  # of a value
# "Not lisinopril, losartan", "losartan not lisinopril"; one word each, which stands in a longer answer.
_NOT_BUT = re.compile(
    r"^(?:(?:it'?s |it is |i meant? |that'?s )?not (?P<old>[\w-]{4,})[\s,;:.-]+(?:(?:but|it'?s|it is|i meant?|i take)\s+)*(?P<new>[\w-]{4,})"
    r"|(?:it'?s |it is |i meant? |i take )?(?P<new_first>[\w-]{4,})[\s,;]+(?:and |but )?not (?P<old_last>[\w-]{4,}))\W*$",
    re.I,
)


@dataclass(frozen=True)
class Amendment:
    """An answer that is named and what is now given for it; ``head`` is what stands before it and answers what waits.

    ``implied`` where only a sentence about oneself says it, which may have been the answer already.
    """

    item: Item
    correction: Correction
    head: str = ""
    implied: bool = False


def amended(text: str, items: Sequence[Item], waiting: Optional[Item] = None, last: Sequence[Item] = ()) -> Optional[Amendment]:
    """The change of another answer that a text is; None where it is none.

    Args:
        text: as typed.
        items: whose answers may be meant.
        waiting: the question that waits, which reads by itself what it can be answered with.
        last: what the message before answered: "the last one".
    """
    typed = plain(text)
    if not typed or len(typed.split()) > _LONGEST or typed.endswith("?") and not _ORDER.match(typed):
        return None
    told = without_contradiction(typed)
    opening = _OPENING.match(told)
    body = told[opening.end() :]
    if not body:
        return None
    marked = told != typed or bool(_MARK.search(opening[0]))
    refuses = bool(re.match(r"(?:no|nope)\b", opening[0], re.I))
    found = _ordered(body, items, waiting) or _stated(body, items, waiting, marked=marked, refuses=refuses)
    found = found or _YES_OR_NO_TO.match(told) and _for(told, items, waiting) or marked and _NO_TO_IT.search(opening[0]) and _refused(body, items, waiting)
    if found:
        return Amendment(*found)
    taken_back = _taken_back(body, items, waiting, last) if marked or _I_SAID.match(body) else None
    if taken_back:
        return Amendment(*taken_back, implied=True)
    return _beside(body, items, waiting) if waiting is not None and waiting.type != "text" and not is_consent(waiting) else None


def apart(text: str) -> List[str]:
    """The parts of a text that may each be a change: "my name is Ana and my phone is 503-555-0111"."""
    return [part for part in _NEXT_CHANGE.split(plain(text)) if part.strip()]


def in_place(item: Item, new: str, old: str, text: str) -> str:
    """The whole name where a text changes one word of it: "Ana Bell" of "Anna Bell" and "Ana, not Anna"; else ``new``."""
    denied = re.search(r"\bnot ([\w'-]+)\W*$", plain(text), re.I)
    words = old.split()
    at = [i for i, word in enumerate(words) if denied and word.lower() == denied[1].lower()]
    if item.answer_format != "name" or len(new.split()) != 1 or len(words) < 2 or len(at) != 1:
        return new
    return " ".join([*words[: at[0]], new, *words[at[0] + 1 :]])


def is_consent(item: Item) -> bool:
    """Whether nothing else is taken where this waits, and it is never answered before it was asked."""
    return item.type == "boolean" and item.required


def instead(text: str, answered: Iterable[Tuple[Item, Answer, str]]) -> Optional[Tuple[Item, Correction]]:
    """The change in "Keizer, not Salem": of the one answer that is what is denied, and could be what is said.

    Args:
        text: as typed.
        answered: the answers given, each as it is shown.
    """
    answered = list(answered)
    typed = without_contradiction(plain(text))
    replaced = _replaced(typed, [(item, shown) for item, answer, shown in answered if answer.answered and item.type == "text"])
    if replaced:
        return replaced
    found = re.match(r"^(?P<new>.{1,40}?)[\s,;]+(?:and |but )?not (?P<old>.{1,40})$", typed[_OPENING.match(typed).end() :], re.I)
    if not found:
        return None
    new = re.sub(r"^(?:(?:my (?:\w+ )?names?(?: is|'s)?|it'?s|it is|spelled|i'?m|i am|i live|in|at|that should be|should be|make (?:it|that))\b\s*)+", "", found["new"], flags=re.I)
    old = re.sub(r"\W+", " ", found["old"]).strip().lower()
    fitting = [
        (item, in_place(item, new, shown, typed))
        for item, answer, shown in answered
        if answer.answered and item.type != "text" and not has_yes_and_no(item)
        and (old == re.sub(r"\W+", " ", shown).strip().lower() or in_place(item, new, shown, typed) != new) and _read(item, new) is not None and (not _is_name_of(item) or is_plain_name(new, capitals=False))
    ]  # fmt: skip
    return (fitting[0][0], Correction(fitting[0][1], led=True)) if len(fitting) == 1 else None


def _replaced(typed: str, told: Sequence[Tuple[Item, str]]) -> Optional[Tuple[Item, Correction]]:
    """The one longer answer that holds what "wait, not lisinopril, losartan" denies, with the other word in its place."""
    opening = _OPENING.match(typed)
    if not _MARK.search(opening[0]):  # "no" alone may answer what waits
        return None
    found = _NOT_BUT.match(typed[opening.end() :])
    if not found:
        return None
    old = re.compile(rf"\b{re.escape(found['old'] or found['old_last'])}\b", re.I)
    holding = [(item, text) for item, text in told if len(old.findall(text)) == 1]
    if len(holding) != 1:
        return None
    item, text = holding[0]
    return item, Correction(old.sub(lambda _: found["new"] or found["new_first"], text), led=True)


def _ordered(body: str, items: Sequence[Item], waiting: Optional[Item]) -> Optional[Tuple[Item, Correction]]:
    """ "change heart problems to no", "put no for stroke"."""
    order = _ORDER.match(body)
    if order is None:
        return None
    rest = body[order.end() :]
    about = _named_first(_BEFORE_NAME.sub("", rest, count=1), items) or _named_first(rest, items)
    if about is None:
        return _for(rest, items, waiting)
    item, behind = about
    behind = BEHIND_NAME.sub("", behind)
    lead = _TO.match(behind)
    value = _bare(item, behind[lead.end() :])
    if len(value.split()) > _MOST_WORDS and not has_a_form(item):
        return None
    if _is_name_of(item) and not is_plain_name(value, capitals=False):
        value = ""  # "change my last name in your system"
    readable = bool(value) and not gives_no_value(value) and _read(item, value) is not None
    if not readable and waiting is not None and waiting.type == "text":
        return None  # "fix my heart so that I can run" tells what is hoped for
    if not value or gives_no_value(value):
        return None if item is waiting else (item, Correction())
    return (item, Correction(value, led=True)) if re.search(r"\w", lead[0]) or readable and item.type != "text" else None


def _for(rest: str, items: Sequence[Item], waiting: Optional[Item]) -> Optional[Tuple[Item, Correction]]:
    """ "no for stroke", of "put no for stroke"."""
    found = _FOR.match(rest)
    if not found:
        return None
    behind = rest[found.end() :]
    about = _named_first(_BEFORE_NAME.sub("", behind, count=1), items)
    if about is None or about[0] is waiting or about[0].type == "text" or BEHIND_NAME.sub("", about[1]).strip(" .!"):
        return None
    value = re.sub(r"^(?:(?:an?|the|my|me|down|it|that|answer|to|as)\s+)+(?=\S)", "", found["value"], flags=re.I)
    return (about[0], Correction(value, led=True)) if _read(about[0], value) is not None else None


def _stated(
    body: str, items: Sequence[Item], waiting: Optional[Item], *, marked: bool = False, refuses: bool = False
) -> Optional[Tuple[Item, Correction]]:
    """ "my name is actually Tess", "my birthday is May 6 1980"."""
    about = _named_first(body, items) or _named_first(_MINE.sub("", body), items)
    behind = BEHIND_NAME.sub("", about[1]) if about else ""
    stated = _STATED.match(behind)
    if about is None or stated is None:
        return None
    item, said = about[0], behind[stated.end() :]
    value = _bare(item, said)
    anew = bool(stated["should"] or stated["anew"].strip()) or behind != about[1] or value != _TRAILING.sub("", said).strip(" .,!")
    anew = anew or marked or refuses and not has_yes_and_no(item)
    return (item, Correction(value, led=True)) if item is not waiting and _is_stated(item, value, anew, waiting) else None


def _is_stated(item: Item, value: str, anew: bool, waiting: Optional[Item]) -> bool:
    """Whether a value is plainly one for the item, and nothing that would answer what waits."""
    if item.type == "text" or not value or gives_no_value(value) or not has_yes_and_no(item) and polarity.NEGATION.match(value.lower()) or _read(item, value) is None:
        return False
    if waiting is not None and waiting.answer_format in NAMES and item.answer_format in NAMES:
        return False  # "my name is Al" says what somebody likes to be called
    if has_a_form(item):
        return True
    if item.options or item.type == "boolean":
        return anew if waiting is None or waiting.type in ("string", "text") else not has_yes_and_no(item) or anew
    return len(value.split()) <= _MOST_WORDS and (anew if takes_more(item) else is_plain_name(value, capitals=not anew))


def _is_name_of(item: Item) -> bool:
    return item.answer_format in (*NAMES, "place", "pronouns")


def _refused(body: str, items: Sequence[Item], waiting: Optional[Item]) -> Optional[Tuple[Item, Correction]]:
    """ "actually no voicemail, my mom lives here"; ``body`` is what stands behind the no."""
    about = _named_first(body, [one for one in items if has_yes_and_no(one)])
    behind = BEHIND_NAME.sub("", about[1]) if about else ""
    return (about[0], Correction("no", led=True)) if about and about[0] is not waiting and re.match(r"\W*$|\s*[,.;]", behind) else None


def _taken_back(body: str, items: Sequence[Item], waiting: Optional[Item], last: Sequence[Item]) -> Optional[Tuple[Item, Correction]]:
    """ "I said no to blood pressure but I do have it", "I am a veteran"; of questions with a yes and a no."""
    said = _I_SAID.match(body)
    if waiting is not None and waiting.type == "text" and not said:
        return None
    known = [one for one in items if has_yes_and_no(one)]
    item = _only_named(body, known)
    if item is None and said and len(last) == 1 and last[0] in known and _THE_LAST.search(body):
        item = last[0]
    if item is None or item is waiting or waiting is not None and _only_named(body, [waiting]) is not None:
        return None
    if not said:
        return _of_oneself(body, item)
    new = _BUT.sub("", body, count=1)
    value = new if _read(item, new) is not None else _yes_or_no(new)
    any_words = waiting is not None and waiting.type == "text"
    return (item, Correction(value or new, led=True)) if new != body and (value or not any_words) else None


def _of_oneself(body: str, item: Item) -> Optional[Tuple[Item, Correction]]:
    """A yes or a no in a sentence about oneself: "I'm not a veteran"."""
    found = _I_HAVE.match(body)
    if found is None or _named_first(body[found.end() :], [item]) is None:
        return None
    return item, Correction(_yes_or_no(found[0]), led=True)


def _yes_or_no(words: str) -> str:
    """What "I am one" or "I don't have it" comes to; empty where it is nothing of the kind."""
    if not _I_AM.match(words):
        return ""
    return "no" if polarity.NEGATION.search(words.lower()) else "yes"


def _beside(body: str, items: Sequence[Item], waiting: Item) -> Optional[Amendment]:
    """ "she/her, and my name is spelled Tes": an answer to what waits with a change behind it."""
    cut = _CLAUSE.search(body)
    if cut is None or not cut.start():
        return None
    head, rest = body[: cut.start()], body[cut.end() :]
    found = _ordered(rest, items, waiting) or _stated(rest, items, waiting)
    if found is None or _read(waiting, head) is None:
        return None
    return Amendment(*found, head=head)


def _named_first(text: str, items: Sequence[Item]) -> Optional[Tuple[Item, str]]:
    """The item by whose longest name a text begins, and what stands behind that."""
    found = [(match.end(), item) for item in items for name in item.names for match in [name_pattern(name).match(text)] if match]
    longest = max((end for end, _ in found), default=0)
    best = {item.key: item for end, item in found if end == longest}
    return (next(iter(best.values())), text[longest:]) if len(best) == 1 else None


def _only_named(text: str, items: Sequence[Item]) -> Optional[Item]:
    """The item with the longest name in a text; None where two are named as well."""
    found = [(match.end() - match.start(), item) for item in items for name in item.names for match in [name_pattern(name).search(text)] if match]
    longest = max((length for length, _ in found), default=0)
    best: List[Item] = list({item.key: item for length, item in found if length == longest}.values())
    return best[0] if len(best) == 1 else None


def _bare(item: Item, value: str) -> str:
    """A value without "not Salem" behind it, and without "please"."""
    value = _TRAILING.sub("", value).strip(" ,;:.!")
    without = _AND_NOT.sub("", value).strip(" ,;:.!")
    whole = takes_more(item) or has_yes_and_no(item) and without not in ("yes", "no")  # "after 6, not mornings"
    return value if whole else without


def _read(item: Item, value: str) -> Optional[Answer]:
    """The value as an answer to the item, without regard to who is asked; None where it is none."""
    try:
        doubt(item, value)
        answer = parse_answer(item, value, today=dt.date.today())
    except AnswerError as error:
        return Answer(ANSWERED, [], value) if error.reason == "incomplete-date" else None
    return answer if answer.values else None
