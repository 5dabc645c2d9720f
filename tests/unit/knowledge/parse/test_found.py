"""Every format, from the file to the passage: a known sentence is found, where it stands."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from chatkeep.adapters.memory import MemoryDocuments, MemoryIndex
from chatkeep.adapters.parsing.in_process import InProcessParser
from chatkeep.core.context import local_context
from chatkeep.knowledge.documents import Document, Passage
from chatkeep.knowledge.ingest import Library, document_id, ingest
from chatkeep.knowledge.parse import SUPPORTED
from chatkeep.knowledge.parse.code import CODE
from chatkeep.knowledge.retrieve import Retriever
from tests.unit.knowledge.parse import samples
from tests.unit.knowledge.parse.samples import FILLING

HERE = local_context("test")
LONG = FILLING * 2
SENTENCE = "The copper kettle whistles at dawn."


class Sample(NamedTuple):
    """A file that says a sentence; where, and under which headings."""

    name: str
    data: Callable[[Path], bytes]
    sentence: str
    place: str
    headings: tuple[str, ...]


def _text(text: str) -> Callable[[Path], bytes]:
    return lambda _: text.encode()


SAMPLES = [
    Sample("a.txt", _text(f"{LONG}\n\n{SENTENCE}"), SENTENCE, "", ()),
    Sample("a.md", _text(f"# Guide\n\n{LONG}\n\n# Kettles\n\n{SENTENCE} {LONG}"), SENTENCE, "", ("Kettles",)),
    Sample("a.html", _text(f"<h1>Kettles</h1><p>{SENTENCE}</p>"), SENTENCE, "", ("Kettles",)),
    Sample("a.rst", _text(samples.RST), "Boils the water for some minutes.", "", ("The kettle", "Care")),
    Sample(
        "a.pdf",
        lambda _: samples.pdf(
            [
                [(24, "Handbook"), (11, LONG)],
                [(16, "Kettles"), (11, f"{SENTENCE} {LONG}{LONG}")],
                [(11, LONG)],
            ],
            header="ACME handbook",
        ),
        SENTENCE,
        "page 2",
        ("Handbook", "Kettles"),
    ),
    Sample(
        "a.docx",
        lambda _: samples.docx(),
        "The furnace is lit by two people at most.",
        "",
        ("Rules", "Safety", "Furnace"),
    ),
    Sample(
        "a.pptx",
        lambda _: samples.pptx([("Welcome", [LONG]), ("Tools", [LONG]), ("Kettles", [SENTENCE, LONG])]),
        SENTENCE,
        "slide 3",
        ("Kettles",),
    ),
    Sample(
        "a.xlsx",
        lambda _: samples.xlsx(
            {
                "Rooms": [["Room", "Notes"], ["Birch", LONG]],
                "Prices": [["Item", "Price", "Notes"], ["Kettle", 19.5, SENTENCE], ["Lantern", 42, LONG]],
            }
        ),
        f"| Kettle | 19.5 | {SENTENCE} |",
        "sheet Prices",
        ("Prices",),
    ),
    Sample(
        "a.xls",
        lambda _: (samples.FILES / "prices.xls").read_bytes(),
        "Copper kettle | 19.5",
        "sheets Rooms–Prices",
        (),
    ),
    Sample(
        "a.ods",
        lambda _: samples.ods(
            samples.ods_table("Rooms", [["Room", "Notes"], ["Birch", LONG]])
            + samples.ods_table("Prices", [["Item", "Notes"], ["Kettle", SENTENCE], ["Lantern", LONG]])
        ),
        SENTENCE,
        "sheet Prices",
        ("Prices",),
    ),
    Sample(
        "a.csv",
        _text(
            "Item,Price\n" + "".join(f"Lamp {n},{n}.50\n" for n in range(2, 300)) + "Copper kettle,19.50\n"
        ),
        "| Copper kettle | 19.50 |",
        "rows 288–300",
        (),
    ),
    Sample(
        "a.tsv", _text("Item\tPrice\nCopper kettle\t19.50\n"), "| Copper kettle | 19.50 |", "rows 1–2", ()
    ),
    Sample(
        "a.epub",
        lambda _: samples.epub([("Dusk", f"<p>{LONG}</p>"), ("Dawn", f"<p>{SENTENCE} {LONG}</p>")]),
        SENTENCE,
        "chapter Dawn",
        ("Dawn",),
    ),
    Sample(
        "a.json",
        _text(
            f'[{{"title": "Lantern", "notes": "{LONG}"}},{{"title": "Kettle", "notes": "{SENTENCE} {LONG}"}}]'
        ),
        SENTENCE,
        "record 2",
        ("Kettle",),
    ),
    Sample(
        "a.jsonl",
        _text(
            f'{{"title": "Lantern", "notes": "{LONG}"}}\n\n'
            f'{{"title": "Kettle", "notes": "{SENTENCE} {LONG}"}}\n'
        ),
        SENTENCE,
        "record 3",
        ("Kettle",),
    ),
    Sample(
        "a.eml",
        lambda _: samples.message("Kettles", SENTENCE).as_bytes(),
        SENTENCE,
        "message Kettles",
        ("Kettles",),
    ),
    Sample(
        "a.mbox",
        lambda folder: samples.mbox(
            folder, [samples.message("Lanterns", LONG), samples.message("Kettles", f"{SENTENCE}\n{LONG}")]
        ),
        SENTENCE,
        "message 2",
        ("Kettles",),
    ),
    Sample(
        "a.ipynb",
        lambda _: samples.notebook(
            [
                ("markdown", f"# Study\n\n{LONG}"),
                ("code", f"print(1)\n# {LONG}"),
                ("markdown", f"## Kettles\n\n{SENTENCE} {LONG}"),
            ]
        ),
        SENTENCE,
        "cell 3",
        ("Study", "Kettles"),
    ),
    Sample("a.py", _text(samples.CODE), "copper kettle whistles", "lines 1–17", ()),
]


async def found(folder: Path, name: str, data: bytes, sentence: str) -> tuple[Passage, Document]:
    """The best passage for the sentence, through the product's own path."""
    library = Library(MemoryDocuments(), MemoryIndex(), None, 10_000_000, InProcessParser())
    (folder / name).write_bytes(data)
    report = await ingest([folder], library, HERE)
    assert report.skipped == ()
    best = (await Retriever(library.embedder, library.index).search(sentence, 1, HERE))[0]
    return best, await library.documents.load(document_id(str(folder), name, HERE), HERE)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
async def test_a_sentence_is_found_where_it_stands(sample: Sample, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    passage, document = await found(folder, sample.name, sample.data(tmp_path), sample.sentence)
    assert sample.sentence in passage.text
    assert document.text[passage.start : passage.end] == passage.text
    assert (passage.place, passage.headings) == (sample.place, sample.headings)


def test_every_format_has_a_sample() -> None:
    variants = {
        ".text",
        ".markdown",
        ".mdx",
        ".htm",
        ".xhtml",
        ".rest",
        ".docm",
        ".pptm",
        ".ppsx",
        ".xlsm",
        ".ndjson",
    }
    assert SUPPORTED - CODE - variants == {Path(sample.name).suffix for sample in SAMPLES} - CODE


async def test_what_a_document_says_of_itself_comes_with_its_passages(tmp_path: Path) -> None:
    passage, document = await found(tmp_path, "a.docx", samples.docx(), "two people at most")
    assert document.language == passage.language == "en"
    assert passage.metadata["author"] == "Ada Byron"
    assert passage.modified_at is not None
    assert passage.modified_at.isoformat() == "2024-05-06T07:08:09+00:00"
