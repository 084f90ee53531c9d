"""Safe messaging over every safety text: what may be said, which numbers may stand in it, and that nothing promises too much."""
from __future__ import annotations

import re

import pytest

from bot.safety import CATEGORIES, Replies
from bot.safety.screener import NOTES

REPLIES = Replies.load()
TEXTS = {name: REPLIES.get(name, phone="503-000-0000").text for name in REPLIES.names()}
TEXTS.update({f"line {note}": REPLIES.lines[note] for note in REPLIES.lines})
CRISIS = [name for name in REPLIES.names() if name.removesuffix("_es") in (*CATEGORIES, "hold")]
CHECK_INS = [name for name in REPLIES.names() if name.startswith("check_in")]
VERIFIED = {
    "911", "988", "838255", "741741", "88788", "1-800-222-1222", "503-585-4949", "1-800-799-7233", "1-888-235-5333",
    "1-800-656-4673", "1-855-503-7233", "1-800-422-4453", "1234", "24", "1", "2", "503-000-0000",
}
CHOICES = {"call_988", "text_988", "call_911", "call_poison", "call_dv", "quick_exit", "safe_now", "talk_staff"}
NEVER = [
    "committed", "successful", "failed", "think of your family", "so much to live for", "calm down", "i understand",
    "as an ai", "why ", "on the way", "ketamine", "confidential", "promise", "i can't help with that", "press 3", "selfish", "sin ",
    "bullet", "overdose on", "hang ", "jump", "gun", "pills", "knife", "bridge", "lethal", "note", "cure", "great", "64673",
    "457-4838", "968-8491", "399-7722", "662-4357", "488-7386",
]


@pytest.mark.parametrize("name", TEXTS)
def test_no_exclamation_mark_and_no_emoji(name: str) -> None:
    assert "!" not in TEXTS[name] and "\u00a1" not in TEXTS[name]
    assert not re.search("[\u2600-\u27bf\U0001f000-\U0001faff]", TEXTS[name])


@pytest.mark.parametrize("name", TEXTS)
def test_only_verified_numbers_are_printed(name: str) -> None:
    assert set(re.findall(r"\d[\d-]*", TEXTS[name].replace(" press 1", " 1"))) <= VERIFIED


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("words", NEVER)
def test_words_that_harm_are_never_said(name: str, words: str) -> None:
    text = re.sub(r"\s+", " ", TEXTS[name].lower()).replace("cannot", "can't")
    assert not re.search(r"(?<!\w)" + re.escape(words.strip()) + r"(?!\w)", text)


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_is_short(name: str) -> None:
    assert len(TEXTS[name].split()) <= 90
    assert max(len(sentence.split()) for sentence in re.split(r"[.?:]\s", TEXTS[name])) <= 32


@pytest.mark.parametrize("name", CRISIS + CHECK_INS)
def test_every_crisis_text_says_what_the_assistant_is_and_cannot_do(name: str) -> None:
    text = TEXTS[name].lower()
    assert ("automated assistant" in text and "monitor this chat" in text) or ("asistente autom\u00e1tico" in text and "vigilar" in text)


@pytest.mark.parametrize("name", CRISIS + CHECK_INS)
def test_every_crisis_text_gives_911_and_somebody_to_talk_to(name: str) -> None:
    assert "911" in TEXTS[name]
    assert "988" in TEXTS[name] or "1-800-799-7233" in TEXTS[name] or name == "check_in_withdrawal"


@pytest.mark.parametrize(("language", "first"), [("en", "Call 911 now"), ("es", "Llame al 911 ahora")])
@pytest.mark.parametrize("name", ["medical_emergency", "withdrawal", "overdose"])
def test_an_emergency_of_the_body_says_911_first(name: str, language: str, first: str) -> None:
    reply = REPLIES.reply(name, "takeover", language)
    assert reply.text.startswith(first)
    assert reply.choices[0]["id"] == "call_911"


@pytest.mark.parametrize("name", [name for name in REPLIES.names() if not name.endswith("_es")])
def test_every_text_stands_in_spanish_too_with_the_same_choices_and_numbers(name: str) -> None:
    def numbers(text: str) -> set:
        return set(re.findall(r"\d[\d-]{2,}", text))

    english, spanish = REPLIES.get(name), REPLIES.get(f"{name}_es")
    assert [choice["id"] for choice in english.choices] == [choice["id"] for choice in spanish.choices]
    assert english.kind == spanish.kind and english.text.count("?") == spanish.text.count("?") and english.text != spanish.text
    assert numbers(english.text) - numbers(spanish.text) <= {"838255"}  # the texts of before these leave the veterans' line out
    assert not any(e["label"] == s["label"] for e, s in zip(english.choices, spanish.choices, strict=True))


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_shown_text_tells_what_it_asked_about(category: str, language: str) -> None:
    for outcome in ("takeover", "check_in"):
        shown = REPLIES.reply(category, outcome, language, phone="503-000-0000").text
        specific = outcome == "takeover" or f"check_in_{category}" in REPLIES.names()
        assert REPLIES.asks_about(shown) == (category if specific else "suicidal")


def test_an_overdose_names_poison_help() -> None:
    assert "1-800-222-1222" in TEXTS["overdose"]
    assert "call_poison" in [choice["id"] for choice in REPLIES.reply("overdose", "takeover").choices]


def test_abuse_gives_a_quick_exit_and_never_calls_back() -> None:
    reply = REPLIES.reply("abuse", "takeover")
    assert {"quick_exit", "call_dv"} <= {choice["id"] for choice in reply.choices}
    assert {"1-800-799-7233", "1-888-235-5333", "1-800-656-4673", "1-855-503-7233"} <= set(re.findall(r"\d[\d-]*", reply.text))
    assert "Nobody will call or text you" in reply.text


def test_a_helper_is_addressed_as_a_helper() -> None:
    assert "looking out for them" in REPLIES.reply("third_party", "takeover").text


def test_a_minor_is_pointed_to_an_adult_and_to_childhelp() -> None:
    assert "adult you trust" in TEXTS["minor"] and "1-800-422-4453" in TEXTS["minor"]


@pytest.mark.parametrize("name", ["suicidal", "passive", "third_party", "hold"])
def test_the_local_centre_and_the_veterans_line_are_there(name: str) -> None:
    assert "503-585-4949" in TEXTS[name] and "press 1" in TEXTS[name]


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("outcome", ["takeover", "check_in"])
def test_every_category_has_an_answer_and_a_way_back(category: str, outcome: str) -> None:
    reply = REPLIES.reply(category, outcome)
    ids = [choice["id"] for choice in reply.choices]
    assert reply.kind == ("crisis" if outcome == "takeover" else "check_in")
    assert set(ids) <= CHOICES and len(ids) == len(set(ids)) and {"safe_now", "talk_staff"} <= set(ids)


@pytest.mark.parametrize("outcome", ["takeover", "check_in"])
def test_an_unknown_category_still_gets_a_crisis_text(outcome: str) -> None:
    assert "988" in REPLIES.reply(None, outcome).text and "988" in REPLIES.reply("new one", outcome).text


@pytest.mark.parametrize("name", CHECK_INS)
def test_a_check_in_asks_one_question(name: str) -> None:
    assert TEXTS[name].count("?") == 1


def test_while_the_crisis_is_open_numbers_and_words_are_kept() -> None:
    hold = REPLIES.hold()
    assert "Nothing you wrote is lost" in hold.text and "988" in hold.text
    assert [choice["id"] for choice in hold.choices] == ["safe_now", "talk_staff", "call_911", "call_988", "text_988"]
    assert hold.text.index("911") < hold.text.index("988"), "it is shown after an emergency of the body as well"


def test_telling_the_team_promises_no_answer() -> None:
    text = REPLIES.chosen("talk_staff").text
    assert "The team has been told" in text and "isn't watched live" in text


def test_the_clinics_phone_is_only_said_when_there_is_one() -> None:
    assert "503-555-0100" in REPLIES.chosen("talk_staff", phone="503-555-0100").text
    assert "{phone}" not in "".join(TEXTS.values()) and "clinic:" not in REPLIES.chosen("talk_staff").text


@pytest.mark.parametrize("outcome", ["takeover", "check_in"])
def test_spanish_is_answered_in_spanish_where_there_is_a_text(outcome: str) -> None:
    assert "oprim" in REPLIES.reply("suicidal", outcome, language="es").text
    assert "AYUDA" in REPLIES.reply("suicidal", outcome, language="es").text
    assert REPLIES.reply("withdrawal", "takeover", language="es").text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("quiero morir", "es"),
        ("ya no puedo más con esta vida", "es"),
        ("Mi hijo dice que se quiere matar", "es"),
        ("me quiero ir de este mundo", "es"),
        ("déjenme morir", "es"),
        ("I want to die", "en"),
        ("¿hablan español?", "es"),
        ("la clínica acepta mi seguro?", "es"),
        ("yo i wanna die", "en"),
        ("yo need help", "en"),
        ("not suicidal per se", "en"),
        ("my mi tells me nothing", "en"),
        ("he took the para course in LA", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_text_is_told(text: str, language: str) -> None:
    assert REPLIES.language(text) == language


@pytest.mark.parametrize("note", NOTES)
def test_every_note_has_a_line(note: str) -> None:
    assert REPLIES.line(note)


def test_a_dangerous_reading_names_the_signs_and_911() -> None:
    assert all(word in REPLIES.line("pressure") for word in ("chest pain", "breathing", "weakness", "vision", "speech", "911"))


def test_an_assault_is_answered_by_no_talk_of_thoughts_that_come_back() -> None:
    assert "thoughts" not in REPLIES.line("assault") and "person" in REPLIES.line("assault")


@pytest.mark.parametrize("note", ["loss", "history", "information"])
def test_a_kind_line_names_988(note: str) -> None:
    assert "988" in REPLIES.line(note)


def test_no_note_no_line() -> None:
    assert REPLIES.line(None) is None
