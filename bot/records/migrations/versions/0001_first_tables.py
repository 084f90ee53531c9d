"""The first tables: conversations, intakes, handoffs, staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
SECRET = sa.Text()  # holds a Fernet token


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("snapshot", SECRET),
        sa.Column("resume", SECRET),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_last_seen_at", "conversations", ["last_seen_at"])

    op.create_table(
        "staff",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", TIME),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_login_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("email", name="uq_staff_email"),
    )
    op.create_table(
        "audit",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("staff_id", ID),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("object_type", sa.String(32), nullable=False),
        sa.Column("object_id", sa.String(255)),
        sa.Column("detail", sa.Text()),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_audit_staff_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_object_type_audit_object_id", "audit", ["object_type", "object_id"])
    op.create_index("ix_audit_staff_id", "audit", ["staff_id"])

    op.create_table(
        "intakes",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("submitted_at", TIME),
        sa.Column("state", SECRET, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_intakes_conversation_id_conversations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_intakes"),
    )
    op.create_index("ix_intakes_conversation_id", "intakes", ["conversation_id"])

    op.create_table(
        "messages",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("author", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("body", SECRET, nullable=False),
        sa.Column("client_id", sa.String(64)),
        sa.Column("reply_to", ID),
        sa.Column("status", sa.String(16)),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_messages_conversation_id_conversations"
        ),
        sa.ForeignKeyConstraint(["reply_to"], ["messages.id"], name="fk_messages_reply_to_messages"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("conversation_id", "client_id", name="uq_messages_conversation_id_client_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_conversation_id_messages_id", "messages", ["conversation_id", "id"])
    op.create_index("ix_messages_reply_to", "messages", ["reply_to"])

    op.create_table(
        "tracker_events",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("timestamp", sa.Float(), nullable=False),
        sa.Column("data", SECRET, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_tracker_events_conversation_id_conversations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tracker_events"),
        sa.UniqueConstraint("conversation_id", "seq", name="uq_tracker_events_conversation_id_seq"),
    )
    op.create_table(
        "answers",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("intake_id", ID, nullable=False),
        sa.Column("questionnaire", sa.String(255), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("link_id", sa.String(255), nullable=False),
        sa.Column("question", SECRET, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("value", SECRET, nullable=False),
        sa.Column("text", SECRET),
        sa.Column("at", TIME, nullable=False),
        sa.Column("superseded_at", TIME),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.id"], name="fk_answers_intake_id_intakes"),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
    op.create_index("ix_answers_intake_id", "answers", ["intake_id"])
    op.create_index(
        "uq_answers_current",
        "answers",
        ["intake_id", "questionnaire", "link_id"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )

    op.create_table(
        "handoffs",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("intake_id", ID),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("urgency", sa.String(16), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("data", SECRET, nullable=False),
        sa.Column("claimed_by", ID),
        sa.Column("reviewed_by", ID),
        sa.Column("reviewed_at", TIME),
        sa.ForeignKeyConstraint(["claimed_by"], ["staff.id"], name="fk_handoffs_claimed_by_staff"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_handoffs_conversation_id_conversations"
        ),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.id"], name="fk_handoffs_intake_id_intakes"),
        sa.ForeignKeyConstraint(["reviewed_by"], ["staff.id"], name="fk_handoffs_reviewed_by_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_handoffs"),
    )
    op.create_index("ix_handoffs_conversation_id", "handoffs", ["conversation_id"])
    op.create_index("ix_handoffs_intake_id", "handoffs", ["intake_id"])
    op.create_index("ix_handoffs_status", "handoffs", ["status"])

    op.create_table(
        "questions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("message_id", ID),
        sa.Column("text", SECRET, nullable=False),
        sa.Column("faq_id", sa.String(128)),
        sa.Column("helpful", sa.Boolean()),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_questions_conversation_id_conversations"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_questions_message_id_messages"),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
    )
    op.create_index("ix_questions_conversation_id", "questions", ["conversation_id"])
    op.create_index("ix_questions_message_id", "questions", ["message_id"])

    op.create_table(
        "handoff_notes",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("handoff_id", sa.String(255), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("text", SECRET, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name="fk_handoff_notes_handoff_id_handoffs"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_handoff_notes_staff_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_handoff_notes"),
    )
    op.create_index("ix_handoff_notes_handoff_id", "handoff_notes", ["handoff_id"])

    op.create_table(
        "outbox",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("handoff_id", sa.String(255), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("idempotency_key", sa.String(128), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("error", sa.String(64)),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("delivered_at", TIME),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name="fk_outbox_handoff_id_handoffs"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("idempotency_key", name="uq_outbox_idempotency_key"),
    )
    op.create_index("ix_outbox_handoff_id", "outbox", ["handoff_id"])
    op.create_index("ix_outbox_status_outbox_next_attempt_at", "outbox", ["status", "next_attempt_at"])


def downgrade() -> None:
    for table in (
        "outbox",
        "handoff_notes",
        "questions",
        "handoffs",
        "answers",
        "tracker_events",
        "messages",
        "intakes",
        "audit",
        "staff",
        "conversations",
    ):
        op.drop_table(table)
