"""What a chunk looks like as a Qdrant point, and how points are chosen: the same embedded and on a server.

Above: `edge` and `server`, which put these values into their own libraries' classes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from chatkeep.core.context import RequestContext
from chatkeep.knowledge.documents import Chunk, DocumentId, Passage, PassageId
from chatkeep.knowledge.protocols import Embedder, IndexedChunk, Where, searchable
from chatkeep.knowledge.terms import Terms, terms

LAYOUT = 4
"""Raise it when the payload or the vectors change: it opens a new folder or collection."""

DENSE, SPARSE = "dense", "bm25"
DRIFT = 0.1
"""How far the average length may be from the one points were weighed with, until they are weighed again."""

_EVERYBODY = "*"  # the label of what bears none, so that one condition finds it too

FieldKind = Literal["tenant", "keyword", "datetime"]

INDEXED_FIELDS: Mapping[str, FieldKind] = {
    "tenant": "tenant",
    "document": "keyword",
    "source": "keyword",
    "labels": "keyword",
    "modified_at": "datetime",
}


@dataclass(frozen=True, slots=True)
class Among:
    """The field is one of the values, or one of its values is."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotBefore:
    """The field is this time or a later one, in ISO 8601."""

    field: str
    time: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """The point is one of these."""

    ids: tuple[str, ...]


Condition = Among | NotBefore | OneOf


def space_name(embedder: Embedder | None) -> str:
    """Names the folder or collection of this embedder's vectors; None: BM25 alone."""
    name = f"{LAYOUT}/{embedder.name}/{embedder.dimensions}" if embedder else f"{LAYOUT}/bm25"
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def mine(context: RequestContext) -> Condition:
    return Among("tenant", (str(context.tenant),))


def of_documents(ids: Sequence[DocumentId]) -> Condition:
    return Among("document", tuple(map(str, ids)))


def wanted(context: RequestContext, where: Where) -> list[Condition]:
    """What a search may find: the tenant's, what its labels allow, and of that what was asked for."""
    conditions: list[Condition] = [mine(context), Among("labels", (_EVERYBODY, *context.labels))]
    conditions += [Among(f'metadata."{name}"', (value,)) for name, value in where.metadata.items()]
    if where.sources is not None:
        conditions.append(Among("source", where.sources))
    if where.since is not None:
        conditions.append(NotBefore("modified_at", where.since.isoformat()))
    if where.passages is not None:
        conditions.append(OneOf(tuple(id_ for id_ in where.passages if is_uuid(id_))))
    return conditions


def payload(indexed: IndexedChunk, counted: Terms, context: RequestContext) -> dict[str, Any]:
    chunk, document = indexed.chunk, indexed.document
    modified = document.modified_at
    return {
        "tenant": str(context.tenant),
        "document": str(document.id),
        "source": document.source,
        "path": document.path,
        "title": document.title,
        "headings": list(chunk.headings),
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "place": chunk.place,
        "url": document.url,
        "language": document.language,
        "modified_at": modified.isoformat() if modified else None,
        "labels": list(document.labels) or [_EVERYBODY],
        "metadata": dict(document.metadata),
        "length": counted.length,
    }


def is_readable(payload: Mapping[str, Any], context: RequestContext) -> bool:
    labels = [label for label in payload["labels"] if label != _EVERYBODY]
    return payload["tenant"] == context.tenant and context.may_read(labels)


COUNTED_FIELDS = ("title", "headings", "text", "language")


def counted_again(payload: Mapping[str, Any]) -> Terms:
    """The terms of a stored point, from `COUNTED_FIELDS` of its payload."""
    chunk = Chunk(DocumentId(""), 0, 0, payload["text"], tuple(payload["headings"]))
    return terms(searchable(payload["title"], chunk), payload["language"])


def passage(id_: PassageId, payload: Mapping[str, Any]) -> Passage:
    return Passage(
        id=id_,
        document_id=DocumentId(payload["document"]),
        path=payload["path"],
        title=payload["title"],
        headings=tuple(payload["headings"]),
        start=payload["start"],
        end=payload["end"],
        text=payload["text"],
        score=0.0,
        place=payload["place"],
        url=payload["url"],
        modified_at=datetime.fromisoformat(payload["modified_at"]) if payload["modified_at"] else None,
        language=payload["language"],
        metadata=payload["metadata"],
    )


def is_uuid(text: str) -> bool:
    """Whether Qdrant takes it for an id; it refuses a whole request for one that it does not."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
