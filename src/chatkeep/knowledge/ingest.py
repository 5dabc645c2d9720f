"""Ingestion: what is new or changed in the sources is parsed, chunked, embedded and indexed.

Above: `chatkeep ingest` and the server's start. Below: `sources`, a `Parser`, `pipeline`.
`plan` finds out what there is to do; `ingest` does it, through `pipeline`. A run that is killed at any
point is made good by the next, with nothing lost or doubled. Memory is bounded, never by the corpus.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Protocol
from uuid import UUID, uuid5

import anyio.to_thread

from chatkeep.core.clock import Clock, SystemClock
from chatkeep.core.context import RequestContext
from chatkeep.knowledge.chunk import CHUNKER_VERSION
from chatkeep.knowledge.documents import Document, DocumentId
from chatkeep.knowledge.index import SEARCHABLE_VERSION
from chatkeep.knowledge.parse import PARSER_VERSION, ParsedText, Skipped
from chatkeep.knowledge.pipeline import Left, Pipeline, forget
from chatkeep.knowledge.protocols import DocumentStore, Embedder, Parser, VectorIndex
from chatkeep.knowledge.sources import Listing, SourceFile, list_files, too_large

_IDS = UUID("5b1c6c0e-40cb-5c6e-8a53-6a1a1f1d2f0b")
_TRIES = 3


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
    parser: Parser
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
    """Listens to an ingestion, to show it.

    `embedded` comes for each part of a file that is done, and its bytes sum up to those started with.
    `advanced` comes once for each of the files, when it is stored or skipped.
    """

    def started(self, files: int, size: int) -> None: ...
    def embedded(self, path: str, chunks: int, size: int) -> None: ...
    def advanced(self, path: str, chunks: int) -> None: ...


class Unheard:
    """Progress that nobody follows."""

    def started(self, files: int, size: int) -> None: ...
    def embedded(self, path: str, chunks: int, size: int) -> None: ...
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


async def forget_source(name: str, library: Library, context: RequestContext) -> int:
    """Forget every document of a source, whether or not it is still there. How many there were."""
    known = await library.documents.fingerprints(name, context)
    await forget([identity for identity, _ in known.values()], library.documents, library.index, context)
    return len(known)


async def ingest(
    paths: Sequence[Path], library: Library, context: RequestContext, progress: IngestProgress | None = None
) -> Report:
    """Bring the index up to date with the files below `paths`. One bad file never stops the rest.

    Raises:
        InvalidInput: a path does not exist.
        ChatkeepError: the embedder or a store failed; what was finished is kept, and the next run goes on.
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
    """The file as it is at one moment."""
    try:
        for _ in range(_TRIES):
            # What became a link or a pipe since it was listed is not followed and not waited for.
            opened = os.open(file.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(opened, "rb") as content:
                before = os.fstat(opened)
                if not stat.S_ISREG(before.st_mode):
                    return Skipped(file.path, "it is not a regular file.")
                data = content.read(max_file_bytes + 1)
                after = os.fstat(opened)
            if len(data) > max_file_bytes:
                return Skipped(file.path, too_large(max_file_bytes))
            if (before.st_mtime_ns, len(data)) == (after.st_mtime_ns, after.st_size):
                return data
    except OSError as error:
        return Skipped(file.path, f"it cannot be read: {error.strerror}.")
    return Skipped(file.path, "it changes while it is read. Ingest it once it is complete.")


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
    """One plan being carried out, and its tally: the pipeline's `Errand`."""

    def __init__(self, library: Library, context: RequestContext, progress: IngestProgress) -> None:
        self._library = library
        self._context = context
        self._progress = progress
        self._sizes: dict[DocumentId, int] = {}
        self.added = self.updated = self.chunks = 0
        self.skipped: list[Skipped] = []

    async def carry_out(self, todo: Plan) -> None:
        library = self._library
        self._sizes = await anyio.to_thread.run_sync(_sizes, todo.pending)
        self._progress.started(len(todo.pending), sum(self._sizes.values()))
        await forget(todo.removed, library.documents, library.index, self._context)
        pipeline = Pipeline(library.documents, library.index, library.embedder, self._context, self)
        await pipeline.run(todo.pending, library.parser.parallel)

    def size(self, item: Pending) -> int:
        return self._sizes[item.document_id]

    def document_id(self, item: Pending) -> DocumentId:
        return item.document_id

    async def read(self, item: Pending) -> Document | Left:
        library = self._library
        data = await anyio.to_thread.run_sync(_read, item.file, library.max_file_bytes)
        if isinstance(data, Skipped):
            return Left(data, forgets=False)  # it may be back, and a file that is gone is found out by `plan`
        parsed = await library.parser.parse(item.file.path, data)
        if isinstance(parsed, Skipped):
            return Left(
                parsed, forgets=True
            )  # the file is there, but what was read of it stands there no more
        return await anyio.to_thread.run_sync(_document, item, data, parsed, library)

    def embedded(self, item: Pending, chunks: int, share: float) -> None:
        self._progress.embedded(item.file.path, chunks, round(share * self.size(item)))

    def stored(self, item: Pending, chunks: int) -> None:
        self.added += item.is_new
        self.updated += not item.is_new
        self.chunks += chunks
        self._progress.advanced(item.file.path, chunks)

    def left(self, item: Pending, skipped: Skipped) -> None:
        self.skipped.append(skipped)
        self._progress.embedded(item.file.path, 0, self.size(item))
        self._progress.advanced(item.file.path, 0)


def _sizes(pending: Sequence[Pending]) -> dict[DocumentId, int]:
    """Bytes of each file, as far as the disk tells."""
    sizes = {}
    for each in pending:
        try:
            sizes[each.document_id] = each.file.file.stat().st_size
        except OSError:
            sizes[each.document_id] = 0
    return sizes


def _document(item: Pending, data: bytes, parsed: ParsedText, library: Library) -> Document:
    file = item.file
    return Document(
        id=item.document_id,
        source=file.source,
        path=file.path,
        title=parsed.title,
        format=parsed.format,
        text=parsed.text,
        fingerprint=_fingerprint(data, library),
        ingested_at=library.clock.now(),
        landmarks=parsed.landmarks,
        language=parsed.language,
        modified_at=parsed.modified_at,
        metadata=parsed.metadata,
    )
