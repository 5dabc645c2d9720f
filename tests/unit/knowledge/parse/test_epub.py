"""Books."""

from datetime import UTC, datetime

from tests.unit.knowledge.parse.reading import parsed, places, refused
from tests.unit.knowledge.parse.samples import epub, rezipped, zipped

CHAPTERS = [
    ("The beginning", "<p>It began.</p>"),
    ("", "<p>It went on.</p>"),
    ("The end", "<h2>The very end</h2><p>It ended.</p>"),
]


def test_chapters_are_landmarks_under_the_names_of_the_contents() -> None:
    assert places(parsed("a.epub", epub(CHAPTERS))) == {
        "chapter The beginning": "# The beginning\n\nIt began.\n\nIt went on.",
        "chapter The end": "## The very end\n\nIt ended.",
    }


def test_without_contents_the_headings_name_the_chapters() -> None:
    assert list(places(parsed("a.epub", epub(CHAPTERS, contents=False)))) == [
        "chapter 1",
        "chapter The very end",
    ]


def test_the_older_kind_of_contents() -> None:
    book = epub(CHAPTERS, contents=False)
    package = (
        '<package><manifest><item id="c0" href="text/c0.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/></manifest>'
        '<spine><itemref idref="c0"/><itemref idref="c0"/></spine></package>'
    )
    contents = (
        '<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd"><ncx>'
        '<navMap><navPoint><navLabel><text>Dawn</text></navLabel><content src="text/c0.xhtml#x"/></navPoint>'
        "</navMap></ncx>"
    )
    found = parsed("a.epub", rezipped(book, {"OEBPS/book.opf": package, "OEBPS/toc.ncx": contents}))
    assert places(found) == {"chapter Dawn": "# Dawn\n\nIt began."}


def test_what_the_book_says_of_itself() -> None:
    found = parsed("a.epub", epub(CHAPTERS))
    assert (found.title, found.language, found.metadata) == ("The Lantern", "de", {"author": "Ada Byron"})
    assert found.modified_at == datetime(2023, 2, 1, 10, tzinfo=UTC)


def test_a_protected_book_says_so_and_obscured_fonts_do_not_matter() -> None:
    method = '<encryption><EncryptedData><EncryptionMethod Algorithm="{}"/></EncryptedData></encryption>'
    assert "DRM" in refused("a.epub", epub(CHAPTERS, extra=method.format("urn:aes")))
    assert parsed("a.epub", epub(CHAPTERS, extra=method.format("http://www.idpf.org/2008/embedding")))


def test_links_out_of_the_book_lead_nowhere() -> None:
    package = (
        '<package><manifest><item id="c" href="../../../etc/passwd" media-type="application/xhtml+xml"/>'
        '</manifest><spine><itemref idref="c"/></spine></package>'
    )
    assert "hold no text" in refused("a.epub", rezipped(epub(CHAPTERS), {"OEBPS/book.opf": package}))


def test_what_is_no_book_says_so() -> None:
    assert "not an EPUB book" in refused("a.epub", b"x")
    assert "not an EPUB book" in refused("a.epub", zipped({"a": "b"}))
