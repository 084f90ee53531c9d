"""Is a typed text a yes, a no, "I don't know" or "I'd rather not say"?

People answer a yes-or-no question with a sentence. A clear word at its start decides ("yes, since 2019"), unless the
rest takes it back ("no, but I used to", "yes and no"): then nothing is decided and the person is asked. "Not sure" is
never a no. A lean ("I think so", "not that I know of") is reported as such, because it will do for a history and not
for a consent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import FrozenSet, Optional

from bot.intake.relatives import CLOSE

YES, NO, UNSURE, DECLINED = "yes", "no", "unsure", "declined"


@dataclass(frozen=True)
class Reading:
    """What was read: ``meaning``, whether it was only a lean, and whether it is merely an agreement ("ok", "sure")."""

    meaning: str
    lean: bool = False
    agreement: bool = False


def _set(text: str) -> FrozenSet[str]:
    return frozenset(part.strip() for part in text.split("|") if part.strip())


_YES_WORDS = _set(
    "yes|y|ye|yea|yeah|yeahh|yeh|yep|yepp|yup|yupp|yah|ya|yas|yess|yse|yeas|affirmative|correct|true|definitely|absolutely"
    "|certainly|indeed|si|sí|👍|✅|✔|yessir|uhhuh|mhm|mmhmm|yus|totally|exactly|positive"
)
_NO_WORDS = _set("no|n|nope|nop|noo|nah|nahh|naw|nay|never|negative|false|neither|nein|👎|❌|non|nada|none")
_AGREE = _set(
    "ok|okay|k|kk|sure|fine|agree|agreed|i agree|i accept|accept|accepted|i consent|consent|i understand|understood"
    "|understand|got it|of course|alright|all right|sounds good|that's fine|that's ok|that's okay|thats fine|go ahead"
    "|sure thing|go for it|please do|no problem|no worries|i do agree|fine by me|fine with me|you can|you may|works for me"
    "|that works|be my guest|by all means|feel free|yes please|please|why not|not a problem|happy to|i am ok with that|i'm ok with that|i'm fine with that|ok with me|okay with me"
    "|claro|claro que sí|claro que si|sí claro|si claro|por supuesto|de acuerdo|está bien|esta bien|vale|por favor|sí por favor|si por favor"
)
_DISAGREE = _set(
    "i don't agree|i do not agree|i disagree|disagree|i do not accept|i don't accept|i decline|i refuse"
    "|i don't consent|i do not consent|please don't|please do not|don't|do not|you can't|you may not"
)
_YES_PHRASES = _set(
    "i do|i have|i am|i was|i did|i can|i would|i will|i've|that's right|thats right|that is right|that's correct|right"
    "|uh huh|mm hmm|yes sir|yes ma'am|yes maam|of course|very much|very much so|i sure do|i sure have|oh yes|oh yeah"
    "|for sure|always have|it is|it does|it has|it was|he is|she is|i have been|i have had|i have it|i do have it|i had|it did"
)
_NO_PHRASES = _set(
    "i don't|i do not|i dont|i haven't|i have not|i havent|i didn't|i did not|i wasn't|i was not|i'm not|i am not|im not"
    "|i can't|i cannot|i wouldn't|i won't|i never have|i never did|i have never|i've never|i've not|i never had"
    "|i don't have|i do not have|i don't have it|i do not have it|i don't have that|i don't have any|i haven't had any"
    "|i haven't had that|not at all|not me|never had|never have|never did|none of those|none of these|none of them|none of that"
    "|none at all|nothing|nothing at all|nothing like that|oh no|absolutely not|definitely not|certainly not|of course not|no way|it isn't"
    "|it is not|it's not|it doesn't|it hasn't|it wasn't|neither of those|i have none|no sir|no ma'am|no maam|not ever"
    "|i'm not suicidal|im not suicidal|i am not suicidal|not suicidal|not once|not ever in my life|never in my life|not in my life|i don't want that|i have not had any|there isn't|no one|nobody"
)
_LEAN_NO = _set(
    "i don't think so|i do not think so|don't think so|i dont think so|not that i know of|not that i know"
    "|not that i'm aware of|not that i am aware of|not that im aware of|not as far as i know|not to my knowledge"
    "|none that i know of|not that i remember|not that i recall|not that i can remember|not that i can think of"
    "|i believe not|i guess not|i think not|not officially|never been told|i've never been told|never told that"
    "|i have never been told|nobody told me that|nobody ever told me that|no one ever told me that|not diagnosed"
    "|not really|not exactly|not at the moment|not at this time|not currently|not presently|not now|not right now|not yet"
    "|not today|not anymore no|not lately|not recently|not in a while|not much|not often|hardly ever|rarely|hardly"
)
_LEAN_YES = _set(
    "i think so|i believe so|i guess so|i guess|i suppose|i suppose so|think so|i'm pretty sure|pretty sure"
    "|i am pretty sure|as far as i know|i would say so|i'd say so|i would think so"
)
_UNSURE = re.compile(
    r"\b(?:not (?:really |quite |entirely |totally |100% |100 |completely |too |so |very )?(?:sure|certain|positive)"
    r"|(?:un|in)sure|uncertain|i'?m unsure|idk|dunno|don'?t (?:really |quite |actually )?(?:know|remember|recall)"
    r"|do not (?:really |actually )?(?:know|remember|recall)|dont know|no (?:idea|clue)|not a clue"
    r"|(?:can'?t|cannot|cant|couldn'?t) (?:really )?(?:say for sure|remember|recall|tell|be sure|say for certain)"
    r"|hard to (?:say|tell|know)|who knows|i forget|i forgot|maybe|perhaps|possibly|probably(?: not)?|(?:un|most |very )?likely|i doubt it|might be|could be|it depends|depends"
    r"|i wonder|haven'?t (?:checked|been checked|been tested)|no sé|no se|unknown)\b|^(?:\?+|unsure|i might|i may)$"
)
_DECLINED = re.compile(
    r"\b(?:(?:i )?(?:would |'d |do )?(?:prefer|rather|choose) not(?: to)?(?: say| answer| share| tell| disclose| discuss)?"
    r"|rather (?:skip|pass)|(?:don'?t|do not|dont) (?:want|wish|care) to (?:say|answer|share|tell|discuss|talk about)"
    r"|(?:not|isn'?t) (?:comfortable|ready) (?:answering|saying|sharing|to answer|to say|to share)"
    r"|(?:rather|prefer to) (?:keep (?:that|it|this) (?:to myself|private)|not go (?:into|there)\b.*)|(?:prefer|rather) not (?:to )?(?:go|get) (?:into|there)"
    r"|(?:not|won'?t|refuse to) (?:be |gonna |going to |about to )?(?:tell|say|answer|shar)(?:ing|e)?(?: (?:you|u|that|this|it))?"
    r"(?=$|[,.;])"
    r"|no comment|(?:none of|not) your (?:business|concern)|too personal|decline(?:d)? to (?:answer|say|state)"
    r"|pass on (?:this|that)|skip (?:this|that|it))\b"
    r"|^(?:skip|pass|next|declined?|pnts|i (?:decline|pass)|(?:(?:it|that)'?s )?(?:private|personal)|my business)$"
)
_TURN = re.compile(
    r"\b(?:but|although|though|however|except|unless|used to|yes|yeah|yep|no|nope|never mind|nevermind|wait|actually|sometimes"
    r"|only|if|until|anymore|any more|scratch that|maybe|perhaps|possibly|probably|kind of|sort of|once|was|were|had|did)\b"
)
_TURN_YES = re.compile(
    r"\b(?:no|nope|nah|not (?:really|me|sure|true)|never mind|nevermind|wait|scratch that|maybe|perhaps|possibly|unless"
    r"|except|don'?t|do not)\b"
)
_LOST = re.compile(r"\b(?:sure|know|understand|certain|clue|idea) (?:of )?(?:what|which|how|why) (?:you|that|this|it|the|do|to|is)\b")
# not "go ahead and ask me": that is no answer to what may be kept
_GO_AHEAD = re.compile(
    r"(?:please )?(?:go ahead and|feel free to) (?:keep|share|store|save|use|contact|reach|call|text|e-?mail|message|leave|send|write)\b"
    r"|(?:sure|ok|okay|fine)[ ,]+(?:keep|share|call|text|leave|send) (?:one|it|them|me|that)$"
)
_CONTACT_OR_KEEP = r"(?:text|txt|call|phone|ring|leave|send|contact|e-?mail|message|keep|share|save|store|use|record|write|do)"
_FORBIDS = re.compile(
    rf"(?:(?:please|pls|kindly|and) )*(?:don'?t|do not|never) (?:you |ever )?{_CONTACT_OR_KEEP}\b"
    r"|(?:i'?d |i would )?(?:much )?(?:rather|prefer) (?:that )?(?:you|they|it|the team|nobody|no one) (?:didn'?t|don'?t|did not|do not|not)\b"
)
_ALLOWS = re.compile(
    r"(?:(?:a |an |the |my )?(?:texts?|texting|txts?|sms|voice ?mails?|(?:voice )?messages?|calls?|e-?mails?|it|that|this|one)(?:'?s| is| are| would be| will be|'?d be| works?)?"
    r" (?:always |totally |perfectly |all |just |also |only )?(?:fine|ok|okay|good|alright|all right|cool|great|best|better|acceptable|no problem)"
    rf"|(?:you|u|they|the team|anyone there) (?:can|may|could)|(?:please )?(?:text|txt|call|leave|send) (?:me|one|it|a \w+|us)|(?:fine|ok|okay) to {_CONTACT_OR_KEEP}"
    r"|go right ahead|(?:is |'?s )?fine (?:by|with|for) me)\b"
)
_AGREES_FIRST = re.compile(r"(?:ok|okay|okey|k|kk|sure|fine|alright|all right|got it)[ ,]+(?=\w)")
_STILL_NO = re.compile(r"^(?:never|not|none|nothing|nope|no|nada|i (?:don't|do not|haven't|have not|never|didn't)|i've (?:never|not))\b")
# what goes on with a list: "no chest pain, no heart attack", "no, and no thoughts of it either"
_NO_LIST = re.compile(
    r"(?P<first>[^,;.]{0,60}?)(?:(?:^|[,;.] ?)(?:and |or )?no (?!one\b|that|it\b|wait|longer|doubt|i\b)\w+(?: (?!(?:i|just|but|only|he|she|though)\b)\w+){0,4})+"
    r"(?:[,;.] ?(?:nothing|none)(?: \w+){0,2})?"
)
_TAKES_BACK = re.compile(
    r"\b(?:but|although|though|however|except|unless|used to|yes|yeah|yep|sometimes|once|wait|actually|until|any ?more|only"
    r"|scratch that|(?:with|on|thanks to|since) (?:my |the |taking )?(?:pills?|meds|medicines?|medications?|tablets?|treatment)|under control|(?:well|it'?s|its) controlled"
    r"|not since (?:i|my|the|they|we))\b"
)
# said around a yes or a no, and about neither: "good heavens no", "no, it's low if anything", "no, I can't, I don't know how to text"
_EXCLAIMED = re.compile(
    r"^(?:(?:good|my|oh|thank|thanks to|the) )*(?:heavens?|goodness|gosh|god|lord|gracious|dear|hell|heck|boy|man|jeez|geez|wow|haha?"
    r"|thankfully|luckily|fortunately|unfortunately|sadly|why|tbh|to be honest|ah|eh|and)[\s,.]+(?=(?:yes|yeah|yep|no|nope|nah|not|never|of course)\b)"
)
_BESIDE_THE_POINT = re.compile(
    r"\bif anything\b|\bknock on wood\b|\b(?:but )?(?:thanks?|thank you)(?: (?:for asking|god|goodness))?\b|\bbut (?:only|just )?not (?:for )?me\b"
    r"|\b(?:i )?(?:don'?t|do not|dont) know how to (?!answer|say|tell|put|explain|take|respond|reply)\w+"
)
_RELATIVES = (
    rf"(?:{CLOSE}|mama|papa|brothers|sisters|fianc[eé]+|ex|sons|daughters|kids?|children|uncles|aunts|cousins"
    r"|grand(?:ma|pa|mother|father|parents?|son|daughter)|in-laws?|family|friends|buddy|neighbou?r)"
)
SOMEBODY_ELSE = re.compile(rf"\b(?:my|our|his|her|their) (?:[\w-]+ ){{0,2}}{_RELATIVES}\b")
ME = re.compile(r"\b(?:i|i'?m|im|i'?ve|ive|i'?d|i'?ll|me|mine|myself|we|us)\b")
_I_AM_WELL = re.compile(r"(?:i'?m|i am|mine'?s|mine is|my own is) (?:fine|ok|okay|good|healthy|all good|well)\b")
_OPINION = re.compile(
    r"\b(?:say|says|said|think|thinks|thought|tells?|told|swears?|claims?|worr\w+|disagree\w*|insists?|suspects?|believes?)\b"
)
_CLOSING = re.compile(
    r"^(?P<said>.+?)(?P<joined>[\s,;.:–—-]+(?:and |but |so |then |i'?d say |i would say |put |(?:so )?(?:that'?s|its|it'?s) an? )*)"
    r"(?P<word>yes|yeah|yea|yep|yup|no|nope|nah)$"
)
NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|without|cannot|(?:is|are|was|were|do|does|did|ca|wo|would|could|should|have|has|had|ai)n'?t)\b"
)
_SAYS_YES = re.compile(r"\b(?:yes|yeah|yep|yup)\b")
_ONLY_NOW = re.compile(r"\b(?:now|currently|today|lately|recently|presently|these days|anymore|any more|yet|this (?:week|month|year))\b")
_CONDITION = re.compile(r"\b(?:if|unless|until|except|provided|depends)\b")
_FALSE_START = re.compile(
    r"^(?:no (?:doubt|question|problem|worries|matter|need|wonder|thanks? to|more than|less than|longer)"
    r"|yes(?:,? and|,? or|/) ?no|yeah,? no|no,? yeah|y ?/ ?n|n ?/ ?y|never mind|nevermind|never (?:thought|imagined|expected|knew)|neither yes|true (?:or|story)"
    r"|right (?:now|after|before|when)|si (?:no|es)|none of your)\b"
)


_WORDS_OF_IT = re.compile(
    rf"(?<!\w)(?:{'|'.join(re.escape(words) for words in sorted(_YES_WORDS | _NO_WORDS | _AGREE | _YES_PHRASES, key=len, reverse=True))}"
    r"|not sure|thanks?|thank you|gracias|dear|good|great|lovely)(?!['\w])"
)
_SHRUG = re.compile(
    r"(?:(?:sorry|honestly|um+|uh+|hmm*|well|oh|lol|i|id|would|really|just|actually|no|nope|nah) )*"
    r"(?:idk|dunno|(?:dont|do not|cant|cannot|couldnt) (?:really |even |quite )?(?:know|remember|recall|say|tell)(?: (?:it|that|the|exactly|for|sure|which|year|date|day|when|offhand|anymore))*"
    r"|no (?:idea|clue)|not (?:really |quite )?sure|unsure|unknown|who knows|forgot|forget|n/?a|not applicable"
    r"|(?:rather|prefer|choose) not(?: (?!but\b)\w+){0,5}|(?:dont|do not) (?:want|wish|care) to (?:say|answer|tell|share|give|disclose)(?: (?!but\b)\w+){0,4}|not (?:telling|saying|answering|sharing|giving)(?: (?:you|that|it|one|out))*"
    r"|none of your business|(?:its |thats )?(?:private|personal)|no comment|skip(?: (?:it|this|that|one))*|pass"
    r"|(?:dont|do not) (?:really |even |ever )?(?:have|own|use|got)(?: (?:one|any|a|an|it|phone|cell|email|e-mail|address|number))*|have none|no (?:phone|cell|email|e-mail|number|year|date)(?: either)?"
    r"|no thanks?(?: you)?"
    r"|(?:dont|do not) (?:care|mind)|(?:it )?doesnt matter|whatever)"
    r"(?: (?:sorry|tbh|honestly|lol|please|thanks|at all|anymore|right now))*"
)


def normalise(text: str) -> str:
    """Lower case, plain apostrophes, no punctuation at the ends, single spaces; ``yesss`` becomes ``yes``."""
    words = text.lower().replace("’", "'").replace("‘", "'").replace("`", "'").replace("\ufe0f", "")
    words = re.sub(r"[\U0001f3fb-\U0001f3ff]", "", words)
    words = re.sub(r"([a-z])\1{2,}", r"\1", words)
    words = re.sub(r"[\s_]+", " ", words)
    return words.strip(' .,!?;:-–—*"()[]#~')


def read(text: str) -> Optional[Reading]:
    """What the text means; None where that is not clear."""
    words = normalise(text)
    words = re.sub(r"^(?:(?:well|um+|uh+|er+|hmm*|oh|so|honestly|i mean|like|lol|hi|hello)[\s,.]+)+(?=\w)", "", words)
    words = _EXCLAIMED.sub("", words)
    if not words:
        return Reading(YES) if "👍" in text else None
    if _DECLINED.search(words):
        return Reading(DECLINED)
    plain = re.sub(r"[,.;:!]+", "", words)
    plain = re.sub(
        r"(?: (?:thanks|thank you|ty|please|sorry|ma'?am|sir|dear|hon|honey|thank (?:god|goodness|heavens?)|i'm afraid|actually|honestly|lol))+$",
        "",
        plain,
    )
    exact = _exact(plain) or _agreed(plain)
    if exact:
        return exact
    if _FALSE_START.match(words) or _LOST.search(_BESIDE_THE_POINT.sub(" ", words)):
        return None
    return _sentence(words) or _closing(words) or _of_others(words)


def permits(text: str) -> Optional[bool]:
    """Whether a text allows or forbids something: "texting is fine", "don't leave a message"; None where it does neither."""
    words = _AGREES_FIRST.sub("", normalise(text), count=1)
    if _FORBIDS.match(words):
        return False
    return True if _ALLOWS.match(words) and not (_TURN_YES.search(words) or _TAKES_BACK.search(words)) else None


def is_shrug(text: str) -> bool:
    """Whether a text says that there is no answer to give, and nothing else: "idk", "rather not", "I don't have one"."""
    words = re.sub(r"[,.']", "", normalise(text))
    return bool(_SHRUG.fullmatch(words)) or bool(re.fullmatch(r"\s*[-–—]+\s*", text))


def is_bare_no(text: str) -> bool:
    """Whether a text is a no and nothing else."""
    return normalise(text) in _NO_WORDS


def beyond(text: str) -> str:
    """What a text says besides a yes, a no and courtesies: "but not at work" of "yes please, but not at work"."""
    return re.sub(r"\s+", " ", _WORDS_OF_IT.sub(" ", normalise(text))).strip(" ,.;:!-")


def begins_with_yes(text: str) -> bool:
    """Whether yes is the first word: what follows may limit it, but does not make it a no."""
    return normalise(text).split(" ")[0].rstrip(",.;:!-") in _YES_WORDS


def is_about_others(words: str) -> bool:
    """Whether somebody else is spoken of, and not the person: "my dad was in the Army"."""
    return bool(SOMEBODY_ELSE.search(words)) and not ME.search(words) and not _OPINION.search(words)


def _of_others(words: str) -> Optional[Reading]:
    """What only somebody else has or did: "my father did, not me"."""
    *others, last = [part.strip() for part in re.split(r"[,.;]| but ", words) if part.strip()]
    no_to_me = last.startswith("not me") or _I_AM_WELL.match(last) or (found := _exact(last)) is not None and found.meaning == NO
    return Reading(NO) if no_to_me and others and all(is_about_others(part) for part in others) else None


def _closing(words: str) -> Optional[Reading]:
    """What a text comes to in its last word: "my roommate, yes", "flip phone so no"."""
    found = _CLOSING.match(words)
    if not found or _UNSURE.search(words) or _CONDITION.search(words) or re.search(r"\b(?:as|or|for|to|into|an?)$", found["said"]):
        return None  # "does that count as yes", "change that to no"
    said, joined = found["said"], found["joined"]
    inner = _exact(said)
    if inner and inner.meaning == NO and not found["word"].startswith("y"):
        return inner
    concludes = bool(re.search(r"\b(?:so|then|say|put)\b", joined))
    if found["word"].startswith("y"):
        against = _TURN_YES.search(said) or NEGATION.search(said)
        return None if against and not ("but" in joined or concludes) or _ONLY_NOW.search(said) and against else Reading(YES)
    if concludes and not _SAYS_YES.search(said):
        return Reading(NO)
    open_ = _TURN.search(said) or _ONLY_NOW.search(said) or ME.search(said) and not NEGATION.search(said)
    return None if open_ else Reading(NO, lean=True)


def _agreed(plain: str) -> Optional[Reading]:
    """One agreement after another: "ok sure", "alright, go ahead"."""
    first = _AGREES_FIRST.match(plain)
    if not first:
        return None
    rest = _exact(plain[first.end() :]) or _agreed(plain[first.end() :])
    return rest if rest and rest.meaning == YES else None


def _exact(plain: str) -> Optional[Reading]:
    if plain in _LEAN_NO:
        return Reading(NO, lean=True)
    if plain in _LEAN_YES:
        return Reading(YES, lean=True)
    if plain in _DISAGREE:
        return Reading(NO, agreement=True)
    if plain in _AGREE and plain not in _YES_PHRASES:
        return Reading(YES, agreement=True)
    if plain in _YES_WORDS or plain in _YES_PHRASES:
        return Reading(YES)
    if plain in _NO_WORDS or plain in _NO_PHRASES:
        return Reading(NO)
    parts = plain.split()
    if len(parts) <= 3 and parts and all(p in _YES_WORDS for p in parts):
        return Reading(YES)
    if len(parts) <= 3 and parts and all(p in _NO_WORDS for p in parts):
        return Reading(NO)
    return None


def _sentence(words: str) -> Optional[Reading]:
    head, _, rest = words.partition(" ")
    mark = head[-1:] if head[-1:] in ",.;:!-–—" else ""
    head = head.rstrip(",.;:!-–—")
    rest = rest.lstrip(" ,.;:-–—")
    if head in _YES_WORDS and len(head) > 1:
        unsure = _UNSURE.search(rest)
        if unsure or _TURN_YES.search(rest):
            return None if not unsure or mark else Reading(UNSURE)
        return Reading(YES)
    if head in _NO_WORDS and len(head) > 1:
        beside = _BESIDE_THE_POINT.sub(" ", rest)
        not_me = beside != rest and "not me" in re.sub(r"not for me", "not me", rest)
        rest = re.sub(r"\s+", " ", beside).strip(" ,.;:-")
        words = f"{head}{mark} {rest}".strip()
        tail = re.sub(r"[,.;:!]+", "", rest)
        tail_reading = _exact(tail)
        if tail_reading and tail_reading.meaning == NO:
            return Reading(NO, lean=tail_reading.lean)
        if _UNSURE.search(words):
            return Reading(UNSURE) if not mark else None
        if is_about_others(rest) or not_me and not ME.search(rest):
            return Reading(NO)
        noes = _NO_LIST.fullmatch(rest)
        if _TAKES_BACK.search(rest) or _TURN.search(noes["first"] if noes else rest) and not _STILL_NO.match(rest):
            return None
        return Reading(NO)
    if _UNSURE.search(words):
        return Reading(UNSURE)
    if _GO_AHEAD.match(words) and not _TURN_YES.search(words) and not _TAKES_BACK.search(words):
        return Reading(YES, agreement=True)
    opening, mark, rest = re.match(r"^([^,.;]*)([,.;]?)(.*)$", words, re.S).groups()  # "I do, since 2019"
    if mark and not _TURN.search(rest):
        return _exact(opening.strip())
    return None
