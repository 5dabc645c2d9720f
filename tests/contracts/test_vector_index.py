"""The published contract of a `VectorIndex`, held against each of chatkeep's own.

`qdrant` is spoken to over HTTP: the server that QDRANT_TEST_URL names, else the stand-in of `tests.qdrant`,
which answers with the Qdrant client's own local engine. `pgvector` runs in a real Postgres.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatkeep.adapters.memory import MemoryIndex
from chatkeep.adapters.pgvector.index import PgVectorIndex
from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.knowledge.protocols import VectorIndex
from chatkeep.testing.vector_index import VECTOR_INDEX_CHECKS, EightAxes, VectorIndexCheck
from tests.postgres import own_database
from tests.qdrant import some_qdrant


@pytest.fixture
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VectorIndex]:
    opened: VectorIndex
    match request.param:
        case "memory":
            yield MemoryIndex()
        case "edge":
            opened = await EdgeIndex.open(tmp_path, EightAxes())
            yield opened
            await opened.close()
        case "qdrant":
            async with some_qdrant() as qdrant:
                opened = await qdrant.index(EightAxes())
                yield opened
                await opened.close()
        case _:
            async with own_database(request.getfixturevalue("postgres_url")) as url:
                opened = await PgVectorIndex.open(url, EightAxes())
                yield opened
                await opened.close()


@pytest.mark.parametrize("index", ["memory", "edge", "qdrant", "pgvector"], indirect=True)
@pytest.mark.parametrize("check", VECTOR_INDEX_CHECKS, ids=lambda check: check.__name__)
async def test_it_is_true_of_the_index_that(check: VectorIndexCheck, index: VectorIndex) -> None:
    async with asyncio.timeout(60):
        await check(index)
