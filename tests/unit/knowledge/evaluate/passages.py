"""Passages to find and cite."""

from uuid import uuid5

from chatkeep.knowledge.documents import DocumentId, Passage, PassageId
from chatkeep.knowledge.evaluate.golden import Answer
from chatkeep.knowledge.evaluate.statements import CitedPassage
from tests.unit.knowledge.samples import NAMESPACE


def passage(
    path: str, text: str = "", *, headings: tuple[str, ...] = (), place: str = "", title: str = "Harbour"
) -> Passage:
    """Its id comes from its path and text."""
    return Passage(
        id=PassageId(str(uuid5(NAMESPACE, path + text))),
        document_id=DocumentId(path),
        path=path,
        title=title,
        headings=headings,
        start=0,
        end=len(text),
        text=text,
        score=1.0,
        place=place,
    )


def answer(text: str, *cited: Passage, shown: tuple[Passage, ...] = (), failure: str = "") -> Answer:
    """`text` cites: `[1]` is the first of `cited`, and is taken out."""
    citations = []
    while (at := text.find("[")) >= 0:
        end = text.index("]", at)
        before = text[:at].rstrip(" ")
        citations.append(CitedPassage(len(before), cited[int(text[at + 1 : end]) - 1]))
        text = before + text[end + 1 :]
    return Answer(text, citations, shown or cited, first_ms=5, whole_ms=9, failure=failure)
