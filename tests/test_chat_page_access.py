"""Everybody can use the chat: by keyboard, by ear, enlarged, on a small phone, without JavaScript."""
# ruff: noqa: F401, F811 (fixtures are imported by name)
from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.channel import page as files
from bot.settings import Clinic
from tests.chat_page_fixtures import OpenPage, Visitor, browser, focused, launch, serious, server, visit, visitor
from tests.fake_chat_server import FakeChatServer

SIZES = {"desktop": (1280, 800), "phone": (390, 844), "small phone": (320, 568), "400 % zoom": (320, 256)}


def everything_at_once(visitor: Visitor) -> None:
    """A conversation with all that the page can show."""
    for count, text in [(3, "Does it work?"), (5, "crisis"), (7, "check in"), (9, "start my history")]:
        visitor.say(text)
        expect(visitor.messages).to_have_count(count)
    visitor.server.staff_says("Hello, this is the team.")
    expect(visitor.page.locator(".message--staff")).to_have_count(1)
    visitor.page.locator(".sources summary").click()


def sideways(page: Page) -> list[str]:
    return page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(node => {
            const box = node.getBoundingClientRect(), style = getComputedStyle(node);
            return box.width > 1 && box.height > 1 && style.visibility !== 'hidden'
                && (box.right > innerWidth + 1 || box.left < -1);
        }).map(node => node.tagName + '.' + node.className)"""
    )


@pytest.mark.parametrize(
    ("path", "size", "scheme"),
    [
        ("/", "desktop", "light"),
        ("/", "desktop", "dark"),
        ("/", "small phone", "light"),
        ("/chat", "phone", "dark"),
        ("/chat", "400 % zoom", "light"),
    ],
)
def test_axe_finds_nothing_serious(visit: OpenPage, path: str, size: str, scheme: str) -> None:
    width, height = SIZES[size]
    guest = visit(viewport={"width": width, "height": height}, color_scheme=scheme).arrive(path)
    everything_at_once(guest)
    assert serious(guest.page) == []
    about = guest.page.get_by_role("button", name="About")
    if about.is_visible():
        about.click()
        expect(guest.page.get_by_role("heading", level=1)).to_be_visible()
        assert serious(guest.page) == []


@pytest.mark.parametrize("state", ["trouble", "dialog", "count"])
def test_axe_finds_nothing_serious_in_rarer_states(visitor: Visitor, state: str) -> None:
    if state == "trouble":
        visitor.page.evaluate("() => document.getElementById('trouble').hidden = false")
    elif state == "dialog":
        visitor.page.get_by_role("button", name="Start over").click()
    else:
        visitor.box.fill("a" * 2001)
        visitor.box.press("Enter")
    assert serious(visitor.page) == []


@pytest.mark.parametrize("size", SIZES)
def test_nothing_scrolls_sideways_and_what_can_be_pressed_is_large(visit: OpenPage, size: str) -> None:
    width, height = SIZES[size]
    guest = visit(viewport={"width": width, "height": height}).arrive()
    everything_at_once(guest)
    small = guest.page.evaluate(
        """() => [...document.querySelectorAll('button, .crisis-bar a, .calls a, summary, textarea')].filter(node => {
            const box = node.getBoundingClientRect();
            return box.width && (box.height < 44 || box.width < 24);
        }).map(node => node.textContent)"""
    )
    assert small == []
    guest.say("a" * 300)
    expect(guest.messages).to_have_count(12)
    assert guest.page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert sideways(guest.page) == []


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568)])
def test_letters_of_twice_the_size_fit_on_a_phone(browser: Browser, server: FakeChatServer, width: int, height: int) -> None:
    large = launch(browser.browser_type, "--blink-settings=defaultFontSize=32")
    guest = Visitor(large.new_page(viewport={"width": width, "height": height}), server).arrive()
    everything_at_once(guest)
    assert guest.page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert sideways(guest.page) == []
    for name in ["Call 988", "Text 988", "Call 911"]:
        expect(guest.page.get_by_role("banner").get_by_role("link", name=name)).to_be_in_viewport(ratio=1)
    assert guest.box.bounding_box()["width"] > width / 2
    large.close()


@pytest.mark.parametrize("size", ["desktop", "phone", "small phone"])
def test_crisis_numbers_and_what_it_is_stay_in_the_header(visit: OpenPage, size: str) -> None:
    width, height = SIZES[size]
    guest = visit(viewport={"width": width, "height": height}).arrive()
    guest.say("long")
    expect(guest.messages).to_have_count(3)
    header = guest.page.get_by_role("banner")
    for name, href in [("Call 988", "tel:988"), ("Text 988", "sms:988"), ("Call 911", "tel:911")]:
        link = header.get_by_role("link", name=name)
        expect(link).to_be_in_viewport()
        assert link.get_attribute("href") == href
    what = header.get_by_text("Automated assistant, not a clinician. Nobody watches this chat live.")
    expect(what).to_be_in_viewport()


def test_the_header_says_who_is_there(visitor: Visitor) -> None:
    header = visitor.page.get_by_role("banner")
    alone, joined = header.get_by_text("Nobody watches this chat live."), header.get_by_text("Someone from the clinic's team is in")
    expect(alone).to_be_visible()
    visitor.server.staff_says("A member of the clinic's team has joined this chat.")
    for count, text in [(2, ""), (4, "crisis"), (6, "hello")]:  # numbers that come meanwhile change nothing
        if text:
            visitor.say(text)
        expect(visitor.messages).to_have_count(count)
        expect(joined).to_be_visible()
        expect(alone).to_be_hidden()
    visitor.page.reload()
    expect(joined).to_be_visible()
    visitor.server.staff_says("The member of the team has left this chat.", kind="notice")
    expect(alone).to_be_visible()
    expect(joined).to_be_hidden()
    visitor.server.staff_says("Back again.")
    expect(joined).to_be_visible()
    visitor.page.get_by_role("button", name="Start over").click()
    visitor.page.locator("#confirm-yes").click()
    expect(alone).to_be_visible()


def test_the_assistant_is_not_said_to_write_while_the_team_does(visitor: Visitor) -> None:
    visitor.server.staff_says("Hello, this is the team.")
    expect(visitor.page.locator(".message--staff")).to_have_count(1)
    with visitor.server.holding():
        visitor.say("to the team")
        visitor.until(lambda: visitor.server.turns["to the team"] == 1)
        visitor.page.evaluate("() => new Promise(done => setTimeout(done, 300))")  # it would show 250 ms after the sending
        assert visitor.page.locator("#typing").is_hidden()


@pytest.mark.parametrize("size", ["phone", "400 % zoom"])
def test_crisis_numbers_and_what_it_is_need_no_javascript(visit: OpenPage, size: str) -> None:
    width, height = SIZES[size]
    guest = visit(viewport={"width": width, "height": height}, java_script_enabled=False)
    guest.server.page = files.load(Clinic({"name": "Onward", "phone": "503-555-0100"}))
    for path in ("/", "/chat"):
        guest.page.goto(guest.server.url + path)
        for text in ["Call 988", "It is not a clinician", "cannot see an emergency", "503-585-4949", "1-800-222-1222"]:
            expect(guest.page.get_by_text(text).first).to_be_visible()
        expect(guest.page.get_by_text("The chat needs JavaScript")).to_contain_text("503-555-0100")
        for control in ["button", "textarea"]:
            assert [node.inner_text() for node in guest.page.locator(f"{control}:visible").all()] == []


def test_the_log_is_polite_and_names_the_author_of_each_message(visitor: Visitor) -> None:
    everything_at_once(visitor)
    expect(visitor.log).to_have_attribute("aria-live", "polite")
    tree = visitor.log.aria_snapshot()
    assert tree.count("You") >= 4 and tree.count("Assistant") >= 5 and "Clinic team" in tree
    assert re.search(r"text: You\n\s+- time: .*\n\s+- paragraph: Does it work\?", tree)


def test_headings_and_landmarks_tell_the_page(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask about ketamine for PTSD")
    for role in ["banner", "main"]:
        expect(page.get_by_role(role)).to_have_count(1)
    for name in ["Crisis help", "Chat with the assistant", "Ask about ketamine for PTSD"]:
        expect(page.get_by_role("region", name=name)).to_have_count(1)
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title() == "Assistant · Onward Health & Wellness"


def test_focus_does_not_move_when_a_reply_arrives(visitor: Visitor) -> None:
    with visitor.server.holding():
        visitor.say("Does it work?")
        visitor.page.get_by_role("button", name="Leave quickly").focus()
    expect(visitor.messages).to_have_count(3)
    assert focused(visitor.page) == "leave"
    visitor.box.focus()
    visitor.server.staff_says("Hello.")
    expect(visitor.messages).to_have_count(4)
    assert focused(visitor.page) == "message-box"


def test_the_chat_is_taken_by_keyboard_alone(visitor: Visitor) -> None:
    keyboard = visitor.page.keyboard
    keyboard.press("Tab")
    assert focused(visitor.page) == "Skip to the message box"
    keyboard.press("Enter")
    assert focused(visitor.page) == "message-box"
    keyboard.type("start my history")
    keyboard.press("Enter")
    expect(visitor.page.get_by_role("button", name="Yes")).to_be_visible()
    for _ in range(7):
        keyboard.press("Shift+Tab")
    assert focused(visitor.page) == "Yes"
    keyboard.press("Enter")
    expect(visitor.said("Yes")).to_be_visible()
    assert "Yes" in focused(visitor.page)  # the message that closed the choices, so that the place is not lost
    expect(visitor.page.get_by_text("Which medicines do you take?")).to_be_visible()
    keyboard.press("Tab")
    assert focused(visitor.page) == "Why we ask"
    keyboard.press("Tab")
    keyboard.press("Space")
    expect(visitor.said("Skip")).to_be_visible()


def test_every_focus_can_be_seen(visitor: Visitor) -> None:
    everything_at_once(visitor)
    visitor.page.keyboard.press("Tab")
    unseen = []
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        found = visitor.page.evaluate(
            """() => {
                const node = document.activeElement, style = getComputedStyle(node), box = node.getBoundingClientRect();
                const ring = parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== 'none';
                const inView = box.bottom > 0 && box.top < innerHeight;
                return [node.id || node.textContent.trim(), node === document.body || (ring && inView)];
            }"""
        )
        if not found[1]:
            unseen.append(found[0])
    assert unseen == []


def test_start_over_gives_the_focus_back(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="Start over").focus()
    visitor.page.keyboard.press("Enter")
    assert focused(visitor.page) == "confirm-no"
    visitor.page.keyboard.press("Enter")
    assert focused(visitor.page) == "start-over"


def test_about_on_a_phone_opens_and_closes(visit: OpenPage) -> None:
    guest = visit(viewport={"width": 390, "height": 844}).arrive()
    about = guest.page.get_by_role("button", name="About")
    expect(about).to_have_attribute("aria-expanded", "false")
    about.click()
    expect(about).to_have_attribute("aria-expanded", "true")
    expect(guest.page.get_by_role("heading", name="What it does not do")).to_be_visible()
    guest.page.get_by_role("button", name="Back to the chat").click()
    expect(guest.box).to_be_visible()
    assert focused(guest.page) == "about-toggle"


def test_reduced_motion_is_respected(visit: OpenPage) -> None:
    guest = visit(reduced_motion="reduce").arrive()
    with guest.server.holding():
        guest.say("hello")
        dots = guest.page.locator("#typing span")
        expect(dots.first).to_be_visible()
        assert {dot.evaluate("node => getComputedStyle(node).animationName") for dot in dots.all()} == {"none"}


def test_forced_colors_keep_the_edges(visit: OpenPage) -> None:
    guest = visit(forced_colors="active").arrive()
    everything_at_once(guest)
    for selector in [".button--choice:visible", ".message__body", ".calls a", "#message-box"]:
        style = guest.page.locator(selector).first.evaluate("node => getComputedStyle(node).borderTopStyle")
        assert style == "solid", selector


def test_at_400_percent_the_page_scrolls_as_a_whole_and_the_crisis_numbers_stay(visit: OpenPage) -> None:
    guest = visit(viewport={"width": 320, "height": 256}).arrive()
    guest.say("Does it work?")
    expect(guest.messages).to_have_count(3)
    expect(guest.messages.nth(2).locator("p").nth(1)).to_be_in_viewport()
    expect(guest.page.get_by_role("link", name="Call 988")).to_be_in_viewport()
    guest.page.get_by_role("button", name="More below").click()
    expect(guest.box).to_be_in_viewport()
    assert guest.page.evaluate("() => document.scrollingElement.scrollTop") > 0


@pytest.mark.parametrize("size", ["desktop", "phone", "small phone"])
def test_what_is_hidden_in_the_list_does_not_make_the_page_longer_than_the_window(visit: OpenPage, size: str) -> None:
    """Only the list scrolls: a page that moves to what has the focus hides the numbers, and no wheel moves it back."""
    width, height = SIZES[size]
    guest = visit(viewport={"width": width, "height": height}).arrive()
    everything_at_once(guest)
    for _ in range(12):
        guest.page.keyboard.press("Shift+Tab")
        assert guest.page.evaluate("() => document.scrollingElement.scrollTop") == 0
    expect(guest.page.get_by_role("banner").get_by_role("link", name="Call 988")).to_be_in_viewport(ratio=1)
    assert guest.page.evaluate("() => document.scrollingElement.scrollHeight") <= height


def test_the_end_stays_in_view_when_the_keyboard_of_a_phone_opens(visit: OpenPage) -> None:
    guest = visit(viewport={"width": 390, "height": 844}).arrive()
    for count in range(3, 13, 2):
        guest.say("hello")
        expect(guest.messages).to_have_count(count)
    guest.page.set_viewport_size({"width": 390, "height": 500})
    expect(guest.messages.last).to_be_in_viewport()
    expect(guest.box).to_be_in_viewport()
