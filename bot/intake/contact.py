"""Read a phone number, an e-mail address, a name or a place out of what a person typed. Nothing is looked up on the network."""

from __future__ import annotations

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from bot.intake.answers import AnswerError
from bot.intake.names import named_person
from bot.intake.polarity import is_shrug

_LONGEST_NAME = 5  # words
_LONGEST_CALL = 3
_NOT_A_PHONE = "I couldn't read that as a phone number. Please include the area code. For example: 503-555-0142."
_NOT_AN_EMAIL = "I couldn't read that as an email address. For example: name@example.com."
_SAID_BEFORE = (
    r"(?:(?:like|as) )?i(?:'ve)? (?:already )?(?:said|told you|wrote|typed|gave you)(?: (?:it|that|this))?"
    r"(?: (?:already|before|above|earlier))?"
)
_NAME_LEAD = re.compile(
    rf"^(?:(?:hi|hello|hey|sure|ok|okay|yes|well|um+|please|just|put|legally|{_SAID_BEFORE})[\s,.:]+)*"
    r"(?:(?:(?:my|his|her|their|the|the patient'?s|my \w+'s) (?:full |first |legal |preferred )?name(?: is|'s|:)|my name(?= (?-i:[A-Z]))|me llamo|mi nombre es|name:|name's"
    r"|i am|i'm|im|it's|its|it is|this is|(?:you can |please |just )*call me|i go by"
    r"|(?:they|people|most people|folks|everyone|everybody|friends|my \w+) (?:just )?(?:calls? me|says?))\s+)?(?:just\s+)?(?=\S)",
    re.I,
)
_NAME_TAIL = re.compile(rf"[\s,]+(?:please|pls|thanks|thank you|i guess|i suppose|{_SAID_BEFORE})$", re.I)
_WILL_DO = re.compile(
    r"^(?:.*(?:,| but|\bactually,?) )?(\S+(?: \S+){0,2}?)"
    r"(?:(?: is|'s|’s) (?:(?:just|perfectly) )?(?:fine|ok|okay|good|great|alright)(?: (?:with|by|for) me)?| will do| works)$"
)
# Where a name ends and a story begins: "Theodore Kwan, though nobody calls me that"; not "Tran, My Linh".
_STORY = re.compile(
    r"(?:\s*[,;(.-]\s*|\s+)(?:but|though|although)\s+(?!.*\blegal).*$"
    r"|(?:\s*[,;(]\s*|\.\s+)(?:(?:i|i'm|im|i am|i've|i was|he's|she's|he is|she is|he was|it's|its|that's|thats|and|not|people|every\w+|nobody|text"
    r"|call|please|spelled|born)\s+\S"
    r"|\S+ (?:is|being) (?:my|the|our)? ?(?:last|family|first|given|middle|maiden|married|sur|legal) ?(?:name)?\b|\S+ with (?:an?|one|two|no) \S"
    r"|my (?:phone|number|cell|e-?mail|friends|husband|wife|mom|mother|dad|kids|birthday|dob|legal|middle|maiden)\b|\(?\d).*$",
    re.I,
)
_CAPITALISED = r"([A-Z][\w'.-]*(?: [A-Z][\w'.-]*){1,3})(?![\w'-])"
_INTRODUCED = re.compile(rf"(?:\b[Mm]y (?:full |legal )?name(?:'s| is)|\bI am|\bI'm|\b[Ii]t'?s) {_CAPITALISED}")
_FIRST_AND_LAST = re.compile(r"^(?:my )?first(?: name)?(?: is|:)? (\S+?),? (?:and )?(?:my )?last(?: name)?(?: is|:)? (\S+?)\.?$", re.I)
_NOT_MUCH_OF_A_NAME = {
    "no", "nope", "nah", "yes", "yeah", "yep", "y", "n", "ok", "okay", "sure", "hi", "hello", "hey", "what", "why", "who", "how", "idk",
    "none", "nothing", "nobody", "never", "maybe", "thanks", "stop", "help", "wait", "whatever", "me", "myself", "fine", "stupid", "dumb",
    "ridiculous", "silly", "annoying", "private", "personal", "confidential", "anonymous", "hard", "crazy", "weird", "wrong", "tired",
    "scared", "confused", "nervous", "sorry", "done", "huh", "lol", "human", "agent", "cancel", "already",
    "hrs", "hours", "addr", "address", "cost", "costs", "price", "prices", "fee", "fees", "parking", "directions", "location", "insurance",
    "medicare", "medicaid", "tricare", "appointment", "website", "email", "phone", "number", "si", "sí", "hola", "gracias",
}  # fmt: skip
# What answers another question: "she/her", "may 6 1980", "5/6/80".
_PRONOUNS_OR_DATE = re.compile(r"^(?:she|he|they|ze|xe|it)(?:\s*/\s*\w+)+\W*$|\b(?:19|20)\d\d\b|\b\d{1,2}[/.-]\d{1,2}\b", re.IGNORECASE)
_SENTENCE_WORDS = re.compile(
    r"\b(?:i|i'?m|i'?d|i'?ve|it|this|that|you|your|my|me|is|are|was|do|don'?t|did|does|said|told|want|need|why|what|how|already|not"
    r"|can|can'?t|cannot|the|for|have|give|know|name|just|wait|won'?t|same|before)\b",
    re.I,
)
_ABOUT_A_NAME = re.compile(
    rf"{_SENTENCE_WORDS.pattern}|\b(?:on|in|at|to|of|and|but|with|from|hard|easy|long|short|foreign|unusual|common|wrong|different|changing|pronounced|misspelled|too|very|so|pretty)\b", re.I
)
_SAYS_IT_WAS_SAID = re.compile(_SAID_BEFORE, re.I)
_PLACE_LEAD = re.compile(
    rf"^(?:(?:ok|okay|well|um+|just|put|{_SAID_BEFORE})[\s,.:]+)*"
    r"(?:(?:i'?m|i am|i live|we live|we'?re|it'?s|its)(?: (?:in|at))?\s+|in\s+)?(?=\S)",
    re.I,
)


def show_phone(number: str) -> str:
    """A telephone number as people here write it: "(503) 555-0142 ext. 4"; as it is where it is none."""
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException:
        return number
    style = phonenumbers.PhoneNumberFormat.NATIONAL if parsed.country_code == 1 else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def parse_phone(text: str) -> str:
    """A phone number in E.164, with ``;ext=`` behind it where one is given. US numbers need no country code."""
    numbers = {_e164(match.number) for match in phonenumbers.PhoneNumberMatcher(text[:300], "US")}
    if not numbers:
        try:
            number = phonenumbers.parse(text[:60], "US")
        except phonenumbers.NumberParseException:
            number = None
        if number is not None and phonenumbers.is_valid_number(number):
            numbers = {_e164(number)}
    if len(numbers) > 1:
        raise AnswerError("ambiguous", "I see more than one number there. Which one should we use?")
    if not numbers:
        raise AnswerError("not-a-phone", _NOT_A_PHONE)
    return numbers.pop()


def _e164(number: phonenumbers.PhoneNumber) -> str:
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


def parse_email(text: str) -> str:
    """An e-mail address, its domain in lower case. ``name at example dot com`` is understood."""
    text = text.strip().replace("mailto:", "")
    if "@" not in text:
        text = re.sub(r"\s+(?:at|\(at\)|\[at\])\s+", "@", text, count=1, flags=re.I)
        text = re.sub(r"\s+(?:dot|\(dot\)|\[dot\])\s+", ".", text, flags=re.I)
    found = [word.strip("<>()[]\"',;:.!?") for word in text.split() if "@" in word]
    if len(set(found)) > 1:
        raise AnswerError("ambiguous", "I see more than one email address there. Which one should we use?")
    if not found:
        raise AnswerError("not-an-email", _NOT_AN_EMAIL)
    try:
        return validate_email(found[0], check_deliverability=False).normalized
    except EmailNotValidError:
        raise AnswerError("not-an-email", _NOT_AN_EMAIL) from None


def parse_phone_or_email(text: str) -> str:
    """Either of the two."""
    if "@" in text or re.search(r"\bdot (?:com|org|net|edu|gov)\b", text, re.I):
        return parse_email(text)
    try:
        return parse_phone(text)
    except AnswerError as error:
        if error.reason == "ambiguous":
            raise
        message = "I couldn't read that as a phone number or an email address. For example: 503-555-0142, or name@example.com."
        raise AnswerError("not-a-phone", message) from None


def parse_name(text: str) -> str:
    """A name, without what is said around it; a sentence that names several people, or nobody, as it is."""
    both = _FIRST_AND_LAST.match(text.strip())
    name = f"{both[1]} {both[2]}" if both else named_person(_NAME_LEAD.sub("", text.strip())) or _without_the_rest(text)
    introduced = _INTRODUCED.findall(text.replace("’", "'"))
    if len(name.split()) > _LONGEST_NAME and len(introduced) == 1:
        name = introduced[0]
    return _checked(name)


def parse_preferred_name(text: str) -> str:
    """What somebody wants to be called, "Mr. Beattie" too; more than a few words as they are."""
    name = _without_the_rest(text)
    return _checked(name if len(name.split()) <= _LONGEST_CALL else text.strip())


def _without_the_rest(text: str) -> str:
    """A name without "my name is" before and a story behind it, where that leaves something short."""
    name = _NAME_TAIL.sub("", _NAME_LEAD.sub("", text.strip())).strip(" ,;:")
    if "anything but" in name.lower():
        return name
    will_do = _WILL_DO.match(name.rstrip("."))
    short = will_do[1] if will_do else _STORY.sub("", name).strip(" ,;:")
    return short if short and len(short.split()) <= _LONGEST_NAME else name


def _checked(name: str) -> str:
    if name.endswith(".") and not re.search(r"\b(?:jr|sr|[a-z])\.$", name, re.I):
        name = name.rstrip(".")
    if not any(c.isalpha() for c in name) or "@" in name:
        raise AnswerError("not-a-name", "I couldn't read that as a name. What name should we use for you?")
    return name


def parse_place(text: str) -> str:
    """A town, without "like I said" and "I'm in"; a longer description as it is."""
    place = _NAME_TAIL.sub("", _PLACE_LEAD.sub("", text.strip())).strip(" ,;:.")
    return place if place and len(place.split()) <= _LONGEST_NAME else text.strip()


def check_name(text: str, *, sentences: bool) -> None:
    """Raise AnswerError(not-a-name) for what is hardly a name: "no", "I said it already". Some people are called so, and
    may say it once more.

    Args:
        text: as typed.
        sentences: whether a sentence without a name in it is doubted, too.
    """
    name = _without_the_rest(text)
    doubtful = name.lower().strip(" .?") in _NOT_MUCH_OF_A_NAME or _PRONOUNS_OR_DATE.search(name)
    if says_it_was_said(text) or is_shrug(text) or doubtful or sentences and _is_sentence(parse_name(text)):
        message = "I'm not sure that is a name. What name should we use for you? If it is your name, please write it once more."
        raise AnswerError("not-a-name", message)


def _is_sentence(name: str) -> bool:
    return len({word.lower() for word in _SENTENCE_WORDS.findall(name)}) > 1


def is_plain_name(text: str, *, capitals: bool) -> bool:
    """Whether a text is a name, a place, or how to speak of somebody, and no words about one: not "hard to spell".

    Args:
        text: as typed.
        capitals: it must be written as a name is, for nothing else says that it is one.
    """
    words = text.split()
    if _ABOUT_A_NAME.search(text) or not words or text.lower().strip(" .?") in _NOT_MUCH_OF_A_NAME:
        return False
    return not capitals or all(word[0].isupper() or "/" in word for word in words)


def check_told(text: str) -> None:
    """Raise AnswerError(unclear) for what hardly tells anything: "I said it already"; it may be written once more."""
    if says_it_was_said(text) or re.sub(r"^(?:this|that|it)(?:'?s| is) ", "", text.lower()).strip(" .?") in _NOT_MUCH_OF_A_NAME:
        raise AnswerError("unclear", "I'm not sure I can note that. Could you tell me once more?")


def says_it_was_said(text: str) -> bool:
    """Whether that is all: "I said it already"."""
    return bool(_SAYS_IT_WAS_SAID.fullmatch(text.strip(" .,?")))
