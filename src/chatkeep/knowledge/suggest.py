"""Suggestions: questions that the documents themselves answer, for a newcomer's first click. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from chatkeep.knowledge.documents import Document

_HEADING = re.compile(r"^#{2,3} +(.+?) *#*$", re.MULTILINE)
_FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
_MARKUP = re.compile(r"[`*_]|\[|\]\([^)]*\)")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`label` is what the button says, `question` what is asked."""

    label: str
    question: str


def suggest(documents: Sequence[Document], most: int = 4) -> list[Suggestion]:
    """At most `most` suggestions, from as many documents as possible; headings that ask come first."""
    turns = chain.from_iterable(zip_longest(*map(_of, documents)))  # one of each document, then the next
    found = list(dict.fromkeys(suggestion for suggestion in turns if suggestion))
    found.sort(key=lambda suggestion: suggestion.label != suggestion.question)
    return found[:most]


def _of(document: Document) -> Iterator[Suggestion]:
    headings = _HEADING.findall(_FENCED.sub("", document.text)) if document.format == "markdown" else []
    for heading in (_MARKUP.sub("", heading).strip() for heading in headings):
        if heading.endswith("?") and len(heading) <= _LONGEST:
            yield Suggestion(heading, heading)
        elif 0 < len(heading) <= _LONGEST:
            question = f"What does “{document.title}” say about “{heading}”?"
            yield Suggestion(f"{document.title} › {heading}", question)
    if not headings:
        yield Suggestion(document.title[:_LONGEST], f"What is “{document.title}” about?")
