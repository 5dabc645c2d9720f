"""How every connection to SQLite is set up, and how its transactions begin."""

from typing import Any

from sqlalchemy import Connection

BUSY_SECONDS = 10.0
"""How long a statement waits for another process, such as another worker, to finish writing."""


def configure_connection(connection: Any, _record: object) -> None:
    """SQLAlchemy's "connect" event. WAL is not here: it is a property of the file, set once."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def start_reading(connection: Connection) -> None:
    """SQLAlchemy's "begin" event of readers: one snapshot for all statements of the transaction."""
    _begin(connection, "BEGIN")


def start_writing(connection: Connection) -> None:
    """SQLAlchemy's "begin" event of writers.

    The lock is taken at once: a transaction that reads first and then wants to write fails with
    "database is locked", without waiting, when somebody else wrote in between.
    """
    _begin(connection, "BEGIN IMMEDIATE")


def _begin(connection: Connection, statement: str) -> None:
    # Past SQLAlchemy, which would take ten times as long over it as SQLite does.
    driver: Any = connection.connection.driver_connection
    driver.execute(statement)
