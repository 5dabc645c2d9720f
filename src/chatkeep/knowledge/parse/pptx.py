"""Slides: each a section under its title, with its text, tables, diagrams and notes."""

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from chatkeep.knowledge.parse.declared import language_code
from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.office import Package, child
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable

MAX_SLIDES = 5_000

# Placeholders that say the same on every slide.
_FURNITURE = frozenset({"dt", "ftr", "sldNum", "hdr", "sldImg"})
_TITLES = frozenset({"title", "ctrTitle"})

_NO_TEXT = Unreadable("its slides hold no text (are they pictures?).")


def parse_pptx(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the properties', else the first slide's, else the file's `name`."""
    package = Package(data, "a PowerPoint presentation (.pptx)")
    properties = package.properties()
    draft, languages, first_title = Draft(), Counter[str](), ""
    for number, part in enumerate(_slides(package), 1):
        if number > MAX_SLIDES:
            raise Refused(f"it has more than {MAX_SLIDES:,} slides.")
        slide = package.tree(part)
        for run in slide.iter("r"):
            marks = child(run, "rPr")
            letters = sum(len(text.text or "") for text in run.iter("t"))
            languages[language_code(marks.get("lang") if marks is not None else "")] += letters
        title = _title(slide)
        first_title = first_title or title
        draft.landmark("slide", str(number))
        draft.heading(2, title or f"Slide {number}")
        _write_shapes(slide, draft)
        for diagram in package.related(part, "diagramData"):
            for paragraph in diagram.iter("p"):
                if words := _words(paragraph).strip():
                    draft.item(words)
        for notes in package.related(part, "notesSlide"):
            spoken = "\n".join(_words(p) for shape in _shapes(notes) for p in _paragraphs(shape)).strip()
            if spoken:
                draft.paragraph(f"Notes: {spoken}")
    if not languages.total() and not first_title and "\n\n" not in draft.text:
        return _NO_TEXT
    code, most = max(languages.items(), key=lambda each: each[1], default=("", 0))
    return ParsedText(
        title=properties.title or first_title or name,
        format="markdown",
        text=draft.text,
        landmarks=draft.landmarks,
        language=properties.language or (code if 2 * most > languages.total() else ""),
        modified_at=properties.modified_at,
        metadata=properties.metadata,
    )


def _slides(package: Package) -> Iterator[str]:
    relations = package.relations(package.main)
    listed = child(package.tree(package.main), "sldIdLst")
    for entry in listed if listed is not None else ():
        relation = relations.get(entry.get("r:id", ""))
        if relation is not None and relation.kind == "slide":
            yield relation.part


def _placeholder(shape: Element) -> str | None:
    """What a shape stands for on its slide; None for a shape of the slide's own."""
    for each in shape:
        if each.tag.startswith("nv"):
            found = child(each, "nvPr", "ph")
            return (found.get("type") or "body") if found is not None else None
    return None


def _title(slide: Element) -> str:
    for shape in slide.iter("sp"):
        if _placeholder(shape) in _TITLES:
            return " ".join(" ".join(_words(p) for p in _paragraphs(shape)).split())
    return ""


def _shapes(slide: Element) -> Iterator[Element]:
    """Shapes and frames in reading order, those in groups too, without titles and furniture."""
    for element in slide:
        if element.tag in ("sp", "graphicFrame", "cxnSp"):
            placeholder = _placeholder(element)
            if placeholder not in _FURNITURE and placeholder not in _TITLES:
                yield element
        elif element.tag != "Fallback":
            yield from _shapes(element)


def _write_shapes(slide: Element, draft: Draft) -> None:
    for shape in _shapes(slide):
        if shape.tag == "graphicFrame":
            for table in shape.iter("tbl"):
                draft.table(
                    [
                        [" ".join(_words(p) for p in cell.iter("p")) for cell in row.iter("tc")]
                        for row in table.iter("tr")
                    ]
                )
            continue
        listed = _placeholder(shape) in ("body", "obj") and len(list(_paragraphs(shape))) > 1
        for paragraph in _paragraphs(shape):
            words = _words(paragraph).strip()
            properties = child(paragraph, "pPr")
            depth = (properties.get("lvl") if properties is not None else None) or "0"
            if words and (listed or depth != "0"):
                draft.item(words, int(depth) if depth in set("012345678") else 0)
            elif words:
                draft.paragraph(words)


def _paragraphs(shape: Element) -> Iterator[Element]:
    body = child(shape, "txBody")
    return (each for each in body if each.tag == "p") if body is not None else iter(())


def _words(element: Element) -> str:
    pieces = []
    for each in element.iter():
        if each.tag == "t":
            pieces.append(each.text or "")
        elif each.tag in ("br", "tab"):
            pieces.append("\n" if each.tag == "br" else " ")
    return "".join(pieces)
