"""The database: one SQLite file, opened, brought up to date, and handed out as transactions.

Above: `adapters.sql.threads` and `adapters.sql.documents`. Below: SQLAlchemy. A transaction is a function
that is run in a thread: one change of threads for all its statements, where an asynchronous driver takes
one for each step of each, which costs more than SQLite itself does. SQLite's errors that an operator or a
second try can cure leave this module as chatkeep's own.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.dialects import sqlite  # noqa: F401 - or the first engine would import it, on the loop
from sqlalchemy.exc import DBAPIError, IntegrityError

from chatkeep.adapters.sql.pragmas import BUSY_SECONDS, configure_connection, start_reading, start_writing
from chatkeep.adapters.sql.schema import HEAD, REVISIONS
from chatkeep.core.errors import ChatkeepError, ConfigurationError, NotReady

READERS = 4
_WAIT_SECONDS = 30.0
_WAITING = 2_000

T = TypeVar("T")
Work = Callable[[Connection], T]
"""The statements of one transaction. Runs in a thread: it must touch nothing but the connection."""


class Database:
    """Transactions on one file. Readers see a snapshot and never wait; writers take turns.

    One connection writes: SQLite allows no more, and a queue in front of it is fair, where SQLite's
    own waiting is a lottery with naps. Between the workers of a server the lottery remains: four
    that did nothing but write had a median of 8 ms, a p99 of 0.1 to 0.3 s and at worst one second, far
    from `BUSY_SECONDS`; and a worker writes some five times an answer.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = _Lane(path, READERS, start_reading)
        self._writer = _Lane(path, 1, start_writing)

    async def read(self, work: Work[T]) -> T:
        """What `work` finds in a read-only transaction: all its statements see the same moment.

        Raises:
            NotReady: the database stayed busy.
            ConfigurationError: the disk or the file is at fault.
        """
        with _translated(self.path):
            return await self._readers.run(work)

    async def write(self, work: Work[T]) -> T:
        """What `work` returns, once what it wrote is committed; undone if it raises.

        Cancelling the caller leaves the transaction whole: it is committed, or was not begun.

        Raises:
            NotReady: the database stayed busy.
            ConfigurationError: the disk or the file is at fault.
        """
        with _translated(self.path):
            return await self._writer.run(work)

    async def close(self) -> None:
        """Wait for the transactions under way and close every connection."""
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)


@dataclass(frozen=True, slots=True)
class _Errand(Generic[T]):
    """A transaction that somebody on an event loop waits for."""

    work: Work[T]
    outcome: asyncio.Future[T]

    def tell(self, result: T | None, error: BaseException | None) -> None:
        """Hand what came of it to the loop, from whatever thread."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self.outcome.get_loop().call_soon_threadsafe(self._settle, result, error)

    def _settle(self, result: T | None, error: BaseException | None) -> None:
        if self.outcome.done():
            return
        if error is None:
            self.outcome.set_result(cast("T", result))
        else:
            self.outcome.set_exception(error)


class _Lane:
    """Threads with a connection each. An executor's two futures and their locks cost more than a write."""

    def __init__(self, path: Path, threads: int, begin: Callable[[Connection], None]) -> None:
        self._engine: Engine = create_engine(
            URL.create("sqlite", database=str(path)),
            poolclass=NullPool,
            # Closed by whoever closes the database, from another thread.
            connect_args={"isolation_level": None, "check_same_thread": False},
        )
        event.listen(self._engine, "connect", configure_connection)
        event.listen(self._engine, "begin", begin)
        self._most, self._name = threads, f"chatkeep-sql-{begin.__name__}"
        self._threads: list[threading.Thread] = []
        self._errands: SimpleQueue[_Errand[Any] | None] = SimpleQueue()
        self._own = threading.local()
        self._open: set[Connection] = set()
        self._waiting = 0

    async def run(self, work: Work[T]) -> T:
        if self._waiting >= _WAITING:
            raise NotReady("The database has more to do than it can. Try again in a moment.")
        self._waiting += 1
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                return await self._hand_in(work)
        except TimeoutError:
            raise NotReady("The database is busy. Try again in a moment.") from None
        finally:
            self._waiting -= 1

    def close(self) -> None:
        for _ in self._threads:
            self._errands.put(None)
        for thread in self._threads:
            thread.join()
        for connection in self._open:
            connection.close()
        self._engine.dispose()

    def _hand_in(self, work: Work[T]) -> asyncio.Future[T]:
        if len(self._threads) < min(self._waiting, self._most):
            thread = threading.Thread(target=self._serve, name=self._name, daemon=True)
            self._threads.append(thread)
            thread.start()
        errand = _Errand(work, asyncio.get_running_loop().create_future())
        self._errands.put(errand)
        return errand.outcome

    def _serve(self) -> None:
        while (errand := self._errands.get()) is not None:
            if errand.outcome.cancelled():
                continue
            try:
                result = self._transact(errand.work)
            except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
                errand.tell(None, error)
            else:
                errand.tell(result, None)
            del errand

    def _transact(self, work: Work[T]) -> T:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._engine.connect()
            self._open.add(connection)
        try:
            with connection.begin():
                return work(connection)
        except IntegrityError:
            raise
        except (DBAPIError, sqlite3.Error):
            # It may be of no more use: the next transaction gets a fresh one.
            self._own.connection = None
            self._open.discard(connection)
            connection.close()
            raise


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


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's complaints, raised inside the block, as errors that say what to do."""
    try:
        yield
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
