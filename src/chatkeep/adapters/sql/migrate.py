"""Bring a database file to the newest revision. Imports Alembic (half a second): import it when due.

Above: `adapters.sql.engine`. Below: the scripts in `migrations/`.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, NullPool, create_engine, event

from chatkeep.adapters.sql.pragmas import configure_connection, start_writing


def upgrade(path: Path) -> None:
    """Run the missing migrations in one transaction: a start that is interrupted changes nothing."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={"isolation_level": None},
    )
    event.listen(engine, "connect", configure_connection)
    event.listen(engine, "begin", start_writing)
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revisions() -> tuple[str, ...]:
    """The revisions the scripts define, oldest first."""
    scripts = ScriptDirectory.from_config(_config())
    return tuple(script.revision for script in scripts.walk_revisions())[::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "chatkeep.adapters.sql:migrations")
    config.set_main_option("path_separator", "os")
    return config
