"""From a question to the passages that may answer it: the one path of the product and of `evaluate`.

Above: whatever answers or searches. Below: an `Embedder` and a `VectorIndex`; `fuse` joins what they find.
"""

from dataclasses import dataclass, replace

from chatkeep.core.context import RequestContext
from chatkeep.knowledge.documents import Passage
from chatkeep.knowledge.fuse import dbsf
from chatkeep.knowledge.protocols import Embedder, Legs, VectorIndex, Where

CANDIDATES = 100
"""Hits asked of each leg. DBSF normalises over them, so the number is part of the ranking."""


@dataclass(frozen=True, slots=True)
class Retriever:
    """Hybrid search. Without an embedder, BM25 alone.

    Attributes:
        sources: the files and folders to look in; None: everything ingested.
    """

    embedder: Embedder | None
    index: VectorIndex
    sources: tuple[str, ...] | None = None

    async def search(self, query: str, limit: int, context: RequestContext) -> list[Passage]:
        """The `limit` best passages, best first, no two with the same text. None for an empty query."""
        hits = dbsf(await self.candidates(query, context))
        found: dict[str, Passage] = {}
        while hits and len(found) < limit:
            page, hits = hits[: 2 * limit], hits[2 * limit :]
            scores = {hit.id: hit.score for hit in page}
            for passage in await self.index.passages(list(scores), context):
                words = " ".join(passage.text.split())
                found.setdefault(words, replace(passage, score=scores[passage.id]))
        return list(found.values())[:limit]

    async def candidates(self, query: str, context: RequestContext) -> Legs:
        """What each leg finds by itself."""
        if not query.strip():
            return Legs(dense=(), sparse=())
        vector = await self.embedder.embed_query(query) if self.embedder else None
        return await self.index.search(query, vector, CANDIDATES, context, Where(self.sources))
