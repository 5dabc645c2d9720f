"""What the Office Open XML formats share: the package, its relations, and what it says of itself."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from chatkeep.knowledge.parse.archive import Archive
from chatkeep.knowledge.parse.declared import described, language_code, point_in_time
from chatkeep.knowledge.parse.parsed import Refused
from chatkeep.knowledge.parse.xml_tree import read_tree


@dataclass(frozen=True, slots=True)
class Properties:
    """What the file's properties say."""

    title: str
    language: str
    modified_at: datetime | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Relation:
    """What one part of a package says of another: its kind, such as `notesSlide`, and where it is."""

    kind: str
    part: str


class Package:
    """The parts of a .docx, .pptx or .xlsx file."""

    def __init__(self, data: bytes, kind: str) -> None:
        """Raises Refused: it is not `kind`."""
        self.archive = Archive(data, kind)
        self._relations: dict[str, dict[str, Relation]] = {}
        mains = [r.part for r in self.relations("").values() if r.kind == "officeDocument"]
        if not mains or mains[0] not in self.archive:
            raise Refused(f"it is damaged, or not {kind}.")
        self.main = mains[0]

    def tree(self, part: str) -> Element:
        return read_tree(self.archive.read(part))

    def relations(self, part: str) -> dict[str, Relation]:
        """By id. What lies outside the package is left out."""
        if part not in self._relations:
            self._relations[part] = self._read_relations(part)
        return self._relations[part]

    def _read_relations(self, part: str) -> dict[str, Relation]:
        folder, name = posixpath.split(part)
        found = {}
        for relation in self.tree(posixpath.join(folder, "_rels", f"{name}.rels")):
            if relation.get("TargetMode") == "External":
                continue
            target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
            kind = relation.get("Type", "").rpartition("/")[2]
            found[relation.get("Id", "")] = Relation(kind, target.lstrip("/"))
        return found

    def related(self, part: str, kind: str) -> Iterator[Element]:
        """The roots of the parts that stand in this relation to `part`."""
        for relation in self.relations(part).values():
            if relation.kind == kind:
                yield self.tree(relation.part)

    def properties(self) -> Properties:
        core = next(self.related("", "core-properties"), Element(""))
        said = {element.tag: element.text or "" for element in core}
        return Properties(
            title=" ".join(said.get("title", "").split())[:300],
            language=language_code(said.get("language")),
            modified_at=point_in_time(said.get("modified")),
            metadata=described(
                {
                    "author": said.get("creator"),
                    "subject": said.get("subject"),
                    "keywords": said.get("keywords"),
                    "description": said.get("description"),
                    "category": said.get("category"),
                }
            ),
        )


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of that name, and of it, and so on."""
    for name in path:
        element = next((each for each in element if each.tag == name), None) if element is not None else None
    return element


def value(element: Element | None, *path: str) -> str | None:
    """The `val` of the first such child; None where there is none."""
    found = child(element, *path)
    return found.get("val") if found is not None else None
