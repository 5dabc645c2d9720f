"""Ingestion: what is new or changed in the sources is parsed, chunked, embedded and indexed.

Above: `chatkeep ingest` and the server's start. Below: `sources`, a `Parser`, `pipeline`.
`plan` finds out what there is to do; `ingest` does it, through `pipeline`. A run that is killed at any
point is made good by the next, with nothing lost or doubled. Memory is bounded, never by the corpus.
"""

import hashlib
import json
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
from chatkeep.knowledge.language import detect_language
from chatkeep.knowledge.parse import PARSER_VERSION, ParsedText, Skipped
from chatkeep.knowledge.pipeline import UNFINISHED, Left, Pipeline, forget
from chatkeep.knowledge.protocols import DocumentStore, Embedder, Parser, VectorIndex
from chatkeep.knowledge.relabel import Relabelled, relabel
from chatkeep.knowledge.sources import FolderSource, Listing, Source, SourceFile, survey

_IDS = UUID("5b1c6c0e-40cb-5c6e-8a53-6a1a1f1d2f0b")


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
    parser: Parser
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


async def forget_source(name: str, library: Library, context: RequestContext) -> int:
    """Forget every document of a source, whether or not it is still there. How many there were."""
    known = await library.documents.fingerprints(name, context)
    await forget([identity for identity, _ in known.values()], library.documents, library.index, context)
    return len(known)


async def ingest(
    sources: Sequence[Source | Path],
    library: Library,
    context: RequestContext,
    progress: IngestProgress | None = None,
) -> Report:
    """Bring the index up to date with what `sources` hold. One bad file never stops the rest.

    Raises:
        InvalidInput: a path does not exist.
        ChatkeepError: the embedder or a store failed; what was finished is kept, and the next run goes on.
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
            pending.append(Pending(file, identity, is_new=before[1] == UNFINISHED, changes_labels=moved))
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
    data = file.load(library.max_file_bytes)
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
        # First of all, and before anything slow: who may read what.
        gone = [*todo.removed, *(each.document_id for each in todo.pending if each.changes_labels)]
        await forget(gone, library.documents, library.index, self._context)
        self.chunks += await relabel(todo.relabelled, library, self._context)
        self.updated += len(todo.relabelled)
        pipeline = Pipeline(library.documents, library.index, library.embedder, self._context, self)
        await pipeline.run(todo.pending, library.parser.parallel)

    def size(self, item: Pending) -> int:
        return self._sizes[item.document_id]

    def document_id(self, item: Pending) -> DocumentId:
        return item.document_id

    async def read(self, item: Pending) -> Document | Left:
        library = self._library
        data = await anyio.to_thread.run_sync(item.file.load, library.max_file_bytes)
        if isinstance(data, Skipped):
            return Left(data, forgets=False)  # it may be back, and a file that is gone is found out by `plan`
        parsed = await library.parser.parse(item.file.parsed_as, data)
        if isinstance(parsed, Skipped):
            # The file is there, but what was read of it before stands there no more.
            return Left(Skipped(item.file.path, parsed.reason), forgets=True)
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
        fingerprint=_fingerprint(file, data, library),
        ingested_at=library.clock.now(),
        landmarks=parsed.landmarks,
        language=parsed.language or detect_language(parsed.text),
        modified_at=parsed.modified_at or file.modified_at,
        url=file.url,
        labels=file.bearing.labels,
        metadata={**parsed.metadata, **file.metadata},
    )
