"""Runs the action server on 127.0.0.1: ``python -m actions``.

The SDK's own runner listens on all addresses and answers an exception with the whole request, which Rasa then writes into
its log: what a visitor typed. Here a failure is named by its type alone.
"""
from __future__ import annotations

import logging
import sys
from typing import Any

from rasa_sdk.endpoint import create_app
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from actions.services import services
from bot import logs, memory
from bot import settings as settings_module

logger = logging.getLogger("actions")


def app() -> Sanic:
    server = create_app("actions", cors_origins=[])
    server.error_handler.add(Exception, _failed)

    @server.listener("before_server_start")
    async def wire(*_: Any) -> None:
        services()  # a part that cannot be built stops the server at its start, not at a visitor's first message
        memory.settle()

    return server


def _failed(request: Request, error: Exception) -> HTTPResponse:
    if getattr(error, "status_code", 500) < 500:  # an unknown address, say
        return response.json({"error": type(error).__name__}, status=error.status_code)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    logger.error("An action failed: %s at %s", type(error).__name__, place)
    return response.json({"error": type(error).__name__}, status=500)


def main() -> int:
    logs.leave_out_what_errors_say()
    logging.basicConfig(level=logging.WARNING)
    app().run("127.0.0.1", settings_module.load().actions_port, access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
