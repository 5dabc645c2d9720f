"""Documents whose labels changed, and nothing else: no text is read and nothing embedded again.

Above: `ingest`, which does this before anything else. While a document changes hands it is out of the index,
so that at no moment anybody finds it who may not find it afterwards. A run that is killed in between leaves
it marked, and the next run goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import anyio.to_thread

from chatkeep.core.context import RequestContext
from chatkeep.knowledge.chunk import chunk, word_spans
from chatkeep.knowledge.documents import Document, DocumentId
from chatkeep.knowledge.index import Named, indexed, name_chunks
from chatkeep.knowledge.protocols import DocumentStore, Embedder, IndexedChunk, VectorIndex
from chatkeep.knowledge.sources import SourceFile

_DOCUMENTS_A_BATCH = 32
_CHUNKS_A_BATCH = 256


class Kept(Protocol):
    """Where documents are kept: the `Library` of `ingest`."""

    @property
    def documents(self) -> DocumentStore: ...
    @property
    def index(self) -> VectorIndex: ...
    @property
    def embedder(self) -> Embedder | None: ...


@dataclass(frozen=True, slots=True)
class Relabelled:
    """A document that is to bear what `file` bears, and be known by `fingerprint` then."""

    file: SourceFile
    document_id: DocumentId
    fingerprint: str


async def relabel(changed: Sequence[Relabelled], kept: Kept, context: RequestContext) -> int:
    """Give documents the labels of their files. How many passages that touched."""
    touched = 0
    for first in range(0, len(changed), _DOCUMENTS_A_BATCH):
        batch = changed[first : first + _DOCUMENTS_A_BATCH]
        labels = await kept.documents.labels([each.document_id for each in batch], context)
        everything = replace(context, labels=tuple({label for some in labels.values() for label in some}))
        documents = [
            (await kept.documents.load(each.document_id, everything), each)
            for each in batch
            if each.document_id in labels
        ]
        touched += await _change_hands(documents, kept, everything)
    return touched


async def _change_hands(
    documents: Sequence[tuple[Document, Relabelled]], kept: Kept, context: RequestContext
) -> int:
    spans = kept.embedder.token_spans if kept.embedder else word_spans
    changed: list[tuple[Document, Relabelled]] = []
    ready: list[IndexedChunk] = []
    for document, each in documents:
        labelled = replace(
            document,
            labels=each.file.bearing.labels,
            fingerprint="",  # until it is done: were it interrupted, it would be read again
        )
        named = name_chunks(labelled, await anyio.to_thread.run_sync(chunk, labelled, spans))
        ready += await _with_vectors(named, kept, context)
        changed.append((labelled, each))
    index = kept.index
    await index.delete_documents([document.id for document, _ in changed], context)
    await index.flush()
    for document, _ in changed:
        await kept.documents.save(document, context)
    for first in range(0, len(ready), _CHUNKS_A_BATCH):
        await index.upsert(ready[first : first + _CHUNKS_A_BATCH], context)
    await index.flush()
    for document, each in changed:
        await kept.documents.save(replace(document, fingerprint=each.fingerprint), context)
    return len(ready)


async def _with_vectors(named: Sequence[Named], kept: Kept, context: RequestContext) -> list[IndexedChunk]:
    """Each chunk with the vector it has; one that has none any more is embedded."""
    if kept.embedder is None:
        return await indexed(named, None)
    vectors = await kept.index.vectors([each.id for each in named], context)
    lost = [each for each in named if each.id not in vectors]
    embedded = {each.id: each.vector for each in await indexed(lost, kept.embedder)} if lost else {}
    return [
        IndexedChunk(each.id, each.chunk, each.document, vectors.get(each.id, embedded.get(each.id)))
        for each in named
    ]
