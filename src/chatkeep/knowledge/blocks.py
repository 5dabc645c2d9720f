"""The outline of a text: its headings, paragraphs, list items, code and tables, with exact offsets.

Above: `chunk` packs the blocks; `parse.markdown` looks for a title. This is not a Markdown parser:
it sees just enough structure to know where a text may be cut.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from chatkeep.knowledge.documents import TextFormat

BlockKind = Literal["heading", "paragraph", "item", "code", "table"]


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines that belong together, `text[start:end]`, without the last line's end.

    Attributes:
        level: 1 to 6 for a heading, else 0.
        title: a heading's words without its markup, else empty.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    title: str = ""


_LINE = re.compile(r"[^\n]+")
_ATX = re.compile(r" {0,3}(#{1,6})(?![^ \t])")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*\Z")
_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})(.*)\Z")
_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+\S")
_TABLE_RULE = frozenset("|:- \t>")
_MAX_PLAIN = 300  # characters of a heading or paragraph that are made plain: the patterns are not linear

_IMAGE = re.compile(r"!\[([^\]\[]*)\](?:\([^()\n]*\)|\[[^\]\[]*\])")
_HTML = re.compile(
    r"</?(?:a|b|br|center|code|div|em|font|i|img|kbd|p|small|span|strong|sub|sup)(?:\s[^<>]*)?/?>", re.I
)
_LINE_MARKS = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?", re.MULTILINE)
_LINK = re.compile(r"\[([^\]\[]*)\](?:\([^)\s]*(?:[ \t]+\"[^\"]*\")?\)|\[[^\]]*\])")
_ATTRIBUTES = re.compile(r"[ \t]*\{[#.:][^}]*\}[ \t]*\Z")
_EMPHASIS = re.compile(r"(?<!\\)(?:\*{1,3}|`+|~~|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w))")


def scan(text: str, format: TextFormat) -> Iterator[Block]:  # noqa: A002
    """The blocks of `text` in order. Together they hold every line that is not blank."""
    return _scan_markdown(text) if format == "markdown" else _scan_plain(text)


def _scan_plain(text: str) -> Iterator[Block]:
    start = end = -1
    for line in _LINE.finditer(text):
        blank = not line.group().strip()
        if start >= 0 and (blank or line.start() > end + 1):
            yield Block("paragraph", start, end)
            start = -1
        if not blank:
            start = line.start() if start < 0 else start
            end = line.end()
    if start >= 0:
        yield Block("paragraph", start, end)


class _Open:
    """The block being gathered: a kind and the lines' extent; nothing when `kind` is None."""

    def __init__(self) -> None:
        self.kind: Literal["paragraph", "item", "table"] | None = None
        self.start = self.end = self.lines = 0

    def begin(self, kind: Literal["paragraph", "item", "table"], start: int, end: int) -> None:
        self.kind, self.start, self.end, self.lines = kind, start, end, 1

    def extend(self, end: int) -> None:
        self.end, self.lines = end, self.lines + 1

    def close(self) -> Iterator[Block]:
        if self.kind is not None:
            yield Block(self.kind, self.start, self.end)
        self.kind = None


def _scan_markdown(text: str) -> Iterator[Block]:
    gathered = _Open()
    fence, fence_start, fence_end = "", 0, 0
    for match in _LINE.finditer(text):
        line, start, end = match.group(), match.start(), match.end()
        marker = _FENCE.match(line)
        if fence:
            fence_end = end
            if marker and marker[1].startswith(fence) and not marker[2].strip():
                yield Block("code", fence_start, end)
                fence = ""
        elif marker and not (marker[1][0] == "`" and "`" in marker[2]):
            yield from gathered.close()
            fence, fence_start, fence_end = marker[1], start, end
        else:
            yield from _scan_line(text, line, start, end, gathered)
    if fence:
        yield Block("code", fence_start, fence_end)
    yield from gathered.close()


def _scan_line(text: str, line: str, start: int, end: int, gathered: _Open) -> Iterator[Block]:
    """One line outside of fenced code. A blank line shows as a gap before the next, or as spaces."""
    if gathered.kind is not None and start > gathered.end + 1:
        yield from gathered.close()
    if not line.strip():
        yield from gathered.close()
    elif atx := _ATX.match(line):
        yield from gathered.close()
        yield Block("heading", start, end, len(atx[1]), heading_words(_without_closing(line[atx.end() :])))
    elif gathered.kind == "paragraph" and gathered.lines == 1 and (rule := _SETEXT.match(line)):
        title = heading_words(text[gathered.start : gathered.end])
        gathered.kind = None
        yield Block("heading", gathered.start, end, 1 if rule[1][0] == "=" else 2, title)
    elif _ITEM.match(line):
        yield from gathered.close()
        gathered.begin("item", start, end)
    elif gathered.kind == "paragraph" and gathered.lines == 1 and _is_table_rule(line):
        gathered.kind = "table"
        gathered.extend(end)
    elif gathered.kind is not None:
        gathered.extend(end)
    else:
        gathered.begin("paragraph", start, end)


def _is_table_rule(line: str) -> bool:
    return "|" in line and "-" in line and _TABLE_RULE.issuperset(line)


def _without_closing(markup: str) -> str:
    """`Title ##` is `Title`, but `C#` stays."""
    markup = markup.strip()
    bare = markup.rstrip("#")
    return bare if bare != markup and (not bare or bare[-1] in " \t") else markup


def heading_words(markup: str) -> str:
    """A heading as a person reads it: no badges, tags, links, emphasis, code marks or `{#anchor}`.

    A picture's words count where there are no others.
    """
    markup = markup.strip()[: 2 * _MAX_PLAIN]
    return _plain(_IMAGE.sub("", markup)) or _plain(_IMAGE.sub(r"\1", markup))


def prose(text: str) -> str:
    """The start of each paragraph and list item of Markdown, as a person reads it, on one line.

    Where there are none, as in code and in what is cut out of it, every line.
    """
    blocks = (block for block in scan(text, "markdown") if block.kind in ("paragraph", "item"))
    paragraphs = _words(text[block.start : block.end] for block in blocks)
    return paragraphs or _words(line.lstrip("#") for line in text.splitlines() if not _FENCE.match(line))


def _words(pieces: Iterable[str]) -> str:
    """The pieces made plain, without what marks them as items or quotations."""
    plain = (_plain(_IMAGE.sub("", _LINE_MARKS.sub("", piece[: 2 * _MAX_PLAIN]))) for piece in pieces)
    return " ".join(filter(None, plain))


def _plain(markup: str) -> str:
    words = _ATTRIBUTES.sub("", markup.strip()[:_MAX_PLAIN])
    words = _LINK.sub(r"\1", _HTML.sub("", words))
    return " ".join(_EMPHASIS.sub("", words).replace("\\", "").split())
