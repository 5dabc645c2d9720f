"""Documents to chunks: spans of about 200 tokens that keep to the document's structure.

Above: `ingest` and `evaluate`. Below: `blocks` tells headings from paragraphs and code. Pure; the
tokens are counted by whatever will embed the chunks, handed in as `token_spans`.

A section that fits is one chunk. A longer one is cut between its blocks, and inside a block between
sentences, list items or lines; only what is too long by itself is cut within, at white space. Pieces of one
section overlap by a few sentences, so that what stands at a cut is found from both sides. Small
neighbouring sections share a chunk. Two hundred tokens with thirty of overlap found more of the
referenced text within a fixed budget than 128, 256 or 400 in a public benchmark of chunkers.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chatkeep.knowledge.blocks import Block, scan
from chatkeep.knowledge.documents import Chunk, Document, place

CHUNKER_VERSION = 2
"""Part of every document's fingerprint: raise it when the same text gives other chunks."""

TokenSpans = Callable[[str], list[tuple[int, int]]]
"""The (start, end) offsets of each token of a text, in order."""

_WORD = re.compile(r"\w{1,24}|[^\w\s]")
_SENTENCE_END = re.compile(r"""(?:[.!?…]["'”’)\]*_`]{0,4}(?=\s)|[。！？])\s*""")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|Dr|Mr|Mrs|Ms|St|No|Fig|Eq|approx|resp)|\b[A-Z])\.\s*\Z"
)

# Tokenisers make one token of a word too long for them, such as a line of base64. No chunk gets more
# characters than this for each token it may have.
_MAX_CHARACTERS_A_TOKEN = 10
_CHARACTERS_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """How large chunks are, in tokens.

    Attributes:
        target: no chunk is longer.
        overlap: what consecutive chunks of a divided section share, at most.
        small: sections shorter than this share a chunk with their neighbours.
    """

    target: int = 200
    overlap: int = 30
    small: int = 60


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading and what stands under it, before the next heading of any level."""

    path: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def extent(self) -> _Span:
        return _Span(self.blocks[0].start, self.blocks[-1].end)

    @property
    def has_body(self) -> bool:
        return any(block.kind != "heading" for block in self.blocks)


class _Ruler:
    """Measures spans of one text in tokens."""

    def __init__(self, text: str, token_spans: TokenSpans) -> None:
        self._starts = array("I")  # of a long text there are millions
        for first, last in _slices(text):
            self._starts.extend(first + start for start, _ in token_spans(text[first:last]))

    def cost(self, start: int, end: int) -> int:
        tokens = bisect_left(self._starts, end) - bisect_left(self._starts, start)
        return max(tokens, -(-(end - start) // _MAX_CHARACTERS_A_TOKEN))

    def reach(self, start: int, tokens: int) -> int:
        """The furthest end for which `cost(start, end)` is at most `tokens`."""
        after = bisect_left(self._starts, start) + tokens
        by_characters = start + tokens * _MAX_CHARACTERS_A_TOKEN
        return min(self._starts[after], by_characters) if after < len(self._starts) else by_characters


def _slices(text: str) -> Iterator[tuple[int, int]]:
    """Extents small enough to list the tokens of, cut at line ends where there are any."""
    start = 0
    while start < len(text):
        end = min(start + _CHARACTERS_AT_ONCE, len(text))
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or end
        yield start, end
        start = end


def word_spans(text: str) -> list[tuple[int, int]]:
    """Tokens for want of an embedder's: words and punctuation marks."""
    return [match.span() for match in _WORD.finditer(text)]


def chunk(
    document: Document, token_spans: TokenSpans = word_spans, size: ChunkSize | None = None
) -> list[Chunk]:
    """The chunks of `document`, in order. Each character that is not blank is in at least one."""
    size = size or ChunkSize()
    text, ruler = document.text, _Ruler(document.text, token_spans)
    found: list[Chunk] = []
    for sections in _grouped(_sections(scan(text, document.format)), ruler, size):
        headings = _shared_path(sections)
        extent = _Span(sections[0].extent.start, sections[-1].extent.end)
        if ruler.cost(extent.start, extent.end) <= size.target:
            pieces: Sequence[_Span] = [extent]
        else:
            blocks = [block for section in sections for block in section.blocks]
            pieces = _pack(list(_units(text, blocks, ruler, size)), ruler, size)
        for piece in pieces:
            start, end = _trimmed(text, piece)
            where = place(document.landmarks, start, end)
            found.append(Chunk(document.id, start, end, text[start:end], headings, where))
    return found


def _sections(blocks: Iterator[Block]) -> Iterator[_Section]:
    path: list[tuple[int, str]] = []
    held: list[Block] = []
    for block in blocks:
        if block.kind == "heading":
            if held:
                yield _Section(tuple(title for _, title in path if title), tuple(held))
            path = [(level, title) for level, title in path if level < block.level]
            path.append((block.level, block.title))
            held = []
        held.append(block)
    if held:
        yield _Section(tuple(title for _, title in path if title), tuple(held))


def _grouped(sections: Iterator[_Section], ruler: _Ruler, size: ChunkSize) -> Iterator[list[_Section]]:
    """Runs of sections that make one chunk together, or single sections.

    A small section joins what came before it, and a small run takes in what follows, while the whole
    fits. A bare heading always joins its first subsection: alone it would answer nothing.
    """
    group: list[_Section] = []
    for section in sections:
        if group and not _joins(group, section, ruler, size):
            yield group
            group = []
        group.append(section)
    if group:
        yield group


def _joins(group: list[_Section], section: _Section, ruler: _Ruler, size: ChunkSize) -> bool:
    if not group[-1].has_body and len(group[-1].path) < len(section.path):
        return True
    start, end = group[0].extent.start, section.extent.end
    if ruler.cost(start, end) > size.target:
        return False
    before = ruler.cost(start, group[-1].extent.end)
    here = ruler.cost(section.extent.start, end)
    return before < size.small or here < size.small


def _shared_path(sections: list[_Section]) -> tuple[str, ...]:
    """The headings all of the sections stand under; bare headings have no say."""
    paths = [section.path for section in sections if section.has_body] or [sections[-1].path]
    shared = []
    for titles in zip(*paths, strict=False):
        if len(set(titles)) > 1:
            break
        shared.append(titles[0])
    return tuple(shared)


def _units(text: str, blocks: list[Block], ruler: _Ruler, size: ChunkSize) -> Iterator[list[_Span]]:
    """For each block the spans that stay whole; each costs at most the target."""
    for block in blocks:
        units: list[_Span] = []
        for part in _parts(text, block):
            if ruler.cost(part.start, part.end) <= size.target:
                units.append(part)
            else:
                units.extend(_cut(text, part, ruler, size.target))
        yield units


def _parts(text: str, block: Block) -> Iterator[_Span]:
    """Lines of code and tables, sentences of prose."""
    if block.kind in {"code", "table"}:
        start = block.start
        for line in text[block.start : block.end].split("\n"):
            if line.strip():
                yield _Span(start, start + len(line))
            start += len(line) + 1
        return
    start = block.start
    for match in _SENTENCE_END.finditer(text, block.start, block.end):
        if match.end() < block.end and not _ABBREVIATION.search(
            text, max(start, match.start() - 12), match.end()
        ):
            yield _Span(start, match.end())
            start = match.end()
    yield _Span(start, block.end)


def _cut(text: str, span: _Span, ruler: _Ruler, target: int) -> Iterator[_Span]:
    """Pieces of what is too long by itself: at a line's end, else at white space, else anywhere."""
    start = span.start
    while ruler.cost(start, span.end) > target:
        limit = max(start + 1, min(ruler.reach(start, target), span.end))
        half = start + (limit - start) // 2
        at = max(text.rfind("\n", half, limit), -1)
        at = at if at > start else text.rfind(" ", half, limit)
        end = at + 1 if at > start else limit
        if text[start:end].strip():
            yield _Span(start, end)
        start = end
    if text[start : span.end].strip():
        yield _Span(start, span.end)


def _pack(blocks: list[list[_Span]], ruler: _Ruler, size: ChunkSize) -> list[_Span]:
    """Fill chunks up to the target; rather end at a block's end than in the middle of a block."""
    packed: list[_Span] = []
    held: list[_Span] = []
    for units in blocks:
        if held and units:
            whole = ruler.cost(held[0].start, units[-1].end)
            half_full = ruler.cost(held[0].start, held[-1].end) >= size.target // 2
            if whole > size.target and half_full:
                held = _close(packed, held, units[0], ruler, size)
        for unit in units:
            if held and ruler.cost(held[0].start, unit.end) > size.target:
                held = _close(packed, held, unit, ruler, size)
            held.append(unit)
    if held:
        packed.append(_Span(held[0].start, held[-1].end))
    return packed


def _close(
    packed: list[_Span], held: list[_Span], following: _Span, ruler: _Ruler, size: ChunkSize
) -> list[_Span]:
    """Finish a chunk. Returns its last units, for the next to begin with, where both fit."""
    packed.append(_Span(held[0].start, held[-1].end))
    shared: list[_Span] = []
    for unit in reversed(held[1:]):
        too_much = ruler.cost(unit.start, held[-1].end) > size.overlap
        if too_much or ruler.cost(unit.start, following.end) > size.target:
            break
        shared.insert(0, unit)
    return shared


def _trimmed(text: str, span: _Span) -> tuple[int, int]:
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())
