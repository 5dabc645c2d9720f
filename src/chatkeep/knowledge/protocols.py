"""What knowledge needs from the outside. Each has one contract suite in `tests/contracts/`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chatkeep.core.context import RequestContext
from chatkeep.knowledge.documents import Chunk, Document, DocumentId, Passage, PassageId

Vectors = NDArray[np.float32]


class TextEmbedder(Protocol):
    """Texts to unit vectors, so that a dot product is the cosine."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions), float32, each row of norm 1. Never blocks the loop."""
        ...


class Embedder(TextEmbedder, Protocol):
    """What ingesting knows of an embedder besides: which space it is, and how it counts.

    Attributes:
        name: identifies the vector space; changing it re-indexes.
        dimensions: length of each vector.
        max_tokens: longer texts are cut to this many tokens.
    """

    @property
    def name(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The (start, end) code point offsets of each token of `text`, uncut, without specials."""
        ...


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A chunk ready to be stored: who it belongs to on paper, and where it lies in vector space.

    Attributes:
        source: the file or folder its document came with.
        vector: None when no dense embedder is configured.
    """

    id: PassageId
    chunk: Chunk
    source: str
    path: str
    title: str
    vector: Vectors | None

    @property
    def searchable(self) -> str:
        """What both legs index: the text below the names of its document and sections."""
        return searchable(self.title, self.chunk)


def searchable(title: str, chunk: Chunk) -> str:
    """The chunk's text as it is embedded and counted, which is more than what is shown."""
    return "\n".join([*dict.fromkeys((title, *chunk.headings)), chunk.text])


@dataclass(frozen=True, slots=True)
class Hit:
    """One leg's opinion of one passage."""

    id: PassageId
    score: float


@dataclass(frozen=True, slots=True)
class Legs:
    """What each leg of a hybrid search found, best first. `dense` is empty without an embedder."""

    dense: Sequence[Hit]
    sparse: Sequence[Hit]


class PassageReader(Protocol):
    """Reads what citations point to."""

    async def passages(self, ids: Sequence[PassageId], context: RequestContext) -> list[Passage]:
        """The stored chunks by id, in the order asked; unknown ids are left out. Scores are 0."""
        ...


class VectorIndex(PassageReader, Protocol):
    """Dense and BM25 vectors of chunks. Every call names the tenant, through the context.

    Attributes:
        generation: names this store's life. It changes when the store begins anew, so that documents
            whose fingerprints hold another generation are ingested again.
    """

    @property
    def generation(self) -> str: ...

    async def upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        """Insert or replace by id."""
        ...

    async def delete_documents(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        """Forget every chunk of these documents."""
        ...

    async def search(
        self,
        text: str,
        vector: Vectors | None,
        limit: int,
        context: RequestContext,
        sources: Sequence[str] | None = None,
    ) -> Legs:
        """The `limit` best of each leg: BM25 for `text`, cosine for `vector` (shape (dimensions,)).

        Args:
            sources: look only at what came with these; None: at everything.
        """
        ...

    async def count(self, context: RequestContext) -> int:
        """How many chunks this tenant has."""
        ...

    async def flush(self) -> None:
        """On return, everything before is on disk."""
        ...

    async def close(self) -> None: ...


class DocumentStore(Protocol):
    """The text of documents and what is known of their freshness."""

    async def fingerprints(
        self, source: str, context: RequestContext
    ) -> Mapping[str, tuple[DocumentId, str]]:
        """Path -> (id, fingerprint) of each document of this source."""
        ...

    async def save(self, document: Document, context: RequestContext) -> None:
        """Insert or replace by id."""
        ...

    async def load(self, document_id: DocumentId, context: RequestContext) -> Document:
        """Raises: NotFound."""
        ...

    async def delete(self, ids: Sequence[DocumentId], context: RequestContext) -> None: ...

    async def some(self, limit: int, context: RequestContext) -> list[Document]:
        """At most `limit` documents, by path."""
        ...

    async def count(self, context: RequestContext) -> int:
        """How many documents this tenant has."""
        ...
