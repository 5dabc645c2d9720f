"""Small things to index: an embedder of a few axes, chunks and documents."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid5

from chatkeep.knowledge.documents import Document, DocumentId, TextFormat
from chatkeep.knowledge.protocols import Vectors
from chatkeep.testing.vector_index import NAMESPACE, EightAxes, sample

__all__ = ["NAMESPACE", "FewAxes", "document", "sample"]


class FewAxes(EightAxes):
    """An `Embedder` of any name that tells how many texts it has seen."""

    def __init__(self, name: str = "few-axes") -> None:
        self.name = name
        self.embedded = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return await super().embed(texts)


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
