"""Runs the Rasa server with the web chat as its only channel: ``python -m bot.channel.server``.

The same as ``rasa run`` with this project's files, but on the address of the settings, with the replaced methods of
``bot.rasa_overrides`` and without Rasa's HTTP API.
"""
from __future__ import annotations

import logging
import os
import sys

from bot import logs
from bot import settings as settings_module
from bot.settings import ROOT


def main() -> int:
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    settings = settings_module.load()
    import rasa.core.run
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.log_utils import configure_structlog

    from bot import rasa_overrides

    logs.leave_out_what_errors_say()
    configure_structlog(logging.WARNING)  # unset, it prints whole trackers
    configure_logging_and_warnings(logging.WARNING)
    rasa_overrides.apply()
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    endpoints.action.url = settings.actions_url
    rasa.core.run.serve_application(
        model_path=str(settings.models_dir),
        interface=settings.chat_host,
        port=settings.chat_port,
        credentials=str(ROOT / "credentials.yml"),
        enable_api=False,
        endpoints=endpoints,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
