"""Which option of a choice is meant by what a person typed.

From the surest reading to the least: the label or code itself; a yes, no, "not sure" or "rather not say" where the
options are such; a number; the start of one label; one label inside a sentence; a label with a typing error. Each must
point to exactly one option, or the person is asked which one. Numbers mean the position in the list, except where codes
or labels are numbers themselves: then they mean those.
"""

from __future__ import annotations

import functools
import re
from typing import Dict, List, Optional, Sequence, Tuple

from rapidfuzz.distance import DamerauLevenshtein

from bot.intake import polarity
from bot.intake.answers import AnswerError
from bot.intake.polarity import DECLINED, NO, UNSURE, YES
from bot.intake.questionnaire import Option

_MEANINGS: Dict[str, frozenset] = {
    YES: frozenset({"yes", "y", "true", "sí", "si"}),
    NO: frozenset({"no", "n", "false"}),
    UNSURE: frozenset(
        {
            "unsure",
            "not sure",
            "not-sure",
            "don't know",
            "i don't know",
            "dont-know",
            "dont know",
            "unknown",
            "uncertain",
            "asked-unknown",
            "asked but unknown",
            "unk",
            "i'm not sure",
            "not certain",
            "don't know / not sure",
            "maybe",
        }
    ),
    DECLINED: frozenset(
        {
            "declined",
            "asked-declined",
            "prefer not to say",
            "prefer not to answer",
            "prefer-not-to-say",
            "choose not to answer",
            "i prefer not to answer",
            "i prefer not to say",
            "decline to answer",
            "declined to answer",
            "refused",
            "rather not say",
            "i'd rather not say",
            "choose not to disclose",
            "asked but declined",
            "prefer not to disclose",
        }
    ),
}
_PLAIN_MEANINGS = frozenset(word.replace("'", "") for words in _MEANINGS.values() for word in words)  # these are for ``polarity`` to read
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_POSITION = re.compile(
    r"^(?:the |option |number |no\.? ?|nr\.? ?|choice |answer )?#?(?:(\d{1,3})(?:st|nd|rd|th)?|([a-z]+))"
    r"(?: one| option| choice)?[.)]?$"
)
_RANGE = re.compile(r"\d+-\d+")
_MOST_PARTS = 50  # answers in one text
_MOST_COUNTED = 20  # nobody counts in a longer list, which is not shown
_NEGATION = r"(?:not|no|never|neither|nor|except|without|nobody|cannot|(?:is|are|was|do|does|did|ca|wo|would|could|have|has)nt)"
_CLAUSES = re.compile(r"[,.;:!?()]|\b(?:but|so|just|and|because|though|only|or)\b")
# "not by phone", "anything but texts", "calls are no good"
_DENIED_BEFORE = re.compile(rf"\b{_NEGATION}\b(?:\W+\w+){{0,3}}\W*$")
_DENIED_BEHIND = re.compile(rf"^\W+(?:\w+\W+){{0,2}}{_NEGATION}\b")
_SAID_ANEW = re.compile(r"\w[\s,.;]+no,? (?:wait,? |sorry,? |actually,? )?$")  # "Washington, no Oregon", of which nobody has two
_BUT = re.compile(r"\b(?:any\w*|all|either) but (?:an? |the )?$")
_ANY = "any"  # code of "no preference": where that is offered, one of several named will do
_ALIKE = re.compile(r"\b(?:or|either|both|and|any)\b|/")
# "They thought it was a stroke", "does afib count", "it was panic": what is named is not said to be so.
_NOT_PLAIN_BEFORE = re.compile(
    r"\b(?:thought|suspect\w*|wonder\w*|ruled out|(?:felt|feels|feel|looked|seems?|seemed) like|almost|nearly|afraid|scared|worr\w*|fear\w*|might|may|maybe|possibl[ey]|"
    r"probabl[ey]|think|guess|if|risk|supposed|borderline|white coat|heat|kidney|gi?ve me|(?:could|would|will|gonna|going to) (?:have|get|be|cause)|cause|waiting|finished|stopped|quit|prevent|avoid|test\w* for|check\w* for)\b"
)
_NOT_PLAIN_BEHIND = re.compile(r"^\W*(?:\w+\W+){0,3}(?:scare|symptoms|risk|counts?|think|guess|maybe|probably|runs?|ran|kidney|of luck|would|when im|at the doctors?|with (?:bipolar|anxiety|depression|adjustment|adhd|bpd|ocd))\b")
_NOT_SO = re.compile(
    r"\b(?:it|that|this|they) (?:was|were|is|turned out)(?:nt| not| to be)?(?: (?:just|only|really))? (?:a |my )?(?:anxiety|panic|nothing|stress|one|nerves|adjustment|depression|bells?)\b"
    r"|\bbut (?:it|that) (?:was|is)nt\b|\bruled (?:it )?out\b|\bturned out\b|\bcame back (?:clean|negative|fine|normal)\b|\bscan was clean\b|\bsaid (?:it was )?(?:anxiety|panic|no|not)\b"
)
_ASKED = re.compile(r"^(?:(?:and|but|so|well) )?(?:is|are|do|does|did|can|could|would|will|should|what|whats|how|why|am) (?!have\b)")
_RATHER = re.compile(r"\b(?:but|prefer\w*|rather|best|better|maybe|only)\b")
_NOT_APPLICABLE = frozenset(
    {
        "n/a",
        "na",
        "not applicable",
        "doesnt apply",
        "does not apply",
        "doesnt apply to me",
        "does not apply to me",
        "not relevant",
        "not possible",
        "irrelevant",
    }
)
_SMALL_WORDS = frozenset({"ok", "hi", "me", "oh", "in", "as", "so"})


def match(options: Sequence[Option], text: str, *, open_choice: bool = False) -> Option:
    """The option that is meant.

    Args:
        options: what there is to choose from.
        text: as typed.
        open_choice: other answers are allowed, so only a sure reading counts.

    Raises:
        AnswerError: not-an-option, ambiguous or unsure.
    """
    words = _plain(text)
    found = _exact(options, words, text) or _semantic(options, text, words, open_choice)
    if found:
        return found
    candidates = _by_number(options, words)
    for reading in (_by_prefix, _by_mention, _by_typo):
        if candidates:
            break
        if not (open_choice and reading is not _by_typo):
            candidates = reading(options, words, text)
    if len(candidates) == 1:
        return candidates[0]
    if len(candidates) > 1 and _ALIKE.search(words) and not _RATHER.search(words) and any(o.code == _ANY for o in options):
        return next(option for option in candidates if option.code != _ANY)
    if len(candidates) > 1:
        raise AnswerError("ambiguous", f"Did you mean {listed([o.display for o in candidates[:4]], 'or')}?")
    raise AnswerError("not-an-option", _refusal(options))


def match_several(options: Sequence[Option], text: str, *, open_choice: bool = False) -> List[Option]:
    """All options that are named, for an item that takes more than one."""
    try:
        return [match(options, text, open_choice=open_choice)]
    except AnswerError as error:
        parts = [p.strip() for p in re.split(r"[,;\n/+&]|\band\b", text) if p.strip()]
        if not 2 <= len(parts) <= _MOST_PARTS:
            raise
        found: List[Option] = []
        for part in parts:
            try:
                option = match(options, part, open_choice=open_choice)
            except AnswerError:
                raise error from None
            if option not in found:
                found.append(option)
        return found


def named_or_placed(options: Sequence[Option], text: str) -> Optional[Option]:
    """The option whose label, or whose place in the list, is all that was typed: "the second one". None where neither is."""
    words = _plain(text)
    found = [o for o in options if _plain_name(o.display) == words] or (_by_number(options, words) if options else [])
    return found[0] if len(found) == 1 else None


def listed(labels: Sequence[str], joiner: str) -> str:
    """``A, B or C``."""
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} {joiner} {labels[-1]}"


def _refusal(options: Sequence[Option]) -> str:
    if len(options) <= 8:
        return f"I didn't catch which one you mean. You can choose {listed([o.display for o in options], 'or')}."
    examples = listed([o.display for o in options[:3]], "or")
    return f"I couldn't find that in the list of answers. They look like this: {examples}."


def _plain(text: str) -> str:
    """As labels and texts are compared; "2 to 3", "2–3" and "2 - 3" are one range."""
    words = re.sub(r"\s+", " ", polarity.normalise(text).replace("'", "")).strip()
    return re.sub(r"(?<=\d) ?(?:[-‐‑–—−]|to) ?(?=\d)", "-", words)


@functools.lru_cache(maxsize=4096)
def _plain_name(name: str) -> str:
    """Only names of options are remembered, never what a person typed."""
    return _plain(name)


@functools.lru_cache(maxsize=4096)
def _mention(name: str) -> re.Pattern[str]:
    """A plain name inside a text, whatever parts its words; ``#`` in it is any number: "yes # weeks"."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)".replace(r"\ ", "[ ,]+").replace(r"\#", r"\d+"))


def _names(option: Option) -> Tuple[str, ...]:
    """The names that may stand inside a text, or be begun or mistyped."""
    return (option.display, *(name for name in option.synonyms if not name.endswith(".")))


def _exact(options: Sequence[Option], words: str, text: str) -> Optional[Option]:
    by_label = [o for o in options if any(_plain_name(name) == words for name in (o.display, *o.synonyms))]
    if len(by_label) == 1:
        return by_label[0]
    raw = text.strip().strip(".")
    by_code = [o for o in options if raw == o.code] or [o for o in options if _plain_name(o.code) == words]
    if len(by_code) == 1:
        if words in _SMALL_WORDS and by_code[0].code.isupper() and not raw.isupper():
            raise AnswerError("ambiguous", f"Did you mean {by_code[0].display}?")  # "ok" is hardly Oklahoma
        return by_code[0]
    return None


def meaning_of(option: Option) -> Optional[str]:
    """Whether an option is a plain yes, no, "not sure" or "prefer not to say"."""
    names = {option.code.lower(), option.display.lower().strip(" .")}
    return next((meaning for meaning, words in _MEANINGS.items() if names & words), None)


def _semantic(options: Sequence[Option], text: str, words: str, open_choice: bool) -> Optional[Option]:
    meanings = {meaning_of(o): o for o in options}
    if words in _NOT_APPLICABLE or re.match(r"n/a\b", words):
        for option in options:
            if option.code in ("not-applicable", "na", "n/a") or _plain_name(option.display) in _NOT_APPLICABLE:
                return option
        if {YES, NO} <= set(meanings):
            return meanings[NO]
    if not {YES, NO, UNSURE, DECLINED} & set(meanings):
        return None
    reading = polarity.read(text) or _denied_at_the_end(options, words, meanings)
    if reading is None or reading.agreement and not ({YES, NO} <= set(meanings) and reading.meaning == NO):
        return None
    if reading.meaning in meanings:
        named = _by_mention(options, words, text) if words != reading.meaning else []
        if reading.meaning == UNSURE and named and all(meaning_of(o) == YES for o in named):
            return meanings[UNSURE]  # "maybe a stroke"
        if reading.meaning == NO and any(meaning_of(o) == YES for o in named):
            raise AnswerError("not-an-option", _refusal(options))  # "tried to join the Army, but no"
        if any(o is not meanings[reading.meaning] for o in named):
            return None  # another option is named: "I could be pregnant" is not just "not sure"
        return meanings[reading.meaning]
    if reading.meaning == UNSURE and not open_choice:
        raise AnswerError("unsure", "It's fine not to be sure. " + _refusal(options) + " You can also skip this.")
    return None


def _denied_at_the_end(options: Sequence[Option], words: str, meanings: Dict[Optional[str], Option]) -> Optional[polarity.Reading]:
    """What is denied by its name behind something else: "concussions, but no stroke"."""
    *_, last = re.split(r"[,;.]|\b(?:but|and|just)\b", words)
    reading = polarity.read(last)
    if {YES, NO} <= set(meanings) and last != words and reading and reading.meaning == NO and not _by_mention(options, words, words):
        names = (_plain_name(name) for name in meanings[YES].synonyms)
        return reading if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", last) for name in names) else None
    return None


def _by_number(options: Sequence[Option], words: str) -> List[Option]:
    position = _POSITION.match(words)
    if not position:
        return []
    token = position[1] or position[2]
    numeric = [o for o in options if re.match(r"^[-+]?\d", o.code) or re.match(r"^[-+]?\d", o.display)]
    if numeric:
        if not token.isdigit():
            return []
        return [o for o in numeric if _number_of(o.code) == token or _number_of(o.display) == token]
    for names in (_ORDINALS, _NUMBERS):
        if token in names:
            token = str(names.index(token) + 1)
    if token == "last":
        return [options[-1]]
    if not token.isdigit():
        return []
    scored = [o for o in options if o.ordinal is not None and o.ordinal == int(token)]
    placed = [options[int(token) - 1]] if 1 <= int(token) <= len(options) <= _MOST_COUNTED else []
    return placed + [o for o in scored if o not in placed]  # "3" on a 0 to 3 scale may be the third or the highest


def _number_of(name: str) -> Optional[str]:
    found = re.match(r"^(\d+)(?![\d.,]*\d)(?!\s*[-–]\s*\d)", name)
    return found[1] if found else None


def _by_prefix(options: Sequence[Option], words: str, text: str) -> List[Option]:
    if not words or not (words[0].isalpha() or _RANGE.fullmatch(words)) or words in _PLAIN_MEANINGS:
        return []
    return [o for o in options if any(_plain_name(name).startswith(words) for name in _names(o)[: None if len(words) > 2 else 1])]


def _by_mention(options: Sequence[Option], words: str, text: str) -> List[Option]:
    about_me = any(meaning_of(option) == NO for option in options)
    one_of_all = not about_me and all(option.code != _ANY for option in options)
    says_no = re.match(r"(?:no|nope|nah)\b", words)
    spans: List[Tuple[int, int, Option]] = []
    for option in options:
        if says_no and meaning_of(option) == YES:
            continue  # "no, Harold was in the Navy"
        for name in map(_plain_name, _names(option)):
            if len(name) > 1 and name not in _PLAIN_MEANINGS:
                for found in _mention(name).finditer(words):
                    said = meaning_of(option) != YES or _is_plain(words, found.span())
                    if said and (_is_meant(words, found.span(), about_me) or one_of_all and _SAID_ANEW.search(words[: found.start()])):
                        spans.append((*found.span(), option))
    capitals = re.search(r"\b([A-Z]{2})[.\s]*$", text.strip()) or (None if text.isupper() else re.search(r"\b([A-Z]{2})\b", text))
    if capitals and not spans and not re.search(rf"\b{_NEGATION}\b", words):
        spans += [(0, 2, o) for o in options if o.code == capitals[1]]
    widest = [s for s in spans if not any(t is not s and t[0] <= s[0] and s[1] <= t[1] and t[1] - t[0] > s[1] - s[0] for t in spans)]
    found: List[Option] = []
    for _, _, option in sorted(widest, key=lambda span: span[0]):
        if option not in found:
            found.append(option)
    return found


def _is_meant(words: str, span: Tuple[int, int], about_me: bool) -> bool:
    """Whether a name in a text is said of what is chosen: not denied, and not of somebody else where it is about the person."""
    before, behind = _CLAUSES.split(words[: span[0]])[-1], _CLAUSES.split(words[span[1] :])[0]
    if re.search(rf"\b{_NEGATION}\b", words[span[0] : span[1]]):
        return True  # "not pregnant" is the name
    if _DENIED_BEFORE.search(before) or _DENIED_BEHIND.search(behind) or _BUT.search(words[: span[0]]):
        return False
    if words[span[0] : span[1]].startswith(("any", "all", "either")) and words[span[1] :].startswith(" but "):
        return False
    if re.search(r"\bmy\b", words[span[0] : span[1]]):
        return True  # "my wife reads my mail"
    return not (about_me and polarity.is_about_others(before + words[span[0] : span[1]] + behind))


def _is_plain(words: str, span: Tuple[int, int]) -> bool:
    """Whether what implies a yes is said to be so, and not asked about, feared, or taken back."""
    before, behind = _CLAUSES.split(words[: span[0]])[-1], _CLAUSES.split(words[span[1] :])[0]
    return not (_ASKED.match(words) or _NOT_SO.search(words) or _NOT_PLAIN_BEFORE.search(before) or _NOT_PLAIN_BEHIND.match(behind))


def _by_typo(options: Sequence[Option], words: str, text: str) -> List[Option]:
    if len(words) < 4:
        return []
    limit = 1 if len(words) < 8 or re.search(rf"\b{_NEGATION}\b", words) else 2
    numbers = re.findall(r"\d+", words)  # another number is another answer: "11 or more" is not "10 or more"
    alike = [[name for name in map(_plain_name, _names(o)) if re.findall(r"\d+", name) == numbers] for o in options]
    near = sorted((min(DamerauLevenshtein.distance(words, name) for name in names), i) for i, names in enumerate(alike) if names)
    near = [(d, i) for d, i in near if d <= limit + 1]
    if not near or near[0][0] > limit:
        return []
    best = near[0][0]
    return [options[i] for d, i in near if d <= best + 1] if len(near) > 1 else [options[near[0][1]]]
