"""Nothing is lost and nothing is doubled, whatever the connection and the server do."""
# ruff: noqa: F401, F811 (fixtures are imported by name)
from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.chat_page_fixtures import OpenPage, Visitor, browser, server, visit, visitor

POST = "POST /chat/messages"


def sent_ids(visitor: Visitor) -> list[str]:
    return [body["id"] for method, path, body in visitor.server.seen if (method, path) == ("POST", "/chat/messages")]


def test_a_reload_shows_the_whole_conversation_again(visitor: Visitor) -> None:
    visitor.say("Does it work?")
    expect(visitor.messages).to_have_count(3)
    visitor.say("start my history")
    expect(visitor.messages).to_have_count(5)
    before = visitor.shown()
    visitor.page.reload()
    expect(visitor.messages).to_have_count(5)
    assert visitor.shown() == before
    visitor.page.get_by_role("button", name="Yes").click()
    expect(visitor.messages).to_have_count(8)
    assert len(visitor.server.conversations) == 1
    expect(visitor.log).to_have_attribute("aria-live", "polite")


def test_a_reply_lost_on_its_way_is_asked_for_again_and_not_doubled(visitor: Visitor) -> None:
    visitor.server.fail(POST, lose=True)
    visitor.say("hello")
    visitor.until(lambda: len(sent_ids(visitor)) == 2)
    visitor.has_all(3)  # the retry and the event stream have both brought it
    assert visitor.server.turns == {"hello": 1}
    assert len(set(sent_ids(visitor))) == 1


def test_what_is_written_while_the_connection_is_gone_is_kept_and_sent_in_order(visitor: Visitor) -> None:
    visitor.server.stop()
    visitor.say("first")
    expect(visitor.status).to_contain_text("Connection lost, trying again")
    visitor.say("second")
    expect(visitor.said("second")).to_be_visible()
    assert list(visitor.storage()) == ["onward-chat-token"]
    visitor.server.start()
    expect(visitor.messages).to_have_count(5, timeout=15000)
    assert visitor.shown()[1:] == ["first", "You wrote: first", "second", "You wrote: second"]
    assert visitor.server.turns == {"first": 1, "second": 1}
    expect(visitor.status).not_to_contain_text("Connection lost")


def test_the_browser_going_offline_is_said_and_mended_at_once(visitor: Visitor) -> None:
    visitor.server.staff_says("The stream is open.")
    expect(visitor.messages).to_have_count(2)
    visitor.page.context.set_offline(True)
    expect(visitor.status).to_contain_text("Connection lost, trying again")
    visitor.say("written in a tunnel")
    visitor.page.context.set_offline(False)
    expect(visitor.status).to_have_text("Connected again.")  # for four seconds
    expect(visitor.messages).to_have_count(4)
    assert visitor.server.turns == {"written in a tunnel": 1}


def test_after_a_while_without_connection_other_ways_are_shown(visitor: Visitor) -> None:
    visitor.server.stop()
    visitor.say("hello")
    expect(visitor.trouble).to_be_visible(timeout=10000)
    expect(visitor.trouble.get_by_role("link", name="988")).to_have_attribute("href", "tel:988")
    visitor.server.start()
    expect(visitor.messages).to_have_count(3, timeout=15000)
    expect(visitor.trouble).to_be_hidden()


def test_what_waits_to_be_sent_stays_in_view_beside_the_other_ways(visitor: Visitor) -> None:
    for count in (3, 5, 7, 9):
        visitor.say("hello")
        expect(visitor.messages).to_have_count(count)
    visitor.server.stop()
    visitor.say("is anybody there")
    expect(visitor.trouble).to_be_in_viewport(timeout=15_000)
    expect(visitor.said("is anybody there")).to_be_in_viewport(ratio=1)


def test_too_many_messages_wait_and_go_out_by_themselves(visitor: Visitor) -> None:
    visitor.server.fail(POST, status=429, code="too_many", message="Please wait.", retry_after=2)
    with visitor.server.holding():
        visitor.say("hello")
        expect(visitor.status).to_contain_text("Trying again in 2 seconds")
    expect(visitor.messages).to_have_count(3)
    assert visitor.server.turns == {"hello": 1}
    expect(visitor.status).to_have_text("")


def test_a_part_behind_the_channel_that_is_down_is_tried_again(visitor: Visitor) -> None:
    visitor.server.fail(POST, status=503, code="unavailable", message="The assistant can't answer right now.")
    with visitor.server.holding():
        visitor.say("hello")
        expect(visitor.status).to_contain_text("Your message is kept")
    expect(visitor.messages).to_have_count(3)
    assert visitor.server.turns == {"hello": 1}


def test_a_poll_that_gets_through_does_not_take_back_that_the_assistant_is_down(visit: OpenPage) -> None:
    guest = visit()
    guest.server.events_open = False
    guest.page.clock.install()
    guest.arrive()
    guest.server.fail(POST, times=2, status=503, code="unavailable", message="The assistant can't answer right now.")
    with guest.server.holding():
        guest.say("hello")
        expect(guest.status).to_contain_text("Your message is kept")
        guest.page.clock.run_for(1500)
        expect(guest.trouble).to_be_visible()
        for _ in range(2):  # it asks again when it has read the answer
            with guest.page.expect_response("**/chat/messages?after=*"):
                guest.page.clock.run_for(6000)
        expect(guest.status).to_contain_text("Your message is kept")
        expect(guest.trouble).to_be_visible()
    expect(guest.status).to_have_text("")
    expect(guest.trouble).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (413, "too_long", "That message is over 2,000 characters. Please send it in shorter parts."),
        (400, "bad_request", "The message could not be read."),
        (415, "not_json", "Messages are sent as JSON."),
    ],
)
def test_a_message_that_is_refused_goes_back_into_the_box(
    visitor: Visitor, status: int, code: str, message: str
) -> None:
    visitor.server.fail(POST, status=status, code=code, message=message)
    visitor.say("my words")
    expect(visitor.status).to_contain_text(message)
    expect(visitor.box).to_have_value("my words")
    expect(visitor.messages).to_have_count(1)
    expect(visitor.page.get_by_role("button", name="Start my history")).to_be_visible()
    visitor.box.press("Enter")
    expect(visitor.messages).to_have_count(3)


def test_a_refused_message_does_not_overwrite_what_was_written_since(visitor: Visitor) -> None:
    def write_on(route: Route) -> None:  # while the message is on its way
        visitor.box.fill("later")
        route.continue_()

    visitor.page.route("**/chat/messages", write_on, times=1)
    visitor.server.fail(POST, status=400, code="bad_request", message="No.")
    visitor.say("earlier")
    expect(visitor.box).to_have_value("earlier\nlater")


def test_a_choice_that_is_closed_says_so_and_the_others_stay(visitor: Visitor) -> None:
    visitor.server.fail(POST, status=409, code="unknown_choice", message="That choice isn't open any more.")
    visitor.page.get_by_role("button", name="Ask a question").click()
    expect(visitor.status).to_have_text("That choice isn't open any more.")
    expect(visitor.messages).to_have_count(1)
    expect(visitor.page.get_by_role("button", name="Start my history")).to_be_visible()


def test_a_message_that_no_retry_helps_does_not_block_the_next(visitor: Visitor) -> None:
    visitor.server.fail(POST, times=5, status=500, code="error", message="Something went wrong on our side.")
    visitor.say("first")
    while len(sent_ids(visitor)) < 5:  # the visitor is impatient, so that the test need not wait out the pauses
        visitor.page.evaluate("() => document.getElementById('retry').click()")
        visitor.page.wait_for_timeout(50)
    expect(visitor.box).to_have_value("first")
    expect(visitor.status).to_contain_text("Something went wrong on our side. Your words are back in the box.")
    expect(visitor.trouble).to_be_visible()
    visitor.say("second")
    expect(visitor.messages).to_have_count(3)
    expect(visitor.trouble).to_be_hidden()


def test_a_token_that_is_refused_begins_a_new_session_and_says_so(visitor: Visitor) -> None:
    visitor.say("hello")
    expect(visitor.messages).to_have_count(3)
    visitor.server.forget_sessions()
    visitor.say("still here?")
    expect(visitor.page.locator(".note")).to_contain_text("this is a new one")
    expect(visitor.messages).to_have_count(6)  # three old, the greeting, and what was written with its answer
    assert visitor.shown()[-2:] == ["still here?", "You wrote: still here?"]
    assert visitor.server.turns["still here?"] == 1


def test_a_conversation_that_has_ended_is_replaced_on_a_return(visitor: Visitor) -> None:
    visitor.page.goto("about:blank")  # the page itself would notice the end and begin anew
    visitor.server.forget_sessions()
    visitor.page.goto(visitor.server.url)
    expect(visitor.page.locator(".note")).to_contain_text("this is a new one")
    expect(visitor.messages).to_have_count(1)
    assert len(visitor.server.conversations) == 1


@pytest.mark.parametrize("status", [500, 503, 404])
def test_a_session_that_cannot_begin_shows_phone_and_crisis_numbers_and_a_retry(visit: OpenPage, status: int) -> None:
    guest = visit()
    guest.page.clock.install(time=0)
    guest.page.clock.pause_at(1000)  # milliseconds: it does not try again by itself
    guest.server.page = _with_phone("503-555-0100")
    guest.server.fail("POST /chat/session", status=status, code="error", message="No.")
    guest.page.goto(guest.server.url)
    expect(guest.trouble).to_be_visible()
    expect(guest.trouble.get_by_role("link", name="503-555-0100")).to_be_visible()
    expect(guest.trouble.get_by_role("link", name="911")).to_have_attribute("href", "tel:911")
    guest.box.fill("kept")
    guest.trouble.get_by_role("button", name="Try again").click()
    expect(guest.messages).to_have_count(1)
    expect(guest.trouble).to_be_hidden()
    expect(guest.box).to_have_value("kept")


def test_what_is_sent_before_the_session_began_is_sent_when_it_has(visit: OpenPage) -> None:
    guest = visit()
    guest.server.fail("POST /chat/session", status=503, code="unavailable", message="No.")
    guest.page.goto(guest.server.url)
    expect(guest.trouble).to_be_visible()
    guest.say("I need help")
    expect(guest.said("I need help")).to_be_visible()
    guest.page.get_by_role("button", name="Try again").click()
    expect(guest.messages).to_have_count(3)
    assert guest.shown()[1:] == ["I need help", "You wrote: I need help"]


def test_too_many_sessions_wait_and_begin_by_themselves(visit: OpenPage) -> None:
    guest = visit()
    guest.server.fail("POST /chat/session", status=429, code="too_many", message="Wait.", retry_after=1)
    with guest.server.holding("POST /chat/session"):
        guest.page.goto(guest.server.url)
        expect(guest.status).to_contain_text("Trying again in 1 second.")
    expect(guest.messages).to_have_count(1)
    expect(guest.status).to_have_text("")


@pytest.mark.parametrize("streaming", [True, False])
def test_a_message_of_staff_arrives_by_itself(visit: OpenPage, streaming: bool) -> None:
    guest = visit()
    guest.server.events_open = streaming
    guest.arrive()
    guest.server.staff_says("Hello, this is the team.")
    expect(guest.page.locator(".message--staff")).to_have_count(1)
    expect(guest.page.locator(".message--staff .message__author")).to_have_text("Clinic team")
    polls = [path for method, path, _ in guest.server.seen if method == "GET" and path == "/chat/messages"]
    assert bool(polls) is not streaming


def test_staff_writing_while_a_reply_is_on_its_way_keeps_the_order(visitor: Visitor) -> None:
    with visitor.server.holding():
        visitor.say("hello")
        visitor.until(lambda: visitor.server.turns["hello"] == 1)
        visitor.server.staff_says("We are here.")
        visitor.until(lambda: visitor.server.streamed == 4)  # after the greeting, what was said, and the reply
    expect(visitor.messages).to_have_count(4)
    assert visitor.shown()[1:] == ["hello", "You wrote: hello", "We are here."]


def test_what_nobody_replies_to_is_shown_once_and_in_its_place(visitor: Visitor) -> None:
    visitor.say("to the team")
    expect(visitor.messages).to_have_count(2)
    expect(visitor.page.locator(".message--waiting")).to_have_count(0)  # it has arrived before the team writes
    visitor.server.staff_says("We are here.")
    expect(visitor.messages).to_have_count(3)
    visitor.say("thank you")
    expect(visitor.messages).to_have_count(5)
    visitor.has_all(5)
    assert visitor.shown()[1:-1] == ["to the team", "We are here.", "thank you", "You wrote: thank you"]
    expect(visitor.page.locator(".message--waiting")).to_have_count(0)


@pytest.mark.parametrize("typed", ["two  spaces", "tab\there", "line\n\n\nline", "vertical\x0btab", "turned \u202eround\u2069", "/start_intake"])
def test_a_text_that_the_server_tidies_is_not_doubled(visitor: Visitor, typed: str) -> None:
    visitor.box.evaluate("(box, text) => { box.value = text; box.dispatchEvent(new Event('input')); }", typed)
    visitor.box.press("Enter")
    expect(visitor.messages).to_have_count(3)
    visitor.has_all(3)


def test_two_tabs_show_the_same_conversation(visitor: Visitor) -> None:
    token = visitor.storage()["onward-chat-token"]
    second = visitor.page.context.new_page()
    second.add_init_script(f"sessionStorage.setItem('onward-chat-token', {token!r})")
    second.goto(visitor.server.url)
    expect(second.locator(".message")).to_have_count(1)
    visitor.say("from the first tab")
    expect(second.locator(".message")).to_have_count(3)
    second.get_by_label("Your message").fill("from the second tab")
    second.get_by_label("Your message").press("Enter")
    expect(visitor.messages).to_have_count(5)
    expect(second.locator(".message")).to_have_count(5)
    assert visitor.shown()[1:] == second.locator(".message__body").all_inner_texts()[1:]


def test_the_same_words_twice_are_two_messages(visitor: Visitor) -> None:
    for count in (3, 5):
        visitor.say("no")
        expect(visitor.messages).to_have_count(count)
    visitor.page.reload()
    expect(visitor.messages).to_have_count(5)
    assert visitor.server.turns == {"no": 2}


def test_an_answer_that_is_not_json_is_no_answer(visitor: Visitor) -> None:
    captive = "<html>Sign in to the Wi-Fi</html>"
    visitor.page.route("**/chat/messages", lambda route: route.fulfill(body=captive), times=1)
    visitor.server.staff_says("The stream is open.")  # when it opens, the connection is there again
    expect(visitor.messages).to_have_count(2)
    with visitor.server.holding():
        visitor.say("hello")
        expect(visitor.status).to_contain_text("Connection lost")
    expect(visitor.messages).to_have_count(4)
    expect(visitor.status).to_have_text(re.compile(r"^(Connected again\.)?$"))


def _with_phone(phone: str):
    from bot.channel import page
    from bot.settings import Clinic

    return page.load(Clinic({"name": "Onward Health & Wellness", "phone": phone}))
