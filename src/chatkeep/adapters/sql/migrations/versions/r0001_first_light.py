"""The first tables: threads, items, attachments, feedback, documents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_threads()
    _create_items()
    _create_attachments()
    _create_feedback()
    _create_documents()


def _create_threads() -> None:
    op.create_table(
        "threads",
        sa.Column("seq", _SEQUENCE, nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_threads"),
        sa.UniqueConstraint("id", name="uq_threads_id"),
        sa.UniqueConstraint("tenant_id", "user_id", "id", name="uq_threads_tenant_id_user_id_id"),
    )
    op.create_index(
        "ix_threads_tenant_id_user_id_created_at_seq",
        "threads",
        ["tenant_id", "user_id", "created_at", "seq"],
    )


def _create_items() -> None:
    op.create_table(
        "items",
        sa.Column("seq", _SEQUENCE, nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("body", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_items"),
        sa.UniqueConstraint(
            "tenant_id", "user_id", "thread_id", "id", name="uq_items_tenant_id_user_id_thread_id_id"
        ),
        _of_thread("items"),
    )
    op.create_index(
        "ix_items_tenant_id_user_id_thread_id_seq", "items", ["tenant_id", "user_id", "thread_id", "seq"]
    )


def _create_attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("thread_id", sa.String()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "id", name="pk_attachments"),
        sa.UniqueConstraint("id", name="uq_attachments_id"),
        _of_thread("attachments"),
    )
    op.create_index(
        "ix_attachments_tenant_id_user_id_thread_id", "attachments", ["tenant_id", "user_id", "thread_id"]
    )


def _create_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "thread_id", "item_id", name="pk_feedback"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id", "thread_id", "item_id"],
            ["items.tenant_id", "items.user_id", "items.thread_id", "items.id"],
            name="fk_feedback_items",
            ondelete="CASCADE",
        ),
    )


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("ingested_at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_documents"),
    )
    op.create_index("ix_documents_tenant_id_source", "documents", ["tenant_id", "source"])


def _of_thread(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "user_id", "thread_id"],
        ["threads.tenant_id", "threads.user_id", "threads.id"],
        name=f"fk_{table}_threads",
        ondelete="CASCADE",
    )
