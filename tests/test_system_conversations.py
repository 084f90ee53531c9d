"""Whole conversations with the real servers: a question, a history with every kind of interruption, a crisis, a person."""
from __future__ import annotations

import pytest

from tests.system import System, Visitor


def test_an_honest_answer_with_sources(visitor: Visitor) -> None:
    visitor.say("does ketamine actually work for ptsd?")
    answer = visitor.last[0]
    assert "off-label" in answer["text"].lower() or "not fda-approved" in answer["text"].lower()
    assert answer["sources"] and all(s["url"].startswith("https://") for s in answer["sources"])
    offered = [c["id"] for c in answer["choices"] if c["id"].startswith("faq.")]
    assert len(offered) == 2, "related questions are offered"


def test_whether_an_answer_helped_is_kept_once_for_staff(system: System, visitor: Visitor) -> None:
    visitor.say("is ketamine addictive for someone like me zzqx")
    (choice,) = (c["id"] for c in visitor.last[-1]["choices"] if c["label"] == "Not helpful")
    visitor.tap("Not helpful")
    assert "pass your question" in visitor.said
    again = visitor.send({"id": "again", "choice": choice.replace("deny", "affirm")})
    assert "thanks" not in again.text.lower()
    visitor.say("start my history")
    visitor.say("is it addictive?")
    assert "Not helpful" not in [c["label"] for m in visitor.last for c in m["choices"]], "not in the middle of the history"
    page = system.nurse().get("/unanswered").text
    assert "zzqx" in page.partition("Answered, but not helpful")[2]


def test_what_the_clinic_has_not_said_is_not_made_up(visitor: Visitor) -> None:
    visitor.say("how much does it cost?")
    assert "$" not in visitor.said
    visitor.tap("Pass my question to the team")
    assert "name" in visitor.question.lower()


def test_an_unknown_question_is_not_guessed(visitor: Visitor) -> None:
    visitor.say("can you recommend a good pizza place near the river")
    assert not visitor.last[0]["sources"]
    assert "Pass my question to the team" in " ".join(c["label"] for c in visitor.last[0]["choices"])


def test_the_words_that_start_the_history_do_not_answer_it(visitor: Visitor) -> None:
    visitor.say("yes, start my history please")
    assert visitor.question.endswith("Is it okay that this chat keeps your answers?") or "keep" in visitor.question
    assert not any(m["text"].startswith("Changed") for m in visitor.last)


def test_a_whole_history_reaches_staff(system: System, visitor: Visitor) -> None:
    visitor.consent()
    for _ in range(70):
        if any(c["label"] == "Send my history" for c in visitor.last[-1]["choices"]):
            break
        visitor.give({"brings you here": "Nightmares since my deployment.", "which medicines": "sertraline 50 mg and xanax"})
    assert "Nightmares since my deployment." in visitor.said, "the review shows what was answered"
    visitor.tap("Send my history")
    assert "sent" in visitor.said
    nurse = system.nurse()
    summaries = [nurse.get(f"/handoffs/{i}/summary.json").json() for i in system.handoffs(nurse)]
    mine = next(s for s in summaries if s["reason"] and "Nightmares since my deployment." in s["reason"])
    assert mine["kind"] == "intake" and mine["person"]["name"] == "Jo Example"
    assert mine["person"]["birth_date"] == "1987-03-04" and mine["person"]["phone"] == "+15035550123"
    assert len(mine["consents"]) >= 4 and all(c["version"] for c in mine["consents"])
    assert any(f["level"] == "amber" and "xanax" in f["words"].lower() for f in mine["flags"])


INTERRUPTIONS = {
    "a question": ("how long does it last?", "week"),
    "why": ("why do you ask?", ""),
    "thanks": ("thank you", "welcome"),
    "nobody knows": ("do you know the capital of mongolia", ""),
    "a bot": ("are you a real person?", "program"),
}


@pytest.mark.parametrize("at", ["date of birth", "brings you here", "high blood pressure", "which medicines"])
@pytest.mark.parametrize("kind", list(INTERRUPTIONS))
def test_an_interruption_comes_back_to_the_same_question(visitor: Visitor, at: str, kind: str) -> None:
    visitor.consent()
    visitor.answer_until(at)
    words, answer = INTERRUPTIONS[kind]
    visitor.say(words)
    assert at in visitor.question.lower()
    assert answer in visitor.said.lower()
    assert len(visitor.last) >= 2, "the interruption itself was answered"


def test_skip_back_and_change(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("which state")
    visitor.say("oregon")
    visitor.say("go back")
    assert "which state" in visitor.question.lower() and "Oregon" in visitor.said
    visitor.say("Washington")
    assert "Washington" in visitor.said
    visitor.say("skip this one")
    assert "full name" in visitor.question.lower()
    visitor.say("skip")
    assert "full name" in visitor.question.lower(), "what is needed cannot be skipped, and nothing else happens"


def test_after_two_misses_the_question_is_explained(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("date of birth")
    visitor.say("the thirtieth of february 1990")
    once = visitor.said
    visitor.say("31/31/31")
    assert len(visitor.said) > len(once)
    labels = [c["label"] for c in visitor.last[-1]["choices"]]
    assert "Skip" in labels and "Talk to a person" in labels
    visitor.say("march 4 1987")
    assert "date of birth" not in visitor.question.lower()


def test_what_could_not_be_read_goes_to_staff_beside_the_answer(system: System, visitor: Visitor) -> None:
    visitor.say("I'd like to start my history")
    visitor.tap("Yes")
    visitor.tap("Yes")
    visitor.say("yes but not at work")
    assert "plain yes or no" in visitor.said
    visitor.say("yes")
    visitor.tap("Yes")
    visitor.answer_until("full name")
    visitor.say("Ward Wish")
    visitor.answer_until("your phone number")
    visitor.say("503 555 0178")
    visitor.say("stop")
    nurse = system.nurse()
    before = system.handoffs(nurse)
    visitor.tap("Send what I have so far")
    (new,) = set(system.handoffs(nurse)) - set(before)
    kept = nurse.get(f"/handoffs/{new}/summary.json").json()
    said = {answer["link_id"]: answer for answer in kept["answers"]}
    assert said["consent-contact"]["text"] == "yes but not at work; yes" and said["consent-contact"]["value"] is True
    assert said["consent-share"]["text"] is None


def test_an_answer_with_a_question_in_it_is_kept_and_the_question_answered(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("which medicines")
    visitor.say("xanax 0.5 twice a day and lamictal. do i have to stop taking the xanax")
    assert len(visitor.last) >= 2 and visitor.last[0]["sources"] and "benzodiazepine" in visitor.last[0]["text"].lower()
    assert visitor.question and "which medicines" not in visitor.question.lower()
    visitor.say("go back")
    assert "xanax 0.5 twice a day and lamictal" in visitor.said


def test_stop_and_go_on_later(system: System, visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("full name")
    visitor.say("Jo Example")
    waiting = visitor.question
    visitor.say("stop")
    assert "saved" in visitor.said.lower()
    visitor.tap("Go on with my history")
    assert visitor.question == waiting


def test_a_stopped_history_is_sent_only_when_the_visitor_says_so(system: System, visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("full name")
    visitor.say("Una Finished")
    visitor.say("stop")
    assert "Send what I have so far" not in [c["label"] for c in visitor.last[-1]["choices"]]
    visitor.tap("Go on with my history")
    visitor.answer_until("your phone number")
    visitor.say("503 555 0177")
    nurse = system.nurse()
    before = system.handoffs(nurse)
    visitor.say("stop")
    assert system.handoffs(nurse) == before
    visitor.tap("Send what I have so far")
    assert "sent what you gave" in visitor.said
    (new,) = set(system.handoffs(nurse)) - set(before)
    kept = nurse.get(f"/handoffs/{new}/summary.json").json()
    assert kept["kind"] == "unfinished" and kept["person"]["name"] == "Una Finished" and kept["person"]["phone"]
    assert "Una Finished" in system.command("export", new, "--format", "text").stdout
    visitor.tap("Go on with my history")
    assert visitor.question


@pytest.mark.parametrize("answer, at", [("No", 0), ("No", 2)])
def test_without_consent_it_ends_kindly(visitor: Visitor, answer: str, at: int) -> None:
    visitor.say("start my history")
    for _ in range(at):
        visitor.tap("Yes")
    visitor.tap(answer)
    assert not visitor.question
    assert "contact" in visitor.said.lower() or "call" in visitor.said.lower()


def test_under_18_ends_kindly(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("date of birth")
    visitor.say("May 2, 2015")
    assert not visitor.question and "18" in visitor.said


def test_asking_for_a_person_reaches_staff(system: System, visitor: Visitor) -> None:
    visitor.say("can I talk to a real person please")
    visitor.say("Robin Callback")
    visitor.say("robin@example.com")
    for _ in range(6):
        if not visitor.question:
            break
        visitor.give()
    assert "team" in visitor.said
    nurse = system.nurse()
    people = [nurse.get(f"/handoffs/{i}/summary.json").json() for i in system.handoffs(nurse)]
    mine = next(s for s in people if s["person"]["name"] == "Robin Callback")
    assert mine["kind"] == "callback" and mine["person"]["email"] == "robin@example.com"


CRISES = ["I want to kill myself", "i dont want to be here anymore", "I took a bunch of pills", "he hits me and im scared to go home"]


@pytest.mark.parametrize("at", ["", "consent", "date of birth", "brings you here", "high blood pressure"])
@pytest.mark.parametrize("text", CRISES)
def test_a_crisis_stops_everything_and_comes_back_by_choice(visitor: Visitor, at: str, text: str) -> None:
    before = ""
    if at:
        if at == "consent":
            visitor.say("start my history")
        else:
            visitor.consent()
            visitor.answer_until(at)
        before = visitor.question
    visitor.say(text)
    assert visitor.kinds == ["crisis"], "nothing before it and nothing after it"
    assert "988" in visitor.said and "911" in visitor.said
    visitor.say("what does it cost")
    assert "988" in visitor.said and not visitor.question, "it stays until the visitor chooses"
    visitor.tap("I'm safe right now")
    assert "crisis" not in visitor.kinds
    if before:
        assert visitor.question == before


def test_a_crisis_reaches_staff_as_stat(system: System, visitor: Visitor) -> None:
    visitor.say("everyone would be better off without me, call me MARKER-9713")
    nurse = system.nurse()
    found = [nurse.get(f"/handoffs/{i}/summary.json").json() for i in system.handoffs(nurse)]
    mine = [s for s in found if s["kind"] == "crisis" and any("MARKER-9713" in f["words"] for f in s["flags"])]
    assert len(mine) == 1 and mine[0]["urgency"] == "stat"


def test_a_red_answer_starts_the_crisis_path(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("thoughts of suicide now")
    visitor.tap("Yes")
    assert visitor.kinds == ["crisis"]
    visitor.tap("I'm safe right now")
    assert visitor.question, "the history waits where it was"


def test_yes_to_a_check_in_is_a_takeover(visitor: Visitor) -> None:
    visitor.say("I can't take it anymore")
    assert "check_in" in visitor.kinds and "988" in visitor.said
    visitor.say("yes")
    assert "crisis" in visitor.kinds


def test_an_answer_that_worries_is_kept_under_the_check_in(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("brings you here")
    visitor.say("I'm so tired of fighting this every day and I can't take it anymore")
    assert visitor.kinds[0] == "check_in" and "988" in visitor.said
    assert visitor.question and "brings you here" not in visitor.question.lower(), "nobody has to say it twice"
    visitor.say("go back")
    assert "You said: I'm so tired of fighting this every day" in visitor.said


def test_an_age_under_18_ends_the_history_and_is_remembered(visitor: Visitor) -> None:
    visitor.consent()
    visitor.say("i said im 16")
    assert "18 or older" in visitor.said and not visitor.question
    visitor.say("my dad hits me sometimes")
    assert visitor.kinds == ["crisis"] and "1-800-422-4453" in visitor.said


def test_a_reaction_of_long_ago_answers_the_question_of_allergies(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("allerg")
    visitor.say("codeine throat swelling, none other")
    assert "crisis" not in visitor.kinds and "check_in" not in visitor.kinds
    assert visitor.question and "allerg" not in visitor.question.lower()
    visitor.say("my throat is swelling right now")
    assert visitor.kinds == ["crisis"]


def test_a_dangerous_reading_is_told_of_911_and_the_history_goes_on(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("high blood pressure")
    visitor.say("yes, 200/110")
    assert "call 911" in visitor.last[0]["text"] and visitor.question
