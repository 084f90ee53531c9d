"""A browser, a scripted chat server and a visitor, for the tests of the chat page.

Debian's chromium is taken where it is installed, else Playwright's own browser. Every page is watched: a script error,
a breach of the Content-Security-Policy or a request to any other origin fails the test it happens in.
"""
from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserType, Page, expect, sync_playwright

from tests.fake_chat_server import FakeChatServer

EXIT = "https://www.weather.gov/"
ARGUMENTS = ["--disable-background-networking"]
expect.set_options(timeout=20_000)  # milliseconds; a machine that is busy with other things answers late


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


def launch(chromium: BrowserType, *arguments: str) -> Browser:
    system = shutil.which("chromium") or shutil.which("chromium-browser")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return chromium.launch(executable_path=system, args=[*ARGUMENTS, *sandbox, *arguments])


@pytest.fixture
def server() -> Iterator[FakeChatServer]:
    with FakeChatServer() as server:
        yield server


class Visitor:
    """What a person does on the page."""

    def __init__(self, page: Page, server: FakeChatServer) -> None:
        self.page = page
        self.server = server
        self.box = page.get_by_label("Your message")
        self.log = page.get_by_role("log")
        self.messages = page.locator(".message")
        self.status = page.locator("#status")
        self.trouble = page.locator("#trouble")

    def arrive(self, path: str = "/") -> Visitor:
        self.page.goto(self.server.url + path)
        expect(self.messages.first).to_be_visible()
        return self

    def say(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def until(self, happened: Callable[[], bool]) -> None:
        """Waits for what does not show on the page, such as a request that has reached the server."""
        end = time.monotonic() + 20
        while not happened():
            assert time.monotonic() < end, "it did not happen"
            self.page.wait_for_timeout(20)

    def has_all(self, count: int) -> None:
        """Whatever the event stream still has to bring is on the page, and that makes so many messages, and one more of staff."""
        self.server.staff_says("That is all.")
        expect(self.messages.last).to_contain_text("That is all.")
        assert self.messages.count() == count + 1, self.shown()

    def said(self, text: str) -> Any:
        return self.page.locator(".message--visitor .message__body").get_by_text(text, exact=True)

    def shown(self) -> list[str]:
        return [text.strip() for text in self.page.locator(".message__body").all_inner_texts()]

    def storage(self) -> dict[str, str]:
        return self.page.evaluate("() => ({...sessionStorage, ...localStorage})")


OpenPage = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, server: FakeChatServer) -> Iterator[OpenPage]:
    """Opens pages; keyword arguments are those of a browser context (viewport, colour scheme).

    ``watched=False`` is for a page that is meant to breach the policy.
    """
    contexts, problems = [], []

    def open_page(watched: bool = True, **options: Any) -> Visitor:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        context.route(f"{EXIT}**", lambda route: route.fulfill(body="<title>Weather</title>", content_type="text/html"))
        page = context.new_page()
        if not watched:
            return Visitor(page, server)
        page.on("pageerror", lambda error: problems.append(f"script error: {error}"))
        page.on("console", lambda message: _policy_breach(message.text, problems))
        page.on("request", lambda request: _foreign(request.url, problems))
        return Visitor(page, server)

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def visitor(visit: OpenPage) -> Visitor:
    return visit().arrive()


def serious(page: Page, **options: Any) -> list[str]:
    """What axe-core calls serious or critical, one line each."""
    violations = Axe().run(page, **options).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def focused(page: Page) -> str:
    """The id or the words of the element that has the focus."""
    return page.evaluate("() => document.activeElement.id || document.activeElement.textContent.trim()")


def _policy_breach(text: str, problems: list[str]) -> None:
    if "Content Security Policy" in text or "Content-Security-Policy" in text:
        problems.append(text)


def _foreign(url: str, problems: list[str]) -> None:
    if not url.startswith(("http://127.0.0.1:", "http://localhost:", EXIT, "data:")):
        problems.append(f"request to {url}")
