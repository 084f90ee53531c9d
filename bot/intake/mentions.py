"""Medicines and conditions in what people write, each with what is said about it. Pure: no Rasa, no model.

A name is found by its words (`data/nlu/lexicon`), with a letter or two wrong in a long one. Then the clause around it is
read for who and when: "my mother takes warfarin", "I stopped Paxil", "no asthma", "allergic to sulfa and codeine".
What a clause says reaches over a list ("I don't take aspirin, ibuprofen or naproxen") and ends where a new statement
begins ("but", "and I take").
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping

import yaml
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from bot.intake.relatives import CLOSE

MEDICATION, CONDITION = "medication", "condition"
TOKEN = re.compile(r"[A-Za-z0-9]+(?:['’./-][A-Za-z0-9]+)*")
_LONGEST_NAME = 5  # words
_SHORTEST_FUZZY = 6  # letters; below that a letter off is another word

RELATIVE = (
    rf"(?:{CLOSE}|mama|momma|daddy|papa|sibling|kids?|children|grandmother|grandma|grandfather|grandpa|granny|grandparents?|"
    r"mother-in-law|father-in-law|relatives?|family)"
)
_FAMILY = re.compile(
    rf"\b(?:my|his|her|our|the)\s+(?:(?:\w+['’]s|older|younger|little|big|late|own|twin|half|great|step\w*|maternal|paternal|only|oldest|youngest|whole)\s+)*{RELATIVE}\b(?!['’]?s?\s+(?:doctor|says?|said|thinks?|wants?|gives?|told|tells?|noticed|worries))"
    r"|\b(?:mom|dad|grand\w+|mother|father|brother|sister|husband|wife|uncle|aunt|cousin|son|daughter)s?(?:['’]s)?\s+(?:(?:and|&) \w+\s+)?(?:both\s+|all\s+)?(?:has|have|had|takes?|is|are|was|were|got|did|also|died|suffer(?:s|ed)?)\b"
    rf"|\bfamily history\b|\b(?:runs?|ran|is|it['’]s|history) in (?:my|the|our) family\b|\bin (?:my|the) family\b|\bfamily\b.{{0,20}}\bhistory\b|\bon my (?:mother|father|mom|dad)['’]?s side\b|\bhereditary\b",
    re.IGNORECASE,
)  # fmt: skip
_SELF = re.compile(r"\b(?:i|i['’]?m|i['’]?ve|ive|im|me|i['’]?d|i['’]?ll|myself|mine)\b", re.IGNORECASE)
_ALLERGY = re.compile(
    r"\ballerg(?:ic|y|ies)\b|\banaphyla\w+|\b(?:intoleran\w+|sensitive|sensitivity) to\b|\b(?:bad|severe|serious) reaction to\b|\breact(?:ed|s)? (?:badly )?to\b|\bcan['’]?t tolerate\b|"
    r"\bbreak(?:s)? (?:me )?out\b|\b(?:gives?|gave|got|get|causes?|caused)(?: me)?(?: \w+){0,2} (?:hives|rash|rashes)\b|\bhives\b|\brash\b|\b(?:throat|face|lips|tongue|eyes) (?:\w+ )?swell\w*|\bmakes? (?:me|my \w+) (?:swell|itch)\w*|\bswell(?:s)? (?:me )?up\b",
    re.IGNORECASE,
)  # fmt: skip
_ALLERGY_BEHIND = re.compile(
    r"^[^.;]{0,60}?(?:\ballerg(?:y|ies|ic)\b|\banaphyla\w+|\bhives\b|\brash\b|\bswell\w*|\bitch\w*|\bbreak\w* (?:me )?out\b|\bmade me (?:break|swell|itch)\w*)",
    re.IGNORECASE,
)  # fmt: skip
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|without|neither|nor|denies|deny|denied|negative for|ruled out|free of|don['’]?t|do not|dont|doesn['’]?t|doesnt|didn['’]?t|didnt|haven['’]?t|havent|"
    r"hasn['’]?t|hadn['’]?t|am not|isn['’]?t|aren['’]?t|wasn['’]?t|can['’]?t|cannot|ain['’]?t|nope|nah|zero|refuse(?:d)?|declined|avoid)\b",
    re.IGNORECASE,
)  # fmt: skip
# "not only", "no longer", "not sure": a negation in form that denies nothing.
_NO_NEGATION = re.compile(
    r"\b(?:no longer|not any ?more|not (?:only|just|sure|certain|all|always|every|well|good|great|as|too|very|really (?:helping|working))|no (?:idea|problem|doubt|matter|wonder|one)|can['’]?t (?:remember|recall|stop|live|sleep|function|stand|believe|do without)|"
    r"don['’]?t (?:know|remember|think (?:it|they|the)|like|want|mind|care|forget)|didn['’]?t (?:know|realize|help|work|do|like)|doesn['’]?t (?:help|work|do|seem)|never (?:miss|skip|forget|without)|not (?:working|helping)|without (?:fail|my))\b",
    re.IGNORECASE,
)  # fmt: skip
_NO_MORE = re.compile(
    r"\b(?:no longer|not any ?more|any ?more|quit|quitting|stopped|stop taking|discontinued|used to|formerly|previously|in the past|years ago|came off|come off|"
    r"went off|got off|gotten off|been off|am off|i['’]?m off|im off|taken off|took me off|off of|weaned|tapered|tapering off|switched from|changed from|went from|moved from|was on|were on|was taking|"
    r"had been (?:on|taking)|(?:i|ive|i['’]?ve|we|have|also|she|he) (?:already )?(?:tried|took|been through|been on and off)|tried|took|failed|trials? of|haven['’]?t (?:taken|had|used|been on)|last took|prior|past|before i|back when|"
    r"was prescribed|were prescribed|gave me|put me on .{0,30}(?:then|but)|as a (?:kid|child|teen|teenager|baby)|when i was|grew out of|outgrew|recovered from|in remission|history of|hx of|childhood|ex-|former|recovering|in recovery|survived|got over|cured)\b",
    re.IGNORECASE,
)  # fmt: skip
_HAD = re.compile(r"(?<!['’]ve )(?<!ve )(?<!have )(?<!has )\b(?:had|suffered|experienced|went through)\b", re.IGNORECASE)
_HAVE_HAD = re.compile(r"\b(?:have|has|['’]?ve) had\b", re.IGNORECASE)
_STILL = re.compile(
    r"\b(?:still|currently|now|these days|every (?:day|night|morning)|daily|at the moment|since|for (?:\w+ )?(?:years|months|weeks|decades|as long|a long|most of)|all my life|going on \w+ years)\b",
    re.IGNORECASE,
)
# "Before bed", "once a day" tell how it is taken; "Zoloft before", "once" and "before the war" that it is over.
_BEFORE = (
    r"(?<!\bnight )(?<!\bday )before(?=\W*$|\s*[,.;!?)]|\s+(?:that|this|then|now|covid|20\d\d|19\d\d|(?:the|my) (?:war|accident|army|navy|military|service|deployment|"
    r"pandemic|divorce|diagnosis|kids|baby|pregnanc\w+)|(?:i|we|he|she|they|it) (?:was|were|got|had|went|met|came|left|became|knew|\w+ed))\b)"
)
_ONCE = (
    r"once(?![\s-]*(?:or twice |to twice )?(?:(?:a|an|per|every|each|daily|nightly|weekly|monthly|before|in (?:a while|the (?:morning|evening|afternoon|day))|"
    r"at (?:night|bed\w*|noon|lunch|dinner|breakfast)|with (?:food|meals?|breakfast|lunch|dinner))\b|/))"
)
_PAST_BEHIND = re.compile(
    rf"^[^.;,]{{0,45}}?\b(?:ago|any ?more|in (?:the )?(?:past|19\d\d|20[01]\d)|in my (?:teens|\w+ties|\d0['’]?s)|in (?:high school|college)|back (?:in|then)|last (?:year|month|week|summer|winter|spring|fall)|as a (?:kid|child|teen|teenager|baby)|when i was|"
    rf"until|till|{_BEFORE}|{_ONCE}|did(?:n['’]?t| not) (?:work|help|do)|did nothing|made (?:me|it) \w+|stopped working|in remission|went away|is gone|resolved|cleared up|made me (?:sick|worse|feel))\b",
    re.IGNORECASE,
)  # fmt: skip
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
# "Quit Zoloft in May, Xanax", "epilepsy as a teen, asthma": the time belongs to what it stands behind, and ends there.
_TIME = (
    rf"(?:(?:(?:a|an|couple|few|of|many|some|several|\d+|one|two|three|four|five|six|ten) )*\w+ ago|in (?:{_MONTH}|19\d\d|20\d\d)|"
    r"last (?:year|month|week|summer|winter|spring|fall)|as a (?:kid|child|teen|teenager|baby))\b"
)
_TIME_ENDS = re.compile(rf"\b{_TIME}\s*,", re.IGNORECASE)
_OWN_TIME = re.compile(rf"[^.;,]*?\b{_TIME}", re.IGNORECASE)
_NO_BEHIND = re.compile(r"^\s*(?:[:?=-]\s*|\(\s*)?(?:is\s+|was\s+)?(?:no|none|never|negative|denied|ruled out|nope|n(?=\s*(?:$|[,.;)\n])))\b(?!\s+(?:longer|more|idea))|^\s*[:?=]\s*n\b", re.IGNORECASE)
_QUIT_BEHIND = re.compile(r"^[^.;,]{0,20}?\b(?:i|and i|which i|that i|but i)\s+(?:stopped|quit|no longer|don['’]?t take any ?more|came off|used to)\b", re.IGNORECASE)
_UNSURE = re.compile(
    r"\b(?:not (?:really |entirely |totally |quite |100% )?(?:sure|certain)|unsure|maybe|(?<!\bin )(?<!\bsince )(?<!\blast )(?<!\bof )may(?: have| be)?(?!\s+\d)|might|possibl[ey]|perhaps|probably|could (?:have|be)|i think|i believe|i guess|thinks? (?:i|it)|don['’]?t know|dont know|idk|suspect\w*|wonder\w*|"
    r"supposedly|borderline|checking (?:me )?for|testing (?:me )?for|tested for|being tested|being checked|worried (?:i|about)|(?:afraid|scared|fear) of\b(?=(?: \w+)?\s*$)|can['’]?t remember|don['’]?t remember|something like|some kind of|trying to (?:get|become|be|have|conceive)|late period|undiagnosed|pre-?)\b|\?",
    re.IGNORECASE,
)  # fmt: skip
_UNSURE_BEHIND = re.compile(
    r"^,?[^.;,]{0,25}?(?:\?|\b(?:i think|i believe|maybe|probably|possibly|i guess|not sure|or something|or whatever|if i remember|idk)\b)", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"[.;!\n]+(?:\s|$)|\?\s+|\s*[,-]?\s*\b(?:but|however|though|although|except(?: for)?|besides|apart from|other than|whereas|while|because|cause|cuz|only)\b|"
    r"\s*,?\s*\b(?:and|then|so|plus|also|or)\s+(?=(?:then\s+)?(?:i|i['’]?m|i['’]?ve|im|ive|my|his|her|now|currently|still|take|takes|taking|have|has|on|am|started|starting|she|he|they|we|stopped|quit|never|don['’]?t|do not|no|not|used to|was|is|allergic|had|switched|recently|just|it|that|there)\b)|"
    r"\s*,\s*(?=(?:and\s+|then\s+)?(?:i|i['’]?m|i['’]?ve|im|ive|my|now|currently|still|taking|have|has|am|started|she|he|they|we|stopped|quit|never|don['’]?t|no|not|used to|was|allergic|had|switched|recently|just|also (?:have|take|on)|on)\b)|"
    r"(?<!\bif)(?<!\bthink)(?<!\bthat)(?<!\bsure)(?<!\bknow)(?<!\bwhen)(?<!\bnor)(?<!\bsays)(?<!\bsaid)(?<!\bmedicine)(?<!\bwhether)\s+(?=(?:i['’]?m|i am|i take|i have|i['’]?ve|i used to|i stopped|i quit|i don['’]?t|i never)\b)",
    re.IGNORECASE,
)  # fmt: skip
_EXCEPT = re.compile(r"\b(?:except(?: for)?|besides|apart from|other than|only)\s*$", re.IGNORECASE)
_NEW_SUBJECT = re.compile(r"^\W*(?:and|but|then|so|now|also|however|though|\s)*\b(?:i|i['’]?m|i['’]?ve|im|ive|my|me|we)\b", re.IGNORECASE)
_SWITCH = re.compile(r"\b(?:switched|changed|went|moved|swapped|transitioned)\b(?:\s+\w+){0,3}?\s+from\b", re.IGNORECASE)
_SWITCHED_TO = re.compile(r"\b(?:to|onto|for|with)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_INSTEAD = re.compile(r"\b(?:instead of|rather than|in place of|replaced)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """A name in a text: what it stands for and what is said about it. ``start`` and ``end`` are character offsets."""

    entity: str
    value: str
    status: str
    start: int
    end: int


@dataclass(frozen=True)
class Lexicon:
    """Every name that people use, in lower case, by what it stands for."""

    names: Mapping[str, tuple[str, str]]  # name -> (entity, canonical value)
    events: frozenset[str]  # conditions that happen and are over
    ordinary: frozenset[str] = frozenset()  # words that are no misspelt names
    hints: frozenset[str] = frozenset()  # names that only point to a condition

    @classmethod
    def load(cls, directory: Path, *, answers: bool = False) -> Lexicon:
        """Read ``medications.yml`` and ``conditions.yml``.

        Args:
            answers: whether it is for answers of the history, where more names count (see the files).
        """
        medications = yaml.safe_load((directory / "medications.yml").read_text(encoding="utf-8"))
        conditions = yaml.safe_load((directory / "conditions.yml").read_text(encoding="utf-8"))
        names: dict[str, tuple[str, str]] = {}
        for entity, group in (
            (MEDICATION, medications["medications"]),
            (MEDICATION, medications["classes"]),
            (MEDICATION, medications["answers"] if answers else {}),
            (CONDITION, conditions["conditions"]),
            (CONDITION, conditions["answers"] if answers else {}),
        ):
            for value, others in group.items():
                for name in (value, *others):
                    names[_plain(name)] = (entity, value)
        hints = {_plain(name): (CONDITION, value) for value, others in conditions["hints"].items() for name in others}
        if answers:
            names |= hints
        return cls(names, frozenset(conditions["events"]), frozenset(medications["ordinary"].split()), frozenset(hints))


def _plain(name: str) -> str:
    return " ".join(token.lower().replace("’", "'") for token in TOKEN.findall(name))


class MentionReader:
    """Finds the mentions of a text."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._first_words = {name.partition(" ")[0] for name in lexicon.names}
        self._fuzzy: dict[str, list[str]] = {}
        for name in lexicon.names:
            if len(name) >= _SHORTEST_FUZZY and name.isalpha():
                self._fuzzy.setdefault(name[0], []).append(name)

    def read(self, text: str) -> list[Mention]:
        """All mentions, in order; of overlapping names the longest counts."""
        found = list(self._find(text))
        clauses = list(_clauses(text)) if found else []
        return [
            Mention(entity, value, self._hinted(text, clauses, entity, value, start, end), start, end)
            for entity, value, start, end in found
        ]

    def _hinted(self, text: str, clauses: list[tuple[int, int]], entity: str, value: str, start: int, end: int) -> str:
        """The status; what only points to a condition is for a person to ask about."""
        status = self._status(text, clauses, entity, value, start, end)
        return "unsure" if status in ("present", "past") and _plain(text[start:end]) in self._lexicon.hints else status

    def status(self, text: str, start: int, end: int) -> str:
        """What is said about a medicine that the lexicon does not know, which stands between two offsets."""
        return self._status(text, list(_clauses(text)), MEDICATION, "", start, end)

    def knows(self, name: str) -> bool:
        """Whether a name is in the lexicon, written like this."""
        return _plain(name) in self._lexicon.names

    def _find(self, text: str) -> Iterator[tuple[str, str, int, int]]:
        tokens = [(m.group().lower().replace("’", "'"), m.start(), m.end()) for m in TOKEN.finditer(text)]
        position = 0
        while position < len(tokens):
            longest = _LONGEST_NAME if tokens[position][0] in self._first_words else 1
            for length in range(min(longest, len(tokens) - position), 0, -1):
                name = " ".join(token for token, _, _ in tokens[position : position + length])
                known = self._lexicon.names.get(name) or self._lexicon.names.get(name.removesuffix("'s"))
                if known is None and length == 1:
                    known = self._near(name)
                if known is not None:
                    yield (*known, tokens[position][1], tokens[position + length - 1][2])
                    position += length
                    break
            else:
                position += 1

    def _near(self, word: str) -> tuple[str, str] | None:
        if len(word) < _SHORTEST_FUZZY or not word.isalpha() or word in self._lexicon.ordinary:
            return None
        near = process.extractOne(
            word, self._fuzzy.get(word[0], ()), scorer=DamerauLevenshtein.distance, score_cutoff=1 if len(word) < 9 else 2
        )
        if near is None:
            return None
        known = self._lexicon.names[near[0]]
        return known if known[0] == MEDICATION or near[1] <= 1 else None  # conditions are ordinary words themselves

    def _status(
        self, text: str, clauses: list[tuple[int, int]], entity: str, value: str, start: int, end: int
    ) -> str:
        number = next(i for i, (_, stop) in enumerate(clauses) if start < stop)
        begin, stop = clauses[number]
        before, behind = text[begin:start], text[end:stop]
        rest = text[end:]
        if _is_family(text, clauses, number, start):
            return "family"
        if entity == MEDICATION and _is_allergy(text, clauses, number, start, end):
            return "allergy"
        if entity == MEDICATION and _SWITCH.search(before):
            return "current" if _SWITCHED_TO.search(before) else "past"
        if _INSTEAD.search(before):
            return "past"
        denied = _denied(before) or bool(_NO_BEHIND.match(rest))
        if denied:
            stopped = _NO_MORE.search(before) or re.search(r"\bsince\b|\bany ?more\b", behind, re.IGNORECASE)
            return "past" if stopped and not re.search(r"\bnever\b", before, re.IGNORECASE) else "negated"
        if _UNSURE_BEHIND.match(rest) or _UNSURE.search(_without_questions(before)):
            return "unsure"
        if self._is_past(entity, value, before, behind, rest):
            return "past"
        return "current" if entity == MEDICATION else "present"

    def _is_past(self, entity: str, value: str, before: str, behind: str, rest: str) -> bool:
        if not _OWN_TIME.match(behind):
            before = _without_times_of_others(before)
        still = bool(_STILL.search(before) or _STILL.search(behind))
        if _QUIT_BEHIND.match(rest):
            return True
        if _NO_MORE.search(before):
            return not re.search(r"\bstill\b", before + behind, re.IGNORECASE)
        if value in self._lexicon.events and (_HAD.search(before) or _HAVE_HAD.search(before)):
            return True
        if _HAD.search(before) and not still:
            return True
        if _PAST_BEHIND.match(behind):
            diagnosed = re.search(r"\b(?:diagnosed|told|since|started|have|['’]ve|am|take|taking|on)\b", before + behind[:25], re.IGNORECASE)
            return not (diagnosed and not re.search(r"\bany ?more\b|\bdid|went away|gone|remission|made me", behind, re.IGNORECASE))
        return False


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for breaker in _CLAUSE.finditer(text):
        if breaker.start() > begin:
            yield begin, breaker.end()
            begin = breaker.end()
    if begin <= len(text):
        yield begin, len(text) + 1


def _denied(before: str) -> bool:
    plain = _NO_NEGATION.sub(lambda m: " " * len(m.group()), before)
    return bool(_NEGATION.search(plain))


def _without_questions(before: str) -> str:
    """A question mark further back belongs to another name of the list."""
    return before.replace("?", " ")


def _without_times_of_others(before: str) -> str:
    ends = [time.end() for time in _TIME_ENDS.finditer(before) if before[: time.start()].strip()]
    return before[max(ends, default=0) :]


def _is_family(text: str, clauses: list[tuple[int, int]], number: int, start: int) -> bool:
    begin, stop = clauses[number]
    before, whole = text[begin:start], text[begin:stop]
    relative = list(_FAMILY.finditer(before))
    if relative:
        return not _SELF.search(before[relative[-1].end() :])
    if re.search(r"\b(?:in (?:my|the|our) family|on my \w+['’]?s side|family history)\b", whole, re.IGNORECASE):
        return not re.search(r"\b(?:not|nobody|no one)\b", before, re.IGNORECASE)
    if number and not _SELF.search(before) and not _NEW_SUBJECT.match(before):
        earlier_begin, earlier_stop = clauses[number - 1]
        ends_sentence = re.search(r"[.;!?\n]\s*$", text[earlier_begin:earlier_stop])
        return not ends_sentence and _is_family(text, clauses, number - 1, earlier_stop)
    return False


def _is_allergy(text: str, clauses: list[tuple[int, int]], number: int, start: int, end: int) -> bool:
    begin = clauses[number][0]
    before = text[begin:start]
    said = list(_ALLERGY.finditer(before))
    if said:
        return not _denied(before[: said[-1].start()])
    reaction = _ALLERGY_BEHIND.match(text[end:])
    if reaction and "," not in reaction.group():
        return not _denied(before) and not re.search(r"\b(?:for|but)\b", reaction.group(), re.IGNORECASE)
    earlier = text[: begin]
    if number and _EXCEPT.search(earlier):
        return bool(re.search(r"\ballerg", text[clauses[number - 1][0] : begin], re.IGNORECASE))
    return False
