"""A visitor with a keyboard and nothing else, from the first question to the sent history; then a nurse who reads it."""
from __future__ import annotations

import os
import shutil
from typing import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.system import STAFF_EMAIL, STAFF_PASSWORD, System

expect.set_options(timeout=20_000)  # milliseconds; a machine that is busy with other things answers late
SERIOUS = {"serious", "critical"}
TYPED = {
    "which state": "Oregon",
    "full name": "Kei Board",
    "date of birth": "7/4/1980",
    "your phone number": "503-555-0144",
    "brings you here": "I jump at every noise since the war.",
    "which medicines": "prazosin at night",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-background-networking", *sandbox]
        )
        yield started
        started.close()


def nothing_serious(page: Page) -> None:
    page.wait_for_load_state("load")  # with the style sheet
    found = Axe().run(page).response["violations"]
    assert not [(v["id"], [n["target"] for n in v["nodes"]]) for v in found if v["impact"] in SERIOUS], page.url


class Keyboard:
    """Only keys: typing, Enter, Tab and Shift+Tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def type(self, text: str) -> None:
        self._reach(lambda: self._focused("tagName") == "TEXTAREA")
        self.page.keyboard.type(text)
        self._send()

    def press(self, label: str) -> None:
        self._reach(lambda: self._focused("textContent").strip() == label)
        self._send()

    @property
    def question(self) -> str:
        return self.page.locator(".message:not(.message--visitor)").last.inner_text()

    def _send(self) -> None:
        before = self.page.evaluate(COUNT)
        self.page.keyboard.press("Enter")
        for _ in range(400):  # not wait_for_function: the page's policy forbids the eval it needs
            if self.page.evaluate(f"({COUNT}) > {before} && !document.querySelector('.message--waiting')"):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("no answer came")

    def _focused(self, what: str) -> str:
        return self.page.evaluate(f"document.activeElement ? (document.activeElement.{what} || '') : ''")

    def _reach(self, there) -> None:
        for key in ["Shift+Tab"] * 12 + ["Tab"] * 40:
            if there():
                return
            self.page.keyboard.press(key)
        assert there(), "the keyboard does not get there"


COUNT = "document.querySelectorAll('.message:not(.message--visitor)').length"


def test_ask_and_be_taken_in_by_keyboard_alone_and_be_read_by_staff(system: System, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    page.goto(system.chat_url + "/")
    expect(page.get_by_role("log")).to_contain_text("automated assistant")
    nothing_serious(page)
    keys = Keyboard(page)
    keys.type("is ketamine fda approved for ptsd?")
    expect(page.get_by_role("log")).to_contain_text("off-label")
    keys.type("start my history")
    for _ in range(4):
        keys.press("Yes")
    for _ in range(60):
        if page.get_by_role("button", name="Send my history").is_visible():
            break
        typed = next((v for k, v in TYPED.items() if k in keys.question.lower()), None)
        if typed is None:
            required = page.get_by_role("button", name="Skip", exact=True).count() == 0
            typed = "yes" if required else "no" if page.get_by_role("button", name="No", exact=True).last.is_visible() else "skip"
        keys.type(typed)
    nothing_serious(page)
    keys.press("Send my history")
    expect(page.get_by_role("log")).to_contain_text("has been sent")
    page.reload()
    expect(page.get_by_role("log")).to_contain_text("has been sent")
    assert page.evaluate("Object.values(localStorage).concat(Object.values(sessionStorage)).join()").find("Kei") < 0

    page.goto(system.staff_url + "/login")
    nothing_serious(page)
    page.get_by_label("E-mail").fill(STAFF_EMAIL)
    page.get_by_label("Password").fill(STAFF_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    nothing_serious(page)
    page.get_by_role("link", name="Kei B.").first.click()
    for words in ("Kei Board", "July 4, 1980", "I jump at every noise since the war.", "prazosin"):
        expect(page.locator("body")).to_contain_text(words)
    nothing_serious(page)
    page.goto(page.url.split("?")[0] + "/print")
    expect(page.locator("body")).to_contain_text("Kei Board")
    nothing_serious(page)
