"""The widget puts the chat into another site and neither harms the site nor is harmed by it."""
# ruff: noqa: F401, F811 (fixtures are imported by name)
from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.chat_page_fixtures import EXIT, OpenPage, browser, serious, visit
from tests.fake_chat_server import FakeChatServer

SITE = """<!doctype html><html lang="en"><head><title>A clinic's site</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>html { font-size: 62.5%% } * { color: red !important; font: 30px fantasy !important; text-transform: uppercase }
button, dialog, iframe { display: none !important }</style></head>
<body><main><h1>Our site</h1><a href="#top">A link of the site</a><p>%s</p></main>
<script src="%s/widget.js" defer></script>%s</body></html>"""
LAUNCHER = "Chat with our assistant"


@pytest.fixture
def site() -> Iterator[FakeChatServer]:
    with FakeChatServer() as site:
        yield site


@pytest.fixture
def server(site: FakeChatServer) -> Iterator[FakeChatServer]:
    """The chat's server; it lets one site embed it, which is another origin (localhost is not 127.0.0.1)."""
    with FakeChatServer(frame_ancestors=("'self'", origin(site))) as server:
        yield server


def origin(site: FakeChatServer) -> str:
    return site.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(visit: OpenPage, site: FakeChatServer, server: FakeChatServer) -> Page:
    site.extra["/"] = SITE % ("Words. " * 900, server.url, "")
    site.extra["/site"] = site.extra["/"]
    page = visit().page
    page.goto(f"{origin(site)}/site")
    return page


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def open_chat(page: Page) -> FrameLocator:
    page.get_by_role("button", name=LAUNCHER).click()
    expect(chat(page).locator(".message")).to_have_count(1)
    return chat(page)


def test_one_line_adds_a_labelled_launcher_and_loads_nothing_yet(page: Page, server: FakeChatServer) -> None:
    launcher = page.get_by_role("button", name=LAUNCHER)
    expect(launcher).to_have_attribute("aria-expanded", "false")
    expect(page.locator("iframe")).to_have_count(0)
    assert [path for _, path, _ in server.seen] == ["/widget.js"]


def test_a_visitor_chats_inside_the_site(page: Page, server: FakeChatServer) -> None:
    frame = open_chat(page)
    expect(page.get_by_role("button", name=LAUNCHER)).to_have_attribute("aria-expanded", "true")
    frame.get_by_label("Your message").fill("hello")
    frame.get_by_label("Your message").press("Enter")
    expect(frame.locator(".message")).to_have_count(3)
    assert server.turns == {"hello": 1}
    iframe = page.locator("iframe")
    assert iframe.get_attribute("title") == "Chat with the automated assistant"
    assert iframe.get_attribute("src").startswith(f"{server.url}/chat")
    assert "camera 'none'" in iframe.get_attribute("allow")


def test_the_styles_of_the_site_do_not_reach_it(page: Page) -> None:
    launcher = page.get_by_role("button", name=LAUNCHER)
    names = ["color", "fontSize", "textTransform"]
    style = launcher.evaluate("(node, names) => names.map(name => getComputedStyle(node)[name])", names)
    assert style == ["rgb(255, 255, 255)", "16px", "none"]
    assert launcher.bounding_box()["height"] >= 44


def test_the_site_is_left_as_it_was(page: Page) -> None:
    open_chat(page)
    assert page.evaluate("() => [localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.locator("main").evaluate("node => [node.inert, node.getAttribute('aria-hidden')]") == [False, None]
    assert page.evaluate("() => Object.keys(window).filter(name => /onward/i.test(name))") == []


def test_focus_moves_in_and_back(page: Page) -> None:
    launcher = page.get_by_role("button", name=LAUNCHER)
    launcher.focus()
    page.keyboard.press("Enter")
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(launcher).to_be_focused()
    expect(launcher).to_have_attribute("aria-expanded", "false")
    page.wait_for_timeout(1600)
    page.keyboard.press("Enter")  # again: what was said is still there, and the focus goes in at once
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    expect(chat(page).locator(".message")).to_have_count(1)


def test_the_close_button_closes(page: Page) -> None:
    open_chat(page)
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name=LAUNCHER)).to_be_focused()


def test_escape_of_the_site_is_not_taken(page: Page) -> None:
    open_chat(page)
    page.get_by_role("link", name="A link of the site").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("way", ["button", "escape"])
def test_quick_exit_takes_the_whole_page_away(page: Page, way: str) -> None:
    frame = open_chat(page)
    if way == "button":
        frame.get_by_role("button", name="Leave quickly").click()
    else:
        frame.get_by_label("Your message").press("Escape")
        page.keyboard.press("Escape")
    page.wait_for_url(EXIT)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568), (640, 400)])
def test_it_fills_a_small_screen_and_nothing_behind_it_can_be_reached(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_chat(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_css("width", f"{width}px")  # the browser tells the page of its new size a moment later
    expect(dialog).to_have_css("height", f"{height}px")
    box = dialog.bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, width, height)
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.textContent") != "A link of the site"
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name=LAUNCHER)).to_be_focused()


def test_on_a_large_screen_it_stays_inside_the_window(page: Page) -> None:
    open_chat(page)
    box = page.get_by_role("dialog").bounding_box()
    assert box["x"] > 700 and box["y"] >= 0 and box["x"] + box["width"] <= 1280 and box["y"] + box["height"] <= 800


def test_a_turned_phone_keeps_the_conversation(page: Page) -> None:
    frame = open_chat(page)
    frame.get_by_label("Your message").fill("half a sentence")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(frame.get_by_label("Your message")).to_have_value("half a sentence")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_css("width", "390px")  # the browser tells the page of its new size a moment later
    expect(dialog).to_have_css("height", "844px")


@pytest.mark.parametrize("forged", [{"onward": "leave"}, {"onward": "close"}])
def test_messages_of_others_are_not_obeyed(page: Page, forged: dict) -> None:
    open_chat(page)
    page.evaluate(
        """message => new Promise(heard => {
            addEventListener('message', () => setTimeout(heard), {once: true});
            postMessage(message, '*');
        })""",
        forged,
    )
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.url.endswith("/site")


def test_a_chat_that_does_not_load_shows_other_ways_and_can_be_tried_again(
    page: Page, server: FakeChatServer, site: FakeChatServer
) -> None:
    page.clock.install()
    page.goto(f"{origin(site)}/site")
    server.stop()
    page.get_by_role("button", name=LAUNCHER).click()
    page.clock.run_for(11_000)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The chat could not be loaded.")).to_be_visible()
    expect(dialog.get_by_role("link", name="911")).to_have_attribute("href", "tel:911")
    expect(dialog.get_by_role("button", name="Close")).to_be_visible()
    server.start()
    dialog.get_by_role("button", name="Try again").click()
    expect(chat(page).locator(".message")).to_have_count(1)
    expect(dialog.get_by_text("The chat could not be loaded.")).to_be_hidden()


def test_a_site_that_is_not_allowed_gets_the_numbers_instead(
    visit: OpenPage, site: FakeChatServer, server: FakeChatServer
) -> None:
    server.frame_ancestors = ("'self'",)
    site.extra["/site"] = SITE % ("", server.url, "")
    other = visit(watched=False).page
    other.goto(f"{origin(site)}/site")
    other.clock.install()
    other.get_by_role("button", name=LAUNCHER).click()
    other.clock.run_for(11_000)
    expect(other.get_by_role("dialog").get_by_role("link", name="988").first).to_be_visible()


def test_the_script_twice_is_one_widget(visit: OpenPage, site: FakeChatServer, server: FakeChatServer) -> None:
    again = f'<script src="{server.url}/widget.js" defer></script>'
    site.extra["/site"] = SITE % ("", server.url, again)
    page = visit().page
    page.goto(f"{origin(site)}/site")
    expect(page.get_by_role("button", name=LAUNCHER)).to_have_count(1)


def test_the_script_may_stand_in_the_head_where_there_is_no_body_yet(
    visit: OpenPage, site: FakeChatServer, server: FakeChatServer
) -> None:
    line = f'<script src="{server.url}/widget.js"></script>'
    below = line.replace("></", " defer></")
    site.extra["/site"] = (SITE % ("", server.url, "")).replace(below, "").replace("<head>", f"<head>{line}{line}")
    page = visit().page
    page.goto(f"{origin(site)}/site")
    expect(page.get_by_role("button", name=LAUNCHER)).to_have_count(1)
    open_chat(page)


def test_label_and_phone_can_be_given_on_the_line(
    visit: OpenPage, site: FakeChatServer, server: FakeChatServer
) -> None:
    given = 'data-label="Questions?" data-phone="503-555-0100" defer></script>'
    site.extra["/site"] = (SITE % ("", server.url, "")).replace("defer></script>", given)
    page = visit().page
    page.goto(f"{origin(site)}/site")
    server.stop()
    page.get_by_role("button", name="Questions?").click()
    expect(page.get_by_role("link", name="503-555-0100")).to_have_attribute("href", "tel:5035550100")


def test_axe_finds_nothing_serious_in_an_open_widget(page: Page) -> None:
    open_chat(page)
    own = [line for line in serious(page) if "main" not in line]
    assert own == []
