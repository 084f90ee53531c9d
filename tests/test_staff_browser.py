"""The console in a real browser: usable by keyboard, readable at 320 px, nothing serious for axe-core on any page."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.records import conversations
from tests.staff_site import EMAIL, PASSWORD, Site, make_address, make_site  # noqa: F401
from tests.test_staff_summary import HISTORY, take

expect.set_options(timeout=20_000)  # milliseconds; a machine that is busy with other things answers late
# As root, Chromium needs no-sandbox; without the others it looks for Google's hosts at every start.
ARGUMENTS = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        system = shutil.which("chromium") or shutil.which("chromium-browser")
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=system, args=[*ARGUMENTS, *sandbox])
        yield browser
        browser.close()


@pytest.fixture(params=[1280, 320])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 800}, base_url=address)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text) if "Content Security Policy" in line.text else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    yield page
    context.close()
    assert not refused


def log_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


def check(page: Page) -> None:
    """Nothing for axe-core to mind, and nothing that has to be scrolled sideways."""
    page.wait_for_load_state("load")  # with the style sheet
    found = Axe().run(page).response["violations"]
    assert not [(v["id"], v["impact"], [n["target"] for n in v["nodes"]]) for v in found], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_every_page_is_accessible_and_fits(site: Site, page: Page) -> None:
    handoff_id = site.add_handoff("crisis", "stat", timedelta(minutes=14))
    site.add_handoff("callback", "routine", timedelta(days=2))
    with site.database.session() as s:
        conversation_id = site.handoff(handoff_id).conversation_id
        conversations.add_message(s, conversation_id, "bot", "Hello", choices=[{"id": "a", "label": "Ask a question", "payload": "/x"}])
        conversations.add_visitor_message(s, conversation_id, None, "averyveryverylongwordwithoutanyspace" * 8)
        conversations.record_question(s, conversation_id, "Do you treat cluster headache?")
    page.goto("/")
    check(page)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your password.")
    check(page)
    log_in(page)
    one, history = f"/handoffs/{handoff_id}", f"/handoffs/{take(site, 'intake', HISTORY)}"
    for path in (
        history,
        f"{history}/print",
        "/",
        "/?show=all",
        one,
        f"{one}/print",
        f"{one}/transcript",
        "/audit",
        "/unanswered",
        "/password",
        "/logout",
        "/nothing",
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        check(page)


def test_a_nurse_works_through_a_handoff_by_keyboard_alone(site: Site, page: Page) -> None:
    handoff_id = site.add_handoff("callback", "urgent")
    log_in(page)
    press_until(page, "No name given")
    press_until(page, "Claim")
    expect(page.get_by_role("main")).to_contain_text("Claimed by you")
    press_until(page, "", "textarea")
    page.keyboard.type("Called, booked for Tuesday.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("reviewed by nurse@example.org")
    assert site.handoff(handoff_id).status == "reviewed"


def test_a_slip_on_another_button_loses_no_word(site: Site, page: Page) -> None:
    handoff_id = site.add_handoff("callback")
    log_in(page)
    page.goto(f"/handoffs/{handoff_id}")
    box = page.get_by_role("textbox", name="Note")
    for button in ("Claim", "Release", "Close without further action"):
        box.fill("Called twice, no")
        with page.expect_navigation():  # the page before it says the same
            page.get_by_role("button", name=button).click()
        expect(page.get_by_role("alert")).to_contain_text("Your note is not saved yet")
        expect(box).to_have_value("Called twice, no")
    check(page)
    page.goto(f"/handoffs/{handoff_id}/transcript")
    page.get_by_role("button", name="Join the chat").click()
    box = page.get_by_label("Message to the visitor")
    box.fill("Hello, this is")
    page.wait_for_load_state("load")  # with the style sheet
    hand_back, send = page.get_by_role("button", name="Hand back"), page.get_by_role("button", name="Send")
    gap = hand_back.bounding_box()["y"] - send.bounding_box()["y"] - send.bounding_box()["height"]
    assert gap >= 32, "a thumb must not hit both"
    hand_back.click()
    expect(page.get_by_role("alert")).to_contain_text("was not handed back")
    expect(box).to_have_value("Hello, this is")
    check(page)


def press_until(page: Page, text: str, tag: str = "") -> None:
    """Tab to a control and press it (a text field is only focused); every stop on the way must be visible."""
    page.wait_for_load_state("load")  # with its style sheet: before it, the browser draws a ring of its own
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            "return {text: e.textContent.trim(), tag: e.tagName.toLowerCase(), ring: s.outlineStyle, wide: parseFloat(s.outlineWidth)}; }"
        )
        assert focused["ring"] != "none" and focused["wide"] >= 2, f"no visible focus on {focused}"
        if tag == focused["tag"]:
            return
        if text and focused["text"] == text:
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"{text or tag} cannot be reached with the Tab key")


def test_the_screen_is_cleared_when_nobody_is_there(browser: Browser, site: Site, address: str) -> None:
    handoff_id = site.add_handoff("callback")
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.clock.install()
    log_in(page)
    page.goto(f"/handoffs/{handoff_id}")
    page.clock.run_for(13 * 60_000 + 2000)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("logged off in 2 minutes")
    check(page)
    dialog.get_by_role("button", name="Stay logged in").click()
    expect(dialog).to_be_hidden()
    site.clock.forward(minutes=16)
    page.clock.run_for(16 * 60_000)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("logged off after 15 minutes")
    page.go_back()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()  # nothing is left in the browser's cache
    context.close()


def test_an_open_queue_and_an_open_chat_show_what_arrives(browser: Browser, site: Site, address: str) -> None:
    handoff_id = site.add_handoff("callback", age=timedelta(minutes=5))
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.clock.install()
    log_in(page)
    site.add_handoff("crisis", "stat")
    page.wait_for_load_state()  # what asks for news must have begun before the clock moves on
    page.clock.run_for(21_000)
    expect(page.get_by_role("status")).to_contain_text("1 new stat. 1 new handoff has arrived.")
    page.goto(f"/handoffs/{handoff_id}/transcript")
    page.get_by_role("button", name="Join the chat").click()
    page.get_by_label("Message to the visitor").fill("Hello, this is Kim from the clinic.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("Hello, this is Kim from the clinic.")
    with site.database.session() as s:
        conversations.add_visitor_message(s, site.handoff(handoff_id).conversation_id, None, "<b>thank you</b>")
    page.wait_for_load_state()
    page.clock.run_for(5_000)
    expect(page.get_by_role("log")).to_contain_text("<b>thank you</b>")
    page.get_by_role("button", name="Hand back to the assistant").click()
    expect(page.get_by_role("main")).to_contain_text("The assistant has the chat again.")
    context.close()


def test_a_summary_prints_on_two_pages_at_most(browser: Browser, site: Site, address: str, tmp_path: Path) -> None:
    handoff_id = take(site, "intake", HISTORY)
    context = browser.new_context(base_url=address)
    page = context.new_page()
    log_in(page)
    page.goto(f"/handoffs/{handoff_id}/print")
    paper = page.pdf(format="Letter", prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 2
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Log off")).to_be_hidden()
    context.close()
