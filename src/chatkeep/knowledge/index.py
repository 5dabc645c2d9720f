"""From chunks to what the vector index stores: an id, a vector, and the names a citation needs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from chatkeep.knowledge.documents import Chunk, Document, PassageId
from chatkeep.knowledge.protocols import Embedder, IndexedChunk, searchable

SEARCHABLE_VERSION = 1
"""Part of every document's fingerprint: raise it when `protocols.searchable` gives another text."""


@dataclass(frozen=True, slots=True)
class Named:
    """A chunk of a document under the id it is indexed by."""

    id: PassageId
    document: Document
    chunk: Chunk


def name_chunks(document: Document, chunks: Sequence[Chunk]) -> list[Named]:
    """All chunks of a document with their ids.

    An id comes from the chunk's text and from how often the same text stood before, not from its place:
    a passage keeps its id, and what cites it stays right, when the text around it changes.
    """
    seen: Counter[str] = Counter()
    named = []
    for chunk in chunks:
        unique = f"{seen[chunk.text]}:{chunk.text}"
        named.append(Named(PassageId(str(uuid5(UUID(document.id), unique))), document, chunk))
        seen[chunk.text] += 1
    return named


async def indexed(named: Sequence[Named], embedder: Embedder | None) -> list[IndexedChunk]:
    """Each chunk with its vector; without an embedder, without."""
    texts = [searchable(each.document.title, each.chunk) for each in named]
    vectors = await embedder.embed(texts) if embedder else None
    return [
        IndexedChunk(
            id=each.id,
            chunk=each.chunk,
            document=each.document,
            vector=vectors[place] if vectors is not None else None,
        )
        for place, each in enumerate(named)
    ]
