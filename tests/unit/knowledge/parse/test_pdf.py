"""PDF: order, titles, pages, and what has no text."""

from datetime import UTC, datetime

from chatkeep.knowledge.parse.pdf import PDFIUM
from tests.unit.knowledge.parse.reading import parsed, places, refused
from tests.unit.knowledge.parse.samples import FILLING, encrypted_pdf, pdf, scanned_pdf


def test_pages_are_landmarks_and_large_lines_are_headings() -> None:
    found = parsed(
        "a.pdf", pdf([[(24, "The handbook"), (11, FILLING)], [(16, "Care"), (11, f"{FILLING}{FILLING}")]])
    )
    assert places(found) == {
        "page 1": f"# The handbook\n\n{FILLING.strip()}",
        "page 2": f"## Care\n\n{FILLING}{FILLING.strip()}",
    }


def test_headers_appear_once_and_page_numbers_never() -> None:
    text = parsed(
        "a.pdf", pdf([[(11, f"{word}. {FILLING}")] for word in ("One", "Two", "Six", "Ten")], "ACME")
    ).text
    assert text.count("ACME") == 1
    assert "Page" not in text


def test_what_the_file_says_of_itself() -> None:
    found = parsed(
        "a.pdf", pdf([[(11, FILLING)]], title="Handbook of ACME", author="Ada Byron", lang="de-AT")
    )
    assert (found.title, found.language, found.metadata) == (
        "Handbook of ACME",
        "de",
        {"author": "Ada Byron"},
    )
    assert found.modified_at == datetime(2024, 3, 1, 12, tzinfo=UTC)


def test_a_title_that_says_nothing_gives_way_to_the_first_heading() -> None:
    page = [(24, "The handbook"), (11, FILLING)]
    for title in ("", "Microsoft Word - x.doc", "untitled", "x.indd"):
        assert parsed("a.pdf", pdf([page], title=title)).title == "The handbook"
    assert parsed("a.pdf", pdf([[(11, FILLING)]])).title == "a.pdf"


def test_a_page_without_text_keeps_its_number() -> None:
    found = parsed("a.pdf", pdf([[(11, "One.")], [], [(11, "Three.")]]))
    assert places(found)["page 3"] == "Three."


def test_an_encrypted_file_says_so() -> None:
    assert "protected by a password" in refused("a.pdf", encrypted_pdf())


def test_a_scan_says_what_would_help() -> None:
    assert "ocrmypdf" in refused("a.pdf", scanned_pdf())


def test_pdfium_is_let_go_of_after_a_failure() -> None:
    refused("a.pdf", b"%PDF-1.7 broken")
    assert not PDFIUM.locked()
