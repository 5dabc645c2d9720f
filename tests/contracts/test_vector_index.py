"""What every `VectorIndex` promises, held against each implementation.

`server` is `QdrantServerIndex` over HTTP, spoken to the stand-in of `tests.qdrant`, which answers with the
Qdrant client's own local engine. With QDRANT_TEST_URL set it is spoken to the server there.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid5

import numpy as np
import pytest

from chatkeep.adapters.memory import MemoryIndex
from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.core.context import RequestContext
from chatkeep.core.ids import TenantId, UserId
from chatkeep.knowledge.documents import PassageId
from chatkeep.knowledge.protocols import VectorIndex, Vectors, Where
from tests.qdrant import some_qdrant
from tests.unit.knowledge.samples import NAMESPACE, FewAxes, sample

ALICE = RequestContext(TenantId("alice"), UserId("u"), "r")
BOB = RequestContext(TenantId("bob"), UserId("u"), "r")


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[VectorIndex]:
    if kind == "memory":
        yield MemoryIndex()
    elif kind == "edge":
        yield await EdgeIndex.open(folder, FewAxes())
    else:
        async with some_qdrant() as qdrant:
            yield await qdrant.index(FewAxes())


@pytest.fixture(params=["memory", "edge", "server"])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorIndex]:
    async with opened(request.param, tmp_path) as index:
        yield index
        await index.close()


def axis(number: int) -> Vectors:
    axes: Vectors = np.eye(FewAxes.width, dtype=np.float32)
    row: Vectors = axes[number]
    return row


CATS = sample("cats", "Cats purr when they are content.", axis(0))
DOGS = sample("dogs", "Dogs bark at the postman.", axis(1))
FISH = sample("fish", "Fish have gills and fins, and fish swim.", axis(2))


async def test_each_leg_finds_the_obvious_best_first(index: VectorIndex) -> None:
    await index.upsert([CATS, DOGS, FISH], ALICE)
    towards_dogs = np.float32(0.9) * axis(1) + np.float32(0.4) * axis(2)
    legs = await index.search("fish swim", towards_dogs, 10, ALICE)
    assert [hit.id for hit in legs.dense] == [DOGS.id, FISH.id, CATS.id]
    assert [hit.id for hit in legs.sparse] == [FISH.id]
    scores = [hit.score for hit in legs.dense]
    assert scores == pytest.approx([0.9 / np.hypot(0.9, 0.4), 0.4 / np.hypot(0.9, 0.4), 0], abs=0.1)


async def test_a_rare_word_outweighs_a_common_one(index: VectorIndex) -> None:
    common = [sample(f"c{n}", f"The manual covers printers, part {n}.", axis(0)) for n in range(8)]
    rare = sample("rare", "The manual covers scanners.", axis(0))
    await index.upsert([*common, rare], ALICE)
    legs = await index.search("printers scanners", None, 20, ALICE)
    assert legs.sparse[0].id == rare.id
    assert len(legs.sparse) == 9


async def test_titles_and_headings_are_found_too(index: VectorIndex) -> None:
    await index.upsert(
        [sample("a", "Run the script.", axis(0), title="Uninstalling", headings=("Windows",))], ALICE
    )
    for word in ("uninstalling", "windows"):
        assert (await index.search(word, None, 5, ALICE)).sparse


async def test_without_a_vector_the_dense_leg_is_empty(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    legs = await index.search("cats", None, 10, ALICE)
    assert not legs.dense
    assert [hit.id for hit in legs.sparse] == [CATS.id]


async def test_words_that_say_nothing_find_nothing(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    legs = await index.search("?!", None, 10, ALICE)
    assert not legs.sparse


async def test_no_more_than_the_limit(index: VectorIndex) -> None:
    await index.upsert([sample(str(n), f"Cats number {n}.", axis(0)) for n in range(9)], ALICE)
    legs = await index.search("cats", axis(0), 4, ALICE)
    assert len(legs.dense) == len(legs.sparse) == 4


async def test_a_tenant_sees_nothing_of_another(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    legs = await index.search("cats", axis(0), 10, BOB)
    assert not legs.dense
    assert not legs.sparse
    assert await index.passages([CATS.id], BOB) == []
    assert await index.count(BOB) == 0


async def test_a_tenant_cannot_delete_anothers_chunks(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    await index.delete_documents([CATS.chunk.document_id], BOB)
    assert await index.count(ALICE) == 1


async def test_a_search_in_some_sources_finds_nothing_of_others(index: VectorIndex) -> None:
    here = sample("here", "Cats purr here.", axis(0), source="/here")
    there = sample("there", "Cats purr there.", axis(0), source="/there")
    await index.upsert([here, there], ALICE)
    legs = await index.search("cats", axis(0), 10, ALICE, Where(sources=("/here", "/nowhere")))
    assert [hit.id for hit in legs.dense] == [hit.id for hit in legs.sparse] == [here.id]


async def test_a_search_by_metadata_finds_what_says_exactly_this(index: VectorIndex) -> None:
    new = sample("new", "Cats purr.", axis(0), metadata={"product": "two words", "a.b": "1"})
    old = sample("old", "Cats purr too.", axis(0), metadata={"product": "two"})
    await index.upsert([new, old], ALICE)
    for metadata in ({"product": "two words"}, {"product": "two words", "a.b": "1"}):
        legs = await index.search("cats", axis(0), 10, ALICE, Where(metadata=metadata))
        assert [hit.id for hit in legs.dense] == [hit.id for hit in legs.sparse] == [new.id]


async def test_a_search_since_a_time_leaves_out_what_is_older_or_of_no_known_age(index: VectorIndex) -> None:
    times = {
        "new": datetime(2026, 6, 1, tzinfo=UTC),
        "old": datetime(2020, 6, 1, tzinfo=UTC),
        "ageless": None,
    }
    samples = [sample(name, "Cats purr.", axis(0), modified_at=time) for name, time in times.items()]
    await index.upsert(samples, ALICE)
    since = Where(since=datetime(2026, 6, 1, tzinfo=UTC))
    legs = await index.search("cats", axis(0), 10, ALICE, since)
    assert [hit.id for hit in legs.dense] == [hit.id for hit in legs.sparse] == [samples[0].id]


async def test_what_bears_labels_is_for_those_who_bear_one_of_them(index: VectorIndex) -> None:
    everybodys = sample("open", "Cats purr.", axis(0))
    secret = sample("secret", "Cats purr in secret.", axis(0), labels=("staff", "board"))
    await index.upsert([everybodys, secret], ALICE)
    for labels, seen in (((), [everybodys]), (("guest",), [everybodys]), (("board",), [everybodys, secret])):
        context = replace(ALICE, labels=labels)
        legs = await index.search("cats", axis(0), 10, context)
        ids = {each.id for each in seen}
        assert {hit.id for hit in legs.dense} == {hit.id for hit in legs.sparse} == ids
        assert await index.passages([everybodys.id, secret.id], context) == [each.passage for each in seen]
        assert set(await index.vectors([everybodys.id, secret.id], context)) == ids


async def test_vectors_come_back_as_they_were(index: VectorIndex) -> None:
    bare = sample("bare", "No vector.", None)
    await index.upsert([CATS, DOGS, bare], ALICE)
    vectors = await index.vectors([DOGS.id, bare.id, PassageId("not an id")], ALICE)
    assert list(vectors) == [DOGS.id]
    assert vectors[DOGS.id] == pytest.approx(axis(1), abs=1e-6)
    assert await index.vectors([DOGS.id], BOB) == {}


async def test_upsert_replaces_by_id(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    changed = sample("cats", "Lions roar.", axis(3))
    await index.upsert([changed], ALICE)
    assert await index.count(ALICE) == 1
    assert not (await index.search("purr", None, 5, ALICE)).sparse
    assert [passage.text for passage in await index.passages([CATS.id], ALICE)] == ["Lions roar."]


async def test_deleting_a_document_takes_all_its_chunks_and_no_others(index: VectorIndex) -> None:
    second = sample("cats-2", "Kittens play.", axis(0), document="cats")
    await index.upsert([CATS, second, DOGS], ALICE)
    await index.delete_documents([CATS.chunk.document_id], ALICE)
    assert await index.count(ALICE) == 1
    assert await index.passages([CATS.id, second.id, DOGS.id], ALICE) == [DOGS.passage]


async def test_passages_keep_the_order_asked_and_leave_out_the_unknown(index: VectorIndex) -> None:
    await index.upsert([CATS, DOGS, FISH], ALICE)
    unknown = PassageId(str(uuid5(NAMESPACE, "unknown")))
    asked = [FISH.id, unknown, PassageId("not an id"), CATS.id]
    assert await index.passages(asked, ALICE) == [FISH.passage, CATS.passage]


async def test_nothing_in_nothing_out(index: VectorIndex) -> None:
    await index.upsert([], ALICE)
    await index.delete_documents([], ALICE)
    assert await index.passages([], ALICE) == []
    legs = await index.search("cats", axis(0), 10, ALICE)
    assert not legs.dense
    assert not legs.sparse
    assert await index.count(ALICE) == 0
