"""What keeps the console closed: headers, cookies, CSRF, login limits and the rule that every page needs a login.

Nothing is open unless its view says so (`@public`): a new page is closed until somebody decides otherwise.

Choices that look odd:

* The cookie is `Secure` except on plain http to this very machine (`cookies_are_secure`). Browsers send Secure
  cookies to http://127.0.0.1, but other HTTP clients do not, and traffic that never leaves the machine needs no TLS.
  Anywhere else the cookie stays Secure, so that a console put on the network without https refuses to work instead of
  leaking.
* `Referrer-Policy: no-referrer` makes browsers send neither Referer nor Origin with a form, so Flask-WTF's Referer
  check on https would refuse everybody. `Sec-Fetch-Site` does that job (https://www.w3.org/TR/fetch-metadata/).
* Sessions live in a signed cookie, so a copy would survive the logout. The logout is in the audit trail under the
  session's id, and a session that was logged out is refused from then on; a change of password ends all others.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, flash, redirect, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_talisman import DENY, Talisman
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from bot.records import audit, staff
from bot.records.models import AuditEntry, Staff
from bot.settings import Settings
from bot.staff.context import console
from bot.staff.errors import wants_json

View = TypeVar("View", bound=Callable[..., Any])

LONGEST_SESSION = timedelta(hours=12)  # a shift; after that, log in again however busy you were
LOGIN_LIMITS = "20 per minute; 100 per hour"  # failures of one address; the account itself locks after five
CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
PERMISSIONS = dict.fromkeys(("browsing-topics", "camera", "geolocation", "microphone", "payment", "usb"), "()")
OPEN_WHILE_PASSWORD_IS_TEMPORARY = {"auth.password", "auth.logout"}


class User(UserMixin):
    """Who is logged in: a copy, so that no database session has to stay open."""

    def __init__(self, account: Staff) -> None:
        self.id = account.id
        self.email = account.email
        self.one_time_until = account.one_time_until


def public(view: View) -> View:
    """Mark a view that needs no login."""
    view.public = True  # type: ignore[attr-defined]
    return view


def passive(view: View) -> View:
    """Mark a view that a page calls by itself: it does not count as activity, so it cannot keep a session alive."""
    view.passive = True  # type: ignore[attr-defined]
    return view


def cookies_are_secure(settings: Settings) -> bool:
    """Whether cookies travel over https only: always, except over plain http on this machine (or when turned off)."""
    address = urlsplit(settings.staff_url)
    here = address.hostname in {"localhost", "127.0.0.1", "::1"}
    return settings.staff_secure_cookies and not (address.scheme == "http" and here)


def safe_next(target: str | None) -> str:
    """A path of this console to go to after the login; the queue where the given one leads anywhere else."""
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return url_for("handoffs.queue")
    if any(ord(c) < 33 for c in target) or urlsplit(target).netloc or urlsplit(target).scheme:
        return url_for("handoffs.queue")
    return target


def protect(app: Flask, settings: Settings) -> None:
    """Set up everything above on an application whose views are registered."""
    secure = cookies_are_secure(settings)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-staff" if secure else "onward_staff",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=LONGEST_SESSION,
        WTF_CSRF_TIME_LIMIT=None,  # the session's own time limit holds
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=64 * 1024,
    )
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies, x_host=0
        )
    Talisman(
        app,
        force_https=False,  # the proxy's job; a redirect would not help a form that was sent in the clear
        frame_options=DENY,
        content_security_policy=CONTENT_SECURITY_POLICY,
        permissions_policy=PERMISSIONS,
        referrer_policy="no-referrer",
        session_cookie_secure=secure,
        session_cookie_samesite="Lax",  # Strict would show the login page to whoever follows the link in the notice
    )
    login_manager = LoginManager(app)
    login_manager.session_protection = "strong"
    login_manager.user_loader(_load_user)
    app.before_request(_log_off_when_idle)
    app.before_request(_require_login)
    app.before_request(_refuse_other_sites)
    CSRFProtect(app)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    failures = limiter.limit(LOGIN_LIMITS, methods=["POST"], deduct_when=lambda response: response.status_code != 302)
    app.view_functions["auth.login"] = failures(app.view_functions["auth.login"])
    app.after_request(_keep_nothing)


def begin_session(account: Staff) -> None:
    """Log somebody in, in a session that shares nothing with the one before (session fixation)."""
    session.clear()
    session["id"] = secrets.token_hex(16)
    session["password"] = _fingerprint(account)
    session["began"] = session["seen"] = _now().timestamp()
    login_user(User(account))


def renew_session(account: Staff) -> None:
    """Keep this session after a change of password; every other session of the account ends."""
    session["password"] = _fingerprint(account)


def end_session(s: Session, action: str) -> None:
    """Log off, and write it down so that no copy of the cookie works any more."""
    audit.record(s, int(current_user.get_id()), action, "session", session.get("id"))
    logout_user()
    session.clear()


def _now() -> datetime:
    return console().now().astimezone(timezone.utc)


def _fingerprint(account: Staff) -> str:
    return hashlib.sha256(account.password_hash.encode()).hexdigest()[:32]


def _load_user(user_id: str) -> User | None:
    with console().database.reading() as s:
        account = staff.get(s, int(user_id))
        if account is None or session.get("password") != _fingerprint(account) or _was_ended(s, session.get("id")):
            return None
        return User(account)


def _was_ended(s: Session, session_id: str | None) -> bool:
    ended = select(AuditEntry.id).filter_by(object_type="session", object_id=session_id or "")
    return s.scalars(ended.where(AuditEntry.action.in_(["logout", "idle_logoff"])).limit(1)).first() is not None


def _log_off_when_idle() -> None:
    if "_user_id" not in session or not current_user.is_authenticated:
        return
    now = _now().timestamp()
    idle = console().settings.staff_idle_minutes * 60
    if now - session.get("seen", 0) > idle or now - session.get("began", 0) > LONGEST_SESSION.total_seconds():
        with console().database.session() as s:
            end_session(s, "idle_logoff")
        flash(f"You were logged off after {console().settings.staff_idle_minutes:g} minutes without activity.", "info")
    elif not _marked("passive") and request.endpoint != "static":
        session["seen"] = now


def _require_login() -> Any:
    if request.endpoint == "static" or _marked("public"):
        return None
    if not current_user.is_authenticated:
        if wants_json():
            abort(401)
        back = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
        return redirect(url_for("auth.login", next=back))
    if current_user.one_time_until and request.endpoint not in OPEN_WHILE_PASSWORD_IS_TEMPORARY:
        if wants_json():
            abort(403, "Choose your own password first.")
        return redirect(url_for("auth.password"))
    return None


def _refuse_other_sites() -> None:
    changes = request.method not in {"GET", "HEAD", "OPTIONS"}
    if changes and request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403)


def _marked(name: str) -> bool:
    return bool(getattr(current_app.view_functions.get(request.endpoint or ""), name, False))


def _keep_nothing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-cache" if request.endpoint == "static" else "no-store"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
