"""Word documents: paragraphs, headings, lists with their numbers, tables, notes and text boxes.

Read straight from the file's XML: what tracked changes inserted counts, what they deleted does not, and
content controls and text boxes are looked into. Macros are never looked at.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from chatkeep.knowledge.parse.declared import language_code
from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.numbering import Numbering
from chatkeep.knowledge.parse.office import Package, child, value
from chatkeep.knowledge.parse.parsed import ParsedText, Unreadable

_HEADING = re.compile(r"heading ([1-9])\Z")
_CODE = re.compile(r"\b(?:code|preformatted|verbatim|source|listing)\b")
_NUMBER_MARK = re.compile(r"\d{1,9}[.)]\Z")
_DEEPEST_STYLE = 20

# What is looked into for paragraphs and words, besides what has a meaning of its own.
_NOT_SHOWN = frozenset(
    {"Fallback", "del", "moveFrom", "delText", "instrText", "pPr", "rPr", "sdtPr", "sectPr"}
)

_NO_TEXT = Unreadable("it holds no text.")


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    base: str | None
    outline: str | None
    number: str | None
    depth: str | None


def parse_docx(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the properties', else the paragraph styled as title, else the file's `name`."""
    package = Package(data, "a Word document (.docx)")
    properties = package.properties()
    main = package.tree(package.main)
    reader = _Reader(package)
    body = child(main, "body")
    if body is not None:
        reader.blocks(body)
    reader.notes()
    if not reader.draft.text:
        return _NO_TEXT
    return ParsedText(
        title=properties.title or reader.title or name,
        format="markdown",
        text=reader.draft.text,
        language=properties.language or _marked_language(main),
        modified_at=properties.modified_at,
        metadata=properties.metadata,
    )


def _marked_language(main: Element) -> str:
    """What most of the text is marked as, if most of it is. A template's default says nothing."""
    letters: Counter[str] = Counter()
    total = 0
    for run in main.iter("r"):
        length = sum(len(each.text or "") for each in run if each.tag == "t")
        letters[language_code(value(run, "rPr", "lang"))] += length
        total += length
    code, most = max(letters.items(), key=lambda each: each[1], default=("", 0))
    return code if 2 * most > total else ""


class _Reader:
    def __init__(self, package: Package) -> None:
        self.draft = Draft()
        self.title = ""
        self._package = package
        self._styles: dict[str, _Style] = {}
        for root in package.related(package.main, "styles"):
            self._styles |= _styles(root)
        self._numbering = Numbering(next(package.related(package.main, "numbering"), Element("")))
        self._code: list[str] = []
        self._cited: list[tuple[str, str]] = []

    def blocks(self, container: Element) -> None:
        for element in container:
            if element.tag == "p":
                self._paragraph(element)
            elif element.tag == "tbl":
                self._end_code()
                self.draft.table(list(self._rows(element)))
            elif element.tag not in _NOT_SHOWN:
                self.blocks(element)
        if container.tag == "body":
            self._end_code()

    def notes(self) -> None:
        """Footnotes and endnotes, in the order they are referred to."""
        for kind in ("footnote", "endnote"):
            said = {
                note.get("id", ""): note
                for root in self._package.related(self._package.main, f"{kind}s")
                for note in root
            }
            for cited, number in self._cited:
                if cited == kind and number in said:
                    words = " ".join(_words(p) for p in said[number].iter("p")).strip()
                    self.draft.block(f"[^{_note_name(kind, number)}]: {words}" if words else "")

    def _paragraph(self, paragraph: Element) -> None:
        properties = child(paragraph, "pPr")
        style = value(properties, "pStyle") or ""
        names = [each.name for each in self._lineage(style)]
        words = _words(paragraph).strip("\n")
        self._remember_notes(paragraph)
        if any(_CODE.search(each) for each in names):
            self._code.append(words)
            return
        self._end_code()
        if words.strip() and not any(each.startswith("toc ") for each in names):
            self._write(words.strip(), names, self._level(properties, style), properties, style)
        for box in _boxes(paragraph):
            self.blocks(box)

    def _write(
        self, words: str, names: list[str], level: int, properties: Element | None, style: str
    ) -> None:
        number, depth = self._numbered(properties, style)
        label = self._numbering.label(number, depth) if number else ""
        if "title" in names:
            self.title = self.title or " ".join(words.split())
            self.draft.heading(1, words)
        elif level:
            # Below the title, where there is one.
            self.draft.heading(level + bool(self.title), f"{label} {words}")
        elif number and number != "0":
            marker, rest = (label, "") if _NUMBER_MARK.match(label) else ("-", f"{label} " if label else "")
            self.draft.item(f"{rest}{words}", depth, marker)
        else:
            self.draft.paragraph(words)

    def _end_code(self) -> None:
        code, self._code = "\n".join(self._code), []
        self.draft.code(code)

    def _rows(self, table: Element) -> Iterator[list[str]]:
        for row in _within(table, "tr"):
            cells: list[str] = []
            for cell in _within(row, "tc"):
                self._remember_notes(cell)
                cells.append(" ".join(_words(paragraph) for paragraph in cell.iter("p")))
                span = value(cell, "tcPr", "gridSpan") or "1"
                cells += [""] * (min(int(span), 100) - 1 if span.isdecimal() and len(span) < 4 else 0)
            yield cells

    def _remember_notes(self, element: Element) -> None:
        for kind in ("footnote", "endnote"):
            self._cited += [(kind, each.get("id", "")) for each in element.iter(f"{kind}Reference")]

    def _lineage(self, style: str) -> Iterator[_Style]:
        """A style and those it is based on."""
        for _ in range(_DEEPEST_STYLE):
            found = self._styles.get(style)
            if found is None:
                return
            yield found
            style = found.base or ""

    def _level(self, properties: Element | None, style: str) -> int:
        """Of a heading, from 1; 0 for what is none."""
        outline = value(properties, "outlineLvl")
        for each in self._lineage(style):
            if named := _HEADING.match(each.name):
                return int(named[1])
            outline = outline or each.outline
        return int(outline) + 1 if outline in set("012345678") else 0

    def _numbered(self, properties: Element | None, style: str) -> tuple[str, int]:
        """Which list a paragraph is in, and how deep; an empty name for none."""
        number = value(properties, "numPr", "numId")
        depth = value(properties, "numPr", "ilvl")
        for each in self._lineage(style):
            number = number if number is not None else each.number
            depth = depth if depth is not None else each.depth
        return number or "", int(depth) if depth in set("012345678") else 0


def _styles(root: Element) -> dict[str, _Style]:
    return {
        each.get("styleId", ""): _Style(
            name=(value(each, "name") or "").lower(),
            base=value(each, "basedOn"),
            outline=value(each, "pPr", "outlineLvl"),
            number=value(each, "pPr", "numPr", "numId"),
            depth=value(each, "pPr", "numPr", "ilvl"),
        )
        for each in root
        if each.tag == "style"
    }


def _within(element: Element, tag: str) -> Iterator[Element]:
    """Rows of a table or cells of a row, content controls and changes looked into, other tables not."""
    for each in element:
        if each.tag == tag:
            yield each
        elif each.tag not in _NOT_SHOWN and each.tag not in ("tbl", "tr", "tc", "p"):
            yield from _within(each, tag)


def _boxes(element: Element) -> Iterator[Element]:
    """The text boxes anchored in a paragraph."""
    for each in element:
        if each.tag == "txbxContent":
            yield each
        elif each.tag not in _NOT_SHOWN:
            yield from _boxes(each)


def _words(element: Element) -> str:
    return "".join(_pieces(element))


def _pieces(element: Element) -> Iterator[str]:
    for each in element:
        if each.tag == "t":
            yield each.text or ""
        elif each.tag in ("br", "cr"):
            yield "\n" if each.get("type") is None else " "
        elif each.tag == "tab" or each.tag == "ptab":
            yield " "
        elif each.tag == "noBreakHyphen":
            yield "-"
        elif each.tag in ("footnoteReference", "endnoteReference"):
            yield f"[^{_note_name(each.tag.removesuffix('Reference'), each.get('id', ''))}]"
        elif each.tag not in _NOT_SHOWN and each.tag != "txbxContent":
            yield from _pieces(each)


def _note_name(kind: str, number: str) -> str:
    return number if kind == "footnote" else f"e{number}"
