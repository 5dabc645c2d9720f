"""The index in Postgres: its BM25, its spaces, many processes, a database that goes away."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import numpy as np
import pytest
from pydantic import SecretStr

from chatkeep.adapters.memory import MemoryIndex
from chatkeep.adapters.pgvector import open_index as open_pgvector
from chatkeep.adapters.pgvector.index import PgVectorIndex
from chatkeep.adapters.pgvector.schema import SCHEMA
from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError, MissingDependency, NotReady
from chatkeep.knowledge.ingest import ingest
from chatkeep.knowledge.protocols import IndexedChunk, Vectors, Where
from chatkeep.settings import Settings
from chatkeep.testing.vector_index import ALICE, BOB, EightAxes, axis, sample
from chatkeep.wiring.indexes import open_index
from chatkeep.wiring.knowledge import open_knowledge
from tests.postgres import PostgresServer, own_database, postgres_server

WORDS = (
    "harbour",
    "ferry",
    "tide",
    "berth",
    "mooring",
    "diesel",
    "petrol",
    "chart",
    "buoy",
    "anchor",
    "rope",
)
EVERYTHING = replace(ALICE, labels=("staff", "board"))


class Axes(EightAxes):
    """Another space."""

    def __init__(self, name: str, dimensions: int = 8) -> None:
        self.name = name
        self.dimensions = dimensions


@pytest.fixture
async def url(postgres_url: str) -> AsyncIterator[str]:
    async with own_database(postgres_url) as address:
        yield address


@pytest.fixture
async def index(url: str) -> AsyncIterator[PgVectorIndex]:
    opened = await PgVectorIndex.open(url, EightAxes())
    yield opened
    await opened.close()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server for one test, to kill and start again."""
    with postgres_server() as server:
        yield server


def unit(dice: random.Random, dimensions: int = 8) -> Vectors:
    row = np.array([dice.gauss(0, 1) for _ in range(dimensions)], dtype=np.float32)
    vector: Vectors = row / np.linalg.norm(row)
    return vector


def some(dice: random.Random, name: str) -> IndexedChunk:
    """A chunk of words by chance; equal names are the same chunk."""
    return sample(
        name,
        " ".join(dice.choices(WORDS, k=dice.randint(1, 30))),
        unit(dice),
        document=f"document {dice.randint(0, 9)}",
        source=dice.choice(["/one", "/two"]),
        labels=dice.choice([(), (), ("staff",), ("board", "staff")]),
        metadata={"kind": dice.choice(["a", "b"])},
        modified_at=dice.choice([None, datetime(2026, dice.randint(1, 12), 1, tzinfo=UTC)]),
    )


@pytest.mark.parametrize("seed", range(3))
async def test_it_agrees_with_the_exact_index_after_any_history(seed: int, index: PgVectorIndex) -> None:
    dice, exact = random.Random(seed), MemoryIndex()
    for _ in range(6):
        batch = [some(dice, str(dice.randint(0, 80))) for _ in range(dice.randint(1, 30))]
        batch = list({chunk.id: chunk for chunk in batch}.values())
        gone = [dice.choice(batch).document.id for _ in range(dice.randint(0, 2))]
        for each in (exact, index):
            await each.upsert(batch, ALICE)
            await each.delete_documents(gone, ALICE)
    await index.upsert([some(dice, f"bob {n}") for n in range(20)], BOB)
    assert await index.count(ALICE) == await exact.count(ALICE) > 0
    for _ in range(10):
        question, vector = " ".join(dice.sample(WORDS, 3)), unit(dice)
        theirs = await exact.search(question, vector, 200, EVERYTHING)
        ours = await index.search(question, vector, 200, EVERYTHING)
        assert [hit.score for hit in ours.dense] == pytest.approx([h.score for h in theirs.dense], abs=1e-5)
        assert {hit.id: hit.score for hit in ours.sparse} == pytest.approx(
            {hit.id: hit.score for hit in theirs.sparse}, rel=1e-6
        )


async def test_all_that_a_search_is_narrowed_to_holds_together(index: PgVectorIndex) -> None:
    dice, exact = random.Random(7), MemoryIndex()
    chunks = [some(dice, str(n)) for n in range(120)]
    for each in (exact, index):
        await each.upsert(chunks, ALICE)
    context = replace(ALICE, labels=("staff",))
    where = Where(("/one",), {"kind": "a"}, datetime(2026, 4, 1, tzinfo=UTC))
    theirs = await exact.search("harbour ferry", unit(dice), 50, context, where)
    ours = await index.search("harbour ferry", unit(dice), 50, context, where)
    assert {hit.id for hit in ours.sparse} == {hit.id for hit in theirs.sparse} != set()
    assert {hit.id for hit in ours.dense} == {hit.id for hit in theirs.dense}


async def test_processes_that_begin_at_once_make_one_space(url: str) -> None:
    opened = await asyncio.gather(*(PgVectorIndex.open(url, EightAxes()) for _ in range(6)))
    assert len({each.generation for each in opened}) == 1
    await opened[0].upsert([sample("a", "Cats purr.", axis(0))], ALICE)
    assert [await each.count(ALICE) for each in opened] == [1] * 6
    await asyncio.gather(*(each.close() for each in opened))


async def test_processes_that_write_the_same_at_once_leave_it_once(url: str) -> None:
    first, second = [await PgVectorIndex.open(url, EightAxes()) for _ in range(2)]
    chunks = [sample(str(n), f"Cats number {n}.", axis(0), document="one") for n in range(150)]
    await asyncio.gather(*(each.upsert(chunks, ALICE) for each in (first, second, first, second)))
    assert await first.count(ALICE) == 150
    await asyncio.gather(
        second.delete_documents([chunks[0].document.id], ALICE), first.upsert(chunks[:10], ALICE)
    )
    assert await first.count(ALICE) in (0, 10)
    assert len((await first.search("cats", None, 200, ALICE)).sparse) == await second.count(ALICE)
    await asyncio.gather(first.close(), second.close())


async def test_another_embedder_begins_anew_and_the_old_space_stays(url: str) -> None:
    generations = []
    for name in ("one", "other", "one"):
        index = await PgVectorIndex.open(url, Axes(name))
        generations.append(index.generation)
        assert await index.count(ALICE) == (1 if len(generations) == 3 else 0)
        if name == "one" and len(generations) == 1:
            await index.upsert([sample("a", "Cats purr.", axis(0))], ALICE)
        await index.close()
    assert generations[0] == generations[2] != generations[1]


@pytest.mark.parametrize("dimensions", [2000, 3072, 5000])
async def test_vectors_of_any_length_are_found(dimensions: int, url: str) -> None:
    index = await PgVectorIndex.open(url, Axes("long", dimensions))
    dice = random.Random(1)
    chunks = [sample(str(n), "Cats.", unit(dice, dimensions)) for n in range(12)]
    await index.upsert(chunks, ALICE)
    for chunk in chunks[:3]:
        assert chunk.vector is not None
        assert (await index.search("", chunk.vector, 1, ALICE)).dense[0].id == chunk.id
    await index.close()


async def test_without_an_embedder_words_are_enough(url: str) -> None:
    index = await PgVectorIndex.open(url, None)
    await index.upsert([sample("a", "Cats purr.", None)], ALICE)
    legs = await index.search("cats", axis(0), 5, ALICE)
    assert (len(legs.dense), len(legs.sparse)) == (0, 1)
    await index.close()


async def test_a_narrow_search_through_the_graph_finds_as_many_as_there_are(url: str) -> None:
    index = await PgVectorIndex.open(url, EightAxes())
    dice = random.Random(2)
    chunks = [
        sample(str(n), "Cats.", unit(dice), source="/few" if n % 50 == 0 else "/many") for n in range(1000)
    ]
    await index.upsert(chunks, ALICE)
    connection = await asyncpg.connect(url)
    await connection.execute(
        "ALTER DATABASE " + url.rsplit("/", 1)[1] + " SET enable_sort = off"
    )  # graph, or nothing
    await connection.close()
    await index.close()
    index = await PgVectorIndex.open(url, EightAxes())
    legs = await index.search("", unit(dice), 100, ALICE, Where(sources=("/few",)))
    assert len(legs.dense) == 20
    await index.close()


async def test_it_outlives_a_restart_of_the_database(own_postgres: PostgresServer) -> None:
    index = await PgVectorIndex.open(own_postgres.url, EightAxes())
    await index.upsert([sample("a", "Cats purr.", axis(0))], ALICE)
    own_postgres.kill()
    with pytest.raises(NotReady, match=r"search index on 127\.0\.0\.1 cannot be reached"):
        await index.check()
    with pytest.raises(NotReady):
        await index.search("cats", axis(0), 5, ALICE)
    own_postgres.start()
    await index.check()
    assert await index.count(ALICE) == 1
    await index.close()


async def test_a_database_that_is_not_there_is_told_without_its_password() -> None:
    with pytest.raises(
        ConfigurationError, match=r"Postgres of CHATKEEP_PGVECTOR_URL \(127\.0\.0\.1\)"
    ) as told:
        await PgVectorIndex.open("postgresql://me:very-secret@127.0.0.1:9/db", EightAxes())
    assert "very-secret" not in str(told.value)
    with pytest.raises(ConfigurationError, match="not the address of a Postgres"):
        await PgVectorIndex.open("mysql://me:very-secret@127.0.0.1/db", EightAxes())


async def test_a_newer_layout_is_left_alone(url: str) -> None:
    await (await PgVectorIndex.open(url, EightAxes())).close()
    connection = await asyncpg.connect(url)
    await connection.execute(f"UPDATE {SCHEMA}.version SET done = 99")  # noqa: S608
    await connection.close()
    with pytest.raises(ConfigurationError, match="newer chatkeep"):
        await PgVectorIndex.open(url, EightAxes())


async def test_a_user_who_may_not_begin_is_told_what_to_do(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'guest'")
    await connection.close()
    with pytest.raises(ConfigurationError, match="CREATE EXTENSION vector"):
        await PgVectorIndex.open(url.replace("//tester@", "//guest:guest@"), EightAxes())


def offer(folder: Path, monkeypatch: pytest.MonkeyPatch, *points: str) -> None:
    """As if a package were installed that offers these indexes."""
    info = folder / "offering-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offering\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("\n".join(["[chatkeep.vector_indexes]", *points]))
    monkeypatch.syspath_prepend(str(folder))


async def test_an_index_of_another_package_is_opened_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs.py").write_text(
        "from chatkeep.adapters.memory import MemoryIndex\n"
        "async def open_index(settings, embedder):\n"
        "    index = MemoryIndex()\n"
        "    index.opened_with = (settings.index, embedder)\n"
        "    return index\n"
    )
    offer(tmp_path, monkeypatch, "theirs = theirs:open_index", "broken = nowhere_at_all:open_index")
    embedder = EightAxes()
    index = await open_index(Settings.load({}, vector_index="theirs", data_dir=tmp_path), embedder)
    assert getattr(index, "opened_with") == ("theirs", embedder)  # noqa: B009
    with pytest.raises(
        ConfigurationError, match=r"The index broken of nowhere_at_all:open_index cannot be loaded"
    ):
        await open_index(Settings.load({}, vector_index="broken", data_dir=tmp_path), embedder)
    with pytest.raises(
        ConfigurationError, match=r"there is no index 'other'\. Known: edge, qdrant, broken, .*theirs"
    ):
        await open_index(Settings.load({}, vector_index="other", data_dir=tmp_path), embedder)


async def test_documents_are_ingested_into_postgres_and_found(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(tmp_path, monkeypatch, "pgvector = chatkeep.adapters.pgvector:open_index")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "boats.md").write_text("# Boats\n\nThe ferry leaves at noon.\n")
    settings = Settings.load(
        {}, data_dir=tmp_path / "data", vector_index="pgvector", pgvector_url=SecretStr(url), embedder="none"
    )
    context = local_context("test")
    async with open_knowledge(settings) as knowledge:
        report = await ingest([tmp_path / "docs"], knowledge.library(settings), context)
        assert report.added == 1
        # Another process may have it open at the same time, over its own data folder.
        async with open_knowledge(settings.model_copy(update={"data_dir": tmp_path / "other"})) as other:
            assert await other.index.count(context) == 1
        again = await ingest([tmp_path / "docs"], knowledge.library(settings), context)
        assert (again.unchanged, again.updated) == (1, 0)
        found = await knowledge.retriever.search("When does the ferry leave?", 3, context)
        assert [passage.path for passage in found] == ["boats.md"]


async def test_an_address_and_a_client_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load({}, vector_index="pgvector")
    with pytest.raises(ConfigurationError, match="set CHATKEEP_PGVECTOR_URL"):
        await open_pgvector(settings, None)
    for name in [name for name in sys.modules if name.split(".")[0] == "asyncpg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    monkeypatch.delitem(sys.modules, "chatkeep.adapters.pgvector.index", raising=False)
    monkeypatch.delitem(sys.modules, "chatkeep.adapters.pgvector.schema", raising=False)
    with pytest.raises(MissingDependency, match=r"pip install 'chatkeep\[pgvector\]'"):
        await open_pgvector(settings.model_copy(update={"pgvector_url": SecretStr("postgresql://x")}), None)


async def test_another_embedders_space_is_kept_until_the_new_one_is_complete(url: str) -> None:
    old = await PgVectorIndex.open(url, Axes("old"))
    assert old.is_complete
    await old.upsert([sample("cats", "Cats purr.", None)], ALICE)
    new = await PgVectorIndex.open(url, Axes("new"))
    assert not new.is_complete
    assert await old.count(ALICE) == 1
    await new.upsert([sample("cats", "Cats purr.", None)], ALICE)
    await new.finish()
    assert new.is_complete
    await new.close()
    await old.close()
    again = await PgVectorIndex.open(url, Axes("new"))
    assert again.is_complete
    assert await again.count(ALICE) == 1
    await again.close()
    begun_anew = await PgVectorIndex.open(url, Axes("old"))
    assert await begun_anew.count(ALICE) == 0
    await begun_anew.close()
