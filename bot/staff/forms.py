"""The forms of the console. Every one carries a CSRF token; labels and errors are said in whole words."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, TextAreaField
from wtforms.validators import DataRequired, EqualTo, Length

from bot.records.passwords import LEAST

PASSWORD_MAX = 200  # Argon2 reads all of it, so a megabyte of password would be work for nothing
NOTE_MAX = 4000
MESSAGE_MAX = 2000  # what a visitor may write, too


def _trim(value: str | None) -> str | None:
    """What was typed, with line ends as everywhere else: browsers send them as two characters."""
    return value.replace("\r\n", "\n").strip() if value else value


class LoginForm(FlaskForm):
    email = EmailField(
        "E-mail",
        filters=[_trim],
        validators=[DataRequired("Enter your e-mail address."), Length(max=255, message="That address is too long.")],
        render_kw={"autocomplete": "username", "spellcheck": "false"},
    )
    password = PasswordField(
        "Password",
        validators=[DataRequired("Enter your password."), Length(max=PASSWORD_MAX, message="That password is too long.")],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class PasswordForm(FlaskForm):
    current = PasswordField(
        "Present password",
        validators=[DataRequired("Enter your present password."), Length(max=PASSWORD_MAX)],
        render_kw={"autocomplete": "current-password"},
    )
    new = PasswordField(
        "New password",
        description=f"At least {LEAST} characters. A few unrelated words are good; your e-mail address, the clinic's name and common "
        "passwords are not.",
        validators=[
            DataRequired("Enter a new password."),
            Length(LEAST, PASSWORD_MAX, f"A password needs {LEAST} to {PASSWORD_MAX} characters."),
        ],
        render_kw={"autocomplete": "new-password"},
    )
    repeat = PasswordField(
        "New password again",
        validators=[EqualTo("new", "The two new passwords differ.")],
        render_kw={"autocomplete": "new-password"},
    )


class NoteForm(FlaskForm):
    text = TextAreaField(
        "Note",
        filters=[_trim],
        validators=[
            DataRequired("Write what was done or decided."),
            Length(max=NOTE_MAX, message=f"A note has at most {NOTE_MAX} characters."),
        ],
        render_kw={"rows": 3},
    )


class MessageForm(FlaskForm):
    text = TextAreaField(
        "Message to the visitor",
        filters=[_trim],
        validators=[
            DataRequired("Write a message first."),
            Length(max=MESSAGE_MAX, message=f"A message has at most {MESSAGE_MAX} characters."),
        ],
        render_kw={"rows": 3},
    )
