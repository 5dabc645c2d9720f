"""What knowledge needs from the outside. Each has one contract suite in `tests/contracts/`."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from chatkeep.core.context import RequestContext
from chatkeep.knowledge.documents import Chunk, Document, DocumentId, Passage, PassageId

if TYPE_CHECKING:  # what answers questions parses nothing
    from chatkeep.knowledge.parse.parsed import ParsedText, Skipped

Vectors = NDArray[np.float32]


class Parser(Protocol):
    """Files to text, whatever is in them.

    Attributes:
        parallel: how many documents it reads at a time; more wait.
    """

    @property
    def parallel(self) -> int: ...

    async def parse(self, path: str, data: bytes) -> "ParsedText | Skipped":
        """The text of the file `path` whose content is `data`, or why there is none. Never blocks the loop.

        What a file does to its parser is a reason to skip that file, never an error.

        Raises:
            ConfigurationError: nothing can be parsed on this machine.
        """
        ...

    async def aclose(self) -> None:
        """Nobody may be parsing any more."""
        ...


class TextEmbedder(Protocol):
    """Texts to unit vectors, so that a dot product is the cosine.

    Many models are trained to see a question and what answers it marked apart ("query: ", "passage: "), so
    there are two ways in. Where a model makes no difference, they give the same.
    """

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """What is to be found. Shape (len(texts), dimensions), float32, each row of norm 1.

        Never blocks the loop.

        Raises:
            EmbedderUnavailable: it lies elsewhere, and cannot be reached or has its fill of work.
            ConfigurationError: it cannot work as it is set up.
        """
        ...

    async def embed_query(self, text: str) -> Vectors:
        """What to look for, to be held against the rows of `embed`. Shape (dimensions,); else as `embed`."""
        ...


class Embedder(TextEmbedder, Protocol):
    """What ingesting knows of an embedder besides: which space it is, and how it counts.

    Attributes:
        name: identifies the vector space; changing it re-indexes.
        dimensions: length of each vector.
        max_tokens: longer texts are cut to this many tokens.
    """

    @property
    def name(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The (start, end) code point offsets of each token of `text`, uncut, without specials."""
        ...

    async def close(self) -> None:
        """Let go of what it holds: memory, connections. It is not used again."""
        ...


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A chunk ready to be stored: its document, and where it lies in vector space.

    Attributes:
        document: only what names it and says who may read it is stored with the chunk, not its text.
        vector: None when no dense embedder is configured.
    """

    id: PassageId
    chunk: Chunk
    document: Document
    vector: Vectors | None

    @property
    def searchable(self) -> str:
        """What both legs index: the text below the names of its document and sections."""
        return searchable(self.document.title, self.chunk)

    @property
    def passage(self) -> Passage:
        """As a search returns it. The score is 0."""
        chunk, document = self.chunk, self.document
        return Passage(
            id=self.id,
            document_id=document.id,
            path=document.path,
            title=document.title,
            headings=chunk.headings,
            start=chunk.start,
            end=chunk.end,
            text=chunk.text,
            score=0.0,
            place=chunk.place,
            url=document.url,
            modified_at=document.modified_at,
            language=document.language,
            metadata=document.metadata,
        )


def searchable(title: str, chunk: Chunk) -> str:
    """The chunk's text as it is embedded and counted, which is more than what is shown."""
    return "\n".join([*dict.fromkeys((title, *chunk.headings)), chunk.text])


@dataclass(frozen=True, slots=True)
class Where:
    """What a search is narrowed to. Who may read what is not part of it: that comes with the context.

    Attributes:
        sources: only what came with these; None: with any.
        metadata: only documents that say exactly this of themselves.
        since: only documents known to have changed at or after this time.
        passages: only these, so that a leg says what it thinks of each; None: any. Ids that are not there, or
            are not the reader's, are passed over.
    """

    sources: tuple[str, ...] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    passages: tuple[PassageId, ...] | None = None


ANYWHERE = Where()


@dataclass(frozen=True, slots=True)
class Hit:
    """One leg's opinion of one passage."""

    id: PassageId
    score: float


@dataclass(frozen=True, slots=True)
class Legs:
    """What each leg of a hybrid search found, best first. `dense` is empty without an embedder."""

    dense: Sequence[Hit]
    sparse: Sequence[Hit]


class Reranker(Protocol):
    """Reads a question and passages together, and says how well each answers it."""

    async def scores(self, query: str, passages: Sequence[Passage]) -> Sequence[float]:
        """One finite number for each passage, in their order; higher is better.

        It may take seconds and may fail in any way: who asks has an order without it.
        """
        ...


class PassageReader(Protocol):
    """Reads what citations point to."""

    async def passages(self, ids: Sequence[PassageId], context: RequestContext) -> list[Passage]:
        """The stored chunks by id, in the order asked. Scores are 0.

        Ids that are unknown, or that the context may not read, are left out.
        """
        ...


class VectorIndex(PassageReader, Protocol):
    """Dense and BM25 vectors of chunks. Every call names the tenant, through the context.

    What is read is narrowed to what the context's labels allow, inside the index: a document with labels
    is found by those alone who bear one of them.

    Attributes:
        generation: names this store's life. It changes when the store begins anew, so that documents
            whose fingerprints hold another generation are ingested again.
        is_complete: whether all that was ever indexed is in here. It is not so while this index is filled to
            replace that of another embedder, which is kept until `finish`.
    """

    @property
    def generation(self) -> str: ...
    @property
    def is_complete(self) -> bool: ...

    async def finish(self) -> None:
        """All that is to be found is in here now: forget what other embedders left."""
        ...

    async def upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        """Insert or replace by id."""
        ...

    async def delete_documents(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        """Forget every chunk of these documents."""
        ...

    async def search(
        self,
        text: str,
        vector: Vectors | None,
        limit: int,
        context: RequestContext,
        where: Where = ANYWHERE,
    ) -> Legs:
        """The `limit` best of each leg: BM25 for `text`, cosine for `vector` (shape (dimensions,))."""
        ...

    async def vectors(self, ids: Sequence[PassageId], context: RequestContext) -> dict[PassageId, Vectors]:
        """The stored vectors, each of shape (dimensions,), of those ids that `passages` would give."""
        ...

    async def count(self, context: RequestContext) -> int:
        """How many chunks this tenant has."""
        ...

    async def flush(self) -> None:
        """On return, everything before is on disk."""
        ...

    async def optimize(self) -> bool:
        """Make searches fast again after many writes, while both go on. Whether there was anything to do."""
        ...

    async def check(self) -> None:
        """Raises: NotReady: it cannot be reached just now."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source that documents are stored of.

    Attributes:
        name: what the documents say they came with.
        ingested_at: when the latest of them was read.
    """

    name: str
    documents: int
    ingested_at: datetime


class DocumentStore(Protocol):
    """The text of documents and what is known of their freshness.

    `load` and `some` give what the context's labels allow; the rest looks absent.
    """

    async def fingerprints(
        self, source: str, context: RequestContext
    ) -> Mapping[str, tuple[DocumentId, str]]:
        """Path -> (id, fingerprint) of each document of this source."""
        ...

    async def sources(self, context: RequestContext) -> list[KnownSource]:
        """The sources of this tenant's documents, by name."""
        ...

    async def save(self, document: Document, context: RequestContext) -> None:
        """Insert or replace by id."""
        ...

    async def load(self, document_id: DocumentId, context: RequestContext) -> Document:
        """Raises: NotFound."""
        ...

    async def labels(
        self, ids: Sequence[DocumentId], context: RequestContext
    ) -> Mapping[DocumentId, tuple[str, ...]]:
        """What those of `ids` that are stored bear, whoever may read them. Never for answers."""
        ...

    async def delete(self, ids: Sequence[DocumentId], context: RequestContext) -> None: ...

    async def page(self, after: DocumentId | None, limit: int, context: RequestContext) -> list[Document]:
        """The next documents by id, whoever may read them: for indexing, never for answers.

        Args:
            after: the last id of the page before; None: from the beginning.
        """
        ...

    async def some(self, limit: int, context: RequestContext) -> list[Document]:
        """At most `limit` documents, by path."""
        ...

    async def count(self, context: RequestContext) -> int:
        """How many documents this tenant has."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was at an address.

    Attributes:
        url: the address that answered, after redirects.
        headers: of the answer, with names in lower case.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetcher(Protocol):
    """Reads what is at addresses on the web, and reaches none that it must not."""

    async def fetch(
        self,
        url: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        may_follow: Callable[[str], bool] | None = None,
    ) -> Fetched:
        """GET `url`, whatever the status of the answer.

        Args:
            max_bytes: of the body, decompressed.
            headers: besides those that every request has.
            may_follow: whether a redirect may be followed to an address; None: wherever it leads. One
                that may not is itself the answer.

        Raises:
            AddressRefused: the address, or one it leads to, must not be reached.
            FetchFailed: nobody answered in time, or the answer is broken or too large.
        """
        ...

    async def addresses(self, url: str) -> list[str]:
        """The IP addresses that `url` may be reached at, each checked.

        Raises:
            AddressRefused: it must not be reached.
            FetchFailed: its name is not known.
        """
        ...


class Changes(Protocol):
    """Notices what changes on the disk."""

    def watch(self, roots: Sequence[Path]) -> AsyncIterator[frozenset[Path]]:
        """The files and folders below `roots` that changed, whenever the changing pauses, for ever."""
        ...
