"""What a visitor sees and can do while the connection is good."""
# ruff: noqa: F401, F811 (fixtures are imported by name)
from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.chat_page_fixtures import OpenPage, Visitor, browser, focused, server, visit, visitor

ATTACK = '<img src=x onerror="document.title=1"> <b>bold</b> javascript:alert(1) http://evil.example/ 988'


def test_the_greeting_of_the_server_and_its_choices_are_shown(visitor: Visitor) -> None:
    expect(visitor.messages).to_have_count(1)
    assert "automated assistant" in visitor.shown()[0]
    expect(visitor.page.get_by_role("group", name="Choices").get_by_role("button")).to_have_text(
        ["Ask a question", "Start my history", "Contact me"]
    )


def test_enter_sends_and_shift_enter_starts_a_new_line(visitor: Visitor) -> None:
    visitor.box.fill("one")
    visitor.box.press("Shift+Enter")
    visitor.box.press_sequentially("two")
    visitor.box.press("Enter")
    expect(visitor.box).to_have_value("")
    expect(visitor.messages).to_have_count(3)
    assert visitor.server.turns == {"one\ntwo": 1}


@pytest.mark.parametrize("empty", ["", "   ", "\n\n"])
def test_nothing_is_sent_when_nothing_is_written(visitor: Visitor, empty: str) -> None:
    visitor.say(empty)
    visitor.page.get_by_role("button", name="Send").click()
    visitor.say("hello")
    expect(visitor.messages).to_have_count(3)
    assert visitor.server.turns == {"hello": 1}


def test_an_answer_brings_its_sources_as_links_that_are_safe(visitor: Visitor) -> None:
    visitor.say("Does it work?")
    visitor.page.get_by_text("Sources (3)").click()
    links = visitor.page.locator(".sources a")
    expect(links).to_have_count(2)  # the third source has no http address, so it is text
    expect(visitor.page.locator(".sources li").nth(2)).to_have_text("A source that must not be a link")
    for link in links.all():
        assert link.get_attribute("href").startswith("https://doi.org/")
        assert link.get_attribute("target") == "_blank"
        assert set(link.get_attribute("rel").split()) == {"noopener", "noreferrer"}


@pytest.mark.parametrize("echo", [False, True])
def test_what_is_typed_is_text_and_nothing_else(visitor: Visitor, echo: bool) -> None:
    visitor.server.echo = echo
    visitor.say(ATTACK)
    expect(visitor.messages).to_have_count(3)
    mine = visitor.messages.nth(1)
    assert mine.locator(".message__body").inner_text() == ATTACK
    expect(mine.locator("img, b, a")).to_have_count(0)
    expect(visitor.messages.nth(2).locator("img, b")).to_have_count(0)  # the reply repeats it
    assert visitor.page.locator('a[href*="evil"], a[href^="javascript"]').count() == 0


def test_html_of_a_message_is_not_used(visitor: Visitor) -> None:
    conversation = next(iter(visitor.server.conversations.values()))
    with_html = {"text": "plain", "html": "<b id='injected'>rich</b>"}
    conversation.messages.append(visitor.server._message("staff", with_html))
    expect(visitor.page.locator(".message--staff")).to_contain_text("plain")
    assert visitor.page.locator("#injected").count() == 0


def test_what_is_said_in_spanish_is_marked_for_a_voice_that_reads_it(visitor: Visitor) -> None:
    visitor.say("quiero morirme")
    said = visitor.messages.nth(2)
    for part in [said.locator(".message__body"), said.locator("a.button").first, said.locator("button").first]:
        expect(part).to_have_attribute("lang", "es")
    expect(visitor.messages.first.locator(".message__body")).to_have_attribute("lang", "en")
    spoken_in = "node => node.closest('[lang]').lang"
    assert said.locator(".message__author").evaluate(spoken_in) == said.locator(".calls").evaluate(spoken_in) == "en"


@pytest.mark.parametrize("html", ['<p lang="es" onclick="x">', '<p lang="javascript:">', "<b lang='es'>", None])
def test_nothing_but_a_language_is_read_in_the_html_of_a_message(visitor: Visitor, html: str | None) -> None:
    conversation = next(iter(visitor.server.conversations.values()))
    conversation.messages.append(visitor.server._message("bot", {"text": "plain", "html": html}))
    expect(visitor.messages.nth(1).locator(".message__body")).to_have_attribute("lang", "en")


def test_a_choice_is_a_button_that_speaks_for_the_visitor(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Start my history").click()
    expect(visitor.said("Start my history")).to_be_visible()
    expect(visitor.messages.nth(2)).to_contain_text("high blood pressure")
    sent = [body for method, path, body in visitor.server.seen if (method, path) == ("POST", "/chat/messages")]
    assert [set(body) for body in sent] == [{"id", "choice"}]
    assert sent[0]["choice"] == "start_intake"


def test_arrow_keys_do_not_commit_a_choice(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Ask a question").focus()
    for key in ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Home", "End"]:
        visitor.page.keyboard.press(key)
    assert focused(visitor.page) == "Ask a question"
    visitor.say("hello")
    expect(visitor.messages).to_have_count(3)
    assert visitor.server.turns == {"hello": 1}


def test_choices_close_once_the_conversation_has_gone_on(visitor: Visitor) -> None:
    visitor.say("start my history")
    expect(visitor.messages).to_have_count(3)
    expect(visitor.page.get_by_role("button", name="Contact me")).to_be_hidden()
    expect(visitor.page.get_by_role("button", name="Prefer not to say")).to_be_visible()


def test_a_message_of_staff_leaves_the_choices_open(visitor: Visitor) -> None:
    visitor.server.staff_says("Hello, this is the team.")
    expect(visitor.page.locator(".message--staff")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Start my history")).to_be_visible()


def test_why_skip_and_back_are_quiet_and_the_answers_are_not(visitor: Visitor) -> None:
    visitor.say("start my history")
    quiet = visitor.page.get_by_role("group", name="About this question").get_by_role("button")
    expect(quiet).to_have_text(["Why we ask", "Skip", "Back"])
    answers = visitor.page.get_by_role("group", name=re.compile("high blood pressure")).get_by_role("button")
    expect(answers).to_have_text(["Yes", "No", "Not sure", "Prefer not to say"])
    size = "node => getComputedStyle(node).fontSize"
    assert {button.evaluate(size) for button in quiet.all()} == {"14px"}
    assert {button.evaluate(size) for button in answers.all()} == {"16px"}


@pytest.mark.parametrize(
    ("label", "href"),
    [
        ("Call 988", "tel:988"),
        ("Text 988", "sms:988"),
        ("Call 911", "tel:911"),
        ("Poison Help: 1-800-222-1222", "tel:18002221222"),
    ],
)
def test_numbers_to_call_are_links_with_visible_digits_and_stay(visitor: Visitor, label: str, href: str) -> None:
    visitor.say("crisis")
    help_links = visitor.page.get_by_role("group", name="Call or text for help")
    expect(help_links.get_by_role("link", name=label, exact=True)).to_have_attribute("href", href)
    visitor.page.get_by_role("button", name="I'm safe right now").click()
    expect(visitor.messages).to_have_count(5)
    expect(help_links.get_by_role("link", name=label, exact=True)).to_be_visible()
    expect(visitor.page.get_by_role("button", name="I'm safe right now")).to_be_hidden()


def test_numbers_in_a_text_become_links_and_other_digits_do_not(visitor: Visitor) -> None:
    visitor.say("crisis")
    expect(visitor.messages).to_have_count(3)
    body = visitor.page.locator(".message--crisis .message__body")
    assert [(link.inner_text(), link.get_attribute("href")) for link in body.locator("a").all()] == [
        ("988", "tel:988"),
        ("911", "tel:911"),
        ("503-585-4949", "tel:15035854949"),
    ]
    visitor.say("list")
    expect(visitor.messages).to_have_count(5)
    expect(visitor.messages.nth(4).locator("li")).to_have_text(["cost", "safety"])
    assert [(link.inner_text(), link.get_attribute("href")) for link in visitor.messages.nth(4).locator("a").all()] == [
        ("1-800-222-1222", "tel:18002221222"),
        ("741741", "sms:741741?body=HOME"),
    ]


def test_numbers_in_a_spanish_text_are_called_or_written_to_as_it_says(visitor: Visitor) -> None:
    visitor.say("quiero morirme")
    links = visitor.messages.nth(2).locator(".message__body a, .calls a")
    expect(links).to_have_count(6)
    assert [(link.inner_text(), link.get_attribute("href")) for link in links.all()] == [
        ("988", "tel:988"),
        ("988", "sms:988?body=AYUDA"),
        ("741741", "sms:741741?body=HOME"),
        ("838255", "sms:838255"),
        ("Llamar al 988", "tel:988"),
        ("Enviar AYUDA al 988", "sms:988?body=AYUDA"),
    ]


def test_the_count_appears_near_the_limit_and_nothing_is_cut_off(visitor: Visitor) -> None:
    count = visitor.page.locator("#count")
    visitor.box.fill("a" * 1799)
    expect(count).to_be_hidden()
    visitor.box.fill("a" * 1800)
    expect(count).to_have_text("200 characters left")
    visitor.box.fill("😀" * 1999)  # one character each, as the server counts
    expect(count).to_have_text("1 character left")
    visitor.box.fill("a" * 2003)
    expect(count).to_have_text("3 characters over the limit")
    visitor.box.press("Enter")
    expect(visitor.status).to_contain_text("3 characters too long")
    assert len(visitor.box.input_value()) == 2003
    visitor.say("hello")
    expect(visitor.messages).to_have_count(3)
    assert visitor.server.turns == {"hello": 1}


def test_the_box_grows_with_what_is_written_and_shrinks_again(visitor: Visitor) -> None:
    empty = visitor.box.bounding_box()["height"]
    visitor.box.fill("\n".join("line" for _ in range(4)))
    assert visitor.box.bounding_box()["height"] > empty + 40
    visitor.box.fill("\n".join("line" for _ in range(60)))
    assert visitor.box.bounding_box()["height"] <= 170
    visitor.box.press("Enter")
    assert visitor.box.bounding_box()["height"] == pytest.approx(empty, abs=1)


def test_somebody_is_seen_to_be_writing(visitor: Visitor) -> None:
    with visitor.server.holding():
        visitor.say("hello")
        expect(visitor.page.locator("#typing")).to_be_visible()
    expect(visitor.messages).to_have_count(3)
    expect(visitor.page.locator("#typing")).to_be_hidden()


def test_two_messages_in_a_burst_are_answered_in_order(visitor: Visitor) -> None:
    with visitor.server.holding():
        for text in ["first", "second", "third"]:
            visitor.say(text)
    expect(visitor.messages).to_have_count(7)
    answers = [text for text in visitor.shown() if text.startswith("You wrote")]
    assert answers == ["You wrote: first", "You wrote: second", "You wrote: third"]
    assert set(visitor.server.turns.values()) == {1}


def test_a_long_answer_is_read_from_its_top(visitor: Visitor) -> None:
    visitor.say("long")
    expect(visitor.messages).to_have_count(3)
    expect(visitor.messages.nth(2).locator("p").nth(1)).to_be_in_viewport()
    expect(visitor.page.get_by_role("button", name="More below")).to_be_visible()


def test_a_reader_who_has_scrolled_up_is_not_moved(visitor: Visitor) -> None:
    visitor.say("long")
    expect(visitor.messages).to_have_count(3)
    expect(visitor.page.get_by_role("button", name="More below")).to_be_visible()  # at the end of a smooth scroll
    visitor.page.evaluate("() => document.getElementById('scroller').scrollTo(0, 0)")
    visitor.server.staff_says("Hello, this is the team.")
    button = visitor.page.get_by_role("button", name="New message")
    expect(button).to_be_visible()
    assert visitor.page.evaluate("() => document.getElementById('scroller').scrollTop") == 0
    button.click()
    expect(visitor.page.locator(".message--staff")).to_be_in_viewport()
    expect(button).to_be_hidden()


def test_start_over_asks_once_and_then_makes_a_new_session(visitor: Visitor) -> None:
    visitor.say("hello")
    expect(visitor.messages).to_have_count(3)
    before = visitor.storage()
    visitor.page.get_by_role("button", name="Start over").click()
    dialog = visitor.page.get_by_role("dialog", name="Start over?")
    dialog.get_by_role("button", name="Keep this conversation").click()
    expect(visitor.messages).to_have_count(3)
    visitor.page.get_by_role("button", name="Start over").click()
    dialog.get_by_role("button", name="Start over").click()
    expect(visitor.messages).to_have_count(1)
    assert visitor.storage() != before
    assert len(visitor.server.conversations) == 2


def test_a_new_session_does_not_wait_for_an_answer_to_the_old_one(visitor: Visitor) -> None:
    with visitor.server.holding(text="slow"):
        visitor.say("slow")
        visitor.until(lambda: visitor.server.turns["slow"] == 1)
        visitor.page.get_by_role("button", name="Start over").click()
        visitor.page.locator("#confirm-yes").click()
        visitor.say("hello")
        expect(visitor.page.get_by_text("You wrote: hello")).to_be_visible()
    visitor.has_all(3)
    assert "You wrote: slow" not in visitor.shown()


@pytest.mark.parametrize(("set_phone", "href"), [("(503) 555-0100", "tel:+15035550100"), ("ask at the desk", None)])
def test_the_phone_of_the_clinic_is_shown_when_it_is_known(visit: OpenPage, set_phone: str, href: str | None) -> None:
    from bot.channel import page as files
    from bot.settings import Clinic

    guest = visit()
    guest.server.page = files.load(Clinic({"name": "The <b>Clinic</b>", "phone": set_phone}))
    guest.arrive()
    number = guest.page.locator("#clinic-phone")
    expect(number).to_have_text(set_phone)
    assert number.get_attribute("href") == href
    expect(guest.page.locator(".brand__name")).to_have_text("The <b>Clinic</b>")


def test_a_phone_that_is_not_known_is_not_spoken_of(visitor: Visitor) -> None:
    assert visitor.page.locator("#clinic-phone").count() == 0
    assert "Rather talk" not in visitor.page.content()
