"""`VectorIndex` over Postgres. Any number of processes may have it open and write to it at once.

Above: `open_index` of this package. Below: `schema` and `queries`, over a small pool of asyncpg's. A
write is one transaction, in which the tenant's row is locked first: its sums are always those of its
chunks. A connection that breaks is replaced and the call repeated once, which is safe, for each call does
the same when done twice.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import anyio.to_thread
import asyncpg
import numpy as np
import orjson

from chatkeep.adapters.pgvector.queries import Query, Tenant, best_by_words, nearest, readable, uuids
from chatkeep.adapters.pgvector.schema import Space, complete, prepared
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import ChatkeepError, ConfigurationError, NotReady
from chatkeep.knowledge.documents import DocumentId, Passage, PassageId
from chatkeep.knowledge.protocols import ANYWHERE, Embedder, Hit, IndexedChunk, Legs, Vectors, Where
from chatkeep.knowledge.terms import Terms, query_terms, terms

T = TypeVar("T")

_CONNECTIONS = 4
_SECONDS = 60.0  # for one statement
_CONNECT_SECONDS = 10.0
_CHUNKS_A_WRITE = 128
# A plan that is right for any tenant and any limit is right for none: each search is planned for its own.
_SEARCH = (
    "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL jit = off; "
    "SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL hnsw.ef_search = {ef}"
)
_MOST_EF = 1000
_COLUMNS = (
    "tenant, key, id, document, length, modified_at, source, labels, metadata, path, title, headings, first, "
    "past, place, url, language, body, vector"
)
_PASSAGE = (
    "id, document, modified_at, metadata, path, title, headings, first, past, place, url, language, body"
)
_BROKEN = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)


class PgVectorIndex:
    """Open it with `open`; `close` lets go of the connections."""

    def __init__(self, pool: asyncpg.Pool, space: Space, server: str) -> None:
        self._pool = pool
        self._space = space
        self._server = server

    @classmethod
    async def open(cls, url: str, embedder: Embedder | None) -> Self:
        """The index of the database at `url` for this embedder; None: BM25 alone.

        Raises:
            ConfigurationError: the database cannot be reached or used.
        """
        server = urlsplit(url).hostname or "the local socket"
        try:
            # The extension must be there before a connection can know its types.
            first = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
            try:
                space = await prepared(first, embedder)
            finally:
                await first.close()
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=_CONNECTIONS,
                init=_teach_types,
                command_timeout=_SECONDS,
                timeout=_CONNECT_SECONDS,
            )
        except (ValueError, asyncpg.ClientConfigurationError):
            raise ConfigurationError(
                "CHATKEEP_PGVECTOR_URL is not the address of a Postgres, such as "
                "postgresql://user@host:5432/database."
            ) from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise ConfigurationError(
                f"The Postgres of CHATKEEP_PGVECTOR_URL ({server}) cannot be used: {_reason(error)}."
            ) from None
        return cls(pool, space, server)

    @property
    def generation(self) -> str:
        return self._space.generation

    @property
    def is_complete(self) -> bool:
        return self._space.complete

    async def finish(self) -> None:
        await self._run(partial(complete, space=self._space))
        self._space = replace(self._space, complete=True)

    async def upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        once = list({chunk.id: chunk for chunk in chunks}.values())
        for begin in range(0, len(once), _CHUNKS_A_WRITE):
            part = once[begin : begin + _CHUNKS_A_WRITE]
            counted = await anyio.to_thread.run_sync(_counted, part)
            await self._run(partial(self._upsert, chunks=part, counted=counted, context=context))

    async def delete_documents(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        gone = uuids(ids)

        async def forget(connection: asyncpg.Connection) -> None:
            await self._forget(connection, await self._locked(connection, context), "document", gone)

        if gone:
            await self._run(forget)

    async def search(
        self,
        text: str,
        vector: Vectors | None,
        limit: int,
        context: RequestContext,
        where: Where = ANYWHERE,
    ) -> Legs:
        async def both(connection: asyncpg.Connection) -> Legs:
            tenant = await self._tenant(connection, context)
            if tenant is None or not tenant.chunks:
                return Legs(dense=(), sparse=())
            await connection.execute(_SEARCH.format(ef=min(max(limit, 40), _MOST_EF)))
            dense: list[Hit] = []
            if vector is not None and self._space.dimensions is not None:
                dense = await _hits(connection, nearest(self._space, vector, tenant, limit, context, where))
            words = query_terms(text, tenant.languages)
            if not words.indices:
                return Legs(dense=dense, sparse=())
            sparse = best_by_words(self._space, words, tenant, limit, context, where)
            return Legs(dense=dense, sparse=await _hits(connection, sparse))

        return await self._run(both)

    async def passages(self, ids: Sequence[PassageId], context: RequestContext) -> list[Passage]:
        rows = await self._rows(ids, context, _PASSAGE)
        found = {str(row["id"]): _passage(row) for row in rows}
        return [found[id_] for id_ in ids if id_ in found]

    async def vectors(self, ids: Sequence[PassageId], context: RequestContext) -> dict[PassageId, Vectors]:
        rows = await self._rows(ids, context, "id, vector")
        return {PassageId(str(row["id"])): row["vector"] for row in rows if row["vector"] is not None}

    async def count(self, context: RequestContext) -> int:
        tenant = await self._run(lambda connection: self._tenant(connection, context))
        return tenant.chunks if tenant else 0

    async def flush(self) -> None:
        """Nothing to do: what was written is committed."""

    async def optimize(self) -> bool:
        """Bring the planner's knowledge of the tables up to date; the graph is always whole."""
        await self._run(
            lambda connection: connection.execute(f"ANALYZE {self._space.chunks}, {self._space.postings}")
        )
        return True

    async def check(self) -> None:
        """Raises: NotReady: the database cannot be reached just now."""
        await self._run(lambda connection: connection.fetchval("SELECT 1"))

    async def close(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._pool.close()
                return
        self._pool.terminate()

    async def _rows(self, ids: Sequence[PassageId], context: RequestContext, columns: str) -> list[Any]:
        wanted = uuids(ids)
        if not wanted:
            return []
        query = Query()
        sql = (
            f"SELECT {columns} FROM {self._space.chunks} AS chunk "
            f"JOIN {self._space.tenants} AS tenant ON tenant.number = chunk.tenant "
            f"WHERE tenant.name = {query.add(str(context.tenant))} AND id = ANY({query.add(wanted)}::uuid[]) "
            f"AND {readable(query, context)}"
        )
        return await self._run(lambda connection: connection.fetch(sql, *query.arguments))

    async def _tenant(self, connection: asyncpg.Connection, context: RequestContext) -> Tenant | None:
        row = await connection.fetchrow(
            f"SELECT number, chunks, length, languages FROM {self._space.tenants} WHERE name = $1",
            str(context.tenant),
        )
        return Tenant(row["number"], row["chunks"], row["length"], tuple(row["languages"])) if row else None

    async def _upsert(
        self,
        connection: asyncpg.Connection,
        chunks: Sequence[IndexedChunk],
        counted: Sequence[Terms],
        context: RequestContext,
    ) -> None:
        tenant = await self._locked(connection, context)
        await self._forget(connection, tenant, "id", [UUID(chunk.id) for chunk in chunks])
        await connection.execute(
            f"UPDATE {self._space.tenants} SET chunks = chunks + $2, length = length + $3, "
            "languages = ARRAY(SELECT DISTINCT unnest(languages || $4::text[]) ORDER BY 1) WHERE number = $1",
            tenant,
            len(chunks),
            sum(each.length for each in counted),
            sorted({chunk.document.language for chunk in chunks}),
        )
        sequence = f"{self._space.chunks}_key_seq"
        keys = [
            row["key"]
            for row in await connection.fetch(
                "SELECT nextval($1::regclass) AS key FROM generate_series(1, $2)", sequence, len(chunks)
            )
        ]
        rows = [
            (tenant, key, *_record(chunk, each.length))
            for key, chunk, each in zip(keys, chunks, counted, strict=True)
        ]
        schema, _, table = self._space.chunks.partition(".")
        await connection.copy_records_to_table(
            table, schema_name=schema, columns=_COLUMNS.split(", "), records=rows
        )
        postings = chain.from_iterable(
            (
                (tenant, term, key, count, each.length)
                for term, count in zip(each.indices, each.counts, strict=True)
            )
            for key, each in zip(keys, counted, strict=True)
        )
        schema, _, table = self._space.postings.partition(".")
        await connection.copy_records_to_table(
            table,
            schema_name=schema,
            columns=["tenant", "term", "chunk", "count", "length"],
            records=postings,
        )

    async def _locked(self, connection: asyncpg.Connection, context: RequestContext) -> int:
        """The tenant's number. Its row stays locked until the transaction ends: its writers take turns."""
        name, found = (
            str(context.tenant),
            f"SELECT number FROM {self._space.tenants} WHERE name = $1 FOR UPDATE",
        )
        number: int | None = await connection.fetchval(found, name)
        if number is None:
            await connection.execute(
                f"INSERT INTO {self._space.tenants} (name) VALUES ($1) ON CONFLICT DO NOTHING", name
            )
            number = await connection.fetchval(found, name)
        assert number is not None  # noqa: S101 - tenants are never deleted
        return number

    async def _forget(
        self, connection: asyncpg.Connection, tenant: int, column: str, ids: Sequence[UUID]
    ) -> None:
        await connection.execute(
            f"WITH gone AS (DELETE FROM {self._space.chunks} "
            f"WHERE tenant = $1 AND {column} = ANY($2::uuid[]) RETURNING key, length), "
            f"words AS (DELETE FROM {self._space.postings} USING gone WHERE chunk = gone.key) "
            f"UPDATE {self._space.tenants} SET chunks = chunks - (SELECT count(*) FROM gone), "
            "length = length - (SELECT coalesce(sum(length), 0) FROM gone) WHERE number = $1",
            tenant,
            list(ids),
        )

    async def _run(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """Do `work` in one transaction; once more if the connection turns out to be broken."""
        for attempt in (1, 2):
            try:
                async with (
                    self._pool.acquire(timeout=_CONNECT_SECONDS) as connection,
                    connection.transaction(),
                ):
                    return await work(connection)
            except _BROKEN as error:
                if attempt == 2:
                    raise self._unavailable(error) from None
                await self._pool.expire_connections()
            except TimeoutError as error:
                raise self._unavailable(error) from None
            except (asyncpg.DeadlockDetectedError, asyncpg.TooManyConnectionsError) as error:
                raise self._unavailable(error) from None
            except asyncpg.UndefinedTableError:
                raise ConfigurationError(
                    f"The tables of the index on {self._server} are gone. "
                    "Start chatkeep again to make them anew."
                ) from None
        raise AssertionError("unreachable")

    def _unavailable(self, error: Exception) -> ChatkeepError:
        return NotReady(f"The search index on {self._server} cannot be reached: {_reason(error)}. Try again.")


async def _hits(connection: asyncpg.Connection, query: Query) -> list[Hit]:
    rows = await connection.fetch(query.sql, *query.arguments)
    return [Hit(PassageId(str(row["id"])), float(row["score"])) for row in rows]


def _counted(chunks: Sequence[IndexedChunk]) -> list[Terms]:
    return [terms(chunk.searchable, chunk.document.language) for chunk in chunks]


def _record(indexed: IndexedChunk, length: int) -> tuple[Any, ...]:
    """A row, in the order of `_COLUMNS`, behind tenant and key."""
    chunk, document = indexed.chunk, indexed.document
    return (
        UUID(indexed.id),
        UUID(document.id),
        length,
        document.modified_at,
        _storable(document.source),
        list(document.labels),
        {_storable(name): _storable(value) for name, value in document.metadata.items()},
        _storable(document.path),
        _storable(document.title),
        [_storable(heading) for heading in chunk.headings],
        chunk.start,
        chunk.end,
        _storable(chunk.place),
        _storable(document.url),
        document.language,
        _storable(chunk.text),
        indexed.vector,
    )


def _storable(text: str) -> str:
    """Postgres' text has no NUL; what is shown in its place has the same length."""
    return text.replace("\0", "\ufffd")


def _passage(row: Any) -> Passage:
    return Passage(
        id=PassageId(str(row["id"])),
        document_id=DocumentId(str(row["document"])),
        path=row["path"],
        title=row["title"],
        headings=tuple(row["headings"]),
        start=row["first"],
        end=row["past"],
        text=row["body"],
        score=0.0,
        place=row["place"],
        url=row["url"],
        modified_at=row["modified_at"],
        language=row["language"],
        metadata=row["metadata"],
    )


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


async def _teach_types(connection: asyncpg.Connection) -> None:
    """What a connection must know of JSON, and of vectors: (length, 0, numbers) in network order."""
    schema = await connection.fetchval(
        "SELECT nspname FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace "
        "WHERE extname = 'vector'"
    )
    await connection.set_type_codec(
        "vector", schema=schema, encoder=_encoded, decoder=_decoded, format="binary"
    )
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        format="binary",
    )


def _encoded(vector: Vectors) -> bytes:
    return struct.pack(">HH", len(vector), 0) + vector.astype(">f4").tobytes()


def _decoded(data: bytes) -> Vectors:
    return np.frombuffer(data, dtype=">f4", offset=4).astype(np.float32)
