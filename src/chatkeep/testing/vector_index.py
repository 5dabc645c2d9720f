"""The contract of a `VectorIndex`, for whoever writes one: each check is given an index that is empty.

    @pytest.mark.parametrize("check", VECTOR_INDEX_CHECKS, ids=lambda check: check.__name__)
    async def test_contract(check: VectorIndexCheck) -> None:
        async with my_index(EightAxes()) as index:
            await check(index)

chatkeep's own indexes are held to the same checks. They ask for what the protocol promises and for nothing
else: how a score comes about is not part of it, what is found and in which order is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

import numpy as np

from chatkeep.core.context import RequestContext
from chatkeep.core.ids import TenantId, UserId
from chatkeep.knowledge.chunk import word_spans
from chatkeep.knowledge.documents import Chunk, Document, DocumentId, PassageId
from chatkeep.knowledge.protocols import IndexedChunk, VectorIndex, Vectors, Where

VectorIndexCheck = Callable[[VectorIndex], Awaitable[None]]

DIMENSIONS = 8
NAMESPACE = UUID("00000000-0000-5000-8000-000000000000")
ALICE = RequestContext(TenantId("alice"), UserId("u"), "r")
BOB = RequestContext(TenantId("bob"), UserId("u"), "r")


class EightAxes:
    """An `Embedder` to open the index with: it counts words into eight buckets."""

    name = "eight-axes"
    dimensions = DIMENSIONS
    max_tokens = 256

    async def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), DIMENSIONS), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, sum(word.encode()) % DIMENSIONS] += 1
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    async def embed_query(self, text: str) -> Vectors:
        vector: Vectors = (await self.embed([text]))[0]
        return vector

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return word_spans(text)

    async def close(self) -> None:
        """Nothing to let go of."""


def sample(
    name: str,
    text: str,
    vector: Vectors | None,
    *,
    document: str | None = None,
    title: str = "",
    source: str = "/docs",
    headings: tuple[str, ...] = (),
    place: str = "",
    labels: tuple[str, ...] = (),
    metadata: Mapping[str, str] | None = None,
    modified_at: datetime | None = None,
    language: str = "en",
) -> IndexedChunk:
    """A chunk whose id comes from its name."""
    document_id = DocumentId(str(uuid5(NAMESPACE, f"document {document or name}")))
    return IndexedChunk(
        id=PassageId(str(uuid5(NAMESPACE, name))),
        chunk=Chunk(document_id, 3, 3 + len(text), text, headings, place),
        document=Document(
            id=document_id,
            source=source,
            path=f"{document or name}.md",
            title=title,
            format="markdown",
            text=f"   {text}",
            fingerprint="",
            ingested_at=datetime(2026, 1, 1, tzinfo=UTC),
            language=language,
            modified_at=modified_at,
            url=f"https://docs.test/{name}",
            labels=labels,
            metadata=metadata or {},
        ),
        vector=vector,
    )


def axis(number: int) -> Vectors:
    axes: Vectors = np.eye(DIMENSIONS, dtype=np.float32)
    row: Vectors = axes[number]
    return row


CATS = sample("cats", "Cats purr when they are content.", axis(0))
DOGS = sample("dogs", "Dogs bark at the postman.", axis(1))
FISH = sample("fish", "Fish have gills and fins, and fish swim.", axis(2))


async def each_leg_finds_the_obvious_best_first(index: VectorIndex) -> None:
    await index.upsert([CATS, DOGS, FISH], ALICE)
    towards_dogs = np.float32(0.9) * axis(1) + np.float32(0.4) * axis(2)
    legs = await index.search("fish swim", towards_dogs, 10, ALICE)
    assert [hit.id for hit in legs.dense] == [DOGS.id, FISH.id, CATS.id]
    assert [hit.id for hit in legs.sparse] == [FISH.id]
    scores = [hit.score for hit in legs.dense]
    assert np.allclose(scores, [0.9 / np.hypot(0.9, 0.4), 0.4 / np.hypot(0.9, 0.4), 0], atol=0.1)


async def a_rare_word_outweighs_a_common_one(index: VectorIndex) -> None:
    common = [sample(f"c{n}", f"The manual covers printers, part {n}.", axis(0)) for n in range(8)]
    rare = sample("rare", "The manual covers scanners.", axis(0))
    await index.upsert([*common, rare], ALICE)
    legs = await index.search("printers scanners", None, 20, ALICE)
    assert legs.sparse[0].id == rare.id
    assert len(legs.sparse) == 9


async def titles_and_headings_are_found_too(index: VectorIndex) -> None:
    await index.upsert(
        [sample("a", "Run the script.", axis(0), title="Uninstalling", headings=("Windows",))], ALICE
    )
    for word in ("uninstalling", "windows"):
        assert (await index.search(word, None, 5, ALICE)).sparse


async def without_a_vector_the_dense_leg_is_empty(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    legs = await index.search("cats", None, 10, ALICE)
    assert not legs.dense
    assert [hit.id for hit in legs.sparse] == [CATS.id]


async def words_that_say_nothing_find_nothing(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    legs = await index.search("?!", None, 10, ALICE)
    assert not legs.sparse


async def no_more_than_the_limit(index: VectorIndex) -> None:
    await index.upsert([sample(str(n), f"Cats number {n}.", axis(0)) for n in range(9)], ALICE)
    legs = await index.search("cats", axis(0), 4, ALICE)
    assert len(legs.dense) == len(legs.sparse) == 4


async def a_tenant_sees_nothing_of_another(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    legs = await index.search("cats", axis(0), 10, BOB)
    assert not legs.dense
    assert not legs.sparse
    assert await index.passages([CATS.id], BOB) == []
    assert await index.count(BOB) == 0


async def a_tenant_cannot_delete_anothers_chunks(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    await index.delete_documents([CATS.chunk.document_id], BOB)
    assert await index.count(ALICE) == 1


async def a_search_in_some_sources_finds_nothing_of_others(index: VectorIndex) -> None:
    here = sample("here", "Cats purr here.", axis(0), source="/here")
    there = sample("there", "Cats purr there.", axis(0), source="/there")
    await index.upsert([here, there], ALICE)
    legs = await index.search("cats", axis(0), 10, ALICE, Where(sources=("/here", "/nowhere")))
    assert [hit.id for hit in legs.dense] == [hit.id for hit in legs.sparse] == [here.id]


async def a_search_by_metadata_finds_what_says_exactly_this(index: VectorIndex) -> None:
    new = sample("new", "Cats purr.", axis(0), metadata={"product": "two words", "a.b": "1"})
    old = sample("old", "Cats purr too.", axis(0), metadata={"product": "two"})
    await index.upsert([new, old], ALICE)
    for metadata in ({"product": "two words"}, {"product": "two words", "a.b": "1"}):
        legs = await index.search("cats", axis(0), 10, ALICE, Where(metadata=metadata))
        assert [hit.id for hit in legs.dense] == [hit.id for hit in legs.sparse] == [new.id]


async def a_search_among_some_passages_says_what_each_leg_thinks_of_them(index: VectorIndex) -> None:
    samples = [sample(f"n{n}", f"Cats purr {'and purr ' * n}", axis(0) + n * axis(1)) for n in range(4)]
    other = sample("other", "Dogs bark.", axis(1))
    await index.upsert([*samples, other], ALICE)
    await index.upsert([sample("bobs", "Cats purr.", axis(0))], BOB)
    everywhere = await index.search("cats purr", axis(0), 10, ALICE)
    bobs = await index.search("cats purr", axis(0), 10, BOB)
    some = (samples[3].id, samples[1].id, other.id, bobs.dense[0].id, PassageId("nobody's"))
    among = await index.search("cats purr", axis(0), 10, ALICE, Where(passages=some))
    for found, all_ in ((among.dense, everywhere.dense), (among.sparse, everywhere.sparse)):
        expected = {hit.id: hit.score for hit in all_ if hit.id in some}
        assert {hit.id: round(hit.score, 3) for hit in found} == {
            id_: round(score, 3) for id_, score in expected.items()
        }
    none = await index.search("cats purr", axis(0), 10, ALICE, Where(passages=()))
    assert list(none.dense) == list(none.sparse) == []


async def a_search_since_a_time_leaves_out_what_is_older_or_of_no_known_age(index: VectorIndex) -> None:
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


async def what_bears_labels_is_for_those_who_bear_one_of_them(index: VectorIndex) -> None:
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


async def vectors_come_back_as_they_were(index: VectorIndex) -> None:
    bare = sample("bare", "No vector.", None)
    await index.upsert([CATS, DOGS, bare], ALICE)
    vectors = await index.vectors([DOGS.id, bare.id, PassageId("not an id")], ALICE)
    assert list(vectors) == [DOGS.id]
    assert np.allclose(vectors[DOGS.id], axis(1), atol=1e-6)
    assert await index.vectors([DOGS.id], BOB) == {}


async def upsert_replaces_by_id(index: VectorIndex) -> None:
    await index.upsert([CATS], ALICE)
    changed = sample("cats", "Lions roar.", axis(3))
    await index.upsert([changed], ALICE)
    assert await index.count(ALICE) == 1
    assert not (await index.search("purr", None, 5, ALICE)).sparse
    assert [passage.text for passage in await index.passages([CATS.id], ALICE)] == ["Lions roar."]


async def deleting_a_document_takes_all_its_chunks_and_no_others(index: VectorIndex) -> None:
    second = sample("cats-2", "Kittens play.", axis(0), document="cats")
    await index.upsert([CATS, second, DOGS], ALICE)
    await index.delete_documents([CATS.chunk.document_id], ALICE)
    assert await index.count(ALICE) == 1
    assert await index.passages([CATS.id, second.id, DOGS.id], ALICE) == [DOGS.passage]


async def passages_keep_the_order_asked_and_leave_out_the_unknown(index: VectorIndex) -> None:
    await index.upsert([CATS, DOGS, FISH], ALICE)
    unknown = PassageId(str(uuid5(NAMESPACE, "unknown")))
    asked = [FISH.id, unknown, PassageId("not an id"), CATS.id]
    assert await index.passages(asked, ALICE) == [FISH.passage, CATS.passage]


async def nothing_in_nothing_out(index: VectorIndex) -> None:
    await index.upsert([], ALICE)
    await index.delete_documents([], ALICE)
    assert await index.passages([], ALICE) == []
    legs = await index.search("cats", axis(0), 10, ALICE)
    assert not legs.dense
    assert not legs.sparse
    assert await index.count(ALICE) == 0


async def writers_at_once_lose_nothing(index: VectorIndex) -> None:
    samples = [sample(str(n), f"Cats number {n}.", axis(n % DIMENSIONS)) for n in range(24)]
    async with asyncio.TaskGroup() as writing:
        for n in range(0, 24, 4):
            writing.create_task(index.upsert([*samples[n : n + 4], samples[0]], ALICE))
    assert await index.count(ALICE) == 24
    assert len((await index.search("cats", None, 50, ALICE)).sparse) == 24


async def a_nul_and_signs_of_other_scripts_do_no_harm(index: VectorIndex) -> None:
    odd = sample("odd", "Before\0after, 🦊 魚 \u202e and 'quotes'; DROP TABLE.", axis(0), title="%s {} $1")
    await index.upsert([odd], ALICE)
    (passage,) = await index.passages([odd.id], ALICE)
    assert len(passage.text) == len(odd.chunk.text)
    assert passage.text.replace("\ufffd", "\0") == odd.chunk.text
    legs = await index.search("'; DROP TABLE $1 {} %s", None, 5, ALICE)
    assert [hit.id for hit in legs.sparse] == [odd.id]


async def how_rare_a_word_is_counts_within_the_tenant(index: VectorIndex) -> None:
    await index.upsert([sample("one", "Boats and harbours.", axis(0))], ALICE)
    await index.upsert([sample("two", "Boats, harbours.", axis(1))], ALICE)
    before = (await index.search("boats", None, 5, ALICE)).sparse
    others = [sample(f"b{n}", "Boats boats boats and much more besides.", axis(0)) for n in range(20)]
    await index.upsert(others, BOB)
    after = (await index.search("boats", None, 5, ALICE)).sparse
    assert [hit.id for hit in before] == [hit.id for hit in after]


async def after_flush_optimize_and_check_all_is_there(index: VectorIndex) -> None:
    await index.upsert([CATS, DOGS], ALICE)
    await index.flush()
    await index.optimize()
    await index.check()
    assert await index.count(ALICE) == 2
    assert [hit.id for hit in (await index.search("dogs", axis(1), 1, ALICE)).dense] == [DOGS.id]


async def its_generation_stays_the_same(index: VectorIndex) -> None:
    before = index.generation
    await index.upsert([CATS], ALICE)
    assert index.generation == before != ""


VECTOR_INDEX_CHECKS: tuple[VectorIndexCheck, ...] = (
    each_leg_finds_the_obvious_best_first,
    a_rare_word_outweighs_a_common_one,
    titles_and_headings_are_found_too,
    without_a_vector_the_dense_leg_is_empty,
    words_that_say_nothing_find_nothing,
    no_more_than_the_limit,
    a_tenant_sees_nothing_of_another,
    a_tenant_cannot_delete_anothers_chunks,
    a_search_in_some_sources_finds_nothing_of_others,
    a_search_by_metadata_finds_what_says_exactly_this,
    a_search_among_some_passages_says_what_each_leg_thinks_of_them,
    a_search_since_a_time_leaves_out_what_is_older_or_of_no_known_age,
    what_bears_labels_is_for_those_who_bear_one_of_them,
    vectors_come_back_as_they_were,
    upsert_replaces_by_id,
    deleting_a_document_takes_all_its_chunks_and_no_others,
    passages_keep_the_order_asked_and_leave_out_the_unknown,
    nothing_in_nothing_out,
    writers_at_once_lose_nothing,
    a_nul_and_signs_of_other_scripts_do_no_harm,
    how_rare_a_word_is_counts_within_the_tenant,
    after_flush_optimize_and_check_all_is_there,
    its_generation_stays_the_same,
)
"""Each is a sentence that is true of every index."""
