"""What parsing a file gives: its text, or the reason there is none."""

from dataclasses import dataclass

from chatkeep.knowledge.documents import TextFormat


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A file as text with LF line ends. `text` is what every offset counts in."""

    title: str
    format: TextFormat
    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The file holds no text for us. `reason` completes "notes.txt was skipped: it ..."."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file left out, and why, in words for the person who named it."""

    path: str
    reason: str
