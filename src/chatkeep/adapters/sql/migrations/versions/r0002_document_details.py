"""What is known of a document besides its text: landmarks, language, labels."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("documents", sa.Column("details", sa.Text(), nullable=False, server_default="{}"))
