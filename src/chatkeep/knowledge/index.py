"""From chunks to what the vector index stores: an id, a vector, and the names a citation needs."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from chatkeep.knowledge.documents import Chunk, Document, PassageId
from chatkeep.knowledge.protocols import Embedder, IndexedChunk, searchable

SEARCHABLE_VERSION = 1
"""Part of every document's fingerprint: raise it when `protocols.searchable` gives another text."""


async def indexed(pairs: Sequence[tuple[Document, Chunk]], embedder: Embedder | None) -> list[IndexedChunk]:
    """Each chunk with its vector; without an embedder, without."""
    vectors = await embedder.embed([searchable(d.title, c) for d, c in pairs]) if embedder else None
    return [
        IndexedChunk(
            id=passage_id(chunk),
            chunk=chunk,
            path=document.path,
            title=document.title,
            vector=vectors[place] if vectors is not None else None,
        )
        for place, (document, chunk) in enumerate(pairs)
    ]


def passage_id(chunk: Chunk) -> PassageId:
    """The same place and text in the same document keep their id."""
    name = f"{chunk.start}:{chunk.end}:{chunk.text}"
    return PassageId(str(uuid5(UUID(chunk.document_id), name)))
