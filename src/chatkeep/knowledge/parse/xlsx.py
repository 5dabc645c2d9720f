"""Excel workbooks: values as they are shown in the cells, never a formula where its result is known.

The sheets are read as a stream, so that neither a wide nor a far cell costs memory. Macros are never
looked at.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from xml.etree.ElementTree import Element

from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.office import Package, child
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable
from chatkeep.knowledge.parse.sheets import MAX_SHEETS, Cells, Row, date_text, number_text, write_sheet
from chatkeep.knowledge.parse.xml_tree import read_xml

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})\Z")
_WIDEST = 16_384
_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_PERCENTS = frozenset({9, 10})
_LITERAL = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.')

_NO_TEXT = Unreadable("its sheets are empty.")


def parse_xlsx(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the properties', else the file's `name`."""
    package = Package(data, "an Excel workbook (.xlsx)")
    properties = package.properties()
    workbook = package.tree(package.main)
    facts = child(workbook, "workbookPr")
    since_1904 = facts is not None and facts.get("date1904") in ("1", "true")
    reader = _Sheets(package, _formats(package), since_1904)
    draft, any_text = Draft(), False
    for title, part in _parts(package, workbook):
        any_text |= write_sheet(draft, title, reader.rows(part))
    if not any_text:
        return _NO_TEXT
    return ParsedText(
        title=properties.title or name,
        format="markdown",
        text=draft.text,
        landmarks=draft.landmarks,
        language=properties.language,
        modified_at=properties.modified_at,
        metadata=properties.metadata,
    )


def _parts(package: Package, workbook: Element) -> Iterator[tuple[str, str]]:
    relations = package.relations(package.main)
    listed = child(workbook, "sheets")
    for count, sheet in enumerate(listed if listed is not None else ()):
        if count >= MAX_SHEETS:
            raise Refused(f"it has more than {MAX_SHEETS:,} sheets.")
        relation = relations.get(sheet.get("r:id", ""))
        if relation is not None and relation.kind == "worksheet":
            yield " ".join(sheet.get("name", "").split()) or str(count + 1), relation.part


def _formats(package: Package) -> list[str]:
    """For each style of cells whether its numbers are a `date`, a `percent` or plain: empty."""
    root = next(package.related(package.main, "styles"), Element(""))
    custom = {each.get("numFmtId", ""): each.get("formatCode", "") for each in root.iter("numFmt")}
    cells = child(root, "cellXfs")
    return [_kind(each.get("numFmtId", "0"), custom) for each in (cells if cells is not None else ())]


def _kind(number: str, custom: dict[str, str]) -> str:
    if number in custom:
        code = _LITERAL.sub("", custom[number]).lower()
        if "%" in code:
            return "percent"
        return "date" if "general" not in code and re.search(r"[dyhs]|mm", code) else ""
    known = int(number) if number.isdecimal() and len(number) < 6 else 0
    return "date" if known in _DATES else "percent" if known in _PERCENTS else ""


class _Sheets:
    """Reads sheets, one after the other."""

    def __init__(self, package: Package, formats: list[str], since_1904: bool) -> None:
        self._package = package
        self._formats = formats
        self._since_1904 = since_1904
        self._cells = Cells()
        self._shared = self._shared_strings()

    def _shared_strings(self) -> list[str]:
        relations = self._package.relations(self._package.main).values()
        part = next((each.part for each in relations if each.kind == "sharedStrings"), "")
        strings = _Strings(self._cells)
        if part in self._package.archive:
            read_xml(self._package.archive.pieces(part), strings.start, strings.end, strings.text)
        return strings.found

    def rows(self, part: str) -> Sequence[Row]:
        sheet = _Sheet(self._cells, self._shown)
        read_xml(self._package.archive.pieces(part), sheet.start, sheet.end, sheet.text)
        return sheet.rows

    def _shown(self, kind: str, style: str, value: str, formula: str) -> str:
        if not value:
            return f"={formula}" if formula else ""
        if kind == "s":
            at = int(value) if value.isdecimal() and len(value) < 10 else len(self._shared)
            return self._shared[at] if at < len(self._shared) else ""
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if kind in ("str", "inlineStr", "e", "d"):
            return value
        try:
            number = float(value)
        except ValueError:
            return value
        if not math.isfinite(number):
            return value
        at = int(style) if style.isdecimal() and len(style) < 10 else len(self._formats)
        format = self._formats[at] if at < len(self._formats) else ""  # noqa: A001
        if format == "date":
            return date_text(number, self._since_1904)
        return f"{number_text(round(number * 100, 10))}%" if format == "percent" else number_text(number)


class _Strings:
    """The strings that cells refer to by number. Phonetic hints (`rPh`) are no part of them."""

    def __init__(self, cells: Cells) -> None:
        self.found: list[str] = []
        self._cells = cells
        self._pieces: list[str] = []
        self._in_text = self._in_hint = False

    def start(self, name: str, _: dict[str, str]) -> None:
        self._in_text = name == "t" and not self._in_hint
        self._in_hint |= name == "rPh"

    def end(self, name: str) -> None:
        self._in_text = False
        if name == "rPh":
            self._in_hint = False
        elif name == "si":
            self._cells.take()
            self.found.append("".join(self._pieces))
            self._pieces = []

    def text(self, text: str) -> None:
        if self._in_text:
            self._pieces.append(text)


class _Sheet:
    """The cells of one sheet, each as the text that `shown` makes of type, style, value and formula."""

    def __init__(self, cells: Cells, shown: Callable[[str, str, str, str], str]) -> None:
        self.rows: list[tuple[int, dict[int, str]]] = []
        self._cells = cells
        self._shown = shown
        self._row = self._column = 0
        self._kind = self._style = ""
        self._value: list[str] = []
        self._formula: list[str] = []
        self._into: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "v" or name == "t":
            self._into = self._value
        elif name == "f":
            self._into = self._formula
        elif name == "row":
            said = attributes.get("r", "")
            self._row = int(said) if said.isdecimal() and len(said) < 8 else self._row + 1
            self._column = 0
            self.rows.append((self._row, {}))

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._cells.take()
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._value, self._formula = [], []
        self._column += 1
        if found := _REFERENCE.match(attributes.get("r", "")):
            self._column = 0
            for letter in found[1]:
                self._column = self._column * 26 + ord(letter) - 64

    def end(self, name: str) -> None:
        self._into = None
        if name == "c" and self.rows and self._column <= _WIDEST:
            value, formula = "".join(self._value).strip(), "".join(self._formula).strip()
            if text := self._shown(self._kind, self._style, value, formula):
                self.rows[-1][1][self._column] = text

    def text(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)
