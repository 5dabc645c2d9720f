"""A page of a PDF is drawn with the cited words marked, and nothing a PDF holds reaches the server."""

import struct
import zlib
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

import pytest

from chatkeep.adapters.pdf.draw import Word, find
from chatkeep.adapters.pdf.pages import PdfPages
from chatkeep.knowledge.documents import Document, DocumentId, Landmark
from chatkeep.knowledge.pages import Page, PageImage, pages_of
from tests.pdf import pdf

PRICES = [
    "Prices",
    "",
    "A berth costs 41 euros a night.",
    "Winter storage costs 910 euros, and water is",
    "free.",
]


def document(source: Path, path: str = "harbour.pdf", text: str = "") -> Document:
    return Document(
        id=DocumentId("d"),
        source=str(source),
        path=path,
        title="Harbour",
        format="plain",
        text=text,
        fingerprint="f",
        ingested_at=datetime(2026, 11, 21, tzinfo=UTC),
        landmarks=(Landmark(0, "page", "1"), Landmark(10, "page", "2"), Landmark(20, "page", "3")),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "harbour.pdf").write_bytes(pdf([["The harbour."], PRICES]))
    return folder


def marked_rows(image: PageImage) -> list[int]:
    """The lines of the image that hold the colour of the mark."""
    at, pixels = 8, b""
    while at < len(image.png):
        (length,) = struct.unpack(">I", image.png[at : at + 4])
        if image.png[at + 4 : at + 8] == b"IDAT":
            pixels += image.png[at + 8 : at + 8 + length]
        at += 12 + length
    rows, stride = zlib.decompress(pixels), 3 * image.width + 1
    assert len(rows) == stride * image.height
    yellow = bytes((255, 228, 110)) * 4
    return [y for y in range(image.height) if yellow in rows[y * stride : (y + 1) * stride]]


async def test_the_cited_words_are_marked_on_their_lines(folder: Path) -> None:
    words = "Winter storage costs **910 euros**, and water is free."
    image = await PdfPages().draw(document(folder), Page(2, words))
    assert image is not None
    assert (image.width, image.height) == (1224, 1584)
    # The first line stands 72 points below the top, each other one 16 further; letters reach 4 below that.
    lines = {ceil((y / 2 - 72 - 4) / 16) for y in marked_rows(image)}
    assert lines == {3, 4}


async def test_a_file_that_is_itself_the_source_is_drawn(folder: Path) -> None:
    image = await PdfPages().draw(document(folder / "harbour.pdf"), Page(1, "The harbour"))
    assert image is not None


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (1, "Winter storage costs 910 euros"),
        (2, "Penguins swim faster than any submarine"),
        (3, "Prices"),
        (0, "x"),
    ],
)
async def test_a_page_that_does_not_say_what_was_cited_is_not_drawn(
    folder: Path, page: int, words: str
) -> None:
    assert await PdfPages().draw(document(folder), Page(page, words)) is None


@pytest.mark.parametrize(
    "path", ["gone.pdf", "../outside.pdf", "link.pdf", "notes.txt", "/etc/passwd", "broken.pdf"]
)
async def test_what_is_gone_elsewhere_or_no_pdf_is_not_drawn(folder: Path, path: str) -> None:
    outside = folder.parent / "outside.pdf"
    outside.write_bytes(pdf([PRICES]))
    (folder / "link.pdf").symlink_to(outside)
    (folder / "notes.txt").write_text("Winter storage costs 910 euros")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\n" + bytes(2000))
    page = Page(1, "Winter storage costs 910 euros")
    assert await PdfPages().draw(document(folder, path), page) is None
    assert await PdfPages().draw(document(Path("https://x.test/a.pdf"), "https://x.test/a.pdf"), page) is None


async def test_a_changed_file_is_drawn_anew(folder: Path) -> None:
    pages = PdfPages()
    page = Page(1, "The harbour")
    before = await pages.draw(document(folder), page)
    assert await pages.draw(document(folder), page) is before
    (folder / "harbour.pdf").write_bytes(pdf([["Something else altogether."]]))
    assert await pages.draw(document(folder), page) is None


async def test_an_enormous_page_makes_no_enormous_picture(folder: Path) -> None:
    (folder / "poster.pdf").write_bytes(pdf([["The harbour."]], size=(14_000, 14_000)))
    image = await PdfPages().draw(document(folder, "poster.pdf"), Page(1, "The harbour"))
    assert image is not None
    assert image.width * image.height <= 3_100_000


def held(words: str) -> list[Word]:
    return [Word(word, 10 * number, 10 * number + 3) for number, word in enumerate(words.split())]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("water is free", "water is free"),
        ("water is always free", "water is"),  # 2 of 4 are too few
        ("storage costs 910 euros and water is free", "storage costs 910 euros and water is free"),
        ("storage costs 920 euros and water is free", "storage costs euros and water is free"),
        ("the", ""),
    ],
)
def test_words_are_found_in_runs_if_most_are_there(wanted: str, found: str) -> None:
    page = held("winter storage costs 910 euros and water is free at each pontoon")
    words = [word.text for word in find(page, wanted.split())]
    assert words == (found.split() if len(found.split()) >= 0.6 * len(wanted.split()) else [])


@pytest.mark.parametrize(
    ("start", "end", "pages"),
    [(0, 5, [1]), (12, 14, [2]), (8, 12, [1, 2]), (0, 30, [1, 2]), (20, 30, [3]), (5, 5, [])],
)
def test_a_span_stands_on_its_pages(start: int, end: int, pages: list[int]) -> None:
    found = pages_of(document(Path("/docs"), text="a" * 10 + "b" * 10 + "c" * 10), start, end)
    assert [page.number for page in found] == pages
    assert all(len(set(page.words)) == 1 for page in found)
