"""Ingestion: what is new or changed in the sources is parsed, chunked, embedded and indexed.

`plan` finds out cheaply what there is to do; `ingest` does it. Interrupted at any point, nothing is
lost or doubled: a document's chunks are replaced and flushed before its fingerprint is saved, so
that the next run finds it unfinished and does it again. Memory is bounded by the batch, not by
the corpus. One unreadable file never stops the rest.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import anyio.to_thread

from chatkeep.core.clock import Clock
from chatkeep.core.context import RequestContext
from chatkeep.knowledge.chunk import CHUNKER_VERSION, chunk, word_spans
from chatkeep.knowledge.documents import Chunk, Document, DocumentId
from chatkeep.knowledge.index import indexed
from chatkeep.knowledge.parse import PARSER_VERSION, Skipped, parse
from chatkeep.knowledge.protocols import DocumentStore, Embedder, VectorIndex
from chatkeep.knowledge.sources import SourceFile, list_files
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_NAMESPACE = uuid.UUID("8b0e3d5c-6a0c-5a6e-9d3f-2f5a7c1e4b90")
_BATCH_CHUNKS = 256
_BATCH_DOCUMENTS = 64


@dataclass(frozen=True, slots=True)
class Pending:
    """A file whose content is not indexed as it is now."""

    file: SourceFile
    document_id: DocumentId
    is_new: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do."""

    pending: Sequence[Pending]
    removed: Sequence[DocumentId]
    unchanged: int
    skipped: Sequence[Skipped]
    ignored: int

    @property
    def is_empty(self) -> bool:
        return not self.pending and not self.removed


@dataclass(slots=True)
class Report:
    """What was done. `skipped` says of each file left out why."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    chunks: int = 0
    ignored: int = 0
    skipped: list[Skipped] = field(default_factory=list)


class IngestProgress(Protocol):
    """Listens to an ingestion, to show it."""

    def started(self, documents: int) -> None: ...
    def reading(self, path: str) -> None: ...
    def advanced(self, documents: int, chunks: int) -> None: ...


def document_id(source: str, path: str, context: RequestContext) -> DocumentId:
    """The id of the document at `path` of `source`: the same file keeps it."""
    return DocumentId(str(uuid.uuid5(_NAMESPACE, f"{context.tenant}\0{source}\0{path}")))


def fingerprint(data: bytes, generation: str) -> str:
    """Of a file's bytes and of everything that shapes its chunks and vectors.

    Args:
        generation: the index's; see `VectorIndex`.
    """
    shape = f"{PARSER_VERSION}/{CHUNKER_VERSION}/{generation}\0"
    return hashlib.sha256(shape.encode() + data).hexdigest()


async def plan(
    paths: Sequence[Path],
    *,
    documents: DocumentStore,
    generation: str,
    max_file_bytes: int,
    context: RequestContext,
) -> Plan:
    """Compare the files below `paths` with what is indexed. Reads and hashes; writes nothing.

    Raises:
        ConfigurationError: a path does not exist.
    """
    listing = await anyio.to_thread.run_sync(list_files, paths, max_file_bytes)
    known: dict[DocumentId, str] = {}
    for source in listing.sources:
        known |= dict((await documents.fingerprints(source, context)).values())
    return await anyio.to_thread.run_sync(
        _compare, listing.files, listing.skipped, listing.ignored, known, generation, context
    )


def _compare(
    files: Sequence[SourceFile],
    skipped: Sequence[Skipped],
    ignored: int,
    known: Mapping[DocumentId, str],
    generation: str,
    context: RequestContext,
) -> Plan:
    pending: list[Pending] = []
    unreadable: list[Skipped] = []
    present: set[DocumentId] = set()
    for file in files:
        identity = document_id(file.source, file.path, context)
        try:
            current = fingerprint(file.file.read_bytes(), generation)
        except OSError as error:
            unreadable.append(Skipped(file.path, f"it cannot be read: {error.strerror}."))
            continue
        present.add(identity)
        if known.get(identity) != current:
            pending.append(Pending(file, identity, is_new=identity not in known))
    return Plan(
        pending=pending,
        removed=[identity for identity in known if identity not in present],
        unchanged=len(present) - len(pending),
        skipped=[*skipped, *unreadable],
        ignored=ignored,
    )


class Ingestion:
    """Carries out plans."""

    def __init__(
        self, documents: DocumentStore, index: VectorIndex, embedder: Embedder | None, clock: Clock
    ) -> None:
        self._documents = documents
        self._index = index
        self._embedder = embedder
        self._clock = clock

    async def run(self, plan: Plan, context: RequestContext, progress: IngestProgress) -> Report:
        """Do what `plan` says. What fails on the way is in the report, with its reason."""
        report = Report(unchanged=plan.unchanged, skipped=list(plan.skipped), ignored=plan.ignored)
        progress.started(len(plan.pending))
        await self._forget(plan.removed, context)
        report.removed = len(plan.removed)
        batch: list[tuple[Document, list[Chunk]]] = []
        for pending in plan.pending:
            progress.reading(pending.file.path)
            read = await anyio.to_thread.run_sync(self._read, pending)
            if isinstance(read, Skipped):
                report.skipped.append(read)
                await self._forget([] if pending.is_new else [pending.document_id], context)
                progress.advanced(1, 0)
                continue
            report.added += pending.is_new
            report.updated += not pending.is_new
            report.chunks += len(read[1])
            batch.append(read)
            if len(batch) >= _BATCH_DOCUMENTS or sum(len(chunks) for _, chunks in batch) >= _BATCH_CHUNKS:
                await self._write(batch, context, progress)
                batch = []
        await self._write(batch, context, progress)
        return report

    def _read(self, pending: Pending) -> tuple[Document, list[Chunk]] | Skipped:
        file = pending.file
        try:
            data = file.file.read_bytes()
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
                fingerprint=fingerprint(data, self._index.generation),
                ingested_at=self._clock.now(),
            )
            return document, chunk(document, self._embedder.token_spans if self._embedder else word_spans)
        except OSError as error:
            return Skipped(file.path, f"it cannot be read: {error.strerror}.")
        except Exception as error:  # noqa: BLE001 (a document nobody foresaw must not stop the others)
            _log.exception("document_failed", path=file.path)
            return Skipped(
                file.path, f"it could not be parsed ({type(error).__name__}); the log has the details."
            )

    async def _write(
        self, batch: Sequence[tuple[Document, list[Chunk]]], context: RequestContext, progress: IngestProgress
    ) -> None:
        if not batch:
            return
        await self._index.delete_documents([document.id for document, _ in batch], context)
        pairs = [(document, each) for document, chunks in batch for each in chunks]
        for start in range(0, len(pairs), _BATCH_CHUNKS):
            part = pairs[start : start + _BATCH_CHUNKS]
            await self._index.upsert(await indexed(part, self._embedder), context)
        await self._index.flush()
        for document, chunks in batch:
            await self._documents.save(document, context)
            progress.advanced(1, len(chunks))

    async def _forget(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        if ids:
            await self._index.delete_documents(ids, context)
            await self._index.flush()
            await self._documents.delete(ids, context)
