"""The pages of a document that a span of its text stands on, and what can draw them. Pure.

Above: `http.sources` shows them. `adapters.pdf` draws those of PDF files.
"""

from dataclasses import dataclass
from typing import Protocol

from chatkeep.knowledge.documents import Document

MOST_PAGES = 2
"""Pages shown of one citation; a span of a few sentences crosses one page's end at most."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as people count, from 1, and the words on it that are cited."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class PageImage:
    """A PNG, its size in pixels."""

    png: bytes
    width: int
    height: int


class PageDrawer(Protocol):
    """Draws pages of originals that are still there."""

    async def draw(self, document: Document, page: Page) -> PageImage | None:
        """The page with its words marked; None where the original is gone or does not say them any more."""
        ...


def pages_of(document: Document, start: int, end: int) -> list[Page]:
    """The pages that `document.text[start:end]` stands on, in order. None where the format has no pages."""
    landmarks = [one for one in document.landmarks if one.kind == "page"]
    pages = []
    for place, landmark in enumerate(landmarks):
        following = landmarks[place + 1].start if place + 1 < len(landmarks) else len(document.text)
        words = document.text[max(start, landmark.start) : min(end, following)].strip()
        if words and landmark.start < end and following > start:
            number = int(landmark.name) if landmark.name.isdecimal() else place + 1
            pages.append(Page(number, words))
    return pages[:MOST_PAGES]
