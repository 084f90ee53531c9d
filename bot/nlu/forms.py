"""The form of a sentence, by rules: does it ask, does it run the history, does it tell?

Mostly read while a question of the history is pending, where the form says more than the topic: "I have high blood
pressure" and "can I do it with high blood pressure?" are about the same thing, and only one of them is an answer.
"""
from __future__ import annotations

import re

from bot.nlu.text import clean, sentences

WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)?")

_OPENER = (
    r"(?:(?:ok|okay|well|so|and|but|um|uh|hi|hey|hello|wait|hold on|hang on|also|sorry|oh|yes|no|yeah|yep|sure|actually|please|"
    r"h+m+|er+m?|first|quick question|one question|one thing|question|just|then|like|now|or|btw|by the way)\b[\s,.:;-]*)*"
)
# "before I go" once: any number of them could be cut in so many ways that a long text would never be read to its end
_LEAD = rf"{_OPENER}(?:before (?:i|we) [\w' ]{{2,25}}\b[\s,.:;-]*{_OPENER})?"
_SUBJECT = (
    r"(?:i|you|u|ya|we|they|he|she|it|this|that|these|those|there|the|my|your|our|his|her|their|its|ketamine|someone|anyone|"
    r"anybody|somebody|everyone|people|a|an|any|some|all|most|insurance|medicare|medicaid|tricare|patients|veterans|vets)\b"
)
# A verb after "does", "is", "can" ... means that the speaker left "it" or "I" out: "does hurt", "is under control".
_TOLD = {
    "do": "not have take try use smoke drink get feel keep need want think know sometimes often still also it that so my work live "
    "see hear wake sleep snore have some a the",
    "does": "not hurt help bother run have make cause get feel keep seem come happen work wake",
    "dose": "not of is was went per each every changed unknown hurt help have make cause get feel keep \\d+\\w*",  # typed for "does"
    "is": "not fine ok okay good great under well controlled just only still being on in about getting better bad mild usually at "
    "always sometimes never managed treated high low normal now best",
    "are": "not fine ok okay good under well controlled just only still being on in about getting better bad usually best",
    "can": "prob probably maybe ask see find not be do drive get take call text come only try use walk sleep usually sometimes always also hardly barely leave "
    "email reach go talk pick have make",
    "could": "prob probably maybe ask see find not be do drive get take call text come only try use sleep usually sometimes hardly barely go say have",
    "will": "prob probably maybe ask not be do drive get take call text come only try use have need bring say go let tell",
    "would": "prob probably maybe ask not be do drive get take call text like love prefer rather need want say have help",
    "should": "not be do have get take",
}
_OPEN_AUXILIARY = "|".join(
    rf"{auxiliary}\s+(?!(?:{'|'.join(verbs.split())})\b)[\w'/.%]+\s+\S" for auxiliary, verbs in _TOLD.items()
)
_PRONOUN = r"(?:i|you|u|we|they|he|she|it|this|that|these|there|anyone|anybody|someone|people|patients)\b"
_AUXILIARY = (
    rf"(?:(?:do|does|dose|can|could|is|are|will|would|should|shall)\s+{_SUBJECT}|(?:did|am|was|were|may|has|have)\s+{_PRONOUN})"
)
_NEGATED = (
    rf"(?:isn'?t|aren'?t|doesn'?t|don'?t|didn'?t|won'?t|can'?t|couldn'?t|wouldn'?t|shouldn'?t)\s+{_PRONOUN}"
    r"|(?:isn'?t|aren'?t|doesn'?t|didn'?t|won'?t|wouldn'?t|shouldn'?t)\s+(?:the|my|your|there|ketamine|insurance)\b"
)
# "what I want is", "when I was twenty": a question word that only opens a clause of telling.
_QUESTION_WORD = (
    r"(?:what if|what about|how about|how come|whats|what's|(?:wats?|wuts?|whut|wot)\b|wheres|where's|whos|who's|hows|how's|whens|when's|"
    r"(?:how (?:long|much|many|often|soon|far|big|bad|safe|well|early|late|old)|which)\b|"
    r"(?:what|where|how|who|why|whose)\b(?!\s+(?:i|my|we|he|she|they|it|knows|ever)\b)|"
    r"when\b(?!\s+(?:i|my|we|he|she|they|it|the|people|everyone|everybody|both|kids|someone|ever)\b))"
)
_ASKED_FOR = (
    r"(?:tell me|explain|i wonder|i was wondering|i'?m wondering|wondering|i'?d like to know|i want to know|i'?d like to ask|"
    r"i wanted to ask|i need to ask|i want to ask|just curious|curious|any idea|do u|r u|i have a (?:quick )?question|"
    r"(?:quick |one )?question (?:about|on|first|for)|not sure (?:if|whether) (?:you|this|it|ketamine)|"
    r"remind me|show me|any (?:side effects|chance|way|risk|discount)|more (?:info|about))\b"
)
# "if I say yes can I undo it later", but not "if I can I will"
_ASKS_ON_A_CONDITION = (
    rf"if\b.{{2,50}}?(?<!\bi)(?<!\bwe)(?<!\byou)(?<!\bthey) {_AUXILIARY}"
    r"|if\b.{2,60}? (?:who|what|where|how|when) (?:do|does|can|should|would|will|is|are|at|picks|happens|then)\b"
)
_ASKS = re.compile(
    rf"^{_LEAD}(?:{_AUXILIARY}|{_NEGATED}|{_OPEN_AUXILIARY}|{_QUESTION_WORD}|{_ASKED_FOR}|{_ASKS_ON_A_CONDITION})",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"\s*(?:[,;:]|\s-\s|\.\.+)\s*|\s+(?=(?:but|and|so)\s+(?:how|what|when|where|why|is|does|do|can|will|would|are)\b)"
    r"|(?<!\bif)(?<!whether)(?<!what)(?<!when)(?<!where)(?<!\bhow)(?<!asked)(?<!\bthan)(?<!\bas)(?<!\bi)(?<!\bwe)\s+"
    r"(?=(?:(?:can|will|should|could|do|would) i|(?:is|are|will) there|(?:does|dose|will|is|would) (?:it|this|ketamine)|(?:do|can|will|would) you)\b)",
    re.IGNORECASE,
)  # the last: "i take zoloft 100 can i keep taking it"
# "My therapist Renee, who has since retired": behind a comma, and without a question mark, these go on telling.
_RELATIVE = re.compile(
    r"^(?:whose|who(?:'s|se)?\s+(?!can|do|does|should|would|will|else|gets?|sees?|reads?|pays?|is (?:going|gonna|the|my))\w+|"
    r"(?:which|where|when)\s+(?:makes?|made|is|was|were|has|had|means?|meant|helps?|helped|puts?|got|gave|doesn'?t|didn'?t|did|never|"
    r"i|my|we|he|she|they|it)\b)",
    re.IGNORECASE,
)
# "adderall on the day of, yes or no"
_OR_NOT = re.compile(
    r"\b(?:(?:yes|ok|okay|fine|good|safe|allowed|cool|yay) or (?:no|nope|not|bad|nay)|true or false|y/n|right or wrong)\W*$", re.IGNORECASE
)
_UNSURE = re.compile(r"\b(?:i think|i guess|maybe|might|may have|not sure|i believe|probably|sort of|kinda|or so|ish|about)\b", re.IGNORECASE)

_WHY = re.compile(
    rf"^{_LEAD}(?:why(?:\s*\?*$| (?:do|would|does|did|is|are|should|must|u|you|this|that|even|in the world|on earth|my|the|not)\b)|"
    r"(?:but |and )?(?:what(?! if\b)|how)(?:'?s| is| does| do| has| would)?\b.{0,50}\b(?:got to do with|(?:have|has) (?:to do|anything to do) with|relevant|matter|make any difference)\b|"
    r"(?:but |and )?what(?! if\b).{0,50}\b(?:need|want|use|using|ask|asking) (?:\w+ ){0,5}for\b|"
    r"what(?:'?s| is) (?:the (?:point|purpose|reason|need)|this for|that for|it for)|what (?:will|do) you do with|what difference|"
    r"(?:is|are) (?:this|that|it|these)(?: \w+)? (?:really |even |actually )?(?:necessary|needed|required|relevant)|"
    r"do (?:i|you) (?:really |actually |even )?(?:have to|need to|need) (?:answer|say|tell|know|ask|give|put|this|that)\b|do you (?:really |actually |even )?need my(?! records)\b|"
    r"(?:i )?(?:don'?t|do not) (?:see|get|understand) (?:why|how|what|the (?:point|question))|what do you mean(?: by)?(?: [\w'-]+){0,3}\W*$|"
    r"(?:does|do|did|would|is|are|if|what if) (?!.*\b(?:insurance|cost|pay|deductible)\b)[^?.!]{1,60}\bcounts?(?: (?:as|if|for|when|here|too|or)\b[^?.!]{0,40})?\W*$|what counts as [^?.!]{1,40}\W*$|"
    r"what does (?:that|this|it) mean|how come you)|[?!.,;]\s*why\W*$|\bwhy this question\b",
    re.IGNORECASE,
)  # fmt: skip
_SKIP = re.compile(
    rf"^{_LEAD}(?:(?:can|could|may) (?:i|we) |(?:i(?:'?ll| will|'?d| would| wanna| want to| think i'?ll| prefer to|'?m going to|'?m gonna)?|let'?s|lets|let me|please|rather) )*"
    r"(?:(?:like to|rather|prefer to|just) )*"
    r"(?:(?<!\bi )skip\b|skip(?: (?:it|this|that|these))?(?: (?:one|question))?\W*$|pass\b(?! (?:out|away|me|my|it on|them|the question|that on))|move on|next(?: one| question| please)?\W*$|leave (?:it|that|this|that one|this one) (?:blank|out|empty)|"
    r"(?:not|don'?t|won'?t|do not|will not|wont|refuse to) (?:want to |wanna |going to |gonna |care to |like to |feel like |wish to )*(?:answer|answering|say\b|saying|share|sharing|give|giving|tell|discuss|disclose|talk about (?:it|that|this))|"
    r"not (?:answering|comfortable|saying|telling|sharing)|none of your business|no comment|(?:too|that'?s|its|it'?s) (?:too )?(?:personal|private)\b)|"
    r"\b(?:(?<!\bi )skip (?:it|this|that)(?: (?:one|question|part))?(?: (?:please|for now|then))*\W*$|skip (?:please|for now)|(?:just|so) skip\b(?! (?:a|the|my|half|most|doses?)\b)|(?<!\bme )(?<!\bby )(?<!\bis )skip\W*$|move on\W*$|ne?xt (?:question|one),?(?: please)?\W*$|"
    r"(?:pass on|go on without) (?:this|that|it)(?: one)?)|[,.;] ?(?:ne?xt|pass),?(?: please)?\W*$|\bleave (?:it|this|that)(?: one)? blank\b|\bgo on to the next(?: one| question)?\W*$",
    re.IGNORECASE,
)  # fmt: skip
_BACK = re.compile(
    rf"^{_LEAD}(?:(?:can|could|may) (?:i|we|you) |(?:i (?:want|need|would like|'?d like) to|let'?s|lets|let me|please|take me) )*"
    r"(?:go(?:ing)? back\b(?! to \w)|go(?:ing)? back to (?:that|this|it|what i|where|question|my (?:last|first|answer|\w+ answer)|"
    r"the (?:last|previous|first|question|one|list|start|beginning|\w+ (?:one|question|part)))\b|"
    r"back(?: up)?(?: one| a question| please)?\W*$|back up\b|previous(?: question| one)?|"
    r"prev\W*$|(?:one|a) step back|return to the (?:last|previous)|undo\b|(?:redo|see|do|fix|change|correct) (?:the|my) (?:last|previous) (?:one|question|answer))|"
    r"\b(?:go back|return) to (?:that|the) (?:list|question|one|last|previous)|(?:^|[,.;] ?)(?:please )?take me bac?k(?: one| a step| a question| please)*\W*$|\bgo (?:one |a step )back\b|[,.;] ?go back(?: (?:one|a step))?\W*$|\b(?:meant|ment) .{1,20} (?:on|for|to) the (?:last|previous) (?:one|question)",
    re.IGNORECASE,
)
_STOP = re.compile(
    rf"^{_LEAD}(?:(?:can|could|may) (?:i|we) |(?:i (?:want|need|have|would like|'?d like|wanna) (?:to )?|i'?m going to |i'?ve got to |let'?s |lets |let me |please |someone'?s coming ))*"
    r"(?:stop(?: (?:here|now|this|it|please|for (?:now|today|tonight)|asking|the (?:questions?|form|intake|chat)))*\W*$|quit(?: (?:here|now|this|it))?\W*$|cancel(?: (?:this|it|everything|that))?\W*$|never ?mind\W*$|nvm\W*$|exit\W*$|end (?:this|it here|the \w+)|"
    r"pause\b|(?:take |need )?a break\W*$|finish (?:this |it )?(?:later|tomorrow|another time)|do (?:this|it|the rest) (?:later|another (?:day|time)|tomorrow)|"
    r"save (?:this|it)(?: and (?:stop|quit|exit))?|enough (?:questions|for (?:now|today))|no more (?:questions|of this))|"
    r"\b(?:(?:save|leave) (?:this|it) and (?:stop|quit)|(?:stop|quit) (?:here|now|the questions|this (?:form|now))\W*$|come back (?:to (?:this|it) )?(?:later|tomorrow|another)|"
    r"(?:don'?t|do not) (?:want to|wanna) (?:do|continue|go on with|finish|fill (?:this|it) (?:in|out)) ?(?:this(?! (?:one|question))|it|the form|any ?more|\W*$)|(?:never ?mind|nvm)\b.*\bthis\b.*\bnow\b|(?:forget it|nope|no),? (?:close|cancel|end) (?:this|it)\W*$|not doin'?g? this\b|brb\b)",
    re.IGNORECASE,
)  # fmt: skip
_PROGRESS = re.compile(
    rf"^{_LEAD}(?:how many (?:more )?(?:questions?|of these|to go|left|are left|more\b)|how much (?:longer|more)\b(?! (?:does|will|is) (?:it|that|ketamine) (?:cost|help|last))|"
    r"how (?:long|far) (?:is|does|will|am) (?:this|the (?:form|questionnaire|history|survey)|i)(?: (?:going to|gonna))? (?:take|along)\W*$|how long (?:left|is left|more)\b|"
    r"(?:are|r) (?:we|you|u) (?:almost|nearly|about|close to) (?:done|finished|there|through)|am i (?:almost|nearly|about) (?:done|finished|there|through)|"
    r"(?:almost|nearly) (?:done|finished|there)\W*\?|(?:are there )?(?:many|any|a lot(?: of)?) more questions|is (?:this|it) (?:almost|nearly) (?:done|over|finished))",
    re.IGNORECASE,
)  # fmt: skip
_START_OVER = re.compile(
    rf"^{_LEAD}(?:(?:can|could|may) (?:i|we) |(?:i(?:'?d like| want| need| would like) to|let'?s|let me|please) )*"
    r"(?:(?:just )?(?:start|begin) (?:all )?(?:over|anew|again|from scratch|from the (?:beginning|start|top))|restart)(?: please| again| from (?:scratch|the (?:beginning|start|top)))*\W*$",
    re.IGNORECASE,
)
# What is asked of an answer just given, and of nothing by itself.
_ABOUT_THE_ANSWER = re.compile(
    rf"{_LEAD}(?:why(?: (?:is (?:that|this|it)(?: so)?|so))?|how come|(?:are|r) (?:you|u) (?:really |absolutely |quite )?(?:sure|certain|serious)(?: (?:about|of) (?:that|this|it))?|"
    r"(?:how do you know|says who|who says(?: so)?|prove (?:it|that)|can you prove (?:it|that))(?: (?:that|this|it))?|(?:is|are) (?:that|this|it|these) (?:really |actually |even )?(?:true|right|correct)|"
    r"(?:(?:can|could) you |please )*(?:say|put|tell me|explain) (?:(?:that|this|it) )?(?:(?:to me|again) )?(?:(?:more )?simply|(?:more )?simpler|easier|differently|(?:in|with) (?:(?:plain|simple|simpler|other|normal) (?:english|words|language|terms)|other words))|"
    r"(?:in|with) (?:plain|simple|simpler|normal) (?:english|words|language|terms)|simpler|i (?:still )?(?:don'?t|do not) (?:really |quite )?(?:understand(?: (?:that|it|this|you))?|get (?:that|it|this))|"
    r"(?:what do you mean|what does (?:that|this) mean)|huh|more|explain)(?: please| pls| then| though)*\W*",
    re.IGNORECASE,
)
# "Good evening, my name is Harold and I am 81": no more than who writes; a second name has a capital, or it may be "help".
_INTRODUCES = re.compile(
    r"(?:(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?[\s,.!]+)?(?:my name(?: is|'?s)|(?:i'?m|i am) called|this is(?= (?-i:[A-Z])))"
    r" [a-z][\w'-]*(?: (?-i:[A-Z])[\w'-]+)?(?:[\s,.]+(?:and )?(?:(?:i'?m|i am|age|aged) )?\d\d(?: (?:years? old|yrs old|yo))?)?[\s.!]*",
    re.IGNORECASE,
)
_LONGEST_COMMAND = 16  # words
_THAT = r"(?:it|that|this|those|these|they)"
_POINTS_BACK = re.compile(
    r"\b(?:both|either)\b|\b(?:keep|go on|continue) (?:on )?taking (?:it|that|this|them)\b|"
    rf"^{_LEAD}(?:\w+ ){{1,4}}to (?:stop|quit|hold|skip|(?:come|get|go) off)(?: taking)?(?: (?:of )?{_THAT})?(?: (?:first|before(?:hand)?|for|to)\b.*)?\W*$|"
    rf"^{_LEAD}(?:is|are|will|would|does|do) {_THAT} (?:be |still )?(?:"
    r"(?:safe|ok|okay|fine|alright|all right|dangerous|risky) (?:for|with) (?:me|him|her|us|them|it|someone like me|somebody like me)|"
    r"(?:ok|okay|fine|alright|all right|bad|allowed|needed|an? (?:problem|concern|issue|no|dealbreaker)|matter|disqualify (?:me|him|her|us)|rule (?:me|him|her|us) out)"
    r")\W*$",
    re.IGNORECASE,
)


def asks(text: str) -> bool:
    """Whether one sentence, or a part of it behind a comma, has the form of a question."""
    return _worded_as_question(text) or (text.rstrip(" .!)\"'").endswith("?") and not _hedges(text))


def asks_somewhere(text: str) -> bool:
    """Whether a sentence of a message asks. "2016? might have been 17" is a doubtful answer."""
    asking = _worded_as_question if _hedges(text) else asks
    return any(asking(sentence) for sentence in sentences(text) if not _goes_on_telling(sentence, text))


def _worded_as_question(text: str) -> bool:
    if _ASKS.match(text) or _OR_NOT.search(text):
        return True
    parts, asking = _read_parts(text)
    return any(one and len(WORDS.findall(part)) > 2 for part, one in zip(parts[1:], asking[1:], strict=True))


def _read_parts(sentence: str) -> tuple[list[str], list[bool]]:
    """The parts of a sentence, and which of them are worded as a question."""
    parts = [part for part in _PARTS.split(sentence) if part]
    telling = "?" not in sentence
    return parts, [bool(_ASKS.match(part)) and not (telling and i and _RELATIVE.match(part)) for i, part in enumerate(parts)]


def _goes_on_telling(sentence: str, text: str) -> bool:
    """Whether what was cut from a text as a sentence of its own is a relative clause of the one before."""
    return "?" not in sentence and bool(_RELATIVE.match(sentence)) and f", {sentence}" in clean(text)


def _hedges(text: str) -> bool:
    return bool(_UNSURE.search(text)) and len(WORDS.findall(text)) < 9


def only_asks(text: str) -> bool:
    """Whether a message asks and says nothing beside it."""
    said, asked = _said_and_asked(text)
    return bool(asked) and not WORDS.search(said)


def said_beside(text: str) -> str:
    """The parts of a message that do not ask: "lisinopril" in "lisinopril, does that mix with ketamine?"."""
    return _said_and_asked(text)[0]


def _said_and_asked(text: str) -> tuple[str, str]:
    said: list[str] = []
    asked: list[str] = []
    for sentence in sentences(text):
        parts, asking = _read_parts(sentence)
        if _goes_on_telling(sentence, text):
            asking = [False] * len(parts)
        elif not any(asking) and asks(sentence):
            asking[-1:] = [True]
        first = asking.index(True) if any(asking) else len(parts)
        said += parts[:first]
        asked += parts[first:]
    return " ".join(said), " ".join(asked)


def points_back(sentence: str) -> bool:
    """Whether a sentence asks for something else by itself: "do I need to stop them", behind "I take Xanax"."""
    return bool(_POINTS_BACK.search(sentence))


def asks_of_the_answer(text: str) -> bool:
    """Whether a text only asks about an answer that was given: "are you sure", "say that simpler"."""
    return bool(_ABOUT_THE_ANSWER.fullmatch(text))


def introduces(text: str) -> bool:
    """Whether a text only says who writes: a name, and perhaps an age."""
    return bool(_INTRODUCES.fullmatch(text))


def command(text: str) -> str | None:
    """The command that a message is, in plain words: start_over, progress, go_back, why, skip or stop."""
    if len(WORDS.findall(text)) > _LONGEST_COMMAND:
        return None
    for name, pattern in (("start_over", _START_OVER), ("progress", _PROGRESS), ("go_back", _BACK), ("stop", _STOP), ("why", _WHY), ("skip", _SKIP)):
        if pattern.search(text):
            return name
    return None
