"""What parsing a file gives: its text, or the reason there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chatkeep.knowledge.documents import Landmark, TextFormat


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A file as text with LF line ends. `text` is what every offset counts in.

    Attributes:
        landmarks: its pages, slides or sheets, in order.
        language: ISO 639-1, only where the file declares it.
        modified_at: aware; only where the file itself says it.
        metadata: what the file says of itself: `author`, `subject`, ...
    """

    title: str
    format: TextFormat
    text: str
    landmarks: tuple[Landmark, ...] = ()
    language: str = ""
    modified_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The file holds no text for us. `reason` completes "notes.txt was skipped: it ..."."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file left out, and why, in words for the person who named it."""

    path: str
    reason: str
