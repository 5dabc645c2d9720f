"""Books: the chapters in reading order, each a landmark under the name the table of contents gives it."""

import posixpath
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from chatkeep.knowledge.blocks import scan
from chatkeep.knowledge.parse.archive import Archive
from chatkeep.knowledge.parse.declared import described, language_code, point_in_time
from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.html import links, read_html
from chatkeep.knowledge.parse.markup import closed
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable
from chatkeep.knowledge.parse.xml_tree import read_tree

MAX_CHAPTERS = 5_000
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")

_NOT_ONE = "it is damaged, or not an EPUB book."
_PROTECTED = "it is protected against copying (DRM)."
_NO_TEXT = Unreadable("its pages hold no text (are they pictures?).")


@dataclass(frozen=True, slots=True)
class _Item:
    path: str
    kind: str
    properties: str


def parse_epub(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the book's, else the file's `name`."""
    archive = Archive(data, "an EPUB book")
    package_path = _package_path(archive)
    package = read_tree(archive.read(package_path))
    _refuse_protected(archive)
    items = _manifest(package, posixpath.dirname(package_path))
    names = _contents(archive, items)
    draft = Draft()
    count = 0
    for item in _spine(package, items):
        count += _write_chapter(draft, archive, item, names.get(item.path, ""), count + 1)
    if not draft.text:
        return _NO_TEXT
    said = _said(package)
    return ParsedText(
        title=" ".join(said.get("title", "").split())[:300] or name,
        format="markdown",
        text=draft.text,
        landmarks=draft.landmarks,
        language=language_code(said.get("language")),
        modified_at=point_in_time(said.get("dcterms:modified")) or point_in_time(said.get("date")),
        metadata=described(
            {
                "author": said.get("creator"),
                "subject": said.get("subject"),
                "publisher": said.get("publisher"),
                "description": said.get("description"),
            }
        ),
    )


def _package_path(archive: Archive) -> str:
    container = read_tree(archive.read("META-INF/container.xml"))
    for root in container.iter("rootfile"):
        path = root.get("full-path", "")
        if path in archive:
            return path
    raise Refused(_NOT_ONE)


def _refuse_protected(archive: Archive) -> None:
    """Obscured fonts are common and harm nobody; anything else that is encrypted is the book."""
    for method in read_tree(archive.read("META-INF/encryption.xml")).iter("EncryptionMethod"):
        if method.get("Algorithm") not in _FONTS:
            raise Refused(_PROTECTED)


def _manifest(package: Element, folder: str) -> dict[str, _Item]:
    return {
        item.get("id", ""): _Item(
            _resolved(folder, item.get("href", "")), item.get("media-type", ""), item.get("properties", "")
        )
        for item in package.iter("item")
    }


def _resolved(folder: str, href: str) -> str:
    """The member of the archive a link leads to, without what follows `#`."""
    path = posixpath.normpath(posixpath.join("/", folder, unquote(href.partition("#")[0])))
    return path.lstrip("/")


def _spine(package: Element, items: dict[str, _Item]) -> list[_Item]:
    chapters, seen = [], set()
    for reference in package.iter("itemref"):
        item = items.get(reference.get("idref", ""))
        if (
            item is not None
            and item.kind in _PAGES
            and "nav" not in item.properties
            and item.path not in seen
        ):
            seen.add(item.path)
            chapters.append(item)
    if len(chapters) > MAX_CHAPTERS:
        raise Refused(f"it has more than {MAX_CHAPTERS:,} chapters.")
    return chapters


def _contents(archive: Archive, items: dict[str, _Item]) -> dict[str, str]:
    """What the table of contents calls each page: the first entry that leads there."""
    names: dict[str, str] = {}
    for item in items.values():
        folder = posixpath.dirname(item.path)
        if "nav" in item.properties.split():
            source = decode(archive.read(item.path))
            for href, label in links(source) if isinstance(source, str) else ():
                names.setdefault(_resolved(folder, href), label)
    for item in items.values():
        folder = posixpath.dirname(item.path)
        if item.kind == "application/x-dtbncx+xml":
            for point in read_tree(archive.read(item.path)).iter("navPoint"):
                target = next((c.get("src", "") for c in point if c.tag == "content"), "")
                label = "".join(text.text or "" for each in point[:3] for text in each.iter("text"))
                names.setdefault(_resolved(folder, target), " ".join(label.split()))
    return names


def _write_chapter(draft: Draft, archive: Archive, item: _Item, named: str, number: int) -> bool:
    """Whether it begins one: a page without a name and a heading goes on with the chapter before it."""
    source = decode(archive.read(item.path), declares_charset=True)
    page = read_html(source, "") if isinstance(source, str) else source
    if isinstance(page, Unreadable):
        return False
    first = next(scan(page.text, "markdown"), None)
    heading = first.title if first is not None and first.kind == "heading" else ""
    begins = bool(named or heading) or number == 1
    if begins:
        draft.landmark("chapter", (named or heading or str(number))[:120])
        if named and not heading:
            draft.heading(1, named)
    draft.block(closed(page.text))
    return begins


def _said(package: Element) -> dict[str, str]:
    """The book's metadata, the first of each kind."""
    said: dict[str, str] = {}
    for metadata in package.iter("metadata"):
        for element in metadata.iter():
            said.setdefault(
                element.get("property", "") if element.tag == "meta" else element.tag, element.text or ""
            )
    return said
