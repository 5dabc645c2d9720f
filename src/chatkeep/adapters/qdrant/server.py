"""The vector index: a Qdrant server or cluster, shared by as many processes as like.

Above: `knowledge.retrieve` and `knowledge.ingest`, through the `VectorIndex` protocol. Below: `calls`,
which retries and explains. A collection an embedder:

    <prefix>-<hash of the embedder>    points as `edge` has them; its metadata holds the generation,
                                       and one more point, of no tenant, what all writers must agree on

The generation comes into being with the collection, in one step, so two processes that open it at
once agree. BM25's average length is measured by a sample of the stored lengths, so that no count has to
be kept by several writers together; the length that points are weighed with is the collection's, and whoever
finds that the two have drifted apart weighs all points again.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self
from uuid import UUID, uuid5

import numpy as np
from qdrant_client import AsyncQdrantClient, models

from chatkeep.adapters.qdrant.calls import Calls, new_client
from chatkeep.adapters.qdrant.points import (
    COUNTED_FIELDS,
    DENSE,
    DRIFT,
    INDEXED_FIELDS,
    SPARSE,
    Among,
    Condition,
    OneOf,
    counted_again,
    is_readable,
    is_uuid,
    mine,
    of_documents,
    passage,
    payload,
    space_name,
    wanted,
)
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.documents import DocumentId, Passage, PassageId
from chatkeep.knowledge.protocols import ANYWHERE, Embedder, Hit, IndexedChunk, Legs, Vectors, Where
from chatkeep.knowledge.terms import TERMS_VERSION, Terms, query_terms, terms

_STATE = str(uuid5(UUID("c1f3bb9e-7f6d-5b43-9a5e-2f0f4b0f5a11"), "state"))
_LANGUAGE = "language_"  # a key each, since Qdrant merges keys: no writer undoes another's
_POINTS_A_CALL = 128
_SAMPLE = 1_000
_USUAL_LENGTH = 120.0  # until there is something to measure
_MEASURE_AFTER = 0.05  # of all points are new
_STATE_SECONDS = 30.0
_OLDEST, _WITH_TENANT_IDF = (1, 16), (1, 19)


@dataclass(frozen=True, slots=True)
class _State:
    """What all writers agree on.

    Attributes:
        weighed_with: the average length that points are weighed with.
        reweighing: a weighing of all points began and may not have ended.
        terms: the `TERMS_VERSION` that the points were counted by.
        complete: everything that was ever ingested is in here; False while this is to replace another.
        languages: of all documents ever indexed.
    """

    weighed_with: float
    reweighing: bool
    terms: int
    complete: bool
    languages: frozenset[str]


class QdrantServerIndex:
    """`VectorIndex` over `AsyncQdrantClient`. Open it with `open`; `close` closes its connections."""

    def __init__(
        self,
        calls: Calls,
        collection: str,
        generation: str,
        prefix: str,
        *,
        dense: bool,
        has_tenant_idf: bool,
    ) -> None:
        self._calls = calls
        self._collection = collection
        self._generation = generation
        self._prefix = prefix
        self._dense = dense
        self._has_tenant_idf = has_tenant_idf
        self._state: _State | None = None
        self._state_read = 0.0
        self._unmeasured = 0

    @classmethod
    async def open(
        cls,
        url: str,
        api_key: str | None,
        embedder: Embedder | None,
        *,
        prefix: str,
        patience: float,
        generation: str | None = None,
    ) -> Self:
        """The index for this embedder at `url`, made if it is not there; None: BM25 alone.

        Args:
            patience: seconds to wait for one reply.
            generation: of the collection if it has to be made; None: a new one.

        Raises:
            ConfigurationError: the server cannot be reached, refuses the key, or is too old.
        """
        calls = Calls(new_client(url, api_key, patience), url)
        try:
            return await cls.over(calls, embedder, prefix=prefix, generation=generation)
        except BaseException:
            await calls.close()
            raise

    @classmethod
    async def over(
        cls, calls: Calls, embedder: Embedder | None, *, prefix: str, generation: str | None = None
    ) -> Self:
        """The same, over a client that is there already."""
        version = await calls.version()
        if version is not None and version < _OLDEST:
            raise ConfigurationError(
                f"The Qdrant at {calls.url} is version {'.'.join(map(str, version))}; "
                f"chatkeep needs {'.'.join(map(str, _OLDEST))} or newer."
            )
        name = f"{prefix}-{space_name(embedder)}"
        dimensions = embedder.dimensions if embedder else None
        found = await _collection(calls, name, prefix, dimensions, generation or secrets.token_hex(8))
        has_tenant_idf = version is None or version >= _WITH_TENANT_IDF
        index = cls(calls, name, found, prefix, dense=embedder is not None, has_tenant_idf=has_tenant_idf)
        await index._read_state()
        return index

    @property
    def generation(self) -> str:
        return self._generation

    @property
    def collection(self) -> str:
        return self._collection

    @property
    def is_complete(self) -> bool:
        return self._state is None or self._state.complete

    async def finish(self) -> None:
        await self.flush()
        await self._write_state({"complete": True})
        await self._read_state()
        for other in await _others(self._calls, self._collection, self._prefix):
            await self._calls(_dropping(other))

    async def upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        for first in range(0, len(chunks), _POINTS_A_CALL):
            part = chunks[first : first + _POINTS_A_CALL]
            state = await self._agree_on_languages({chunk.document.language for chunk in part})
            counted = [terms(chunk.searchable, chunk.document.language) for chunk in part]
            points = [
                self._point(chunk, each, state.weighed_with, context)
                for chunk, each in zip(part, counted, strict=True)
            ]
            await self.write(points)

    async def write(self, points: Sequence[models.PointStruct]) -> None:
        """Insert or replace points as they are."""
        await self._calls(lambda client: client.upsert(self._collection, points, wait=True))
        self._unmeasured += len(points)

    async def delete_documents(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        if ids:
            chosen = models.FilterSelector(filter=_filter([mine(context), of_documents(ids)]))
            await self._calls(lambda client: client.delete(self._collection, chosen, wait=True))

    async def search(
        self,
        text: str,
        vector: Vectors | None,
        limit: int,
        context: RequestContext,
        where: Where = ANYWHERE,
    ) -> Legs:
        words = query_terms(text, (await self._recent_state()).languages)
        conditions = _filter(wanted(context, where))
        dense = vector is not None and self._dense
        requests = []
        if vector is not None and dense:
            requests.append(
                models.QueryRequest(query=vector.tolist(), using=DENSE, filter=conditions, limit=limit)
            )
        if words.indices:
            sparse = models.SparseVector(indices=words.indices, values=words.weights)
            requests.append(
                models.QueryRequest(
                    query=sparse, using=SPARSE, filter=conditions, limit=limit, params=self._rarity(context)
                )
            )
        if not requests:
            return Legs(dense=(), sparse=())
        found = await self._calls(lambda client: client.query_batch_points(self._collection, requests))
        legs = [[Hit(PassageId(str(point.id)), point.score) for point in each.points] for each in found]
        return Legs(dense=legs[0] if dense else (), sparse=legs[-1] if words.indices else ())

    def _rarity(self, context: RequestContext) -> models.SearchParams | None:
        """How rare a word is counts within the tenant: another's documents must not show in one's ranking."""
        if not self._has_tenant_idf:
            return None
        return models.SearchParams(idf=models.IdfCorpusParams(corpus=_filter([mine(context)])))

    async def passages(self, ids: Sequence[PassageId], context: RequestContext) -> list[Passage]:
        found = await self._records(ids, context, with_vectors=False)
        return [passage(id_, found[id_].payload or {}) for id_ in ids if id_ in found]

    async def vectors(self, ids: Sequence[PassageId], context: RequestContext) -> dict[PassageId, Vectors]:
        found = await self._records(ids, context, with_vectors=[DENSE])
        vectors = {}
        for id_, record in found.items():
            dense = record.vector.get(DENSE) if isinstance(record.vector, dict) else None
            if dense is not None:
                vectors[id_] = np.asarray(dense, dtype=np.float32)
        return vectors

    async def _records(
        self, ids: Sequence[PassageId], context: RequestContext, *, with_vectors: bool | list[str]
    ) -> dict[PassageId, models.Record]:
        """The stored points of `ids` that the context may read, in the order asked."""
        asked: list[Any] = [str(id_) for id_ in ids if is_uuid(id_) and id_ != _STATE]
        if not asked:
            return {}
        records = await self._calls(
            lambda client: client.retrieve(
                self._collection, asked, with_payload=True, with_vectors=with_vectors
            )
        )
        found = {PassageId(str(record.id)): record for record in records}
        return {
            id_: found[id_] for id_ in ids if id_ in found and is_readable(found[id_].payload or {}, context)
        }

    async def count(self, context: RequestContext) -> int:
        return await self._count(_filter([mine(context)]))

    async def _count(self, conditions: models.Filter) -> int:
        counted = await self._calls(
            lambda client: client.count(self._collection, count_filter=conditions, exact=True)
        )
        return int(counted.count)

    async def flush(self) -> None:
        """Every write was waited for, and so is on disk. What may be left is to weigh points again."""
        state = await self._read_state()
        if not (self._unmeasured or state.reweighing or state.terms != TERMS_VERSION):
            return
        everything = await self._count(_EVERY_CHUNK)
        is_new = self._unmeasured >= _MEASURE_AFTER * everything
        average = await self._average() if is_new else state.weighed_with
        if is_new:
            self._unmeasured = 0
        has_drifted = abs(average / state.weighed_with - 1) > DRIFT
        if has_drifted or state.reweighing or state.terms != TERMS_VERSION:
            await self._write_state({"weighed_with": average, "reweighing": True})
            await self._weigh_again(average)
            await self._write_state({"reweighing": False, "terms": TERMS_VERSION})

    async def _average(self) -> float:
        """The mean length of all chunks, by a sample of them."""
        sample = models.SampleQuery(sample=models.Sample.RANDOM)
        found = await self._calls(
            lambda client: client.query_points(
                self._collection,
                query=sample,
                query_filter=_EVERY_CHUNK,
                limit=_SAMPLE,
                with_payload=["length"],
            )
        )
        lengths = [point.payload["length"] for point in found.points if point.payload]
        return max(sum(lengths) / len(lengths), 1.0) if lengths else _USUAL_LENGTH

    async def _weigh_again(self, average: float) -> None:
        offset: Any = None
        while True:
            records, offset = await self.page(offset, list(COUNTED_FIELDS))
            points = [
                models.PointVectors(id=record.id, vector=_weighed(counted_again(record.payload), average))
                for record in records
                if record.payload
            ]
            if points:
                await self._calls(self._update_vectors(points))
            if offset is None:
                return

    def _update_vectors(self, points: list[models.PointVectors]) -> Any:
        return lambda client: client.update_vectors(self._collection, points, wait=True)

    async def page(self, offset: Any, fields: bool | list[str]) -> tuple[list[models.Record], Any]:
        """Some chunks of all tenants, without vectors, and where the next page begins; None: this was all."""
        records, following = await self._calls(
            lambda client: client.scroll(
                self._collection,
                scroll_filter=_EVERY_CHUNK,
                limit=_POINTS_A_CALL,
                offset=offset,
                with_payload=fields,
                with_vectors=False,
            )
        )
        return records, following

    async def total(self) -> int:
        """How many chunks all tenants have."""
        return await self._count(_EVERY_CHUNK)

    async def adopt(self, weighed_with: float, languages: Sequence[str], *, complete: bool) -> bool:
        """Take over what another index weighed its points with. Whether it was so before."""
        weighed_with = weighed_with or _USUAL_LENGTH
        before = await self._read_state()
        known = {f"{_LANGUAGE}{language}": True for language in languages}
        state = {"weighed_with": weighed_with, "terms": TERMS_VERSION, "complete": complete, **known}
        await self._write_state(state)
        return before.weighed_with == weighed_with

    async def payloads(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What is stored with those points that are there."""
        asked: list[Any] = list(ids)
        if not asked:
            return {}
        records = await self._calls(
            lambda client: client.retrieve(self._collection, asked, with_payload=True, with_vectors=False)
        )
        return {str(record.id): record.payload or {} for record in records}

    async def remove(self, ids: Sequence[str]) -> None:
        for first in range(0, len(ids), _SAMPLE):
            some: list[Any] = list(ids[first : first + _SAMPLE])
            await self._calls(self._removal(some))

    def _removal(self, ids: list[Any]) -> Any:
        chosen = models.PointIdsList(points=ids)
        return lambda client: client.delete(self._collection, chosen, wait=True)

    async def optimize(self) -> bool:
        """The server does so by itself."""
        return False

    async def check(self) -> None:
        await self._calls.check()

    async def close(self) -> None:
        await self._calls.close()

    def _point(
        self, indexed: IndexedChunk, counted: Terms, average: float, context: RequestContext
    ) -> models.PointStruct:
        vectors: dict[str, Any] = _weighed(counted, average)
        if indexed.vector is not None and self._dense:
            vectors[DENSE] = indexed.vector.tolist()
        return models.PointStruct(
            id=str(indexed.id), vector=vectors, payload=payload(indexed, counted, context)
        )

    async def _agree_on_languages(self, languages: set[str]) -> _State:
        state = await self._read_state()
        unknown = languages - state.languages
        if unknown:
            await self._write_state({f"{_LANGUAGE}{language}": True for language in unknown})
            self._state = state = await self._read_state()
        return state

    async def _recent_state(self) -> _State:
        if self._state is None or monotonic() - self._state_read > _STATE_SECONDS:
            return await self._read_state()
        return self._state

    async def _read_state(self) -> _State:
        records = await self._calls(
            lambda client: client.retrieve(self._collection, [_STATE], with_payload=True)
        )
        kept: Mapping[str, Any] = (records[0].payload or {}) if records else {}
        self._state = _State(
            weighed_with=float(kept.get("weighed_with", _USUAL_LENGTH)),
            reweighing=bool(kept.get("reweighing", False)),
            terms=int(kept.get("terms", TERMS_VERSION)),
            complete=bool(kept.get("complete", True)),
            languages=frozenset(key.removeprefix(_LANGUAGE) for key in kept if key.startswith(_LANGUAGE)),
        )
        self._state_read = monotonic()
        return self._state

    async def _write_state(self, changes: Mapping[str, Any]) -> None:
        """Merge `changes` into the state; keys that others wrote stay as they are."""
        await self._calls(
            lambda client: client.set_payload(self._collection, dict(changes), points=[_STATE], wait=True)
        )


async def _collection(calls: Calls, name: str, prefix: str, dimensions: int | None, generation: str) -> str:
    """Make the collection and all it needs, as far as it is not there. Returns its generation."""
    exists = await calls(lambda client: client.collection_exists(name))
    if not exists:
        await calls.unless_there(lambda client: _create(client, name, dimensions, generation))
    info = await calls(lambda client: client.get_collection(name))
    kept = (info.config.metadata or {}).get("generation")
    if not isinstance(kept, str):
        raise ConfigurationError(
            f"The collection {name} at {calls.url} was not made by chatkeep. "
            "Choose another QDRANT_COLLECTION."
        )
    for field, kind in INDEXED_FIELDS.items():
        if field not in info.payload_schema:
            await calls(_index_field(name, field, kind))
    if not await calls(lambda client: client.retrieve(name, [_STATE], with_payload=False)):
        is_alone = not await _others(calls, name, prefix)
        state = models.PointStruct(
            id=_STATE, vector={}, payload={"terms": TERMS_VERSION, "complete": is_alone}
        )
        await calls(lambda client: client.upsert(name, [state], wait=True))
    return kept


async def _others(calls: Calls, name: str, prefix: str) -> list[str]:
    """The collections of other embedders."""
    ours = re.compile(rf"{re.escape(prefix)}-[0-9a-f]{{16}}")
    found = await calls(lambda client: client.get_collections())
    return [each.name for each in found.collections if ours.fullmatch(each.name) and each.name != name]


def _dropping(name: str) -> Any:
    return lambda client: client.delete_collection(name)


async def _create(client: AsyncQdrantClient, name: str, dimensions: int | None, generation: str) -> bool:
    dense = (
        {DENSE: models.VectorParams(size=dimensions, distance=models.Distance.COSINE)}
        if dimensions is not None
        else {}
    )
    return await client.create_collection(
        name,
        vectors_config=dense,
        sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        metadata={"generation": generation},
    )


def _index_field(name: str, field: str, kind: str) -> Any:
    schema: Any = {
        "tenant": models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True),
        "keyword": models.PayloadSchemaType.KEYWORD,
        "datetime": models.PayloadSchemaType.DATETIME,
    }[kind]
    return lambda client: client.create_payload_index(name, field, field_schema=schema, wait=True)


def _weighed(counted: Terms, average: float) -> dict[str, Any]:
    return {SPARSE: models.SparseVector(indices=counted.indices, values=counted.weights(average))}


def _filter(conditions: Sequence[Condition]) -> models.Filter:
    return models.Filter(must=[_condition(condition) for condition in conditions])


def _condition(condition: Condition) -> models.FieldCondition | models.HasIdCondition:
    if isinstance(condition, OneOf):
        return models.HasIdCondition(has_id=list(condition.ids))
    if isinstance(condition, Among):
        one = len(condition.values) == 1
        match = (
            models.MatchValue(value=condition.values[0])
            if one
            else models.MatchAny(any=list(condition.values))
        )
        return models.FieldCondition(key=condition.field, match=match)
    return models.FieldCondition(key=condition.field, range=models.DatetimeRange(gte=condition.time))


_EVERY_CHUNK = models.Filter(must_not=[models.HasIdCondition(has_id=[_STATE])])
