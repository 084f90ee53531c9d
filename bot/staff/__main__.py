"""`python -m bot.staff`: the staff console alone, with the settings of this installation."""

from __future__ import annotations

import sys

from bot import logs
from bot.settings import SettingsError, load
from bot.staff.app import serve


def main() -> int:
    try:
        settings = load()
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        return 2
    logs.leave_out_what_errors_say()
    print(f"Staff console: {settings.staff_url}", flush=True)
    serve(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
