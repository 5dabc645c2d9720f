"""Prepared statements: SQLAlchemy's, compiled once and handed to the driver as text.

Above: the writes of every turn, in `threads`. Carrying a statement out through SQLAlchemy takes several
times as long as SQLite takes over it, every time.
"""

from functools import cached_property
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import Insert, dialect


class Prepared:
    """A statement that writes; its parameters are named when it is run."""

    def __init__(self, statement: Insert) -> None:
        self._statement = statement

    def run(self, connection: Connection, values: dict[str, Any]) -> int:
        """How many rows it wrote. Raises: sqlite3.Error."""
        driver: Any = connection.connection.driver_connection
        count: int = driver.execute(self._text, [values[name] for name in self._order]).rowcount
        return count

    @cached_property
    def _compiled(self) -> Any:
        return self._statement.compile(dialect=dialect())

    @cached_property
    def _text(self) -> str:
        return str(self._compiled)

    @cached_property
    def _order(self) -> list[str]:
        return list(self._compiled.positiontup)
