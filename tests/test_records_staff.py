"""Accounts: one-time passwords, hashes, lockout, and a trail of who did what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from bot.records import audit, passwords, staff
from bot.records.models import utcnow
from tests.records_fixtures import backend, database  # noqa: F401

EMAIL = "nurse@example.org"


@pytest.fixture
def password(database, monkeypatch):  # noqa: F811
    monkeypatch.setattr(staff, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with database.session() as s:
        return staff.create(s, " Nurse@Example.org ")[1]


def test_the_first_password_is_random_hashed_and_must_be_changed(database, password):  # noqa: F811
    with database.session() as s:
        account = staff.get_by_email(s, EMAIL)
        assert account.one_time_until is not None
        assert account.password_hash.startswith("$argon2id$")
        assert password not in account.password_hash
        assert len(password) >= 16
        staff.set_password(s, account, "a longer password")
        assert account.one_time_until is None
        assert staff.authenticate(s, EMAIL, "a longer password").staff is account
        assert staff.authenticate(s, EMAIL, password).reason == "wrong"


@pytest.mark.parametrize("new", ["short", "passwordpassword", EMAIL, "SunriseClinic2026", None])
def test_a_short_easy_or_unchanged_password_is_refused(database, password, new):  # noqa: F811
    with database.session() as s, pytest.raises(staff.StaffError):
        staff.set_password(s, staff.get_by_email(s, EMAIL), new or password, about=["Sunrise Clinic"])


@pytest.mark.parametrize("hours", [72, 1])
def test_a_one_time_password_expires_and_is_renewed_until_its_owner_has_chosen_one(database, password, hours):  # noqa: F811
    now = utcnow()
    with database.session() as s:
        account, renewed = staff.create(s, EMAIL, hours, now)
        assert account is staff.get_by_email(s, EMAIL)
        assert staff.authenticate(s, EMAIL, password, now).reason == "wrong"
        assert staff.authenticate(s, EMAIL, renewed, now + timedelta(hours=hours, seconds=-1)).staff is account
        late = now + timedelta(hours=hours)
        assert staff.authenticate(s, EMAIL, renewed, late).reason == "expired"
        assert staff.authenticate(s, EMAIL, "wrong", late).reason == "wrong", "only who has the password learns that it is too late"
        staff.set_password(s, account, "a longer password")
        assert staff.authenticate(s, EMAIL, "a longer password", late).staff is account
        with pytest.raises(staff.StaffError):
            staff.create(s, EMAIL, hours, now)


def test_who_forgot_the_password_gets_a_new_one_time_password_and_the_lockout_ends(database, password):  # noqa: F811
    now = utcnow()
    with database.session() as s:
        account = staff.get_by_email(s, EMAIL)
        staff.set_password(s, account, "a longer password")
        for _ in range(5):
            staff.authenticate(s, EMAIL, "wrong", now)
        renewed = staff.renew(s, EMAIL.upper(), 1, now)
        assert staff.authenticate(s, EMAIL, "a longer password", now).reason == "wrong"
        assert staff.authenticate(s, EMAIL, renewed, now).staff is account and account.one_time_until == now + timedelta(hours=1)
        [row] = audit.of(s, "staff", account.id)
        assert (row.action, row.staff_id, row.detail) == ("password_renewed", None, None)


def test_no_password_is_renewed_for_an_account_that_is_unknown_or_disabled(database, password):  # noqa: F811
    with database.session() as s:
        staff.disable(s, EMAIL)
        for email in (EMAIL, "unknown@example.org"):
            with pytest.raises(staff.StaffError):
                staff.renew(s, email)
        assert staff.get_by_email(s, EMAIL).disabled_at is not None


def test_an_account_that_was_disabled_is_not_opened_by_adding_it_again(database, password):  # noqa: F811
    with database.session() as s:
        staff.disable(s, EMAIL)
        with pytest.raises(staff.StaffError):
            staff.create(s, EMAIL)


@pytest.mark.parametrize(
    "easy",
    [
        *("password1234", "P@ssw0rd2026", "aaaaaaaaaaaa", "abcabcabcabc", "blueblueblue", "123456789012", "qwertyuiop12", "zyxwvutsrqpo"),
        *("1qaz2wsx3edc", "kim@sunrise.example", "kimsunrise2026", "Sunrise Wellness!", "sunshine1987", "iloveyou iloveyou", "trustno1trustno1"),
    ],
)
def test_what_is_easy_to_guess_is_told(easy):
    assert "easy to guess" in passwords.problem(easy, ["kim@sunrise.example", "Sunrise Health & Wellness"])


@pytest.mark.parametrize("good", ["correct horse battery", "sunshine-garden-77", "street expert radio", "Zx9$kQ2!vLm4", "tür größe öffnen"])
def test_what_is_not_is_accepted(good):
    assert passwords.problem(good, ["kim@sunrise.example", "Sunrise Health & Wellness"]) is None


@pytest.mark.parametrize("email", ["", "nobody", "a@", "@b", "a b@c", EMAIL.upper()])
def test_an_address_that_is_none_or_taken_is_refused(database, password, email):  # noqa: F811
    with database.session() as s:
        staff.set_password(s, staff.get_by_email(s, EMAIL), "a longer password")
        with pytest.raises(staff.StaffError):
            staff.create(s, email)


def test_five_failures_lock_for_fifteen_minutes_whatever_the_password(database, password):  # noqa: F811
    now = utcnow()
    with database.session() as s:
        reasons = [staff.authenticate(s, EMAIL, "wrong", now).reason for _ in range(5)]
        assert reasons == ["wrong"] * 4 + ["locked"]
        assert staff.authenticate(s, EMAIL, password, now + timedelta(minutes=14)).reason == "locked"
        assert staff.authenticate(s, EMAIL, password, now + timedelta(minutes=16)).staff is not None
        assert staff.authenticate(s, EMAIL, "wrong", now + timedelta(minutes=17)).reason == "wrong"


def test_after_a_lockout_counting_starts_anew(database, password):  # noqa: F811
    now = utcnow()
    with database.session() as s:
        for _ in range(5):
            staff.authenticate(s, EMAIL, "wrong", now)
        later = now + timedelta(minutes=16)
        assert [staff.authenticate(s, EMAIL, "wrong", later).reason for _ in range(5)] == ["wrong"] * 4 + ["locked"]


def test_a_disabled_account_cannot_log_in_and_stays_listed(database, password):  # noqa: F811
    with database.session() as s:
        account = staff.disable(s, EMAIL)
        assert staff.authenticate(s, EMAIL, password).reason == "disabled"
        assert staff.authenticate(s, EMAIL, "wrong").reason == "wrong"
        assert staff.get(s, account.id) is None
        assert staff.list_accounts(s) == [account]
        with pytest.raises(staff.StaffError):
            staff.disable(s, "unknown@example.org")


def test_an_unknown_address_costs_a_real_check():
    """The decoy is a hash that is computed like any other, so time does not tell which addresses exist."""
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(staff._DECOY, "anything")
    assert not PasswordHasher().check_needs_rehash(staff._DECOY)


def test_an_unknown_address_is_wrong(database):  # noqa: F811
    with database.session() as s:
        assert staff.authenticate(s, "unknown@example.org", "x") == staff.Login(None, "wrong")


def test_the_trail_says_who_did_what_and_pages(database, password):  # noqa: F811
    with database.session() as s:
        account = staff.get_by_email(s, EMAIL)
        for n in range(5):
            audit.record(s, account.id, "view", "handoff", n, "summary")
        audit.record(s, None, "login_failed", "staff")
        newest = audit.entries(s, limit=2)
        assert [(e.action, e.object_id, e.staff_id) for e in newest] == [
            ("login_failed", None, None),
            ("view", "4", account.id),
        ]
        assert [e.object_id for e in audit.entries(s, limit=2, before=newest[-1].id)] == ["3", "2"]
