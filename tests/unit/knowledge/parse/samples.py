"""Real files of each format, made by real writers where there are any."""

import io
import json
import mailbox
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from docx import Document as WordDocument
from docx.shared import Pt as WordPoints
from fpdf import FPDF
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches

FILES = Path(__file__).parent / "files"

FILLING = (
    "The workshop keeps its records in the blue cabinet beside the door. Each of them is signed by two "
    "people and kept for ten years. Whoever takes one out writes a name and a date on the card that hangs "
    "inside. "
)
"""Words enough that a section with them twice is a passage of its own."""


def pdf(pages: Sequence[Sequence[tuple[int, str]]], header: str = "", **properties: str) -> bytes:
    """Pages of (font size, text) blocks, with running lines at the edges if there is a header."""

    class Printed(FPDF):
        def header(self) -> None:
            if header:
                self.set_font("helvetica", size=9)
                self.cell(0, 8, header, new_x="LMARGIN", new_y="NEXT")

        def footer(self) -> None:
            if header:
                self.set_y(-15)
                self.set_font("helvetica", size=9)
                self.cell(0, 8, f"Page {self.page_no()} of {len(pages)}", align="C")

    printed = Printed()
    printed.set_creation_date(datetime(2024, 3, 1, 12, tzinfo=UTC))
    for name, value in properties.items():
        getattr(printed, f"set_{name}")(value)
    for page in pages:
        printed.add_page()
        for size, text in page:
            printed.set_font("helvetica", size=size)
            printed.multi_cell(0, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
            printed.ln(4)
    return bytes(printed.output())


def encrypted_pdf() -> bytes:
    printed = FPDF()
    printed.set_encryption(owner_password="owner", user_password="user")
    printed.add_page()
    printed.set_font("helvetica", size=12)
    printed.cell(0, 10, "A secret.")
    return bytes(printed.output())


def scanned_pdf() -> bytes:
    printed = FPDF()
    printed.add_page()
    printed.rect(20, 20, 100, 100, style="F")
    return bytes(printed.output())


def docx() -> bytes:
    word = WordDocument()
    word.core_properties.title = "Workshop rules"
    word.core_properties.author = "Ada Byron"
    word.core_properties.language = "en-GB"
    word.core_properties.modified = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    word.add_heading("Rules", level=0)
    word.add_heading("Safety", level=1)
    word.add_paragraph(FILLING * 2)
    word.add_heading("Furnace", level=2)
    paragraph = word.add_paragraph("The furnace is lit by ")
    paragraph.add_run("two people").bold = True
    paragraph.add_run(f" at most. {FILLING * 2}")
    word.add_paragraph("Wear gloves", style="List Bullet")
    word.add_paragraph("Open the flue", style="List Number")
    word.add_paragraph("Strike the match", style="List Number")
    word.add_heading("Prices", level=1)
    table = word.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Item", "Price"
    for item, price in (("Copper kettle", "19.50"), ("Brass lantern", "42.00")):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = item, price
    word.add_paragraph(FILLING * 2).runs[0].font.size = WordPoints(10)
    return _saved(word)


def pptx(slides: Sequence[tuple[str, Sequence[str]]]) -> bytes:
    """Slides of a title and bulleted lines; the first has notes and the last a table."""
    deck = Presentation()
    deck.core_properties.author = "Ada Byron"
    slide = None
    for title, lines in slides:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(lines)
    deck.slides[0].notes_slide.notes_text_frame.text = "Greet the guests first."
    assert slide is not None
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(4), Inches(6), Inches(1)).table
    for at, words in enumerate(("Item", "Price", "Copper kettle", "19.50")):
        table.cell(at // 2, at % 2).text = words
    return _saved(deck)


def xlsx(sheets: Mapping[str, Sequence[Sequence[object]]], formats: Mapping[str, str] | None = None) -> bytes:
    """Sheets by name; `formats` are number formats of cells of the first."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    for cell, code in (formats or {}).items():
        workbook.worksheets[0][cell].number_format = code
    workbook.properties.creator = "Ada Byron"
    return _saved(workbook)


def _saved(document: object) -> bytes:
    opened = io.BytesIO()
    document.save(opened)  # type: ignore[attr-defined]
    return opened.getvalue()


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    opened = io.BytesIO()
    with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return opened.getvalue()


def rezipped(data: bytes, changes: Mapping[str, str | bytes]) -> bytes:
    """The same archive with some members replaced."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()} | dict(changes))


_ODS_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)


def ods(tables: str) -> bytes:
    content = f"<office:document-content {_ODS_NAMES}><office:body><office:spreadsheet>{tables}"
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"{content}</office:spreadsheet></office:body></office:document-content>",
        }
    )


def ods_table(name: str, rows: Sequence[Sequence[str]]) -> str:
    cells = (
        "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        for row in rows
    )
    written = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    return f'<table:table table:name="{name}">{written}</table:table>'


def epub(chapters: Sequence[tuple[str, str]], *, contents: bool = True, extra: str = "") -> bytes:
    """Chapters of (name in the table of contents, XHTML body)."""
    names = [f"text/c{number}.xhtml" for number in range(len(chapters))]
    manifest = "".join(
        f'<item id="c{at}" href="{name}" media-type="application/xhtml+xml"/>'
        for at, name in enumerate(names)
    )
    spine = "".join(f'<itemref idref="c{at}"/>' for at in range(len(chapters)))
    links = "".join(
        f'<li><a href="{name}#top">{title}</a></li>'
        for name, (title, _) in zip(names, chapters, strict=True)
        if title
    )
    nav = '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Lantern</dc:title>'
        "<dc:creator>Ada Byron</dc:creator><dc:language>de-AT</dc:language>"
        '<meta property="dcterms:modified">2023-02-01T10:00:00Z</meta></metadata>'
        f"<manifest>{manifest}{nav if contents else ''}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>'
        "</rootfiles></container>"
    )
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/book.opf": package,
        "OEBPS/nav.xhtml": f"<html><body><nav><ol>{links}</ol></nav></body></html>",
    }
    if extra:
        members["META-INF/encryption.xml"] = extra
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><body>{}</body></html>'
    members |= {f"OEBPS/{name}": page.format(body) for name, (_, body) in zip(names, chapters, strict=True)}
    return zipped(members)


def message(subject: str, text: str, *, html: str = "", attached: Sequence[str] = ()) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "Ada Byron <ada@example.test>"
    mail["To"] = "Bob <bob@example.test>"
    mail["Date"] = "Fri, 01 Mar 2024 10:00:00 +0100"
    mail.set_content(text or "\n")
    if html:
        mail.add_alternative(html, subtype="html")
    for name in attached:
        mail.add_attachment(b"data", maintype="application", subtype="octet-stream", filename=name)
    return mail


def mbox(folder: Path, messages: Sequence[EmailMessage]) -> bytes:
    box = mailbox.mbox(folder / "box.mbox")
    for mail in messages:
        box.add(mail)
    box.close()
    return (folder / "box.mbox").read_bytes()


def notebook(cells: Sequence[tuple[str, str]], outputs: Sequence[Mapping[str, object]] = ()) -> bytes:
    """Cells of (kind, source); the last code cell has the outputs."""
    written: list[dict[str, object]] = [
        {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}
        for kind, source in cells
    ]
    for cell in written:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": 1}
    written[-1] |= {"outputs": list(outputs)} if outputs else {}
    metadata = {"language_info": {"name": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": written}).encode()


RST = """\
==========
The kettle
==========

.. contents::

Care
====

The kettle is descaled with *vinegar*, see :ref:`the manual <manual>` and :class:`~shop.Kettle`.

.. note:: Never boil it dry.

.. code-block:: python
   :caption: kettle.py

   kettle.boil(minutes=3)

.. function:: boil(minutes)

   Boils the water for some minutes.

.. list-table::
   :header-rows: 1

   * - Item
     - Price
   * - Copper kettle
     - 19.50

.. unheardof:: words

   These words must not be lost either.

.. versionadded:: 2.1
   The whistle.

#. First rinse
#. Then dry
"""

CODE = '''\
"""Kettles."""

import time

LIMIT = 3


# How long it takes.
@cached
def boil(minutes: int) -> None:
    """Boil the water."""
    time.sleep(minutes)


class Kettle:
    def whistle(self) -> str:
        return "the copper kettle whistles"
'''
