"""The database: one SQLite file, opened, brought up to date, and handed out as transactions.

Above: `adapters.sql.threads` and `adapters.sql.documents`. Below: SQLAlchemy's asyncio engine; each
connection has a thread of its own, so nothing here blocks the loop. SQLite's errors that an operator
or a second try can cure leave this module as chatkeep's own.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chatkeep.adapters.sql.pragmas import BUSY_SECONDS, configure_connection, start_reading, start_writing
from chatkeep.adapters.sql.schema import HEAD, REVISIONS
from chatkeep.core.errors import ChatkeepError, ConfigurationError, NotReady

READERS = 4


class Database:
    """Transactions on one file. Readers see a snapshot and never wait; writers take turns.

    One connection writes: SQLite allows no more, and a queue in front of it is fair, where SQLite's
    own waiting is a lottery with naps.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = _engine(path, connections=READERS, writes=False)
        self._writer = _engine(path, connections=1, writes=True)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A read-only transaction: all its statements see the same moment.

        Raises:
            NotReady: the database stayed busy.
            ConfigurationError: the disk or the file is at fault.
        """
        with _translated(self.path):
            async with self._reader.begin() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is committed at the end, or undone if an exception leaves it.

        Raises:
            NotReady: the database stayed busy.
            ConfigurationError: the disk or the file is at fault.
        """
        with _translated(self.path):
            async with self._writer.begin() as connection:
                yield connection

    async def close(self) -> None:
        """Close every connection; transactions still open must have ended."""
        await self._reader.dispose()
        await self._writer.dispose()


async def open_database(path: Path) -> Database:
    """Open the file, creating it (readable by its owner only) and migrating it where needed.

    Raises:
        ConfigurationError: the file cannot be written, is damaged, is not chatkeep's, or was written
            by a newer chatkeep.
    """
    await asyncio.to_thread(_prepare, path)
    return Database(path)


def _prepare(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error.strerror or error) from error
    with _translated(path):
        revision = _revision(path)
        if revision == HEAD:
            return
        if revision is not None and revision not in REVISIONS:
            raise ConfigurationError(
                f"{path} was written by a newer chatkeep (database version {revision}; this one knows up to "
                f"{HEAD}). Upgrade with `pip install -U chatkeep`, or choose another data directory."
            )
        from chatkeep.adapters.sql.migrate import upgrade  # costs half a second, and is seldom due

        upgrade(path)


def _revision(path: Path) -> str | None:
    """The revision the file is at; None if it is empty. Proves on the way that it can be written."""
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        row = None
        if "alembic_version" in tables:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute("ROLLBACK")
    if tables and row is None:
        raise ConfigurationError(
            f"{path} is a database of another program. Move it away, or choose another data directory."
        )
    return None if row is None else str(row[0])


def _engine(path: Path, *, connections: int, writes: bool) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        pool_size=connections,
        max_overflow=0,
        connect_args={"isolation_level": None},
    )
    event.listen(engine.sync_engine, "connect", configure_connection)
    event.listen(engine.sync_engine, "begin", start_writing if writes else start_reading)
    return engine


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's complaints, raised inside the block, as errors that say what to do."""
    try:
        yield
    except PoolTimeout as error:
        raise NotReady("The database is busy. Try again in a moment.") from error
    except DBAPIError as error:
        raise _explain(error.orig, path) or error from error
    except sqlite3.Error as error:
        raise _explain(error, path) or error from error


def _explain(error: BaseException | None, path: Path) -> ChatkeepError | None:
    """None if neither the operator nor a second try can help: then it is a fault of the code."""
    code = getattr(error, "sqlite_errorcode", None)
    match None if code is None else code & 0xFF:  # the low byte is the kind, the rest detail
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return NotReady("The database is busy. Try again in a moment.")
        case sqlite3.SQLITE_FULL:
            return ConfigurationError(f"The disk that holds {path} is full. Free some space.")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return ConfigurationError(
                f"{path} is damaged, or is not a database. Move it away and restore a backup, or start "
                "afresh without it."
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_IOERR:
            return _unwritable(path, error)
        case _:
            return None


def _unwritable(path: Path, reason: object) -> ConfigurationError:
    return ConfigurationError(
        f"{path} cannot be written ({reason}). Make the file and its folder writable for the user who "
        "runs chatkeep, or choose another data directory."
    )
