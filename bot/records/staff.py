"""Accounts of the people who may use the staff console: Argon2 hashes, one-time first password, lockout."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.records.crypto import RecordsError
from bot.records.models import Staff, utcnow

FAILURES_ALLOWED = 5
LOCKOUT = timedelta(minutes=15)
PASSWORD_MIN = 12

_hasher = PasswordHasher()
# Verified when the address is unknown, so that the time an attempt takes does not tell which addresses exist.
_DECOY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$hMn4vkC1H2xWcE9g0rKhvxbHWvwmd4Jj5jtDcNCz6Ac"


class StaffError(RecordsError):
    """An account cannot be made or changed as asked; the message is safe to show."""


@dataclass(frozen=True)
class Login:
    """The outcome of an attempt. ``reason``: None, ``wrong``, ``locked`` or ``disabled``; show ``wrong`` for all but a
    lockout, or the page tells which accounts exist."""

    staff: Staff | None
    reason: str | None = None


def create(s: Session, email: str, role: str = "staff") -> tuple[Staff, str]:
    """Add an account.

    Returns:
        The account and its one-time password, which is stored only as a hash and must be changed at the first login.

    Raises:
        StaffError: the address is not one, or has an account.
    """
    email = _normal(email)
    if email.count("@") != 1 or not all(email.split("@")) or any(c.isspace() for c in email) or len(email) > 255:
        raise StaffError("That is not an e-mail address.")
    if get_by_email(s, email) is not None:
        raise StaffError("There is an account with this address already.")
    password = secrets.token_urlsafe(15)
    account = Staff(email=email, role=role, password_hash=_hasher.hash(password), must_change=True)
    s.add(account)
    s.flush()
    return account, password


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
    account.failed_logins, account.locked_until, account.last_login_at = 0, None, now
    if _hasher.check_needs_rehash(account.password_hash):
        account.password_hash = _hasher.hash(password)
    s.flush()
    return Login(account)


def set_password(s: Session, account: Staff, password: str) -> None:
    """Set a password that the person chose.

    Raises:
        StaffError: it is too short, or is the present one.
    """
    if len(password) < PASSWORD_MIN:
        raise StaffError(f"A password needs at least {PASSWORD_MIN} characters.")
    if _verify(account.password_hash, password):
        raise StaffError("Choose a password that differs from the present one.")
    account.password_hash, account.must_change = _hasher.hash(password), False
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
