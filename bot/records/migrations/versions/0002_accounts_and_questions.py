"""Drop columns that nothing reads, let one-time passwords expire, and let staff settle a question.

SQLite drops and adds these columns in place: made anew, as Alembic's batch mode would, the tables that others refer to
would lose their rows.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ONE_TIME_PASSWORDS_LAST = timedelta(hours=72)  # of those that are out


def upgrade() -> None:
    op.drop_column("conversations", "resume")
    op.drop_column("staff", "role")
    op.add_column("questions", sa.Column("settled_at", TIME))
    op.add_column("staff", sa.Column("one_time_until", TIME))
    staff = sa.table("staff", *map(sa.column, ("id", "must_change")), *(sa.column(n, TIME) for n in ("created_at", "one_time_until")))
    connection = op.get_bind()
    for account in connection.execute(sa.select(staff).where(staff.c.must_change == sa.true())).all():
        until = account.created_at + ONE_TIME_PASSWORDS_LAST
        connection.execute(staff.update().where(staff.c.id == account.id).values(one_time_until=until))
    op.drop_column("staff", "must_change")


def downgrade() -> None:
    op.add_column("staff", sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE staff SET must_change = (one_time_until IS NOT NULL)")
    op.drop_column("staff", "one_time_until")
    op.drop_column("questions", "settled_at")
    op.add_column("staff", sa.Column("role", sa.String(32), nullable=False, server_default="staff"))
    op.add_column("conversations", sa.Column("resume", sa.Text()))
