"""The vector index and the document store in memory: exact, and forgotten when the process ends.

For tests and for trying things out; the contract suites hold them to what the durable ones do.
"""

import math
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from chatkeep.core.context import RequestContext
from chatkeep.core.errors import NotFound
from chatkeep.core.ids import TenantId
from chatkeep.knowledge.documents import Document, DocumentId, Passage, PassageId
from chatkeep.knowledge.protocols import ANYWHERE, Hit, IndexedChunk, KnownSource, Legs, Vectors, Where
from chatkeep.knowledge.terms import query_terms, terms


class MemoryIndex:
    """`VectorIndex` by exact cosine and exact BM25."""

    def __init__(self) -> None:
        self._chunks: dict[TenantId, dict[PassageId, IndexedChunk]] = {}
        self._generation = secrets.token_hex(8)

    @property
    def generation(self) -> str:
        return self._generation

    @property
    def is_complete(self) -> bool:
        return True

    async def finish(self) -> None:
        """Nothing to forget: there is one for each process."""

    async def upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        self._mine(context).update({chunk.id: chunk for chunk in chunks})

    async def delete_documents(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        mine, gone = self._mine(context), set(ids)
        for id_ in [id_ for id_, indexed in mine.items() if indexed.chunk.document_id in gone]:
            del mine[id_]

    async def search(
        self,
        text: str,
        vector: Vectors | None,
        limit: int,
        context: RequestContext,
        where: Where = ANYWHERE,
    ) -> Legs:
        mine = {
            id_: indexed
            for id_, indexed in self._readable(context).items()
            if _matches(indexed.document, where) and (where.passages is None or id_ in where.passages)
        }
        dense = (
            [
                Hit(id_, float(indexed.vector @ vector))
                for id_, indexed in mine.items()
                if indexed.vector is not None
            ]
            if vector is not None
            else []
        )
        # How rare a word is counts among all that the tenant has.
        sparse = [hit for hit in _bm25(text, self._mine(context)) if hit.id in mine]
        return Legs(dense=_best(dense, limit), sparse=_best(sparse, limit))

    async def passages(self, ids: Sequence[PassageId], context: RequestContext) -> list[Passage]:
        mine = self._readable(context)
        return [mine[id_].passage for id_ in ids if id_ in mine]

    async def vectors(self, ids: Sequence[PassageId], context: RequestContext) -> dict[PassageId, Vectors]:
        mine = self._readable(context)
        found = {id_: mine[id_].vector for id_ in ids if id_ in mine}
        return {id_: vector for id_, vector in found.items() if vector is not None}

    async def count(self, context: RequestContext) -> int:
        return len(self._mine(context))

    async def flush(self) -> None:
        """Nothing to do: there is no disk."""

    async def optimize(self) -> bool:
        return False

    async def check(self) -> None:
        """Nothing to reach."""

    async def close(self) -> None:
        """Nothing to do."""

    def _mine(self, context: RequestContext) -> dict[PassageId, IndexedChunk]:
        return self._chunks.setdefault(context.tenant, {})

    def _readable(self, context: RequestContext) -> dict[PassageId, IndexedChunk]:
        mine = self._mine(context).items()
        return {id_: indexed for id_, indexed in mine if context.may_read(indexed.document.labels)}


class MemoryDocuments:
    """`DocumentStore` in a dictionary."""

    def __init__(self) -> None:
        self._documents: dict[tuple[TenantId, DocumentId], Document] = {}

    async def fingerprints(
        self, source: str, context: RequestContext
    ) -> Mapping[str, tuple[DocumentId, str]]:
        return {
            document.path: (document.id, document.fingerprint)
            for (tenant, _), document in self._documents.items()
            if tenant == context.tenant and document.source == source
        }

    async def sources(self, context: RequestContext) -> list[KnownSource]:
        read: dict[str, list[datetime]] = {}
        for (tenant, _), document in self._documents.items():
            if tenant == context.tenant:
                read.setdefault(document.source, []).append(document.ingested_at)
        return [KnownSource(name, len(times), max(times)) for name, times in sorted(read.items())]

    async def save(self, document: Document, context: RequestContext) -> None:
        self._documents[context.tenant, document.id] = document

    async def load(self, document_id: DocumentId, context: RequestContext) -> Document:
        document = self._documents.get((context.tenant, document_id))
        if document is None or not context.may_read(document.labels):
            raise NotFound(f"There is no document {document_id!r}.")
        return document

    async def labels(
        self, ids: Sequence[DocumentId], context: RequestContext
    ) -> Mapping[DocumentId, tuple[str, ...]]:
        mine = {id_: self._documents.get((context.tenant, id_)) for id_ in ids}
        return {id_: document.labels for id_, document in mine.items() if document is not None}

    async def delete(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        for id_ in ids:
            self._documents.pop((context.tenant, id_), None)

    async def page(self, after: DocumentId | None, limit: int, context: RequestContext) -> list[Document]:
        mine = [document for (tenant, _), document in self._documents.items() if tenant == context.tenant]
        following = [document for document in mine if document.id > (after or "")]
        return sorted(following, key=lambda document: document.id)[:limit]

    async def some(self, limit: int, context: RequestContext) -> list[Document]:
        mine = [
            document
            for (tenant, _), document in self._documents.items()
            if tenant == context.tenant and context.may_read(document.labels)
        ]
        return sorted(mine, key=lambda document: document.path)[:limit]

    async def count(self, context: RequestContext) -> int:
        return sum(tenant == context.tenant for tenant, _ in self._documents)


def _matches(document: Document, where: Where) -> bool:
    return (
        (where.sources is None or document.source in where.sources)
        and all(document.metadata.get(name) == value for name, value in where.metadata.items())
        and (
            where.since is None or (document.modified_at is not None and document.modified_at >= where.since)
        )
    )


def _bm25(text: str, chunks: Mapping[PassageId, IndexedChunk]) -> list[Hit]:
    """Okapi BM25 with Lucene's IDF, log(1 + (n - df + 0.5) / (df + 0.5)), which is never negative."""
    counted = {id_: terms(chunk.searchable, chunk.document.language) for id_, chunk in chunks.items()}
    average = sum(each.length for each in counted.values()) / max(len(counted), 1)
    weighed = {
        id_: dict(zip(each.indices, each.weights(max(average, 1.0)), strict=True))
        for id_, each in counted.items()
    }
    wanted = query_terms(text, {chunk.document.language for chunk in chunks.values()})
    rarity = {}
    for term, weight in zip(wanted.indices, wanted.weights, strict=True):
        having = sum(term in weights for weights in weighed.values())
        rarity[term] = weight * math.log(1 + (len(weighed) - having + 0.5) / (having + 0.5))
    scores = {
        id_: sum(rare * weights.get(term, 0.0) for term, rare in rarity.items())
        for id_, weights in weighed.items()
    }
    return [Hit(id_, score) for id_, score in scores.items() if score > 0]


def _best(hits: list[Hit], limit: int) -> list[Hit]:
    return sorted(hits, key=lambda hit: -hit.score)[:limit]
