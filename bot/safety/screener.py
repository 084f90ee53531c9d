"""Decide for one text whether it is a crisis (takeover), might be one (check-in) or is not.

The patterns stand in ``data/safety/rules*.yml``; this module knows how to read what stands around a match, because the
same words mean different things in "I'm not suicidal", "my son is suicidal", "I was suicidal in 2015" and "can
suicidal people get ketamine?". The order is fixed: idioms are blanked, patterns matched, then each match is asked for
negation (only where it governs the match), other people, the past and an information question (only where they are about
the match, and not about something else that the sentence tells or asks with it). Whatever is not clearly one of these
stays a crisis: a missed crisis costs more than a needless kind question.
"""
from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import re
from bisect import bisect_left
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

import yaml

from bot.safety.normalise import Normaliser
from bot.safety.patterns import REMEMBERED, Matcher, Pattern, compile_pattern, lines, words_in
from bot.settings import ROOT

CATEGORIES = ("overdose", "medical_emergency", "withdrawal", "harm_to_others", "suicidal", "abuse", "self_harm", "passive",
              "disorientation", "third_party", "minor")
OUTCOMES = ("none", "check_in", "takeover")
HARMLESS = "harmless"
RECENT = 4  # earlier texts that are read together with the newest one
RECENT_CHARS = 300  # of each
LONGEST_PASSAGE = 400  # characters read at once where nobody put a full stop
OVERLAP = 150
FEW = 4  # words that complete a sentence which was asked about: "I'm done" "with all of it"
MATCHES = 6  # of one pattern in one passage: enough to find one that is not negated
_OTHER_SUBJECT = ("suicidal", "passive", "self_harm")
_OWN = (*_OTHER_SUBJECT, "third_party")  # whose denial may be for now only
_BODILY = ("medical_emergency", "withdrawal", "disorientation")  # where any word for the past tells of an illness one had
NEAR = 30  # characters before a match in which its verb stands
_ENDED = ("abuse", "harm_to_others")  # told with the year in which one got away; done by somebody, or denied of everybody
_NOTES = ("suicidal", "passive", "self_harm", "third_party", "minor", "abuse")
TAKEN_BACK = "denial-taken-back"  # the rule that staff are told of where a denial denies nothing
NOTES = ("pressure", "loss", "assault", "history", "information")  # the first counts where a text gives several
OF_MINORS = ("suicidal", "passive", "self_harm", "abuse")  # told by somebody under 18, these have words of their own
_PRESSURE = re.compile(r"(?<![\d/.])(\d{2,3})\s*(?:/|\bover\b|\bon\b)\s*(\d{2,3})(?![\d/.%]| ?m[cg])", re.IGNORECASE)
_UPPER = re.compile(r"(?:blood pressure|\bbp|systolic|(?:top|upper) number)[^\d.?!]{0,25}(1[89]\d|2[0-5]\d)(?![\d/.%]| ?m[cg])", re.IGNORECASE)
DANGEROUS = "dangerouspressure"
HIGHEST = 180, 120  # mmHg, from which a reading is dangerous with symptoms (facts 4.2, item 21)


class SafetyDataError(ValueError):
    """A file in ``data/safety`` cannot be used; the message names the rule."""


@dataclasses.dataclass(frozen=True)
class Screening:
    """What was found.

    ``note`` says why nothing is done, where a kind sentence or the 988 line still fits (see ``NOTES``); ``HARMLESS`` where
    a model overruled a rule. ``rule`` is for staff (never the text itself).
    """

    outcome: str
    category: Optional[str] = None
    rule: Optional[str] = None
    note: Optional[str] = None


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # five times faster where libyaml is there
NOTHING = Screening("none")


@dataclasses.dataclass(frozen=True)
class _Rule:
    id: str
    category: Optional[str]
    outcome: str
    note: Optional[str]
    negatable: bool
    past: bool  # False: a past marker does not make it history
    ask: bool  # False: an information question around it changes nothing
    other: bool  # False: another person as subject changes nothing
    sure: bool  # it stands whatever a model says
    unless: Tuple["re.Pattern[str]", ...]
    despite: Tuple["re.Pattern[str]", ...]  # said in the sentence, these leave ``unless`` without effect
    softer: Tuple["re.Pattern[str]", ...]


@dataclasses.dataclass(frozen=True)
class _Pair:
    """Two halves, harmless alone, that together say it, in either order."""

    rule: _Rule
    first: "re.Pattern[str]"
    second: "re.Pattern[str]"
    near: int  # greatest distance of the halves in characters; 0: anywhere


class _Context:
    """A normalised text with its sentence and clause borders."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._said: Dict[Tuple[str, int], bool] = {}
        padded = f" {text} "
        self._ends = [m.start() for m in re.finditer(r" [.?](?= )", padded)]
        self._clauses = [m.start() for m in re.finditer(r" (?:[.?,]|but|though|although|however|pero|except|yet)(?= )", padded)]

    def sentence(self, start: int, end: int) -> Tuple[int, int]:
        """The borders of the sentence or sentences in which the span lies."""
        left = bisect_left(self._ends, start)
        right = bisect_left(self._ends, end)
        return (self._ends[left - 1] + 1 if left else 0), (self._ends[right] + 1 if right < len(self._ends) else len(self.text))

    def says(self, name: str, pattern: "re.Pattern[str]", left: int, right: int) -> bool:
        """Whether the sentence holds a context word; looked up once a sentence."""
        key = name, left
        if key not in self._said:
            self._said[key] = bool(pattern.search(self.text[left:right]))
        return self._said[key]

    def clause_start(self, start: int) -> int:
        left = bisect_left(self._clauses, start)
        return self.text.find(" ", self._clauses[left - 1] + 1) + 1 if left and self._clauses[left - 1] else 0


class Screener:
    """The compiled rule layer. Build it once with ``load``; ``screen`` is pure and safe to share between threads."""

    def __init__(self, words: Mapping[str, Any], rule_files: Sequence[Mapping[str, Any]], version: str = "0") -> None:
        self.version = version
        self._macros: Dict[str, str] = {}
        for file in rule_files:
            if "rules" in file:
                raise SafetyDataError("Name the list signals:, not rules:, because Rasa reads every rules: in data/ as its own.")
            self._macros.update(file.get("macros") or {})
        self._rules: List[_Rule] = []
        self._matcher = Matcher()
        self._patterns: List[Tuple["re.Pattern[str]", int]] = []
        self._pairs: List[_Pair] = []
        self._halves = Matcher()
        self._whole: List[Tuple[_Rule, "re.Pattern[str]"]] = []
        self._idioms = Matcher()
        self._idiom_patterns: List["re.Pattern[str]"] = []
        vocabulary = words_in(" ".join(self._macros.values()))
        for file in rule_files:
            for pattern in lines(file.get("idioms")):
                vocabulary |= words_in(pattern)
                compiled = self._compile("idioms", pattern)
                self._idiom_patterns.append(compiled.regex)
                self._idioms.add(compiled)
            for entry in file.get("signals") or ():
                vocabulary |= self._add(entry)
            for entry in file.get("pairs") or ():
                vocabulary |= self._add_pair(entry)
            for entry in file.get("whole") or ():
                vocabulary |= self._add_whole(entry)
        self._context_words = {key: self._compile(key, value).regex for key, value in words["context"].items()}
        self._transparent = frozenset(words["transparent"].split())
        self._negators = frozenset(words["negators"].split())
        self._carriers = frozenset(words["carriers"].split())
        say = {str(key): str(value) for key, value in words["say"].items()}
        say.update(misspellings(words))
        self._matcher.seal(), self._idioms.seal(), self._halves.seal()
        # A text is looked at by several layers, and again beside each of the next few of its visitor.
        self._normalise = functools.lru_cache(REMEMBERED)(Normaliser(say, words["emoji"], words["guard"].split(), vocabulary, words.get("leave", "").split()))
        self._normal_form = functools.lru_cache(REMEMBERED)(lambda text: self._blank(self._normalise(_with_pressure(text))))

    @classmethod
    def load(cls, directory: Path = ROOT / "data" / "safety") -> "Screener":
        """Read ``words.yml`` and every ``rules*.yml``; raises SafetyDataError where a rule cannot be used."""
        paths = [directory / "words.yml", *sorted(directory.glob("rules*.yml"))]
        contents = [path.read_bytes() for path in paths]
        words, *rules = (yaml.load(content, Loader=_Loader) for content in contents)
        digest = hashlib.sha256(b"\0".join(contents)).hexdigest()[:8]
        return cls(words, rules, f"{words['version']}+{digest}")

    def is_weak(self, rule: str) -> bool:
        """Whether a rule never says more than check-in; a takeover that was softened to one is not weak."""
        known = itertools.chain(self._rules, (whole for whole, _ in self._whole))
        return any(one.id == rule and one.outcome == "check_in" for one in known)

    def is_sure(self, rule: str) -> bool:
        """Whether a rule stands whatever a model says: a dangerous reading with a symptom, a message that is only "I'm done"."""
        if rule == TAKEN_BACK or any(whole.id == rule for whole, _ in self._whole):
            return True
        return any(one.id == rule and one.sure for one in itertools.chain(self._rules, (pair.rule for pair in self._pairs)))

    def normalise(self, text: str) -> str:
        """The text in the form in which the patterns see it, idioms blanked."""
        return self._normal_form(text)

    def is_minor(self, text: str) -> bool:
        """Whether a text says that who writes is under 18."""
        return bool(self._context_words["own_age"].search(self._normalise(text)))

    def for_age(self, category: Optional[str], texts: Iterable[str]) -> Optional[str]:
        """The category, or "minor" where one of the texts says an age under 18 and there are words of its own for that."""
        return "minor" if category in OF_MINORS and any(map(self.is_minor, texts)) else category

    def whose(self, category: Optional[str], text: str) -> Optional[str]:
        """The category of a text in which somebody else is named, too: who writes may share it or be in danger from them."""
        return self._whose(category, self._normalise(text))

    def _whose(self, category: Optional[str], text: str) -> Optional[str]:
        words = self._context_words
        if category == "minor" and words["their_age"].search(text):
            return category if words["minor"].search(text) or words["own_age"].search(text) else "third_party"
        if category != "third_party":
            return category
        return "abuse" if words["threatened"].search(text) else "suicidal" if words["also_i"].search(text) else category

    def says(self, text: str, what: str) -> bool:
        """Whether a text has words of a context of ``words.yml``, such as "now" or "reaction"."""
        return bool(self._context_words[what].search(self._normalise(text)))

    def screen(self, text: str, recent: Sequence[str] = ()) -> Screening:
        """Screen the newest text of a visitor.

        Args:
            text: as typed.
            recent: earlier texts of the same visitor, oldest first. A match among them alone counts for nothing (it was
                dealt with when it came); a match that needs the newest text and an earlier one together counts.
        """
        newest = self.normalise(text)
        found = self._findings(newest)
        if "\n" in text.strip() and all(item.outcome == "none" for item in found):  # a sentence broken over lines
            found += self._findings(self.normalise(" ".join(text.split())))
        found += self._as_whole(newest)
        if recent and not any(item.outcome == "takeover" for item in found):
            earlier = [part for part in (self.normalise(item[-RECENT_CHARS:]) for item in recent[-RECENT:]) if part]
            found += self._across(earlier, newest)
        worst = self._worst(found)
        if worst.outcome == "none":
            return worst
        category = self._whose(worst.category, newest)
        if category in OF_MINORS and (self._context_words["minor"].search(newest) or any(map(self.is_minor, recent[-RECENT:]))):
            category = "minor"
        return dataclasses.replace(worst, category=category)

    # -- finding ---------------------------------------------------------------------------------------------------------
    def _findings(self, text: str, border: int = 0) -> List[Screening]:
        """All findings of a normalised text; with a border only those that lie on both of its sides."""
        found: List[Screening] = []
        for offset, passage in _passages(text):
            if not border or offset < border < offset + len(passage):
                found += self._in_passage(passage, border - offset if border else 0)
        return found + self._pairs_in(text, border)

    def _in_passage(self, text: str, border: int) -> List[Screening]:
        candidates = self._matcher.candidates(text)
        if not candidates:
            return []
        context = _Context(text)
        spans = self._spans(text, candidates, border)
        found: List[Screening] = []
        shields: List[Tuple[int, int]] = []
        for owner, start, end, _ in spans:
            if self._rules[owner].outcome == "none":
                found.append(self._judge(self._rules[owner], context, start, end))
                shields += [(start, end)] if found[-1].rule else []
        hidden = text
        for start, end in shields:
            hidden = hidden[:start] + "#" * (end - start) + hidden[end:]
        if shields:  # what is said beside a harmless phrase counts, even where a longer match began inside it
            spans = self._spans(hidden, candidates, border)
        for owner, start, end, at in spans:
            if self._rules[owner].outcome != "none":
                found.append(self._judge(self._rules[owner], context, start, end, at))
        return found

    def _as_whole(self, text: str) -> List[Screening]:
        """What a text is that says nothing else."""
        said = text.rstrip(" .,?")
        return [Screening(rule.outcome, rule.category, rule.id) for rule, pattern in self._whole if pattern.fullmatch(said)]

    def _spans(self, text: str, candidates: Iterable[int], border: int) -> List[Tuple[int, int, int, int]]:
        """Where the patterns match: the rule, the borders of the match, and where its telling word begins (0: at its start)."""
        spans: List[Tuple[int, int, int, int]] = []
        for number in candidates:
            regex, owner = self._patterns[number]
            for match in itertools.islice(regex.finditer(text), MATCHES):
                if not border or match.start() < border - 1 < match.end():
                    spans.append((owner, match.start(), match.end(), match.start("at") if "at" in regex.groupindex else 0))
        return spans

    def _pairs_in(self, text: str, border: int = 0) -> List[Screening]:
        """Findings of pairs whose halves stand anywhere in the text; with a border, one half on each side of it."""
        possible = set(self._halves.candidates(text))
        possible = {number for number in possible if number ^ 1 in possible}
        if not possible:  # nearly always
            return []
        halves: Dict[int, List[Tuple[int, int]]] = {}
        for offset, passage in _passages(text):
            context = _Context(passage)
            for number in possible.intersection(self._halves.candidates(passage)):
                spans, careful = halves.setdefault(number, []), self._pairs[number // 2].rule.negatable
                for match in itertools.islice(self._half(number).finditer(passage), MATCHES):
                    if not (careful and self._negated(passage, context.clause_start(match.start()), match.start())):
                        spans.append((offset + match.start(), offset + match.end()))
        found = []
        for number, pair in enumerate(self._pairs):
            if border and pair.near:
                continue  # words that must stand near each other stand in one message
            span = _apart(halves.get(2 * number, ()), halves.get(2 * number + 1, ()), border, pair.near)
            if span:
                found.append(self._judge(dataclasses.replace(pair.rule, negatable=False), _Context(text), *span))
        return found

    def _half(self, number: int) -> "re.Pattern[str]":
        pair = self._pairs[number // 2]
        return pair.second if number % 2 else pair.first

    def _across(self, earlier: List[str], newest: str) -> List[Screening]:
        """What only the newest text and earlier ones say together: a sentence in pieces, or the two halves of a pair."""
        found: List[Screening] = []
        first, _, _ = re.split(r" [.?]( |$)", newest + " . ", maxsplit=1)
        before = ""
        goes_on = bool(self._context_words["goes_on"].match(newest))
        for part in reversed(earlier[-2:]):
            last = re.split(r" [.?] ", part.rstrip(" .,?") if goes_on else part)[-1]
            heard = {item.outcome for item in self._in_passage(last, border=0)}
            if "takeover" in heard or "check_in" in heard and not (goes_on or len(newest.split()) <= FEW):
                break  # it spoke for itself and was answered when it came, or was asked about and this is another sentence
            before = f"{last} {before}"
            together = self._in_passage(before + first, border=len(before)) + self._as_whole(before + newest)
            found += [item for item in together if goes_on or item.outcome == "takeover" or "check_in" not in heard]
            if part.endswith((".", "?")):
                break
        joined = " . ".join(earlier) + " . "
        pairs = self._pairs_in(joined + newest, border=len(joined))
        found += [item for item in pairs if item.outcome == "takeover" or item.rule and self.is_sure(item.rule)]
        return [item for item in found if item.outcome != "none"]

    def _judge(self, rule: _Rule, context: _Context, start: int, end: int, at: int = 0) -> Screening:
        """Ask a match what stands around it; ``at`` is where its telling word begins when that is not at the start."""
        text, words = context.text, self._context_words
        left, right = context.sentence(start, end)
        sentence = text[left:right]
        if rule.outcome == "none":
            asks = rule.note == "assault" and words["question"].match(sentence)  # it names what it asks about
            return Screening("none", None, rule.id, rule.note) if not (asks or self._cancelled(rule, sentence)) else NOTHING
        if self._cancelled(rule, sentence):
            return NOTHING
        taken_back = False
        if rule.negatable and not words["but_then"].match(text[end + 1:]) and self._negated(
            text, context.clause_start(start), at or start
        ):
            taken_back = rule.category in _OWN and self._taken_back(text[context.clause_start(start):end], text[end + 1:])
            if not taken_back:
                return NOTHING
        if rule.category in _ENDED and not words["but_one"].match(text[end + 1:]):
            done_by = f"{text[context.clause_start(start):start]}_{text[start:end]}"
            if words["nobody_does"].fullmatch(done_by):
                return NOTHING
        outcome, category = rule.outcome, rule.category
        note_fits = category in _NOTES
        if category == "third_party" and self._is_one_who(text[left:start], text[start:end]):
            category = "suicidal"
        if rule.other and category in _OTHER_SUBJECT:
            subject = self._subject(text[left:start], text[start:end])
            if subject == "people":
                return Screening("none", None, rule.id, "information")
            if subject == "other":
                category = "third_party"
                if words["then_died"].match(text[end:right]) and not words["they_now"].search(sentence):
                    return Screening("none", None, rule.id, "loss")
        saying = text[context.clause_start(start):end]
        now_at, then_at = words["i_now"].match(saying), words["i_then"].match(saying)
        now = now_at and (not then_at or now_at.end() > then_at.end())
        if rule.past and not now and context.says("past", words["past"], left, right) and not context.says(
            "present", words["present"], left, right
        ) and self._past(context, rule, start, end, left, right):
            told = "assault" if category == "abuse" else "history"
            return Screening("none", None, rule.id, told if note_fits else None)
        if rule.ask and words["question"].match(sentence) and not words["i_am_now"].match(text, start) and not (
            left < context.clause_start(start) and words["own_clause"].match(saying)
        ) and not self._beside_question(context, start, end, left, right):
            if context.says("about_care", words["about_care"], left, right) and not (
                text[:start].endswith((" my ", " these ")) or " myself " in f" {text[start:end]} "
            ):
                return Screening("none", None, rule.id, "information" if note_fits else None)
            outcome = "check_in"
        if outcome == "takeover" and (
            context.says("hypothetical", words["hypothetical"], left, right) or any(p.search(sentence) for p in rule.softer)
        ):
            outcome = "check_in"
        return Screening(outcome, category, TAKEN_BACK if taken_back and outcome == "takeover" else rule.id)

    def _taken_back(self, denied: str, after: str) -> bool:
        """Whether a denial is for now only, or no denial at all: "not going to kill myself yet", "not suicidal, I just think of it"."""
        words = self._context_words
        if words["not_yet"].match(after) or words["takes_back"].match(after):
            return True
        return bool(words["for_now"].match(after) and words["deed"].match(denied))

    def _beside_question(self, context: _Context, start: int, end: int, left: int, right: int) -> bool:
        """Whether somebody who began with a question speaks of themselves in the match: "does anyone care gonna kms"."""
        text, words = context.text, self._context_words
        before, match = text[left:start], text[start:end]
        if words["plea"].match(before + match) or words["no_question"].match(text[left:right]):
            return True
        says_it = words["i_say"].fullmatch(before) or (" myself " in f" {match} " and words["intent"].fullmatch(before))
        if says_it and not words["supposed"].fullmatch(before):
            return True
        part, _ = _around([left, *(left + m.end() for m in words["segment_or_and"].finditer(before)), right], start)
        return part > left and bool(words["own_state"].match(text[part:right].lstrip()))

    def _past(self, context: _Context, rule: _Rule, start: int, end: int, left: int, right: int) -> bool:
        """Whether a word for the past in the sentence is about the match, not about something else that was told with it.

        "Suicidal, lost my wife in 2019" says when the wife was lost. What stands in the present itself ("want to die every
        day since childhood") is never over; what stands in the past is ("I tried in 2009"); for the rest the word for the
        past must be in the same part of the sentence, be nothing but a time, or speak of the same thing.
        """
        text, words = context.text, self._context_words
        borders = [left, *(left + m.end() for m in words["segment"].finditer(text[left:right])), right]
        before, after = _around(borders, start)
        window = text[max(before, text.rfind(" ", 0, max(0, start - NEAR)) + 1):end]
        then = max((m.start() for m in words["then_verb"].finditer(window)), default=-1)
        then = len(window) if text.startswith(" attempt", end) else then
        for verb in words["now_verb"].finditer(window):
            if verb.end() > then and not words["then_before"].fullmatch(window[:verb.start()]):
                return False
        if rule.category in _ENDED or rule.outcome == "check_in":
            return True
        if then < 0 and words["since"].match(text[end:after]):
            return False
        for marker in words["past"].finditer(text[left:right]):
            first, last = left + marker.start(), left + marker.end()
            if words["past_topic"].match(text, first) or words["since_when"].fullmatch(text[left:first]):
                continue
            begin, finish = _around(borders, first)
            elsewhere = words["other_event"].fullmatch(text[max(begin, end if first > end else 0):first])
            if rule.category in _BODILY:
                governs = then >= 0 or begin == before or not elsewhere
            elif words["forward"].match(text, first):
                governs = words["it_again"].match(text, last + 1) or last < end and self._reaches(text, last, start, begin == before)
            elif then >= 0:
                governs = True
            elif begin == before:
                governs = not elsewhere or first > end and words["linked"].match(text[end:first].lstrip())
            else:
                time = f"{text[begin:first].lstrip()}_{text[last:finish]}".rstrip(" .,?")
                governs = words["time_only"].fullmatch(time) or words["same_event"].search(text[begin:finish])
            if governs:
                return True
        return False

    def _reaches(self, text: str, last: int, start: int, same_part: bool) -> bool:
        """Whether "used to" or "history of" reaches the match: a list of nouns carries it on, a new predicate does not."""
        words = self._context_words
        if words["begins_anew"].fullmatch(text[last + 1:start + 1]):
            return False
        return bool(words["listed"].match(text, start)) or same_part and " and " not in text[last:start]

    @staticmethod
    def _cancelled(rule: _Rule, sentence: str) -> bool:
        return any(pattern.search(sentence) for pattern in rule.unless) and not any(p.search(sentence) for p in rule.despite)

    def _negated(self, text: str, clause: int, start: int) -> bool:
        """Whether a negation before the match governs it: only words that pass it on may stand between."""
        before = text[clause:start].split()
        if not before and clause and text[:clause].endswith((", ", "or ")):
            before = []
        own_subject = text.startswith("i ", start)
        for position in range(len(before) - 1, max(-1, len(before) - 14), -1):
            word = before[position]
            if own_subject and word not in self._carriers and word not in self._negators:
                return False
            if own_subject and word in self._carriers:
                own_subject = False
                continue
            if word == "not" and position and before[position - 1] in ("can", "could"):
                return False  # "I can't kill myself, I have kids" says why not, not that there is no wish
            if word == "not" and {"how", "why"} & set(before[max(0, position - 4):position]):
                return False  # "tell me why I should not kill myself"
            if word.startswith("deni") and before[position + 1:position + 2] in (["me"], ["us"], ["my"]):
                return False  # "my insurance denied me" denies nothing of the sort
            if word in self._negators:
                return not own_subject and not (word in ("no", "nope") and "i" in before[position + 1:])
            if word == "i":
                own_subject = True
                continue
            if word not in self._transparent:
                return False
        return self._list_negated(text, clause, before)

    def _list_negated(self, text: str, clause: int, before: List[str]) -> bool:
        """ "no depression, psychosis, or suicidal thoughts": the negation reaches over the commas of a list."""
        if not text[:clause].endswith(", ") or not (before[:1] in (["or"], ["nor"]) or not before):
            return False
        if not before and self._context_words["own_predicate"].match(text, clause):
            return False
        head = text[:clause].rstrip(" ,")
        head = head[max(head.rfind(" . "), head.rfind(" ? ")) + 1:]
        return bool(self._context_words["negated_list"].search(head))

    def _subject(self, before: str, match: str) -> str:
        """Who it is about: "self", "other" (a person) or "people" (in general)."""
        if match.startswith(("i ", "me ", "my ", "myself ")):
            return "other" if self._context_words["reported"].search(before) else "self"
        if self._is_one_who(before, match):
            return "self"
        persons = list(self._context_words["person"].finditer(before))
        if not persons:
            return "self"
        last = persons[-1]
        after = f" {before[last.end():]} "
        if " me to " in f"{after.rstrip()} {match}" and "myself" in match or " yourself " in f" {match} ":  # somebody tells them to
            return "self"
        if " i " in after or " like me " in after or " myself " in f" {match} " and " i " in f" {before} ":
            return "self"
        first_person = " myself " in f" {match} " or self._context_words["left_out"].fullmatch(f"{before}_{match}")
        if first_person and not self._context_words["reported"].search(before):
            return "self"
        if last.group().startswith("one of ") or not self._context_words["people"].search(last.group()):
            return "other"
        if before[:last.start()].endswith(("my ", "our ")) and re.match("kids|teens|men|women", last.group()):
            return "other"
        return "people" if self._of_people(before, last, match) else "self"

    def _is_one_who(self, before: str, match: str) -> bool:
        """Whether who writes says it of themselves in the third person: "i am a vet who wants to die", "this old soldier ..."."""
        return bool(self._context_words["one_who"].search(before + match) or self._context_words["this_one"].search(before))

    def _of_people(self, before: str, last: "re.Match[str]", match: str) -> bool:
        """Whether the sentence speaks of people in general, and not of oneself after them: "please tell no one, suicidal"."""
        words, between = self._context_words, before[last.end():]
        told = before[:last.start()].endswith(("tell ", "telling ", "told ")) and not between.startswith((" who", " that", " with"))
        if told or not words["of_people"].match(f"{between.lstrip()}{match}"):
            return False
        border = list(words["segment_or_and"].finditer(between))
        return not border or not words["own_state"].match(f"{between[border[-1].end():].lstrip()}{match}")

    def _worst(self, found: Iterable[Screening]) -> Screening:
        def weight(item: Screening) -> Tuple[int, int, int, bool]:
            return (*_rank(item), bool(item.rule) and self.is_sure(item.rule))

        return max([NOTHING, *found], key=weight)

    # -- building --------------------------------------------------------------------------------------------------------
    def _compile(self, name: str, pattern: str) -> Pattern:
        try:
            return compile_pattern(pattern, self._macros)
        except (re.error, KeyError, ValueError) as error:
            raise SafetyDataError(f"{name}: {pattern!r}: {error}") from error

    def _rule(self, entry: Mapping[str, Any]) -> _Rule:
        if entry["outcome"] not in OUTCOMES or entry.get("category") not in (None, *CATEGORIES):
            raise SafetyDataError(f"{entry['id']}: unknown outcome or category")
        unless, despite, softer = (
            tuple(self._compile(entry["id"], p).regex for p in lines(entry.get(key))) for key in ("unless", "despite", "softer")
        )
        return _Rule(entry["id"], entry.get("category"), entry["outcome"], entry.get("note"), entry.get("negatable", True),
                     entry.get("past", True), entry.get("ask", True), entry.get("other", True), entry.get("sure", False), unless, despite, softer)

    def _add(self, entry: Mapping[str, Any]) -> set:
        rule, vocabulary = self._rule(entry), set()
        self._rules.append(rule)
        for pattern in lines(entry["patterns"]):
            compiled = self._compile(rule.id, pattern)
            vocabulary |= words_in(pattern)
            self._matcher.add(compiled)
            self._patterns.append((compiled.regex, len(self._rules) - 1))
        return vocabulary

    def _add_pair(self, entry: Mapping[str, Any]) -> set:
        halves = ["|".join(f"(?:{p})" for p in lines(entry[key])) for key in ("first", "second")]
        rule = self._rule({"negatable": False, **entry})
        first, second = (self._compile(entry["id"], half) for half in halves)
        self._pairs.append(_Pair(rule, first.regex, second.regex, int(entry.get("near", 0))))
        self._halves.add(first), self._halves.add(second)
        return set().union(*(words_in(half) for half in halves))

    def _add_whole(self, entry: Mapping[str, Any]) -> set:
        patterns = lines(entry["patterns"])
        compiled = self._compile(entry["id"], "{lead}(?:" + "|".join(f"(?:{pattern})" for pattern in patterns) + "){tail}")
        self._whole.append((self._rule(entry), compiled.regex))
        return set().union(*map(words_in, patterns))

    def _blank(self, text: str) -> str:
        for number in self._idioms.candidates(text):
            text = self._idiom_patterns[number].sub("_", text)
        return text


def misspellings(words: Mapping[str, Any]) -> Dict[str, str]:
    """Each misspelling that ``words.yml`` knows, with the word meant."""
    return {wrong: right for right, forms in (words.get("misspelt") or {}).items() for wrong in forms.split()}


def _with_pressure(text: str) -> str:
    """The text with a word for a dangerous blood pressure reading, so that rules can speak of it: "200/110", "190 over 100"."""
    def word(match: "re.Match[str]") -> str:
        upper, lower = int(match[1]), int(match[2])
        plausible = 60 <= upper <= 260 and 30 <= lower <= 160 and lower < upper <= 3 * lower  # "Advair 250/50" is none
        return f" {DANGEROUS} " if plausible and (upper >= HIGHEST[0] or lower >= HIGHEST[1]) else match[0]

    return _UPPER.sub(lambda m: f"blood pressure {DANGEROUS} ", _PRESSURE.sub(word, text))


def _around(borders: Sequence[int], position: int) -> Tuple[int, int]:
    """The part between two borders in which a position lies."""
    return max(b for b in borders if b <= position), min((b for b in borders if b > position), default=borders[-1])


def _passages(text: str) -> Iterator[Tuple[int, str]]:
    """Sentences with their offsets; a run of words without an end is read in overlapping windows."""
    start = 0
    for match in re.finditer(r" [.?](?= |$)|$", text):
        end = match.end()
        while end - start > LONGEST_PASSAGE:
            cut = text.rfind(" ", start, start + LONGEST_PASSAGE)
            if cut <= start:
                break
            yield start, text[start:cut]
            start = max(start + 1, text.find(" ", cut - OVERLAP) + 1)
        if end > start:
            yield start, text[start:end]
        start = end + 1


def _apart(first: Sequence[Tuple[int, int]], second: Sequence[Tuple[int, int]], border: int, near: int) -> Optional[Tuple[int, int]]:
    """The span over one of each that do not overlap and, where a border is given, lie on different sides of it."""
    for a in first:
        for b in second:
            if near and max(a[0], b[0]) - min(a[1], b[1]) > near:
                continue
            if (a[1] <= b[0] or b[1] <= a[0]) and (not border or (a[0] < border) != (b[0] < border)):
                return min(a[0], b[0]), max(a[1], b[1])
    return None


def _rank(item: Screening) -> Tuple[int, int, int]:
    order = CATEGORIES.index(item.category) if item.category in CATEGORIES else len(CATEGORIES)
    return OUTCOMES.index(item.outcome), -NOTES.index(item.note) if item.note else -9, -order
