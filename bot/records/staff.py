"""Accounts of the people who may use the staff console: Argon2 hashes, a one-time first password that expires, lockout."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.records import audit, passwords
from bot.records.crypto import RecordsError
from bot.records.models import Staff, utcnow
from bot.settings import Settings

FAILURES_ALLOWED = 5
LOCKOUT = timedelta(minutes=15)

_hasher = PasswordHasher()
# Verified when the address is unknown, so that the time an attempt takes does not tell which addresses exist.
_DECOY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$hMn4vkC1H2xWcE9g0rKhvxbHWvwmd4Jj5jtDcNCz6Ac"


class StaffError(RecordsError):
    """An account cannot be made or changed as asked; the message is safe to show."""


@dataclass(frozen=True)
class Login:
    """The outcome of an attempt. ``reason``: None, ``wrong``, ``locked``, ``disabled`` or ``expired`` (the right one-time
    password, too late: only who has it learns that); show the others alike, or the page tells which accounts exist."""

    staff: Staff | None
    reason: str | None = None


def create(
    s: Session, email: str, hours: float = Settings.staff_one_time_password_hours, now: datetime | None = None
) -> tuple[Staff, str]:
    """Add an account; one whose one-time password was never replaced gets a new one.

    Args:
        hours: how long the one-time password works.

    Returns:
        The account and its one-time password, which is stored only as a hash and must be changed at the first login.

    Raises:
        StaffError: the address is not one, or has an account that is in use or disabled.
    """
    email = _normal(email)
    if email.count("@") != 1 or not all(email.split("@")) or any(c.isspace() for c in email) or len(email) > 255:
        raise StaffError("That is not an e-mail address.")
    account = get_by_email(s, email)
    if account is not None and (account.one_time_until is None or account.disabled_at is not None):
        raise StaffError("There is an account with this address already.")
    account = account or Staff(email=email)
    password = _one_time(account, hours, now)
    s.add(account)
    s.flush()
    return account, password


def renew(s: Session, email: str, hours: float = Settings.staff_one_time_password_hours, now: datetime | None = None) -> str:
    """A one-time password for somebody who forgot their own; the old one no longer works. With it all sessions of the account
    end, since they hold to the password, and so does a lockout.

    Args:
        hours: how long the one-time password works.

    Raises:
        StaffError: there is no such account, or it is disabled.
    """
    account = get_by_email(s, email)
    if account is None:
        raise StaffError("There is no account with this address.")
    if account.disabled_at is not None:
        raise StaffError("This account is disabled.")
    account.failed_logins, account.locked_until = 0, None
    password = _one_time(account, hours, now)
    audit.record(s, None, "password_renewed", "staff", account.id)
    return password


def authenticate(s: Session, email: str, password: str, now: datetime | None = None) -> Login:
    """Check a login. Five failures in a row lock the account for 15 minutes, the right password included."""
    now = now or utcnow()
    account = s.scalars(select(Staff).filter_by(email=_normal(email)).with_for_update()).first()
    right = _verify(account.password_hash if account else _DECOY, password)
    if account is None:
        return Login(None, "wrong")
    if account.locked_until is not None and account.locked_until > now:
        return Login(None, "locked")
    if not right:
        _count_failure(account, now)
        s.flush()
        return Login(None, "wrong" if account.locked_until is None or account.locked_until <= now else "locked")
    if account.disabled_at is not None:
        return Login(None, "disabled")
    if account.one_time_until is not None and account.one_time_until <= now:
        return Login(None, "expired")
    account.failed_logins, account.locked_until, account.last_login_at = 0, None, now
    if _hasher.check_needs_rehash(account.password_hash):
        account.password_hash = _hasher.hash(password)
    s.flush()
    return Login(account)


def set_password(s: Session, account: Staff, password: str, about: Iterable[str] = ()) -> None:
    """Set a password that the person chose.

    Args:
        about: what else it must not be made of, such as the clinic's name.

    Raises:
        StaffError: it is too short, easy to guess, or the present one.
    """
    problem = passwords.problem(password, [account.email, *about])
    if problem is not None:
        raise StaffError(problem)
    if _verify(account.password_hash, password):
        raise StaffError("Choose a password that differs from the present one.")
    account.password_hash, account.one_time_until = _hasher.hash(password), None
    s.flush()


def disable(s: Session, email: str) -> Staff:
    """Close an account. It stays, because the audit trail names it.

    Raises:
        StaffError: there is no such account.
    """
    account = get_by_email(s, email)
    if account is None:
        raise StaffError("There is no account with this address.")
    account.disabled_at = account.disabled_at or utcnow()
    s.flush()
    return account


def get(s: Session, staff_id: int) -> Staff | None:
    """The account with this id, None when it is unknown or disabled."""
    account = s.get(Staff, staff_id)
    return account if account is not None and account.disabled_at is None else None


def get_by_email(s: Session, email: str) -> Staff | None:
    """The account with this address, disabled or not."""
    return s.scalars(select(Staff).filter_by(email=_normal(email))).first()


def list_accounts(s: Session) -> list[Staff]:
    """All accounts, by address."""
    return list(s.scalars(select(Staff).order_by(Staff.email)))


def _one_time(account: Staff, hours: float, now: datetime | None) -> str:
    password = secrets.token_urlsafe(15)
    account.password_hash = _hasher.hash(password)
    account.one_time_until = (now or utcnow()) + timedelta(hours=hours)
    return password


def _count_failure(account: Staff, now: datetime) -> None:
    if account.locked_until is not None:  # an expired lock: counting starts anew
        account.failed_logins, account.locked_until = 0, None
    account.failed_logins += 1
    if account.failed_logins >= FAILURES_ALLOWED:
        account.locked_until = now + LOCKOUT


def _normal(email: str) -> str:
    return email.strip().lower()


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
