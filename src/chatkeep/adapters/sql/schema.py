"""The tables, as SQLAlchemy Core sees them; `migrations/` creates them, and a test holds the two equal.

Every row belongs to a tenant, and all but documents to a user; keys and indices lead with them, and
foreign keys carry them, so that the database itself refuses an item in another's thread. `seq` gives
the order of pages. Times are microseconds since 1970 UTC. Only types that SQLite and Postgres share.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

REVISIONS = ("0001", "0002")
"""The migrations this code knows, oldest first: kept here so that a start need not import Alembic."""

HEAD = REVISIONS[-1]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the key's type is spelt INTEGER; it holds 64 bits there.
_Sequence = BigInteger().with_variant(Integer, "sqlite")

threads = Table(
    "threads",
    metadata,
    Column("seq", _Sequence, primary_key=True),
    Column("tenant_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # JSON of ThreadMetadata. NULL once deleted: the bare row stays, so that cursors that name it
    # keep their place and a turn still running cannot bring the thread back.
    Column("body", Text),
    UniqueConstraint("id"),
    UniqueConstraint("tenant_id", "user_id", "id"),
    Index(None, "tenant_id", "user_id", "created_at", "seq"),
)

items = Table(
    "items",
    metadata,
    Column("seq", _Sequence, primary_key=True),
    Column("tenant_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("thread_id", String, nullable=False),
    Column("id", String, nullable=False),
    # JSON of the ThreadItem. NULL once deleted, for the cursors' sake; gone with its thread.
    Column("body", Text),
    UniqueConstraint("tenant_id", "user_id", "thread_id", "id"),
    ForeignKeyConstraint(
        ["tenant_id", "user_id", "thread_id"],
        ["threads.tenant_id", "threads.user_id", "threads.id"],
        ondelete="CASCADE",
    ),
    Index(None, "tenant_id", "user_id", "thread_id", "seq"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("tenant_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("thread_id", String),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id", "id"),
    UniqueConstraint("id"),
    ForeignKeyConstraint(
        ["tenant_id", "user_id", "thread_id"],
        ["threads.tenant_id", "threads.user_id", "threads.id"],
        ondelete="CASCADE",
    ),
    Index(None, "tenant_id", "user_id", "thread_id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("tenant_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("thread_id", String, nullable=False),
    Column("item_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("given_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id", "thread_id", "item_id"),
    ForeignKeyConstraint(
        ["tenant_id", "user_id", "thread_id", "item_id"],
        ["items.tenant_id", "items.user_id", "items.thread_id", "items.id"],
        ondelete="CASCADE",
    ),
)

documents = Table(
    "documents",
    metadata,
    Column("tenant_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("source", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("format", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("ingested_at", BigInteger, nullable=False),
    # Last, so that reading the columns before it never walks through a long text.
    Column("text", Text, nullable=False),
    # JSON: landmarks, language, labels and what else is read with the text and never searched for here.
    Column("details", Text, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("tenant_id", "id"),
    Index(None, "tenant_id", "source"),
)
