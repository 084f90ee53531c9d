"""What can go wrong at the chat's HTTP border, each with its status, code and a message that is safe to show.

    ChatError
    +-- BadRequest          400  the body is not what the contract says
    +-- Unauthorized        401  no token, or one that is not ours or has expired
    +-- NotFound            404
    +-- NotAllowed          405  the address takes another method
    +-- Conflict            409  a choice that was never offered in this conversation
    +-- TooLong             413  more than 2,000 characters, or a body beyond any message
    +-- NotJson             415
    +-- TooMany             429  carries ``retry_after`` in seconds
    +-- Unavailable         503  a part behind the channel does not answer

No message repeats what a visitor wrote: errors end up in logs.
"""
from __future__ import annotations

from typing import Any, Dict


class ChatError(Exception):
    status = 500
    code = "error"
    message = "Something went wrong on our side."

    def __init__(self, message: str = "", retry_after: int = 0) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.retry_after = retry_after

    def as_dict(self) -> Dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}


class BadRequest(ChatError):
    status, code = 400, "bad_request"
    message = 'The body must be {"id", "text"} or {"id", "choice"}.'


class Unauthorized(ChatError):
    status, code = 401, "unauthorized"
    message = "This chat has ended or was not found. Please start a new one."


class NotFound(ChatError):
    status, code = 404, "not_found"
    message = "There is nothing at this address."


class NotAllowed(ChatError):
    status, code = 405, "not_allowed"
    message = "This address takes another kind of request."


class Conflict(ChatError):
    status, code = 409, "unknown_choice"
    message = "That choice isn't open any more. Please type your answer or pick one shown now."


class TooLong(ChatError):
    status, code = 413, "too_long"
    message = "That message is over 2,000 characters. Please send it in shorter parts."


class NotJson(ChatError):
    status, code = 415, "not_json"
    message = "Messages are sent as JSON."


class TooMany(ChatError):
    status, code = 429, "too_many"
    message = "That was a lot of messages at once. Please wait a moment and send it again."


class Unavailable(ChatError):
    status, code = 503, "unavailable"
    message = "The assistant can't answer right now. If you're in danger, call or text 988, or call 911."
