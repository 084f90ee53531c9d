"""The staff console: where nurses see who wrote, act on it and leave a note.

`create_app` makes the Flask application, `serve` runs it with waitress (`python -m bot.staff` does both).
"""

from bot.staff.app import create_app, serve

__all__ = ["create_app", "serve"]
