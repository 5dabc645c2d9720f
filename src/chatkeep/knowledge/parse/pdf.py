"""PDF: the text of each page in its order, by PDFium; `layout` makes paragraphs and headings of its lines.

Above: `parse`. PDFium is one library for the whole process and not made for threads: whoever else uses
it takes `PDFIUM`, too.
"""

import ctypes
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePath
from typing import Any

from chatkeep.knowledge.parse.declared import described, language_code
from chatkeep.knowledge.parse.draft import MAX_TEXT, Draft, clean
from chatkeep.knowledge.parse.layout import Line, PageLines, write_pages
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable

PDFIUM = threading.Lock()
"""Held by whoever calls PDFium."""

MAX_PAGES = 20_000

_ENCRYPTED = Unreadable("it is protected by a password. Save a copy without one to have it read.")
_BROKEN = Unreadable("it is damaged, or not a PDF.")
_NO_TEXT = Unreadable(
    "its pages are pictures without text, such as a scan. Make it searchable first, "
    "for instance with OCRmyPDF: ocrmypdf in.pdf out.pdf"
)

_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+\-Z])(\d\d)?'?(\d\d)?)?")
_NO_TITLE = re.compile(r"(?i)untitled|microsoft \w+ - |document\d*\Z|\S+\.\w{2,5}\Z|\W*\Z|\(anonymous\)")
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_LIGATURE = re.compile("[ﬀ-ﬆ]")
_HYPHENS = str.maketrans(
    {"\x02": "\xad", "\ufffe": "\xad"}
)  # PDFium's own marks for a hyphen at a line's end


def parse_pdf(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the properties', else the largest heading of the first page, else the file's `name`."""
    import pypdfium2
    from pypdfium2 import raw

    with PDFIUM:
        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            return _ENCRYPTED if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD else _BROKEN
        try:
            pages = _pages(pdf)
            said = pdf.get_metadata_dict()
            language = _language(pdf)
        finally:
            pdf.close()
    if not any(page.lines for page in pages):
        return _NO_TEXT if pages else _BROKEN
    draft = Draft()
    heading = write_pages(draft, pages)
    title = " ".join(clean(said.get("Title", "")).split())[:300]
    return ParsedText(
        title=(title if not _NO_TITLE.match(title) else "") or heading or PurePath(name).name,
        format="markdown",
        text=draft.text,
        landmarks=draft.landmarks,
        language=language_code(language),
        modified_at=_date(said.get("ModDate") or said.get("CreationDate") or ""),
        metadata=described({name.lower(): said.get(name) for name in ("Author", "Subject", "Keywords")}),
    )


def _pages(pdf: Any) -> list[PageLines]:
    from pypdfium2 import PdfiumError

    if len(pdf) > MAX_PAGES:
        raise Refused(f"it has more than {MAX_PAGES:,} pages.")
    pages: list[PageLines] = []
    length = 0
    for at in range(len(pdf)):
        try:
            page = pdf[at]
        except PdfiumError:  # one broken page does not spoil the others
            pages.append(PageLines(0.0, []))
            continue
        text_page = page.get_textpage()
        lines = list(_lines(text_page))
        pages.append(PageLines(page.get_height(), lines))
        length += sum(len(line.text) for line in lines)
        text_page.close()
        page.close()
        if length > MAX_TEXT:
            raise Refused(f"it holds more than {MAX_TEXT:,} characters of text. Divide it.")
    return pages


def _lines(text_page: Any) -> Iterator[Line]:
    """PDFium's text with the place of each line. Its line ends are two characters, in its counting too."""
    count = text_page.count_chars()
    if count <= 0:
        return
    if count > MAX_TEXT:
        raise Refused(f"it holds more than {MAX_TEXT:,} characters of text. Divide it.")
    box = _boxes(text_page, count)
    at = 0
    for text in text_page.get_text_range(0, count, errors="replace").split("\r\n"):
        words = text.translate(_HYPHENS)
        shown = _LIGATURE.sub(lambda found: _LIGATURES[found[0]], clean(words)).strip()
        if shown:
            first = at + len(text) - len(text.lstrip())
            last = at + len(text.rstrip()) - 1
            yield _line(" ".join(shown.split()), box(first), box((first + last) // 2), box(last))
        at += len(text) + 2


_Box = tuple[float, float, float, float]  # left, right, bottom, top


def _boxes(text_page: Any, count: int) -> Callable[[int], _Box | None]:
    from pypdfium2 import raw

    rectangle = raw.FS_RECTF()

    def box(at: int) -> _Box | None:
        if 0 <= at < count and raw.FPDFText_GetLooseCharBox(text_page.raw, at, ctypes.byref(rectangle)):
            return rectangle.left, rectangle.right, rectangle.bottom, rectangle.top
        return None

    return box


def _line(text: str, first: _Box | None, middle: _Box | None, last: _Box | None) -> Line:
    boxes = [each for each in (first, middle, last) if each is not None and each[3] > each[2]]
    if not boxes:
        return Line(text)
    return Line(
        text,
        left=min(each[0] for each in boxes),
        right=max(each[1] for each in boxes),
        top=max(each[3] for each in boxes),
        size=round(sorted(each[3] - each[2] for each in boxes)[len(boxes) // 2], 1),
    )


def _language(pdf: Any) -> str:
    from pypdfium2 import raw

    needed = raw.FPDFCatalog_GetLanguage(pdf.raw, None, 0)
    if not 2 < needed < 200:
        return ""
    buffer = (ctypes.c_ushort * (needed // 2 + 1))()
    raw.FPDFCatalog_GetLanguage(pdf.raw, buffer, needed)
    return bytes(buffer).decode("utf-16-le", errors="replace").partition("\x00")[0]


def _date(said: str) -> datetime | None:
    """A date as PDF writes it: `D:20240131120000+01'00'`."""
    found = _DATE.match(said)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups()[:6])
    ahead = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    try:
        zone = timezone(-ahead if found[7] == "-" else ahead)
        return datetime(year, month or 1, day or 1, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
