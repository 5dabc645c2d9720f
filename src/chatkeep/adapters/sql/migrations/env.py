"""Alembic runs this with the connection, and inside the transaction, that `adapters.sql.migrate` opened."""

from alembic import context

from chatkeep.adapters.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
