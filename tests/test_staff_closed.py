"""Nothing of the console is reachable without a login, nothing changes without a CSRF token, nothing stays in a cache."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from werkzeug.routing import Rule

from bot.settings import Settings
from bot.staff.security import cookies_are_secure
from tests.staff_site import PASSWORD, Site, make_site  # noqa: F401

OPEN = {"/login", "/health", "/static/<path:filename>"}


def addresses(site: Site, method: str) -> list[str]:
    """Every route that takes a method, with a real handoff where it names one."""
    handoff_id = site.add_handoff()
    with site.app.test_request_context():
        return [fill(rule, handoff_id) for rule in site.app.url_map.iter_rules() if method in rule.methods and rule.rule not in OPEN]


def fill(rule: Rule, handoff_id: str) -> str:
    path = rule.rule.replace("<handoff_id>", handoff_id).replace("<action>", "claim")
    path = re.sub("<int.*:question_id>", "1", path).replace("<any(settle, unsettle):action>", "settle")
    assert "<" not in path, f"tell this test how to fill in {rule.rule}"
    return path


def test_the_walk_sees_the_whole_console(site: Site) -> None:
    pages = addresses(site, "GET")
    assert {"/", "/logout", "/audit", "/unanswered", "/password", "/queue.json", "/session.json"} <= set(pages)
    for ending in ("", "/print", "/transcript", "/summary.json", "/fhir.json", "/messages.json"):
        assert any(re.fullmatch(rf"/handoffs/\w+{ending}", page) for page in pages), ending
    assert len(addresses(site, "POST")) >= 8


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_every_route_refuses_who_is_not_logged_in(site: Site, method: str) -> None:
    visitor = site.visitor()
    for path in addresses(site, method):
        answer = visitor.client.open(path, method=method, data={"csrf_token": visitor.token()} if method == "POST" else None)
        if path.endswith(".json"):
            assert answer.status_code == 401, path
            if method != "HEAD":
                assert answer.json == {"error": {"code": "unauthorized", "message": "Log in first."}}
        else:
            assert answer.status_code == 302, path
            assert answer.headers["Location"].startswith("/login"), path
    assert not [row for row in site.audit() if row[0] != "login"], "a refused look left a trace as if it had happened"


def test_what_does_not_exist_is_not_told_from_what_does(site: Site) -> None:
    handoff_id = site.add_handoff()
    answers = [site.visitor().get(f"/handoffs/{one}") for one in (handoff_id, "0" * 32)] + [site.visitor().get("/nothing")]
    assert {answer.status_code for answer in answers} == {302}


def test_a_one_time_password_opens_nothing_but_the_change_of_password(site: Site) -> None:
    site.add_staff("new@example.org")
    visitor = site.nurse("new@example.org", site.one_time_password)
    for path in addresses(site, "GET"):
        if path in {"/password", "/logout"}:
            assert visitor.get(path).status_code == 200
        elif path.endswith(".json"):
            assert visitor.get(path).status_code == 403, path
        else:
            assert visitor.get(path).headers["Location"] == "/password", path


def test_every_change_needs_a_csrf_token(site: Site) -> None:
    for path in [*addresses(site, "POST"), "/login"]:
        visitor = site.visitor() if path == "/login" else site.nurse()
        for data in ({}, {"csrf_token": "made-up"}):
            answer = visitor.client.post(path, data={"text": "x", "email": "nurse@example.org", "password": PASSWORD, **data})
            refused = answer.status_code == 400 or answer.headers.get("Location", "").startswith("/login")
            assert refused and visitor.get("/session.json").status_code == (401 if path == "/login" else 200), path
    assert not {row[0] for row in site.audit()} - {"login"}


def test_a_token_of_somebody_else_is_refused(site: Site) -> None:
    site.add_staff("other@example.org", PASSWORD)
    handoff_id = site.add_handoff()
    stolen = site.nurse("other@example.org").token("/")
    answer = site.nurse().client.post(f"/handoffs/{handoff_id}/status/claim", data={"csrf_token": stolen})
    assert answer.status_code == 400
    assert site.handoff(handoff_id).status == "new"


def test_a_form_sent_from_another_site_is_refused(site: Site) -> None:
    handoff_id = site.add_handoff()
    answer = site.nurse().post(f"/handoffs/{handoff_id}/status/claim", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert site.handoff(handoff_id).status == "new"


def test_every_answer_forbids_storing_framing_and_foreign_code(site: Site) -> None:
    nurse = site.nurse()
    for path in [*addresses(site, "GET"), "/login", "/health", "/nothing"]:
        headers = nurse.get(path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy and "*" not in policy, path


def test_no_page_has_inline_code_or_style(site: Site) -> None:
    nurse = site.nurse()
    for path in [*addresses(site, "GET"), "/login"]:
        page = nurse.get(path).text
        assert not re.search(r"<style|style=|\son\w+=|javascript:|<script(?![^>]*src=)", page), path


def test_hsts_is_said_on_https_only(site: Site) -> None:
    assert "Strict-Transport-Security" not in site.visitor().get("/login").headers
    assert "Strict-Transport-Security" in site.visitor().get("/login", base_url="https://staff.example.org").headers


def settings(**changes: object) -> Settings:
    return Settings(encryption_keys=("k",), secret_key="s", database_url="sqlite://", **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "secure"),
    [
        ({}, False),  # http://127.0.0.1:8000: HTTP clients other than browsers send no Secure cookie there
        ({"public_staff_url": "http://localhost:8000"}, False),
        ({"public_staff_url": "https://staff.example.org"}, True),
        ({"public_staff_url": "https://localhost:8443"}, True),
        ({"public_staff_url": "http://staff.example.org"}, True),
        ({"staff_host": "0.0.0.0"}, True),
        ({"staff_host": "0.0.0.0", "staff_secure_cookies": False}, False),
        ({"public_staff_url": "https://staff.example.org", "staff_secure_cookies": False}, False),
    ],
)
def test_cookies_are_secure_wherever_they_leave_the_machine(changes: dict[str, object], secure: bool) -> None:
    assert cookies_are_secure(settings(**changes)) is secure


@pytest.mark.parametrize(("url", "secure"), [("", False), ("https://staff.example.org", True)])
def test_the_cookie_says_so(tmp_path: Path, url: str, secure: bool) -> None:
    site = Site(tmp_path, public_staff_url=url)
    cookie = site.visitor().get("/login", base_url=url or "http://127.0.0.1:8000").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert ("Secure" in cookie) is secure
    assert cookie.startswith("__Host-") is secure


def test_the_login_works_behind_a_proxy_with_https(tmp_path: Path) -> None:
    site = Site(tmp_path, public_staff_url="https://staff.example.org", trusted_proxies=1)
    visitor = site.visitor()
    visitor.client.environ_base["HTTP_X_FORWARDED_PROTO"] = "https"
    assert visitor.log_in().status_code == 302
    assert visitor.get("/").status_code == 200


def test_a_console_on_the_network_without_https_says_why_nobody_can_log_in(tmp_path: Path) -> None:
    site = Site(tmp_path, staff_host="0.0.0.0")
    assert "only works over https" in site.visitor().get("/login").text


def test_health_tells_nothing_but_that_the_process_is_up(site: Site) -> None:
    assert site.visitor().get("/health").json == {"status": "ok"}
