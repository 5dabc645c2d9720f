"""`SqlDocuments`: the text of ingested documents, and what is known of their freshness.

Above: `knowledge` through its `DocumentStore` protocol. Below: `engine.Database`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from chatkeep.adapters.sql.engine import Database
from chatkeep.adapters.sql.schema import documents
from chatkeep.adapters.sql.times import from_microseconds, to_microseconds
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import NotFound
from chatkeep.knowledge.documents import Document, DocumentId, Landmark
from chatkeep.knowledge.protocols import KnownSource

_IDS_A_QUERY = 500


class SqlDocuments:
    """A `DocumentStore` in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fingerprints(
        self, source: str, context: RequestContext
    ) -> Mapping[str, tuple[DocumentId, str]]:
        query = select(documents.c.path, documents.c.id, documents.c.fingerprint).where(
            documents.c.tenant_id == context.tenant, documents.c.source == source
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row.path: (DocumentId(row.id), row.fingerprint) for row in rows}

    async def sources(self, context: RequestContext) -> list[KnownSource]:
        query = (
            select(
                documents.c.source,
                func.count().label("documents"),
                func.max(documents.c.ingested_at).label("ingested_at"),
            )
            .where(documents.c.tenant_id == context.tenant)
            .group_by(documents.c.source)
            .order_by(documents.c.source)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [KnownSource(row.source, row.documents, from_microseconds(row.ingested_at)) for row in rows]

    async def save(self, document: Document, context: RequestContext) -> None:
        own = (documents.c.tenant_id == context.tenant, documents.c.id == document.id)
        values = {
            "source": document.source,
            "path": document.path,
            "title": document.title,
            "format": document.format,
            "fingerprint": document.fingerprint,
            "ingested_at": to_microseconds(document.ingested_at),
            "text": document.text,
            "details": _DETAILS.dump_json(_Details.of(document)).decode(),
        }

        def write(connection: Connection) -> None:
            if connection.execute(update(documents).where(*own).values(values)).rowcount == 0:
                row = {"tenant_id": context.tenant, "id": document.id, **values}
                connection.execute(insert(documents).values(row))

        await self._database.write(write)

    async def load(self, document_id: DocumentId, context: RequestContext) -> Document:
        query = select(documents).where(
            documents.c.tenant_id == context.tenant, documents.c.id == document_id
        )
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        document = None if row is None else _document(row)
        if document is None or not context.may_read(document.labels):
            raise NotFound(f"There is no document {document_id!r}.")
        return document

    async def page(self, after: DocumentId | None, limit: int, context: RequestContext) -> list[Document]:
        query = select(documents).where(
            documents.c.tenant_id == context.tenant, documents.c.id > (after or "")
        )

        def read(connection: Connection) -> list[Document]:
            return [_document(row) for row in connection.execute(query.order_by(documents.c.id).limit(limit))]

        return await self._database.read(read)

    async def some(self, limit: int, context: RequestContext) -> list[Document]:
        mine = documents.c.tenant_id == context.tenant

        def read(connection: Connection) -> list[Document]:
            rows = connection.execute(select(documents).where(mine).order_by(documents.c.path))
            return list(
                islice((each for row in rows if context.may_read((each := _document(row)).labels)), limit)
            )

        return await self._database.read(read)

    async def labels(
        self, ids: Sequence[DocumentId], context: RequestContext
    ) -> Mapping[DocumentId, tuple[str, ...]]:
        query = select(documents.c.id, documents.c.details).where(
            documents.c.tenant_id == context.tenant, documents.c.id.in_(bindparam("ids", expanding=True))
        )

        def read(connection: Connection) -> dict[DocumentId, tuple[str, ...]]:
            found: dict[DocumentId, tuple[str, ...]] = {}
            for first in range(0, len(ids), _IDS_A_QUERY):
                some = list(ids[first : first + _IDS_A_QUERY])
                for row in connection.execute(query, {"ids": some}):
                    found[DocumentId(row.id)] = _DETAILS.validate_json(row.details).labels
            return found

        return await self._database.read(read)

    async def delete(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        if not ids:
            return
        statement = delete(documents).where(
            documents.c.tenant_id == context.tenant, documents.c.id == bindparam("document_id")
        )
        gone = [{"document_id": document_id} for document_id in ids]
        await self._database.write(lambda connection: connection.execute(statement, gone))

    async def count(self, context: RequestContext) -> int:
        query = select(func.count()).select_from(documents).where(documents.c.tenant_id == context.tenant)
        return await self._database.read(lambda connection: connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class _Details:
    """What is read with a document and never searched for here."""

    landmarks: tuple[Landmark, ...] = ()
    language: str = ""
    modified_at: datetime | None = None
    url: str = ""
    labels: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> "_Details":
        return cls(**{each.name: getattr(document, each.name) for each in fields(cls)})


_DETAILS: TypeAdapter[_Details] = TypeAdapter(_Details)


def _document(row: Row[Any]) -> Document:
    details = _DETAILS.validate_json(row.details)
    return Document(
        id=DocumentId(row.id),
        source=row.source,
        path=row.path,
        title=row.title,
        format=row.format,
        text=row.text,
        fingerprint=row.fingerprint,
        ingested_at=from_microseconds(row.ingested_at),
        **{each.name: getattr(details, each.name) for each in fields(details)},
    )
