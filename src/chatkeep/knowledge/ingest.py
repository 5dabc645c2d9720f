"""Ingestion: what is new or changed in the sources is parsed, chunked, embedded and indexed.

Above: `chatkeep ingest` and the server's start. Below: `sources`, `parse`, `chunk`, `index`.
`plan` finds out what there is to do; `ingest` does it. A document's chunks are replaced and flushed
before its fingerprint is saved, so a run that is killed at any point is made good by the next, with
nothing lost or doubled. Memory is bounded by a batch and the largest file, never by the corpus.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Protocol
from uuid import UUID, uuid5

import anyio.to_thread

from chatkeep.core.clock import Clock, SystemClock
from chatkeep.core.context import RequestContext
from chatkeep.knowledge.chunk import CHUNKER_VERSION, chunk, word_spans
from chatkeep.knowledge.documents import Chunk, Document, DocumentId
from chatkeep.knowledge.index import SEARCHABLE_VERSION, indexed, name_chunks
from chatkeep.knowledge.language import detect_language
from chatkeep.knowledge.parse import PARSER_VERSION, Skipped, parse
from chatkeep.knowledge.protocols import DocumentStore, Embedder, VectorIndex
from chatkeep.knowledge.sources import Listing, SourceFile, list_files, too_large

_IDS = UUID("5b1c6c0e-40cb-5c6e-8a53-6a1a1f1d2f0b")
_CHUNKS_A_BATCH = 256
_DOCUMENTS_A_BATCH = 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Library:
    """What ingestion reads and writes.

    Attributes:
        embedder: None: BM25 alone.
    """

    documents: DocumentStore
    index: VectorIndex
    embedder: Embedder | None
    max_file_bytes: int
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True, slots=True)
class Pending:
    """A file whose present content is not indexed."""

    file: SourceFile
    document_id: DocumentId
    is_new: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do.

    Attributes:
        ignored: how many files in folders are of a type that is not read.
    """

    pending: tuple[Pending, ...]
    removed: tuple[DocumentId, ...]
    unchanged: int
    skipped: tuple[Skipped, ...]
    ignored: int

    @property
    def is_empty(self) -> bool:
        return not self.pending and not self.removed


@dataclass(frozen=True, slots=True)
class Report:
    """What was done."""

    added: int
    updated: int
    unchanged: int
    removed: int
    skipped: tuple[Skipped, ...]
    ignored: int
    chunks: int
    seconds: float


class IngestProgress(Protocol):
    """Listens to an ingestion, to show it. `advanced` comes once for each of the files started with."""

    def started(self, files: int) -> None: ...
    def embedded(self, path: str, chunks: int) -> None: ...
    def advanced(self, path: str, chunks: int) -> None: ...


class Unheard:
    """Progress that nobody follows."""

    def started(self, files: int) -> None: ...
    def embedded(self, path: str, chunks: int) -> None: ...
    def advanced(self, path: str, chunks: int) -> None: ...


def document_id(source: str, path: str, context: RequestContext) -> DocumentId:
    """The same file of the same tenant keeps its id."""
    return DocumentId(str(uuid5(_IDS, json.dumps([context.tenant, source, path]))))


async def plan(paths: Sequence[Path], library: Library, context: RequestContext) -> Plan:
    """Compare the files below `paths` with what is indexed. Reads and hashes; writes nothing.

    Raises:
        InvalidInput: a path does not exist.
    """
    listing = await anyio.to_thread.run_sync(list_files, paths, library.max_file_bytes)
    known = {source: await library.documents.fingerprints(source, context) for source in listing.sources}
    return await anyio.to_thread.run_sync(_compare, listing, known, library, context)


async def ingest(
    paths: Sequence[Path], library: Library, context: RequestContext, progress: IngestProgress | None = None
) -> Report:
    """Bring the index up to date with the files below `paths`. One bad file never stops the rest.

    Raises:
        InvalidInput: a path does not exist.
    """
    began = monotonic()
    todo = await plan(paths, library, context)
    run = _Run(library, context, progress or Unheard())
    await run.carry_out(todo)
    return Report(
        added=run.added,
        updated=run.updated,
        unchanged=todo.unchanged,
        removed=len(todo.removed),
        skipped=(*todo.skipped, *run.skipped),
        ignored=todo.ignored,
        chunks=run.chunks,
        seconds=monotonic() - began,
    )


def _fingerprint(data: bytes, library: Library) -> str:
    """Of the bytes and of all that shapes the chunks and vectors, so that a change of either shows."""
    embedder = library.embedder.name if library.embedder else None
    shape = [PARSER_VERSION, CHUNKER_VERSION, SEARCHABLE_VERSION, embedder, library.index.generation]
    return hashlib.sha256(json.dumps(shape).encode() + b"\n" + data).hexdigest()


def _read(file: SourceFile, max_file_bytes: int) -> bytes | Skipped:
    try:
        with file.file.open("rb") as opened:
            data = opened.read(max_file_bytes + 1)
    except OSError as error:
        return Skipped(file.path, f"it cannot be read: {error.strerror}.")
    return data if len(data) <= max_file_bytes else Skipped(file.path, too_large(max_file_bytes))


def _compare(
    listing: Listing,
    known: Mapping[str, Mapping[str, tuple[DocumentId, str]]],
    library: Library,
    context: RequestContext,
) -> Plan:
    pending: list[Pending] = []
    skipped = list(listing.skipped)
    present: set[DocumentId] = set()
    unchanged = 0
    for file in listing.files:
        identity = document_id(file.source, file.path, context)
        present.add(identity)
        data = _read(file, library.max_file_bytes)
        before = known[file.source].get(file.path)
        if isinstance(data, Skipped):
            skipped.append(data)
        elif before is not None and before[1] == _fingerprint(data, library):
            unchanged += 1
        else:
            pending.append(Pending(file, identity, is_new=before is None))
    removed = [
        identity
        for source, documents in known.items()
        for path, (identity, _) in documents.items()
        if identity not in present and not listing.may_hold(source, path)
    ]
    return Plan(tuple(pending), tuple(removed), unchanged, tuple(skipped), listing.ignored)


class _Run:
    """One plan being carried out, and its tally."""

    def __init__(self, library: Library, context: RequestContext, progress: IngestProgress) -> None:
        self._library = library
        self._context = context
        self._progress = progress
        self.added = self.updated = self.chunks = 0
        self.skipped: list[Skipped] = []

    async def carry_out(self, todo: Plan) -> None:
        self._progress.started(len(todo.pending))
        await self._forget(todo.removed)
        batch: list[tuple[Pending, Document, list[Chunk]]] = []
        size = 0
        for pending in todo.pending:
            read = await anyio.to_thread.run_sync(self._prepare, pending)
            if isinstance(read, Skipped):
                await self._skip(pending, read)
                continue
            batch.append((pending, *read))
            size += len(read[1])
            if size >= _CHUNKS_A_BATCH or len(batch) >= _DOCUMENTS_A_BATCH:
                await self._write(batch)
                batch, size = [], 0
        await self._write(batch)

    def _prepare(self, pending: Pending) -> tuple[Document, list[Chunk]] | Skipped:
        """Read, parse and chunk one file. Runs in a worker thread."""
        file, library = pending.file, self._library
        data = _read(file, library.max_file_bytes)
        if isinstance(data, Skipped):
            return data
        try:
            parsed = parse(file.path, data)
            if isinstance(parsed, Skipped):
                return parsed
            document = Document(
                id=pending.document_id,
                source=file.source,
                path=file.path,
                title=parsed.title,
                format=parsed.format,
                text=parsed.text,
                fingerprint=_fingerprint(data, library),
                ingested_at=library.clock.now(),
                landmarks=parsed.landmarks,
                language=parsed.language or detect_language(parsed.text),
                modified_at=parsed.modified_at,
                metadata=parsed.metadata,
            )
            return document, chunk(document, library.embedder.token_spans if library.embedder else word_spans)
        except Exception as error:  # noqa: BLE001 (a file nobody foresaw must not stop the others)
            _log.exception("A document could not be read: %s", file.path)
            return Skipped(file.path, f"reading it failed ({type(error).__name__}); the log says where.")

    async def _skip(self, pending: Pending, skipped: Skipped) -> None:
        """The file is there but holds no text any more: what it held before is forgotten."""
        self.skipped.append(skipped)
        if not pending.is_new:
            await self._forget([pending.document_id])
        self._progress.advanced(pending.file.path, 0)

    async def _write(self, batch: Sequence[tuple[Pending, Document, list[Chunk]]]) -> None:
        """Replace the chunks of these documents, durably; then say so in the document store.

        The deletion comes for new documents too: a run that was killed may have left chunks of theirs.
        """
        if not batch:
            return
        index, context = self._library.index, self._context
        await index.delete_documents([document.id for _, document, _ in batch], context)
        named = [each for _, document, chunks in batch for each in name_chunks(document, chunks)]
        for first in range(0, len(named), _CHUNKS_A_BATCH):
            some = named[first : first + _CHUNKS_A_BATCH]
            await index.upsert(await indexed(some, self._library.embedder), context)
            self._progress.embedded(some[-1].document.path, len(some))
        await index.flush()
        for pending, document, chunks in batch:
            await self._library.documents.save(document, context)
            self.added += pending.is_new
            self.updated += not pending.is_new
            self.chunks += len(chunks)
            self._progress.advanced(document.path, len(chunks))

    async def _forget(self, ids: Sequence[DocumentId]) -> None:
        if ids:
            await self._library.index.delete_documents(ids, self._context)
            await self._library.index.flush()
            await self._library.documents.delete(ids, self._context)
