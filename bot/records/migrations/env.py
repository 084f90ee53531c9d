"""Runs the migrations on the connection that `bot.records.database` hands over; it owns the transaction."""

from __future__ import annotations

from alembic import context

from bot.records.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=lambda name, kind, parents: not (kind == "table" and name.startswith("sqlite_")),
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
