import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.operations import Operations
from sqlalchemy import Connection

from chatkeep.adapters.sql.engine import Database, open_database
from chatkeep.adapters.sql.migrate import upgrade
from chatkeep.adapters.sql.schema import HEAD
from chatkeep.core.errors import ConfigurationError, NotReady


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data #1 100%?" / "chatkeep.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = await open_database(path)
    yield database
    await database.close()


async def scalar(database: Database, statement: str) -> object:
    """What `statement` finds first, if it finds anything."""

    def run(connection: Connection) -> object:
        result = connection.exec_driver_sql(statement)
        return result.scalar() if result.returns_rows else None

    return await database.write(run)


async def tables(database: Database) -> object:
    return await scalar(database, "SELECT count(*) FROM sqlite_master WHERE name = 'threads'")


def tables_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]


async def test_a_new_file_is_migrated_and_opens_again(path: Path) -> None:
    for _ in range(2):
        database = await open_database(path)
        assert await tables(database) == 1
        assert await scalar(database, "SELECT version_num FROM alembic_version") == HEAD
        await database.close()


async def test_only_its_owner_can_read_a_new_file(database: Database) -> None:
    assert stat.S_IMODE(database.path.stat().st_mode) == 0o600


async def test_writers_are_set_up(database: Database) -> None:
    pragmas = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
    assert [await scalar(database, f"PRAGMA {name}") for name in pragmas] == ["wal", 1, 10_000, 1]


async def test_readers_see_one_moment_and_do_not_wait_for_the_writer(database: Database) -> None:
    count = "SELECT count(*) FROM sqlite_master WHERE name = 'fresh'"
    written, looked, committed = threading.Event(), threading.Event(), threading.Event()

    def write(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE fresh (n)")
        written.set()
        assert looked.wait(5)

    def read(connection: Connection) -> list[object]:
        assert written.wait(5)
        before = connection.exec_driver_sql(count).scalar()
        looked.set()
        assert committed.wait(5)
        return [before, connection.exec_driver_sql(count).scalar()]

    async with asyncio.timeout(20):
        reading = asyncio.create_task(database.read(read))
        await database.write(write)
        committed.set()
        assert await reading == [0, 0]
    assert await scalar(database, count) == 1


async def test_an_exception_undoes_the_transaction(database: Database) -> None:
    def fail(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE fresh (n)")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    assert await scalar(database, "SELECT count(*) FROM sqlite_master WHERE name = 'fresh'") == 0


async def test_cancelled_writers_write_all_or_nothing(database: Database) -> None:
    await scalar(database, "CREATE TABLE notes (n)")
    begun, go_on = threading.Event(), threading.Event()

    def write(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO notes VALUES (1)")
        begun.set()
        assert go_on.wait(5)
        connection.exec_driver_sql("INSERT INTO notes VALUES (2)")

    async with asyncio.timeout(30):
        tasks = [asyncio.create_task(database.write(write)) for _ in range(10)]
        await asyncio.to_thread(begun.wait, 5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        go_on.set()
        # The one under way was finished, those that waited were not begun.
        assert await scalar(database, "SELECT count(*) FROM notes") == 2


async def test_a_second_process_that_is_writing_is_waited_for(database: Database) -> None:
    await scalar(database, "CREATE TABLE notes (n)")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO notes VALUES (1)")
        waiting = asyncio.create_task(scalar(database, "INSERT INTO notes VALUES (2) RETURNING n"))
        count = "SELECT count(*) FROM notes"
        assert await database.read(lambda reader: reader.exec_driver_sql(count).scalar()) == 0
        assert not waiting.done()
        other.execute("COMMIT")
    async with asyncio.timeout(20):
        assert await waiting == 2
    assert await scalar(database, "SELECT count(*) FROM notes") == 2


async def test_a_database_that_stays_busy_asks_for_patience(database: Database) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        await scalar(database, "PRAGMA busy_timeout = 1")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotReady, match="Try again"):
            await scalar(database, "SELECT 1")


async def test_a_full_disk_says_so(database: Database) -> None:
    await scalar(database, "CREATE TABLE notes (n)")
    await scalar(database, "PRAGMA max_page_count = 1")
    with pytest.raises(ConfigurationError, match=r"is full\. Free some space"):
        await scalar(database, "INSERT INTO notes VALUES (zeroblob(1000000))")
    await scalar(database, "PRAGMA max_page_count = 1000000")
    await scalar(database, "INSERT INTO notes VALUES (1)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
        connection.commit()


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (n)")


def garbage(path: Path) -> None:
    path.write_bytes(b"this is not a database " * 1000)


def truncated(path: Path) -> None:
    foreign(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:1000] + b"\xff" * 3000)


UNUSABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "newer": (newer, r"newer chatkeep \(database version 9999.*pip install -U chatkeep"),
    "foreign": (foreign, "another program. Move it away"),
    "garbage": (garbage, "damaged, or is not a database. Move it away and restore a backup"),
    "truncated": (truncated, "Move it away"),
    "a folder": (Path.mkdir, "Make the file and its folder writable"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
async def test_an_unusable_file_is_left_alone_and_says_what_to_do(tmp_path: Path, kind: str) -> None:
    spoil, advice = UNUSABLE[kind]
    path = tmp_path / "chatkeep.db"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(ConfigurationError, match=advice) as failure:
        await open_database(path)
    assert str(path) in str(failure.value)
    if before is not None and kind in ("garbage", "truncated"):
        assert path.read_bytes() == before


async def test_a_file_in_the_way_of_the_folder_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        await open_database(tmp_path / "data" / "chatkeep.db")


def damage(path: Path) -> None:
    """Everything after the first page."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


async def test_damage_found_while_running_says_what_to_do(path: Path) -> None:
    database = await open_database(path)
    await database.close()
    damage(path)
    database = Database(path)
    with pytest.raises(ConfigurationError, match="damaged"):
        await scalar(database, "SELECT count(*) FROM threads")
    await database.close()


async def test_an_interrupted_migration_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_index", stop)
        path.parent.mkdir()
        with pytest.raises(KeyboardInterrupt):
            upgrade(path)
    assert await asyncio.to_thread(tables_of, path) == []
    database = await open_database(path)
    assert await tables(database) == 1
    await database.close()


def test_starting_on_an_up_to_date_database_does_not_import_alembic(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        "from chatkeep.adapters.sql.engine import open_database\n"
        "async def start():\n"
        "    await (await open_database(pathlib.Path(sys.argv[1]))).close()\n"
        "asyncio.run(start())\n"
        "print('alembic' in sys.modules)\n"
    )
    for expected in ("True", "False"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "chatkeep.db")],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        assert done.stdout.strip() == expected


async def test_a_closed_database_leaves_one_whole_file_behind(path: Path, tmp_path: Path) -> None:
    database = await open_database(path)
    await scalar(database, "CREATE TABLE notes (n)")
    await database.close()
    assert [found.name for found in path.parent.iterdir()] == ["chatkeep.db"]
    copy = Path(shutil.copy(path, tmp_path / "copy.db"))
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)
