"""Small things to index: an embedder of a few axes, chunks and documents."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

import numpy as np

from chatkeep.knowledge.chunk import word_spans
from chatkeep.knowledge.documents import Chunk, Document, DocumentId, PassageId, TextFormat
from chatkeep.knowledge.protocols import IndexedChunk, Vectors

NAMESPACE = UUID("00000000-0000-5000-8000-000000000000")


class FewAxes:
    """An `Embedder` that counts words into eight buckets: equal words, near vectors."""

    width = 8
    max_tokens = 256

    def __init__(self, name: str = "few-axes") -> None:
        self.name = name
        self.dimensions = self.width
        self.embedded = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        vectors = np.full((len(texts), self.width), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, sum(word.encode()) % self.width] += 1
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    async def embed_query(self, text: str) -> Vectors:
        vector: Vectors = (await self.embed([text]))[0]
        return vector

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return word_spans(text)

    async def close(self) -> None:
        pass


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


def document(text: str, format: TextFormat = "markdown") -> Document:  # noqa: A002
    return Document(
        id=DocumentId(str(uuid5(NAMESPACE, "document"))),
        source="/docs",
        path="a.md",
        title="A",
        format=format,
        text=text,
        fingerprint="",
        ingested_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
