"""The vector index: Qdrant's engine inside this process, one shard in the data directory.

Above: `knowledge.retrieve` and `knowledge.ingest`, through the `VectorIndex` protocol. Each call runs
in one worker thread, since the engine blocks. One process owns a data directory, held by `index.lock`.

    <data_dir>/index.lock
    <data_dir>/index/<hash of the embedder>/shard/      points: dense and BM25 vectors, payload
    <data_dir>/index/<hash of the embedder>/state.json  generation, average chunk length

Another embedder opens another folder, empty at first; the first write to it removes the others. The
generation is new with each folder and part of every document's fingerprint, so whatever was ingested into a
folder that is gone is ingested again.

BM25's average length is measured, not assumed. Every point is weighed with the same average. When the
running average of all chunks ever indexed has drifted by a tenth, `flush` weighs every point again from
its stored text, which needs no embedder and happens a handful of times in the growth of a corpus.
"""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import anyio
import anyio.to_thread
import filelock
import numpy as np
import qdrant_edge as edge

from chatkeep.adapters.qdrant.points import (
    COUNTED_FIELDS,
    DENSE,
    DRIFT,
    INDEXED_FIELDS,
    SPARSE,
    Among,
    Condition,
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
from chatkeep.core.errors import ConfigurationError, DataDirectoryInUse
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


@dataclass(frozen=True, slots=True)
class _State:
    """What is kept beside the shard.

    Attributes:
        chunks, length: of all chunks ever indexed, their number and their BM25 tokens.
        weighed_with: the average length the points' BM25 weights were computed with; 0: no points yet.
        reweighing: a weighing of all points began and may not have ended.
        languages: of all documents ever indexed.
        terms: the `TERMS_VERSION` that the points were counted by.
    """

    generation: str
    chunks: int = 0
    length: int = 0
    weighed_with: float = 0.0
    reweighing: bool = False
    languages: list[str] = field(default_factory=list)
    terms: int = TERMS_VERSION

    @property
    def average(self) -> float:
        return self.length / self.chunks if self.chunks else 0.0

    @property
    def has_drifted(self) -> bool:
        return self.weighed_with > 0 and abs(self.average / self.weighed_with - 1) > DRIFT


class EdgeIndex:
    """`VectorIndex` over `qdrant_edge.EdgeShard`. Open it with `open`; `close` lets go of the lock."""

    def __init__(self, folder: Path, lock: filelock.BaseFileLock, dense: bool) -> None:
        self._folder = folder
        self._lock = lock
        self._dense = dense
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._state = _State(**json.loads((folder / "state.json").read_bytes()))
        _sweep(folder / "shard")
        self._shard = edge.EdgeShard.load(str(folder / "shard"))
        self._has_written = False

    @classmethod
    async def open(cls, data_dir: Path, embedder: Embedder | None) -> Self:
        """The index of `data_dir` for this embedder; None: BM25 alone.

        Raises:
            DataDirectoryInUse: another process has it open.
            ConfigurationError: the folder cannot be written, or its content cannot be read.
        """
        return await anyio.to_thread.run_sync(cls._open, data_dir, embedder)

    @classmethod
    def _open(cls, data_dir: Path, embedder: Embedder | None) -> Self:
        data_dir = data_dir.absolute()
        lock = _locked(data_dir)
        try:
            folder = data_dir / "index" / space_name(embedder)
            if not folder.exists():
                _create(folder, embedder.dimensions if embedder else None)
            try:
                return cls(folder, lock, dense=embedder is not None)
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

    async def upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        for first in range(0, len(chunks), _POINTS_AN_UPDATE):
            part = chunks[first : first + _POINTS_AN_UPDATE]
            await self._in_thread(partial(self._upsert, part, context))

    async def delete_documents(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        if ids:
            chosen = _filter([mine(context), of_documents(ids)])
            operation = edge.UpdateOperation.delete_points_by_filter(chosen)
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
        await self._in_thread(self._flush)

    async def optimize(self) -> bool:
        """Build the HNSW graph and tidy the segments. Whether there was anything to do.

        It holds the interpreter for seconds: only for a process that serves nobody.
        """
        return bool(await self._in_thread(self._shard.optimize))

    async def check(self) -> None:
        """Nothing to reach: it is in this process."""

    async def close(self) -> None:
        await self._in_thread(self._close)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._one_at_a_time)

    def _upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        if not self._has_written:
            self._has_written = True
            _remove_others(self._folder)
        counted = [terms(chunk.searchable, chunk.document.language) for chunk in chunks]
        state = replace(
            self._state,
            chunks=self._state.chunks + len(chunks),
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
        if self._state.has_drifted or self._state.reweighing or self._state.terms != TERMS_VERSION:
            self._state = replace(self._state, weighed_with=max(self._state.average, 1.0), reweighing=True)
            _write_state(self._folder, self._state)
            self._weigh_again()
        self._shard.flush()
        self._state = replace(self._state, reweighing=False)
        _write_state(self._folder, self._state)

    def _weigh_again(self) -> None:
        offset: Any = None
        while True:
            request = edge.ScrollRequest(
                offset=offset,
                limit=256,
                with_payload=list(COUNTED_FIELDS),
                with_vector=False,
            )
            records, offset = self._shard.scroll(request)
            points = [
                edge.PointVectors(record.id, {SPARSE: self._weighed(counted_again(record.payload or {}))})
                for record in records
            ]
            if points:
                self._shard.update(edge.UpdateOperation.update_vectors(points))
            if offset is None:
                return

    def _weighed(self, counted: Terms) -> Any:
        return edge.SparseVector(counted.indices, counted.weights(self._state.weighed_with))

    def _close(self) -> None:
        self._shard.close()
        self._lock.release()


def _locked(data_dir: Path) -> filelock.BaseFileLock:
    lock = filelock.FileLock(data_dir / "index.lock", thread_local=False)
    try:
        (data_dir / "index").mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise DataDirectoryInUse(
            f"The data directory {data_dir} is in use by another chatkeep. "
            "Stop that one first, or choose another folder with --data-dir."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The data directory {data_dir} cannot be written: {error.strerror or error}."
        ) from None
    return lock


def _sweep(shard: Path) -> None:
    """Remove what the engine was writing aside when the process was killed; it would stay for ever."""
    for leftover in shard.rglob(".atomicwrite*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _create(folder: Path, dimensions: int | None) -> None:
    """Make an empty shard aside and move it into place, so that a half-made one is never seen."""
    for leftover in folder.parent.glob(".new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    aside = folder.parent / f".new-{secrets.token_hex(4)}"
    (aside / "shard").mkdir(parents=True)
    config = edge.EdgeConfig(
        vectors=(
            {
                DENSE: edge.EdgeVectorParams(
                    size=dimensions, distance=edge.Distance.Cosine, memory=edge.Memory.Cold
                )
            }
            if dimensions is not None
            else None
        ),
        sparse_vectors={
            SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf, memory=edge.Memory.Cold)
        },
        payload_memory=edge.Memory.Cold,
    )
    shard = edge.EdgeShard.create(str(aside / "shard"), config)
    params: dict[str, Any] = {
        "tenant": edge.KeywordIndexParams(is_tenant=True),
        "keyword": edge.KeywordIndexParams(),
        "datetime": edge.DatetimeIndexParams(),
    }
    for name, kind in INDEXED_FIELDS.items():
        shard.update(edge.UpdateOperation.create_field_index(name, params[kind]))
    shard.flush()
    shard.close()
    _write_state(aside, _State(generation=secrets.token_hex(8)))
    aside.replace(folder)


def _remove_others(folder: Path) -> None:
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def _write_state(folder: Path, state: _State) -> None:
    unfinished = folder / ".state.json"
    with unfinished.open("w") as file:
        json.dump(asdict(state), file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / "state.json")


def _filter(conditions: Sequence[Condition]) -> Any:
    return edge.Filter(must=[_condition(condition) for condition in conditions])


def _condition(condition: Condition) -> Any:
    if isinstance(condition, Among):
        return edge.FieldCondition(condition.field, match=edge.MatchAny(list(condition.values)))
    return edge.FieldCondition(condition.field, range=edge.RangeDateTime(gte=condition.time))
