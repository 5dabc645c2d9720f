"""OpenDocument spreadsheets, as LibreOffice saves them."""

from xml.etree.ElementTree import Element

from chatkeep.knowledge.parse.archive import Archive
from chatkeep.knowledge.parse.declared import described, language_code, point_in_time
from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable
from chatkeep.knowledge.parse.sheets import MAX_SHEETS, Cells, Row, write_sheet
from chatkeep.knowledge.parse.xml_tree import read_tree, read_xml

_REPEATED_AT_MOST = 1_000
"""Times a cell with text is repeated; blank ones, which fill sheets up, cost nothing."""

_NO_TEXT = Unreadable("its sheets are empty.")
_ENCRYPTED = "it is protected by a password."


def parse_ods(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the properties', else the file's `name`."""
    archive = Archive(data, "an OpenDocument spreadsheet (.ods)")
    if "content.xml" not in archive:
        raise Refused("it is damaged, or not an OpenDocument spreadsheet (.ods).")
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise Refused(_ENCRYPTED)
    sheets = _Sheets()
    read_xml(archive.pieces("content.xml"), sheets.start, sheets.end, sheets.text)
    draft, any_text = Draft(), False
    for title, rows in sheets.found:
        any_text |= write_sheet(draft, title, rows)
    if not any_text:
        return _NO_TEXT
    said = _said(read_tree(archive.read("meta.xml")))
    return ParsedText(
        title=" ".join(said.get("title", "").split())[:300] or name,
        format="markdown",
        text=draft.text,
        landmarks=draft.landmarks,
        language=language_code(said.get("language")),
        modified_at=point_in_time(said.get("date")),
        metadata=described(
            {
                "author": said.get("creator") or said.get("initial-creator"),
                "subject": said.get("subject"),
                "keywords": said.get("keyword"),
                "description": said.get("description"),
            }
        ),
    )


def _said(root: Element) -> dict[str, str]:
    return {element.tag: element.text or "" for element in root.iter()}


class _Sheets:
    def __init__(self) -> None:
        self.found: list[tuple[str, list[Row]]] = []
        self._cells = Cells()
        self._row = self._column = 0
        self._row_repeats = self._cell_repeats = 1
        self._held: dict[int, str] = {}
        self._words: list[str] | None = None
        self._in_note = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            if len(self.found) >= MAX_SHEETS:
                raise Refused(f"it has more than {MAX_SHEETS:,} sheets.")
            title = " ".join(attributes.get("name", "").split()) or str(len(self.found) + 1)
            self.found.append((title, []))
            self._row = 0
        elif name == "table-row":
            self._row_repeats = _repeats(attributes, "number-rows-repeated")
            self._column, self._held = 0, {}
        elif name in ("table-cell", "covered-table-cell"):
            self._cell_repeats = _repeats(attributes, "number-columns-repeated")
            self._words = []
        elif name == "annotation":
            self._in_note += 1
        elif self._words is not None and name in ("s", "tab", "line-break"):
            self._words.append(" ")

    def end(self, name: str) -> None:
        if name == "table-row" and self.found:
            times = min(self._row_repeats, _REPEATED_AT_MOST) if self._held else 0
            self._cells.take(times * len(self._held))
            rows = self.found[-1][1]
            rows += [(self._row + at, self._held) for at in range(1, times + 1)]
            self._row += self._row_repeats
        elif name in ("table-cell", "covered-table-cell"):
            words = " ".join("".join(self._words or ()).split())
            times = min(self._cell_repeats, _REPEATED_AT_MOST) if words else 0
            self._cells.take(times + 1)
            self._held |= {self._column + at: words for at in range(1, times + 1)}
            self._column += self._cell_repeats
            self._words = None
        elif name == "annotation":
            self._in_note -= 1
        elif name == "p" and self._words is not None:
            self._words.append(" ")

    def text(self, text: str) -> None:
        if self._words is not None and not self._in_note:
            self._words.append(text)


def _repeats(attributes: dict[str, str], name: str) -> int:
    said = attributes.get(name, "1")
    return int(said) if said.isdecimal() and len(said) < 8 else 1
