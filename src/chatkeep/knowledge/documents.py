"""The nouns of knowledge: documents, chunks of them, and the passages a search finds.

All offsets count Unicode code points in `Document.text`, so `document.text[chunk.start:chunk.end]`
is always the chunk.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType

DocumentId = NewType("DocumentId", str)
PassageId = NewType("PassageId", str)

TextFormat = Literal["plain", "markdown"]


@dataclass(frozen=True, slots=True)
class Document:
    """One ingested file, as text.

    Attributes:
        id: a UUID derived from tenant, source and path: the same file keeps its id.
        source: the file or folder the operator named, absolute.
        path: the file's path below `source`, with forward slashes; shown to people.
        title: the document's own title, or its file name.
        format: how to render `text`. HTML is turned into Markdown when it is parsed.
        text: what offsets count in.
        fingerprint: hash of the file's bytes and of everything that shapes its chunks and vectors;
            equal fingerprints need no work.
    """

    id: DocumentId
    source: str
    path: str
    title: str
    format: TextFormat
    text: str
    fingerprint: str
    ingested_at: datetime


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a document that is embedded and found as one.

    Attributes:
        headings: the titles of the sections the chunk stands in, outermost first.
    """

    document_id: DocumentId
    start: int
    end: int
    text: str
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as a search returns it, with what a citation needs to name it.

    Attributes:
        id: a UUID derived from the document's id and the chunk's place and text.
        score: higher is better; comparable within one search only.
    """

    id: PassageId
    document_id: DocumentId
    path: str
    title: str
    headings: tuple[str, ...]
    start: int
    end: int
    text: str
    score: float
