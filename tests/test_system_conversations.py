"""Whole conversations with the real servers: a question, a history with every kind of interruption, a crisis, a person."""
from __future__ import annotations

import html
import re
from typing import List

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


def test_what_is_asked_in_spanish_is_told_so_in_spanish_and_can_be_passed_on(visitor: Visitor) -> None:
    visitor.say("¿hablan español?")
    assert "solo sé responder en inglés" in visitor.said and '<p lang="es">' in visitor.last[0]["html"]
    visitor.tap("Pasar mi pregunta al equipo")
    assert visitor.question  # how they can be reached


def test_a_request_in_spanish_for_a_person_is_told_that_the_questions_are_in_english(visitor: Visitor) -> None:
    visitor.say("habla alguien español")
    assert "están en inglés" in visitor.said and "name" in visitor.question


def test_a_typed_yes_or_no_answers_which_question_was_meant(visitor: Visitor) -> None:
    visitor.say("what model are you")
    assert "one of these" in visitor.said
    visitor.say("yes")
    assert "Which one" in visitor.said and not visitor.question
    visitor.say("the first one")
    assert visitor.last[0]["sources"]
    visitor.say("what model are you")
    visitor.say("none of these")
    assert "Shall I pass your question" in visitor.said
    visitor.say("yes please")
    assert "name" in visitor.question
    visitor.say("stop")
    visitor.say("do you take aetna")
    assert [c["id"] for c in visitor.last[0]["choices"]][:-1] == ["faq.insurance"], "only one comes near"
    visitor.say("yes please")
    assert visitor.last[0]["sources"]


@pytest.mark.parametrize("text", ["why", "are you sure", "say that simpler", "what do you mean", "huh"])
def test_what_is_asked_of_an_answer_is_told_what_an_answer_is(visitor: Visitor, text: str) -> None:
    visitor.say(text)
    assert "not sure what you mean" in visitor.said
    visitor.say("is ketamine addictive?")
    visitor.say(text)
    assert "written and sourced beforehand" in visitor.said
    visitor.say("are you sure")
    assert "can't say more" in visitor.said, "not the same twice"
    visitor.tap("Pass my question to the team")
    assert visitor.question


@pytest.mark.parametrize("text", ["that's not what I asked", "no, I meant something else", "that isn't what i asked"])
def test_who_was_misunderstood_may_ask_in_other_words(visitor: Visitor, text: str) -> None:
    visitor.say("is ketamine addictive?")
    visitor.say(text)
    assert "other words" in visitor.said
    visitor.say("yes please")
    assert "your question?" in visitor.question


@pytest.mark.parametrize("text", ["👍", "?", "..."])
def test_signs_alone_are_no_question_and_leave_an_offer_as_it_was(visitor: Visitor, text: str) -> None:
    visitor.say("how much does it cost?")
    visitor.say(text)
    assert "only read words" in visitor.said
    visitor.say("yes please")
    assert "name" in visitor.question


def test_when_somebody_calls_is_asked_while_a_number_is(visitor: Visitor) -> None:
    visitor.say("call me please")
    visitor.say("when will they call")
    assert "when the team will contact you" in visitor.said and "where you left off" not in visitor.said and "name" in visitor.question


def test_who_only_says_who_they_are_begins_no_history(visitor: Visitor) -> None:
    visitor.say("Good evening, my name is Harold and I am 81 years old.")
    assert not visitor.question and "automated assistant" in visitor.said and visitor.last[0]["kind"] == "message"


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


CORRECTIONS = {
    "in the same message": (["no, that's wrong, it's 1/3/1980"], "Changed to: January 3, 1980"),
    "first said to be wrong": (["that's wrong", "1/3/1980"], "Changed to: January 3, 1980"),
    "only the date": (["it's 1/3/1980 actually"], "Changed to: January 3, 1980"),
    "after a no": (["no it's 1/3/1980"], "Changed to: January 3, 1980"),
    "by its name": (["actually my birthday is wrong, it's June 13 1991"], "Changed to: June 13, 1991"),
    "by its name, then the date": (["my birthday is wrong", "June 13 1991"], "Changed to: June 13, 1991"),
    "another answer": (["correct my name", "Patricia Stone"], "Changed to: Patricia Stone"),
    "out of the menu": (["change an answer", "Full name", "Patricia Stone"], "Changed to: Patricia Stone"),
    "with its new answer": (["change my name to Patricia Stone"], "Changed to: Patricia Stone (Full name)"),
    "stated anew": (["no, my name is Patricia Stone"], "Changed to: Patricia Stone (Full name)"),
    "not as it was": (["sorry, I'm in Washington, not Oregon"], "Changed to: Washington (State)"),
    "with the new answer in the menu": (["change an answer", "Washington"], "Changed to: Washington"),
}


@pytest.mark.parametrize("said, changed", list(CORRECTIONS.values()), ids=list(CORRECTIONS))
def test_an_answer_is_corrected_in_plain_words_and_the_question_asked_again(visitor: Visitor, said: List[str], changed: str) -> None:
    visitor.consent()
    visitor.answer_until("which state")
    visitor.say("Oregon")
    visitor.answer_until("date of birth")
    visitor.say("1/2/1980")
    waiting = visitor.question
    assert "Tell me if that's wrong" in visitor.said
    for text in said:
        visitor.say(text)
    assert changed in visitor.said and visitor.question == waiting


def test_an_answer_is_corrected_where_a_story_is_asked_for(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("brings you here")
    waiting = visitor.question
    visitor.say("my birthday is wrong")
    assert "date of birth" in visitor.question and "You said" in visitor.said
    visitor.say("June 1 1990")
    assert "Changed to: June 1, 1990" in visitor.said and visitor.question == waiting


def test_what_the_change_menu_cannot_read_is_said_and_stored_nowhere(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("brings you here")
    waiting = visitor.question
    visitor.say("change an answer")
    assert {"About you", "How to reach you"} <= {c["label"] for c in visitor.last[-1]["choices"]}
    visitor.say("the purple thing")
    assert "couldn't tell" in visitor.said and "Which part" in visitor.question
    visitor.say("about you")
    visitor.say("the first one")
    assert "Which state" in visitor.question
    visitor.say("skip")
    assert visitor.question == waiting and "You said" not in visitor.said


def to_the_review(visitor: Visitor) -> None:
    visitor.consent()
    for _ in range(70):
        if "Is this right?" in visitor.question:
            return
        visitor.give()
    raise AssertionError("no review")


def test_a_yes_in_any_words_sends_and_anything_else_does_not(system: System) -> None:
    for text in ("yes that's right", "looks good", "that looks right to me", "everything is right", "yes please send it", "no changes"):
        visitor = system.visitor()
        to_the_review(visitor)
        visitor.say(text)
        assert "has been sent" in visitor.said, text
    for text in ("yes but my name is wrong", "no", "that's not right", "save and stop"):
        visitor = system.visitor()
        to_the_review(visitor)
        visitor.say(text)
        assert "has been sent" not in visitor.said, text
        assert visitor.question or text == "save and stop" and "saved" in visitor.said


def test_what_else_a_message_holds_is_noted_and_said_back(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("which state")
    visitor.say("I'm in Salem Oregon, 503-555-0142, and dana@example.com")
    assert "Oregon" in visitor.said and "Phone number" in visitor.said and "dana@example.com" in visitor.said
    visitor.say("that's wrong")
    visitor.tap("Phone number")
    visitor.say("503-555-0143")
    assert "Changed to" in visitor.said
    visitor.answer_until("date of birth")
    visitor.say("it's March 4 1987 but why do you need it")
    assert "18" not in visitor.question and "contacted" in visitor.question, "the date is kept; phone and e-mail are known"


@pytest.mark.parametrize("text", ["how many questions are left", "how much longer", "are we almost done"])
def test_how_many_questions_are_left_is_told_and_stops_nothing(visitor: Visitor, text: str) -> None:
    visitor.consent()
    waiting = visitor.question
    visitor.say(text)
    assert re.search(r"About \d\d questions are left, about \d+ minutes", visitor.said) and visitor.question == waiting


def test_start_over_asks_what_is_meant(visitor: Visitor) -> None:
    visitor.consent()
    visitor.say("Oregon")
    visitor.say("start over")
    visitor.say("the last one")
    assert "Which state" in visitor.question and "You said: Oregon" in visitor.said
    visitor.say("start over")
    visitor.say("begin anew")
    assert "keeps your answers" in visitor.question


def test_somebody_who_fills_it_in_for_another_is_told_and_staff_hear_of_it(system: System, visitor: Visitor) -> None:
    visitor.say("Can I fill this out for my husband?")
    assert "their consent" in visitor.said and not visitor.question
    visitor.tap("They're here and will answer")
    visitor.say("yes he agrees")
    assert "their consent" in visitor.said and "keeps your answers" in visitor.question, "no consent is taken from another"
    for _ in range(4):
        visitor.tap("Yes")
    visitor.answer_until("brings you here")
    visitor.say("stop")
    nurse = system.nurse()
    before = system.handoffs(nurse)
    visitor.tap("Send what I have so far")
    (new,) = set(system.handoffs(nurse)) - set(before)
    flags = nurse.get(f"/handoffs/{new}/summary.json").json()["flags"]
    assert ("typed-by-another", "Can I fill this out for my husband?") in {(f["code"], f["words"]) for f in flags}


@pytest.mark.parametrize("before", [[], ["stop"]], ids=["while a question waits", "while nothing waits"])
def test_a_typed_yes_deletes(visitor: Visitor, before: List[str]) -> None:
    visitor.consent()
    waiting = visitor.question
    visitor.say("delete everything")
    assert "Shall I delete it?" in visitor.said and not visitor.question
    visitor.say("no")
    assert "Nothing was deleted" in visitor.said and visitor.question == waiting
    for text in [*before, "delete my data", "yes please delete it"]:
        visitor.say(text)
    assert "I've deleted" in visitor.said
    visitor.say("start my history")
    assert "keeps your answers" in visitor.question, "nothing is left to go on with"


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
    visitor.say("555 0178")
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
    assert said["phone"]["text"] == "503 555 0178", "a number is what was read, not the tries before it"


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


@pytest.mark.parametrize("at, by_team", [(0, False), (1, True), (2, False), (3, True)])
def test_without_consent_it_ends_kindly(visitor: Visitor, at: int, by_team: bool) -> None:
    """The team is offered where neither keeping answers nor being contacted was refused."""
    visitor.say("start my history")
    for _ in range(at):
        visitor.tap("Yes")
    visitor.tap("No")
    assert not visitor.question
    assert "contact" in visitor.said.lower() or "call" in visitor.said.lower()
    labels = [c["label"] for c in visitor.last[-1]["choices"]]
    assert "Ask a question" in labels and ("Contact me" in labels) == by_team


def test_under_18_ends_kindly(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("date of birth")
    visitor.say("May 2, 2015")
    assert not visitor.question and "18" in visitor.said


def test_who_mistyped_the_year_can_begin_again(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("date of birth")
    visitor.say("May 2, 2015")
    visitor.say("start my history")
    visitor.consent()
    visitor.answer_until("date of birth")
    visitor.say("May 2, 2005")
    assert "phone number" in visitor.question


def test_asking_for_a_person_reaches_staff(system: System, visitor: Visitor) -> None:
    visitor.say("can I talk to a real person please")
    visitor.say("Robin Callback")
    visitor.say("robin@example.com")
    for _ in range(6):
        if not visitor.question:
            break
        visitor.give()
    assert "asked the team to contact you" in visitor.said and "The team will contact you" not in visitor.said
    nurse = system.nurse()
    people = [nurse.get(f"/handoffs/{i}/summary.json").json() for i in system.handoffs(nurse)]
    mine = next(s for s in people if s["person"]["name"] == "Robin Callback")
    assert mine["kind"] == "callback" and mine["person"]["email"] == "robin@example.com"


def test_a_question_beside_the_wish_for_a_person_is_answered_first(visitor: Visitor) -> None:
    visitor.say("how much does it cost, and can I talk to a person")
    first, *_, last = visitor.last
    assert first["sources"] and "cost" in first["text"].lower()
    assert "This was helpful" not in [choice["label"] for choice in first["choices"]], "that is asked when nothing follows"
    assert last["kind"] == "question" and "name" in last["text"].lower()


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


def ask_to_be_contacted(visitor: Visitor, name: str) -> None:
    visitor.tap("Contact me")
    for words in (name, "503 555 0143"):
        visitor.say(words)
    while visitor.question:
        visitor.give()


def flags_of(system: System, name: str) -> list:
    nurse = system.nurse()
    people = [nurse.get(f"/handoffs/{i}/summary.json").json() for i in system.handoffs(nurse)]
    (mine,) = (s for s in people if s["person"]["name"] == name)
    assert not mine["flags"] or mine["flags"][0]["words"] in html.unescape(nurse.get(f"/handoffs/{mine['id']}").text)
    return [(flag["code"], flag["words"]) for flag in mine["flags"] if flag["code"] in ("withdrawn", "added-after-sending")]


LATER = [
    ("please change my phone number to 503-555-0999", "added-after-sending"),
    ("I want to correct my phone number, it is 503-555-0999", "added-after-sending"),
    ("Actually I also take methadone", "added-after-sending"),
    ("my e-mail is mj@example.com", "added-after-sending"),
    ("my name is actually Xavier Holt (and you can text me too)", "added-after-sending"),
    ("I forgot to mention I'm also on lithium 900 mg", "added-after-sending"),
    ("please cancel my callback request", "withdrawn"),
    ("please don't call me after all", "withdrawn"),
    ("I no longer want a call", "withdrawn"),
    ("its not safe anymore pls dont call", "withdrawn"),
]


@pytest.mark.parametrize("words, code", LATER)
def test_what_is_written_after_sending_reaches_staff(system: System, visitor: Visitor, words: str, code: str) -> None:
    name = f"Late {LATER.index((words, code))} Writer"
    ask_to_be_contacted(visitor, name)
    visitor.say(words)
    assert not visitor.question, "no form begins"
    assert ("told the team" if code == "withdrawn" else "added that") in visitor.said
    assert flags_of(system, name) == [(code, words)]


def test_who_says_only_that_something_is_wrong_is_asked_what(system: System, visitor: Visitor) -> None:
    ask_to_be_contacted(visitor, "Vera Vague")
    visitor.say("I made a mistake in what I sent")
    assert "team know" in visitor.question
    visitor.say("why is that number so old? It's 503-555-0999 now")
    assert "added that" in visitor.said and not visitor.question
    assert flags_of(system, "Vera Vague") == [
        ("added-after-sending", "I made a mistake in what I sent\nwhy is that number so old? It's 503-555-0999 now")
    ]
    visitor.say("I want to change my phone number")
    visitor.say("stop")
    assert "haven't passed anything on" in visitor.said and not visitor.question


def test_a_statement_after_sending_can_be_passed_on_and_nothing_is_offered_that_is_not_there(system: System, visitor: Visitor) -> None:
    ask_to_be_contacted(visitor, "Stella State")
    visitor.say("skip this question")
    labels = [c["label"] for c in visitor.last[-1]["choices"]]
    assert "Go on with my history" not in labels
    visitor.say("I take melatonin 5 mg")
    visitor.tap("Add this to what I sent")
    assert flags_of(system, "Stella State") == [("added-after-sending", "I take melatonin 5 mg")]


def test_nothing_is_taken_back_where_nothing_was_sent(visitor: Visitor) -> None:
    visitor.say("please cancel my request")
    assert "nothing to take back" in visitor.said and not visitor.question
    visitor.say("I want to change my phone number")
    assert "nothing to add to or change" in visitor.said and not visitor.question
    visitor.say("skip this question")
    assert "Go on with my history" not in [c["label"] for c in visitor.last[-1]["choices"]]


def test_a_request_that_is_being_written_is_dropped_when_it_is_taken_back(system: System, visitor: Visitor) -> None:
    before = system.handoffs(system.nurse())
    visitor.tap("Contact me")
    visitor.say("I changed my mind, please don't call me")
    assert "haven't sent a request" in visitor.said and not visitor.question
    assert system.handoffs(system.nurse()) == before


def test_no_answer_is_promised_where_nobody_can_give_one(system: System, visitor: Visitor) -> None:
    visitor.say("how much does it cost?")
    visitor.tap("Pass my question to the team")
    visitor.say("skip")
    visitor.say("skip")
    assert "nobody can answer you" in visitor.said and "will contact you" not in visitor.said
    visitor.tap("Leave a phone number or e-mail")
    visitor.say("zoe@example.com, quietly")
    nurse = system.nurse()
    assert any("zoe@example.com, quietly" in nurse.get(f"/handoffs/{i}").text for i in system.handoffs(nurse))


@pytest.mark.parametrize("sign", ["/", "?", "-", "...", "*", "#", "\\", "!!", "+"])
def test_a_bare_sign_opens_no_form(visitor: Visitor, sign: str) -> None:
    visitor.say(sign)
    assert not visitor.question


def test_the_review_is_read_with_what_was_agreed_to_and_any_plain_yes_sends_it(visitor: Visitor) -> None:
    visitor.consent()
    for _ in range(70):
        if any(c["label"] == "Send my history" for c in visitor.last[-1]["choices"]):
            break
        visitor.give()
    assert "You know that this chat isn't for emergencies\nYes" in visitor.said
    visitor.tap("Change an answer")
    visitor.say("the zebra one")
    assert "couldn't tell which of these" in visitor.said
    visitor.say("Medicines")
    assert "Which medicines do you take?" in visitor.question
    visitor.say("sertraline 50 mg")
    visitor.say("that looks right to me")
    assert "has been sent" in visitor.said
    visitor.say("I want to continue my history")
    assert "with the team already" in visitor.said and not visitor.question  # no second one is begun


def test_what_is_typed_to_the_choice_of_what_to_change_answers_no_question(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("would you like to be different")
    visitor.say("correct my name")
    if "Which part" in visitor.question:
        visitor.say("full name")
    assert "full name" in visitor.question.lower()
    visitor.say("Patricia Stone")
    assert "would you like to be different" in visitor.question and "Patricia Stone" in visitor.said


def test_what_was_sent_can_be_taken_back_in_the_middle_of_the_history(system: System, visitor: Visitor) -> None:
    ask_to_be_contacted(visitor, "Mia Middle")
    visitor.consent()
    visitor.answer_until("full name")
    visitor.say("please cancel my callback request")
    assert "told the team" in visitor.said and "full name" in visitor.question.lower()
    assert flags_of(system, "Mia Middle") == [("withdrawn", "please cancel my callback request")]


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


@pytest.mark.parametrize("said", [["Dana Dunmore, 503-555-0147"], ["talk to staff", "Dana Dunmore", "503-555-0147"]])
def test_whom_to_call_in_a_crisis_reaches_staff_with_it(system: System, visitor: Visitor, said: List[str]) -> None:
    nurse = system.nurse()
    before = system.handoffs(nurse)
    visitor.say("i'm going to shoot myself")
    visitor.say(said[0])
    assert visitor.kinds[0] == "crisis" and "988" in visitor.last[0]["text"] and visitor.question
    for text in said[1:]:
        visitor.say(text)
    assert "leave a message" in visitor.question
    (crisis,) = set(system.handoffs(nurse)) - set(before)
    summary = nurse.get(f"/handoffs/{crisis}/summary.json").json()
    assert summary["kind"] == "crisis" and (summary["person"]["name"], summary["person"]["phone"]) == ("Dana Dunmore", "+15035550147")


def test_who_said_to_be_under_18_begins_no_history(visitor: Visitor) -> None:
    visitor.say("i'm 15")
    visitor.say("start my history")
    assert "18 or older" in visitor.said and not visitor.question
    visitor.say("my dad hits me sometimes")
    assert visitor.kinds == ["crisis"] and "1-800-422-4453" in visitor.said


def test_to_take_note_of_an_answer_is_no_yes_to_the_button_under_it(visitor: Visitor) -> None:
    for text in ("k", "hm", "is that normal"):
        visitor.say("how much does it cost?")
        visitor.say(text)
        assert not visitor.question
    visitor.say("how much does it cost?")
    answer = visitor.last[0]["text"]
    visitor.say("can you repeat that")
    assert visitor.said == answer
    visitor.say("how much does it cost?")
    visitor.say("yes please")
    assert "name" in visitor.question
    visitor.say("hrs")
    assert "not sure that is a name" in visitor.question


@pytest.mark.parametrize("text", ["promise me it works", "I don't think you understand"])
def test_a_sentence_where_nothing_was_asked_is_no_answer_to_it(visitor: Visitor, text: str) -> None:
    visitor.say(text)
    assert "All right" not in visitor.said and "Pass my question to the team" in " ".join(c["label"] for c in visitor.last[0]["choices"])


def test_an_answer_beside_a_question_is_kept_where_one_was_asked(visitor: Visitor) -> None:
    visitor.consent()
    visitor.say("oregon. do you have parking?")
    assert "parking" in visitor.last[0]["text"] and "State: Oregon" in visitor.said and "city" in visitor.question


def test_a_history_comes_before_a_request_when_it_is_named(visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("high blood pressure")
    visitor.say("contact me")
    assert "What phone number" in visitor.question  # contact was not called safe, so that the number of the history is not taken
    visitor.say("go on with my history")
    assert "high blood pressure" in visitor.question


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I'm not suicidal", "Thank you for telling me. What would you like to do?"),
        ("I work on a suicide hotline", "Thank you for telling me. What would you like to do?"),
        ("I was suicidal in 2015 but not now", "If those thoughts or that danger come back, you can call or text 988"),
        ("i lost my brother to suicide last year", "I'm sorry for your loss."),
    ],
)
def test_what_is_told_and_not_asked_is_thanked_for(visitor: Visitor, text: str, words: str) -> None:
    visitor.say(text)
    assert words in visitor.said and visitor.kinds == ["message"] and "ketamine" not in visitor.said.lower()
    assert "This was helpful" not in [c["label"] for m in visitor.last for c in m["choices"]]


def test_messages_that_only_together_say_it_end_in_no_goodbye(visitor: Visitor) -> None:
    for text in ("everyone is gone", "the house is empty"):
        visitor.say(text)
    visitor.say("goodbye")
    assert visitor.kinds == ["crisis"] and "988" in visitor.said


def test_a_denied_answer_reaches_staff_with_the_denial(system: System, visitor: Visitor) -> None:
    visitor.consent()
    visitor.answer_until("like to be different")
    visitor.say("not feel like a burden")
    assert visitor.kinds[0] == "check_in"
    visitor.say("no")
    visitor.answer_until("Is this right?")
    visitor.tap("Send my history")
    nurse = system.nurse()
    summaries = [nurse.get(f"/handoffs/{i}/summary.json").json() for i in system.handoffs(nurse)]
    mine = next(s for s in summaries if any(a["text"] == "not feel like a burden" for a in s["answers"]))
    flags = [f for f in mine["flags"] if f["code"] == "check-in-suicidal"]
    assert [(f["level"], f["words"]) for f in flags] == [("amber", "not feel like a burden")] and 'they said: "no"' in flags[0]["reason"]
