"""The nouns of knowledge: documents, chunks of them, and the passages a search finds.

All offsets count Unicode code points in `Document.text`, so `document.text[chunk.start:chunk.end]`
is always the chunk.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NewType

DocumentId = NewType("DocumentId", str)
PassageId = NewType("PassageId", str)

TextFormat = Literal["plain", "markdown"]


@dataclass(frozen=True, slots=True)
class Landmark:
    """Where a part of a document begins that people find by its name.

    Attributes:
        start: offset in the document's text. It ends where the next one begins.
        kind: what such a part is called: `page`, `slide`, `sheet`, `chapter`, `message`, `cell`, `record`.
        name: which one: its number as people count, or its title.
    """

    start: int
    kind: str
    name: str


def place(landmarks: Sequence[Landmark], start: int, end: int) -> str:
    """Where the span from `start` to `end` stands, in words: `page 3`, `pages 3–4`. Empty without landmarks.

    Args:
        landmarks: in the order of their starts.
    """
    first = bisect_right(landmarks, start, key=lambda landmark: landmark.start) - 1
    last = bisect_right(landmarks, max(start, end - 1), key=lambda landmark: landmark.start) - 1
    if last < 0:
        return ""
    one, other = landmarks[max(first, 0)], landmarks[last]
    if one == other:
        return f"{one.kind} {one.name}"
    return f"{one.kind}s {one.name}–{other.name}"


@dataclass(frozen=True, slots=True)
class Document:
    """One ingested file or page, as text.

    Attributes:
        id: a UUID derived from tenant, source and path: the same file keeps its id.
        source: what the operator named: a file or folder, absolute, or an address.
        path: the file's path below `source`, with forward slashes, or the page's address; shown to people.
        title: the document's own title, or its file name.
        format: how to render `text`. HTML is turned into Markdown when it is parsed.
        text: what offsets count in.
        fingerprint: hash of the file's bytes and of everything that shapes its chunks and vectors;
            equal fingerprints need no work.
        landmarks: its pages, slides or sheets, in order; empty where the format has none.
        language: ISO 639-1, such as `de`; empty where it is not known.
        modified_at: when its content last changed, as its source says.
        url: where people can open the original; empty for a file.
        labels: who may read it: everybody when empty, otherwise whoever bears one of them.
        metadata: what the operator or the document says of it, to filter by.
    """

    id: DocumentId
    source: str
    path: str
    title: str
    format: TextFormat
    text: str
    fingerprint: str
    ingested_at: datetime
    landmarks: tuple[Landmark, ...] = ()
    language: str = ""
    modified_at: datetime | None = None
    url: str = ""
    labels: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a document that is embedded and found as one.

    Attributes:
        headings: the titles of the sections the chunk stands in, outermost first.
        place: the page, slide or sheet it stands on, in words; empty where there are none.
    """

    document_id: DocumentId
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as a search returns it, with what a citation needs to name it.

    Attributes:
        id: a UUID derived from the document's id and the chunk's place and text.
        score: higher is better; comparable within one search only.
        place, url, modified_at, language, metadata: as its chunk and its document have them.
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
    place: str = ""
    url: str = ""
    modified_at: datetime | None = None
    language: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
