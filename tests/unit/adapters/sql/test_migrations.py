import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from chatkeep.adapters.sql.migrate import revisions, upgrade
from chatkeep.adapters.sql.schema import REVISIONS, metadata


def definitions(path: Path) -> dict[str, str]:
    """What SQLite was told to create, by name, without the layout."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if name != "alembic_version"}


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    path = tmp_path / "migrated.db"
    upgrade(path)
    return path


@pytest.fixture
def engine(migrated: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{migrated}")
    yield engine
    engine.dispose()


def test_alembic_finds_no_difference_between_the_migrations_and_the_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_create_the_schema_to_the_letter(migrated: Path, tmp_path: Path) -> None:
    direct = create_engine(f"sqlite:///{tmp_path / 'direct.db'}")
    metadata.create_all(direct)
    direct.dispose()
    assert definitions(migrated) == definitions(tmp_path / "direct.db")


def test_the_code_knows_every_revision_in_order() -> None:
    assert revisions() == REVISIONS


def test_migrating_twice_changes_nothing(migrated: Path) -> None:
    before = definitions(migrated)
    upgrade(migrated)
    assert definitions(migrated) == before


def test_every_key_and_index_of_a_persons_rows_leads_with_the_tenant() -> None:
    for table in metadata.tables.values():
        leads = [next(iter(index.columns)).name for index in table.indexes]
        assert set(leads) <= {"tenant_id"}
        assert not table.c.tenant_id.nullable
        assert table.name == "documents" or not table.c.user_id.nullable


def test_the_database_refuses_an_item_in_anothers_thread(migrated: Path) -> None:
    with closing(sqlite3.connect(migrated)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("INSERT INTO threads VALUES (1, 'acme', 'ada', 'thr_1', 0, '{}')")
        connection.execute("INSERT INTO items VALUES (1, 'acme', 'ada', 'thr_1', 'i', '{}')")
        for tenant, user in (("acme", "bob"), ("other", "ada")):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(
                    "INSERT INTO items VALUES (NULL, ?, ?, 'thr_1', 'j', '{}')", (tenant, user)
                )


def test_the_schema_is_also_one_of_postgres() -> None:
    for table in metadata.sorted_tables:
        ddl = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
        assert ("seq BIGSERIAL" in ddl) == ("seq" in table.c)
