"""Errors as people and programs see them: a page that says what to do, or the project's one JSON shape
`{"error": {"code", "message"}}` for the addresses that end in `.json` and for clients that ask for JSON."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from flask import Flask, flash, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)

MESSAGES = {
    400: ("bad_request", "That request was not complete. Go back, reload the page and try again."),
    401: ("unauthorized", "Log in first."),
    403: ("forbidden", "You cannot do that here."),
    404: ("not_found", "There is nothing at this address. It may have been deleted after the retention time."),
    405: ("method_not_allowed", "This address does not take that kind of request."),
    409: ("conflict", "Somebody else changed this in the meantime. Reload the page."),
    413: ("too_large", "That text is too long."),
    429: ("too_many_requests", "Too many tries from this address. Wait a minute, then try again."),
    500: ("internal", "Something went wrong on our side. What was stored is safe. Try again."),
}


def wants_json() -> bool:
    """Whether the client is a program."""
    if request.path.endswith(".json"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def register(app: Flask) -> None:
    """Handle every error of the application in this way."""
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _stale(error: CSRFError) -> Any:
    if request.endpoint == "auth.login" and request.form.get("csrf_token"):
        flash("This page was open for too long. Please log in again.", "info")
        return redirect(url_for("auth.login", next=request.form.get("next") or None))
    return _answer(400, "csrf", "This page was open for too long. Go back, reload it and try again.")


def _http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    code, message = MESSAGES.get(error.code, ("error", error.name))
    if error.code in (403, 409) and error.description and error.description != type(error).description:
        message = error.description
    return _answer(error.code, code, message)


def _unexpected(error: Exception) -> Any:
    # The kind of error and the line it came from are logged, never its text: that may hold what a person wrote.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    log.error("%s at %s (%s:%s)", type(error).__name__, request.endpoint, frame.filename, frame.lineno)
    return _answer(500, *MESSAGES[500])


def _answer(status: int, code: str, message: str) -> Any:
    if wants_json():
        return jsonify({"error": {"code": code, "message": message}}), status
    return render_template("error.html", status=status, message=message), status
