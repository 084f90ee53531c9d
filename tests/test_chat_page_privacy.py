"""The browser keeps no health data, and the page can be left at once."""
# ruff: noqa: F401, F811 (fixtures are imported by name)
from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from bot.channel import page as files
from bot.settings import Clinic
from tests.chat_page_fixtures import EXIT, OpenPage, Visitor, browser, server, visit, visitor

SECRET = "zebra-marker nightmares since 2009"


def test_only_the_session_token_is_stored(visitor: Visitor) -> None:
    visitor.say(SECRET)
    expect(visitor.messages).to_have_count(3)
    visitor.box.fill(SECRET + " draft")
    assert visitor.page.evaluate("() => Object.keys(localStorage)") == []
    assert visitor.page.evaluate("() => Object.keys(sessionStorage)") == ["onward-chat-token"]
    assert visitor.storage()["onward-chat-token"] in visitor.server.conversations
    assert visitor.page.context.cookies() == []
    assert visitor.page.evaluate("async () => (await indexedDB.databases()).length + (await caches.keys()).length") == 0


def test_what_the_server_has_deleted_leaves_the_screen(visitor: Visitor) -> None:
    for count, text in [(3, SECRET), (5, "delete my data")]:
        visitor.say(text)
        expect(visitor.messages).to_have_count(count)
    visitor.page.get_by_role("button", name="Delete what I wrote").click()
    expect(visitor.messages).to_have_text([re.compile("I've deleted it")])
    assert "zebra" not in visitor.page.content()
    visitor.say("hello")
    expect(visitor.messages).to_have_count(3)


def test_nothing_that_was_said_stands_in_an_address(visitor: Visitor) -> None:
    visitor.say(SECRET)
    expect(visitor.messages).to_have_count(3)
    assert "zebra" not in visitor.page.url
    assert all("zebra" not in path and "token" not in path for _, path, _ in visitor.server.seen)


def test_the_chat_works_where_storage_is_off(visit: OpenPage) -> None:
    guest = visit()
    guest.page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('off', 'SecurityError'); }})"
    )
    guest.arrive()
    guest.say("hello")
    expect(guest.messages).to_have_count(3)


def test_leave_quickly_clears_the_page_and_goes_without_a_way_back(visit: OpenPage) -> None:
    guest = visit()
    guest.page.goto("about:blank")
    guest.arrive()
    guest.say(SECRET)
    expect(guest.messages).to_have_count(3)
    guest.page.evaluate(  # at the moment of leaving, tell what is still there
        """() => addEventListener('pagehide', () => navigator.sendBeacon(
            `/left/${document.body.childNodes.length}/${sessionStorage.length}/${encodeURIComponent(document.title)}`,
            new Blob(['{}'], {type: 'application/json'})))"""
    )
    guest.page.get_by_role("button", name="Leave quickly").click()
    guest.page.wait_for_url(EXIT)
    guest.until(lambda: ("POST", "/left/0/0/%E2%80%A6", {}) in guest.server.seen)
    guest.page.go_back()
    assert guest.page.url == "about:blank"


def test_escape_pressed_twice_leaves_and_once_does_not(visitor: Visitor) -> None:
    visitor.page.clock.install(time=0)
    visitor.page.clock.pause_at(1000)  # milliseconds; how fast the test presses says nothing
    visitor.box.focus()
    visitor.page.keyboard.press("Escape")
    expect(visitor.status).to_have_text("Press Escape once more to leave this page.")
    visitor.page.clock.run_for(1700)
    visitor.page.keyboard.press("Escape")
    expect(visitor.messages).to_have_count(1)
    visitor.page.keyboard.press("Escape")
    visitor.page.wait_for_url(EXIT)


def test_leaving_is_explained(visitor: Visitor) -> None:
    leave = visitor.page.get_by_role("button", name="Leave quickly")
    note = visitor.page.locator(f"#{leave.get_attribute('aria-describedby')}")
    expect(note).to_contain_text("Pressing Escape twice does the same")
    expect(note).to_contain_text("does not erase your browser's history")


def test_quick_exit_offered_as_a_choice_leaves_too(visitor: Visitor) -> None:
    conversation = next(iter(visitor.server.conversations.values()))
    offer = {"text": "You can leave this page.", "choices": [{"id": "quick_exit", "label": "Leave this page"}]}
    conversation.messages.append(visitor.server._message("bot", offer))
    visitor.page.get_by_role("button", name="Leave this page").click()
    visitor.page.wait_for_url(EXIT)


def test_the_headers_allow_nothing_but_our_own_files() -> None:
    policy = files.headers(["'self'", "https://clinic.example"])["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "frame-ancestors": "'self' https://clinic.example",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert "frame-ancestors 'none'" in files.headers()["Content-Security-Policy"]


@pytest.mark.parametrize("embedded", [False, True])
def test_the_document_has_no_inline_script_or_style_and_no_foreign_file(embedded: bool) -> None:
    page = files.load(Clinic({"name": "Onward"}))
    html = page.embedded_page if embedded else page.clinic_page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html)
    assert re.findall(r'(?:src|href)="(?!/static/|#|tel:|sms:|data:)([^"]+)"', html) == []


@pytest.mark.parametrize("value", ["javascript:alert(1)", "Ask at the desk", "//evil.example", "", None])
def test_a_privacy_notice_that_is_not_an_address_is_not_a_link(value: str | None) -> None:
    html = files.load(Clinic({"name": "Onward", **({"privacy_notice": value} if value else {})})).clinic_page
    assert "privacy notice" not in html


def test_the_privacy_notice_is_linked_when_it_is_an_address() -> None:
    html = files.load(Clinic({"name": "Onward", "privacy_notice": "https://clinic.example/privacy"})).clinic_page
    assert 'href="https://clinic.example/privacy" target="_blank" rel="noopener noreferrer"' in html


def test_a_file_that_changes_has_a_new_address(tmp_path) -> None:
    for file in files.FOLDER.iterdir():
        if file.suffix in {".html", ".css", ".js"}:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    before = files.load(Clinic({}), tmp_path).clinic_page
    (tmp_path / "chat.js").write_bytes(b"// changed")
    assert files.load(Clinic({}), tmp_path).clinic_page != before
