"""The vector index: Qdrant's engine inside this process, one shard in the data directory.

Above: `knowledge.retrieve` and `knowledge.ingest`, through the `VectorIndex` protocol. Below: `folder`, where
it lies. Each call runs in one worker thread, since the engine blocks.

Another embedder opens another folder, empty at first. The old one stays until `finish` says that all is in
the new one. The generation is new with each folder and part of every document's fingerprint, so whatever was
ingested into a folder that is gone is ingested again.

BM25's average length is measured, not assumed. Every point is weighed with the same average. When the
running average of all chunks ever indexed has drifted by a tenth, `flush` weighs every point again from
its stored text, which needs no embedder and happens a handful of times in the growth of a corpus.

**Why optimising is another process's.** It builds the search graph and holds the interpreter meanwhile, for a
minute at 100,000 points. So the shard is copied, a child optimises the copy, and the copy takes the place of
the shard. What was written meanwhile is carried over: of each document that was touched, all chunks as they
are now. The one step that counts is the writing of `state.json`, which names the shard: killed before it,
the old shard is there with all that was flushed; killed after it, the new one is.
"""

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import anyio
import anyio.to_thread
import filelock
import numpy as np
import qdrant_edge as edge

from chatkeep.adapters.qdrant.folder import (
    State,
    create,
    locked,
    map_ahead,
    new_shard_name,
    read_ahead,
    read_state,
    remove_leftovers,
    remove_others,
    write_state,
)
from chatkeep.adapters.qdrant.optimizing import optimize_elsewhere
from chatkeep.adapters.qdrant.points import (
    COUNTED_FIELDS,
    DENSE,
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
from chatkeep.knowledge.protocols import (
    ANYWHERE,
    Embedder,
    Hit,
    IndexedChunk,
    Legs,
    Vectors,
    Where,
)
from chatkeep.knowledge.terms import TERMS_VERSION, Terms, query_terms, terms

T = TypeVar("T")

_POINTS_AN_UPDATE = 128
_DOCUMENTS_A_STEP = 64
_WORTH_OPTIMIZING = 20_000  # below this many points, exact search is as fast as a graph


class EdgeIndex:
    """`VectorIndex` over `qdrant_edge.EdgeShard`. Open it with `open`; `close` lets go of the lock."""

    def __init__(
        self, folder: Path, lock: filelock.BaseFileLock, *, dense: bool, worth_optimizing: int
    ) -> None:
        self._folder = folder
        self._lock = lock
        self._dense = dense
        self._worth_optimizing = worth_optimizing
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._writing = anyio.Lock()
        self._state = read_state(folder)
        remove_leftovers(folder, self._state)
        self._shard = _load(folder / self._state.shard)
        self._meanwhile: _Meanwhile | None = None

    @classmethod
    async def open(
        cls, data_dir: Path, embedder: Embedder | None, *, worth_optimizing: int = _WORTH_OPTIMIZING
    ) -> Self:
        """The index of `data_dir` for this embedder; None: BM25 alone.

        Args:
            worth_optimizing: how many chunks must have been written since the last time.

        Raises:
            DataDirectoryInUse: another process has it open.
            ConfigurationError: the folder cannot be written, or its content cannot be read.
        """
        return await anyio.to_thread.run_sync(cls._open, data_dir, embedder, worth_optimizing)

    @classmethod
    def _open(cls, data_dir: Path, embedder: Embedder | None, worth_optimizing: int) -> Self:
        data_dir = data_dir.absolute()
        lock = locked(data_dir)
        try:
            folder = data_dir / "index" / space_name(embedder)
            if not folder.exists():
                create(folder, embedder.dimensions if embedder else None)
            try:
                return cls(folder, lock, dense=embedder is not None, worth_optimizing=worth_optimizing)
            except Exception as error:  # the engine raises nothing narrower
                raise ConfigurationError(
                    f"The search index in {folder} cannot be opened ({error}). "
                    "Delete that folder; the documents are then ingested again."
                ) from error
        except BaseException:
            lock.release()
            raise

    @property
    def generation(self) -> str:
        return self._state.generation

    @property
    def is_complete(self) -> bool:
        return self._state.complete

    async def finish(self) -> None:
        async with self._writing:
            await self._in_thread(self._finish)

    async def upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        for first in range(0, len(chunks), _POINTS_AN_UPDATE):
            part = chunks[first : first + _POINTS_AN_UPDATE]
            async with self._writing:
                self._touch(chunk.document.id for chunk in part)
                await self._in_thread(partial(self._upsert, part, context))

    async def delete_documents(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        if ids:
            chosen = _filter([mine(context), of_documents(ids)])
            operation = edge.UpdateOperation.delete_points_by_filter(chosen)
            async with self._writing:
                self._touch(ids)
                await self._in_thread(lambda: self._shard.update(operation))

    async def search(
        self,
        text: str,
        vector: Vectors | None,
        limit: int,
        context: RequestContext,
        where: Where = ANYWHERE,
    ) -> Legs:
        if not self._state.chunks:  # nothing was ever indexed
            return Legs(dense=(), sparse=())
        corpus = _filter([mine(context)])
        conditions = _filter(wanted(context, where))
        words = query_terms(text, self._state.languages)
        dense = vector is not None and self._dense
        requests = []
        if vector is not None and dense:
            nearest = edge.Query.Nearest(vector.tolist(), using=DENSE)
            requests.append(
                edge.QueryRequest(limit=limit, query=nearest, filter=conditions, with_payload=False)
            )
        if words.indices:
            # How rare a word is counts within the tenant: another's documents must not show in one's ranking.
            params = edge.SearchParams(idf=edge.IdfParams(corpus=corpus))
            nearest = edge.Query.Nearest(edge.SparseVector(words.indices, words.weights), using=SPARSE)
            requests.append(
                edge.QueryRequest(
                    limit=limit, query=nearest, filter=conditions, with_payload=False, params=params
                )
            )
        if not requests:
            return Legs(dense=(), sparse=())
        found = await self._in_thread(lambda: self._shard.query_batch(edge.QueryBatchRequest(requests)))
        legs = [[Hit(PassageId(str(point.id)), point.score) for point in points] for points in found]
        return Legs(dense=legs[0] if dense else (), sparse=legs[-1] if words.indices else ())

    async def passages(self, ids: Sequence[PassageId], context: RequestContext) -> list[Passage]:
        found = await self._records(ids, context, with_vector=False)
        return [passage(id_, found[id_].payload or {}) for id_ in ids if id_ in found]

    async def vectors(self, ids: Sequence[PassageId], context: RequestContext) -> dict[PassageId, Vectors]:
        found = await self._records(ids, context, with_vector=True)
        dense = {id_: (record.vector or {}).get(DENSE) for id_, record in found.items()}
        return {
            id_: np.asarray(vector, dtype=np.float32) for id_, vector in dense.items() if vector is not None
        }

    async def _records(
        self, ids: Sequence[PassageId], context: RequestContext, *, with_vector: bool
    ) -> dict[PassageId, Any]:
        """The stored points of `ids` that the context may read."""
        wanted: list[Any] = [str(id_) for id_ in ids if is_uuid(id_)]
        if not wanted:
            return {}
        records = await self._in_thread(lambda: self._shard.retrieve(wanted, True, with_vector))
        return {
            PassageId(str(record.id)): record
            for record in records
            if record.payload and is_readable(record.payload, context)
        }

    async def count(self, context: RequestContext) -> int:
        request = edge.CountRequest(filter=_filter([mine(context)]))
        return int(await self._in_thread(lambda: self._shard.count(request)))

    async def flush(self) -> None:
        async with self._writing:
            await self._in_thread(self._flush)

    async def optimize(self) -> bool:
        async with self._writing:
            if self._meanwhile is not None or self._state.written < self._worth_optimizing:
                return False
            copy = self._folder / new_shard_name()
            meanwhile = self._meanwhile = _Meanwhile(set(), self._state)
        try:
            async with self._writing:
                await self._in_thread(self._flush)
                # Searches go on: a shard that is not written to does not change on disk.
                await anyio.to_thread.run_sync(shutil.copytree, self._folder / self._state.shard, copy)
            await optimize_elsewhere(copy)
            async with self._writing:
                await self._take(copy, meanwhile)
        finally:
            self._meanwhile = None
            if copy.name != self._state.shard:
                shutil.rmtree(copy, ignore_errors=True)
        return True

    @property
    def weighed_with(self) -> float:
        """The average length that points are weighed with; 0: there are none yet."""
        return self._state.weighed_with

    @property
    def languages(self) -> Sequence[str]:
        """Of all documents ever indexed."""
        return self._state.languages

    async def total(self) -> int:
        """How many chunks all tenants have."""
        return int(await self._in_thread(lambda: self._shard.count(edge.CountRequest())))

    async def page(self, offset: Any) -> tuple[list[Any], Any]:
        """Some points of all tenants, whole, and where the next page begins; None: this was all."""
        request = edge.ScrollRequest(
            offset=offset, limit=_POINTS_AN_UPDATE, with_payload=True, with_vector=True
        )
        records, following = await self._in_thread(lambda: self._shard.scroll(request))
        return records, following

    async def check(self) -> None:
        """Nothing to reach: it is in this process."""

    async def close(self) -> None:
        async with self._writing:
            await self._in_thread(self._close)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._one_at_a_time)

    def _upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        counted = [terms(chunk.searchable, chunk.document.language) for chunk in chunks]
        state = replace(
            self._state,
            chunks=self._state.chunks + len(chunks),
            written=self._state.written + len(chunks),
            length=self._state.length + sum(each.length for each in counted),
            languages=sorted({*self._state.languages, *(chunk.document.language for chunk in chunks)}),
        )
        self._state = replace(state, weighed_with=state.weighed_with or max(state.average, 1.0))
        points = [self._point(chunk, each, context) for chunk, each in zip(chunks, counted, strict=True)]
        self._shard.update(edge.UpdateOperation.upsert_points(points))

    def _point(self, indexed: IndexedChunk, counted: Terms, context: RequestContext) -> Any:
        vectors: dict[str, Any] = {SPARSE: self._weighed(counted)}
        if indexed.vector is not None and self._dense:
            vectors[DENSE] = indexed.vector.tolist()
        return edge.Point(str(indexed.id), vectors, payload(indexed, counted, context))

    def _flush(self) -> None:
        state = self._state
        if state.has_drifted or state.reweighing or state.terms != TERMS_VERSION:
            self._state = replace(state, weighed_with=max(state.average, 1.0), reweighing=True)
            write_state(self._folder, self._state)
            self._weigh_again(self._shard)
        self._shard.flush()
        self._state = replace(self._state, reweighing=False, terms=TERMS_VERSION)
        write_state(self._folder, self._state)

    def _weigh_again(self, shard: Any) -> None:
        for records in _pages(shard, None, fields=list(COUNTED_FIELDS), with_vector=False):
            points = [
                edge.PointVectors(record.id, {SPARSE: self._weighed(counted_again(record.payload or {}))})
                for record in records
            ]
            shard.update(edge.UpdateOperation.update_vectors(points))

    def _touch(self, ids: Iterable[DocumentId]) -> None:
        if self._meanwhile is not None:
            self._meanwhile.touched.update(ids)

    async def _take(self, copy: Path, meanwhile: "_Meanwhile") -> None:
        """Carry over to the optimised copy what was written meanwhile, and go on with it.

        Searches go on over the old shard until the last moment; writes wait.
        """
        optimized = await anyio.to_thread.run_sync(self._caught_up, copy, meanwhile)
        before = self._shard, self._state.shard

        def swap() -> None:
            state = replace(self._state, shard=copy.name, written=len(meanwhile.touched))
            write_state(self._folder, state)
            self._shard, self._state = optimized, state
            before[0].close()

        await self._in_thread(swap)
        await anyio.to_thread.run_sync(shutil.rmtree, self._folder / before[1], True)

    def _caught_up(self, copy: Path, meanwhile: "_Meanwhile") -> Any:
        shard = _load(copy)
        touched = sorted(meanwhile.touched)
        for first in range(0, len(touched), _DOCUMENTS_A_STEP):
            chosen = _filter([of_documents(touched[first : first + _DOCUMENTS_A_STEP])])
            shard.update(edge.UpdateOperation.delete_points_by_filter(chosen))
            for records in _pages(self._shard, chosen, fields=True, with_vector=True):
                points = [edge.Point(record.id, record.vector, record.payload) for record in records]
                shard.update(edge.UpdateOperation.upsert_points(points))
        if self._state.weighed_with != meanwhile.began_with.weighed_with or self._state.reweighing:
            self._weigh_again(shard)
        shard.flush()
        return shard

    def _finish(self) -> None:
        self._flush()
        self._state = replace(self._state, complete=True)
        write_state(self._folder, self._state)
        remove_others(self._folder)

    def _weighed(self, counted: Terms) -> Any:
        return edge.SparseVector(counted.indices, counted.weights(self._state.weighed_with))

    def _close(self) -> None:
        self._shard.close()
        self._lock.release()


@dataclass(frozen=True, slots=True)
class _Meanwhile:
    """What changes while a copy is optimised.

    Attributes:
        touched: the documents of which chunks were written or deleted.
        began_with: the state when the copy was made.
    """

    touched: set[DocumentId]
    began_with: State


def _load(folder: Path) -> Any:
    shard = edge.EdgeShard.load(str(folder))
    read_ahead(folder)  # now: loading empties the system's cache of them
    threading.Thread(target=map_ahead, args=(folder,), name="chatkeep-map-ahead", daemon=True).start()
    return shard


def _pages(shard: Any, chosen: Any, *, fields: Any, with_vector: bool) -> Iterator[list[Any]]:
    """The points of a filter, or all, some at a time."""
    offset: Any = None
    while True:
        request = edge.ScrollRequest(
            offset=offset, limit=256, filter=chosen, with_payload=fields, with_vector=with_vector
        )
        records, offset = shard.scroll(request)
        if records:
            yield records
        if offset is None:
            return


def _filter(conditions: Sequence[Condition]) -> Any:
    return edge.Filter(must=[_condition(condition) for condition in conditions])


def _condition(condition: Condition) -> Any:
    if isinstance(condition, OneOf):
        return edge.HasIdCondition(set(condition.ids))
    if isinstance(condition, Among):
        # For one value, MatchAny takes four times as long where rarity is counted among what matches.
        one = len(condition.values) == 1
        match = edge.MatchValue(condition.values[0]) if one else edge.MatchAny(list(condition.values))
        return edge.FieldCondition(condition.field, match=match)
    return edge.FieldCondition(condition.field, range=edge.RangeDateTime(gte=condition.time))
