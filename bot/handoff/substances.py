"""What a person says about their medicines and allergies where the history asks for them, one row a substance.

Names, and what is said about them, are read by the reader of `bot.intake.mentions`; here it is known what was asked. So a
bare name is a medicine taken or an allergy, a name that nobody knows stays in the person's words, and what only tells
about a substance ("it helps a bit", "got a rash") goes with it. Cautious, because a missed benzodiazepine does more harm
than one question too many: what is not clearly past, denied or a relative's counts as now.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from bot.intake.mentions import CONDITION, GIVES_A_RELATIVE, MEDICATION, RELATIVE, TOKEN, MentionReader

MEDICINES, ALLERGIES = "medicines", "allergies"

_SEPARATOR = re.compile(
    r"[,;\n•|()\[\]]+|(?<!\bst)\.(?=\s|$)|\s+(?:and|plus|also|then|but|because|&|\+)\s+|\s[-–—]\s", re.IGNORECASE
)
_NOTHING = re.compile(
    r"^\W*(?:(?:i\s+)?(?:(?:take|use|have|am\s+on)\s+)?(?:no|none|nothing)|nil|nope|n/?a|nka|nkda|not?\s+any(?:thing)?|zero|"
    r"(?:i\s+)?(?:do\s*n[o']?t|don’t)\s+(?:take|have|use)\s+any(?:thing|\s+\w+)?|"
    r"(?:i(?:\s+am|['’]?m)\s+)?not\s+(?:taking|on|allergic\s+to)\s+any(?:thing|\s+\w+)?|"
    r"(?:i(?:\s+am|['’]?m)\s+)?allergic\s+to\s+(?:nothing|none)|"
    r"(?:i\s+have\s+)?no\s+(?:known\s+|drug\s+|other\s+|current\s+|real\s+)*"
    r"(?:allerg(?:y|ies)|meds|medicines?|medications?|drugs|pills|supplements|issues|problems|reactions)|"
    r"not\s+that\s+i(?:\s+am|['’]?m)\s+aware\s+of|never\s+had\s+an?y?\s+(?:allergic\s+)?reactions?(?:\s+to\s+anything)?)"
    r"(?:\s+(?:known|at\s+all|that\s+i\s+know(?:\s+of)?|right\s+now|currently|really|at\s+the\s+moment))*\W*$",
    re.IGNORECASE,
)
# "No meds just weed": the "no" ends here.
_NOTHING_BUT = re.compile(
    r"\b((?:no|not|nothing|none)\b(?: (?!just\b|only\b)\w+){0,3}) (?=(?:just|only)\b)", re.IGNORECASE
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|without|nor|neither|denies|\w+n['’]t|dont|doesnt|cant|wont)\b", re.IGNORECASE
)
# "Lisinopril 20, no wait, losartan": what stands before was not meant, and the "no" is about that; but not "wait, also Xanax".
_CORRECTION = re.compile(
    r"\b(?:(?:no|oh|oops|sorry)[\s,]+)*(?:wait|scratch that|correction|i meant?|my mistake)\b(?:[\s,]+(?:no|sorry|it(?:['’]?s| is| was)))*(?:[\s,.:-]+(?=\w)|$)"
    r"(?!(?:i )?(?:also|and|plus|there|forgot|too|one more|to)\b)",
    re.IGNORECASE,
)
# "I don't take it every day": the "no" is not about taking it
_STILL_TAKEN = re.compile(
    r"\b(?:regularly|always|every\s?day|daily|often|as prescribed|enough|helping|work(?:s|ing)?|(?<!anything )(?<!nothing )like|sure)\b",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"\b(?:stopped|quit|no more(?! than)|used to|formerly|previously|in the past|no longer|discontinued|weaned|tapered|came off|went off|"
    r"got off|off of|was on|were on|was taking|had(?! (?:me|to)\b)|took|tried|ago|last (?:year|summer|winter|spring|fall)|any ?more|"
    r"off|ended|finished|completed|done with|did|swapped|dropped|ditched|replaced|gave up|(?:nothing|none of (?:them|these|those)) (?:ever )?(?:worked|helped)|in (?:the )?(?:19|20)?\d0['’]?s|(?:19|20)\d\d ?(?:-|–|to|until|till|through) ?(?:19|20)\d\d|instead of|rather than|switched|changed|history of|until (?:last|recently|(?:19|20)\d\d|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)\w*)\b|before that|(?:prior|past) (?:med|treat)\w*|when i was|as a (?:kid|child|teen\w*))\b",
    re.IGNORECASE,
)
# Behind the name, or in a remark, fewer words tell of an end ("Ativan, tried half at first"), and not "can't just quit".
_ENDED_BEHIND = re.compile(
    r"^(?:(?!\b(?:no|not|never|to)\b|n['’]?t\b).)*\b(?:(?:stopped|quit)(?! (?:working|helping))|discontinued|"
    r"(?:came|went|got|weaned|tapered|been) off|ended|(?:finished|done)(?: with)?|used to|(?!(?:min(?:ute)?s?|h(?:ou)?rs?|days?|nights?)\b)\w+ ago|last year)\b|\bno longer\b|\b(?:no|any) ?more\b",
    re.IGNORECASE | re.DOTALL,
)
_NEVER_BEHIND = re.compile(
    r"\b(?:never|(?:did|have)(?: not|n['’]?t)(?: ever)?) (?:actually |really |even )?(?:took|take|taken|tried|try|used?|started?|filled?|picked)\b"
    r"(?! (?:it |them )?(?:more|every|regularly|as|enough|with|again|often|daily))",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\b(?:still|again|restart\w*|back on|these days|currently|today|yesterday|tonight|last night|this (?:morning|week))\b",
    re.IGNORECASE,
)
_DOSE_OR_TIME = re.compile(
    r"\d|\b(?:daily|nightly|prn|as needed|every|sometimes|occasionally|when|if|for|before|at (?:night|bedtime))\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\?|\b(?:not sure|unsure|maybe|might|i think|possibly|perhaps|don['’]?t know|idk)\b", re.IGNORECASE
)
# "Does that mix with ketamine": the treatment is asked about, not taken.
_ASKS = re.compile(r"^(?!(?:and )?so (?:do|am) i\b)(?:(?:and|but|so|also)\s+)?(?:does|do|can|could|is|are|will|would|should|what|how)\s", re.IGNORECASE)
_TREATMENT = "ketamine"
# "Can I keep taking Xolair": that it is asked about does not lose a name that nobody knows.
_ASKS_TO_TAKE = re.compile(
    r"\b(?:tak(?:e|ing)|stop(?:ping)?|stay(?:ing)? on|quit|skip|hold)\s+(?:(?:my|the|taking)\s+)*(?!med|pill|drug|treat|supplement)",
    re.IGNORECASE,
)

_I = re.compile(r"\b(?:i|i['’]?m|i['’]?ve|me|myself|us|we|both)\b", re.IGNORECASE)
# "My husband's Ambien sometimes": whose it is does not tell who takes it.
_RELATIVES_OWN = re.compile(rf"\b{RELATIVE}['’]s\s+(?:\w+\s+)?$", re.IGNORECASE)
_SOMETIMES = re.compile(r"\b(?:sometimes|occasionally|now and (?:then|again)|once in a while|when|if|to sleep)\b", re.IGNORECASE)

_ALLERGIC_TO = re.compile(
    r"\ballergic to\b|\ballerg(?:y|ies) to\b|\breactions? to\b|\b(?:can['’]?t|cannot) (?:tolerate|take|have|use)\b", re.IGNORECASE
)
_REACTION = re.compile(
    r"\ballerg|\breact|\bhives\b|\brash|\bswell|\bswollen|\banaphyla|\bitch|\bintoleran|\bsensitiv|\bbr(?:eak|oke)\w* out\b|"
    r"\b(?:makes?|made|gives?|gave|causes?|caused)\b|\bsick\b|\bvomit|\bthr[eo]w\w* up\b|\bnause|\bdizz|\bbreath",
    re.IGNORECASE,
)
_HARM = re.compile(
    r"\bsick\b|\bvomit|\bthr[eo]w\w* up\b|\bpuk|\bnause|\bdizz|\bbreath|\bhives\b|\brash|\bswell|\bswollen|\bitch|\bpanic|\bfreak|\bfaint|"
    r"\bpass(?:ed)? out\b|\bseiz|\bblack(?:ed)? out\b|\bbad (?:trip|reaction|time)|\breact(?:ed)? badly|\b(?:awful|terrible|horrible|terrifying)\b",
    re.IGNORECASE,
)
_TAKEN = re.compile(r"\b(?:take|taking|carry|carrying|use|using|keep|on|have an?)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_RESCUE = "epinephrine"  # what is carried against an allergy
_NOT_ALLERGIC = re.compile(
    r"\b(?:not|isn['’]t|never|no)\b[^,;.]*\b(?:allerg|react)|\b(?:is|are)? ?(?:ok|okay|fine|no)\W*$|(?<!not )\b(?:ok|okay|fine) with\b|"
    r"^\W*(?:(?:no(?:ne|t|thing)?|nope) to (?:any )?(?:meds?|medic\w+|drugs?|pills|foods?|latex|tape)|no (?:foods?|medic\w+))\b(?!.*\b(?:but|except)\b)",
    re.IGNORECASE,
)
_NOT_THIS = re.compile(r"\W*(?:(?:but|just|only)\s+)?not\s+(?:to\s+)?", re.IGNORECASE)  # "shellfish, not penicillin"
# "No meds", "not allergic to any foods": a "no", but not to every allergy.
_NOT_ALL_ALLERGIES = re.compile(
    r"\b(?:take|taking|use|on|meds|medicines?|medications?|drugs|pills|supplements)\b|"
    r"\bany\s+(?!(?:allerg|known|at|that|right|currently|really)\w*)\w",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^\d[\d.,/-]*(?:mgs?|mcg|ug|g|ml|iu|units?|x|st|nd|rd|th|am|pm|s|k|yrs?|hrs?)?$")


@dataclass(frozen=True)
class Substance:
    """A substance that was named. ``name`` is the generic name, or the person's words where it is not known."""

    name: str
    words: str
    status: str  # current, past, negated, allergy, family, unsure
    known: bool
    allergen: bool


@dataclass(frozen=True)
class _Row:
    """Where a substance stands: its part of the answer, its name in there, and the end of what is said of it."""

    name: str
    known: bool
    begin: int
    stop: int
    name_begin: int
    name_stop: int
    said_stop: int
    reading: str


def substances(text: str, asked: str, reader: MentionReader, remarks: Collection[str]) -> list[Substance]:
    """What a person wrote when they were asked for their medicines or allergies, in order.

    Args:
        asked: MEDICINES or ALLERGIES.
        reader: with the lexicon that knows the answers' names.
        remarks: words that tell about a substance and name none, in lower case without apostrophes.
    """
    found: list[Substance] = []
    meant = _NOTHING_BUT.sub(r"\1;", _CORRECTION.sub(lambda said: ";".ljust(len(said.group())), text))
    rows = _rows(meant, asked, reader, remarks)
    corrected = {max(before, key=lambda row: row.name_begin).name_begin for before in _before_corrections(text, rows)}
    for before, row in zip([None, *rows], rows, strict=False):
        words = _words(text, row.begin, row.said_stop)
        status = _allergy(meant, row) if asked == ALLERGIES else _medicine(meant, row)
        if row.name_begin in corrected and status not in ("negated", "family"):
            status = "unsure"
        substance = Substance(row.name, words, status, row.known, asked == ALLERGIES or status == "allergy")
        if asked == ALLERGIES and _is_a_remedy(text, row):
            substance = replace(substance, status="current", allergen=False)
        taken_back = status == "negated" and before is not None and before.name_begin in corrected  # "Xanax, wait, not Xanax"
        if found and found[-1].name == substance.name and (found[-1].status == substance.status or taken_back):  # "sertraline (Zoloft)"
            begin = text.index(found[-1].words)
            substance = replace(substance, words=_words(text, begin, row.said_stop))
            found.pop()
        found.append(substance)
    return found


def _before_corrections(text: str, rows: Collection[_Row]) -> Iterator[list[_Row]]:
    """What was named before each correction behind which another is named."""
    for said in _CORRECTION.finditer(text):
        before = [row for row in rows if row.name_stop <= said.start()]
        if before and any(row.name_begin >= said.end() for row in rows):
            yield before


def denies_allergies(text: str) -> bool:
    """Whether every part of what a person wrote about their allergies says that there are none."""
    parts = [text[begin:stop] for begin, stop in _parts(text)]
    return bool(parts) and all(
        _NOTHING.match(part) and not _is_unsure(part) and not _NOT_ALL_ALLERGIES.search(part) for part in parts
    )


def _rows(text: str, asked: str, reader: MentionReader, remarks: Collection[str]) -> list[_Row]:
    parts = list(_parts(text))
    plain = _without_denials(text, parts)
    mentions = reader.read(plain)
    rows: list[_Row] = []
    open_remarks: list[tuple[int, int]] = []
    for begin, stop in parts:
        part = text[begin:stop]
        asks = bool(_ASKS.match(part))
        inside = [m for m in mentions if begin <= m.start < stop]
        named = [m for m in inside if m.entity == MEDICATION]
        named = [m for m in named if not (asks and m.value == _TREATMENT)]
        rows += [_Row(m.value, True, begin, stop, m.start, m.end, stop, m.status) for m in named]
        if named or _NOTHING.match(part) and not _is_unsure(part):
            continue
        unknown = _unknown(text, begin, stop, [(m.start, m.end) for m in inside], remarks)
        # Which medicines somebody takes a question does not tell, but it may name an allergy: "does latex count?"
        if asks and asked == MEDICINES and not {m.end() for m in _ASKS_TO_TAKE.finditer(text, begin, stop)} & {*unknown}:
            continue
        if unknown:
            status = reader.status(plain, unknown[0], unknown[-1])
            rows.append(_Row(part, False, begin, stop, unknown[0], unknown[-1], stop, status))
        elif rows:
            rows[-1] = replace(rows[-1], said_stop=stop)
        elif not any(m.entity == CONDITION for m in inside):
            open_remarks.append((begin, stop))
    if open_remarks and not rows:  # "I don't know what they are called"
        begin, stop = open_remarks[0][0], open_remarks[-1][1]
        rows = [_Row(text[begin:stop], False, begin, stop, begin, stop, stop, "unsure")]
    return rows


def _parts(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for separator in [*_SEPARATOR.finditer(text), None]:
        stop = separator.start() if separator else len(text)
        part = text[begin:stop]
        if re.search(r"\w", part):
            left = len(part) - len(part.lstrip(" \t.-–—:*"))
            yield begin + left, begin + len(part.rstrip(" \t.-–—:*"))
        begin = separator.end() if separator else stop


def _without_denials(text: str, parts: Collection[tuple[int, int]]) -> str:
    """"No other meds, Xanax 1 mg": the no is a whole answer and does not reach over what follows."""
    for begin, stop in parts:
        if _NOTHING.match(text[begin:stop]):
            text = text[:begin] + " " * (stop - begin) + text[stop:]
    return text


def _unknown(
    text: str, begin: int, stop: int, known: Collection[tuple[int, int]], remarks: Collection[str]
) -> list[int]:
    """Where the words stand that may be a name: neither remarks, nor numbers, nor known conditions."""
    spots = []
    for token in TOKEN.finditer(text, begin, stop):
        word = token.group().lower().replace("’", "'").replace("'", "")
        if not (word in remarks or _NUMBER.match(word) or any(a <= token.start() < b for a, b in known)):
            spots += [token.start(), token.end()]
    return spots


def _medicine(text: str, row: _Row) -> str:
    before, behind = text[row.begin : row.name_begin], text[row.name_stop : row.said_stop]
    part = text[row.begin : row.stop]
    # What is said of one before it reaches over a bare name, not over one with a dose of its own.
    bare = not _DOSE_OR_TIME.search(part)
    if row.reading == "family" and not _is_own(text, row):
        named_here = re.search(RELATIVE, part, re.IGNORECASE)
        perhaps_own = _RELATIVES_OWN.search(before) and _SOMETIMES.search(part) if named_here else not bare
        return "unsure" if perhaps_own else "family"
    if row.reading == "allergy" and _ALLERGIC_TO.search(text[row.begin : row.said_stop]):
        return "allergy"
    if row.reading == "unsure" or _is_unsure(part):
        return "unsure"
    if _NEVER_BEHIND.search(behind):
        return "negated"
    said = text[row.begin : row.said_stop]
    again = _AGAIN.search(said) and not re.search(r"\b(?:stopped|finished)\b", before, re.IGNORECASE)
    if _ENDED_BEHIND.search(behind) and not again:
        return "past"
    denied = _NEGATION.search(text[: row.stop] if bare and not again else part)  # by a no of its own, or before a bare name
    if row.reading == "negated" and denied and not _STILL_TAKEN.search(part):
        return "negated"
    if row.reading == "past" and not again and _ENDED.search(text[: row.said_stop] if bare else said):
        return "past"
    return "current"


def _is_own(text: str, row: _Row) -> bool:
    """Behind the name of a relative's substance they speak of themselves: "my mom is on Xanax and so am I"."""
    remark = text[row.stop : row.said_stop]
    return bool(_I.search(text[row.name_stop : row.stop]) or _I.search(remark) and not _NEGATION.search(remark))


def _allergy(text: str, row: _Row) -> str:
    part, behind = text[row.begin : row.stop], text[row.name_stop : row.stop]
    relatives = row.reading == "family" or GIVES_A_RELATIVE.search(behind)
    if relatives and not _is_own(text, row):
        return "family"
    if _is_unsure(part) or row.reading == "unsure":
        return "unsure"
    if not (_NOT_ALLERGIC.search(part) or _NOT_THIS.fullmatch(text[row.begin : row.name_begin])):
        return "allergy"
    return "unsure" if _tells_of_harm(text[row.name_stop : row.said_stop]) else "negated"


def _tells_of_harm(said: str) -> bool:
    """"Not allergic to ketamine, but it made me throw up": no allergy as they say, and to be asked about."""
    return any(not _NEGATION.search(said[: harm.start()]) for harm in _HARM.finditer(said))


def _is_a_remedy(text: str, row: _Row) -> bool:
    """Taken, not an allergen: "bees, I carry an EpiPen", "cats, I take Zyrtec"."""
    before, said = text[row.begin : row.name_begin], text[row.begin : row.said_stop]
    if not row.known or row.reading == "family" or _NEGATION.search(before) or _REACTION.search(said):
        return False
    return row.name == _RESCUE or bool(_TAKEN.search(before))


def _is_unsure(part: str) -> bool:
    return bool(_UNSURE.search(part) or _ASKS.search(part))


def _words(text: str, begin: int, stop: int) -> str:
    words = text[begin:stop]
    return words + ")" if words.count("(") > words.count(")") and text[stop : stop + 1] == ")" else words
