"""Login, logout and change of password.

Every failed login looks the same, whatever the reason (unknown address, wrong password, locked, disabled), so that the page
tells nobody which accounts exist; the reason is in the audit trail. Only who has the right one-time password is told that it
has expired.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from flask_login import current_user

from bot.records import audit, staff
from bot.staff.context import console, note_change
from bot.staff.forms import LoginForm, PasswordForm
from bot.staff.security import begin_session, cookies_are_secure, end_session, public, renew_session, safe_next

bp = Blueprint("auth", __name__)

REFUSED = (
    "That did not work. The e-mail address or the password is wrong, or there were several failed tries and the account "
    "is locked for 15 minutes."
)
EXPIRED = (
    "This one-time password has expired. Ask the person who runs the server for a new one: python -m bot staff add, with your "
    "e-mail address."
)


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> Any:
    if current_user.is_authenticated:
        return redirect(safe_next(request.values.get("next")))
    form = LoginForm(next=request.args.get("next"))
    status = 200
    if form.is_submitted():
        if form.validate():
            reason = _log_in(form.email.data, form.password.data)
            if reason is None:
                return redirect(safe_next(form.next.data))
            form.form_errors.append(EXPIRED if reason == "expired" else REFUSED)
        status = 422
    form.password.data = None
    cannot_work = cookies_are_secure(console().settings) and not request.is_secure
    return render_template("login.html", form=form, cannot_work=cannot_work), status


def _log_in(email: str, password: str) -> str | None:
    """Begin a session; the reason where that is refused."""
    with console().database.session() as s:
        attempt = staff.authenticate(s, email, password, console().now())
        if attempt.staff is None:
            known = staff.get_by_email(s, email)
            audit.record(s, None, "login_failed", "staff", known.id if known else None, attempt.reason)
            return attempt.reason
        begin_session(attempt.staff)
        audit.record(s, attempt.staff.id, "login", "session", session["id"])
    return None


@bp.route("/logout", methods=["GET", "POST"])
def logout() -> Any:
    if request.method == "GET":  # a link or a prefetch must not log anybody off
        return render_template("logout.html")
    with console().database.session() as s:
        end_session(s, "logout")
    flash("You are logged off.", "info")
    return redirect(url_for("auth.login"))


@bp.get("/session.json")
def session_state() -> Any:
    """What "Stay logged in" asks: the request itself is the activity that keeps the session alive."""
    return jsonify({"idle_seconds": int(console().settings.staff_idle_minutes * 60)})


@bp.route("/password", methods=["GET", "POST"])
def password() -> Any:
    form = PasswordForm()
    status = 200
    if form.is_submitted():
        if form.validate() and _change_password(form):
            flash("Your password is changed.", "info")
            return redirect(url_for("handoffs.queue"))
        status = 422
    return render_template("password.html", form=form), status


def _change_password(form: PasswordForm) -> bool:
    with console().database.session() as s:
        # The present password is checked as a login, so that guessing it here locks the account just as well.
        attempt = staff.authenticate(s, current_user.email, form.current.data, console().now())
        if attempt.staff is None:
            note_change(s, "password_refused", "staff", current_user.id, attempt.reason)
            refused = EXPIRED if attempt.reason == "expired" else "That is not your present password, or the account is locked."
            form.current.errors = [*form.current.errors, refused]
            return False
        try:
            staff.set_password(s, attempt.staff, form.new.data, about=[console().clinic.name])
        except staff.StaffError as problem:
            form.new.errors = [*form.new.errors, str(problem)]
            return False
        note_change(s, "password_changed", "staff", current_user.id)
        renew_session(attempt.staff)
    return True
