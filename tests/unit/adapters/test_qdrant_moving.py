"""Moving the embedded index to a server: whole, again without harm, and never into another index."""

from pathlib import Path

import numpy as np
import pytest

from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.adapters.qdrant.moving import Moved, move
from chatkeep.adapters.qdrant.server import QdrantServerIndex
from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError, NotReady
from tests.qdrant import Qdrant, stand_in
from tests.unit.knowledge.samples import FewAxes, sample

HERE = local_context("test")
AXES = np.eye(FewAxes.dimensions, dtype=np.float32)


async def filled(folder: Path) -> EdgeIndex:
    index = await EdgeIndex.open(folder, FewAxes())
    chunks = [
        sample(f"{n}", f"Cats number {n} purr " + "softly " * n, AXES[n % 8], labels=("staff",) * (n % 2))
        for n in range(300)
    ]
    await index.upsert([*chunks, sample("bare", "Die Häuser", None, language="de")], HERE)
    await index.flush()
    return index


async def target(qdrant: Qdrant, generation: str) -> QdrantServerIndex:
    return await QdrantServerIndex.open(
        qdrant.url, None, FewAxes(), prefix=qdrant.prefix, patience=10, generation=generation
    )


async def test_all_of_it_is_there_and_found_as_before(tmp_path: Path) -> None:
    source = await filled(tmp_path)
    async with stand_in() as qdrant:
        moved = await target(qdrant, source.generation)
        told: list[tuple[int, int]] = []
        assert await move(source, moved, lambda done, total: told.append((done, total))) == Moved(301, 301, 0)
        assert told[-1] == (301, 301)
        assert moved.generation == source.generation
        ids = [sample(f"{n}", "", None).id for n in range(0, 300, 2)]
        assert await moved.passages(ids, HERE) == await source.passages(ids, HERE)
        for question in ("cats softly", "ein Haus"):
            before = await source.search(question, AXES[3], 20, HERE)
            after = await moved.search(question, AXES[3], 20, HERE)
            assert {hit.id: hit.score for hit in after.sparse} == pytest.approx(
                {hit.id: hit.score for hit in before.sparse}, rel=1e-4
            )
            assert [hit.score for hit in after.dense] == pytest.approx([hit.score for hit in before.dense])
        await moved.close()
    await source.close()


async def test_a_run_that_was_cut_off_goes_on_and_a_second_sends_nothing(tmp_path: Path) -> None:
    source = await filled(tmp_path)
    async with stand_in() as qdrant:
        moved = await target(qdrant, source.generation)

        def cut_off(done: int, total: int) -> None:
            raise NotReady("The line is down.")

        with pytest.raises(NotReady):
            await move(source, moved, cut_off)
        assert await move(source, moved, lambda *_: None) == Moved(301, 301 - 128, 0)
        assert await move(source, moved, lambda *_: None) == Moved(301, 0, 0)
        await source.delete_documents([sample("7", "", None).document.id], HERE)
        assert await move(source, moved, lambda *_: None) == Moved(300, 0, 1)
        await moved.close()
    await source.close()


async def test_the_collection_of_another_index_is_left_alone(tmp_path: Path) -> None:
    source = await filled(tmp_path)
    async with stand_in() as qdrant:
        moved = await target(qdrant, "another")
        with pytest.raises(ConfigurationError, match="QDRANT_COLLECTION"):
            await move(source, moved, lambda *_: None)
        assert await moved.total() == 0
        await moved.close()
    await source.close()
