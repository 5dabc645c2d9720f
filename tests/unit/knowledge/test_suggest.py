from datetime import UTC, datetime

from chatkeep.knowledge.documents import Document, DocumentId, TextFormat
from chatkeep.knowledge.suggest import Suggestion, suggest


def document(title: str, text: str, text_format: TextFormat = "markdown") -> Document:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    return Document(DocumentId(title), "/docs", title, title, text_format, text, "f", now)


def test_a_heading_that_asks_is_suggested_as_it_stands_and_first() -> None:
    guide = document("Guide", "# Guide\n\n## Setting up\n\n## What does it cost?\n")
    assert [suggestion.question for suggestion in suggest([guide])] == [
        "What does it cost?",
        "What does “Guide” say about “Setting up”?",
    ]


def test_documents_take_turns() -> None:
    documents = [document(name, f"## {name} one\n## {name} two\n") for name in ("A", "B", "C")]
    assert [suggestion.label for suggestion in suggest(documents)] == [
        "A › A one",
        "B › B one",
        "C › C one",
        "A › A two",
    ]


def test_code_and_markup_in_headings_do_not_show() -> None:
    text = "```\n## not a heading\n```\n## Use `make` [here](https://example.com)\n"
    assert [suggestion.label for suggestion in suggest([document("D", text)])] == ["D › Use make here"]


def test_a_document_without_headings_is_suggested_by_its_title() -> None:
    plain = document("notes.txt", "## text", "plain")
    assert suggest([plain]) == [Suggestion("notes.txt", "What is “notes.txt” about?")]
