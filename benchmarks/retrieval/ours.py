"""`python -m benchmarks.retrieval.ours FOLDER DATA`: chatkeep's own path, from the query to the passages."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid5

from benchmarks.retrieval.corpus import Made, chunks, queries
from benchmarks.retrieval.timing import Times, timed
from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.core.context import RequestContext
from chatkeep.core.ids import TenantId, UserId
from chatkeep.knowledge.documents import Chunk, Document, DocumentId, PassageId
from chatkeep.knowledge.fuse import dbsf
from chatkeep.knowledge.protocols import IndexedChunk
from chatkeep.knowledge.retrieve import Retriever
from chatkeep.settings import Settings
from chatkeep.wiring.embedding import open_embedder

_IDS = UUID("9d0c1d7e-6f0b-5d0e-8a55-0d2f6c1f7b11")
_SECONDS = 60.0
_LIMIT = 8  # what an answer is made from
_AT_ONCE = 1_000


async def main(folder: Path, data: Path) -> None:
    embedder = await open_embedder(Settings.load(data_dir=data))
    if embedder is None:
        raise SystemExit("This measurement needs the embedder's weights.")
    index = await EdgeIndex.open(data, embedder)
    began = time.perf_counter()
    for tenant, some in _batches(chunks(folder)):
        await index.upsert(some, _context(tenant))
    await index.flush()
    await index.optimize()
    fill = time.perf_counter() - began
    retriever = Retriever(embedder, index)
    asked, warm_up = queries(folder)

    async def fused(query: str, tenant: str) -> object:
        return dbsf(await retriever.candidates(query, _context(tenant)))

    async def passages(query: str) -> object:
        return await retriever.search(query, _LIMIT, _context("large"))

    async def times(ask: Callable[[str], Awaitable[object]]) -> list[tuple[float, float]]:
        return await timed(ask, asked, warm_up, _SECONDS)

    try:
        Times(
            embed=await times(embedder.embed_query),
            fused=await times(lambda query: fused(query, "large")),
            filtered=await times(lambda query: fused(query, "small")),
            passages=await times(passages),
            fill=fill,
        ).print()
    finally:
        await index.close()
        await embedder.close()


def _batches(made: Iterable[Made]) -> Iterator[tuple[str, list[IndexedChunk]]]:
    numbered = enumerate(made)
    while some := list(islice(numbered, _AT_ONCE)):
        for tenant in ("large", "small"):
            yield tenant, [_chunk(number, each) for number, each in some if each.tenant == tenant]


def _chunk(number: int, made: Made) -> IndexedChunk:
    id_ = str(uuid5(_IDS, str(number)))
    document = Document(
        id=DocumentId(id_),
        source="/docs",
        path=f"{number}.md",
        title="",
        format="plain",
        text="",
        fingerprint="",
        ingested_at=datetime.min.replace(tzinfo=UTC),
    )
    chunk = Chunk(document.id, 0, len(made.text), made.text, ())
    return IndexedChunk(PassageId(id_), chunk, document, made.vector)


def _context(tenant: str) -> RequestContext:
    return RequestContext(TenantId(tenant), UserId("bench"), "bench")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
