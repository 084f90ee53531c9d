"""Read a phone number, an e-mail address or a name out of what a person typed. Nothing is looked up on the network."""

from __future__ import annotations

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from bot.intake.answers import AnswerError
from bot.intake.names import named_person

_NOT_A_PHONE = "I couldn't read that as a phone number. Please include the area code. For example: 503-555-0142."
_NOT_AN_EMAIL = "I couldn't read that as an email address. For example: name@example.com."
_NAME_LEAD = re.compile(
    r"^(?:(?:hi|hello|hey|sure|ok|okay|yes)[\s,.]+)*"
    r"(?:(?:my (?:full |first |legal |preferred )?name(?: is|'s|:)|name:|i am|i'm|im|it's|it is|this is"
    r"|(?:you can |please |just )*call me|they call me|i go by|people call me)\s+)(?=\S)",
    re.I,
)


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
    name = _NAME_LEAD.sub("", text.strip()).strip(" ,;:")
    name = named_person(name) or name
    if name.endswith(".") and not re.search(r"\b(?:jr|sr|[a-z])\.$", name, re.I):
        name = name.rstrip(".")
    if not any(c.isalpha() for c in name) or "@" in name:
        raise AnswerError("not-a-name", "I couldn't read that as a name. What name should we use for you?")
    return name
