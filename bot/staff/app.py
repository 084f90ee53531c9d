"""The Flask application of the staff console and the server that runs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from bot.records import Database
from bot.records.models import utcnow
from bot.settings import Clinic, Settings, load_clinic
from bot.staff import auth, errors, handoffs, reports, view
from bot.staff.context import EXTENSION, Console
from bot.staff.security import protect

THREADS = 4


def create_app(
    settings: Settings,
    database: Database,
    *,
    clinic: Clinic | None = None,
    now: Callable[[], datetime] = utcnow,
) -> Flask:
    """The console on one database.

    Args:
        clinic: what `clinic.yml` says; read from `settings.clinic_file` when not given.
        now: the clock, aware of its time zone.
    """
    app = Flask(__name__, static_url_path="/static")
    app.extensions[EXTENSION] = Console(settings, database, clinic or load_clinic(settings.clinic_file), now)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.json.sort_keys = False  # the summary keeps the contract's order
    for blueprint in (auth.bp, handoffs.bp, reports.bp):
        app.register_blueprint(blueprint)
    view.register(app)
    errors.register(app)
    protect(app, settings)
    app.context_processor(lambda: {"clinic": app.extensions[EXTENSION].clinic, "idle_seconds": int(settings.staff_idle_minutes * 60)})
    return app


def serve(settings: Settings) -> None:
    """Run the console until the process is ended. The database must have been migrated."""
    from waitress import serve as run

    database = Database(settings.database_url, settings.encryption_keys)
    run(
        create_app(settings, database),
        host=settings.staff_host,
        port=settings.staff_port,
        threads=THREADS,
        ident=None,
        # Without a proxy in front, X-Forwarded-* is what a stranger wrote: waitress drops it. With one, ProxyFix reads it.
        clear_untrusted_proxy_headers=not settings.trusted_proxies,
    )
