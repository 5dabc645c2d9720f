"""The sentences of a text, each with its exact place in it. Pure.

Above: `cite` compares the sentences of an answer with those of the passages it cites. Below: `blocks` sees
the outline. List items and the rows of tables count as sentences too, and so do the lines of code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chatkeep.knowledge.blocks import Block, BlockKind, scan

_END = re.compile(r"""[.!?…]["'”’)\]*_`]{0,4}(?=\s)|[。！？]""")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|ca|approx|resp|Figs?|Eq|Nos?|Dr|Mr|Mrs|Ms|Prof|St|al|z\.B|d\.h|bzw|\d)|\b[A-Z])"
    r"\.\Z"
)
_LOOK_BACK = 8  # characters that hold the longest abbreviation
_RULE = frozenset("|:-=+ \t>")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text[start:end]`, without blanks around it.

    Attributes:
        kind: of the block it stands in; `block` is that block's number.
    """

    start: int
    end: int
    kind: BlockKind
    block: int


def sentences(text: str) -> list[Sentence]:
    """The sentences of Markdown or plain text, in order."""
    return [
        Sentence(start, end, block.kind, number)
        for number, block in enumerate(scan(text, "markdown"))
        for start, end in _trimmed(text, _cuts(text, block))
    ]


def _cuts(text: str, block: Block) -> Iterator[tuple[int, int]]:
    if block.kind == "heading":
        yield block.start, block.end
        return
    if block.kind in ("code", "table"):
        start = block.start
        for line in text[block.start : block.end].split("\n"):
            yield start, start + len(line)
            start += len(line) + 1
        return
    start = block.start
    for ending in _END.finditer(text, block.start, block.end):
        after = text[ending.end() : ending.end() + 2].lstrip()[:1]
        abbreviated = _ABBREVIATION.search(text, max(start, ending.start() - _LOOK_BACK), ending.start() + 1)
        if not after.islower() and not abbreviated:
            yield start, ending.end()
            start = ending.end()
    yield start, block.end


def _trimmed(text: str, cuts: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for start, end in cuts:
        piece = text[start:end]
        if not _RULE.issuperset(piece) and not piece.lstrip("> \t").startswith(("```", "~~~")):
            first = start + len(piece) - len(piece.lstrip())
            yield first, first + len(piece.strip())
