"""Who may come in, how long they stay, and what a stranger can learn from trying."""

from __future__ import annotations

import re

import httpx
import pytest

from bot.records import staff
from tests.staff_site import EMAIL, PASSWORD, Site, Visitor, make_address, make_site  # noqa: F401


def test_the_right_password_opens_the_queue(site: Site) -> None:
    visitor = site.visitor()
    answer = visitor.log_in()
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert "Queue" in visitor.get("/").text


@pytest.mark.parametrize("email", [" Nurse@Example.org ", "NURSE@EXAMPLE.ORG"])
def test_an_address_is_read_as_people_type_it(site: Site, email: str) -> None:
    assert site.visitor().log_in(email).status_code == 302


def test_all_failures_look_the_same(site: Site) -> None:
    site.add_staff("gone@example.org", PASSWORD)
    with site.database.session() as s:
        staff.disable(s, "gone@example.org")
    locked = site.add_staff("locked@example.org", PASSWORD)
    for _ in range(staff.FAILURES_ALLOWED):
        site.visitor().log_in("locked@example.org", "wrong")
    pages = {
        site.visitor().log_in(email, password).text.replace(email, "").split("csrf_token")[0]
        + str(site.visitor().log_in(email, password).status_code)
        for email, password in [
            (EMAIL, "wrong password"),
            ("nobody@example.org", "wrong password"),
            ("gone@example.org", PASSWORD),
            ("locked@example.org", PASSWORD),
        ]
    }
    assert len(pages) == 1
    assert "locked for 15 minutes" in pages.pop()
    assert ("login_failed", "staff", str(locked), None) in site.audit()


def test_five_failures_lock_the_account_for_a_while(site: Site) -> None:
    for _ in range(staff.FAILURES_ALLOWED):
        assert site.visitor().log_in(password="wrong").status_code == 422
    assert site.visitor().log_in().status_code == 422
    site.clock.forward(minutes=16)
    assert site.visitor().log_in().status_code == 302


def test_an_address_that_tries_without_end_is_stopped(site: Site) -> None:
    statuses = [site.visitor().log_in(f"nobody{i}@example.org", "wrong").status_code for i in range(21)]
    assert statuses[0] == 422 and statuses[-1] == 429
    answer = site.visitor().log_in("nobody@example.org", "wrong")
    assert "Wait a minute" in answer.text


def test_logging_in_is_not_a_failure_to_count(site: Site) -> None:
    assert {site.visitor().log_in().status_code for _ in range(25)} == {302}


def test_empty_fields_are_named(site: Site) -> None:
    answer = site.visitor().log_in("", "")
    assert answer.status_code == 422
    assert "Enter your e-mail address." in answer.text and "Enter your password." in answer.text
    assert 'role="alert"' in answer.text and 'aria-invalid="true"' in answer.text


def test_a_password_is_never_sent_back(site: Site) -> None:
    assert "s3cret-and-wrong" not in site.visitor().log_in(password="s3cret-and-wrong").text


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/audit", "/audit"),
        ("/handoffs/abc?x=1", "/handoffs/abc?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("evil.example", "/"),
        ("", "/"),
    ],
)
def test_the_login_leads_to_this_console_only(site: Site, target: str, lands: str) -> None:
    assert site.visitor().log_in(next=target).headers["Location"] == lands
    assert site.nurse().get("/login", query_string={"next": target}).headers["Location"] == lands


def test_after_the_login_the_page_that_was_asked_for_opens(site: Site) -> None:
    handoff_id = site.add_handoff()
    visitor = site.visitor()
    refused = visitor.get(f"/handoffs/{handoff_id}").headers["Location"]
    assert f'value="/handoffs/{handoff_id}"' in visitor.get(refused).text


def test_a_session_set_before_the_login_is_not_the_one_after_it(site: Site) -> None:
    visitor = site.visitor()
    before = visitor.token()
    visitor.log_in()
    with visitor.client.session_transaction() as session:
        first = session["id"]
    assert visitor.client.post("/logout", data={"csrf_token": before}).status_code == 400
    with site.nurse().client.session_transaction() as session:
        assert session["id"] != first


def test_a_password_renewed_at_the_shell_ends_the_sessions_of_the_account(site: Site) -> None:
    nurse = site.nurse()
    assert nurse.get("/").status_code == 200
    with site.database.session() as s:
        renewed = staff.renew(s, EMAIL, now=site.clock())
    assert nurse.get("/").headers["Location"].startswith("/login")
    again = site.visitor()
    again.log_in(password=renewed)
    assert again.get("/").headers["Location"].startswith("/password"), "the one-time password has to be replaced first"
    assert ("password_renewed") in [row[0] for row in site.audit()]


def test_idle_sessions_end(site: Site) -> None:
    nurse = site.nurse()
    site.clock.forward(minutes=14)
    assert nurse.get("/").status_code == 200
    site.clock.forward(minutes=14)
    assert nurse.get("/session.json").status_code == 200, "activity must have moved the end"
    site.clock.forward(minutes=16)
    answer = nurse.get("/")
    assert answer.headers["Location"].startswith("/login")
    assert "logged off after 15 minutes" in nurse.get("/login").text
    assert ("idle_logoff") in [row[0] for row in site.audit()]


def test_a_page_that_asks_by_itself_keeps_nobody_logged_in(site: Site) -> None:
    nurse = site.nurse()
    handoff_id = site.add_handoff()
    for _ in range(16):
        site.clock.forward(minutes=1)
        last = [nurse.get(path).status_code for path in ("/queue.json", f"/handoffs/{handoff_id}/messages.json", "/static/staff.css")]
    assert last == [401, 401, 200]


def test_a_session_ends_after_a_shift_however_busy(site: Site) -> None:
    nurse = site.nurse()
    for _ in range(73):
        site.clock.forward(minutes=10)
        last = nurse.get("/session.json").status_code
    assert last == 401


def copy_of(site: Site, nurse: Visitor) -> Visitor:
    thief = site.visitor()
    cookie = nurse.client.get_cookie("onward_staff")
    thief.client.set_cookie("onward_staff", cookie.value)
    return thief


def test_a_copied_cookie_dies_with_the_logout(site: Site) -> None:
    nurse = site.nurse()
    thief = copy_of(site, nurse)
    assert thief.get("/").status_code == 200
    assert nurse.post("/logout").headers["Location"] == "/login"
    assert nurse.get("/").status_code == 302
    assert thief.get("/").status_code == 302


def test_a_copied_cookie_is_no_use_in_another_browser(site: Site) -> None:
    thief = copy_of(site, site.nurse())
    assert thief.get("/", headers={"User-Agent": "another"}).status_code == 302


def test_asking_for_the_logout_page_logs_nobody_off(site: Site) -> None:
    nurse = site.nurse()
    assert nurse.get("/logout").status_code == 200
    assert nurse.get("/").status_code == 200


def test_a_disabled_account_is_out_at_once(site: Site) -> None:
    nurse = site.nurse()
    with site.database.session() as s:
        staff.disable(s, EMAIL)
    assert nurse.get("/").status_code == 302


def change(current: str = PASSWORD, new: str = "another good password", repeat: str | None = None) -> dict[str, str]:
    return {"current": current, "new": new, "repeat": new if repeat is None else repeat}


def test_an_expired_one_time_password_says_so_to_who_has_it(site: Site) -> None:
    site.add_staff("new@example.org")
    late = site.nurse("new@example.org", site.one_time_password)
    site.clock.forward(hours=71)
    visitor = site.nurse("new@example.org", site.one_time_password)
    site.clock.forward(hours=1, minutes=1)
    answer = site.visitor().log_in("new@example.org", site.one_time_password)
    assert answer.status_code == 422 and "has expired" in answer.text and "python -m bot staff add" in answer.text
    assert "has expired" not in site.visitor().log_in("new@example.org", "wrong").text
    assert late.get("/password").headers["Location"].startswith("/login")
    with visitor.client.session_transaction() as session:
        session["seen"] = site.clock().timestamp()  # at work on the page all the time
    assert "has expired" in visitor.post("/password", change(site.one_time_password), page="/password").text


def test_the_one_time_password_must_be_replaced_and_works_until_then_as_its_page_says(site: Site) -> None:
    site.add_staff("new@example.org")
    site.nurse("new@example.org", site.one_time_password)  # who is called away before the change can come back
    visitor = site.nurse("new@example.org", site.one_time_password)
    assert visitor.get("/").headers["Location"] == "/password"
    assert "works until you choose your own, at most until <time" in visitor.get("/password").text
    answer = visitor.post("/password", change(site.one_time_password), page="/password")
    assert answer.headers["Location"] == "/"
    assert visitor.get("/").status_code == 200
    assert site.visitor().log_in("new@example.org", site.one_time_password).status_code == 422
    assert site.visitor().log_in("new@example.org", "another good password").status_code == 302


def test_a_changed_password_ends_every_other_session(site: Site) -> None:
    here, elsewhere = site.nurse(), site.nurse()
    assert here.post("/password", change()).status_code == 302
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (change(current="wrong"), "not your present password"),
        (change(new="short"), "12 to 200 characters"),
        (change(new="x" * 300), "12 to 200 characters"),
        (change(new="password1234"), "easy to guess"),
        (change(new=EMAIL), "easy to guess"),
        (change(new="Onward Wellness"), "easy to guess"),
        (change(new=PASSWORD), "differs from the present one"),
        (change(repeat="something else"), "two new passwords differ"),
        (change(current=""), "Enter your present password"),
    ],
)
def test_a_bad_change_of_password_says_what_is_wrong(site: Site, fields: dict[str, str], problem: str) -> None:
    answer = site.nurse().post("/password", fields)
    assert answer.status_code == 422
    assert problem in answer.text
    assert site.visitor().log_in().status_code == 302, "the old password must still work"


def test_the_present_password_cannot_be_guessed_without_end(site: Site) -> None:
    nurse = site.nurse()
    for _ in range(staff.FAILURES_ALLOWED):
        nurse.post("/password", change(current="wrong"))
    assert nurse.post("/password", change()).status_code == 422


def test_what_the_audit_trail_keeps_of_logins(site: Site) -> None:
    site.visitor().log_in(password="wrong")
    site.visitor().log_in("typed-password-as-address", "wrong")
    nurse = site.nurse()
    nurse.post("/logout")
    assert [(row[0], row[3]) for row in site.audit() if row[0] != "view"] == [
        ("login_failed", None),
        ("login_failed", None),
        ("login", site.staff_id),
        ("logout", site.staff_id),
    ]
    assert "typed-password-as-address" not in str(site.audit())


def test_a_program_logs_in_over_plain_http_on_this_machine(address: str) -> None:
    with httpx.Client(base_url=address, follow_redirects=True) as client:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text).group(1)
        answer = client.post("/login", data={"email": EMAIL, "password": PASSWORD, "csrf_token": token})
        assert answer.status_code == 200 and "Queue" in answer.text
        assert client.get("/queue.json").json() == {"new": 0, "stat": 0}
