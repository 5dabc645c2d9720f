"""The way of documents into the index: read, embedded and written at the same time, in bounded queues.

Above: `ingest` says what is to be read and how. Below: `chunk`, `index`, and the stores. The embedder is by
far the slowest: while it works on one batch, the next is read, parsed and cut, and the last is written.

    readers (as many as the parser takes) → a batch → embedder → writer

A document is first noted in the store as unfinished, without a fingerprint; then its old chunks go and its
new ones come; once they are flushed it gets its fingerprint. So a run that is killed at any point leaves
nothing that the next does not find, redo or forget. Memory is bounded by `_ROOM` and a few batches.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from chatkeep.core.context import RequestContext
from chatkeep.knowledge.chunk import chunk, word_spans
from chatkeep.knowledge.documents import Document, DocumentId
from chatkeep.knowledge.index import Named, indexed, name_chunks
from chatkeep.knowledge.parse.parsed import Skipped
from chatkeep.knowledge.protocols import DocumentStore, Embedder, IndexedChunk, VectorIndex

_CHUNKS_A_BATCH = 256
_DOCUMENTS_A_BATCH = 64
_WORTH_EMBEDDING = 64  # chunks, when the embedder has nothing else to do
_DOCUMENTS_FORGOTTEN_AT_ONCE = 256
_ROOM = 64 * 2**20  # bytes of files on their way; one never takes more than half

_log = logging.getLogger(__name__)

UNFINISHED = ""
"""The fingerprint of a document some of whose chunks may be missing, or of its old text."""

Item = TypeVar("Item")
ItemRead = TypeVar("ItemRead", contravariant=True)


@dataclass(frozen=True, slots=True)
class Left:
    """An item that no document comes of.

    Attributes:
        forgets: what the store holds of it is not true any more.
    """

    skipped: Skipped
    forgets: bool


class Errand(Protocol[ItemRead]):
    """What the pipeline is sent for, and whom it tells."""

    def size(self, item: ItemRead) -> int:
        """Bytes."""
        ...

    def document_id(self, item: ItemRead) -> DocumentId: ...

    async def read(self, item: ItemRead) -> Document | Left: ...

    def embedded(self, item: ItemRead, chunks: int, share: float) -> None:
        """So many chunks of the item more are embedded, which are this share of its chunks."""
        ...

    def stored(self, item: ItemRead, chunks: int) -> None: ...
    def left(self, item: ItemRead, skipped: Skipped) -> None: ...


@dataclass(frozen=True, slots=True)
class _Ready(Generic[Item]):
    """An item that was read: its document in chunks, or none."""

    item: Item
    size: int
    outcome: Document | Left
    chunks: Sequence[Named] = ()


@dataclass(slots=True)
class _Batch(Generic[Item]):
    """Documents that are embedded together, so that texts of like length meet."""

    documents: list[_Ready[Item]] = field(default_factory=list)
    left: list[_Ready[Item]] = field(default_factory=list)
    chunks: int = 0
    size: int = 0

    def add(self, ready: _Ready[Item]) -> None:
        (self.left if isinstance(ready.outcome, Left) else self.documents).append(ready)
        self.chunks += len(ready.chunks)
        self.size += ready.size

    @property
    def is_full(self) -> bool:
        many = len(self.documents) + len(self.left) >= _DOCUMENTS_A_BATCH
        # While a batch waits to be full, its documents take room that others may need for that.
        return many or self.chunks >= _CHUNKS_A_BATCH or self.size >= _ROOM // 4


@dataclass(frozen=True, slots=True)
class _Share(Generic[Item]):
    """Some of a document's chunks."""

    ready: _Ready[Item]
    start: int
    end: int

    @property
    def chunks(self) -> Sequence[Named]:
        return self.ready.chunks[self.start : self.end]

    @property
    def of_all(self) -> float:
        return (self.end - self.start) / len(self.ready.chunks) if self.ready.chunks else 1.0

    @property
    def is_first(self) -> bool:
        return self.start == 0

    @property
    def is_last(self) -> bool:
        return self.end == len(self.ready.chunks)


@dataclass(frozen=True, slots=True)
class _Piece(Generic[Item]):
    """What the writer gets: chunks with their vectors, whose they are, and items without a document."""

    chunks: Sequence[IndexedChunk]
    shares: Sequence[_Share[Item]]
    left: Sequence[_Ready[Item]]


class Pipeline(Generic[Item]):
    """One run over some items."""

    def __init__(
        self,
        documents: DocumentStore,
        index: VectorIndex,
        embedder: Embedder | None,
        context: RequestContext,
        errand: Errand[Item],
    ) -> None:
        self._documents = documents
        self._index = index
        self._embedder = embedder
        self._context = context
        self._errand = errand
        self._room = _Room(_ROOM)

    async def run(self, items: Sequence[Item], readers: int) -> None:
        """Take every item as far as it goes. What the embedder or a store raises ends the run.

        Args:
            readers: how many items are read at a time.
        """
        read_in, read_out = anyio.create_memory_object_stream[_Ready[Item]](readers)
        batch_in, batch_out = anyio.create_memory_object_stream[_Batch[Item]](1)
        piece_in, piece_out = anyio.create_memory_object_stream[_Piece[Item]](1)
        waiting = iter(items)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._write, piece_out)
                tasks.start_soon(self._embed, batch_out, piece_in)
                tasks.start_soon(self._gather, read_out, batch_in)
                async with read_in, anyio.create_task_group() as reading:
                    for _ in range(readers):
                        reading.start_soon(self._read, waiting, read_in)
        except BaseExceptionGroup as group:
            raise _first(group) from None

    async def _read(self, waiting: Iterator[Item], out: MemoryObjectSendStream[_Ready[Item]]) -> None:
        for item in waiting:  # all readers take from the same
            size = await self._room.take(self._errand.size(item))
            outcome = await self._errand.read(item)
            if isinstance(outcome, Document):
                ready = await anyio.to_thread.run_sync(self._cut, item, size, outcome)
            else:
                ready = _Ready(item, size, outcome)
            await out.send(ready)

    def _cut(self, item: Item, size: int, document: Document) -> _Ready[Item]:
        try:
            spans = self._embedder.token_spans if self._embedder else word_spans
            return _Ready(item, size, document, name_chunks(document, chunk(document, spans)))
        except Exception as error:  # noqa: BLE001 (a text nobody foresaw must not stop the others)
            _log.exception("A document could not be divided: %s", document.path)
            reason = f"dividing it failed ({type(error).__name__}); the log says where."
            return _Ready(item, size, Left(Skipped(document.path, reason), forgets=True))

    async def _gather(
        self, read: MemoryObjectReceiveStream[_Ready[Item]], out: MemoryObjectSendStream[_Batch[Item]]
    ) -> None:
        """Batches: full ones, or what there is when the embedder has nothing to do."""
        batch: _Batch[Item] = _Batch()
        async with read, out:
            async for ready in read:
                batch.add(ready)
                is_awaited = batch.chunks >= _WORTH_EMBEDDING and out.statistics().tasks_waiting_receive
                if batch.is_full or is_awaited:
                    await out.send(batch)
                    batch = _Batch()
            await out.send(batch)

    async def _embed(
        self, batches: MemoryObjectReceiveStream[_Batch[Item]], out: MemoryObjectSendStream[_Piece[Item]]
    ) -> None:
        async with batches, out:
            async for batch in batches:
                for part in _parts(batch.documents):
                    chunks = [each for share in part for each in share.chunks]
                    vectors = await indexed(chunks, self._embedder) if chunks else []
                    for share in part:
                        self._errand.embedded(share.ready.item, len(share.chunks), share.of_all)
                    await out.send(_Piece(vectors, part, ()))
                await out.send(_Piece((), (), batch.left))

    async def _write(self, pieces: MemoryObjectReceiveStream[_Piece[Item]]) -> None:
        async with pieces:
            async for piece in pieces:
                await self._open([share.ready for share in piece.shares if share.is_first])
                if piece.chunks:
                    await self._index.upsert(piece.chunks, self._context)
                await self._close([share.ready for share in piece.shares if share.is_last])
                await self._leave(piece.left)

    async def _open(self, opened: Sequence[_Ready[Item]]) -> None:
        documents = [ready.outcome for ready in opened if isinstance(ready.outcome, Document)]
        for document in documents:
            await self._documents.save(replace(document, fingerprint=UNFINISHED), self._context)
        if documents:
            await self._index.delete_documents([document.id for document in documents], self._context)

    async def _close(self, closed: Sequence[_Ready[Item]]) -> None:
        if closed:
            await self._index.flush()
        for ready in closed:
            if isinstance(ready.outcome, Document):
                await self._documents.save(ready.outcome, self._context)
                self._errand.stored(ready.item, len(ready.chunks))
            await self._room.give(ready.size)

    async def _leave(self, left: Sequence[_Ready[Item]]) -> None:
        gone = [
            self._errand.document_id(ready.item)
            for ready in left
            if isinstance(ready.outcome, Left) and ready.outcome.forgets
        ]
        await forget(gone, self._documents, self._index, self._context)
        for ready in left:
            if isinstance(ready.outcome, Left):
                self._errand.left(ready.item, ready.outcome.skipped)
            await self._room.give(ready.size)


async def forget(
    ids: Sequence[DocumentId], documents: DocumentStore, index: VectorIndex, context: RequestContext
) -> None:
    """Forget these documents everywhere. Cut off in the middle, the store still knows what is left."""
    for first in range(0, len(ids), _DOCUMENTS_FORGOTTEN_AT_ONCE):
        some = ids[first : first + _DOCUMENTS_FORGOTTEN_AT_ONCE]
        await index.delete_documents(some, context)
        await index.flush()
        await documents.delete(some, context)


class _Room:
    """How many bytes may be on their way at once."""

    def __init__(self, whole: int) -> None:
        self._whole = self._left = whole
        self._change = anyio.Condition()

    async def take(self, size: int) -> int:
        """Wait until there is room. How much was taken, to give back later."""
        taken = min(size, self._whole // 2)
        async with self._change:
            while self._left < taken:
                await self._change.wait()
            self._left -= taken
        return taken

    async def give(self, taken: int) -> None:
        async with self._change:
            self._left += taken
            self._change.notify_all()


def _parts(documents: Sequence[_Ready[Item]]) -> Iterator[list[_Share[Item]]]:
    """What is embedded in one call: several small documents, or a part of a large one."""
    part: list[_Share[Item]] = []
    size = 0
    for ready in documents:
        start = 0
        while True:
            end = min(len(ready.chunks), start + _CHUNKS_A_BATCH - size)
            part.append(_Share(ready, start, end))
            size += end - start
            if size < _CHUNKS_A_BATCH:
                break
            yield part
            part, size, start = [], 0, end
            if end == len(ready.chunks):
                break
    if part:
        yield part


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong. The rest went wrong because of it."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
