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
from chatkeep.knowledge.relabel import Relabelled, relabel
from chatkeep.knowledge.sources import FolderSource, Listing, Source, SourceFile, survey

_IDS = UUID("5b1c6c0e-40cb-5c6e-8a53-6a1a1f1d2f0b")
_CHUNKS_A_BATCH = 256
_DOCUMENTS_A_BATCH = 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Library:
    """What ingestion reads and writes.

    Attributes:
        embedder: None: BM25 alone.
        stamps: what files bore when they had these fingerprints, so that one who looks again and again
            need not read each.
    """

    documents: DocumentStore
    index: VectorIndex
    embedder: Embedder | None
    max_file_bytes: int
    clock: Clock = field(default_factory=SystemClock)
    stamps: dict[DocumentId, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pending:
    """A file whose present content is not indexed.

    Attributes:
        changes_labels: its document bears others than it is to.
    """

    file: SourceFile
    document_id: DocumentId
    is_new: bool
    changes_labels: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do.

    Attributes:
        ignored: how many files in folders are of a type that is not read.
        relabelled: documents that change their labels and nothing else.
    """

    pending: tuple[Pending, ...]
    removed: tuple[DocumentId, ...]
    unchanged: int
    skipped: tuple[Skipped, ...]
    ignored: int
    relabelled: tuple[Relabelled, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.pending and not self.removed and not self.relabelled


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


async def plan(sources: Sequence[Source | Path], library: Library, context: RequestContext) -> Plan:
    """Compare what `sources` hold with what is indexed. Reads and hashes; writes nothing.

    Args:
        sources: a path stands for the folder or file that is there.

    Raises:
        InvalidInput: a path does not exist.
    """
    places = [FolderSource(source) if isinstance(source, Path) else source for source in sources]
    listing = await survey(places, library.max_file_bytes)
    known = {source: await library.documents.fingerprints(source, context) for source in listing.sources}
    return await anyio.to_thread.run_sync(_compare, listing, known, library, context)


async def ingest(
    sources: Sequence[Source | Path],
    library: Library,
    context: RequestContext,
    progress: IngestProgress | None = None,
) -> Report:
    """Bring the index up to date with what `sources` hold. One bad file never stops the rest.

    Raises:
        InvalidInput: a path does not exist.
    """
    began = monotonic()
    todo = await plan(sources, library, context)
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


def _fingerprint(file: SourceFile, data: bytes, library: Library) -> str:
    """Of the bytes and of all that shapes the chunks, vectors and payload, so that a change of either shows.

    What comes after the dot are the labels, which can be changed alone.
    """
    embedder = library.embedder.name if library.embedder else None
    shape = [PARSER_VERSION, CHUNKER_VERSION, SEARCHABLE_VERSION, embedder, library.index.generation]
    shape += [json.dumps(sorted(file.bearing.metadata.items()))] if file.bearing.metadata else []
    digest = hashlib.sha256(json.dumps(shape).encode() + b"\n" + data).hexdigest()
    return digest + file.bearing.mark


def _read(file: SourceFile, max_file_bytes: int) -> bytes | Skipped:
    return file.load(max_file_bytes)


def _compare(
    listing: Listing,
    known: Mapping[str, Mapping[str, tuple[DocumentId, str]]],
    library: Library,
    context: RequestContext,
) -> Plan:
    pending: list[Pending] = []
    skipped = list(listing.skipped)
    present: set[DocumentId] = set()
    relabelled: list[Relabelled] = []
    unchanged = 0
    for file in listing.files:
        identity = document_id(file.source, file.path, context)
        present.add(identity)
        before = known[file.source].get(file.path)
        now = _present_fingerprint(file, identity, library)
        if isinstance(now, Skipped):
            skipped.append(now)
        elif before is None:
            pending.append(Pending(file, identity, is_new=True))
        elif before[1] == now:
            unchanged += 1
        elif _content(before[1]) == _content(now):
            relabelled.append(Relabelled(file, identity, now))
        else:
            moved = _labels(before[1]) != file.bearing.mark
            pending.append(Pending(file, identity, is_new=False, changes_labels=moved))
    removed = [
        identity
        for source, documents in known.items()
        for path, (identity, _) in documents.items()
        if identity not in present and not listing.may_hold(source, path)
    ]
    return Plan(tuple(pending), tuple(removed), unchanged, tuple(skipped), listing.ignored, tuple(relabelled))


def _present_fingerprint(file: SourceFile, identity: DocumentId, library: Library) -> str | Skipped:
    """What the file's document would be known by now. Reads it, unless its stamp is the one it had."""
    stamp = f"{file.stamp} {library.index.generation} {file.bearing}" if file.stamp else ""
    known, fingerprint = library.stamps.get(identity, ("", ""))
    if stamp and stamp == known:
        return fingerprint
    data = _read(file, library.max_file_bytes)
    if isinstance(data, Skipped):
        return data
    fingerprint = _fingerprint(file, data, library)
    library.stamps[identity] = (stamp, fingerprint)
    return fingerprint


def _content(fingerprint: str) -> str:
    return fingerprint.partition(".")[0]


def _labels(fingerprint: str) -> str:
    _, dot, mark = fingerprint.partition(".")
    return dot + mark


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
        # First of all, and before anything slow: who may read what.
        await self._forget(
            [*todo.removed, *(each.document_id for each in todo.pending if each.changes_labels)]
        )
        self.chunks += await relabel(todo.relabelled, self._library, self._context)
        self.updated += len(todo.relabelled)
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
            parsed = parse(file.parsed_as, data)
            if isinstance(parsed, Skipped):
                return Skipped(file.path, parsed.reason)
            document = Document(
                id=pending.document_id,
                source=file.source,
                path=file.path,
                title=parsed.title,
                format=parsed.format,
                text=parsed.text,
                fingerprint=_fingerprint(file, data, library),
                ingested_at=library.clock.now(),
                landmarks=parsed.landmarks,
                language=parsed.language or detect_language(parsed.text),
                modified_at=parsed.modified_at or file.modified_at,
                url=file.url,
                labels=file.bearing.labels,
                metadata={**parsed.metadata, **file.metadata},
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
