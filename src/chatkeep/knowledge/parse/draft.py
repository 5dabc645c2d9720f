"""A document's text in the making: blocks with a blank line between them, and landmarks at their starts.

The parsers write here, so that each of them is bounded: more than `MAX_TEXT` characters are refused.
"""

import re
from collections.abc import Sequence

from chatkeep.knowledge.documents import Landmark
from chatkeep.knowledge.parse.markup import escaped, fenced, heading
from chatkeep.knowledge.parse.parsed import Refused
from chatkeep.knowledge.parse.table import table_blocks

MAX_TEXT = 20_000_000
"""Characters of one document."""

MAX_LANDMARKS = 100_000

# What neither a page nor a database can hold: controls, and halves of surrogate pairs.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\ufeff]")


def clean(text: str) -> str:
    """The text with LF line ends and without characters that mean nothing."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " "))


class Draft:
    """Text that grows block by block."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._pending: list[tuple[str, str]] = []
        self._landmarks: list[Landmark] = []
        self._last_was_item = False
        self.length = 0

    @property
    def text(self) -> str:
        return "".join(self._parts) + "\n" if self._parts else ""

    @property
    def landmarks(self) -> tuple[Landmark, ...]:
        return tuple(self._landmarks)

    def landmark(self, kind: str, name: str) -> None:
        """A part begins with the next block."""
        self._pending.append((kind, name))

    def block(self, text: str, *, tight: bool = False) -> int:
        """Append Markdown as it is. Returns where it begins; a blank block is left out.

        Args:
            tight: follows the block before on the next line, as list items do.
        """
        text = clean(text).strip("\n").rstrip()
        if not text:
            return self.length
        gap = ("\n" if tight else "\n\n") if self._parts else ""
        start = self.length + len(gap)
        self.length = start + len(text)
        if self.length >= MAX_TEXT:
            raise Refused(
                f"it holds more than {MAX_TEXT:,} characters of text. Divide it into smaller files."
            )
        self._parts += (gap, text)
        self._place(start)
        self._last_was_item = False
        return start

    def _place(self, start: int) -> None:
        for kind, name in self._pending:
            self.mark(start, kind, name)
        self._pending = []

    def mark(self, start: int, kind: str, name: str) -> None:
        """A part begins at `start`, which no landmark before this one is after."""
        if len(self._landmarks) >= MAX_LANDMARKS:
            raise Refused(f"it has more than {MAX_LANDMARKS:,} {kind}s. Divide it into smaller files.")
        self._landmarks.append(Landmark(start, kind, name))

    def heading(self, level: int, words: str) -> None:
        words = " ".join(clean(words).split())
        if words:
            self.block(heading(level, words[:500]))
            if len(words) > 500:
                self.paragraph(words[500:])

    def paragraph(self, words: str) -> None:
        self.block(escaped(clean(words).strip()))

    def item(self, words: str, level: int = 0, marker: str = "-") -> None:
        """A list item; `level` says how deep it stands, from 0."""
        words = clean(words).strip()
        if not words:
            return
        indent = "  " * min(level, 8)
        within = words.replace("\n", f"\n{indent}{' ' * (len(marker) + 1)}")
        self.block(f"{indent}{marker} {within}", tight=self._last_was_item)
        self._last_was_item = True

    def code(self, code: str, language: str = "") -> None:
        self.block(fenced(clean(code), language))

    def table(self, rows: Sequence[Sequence[str]], kind: str = "", first: int = 1) -> None:
        """Rows of cells, the first being the head.

        Args:
            kind: when given, each row gets a landmark of this kind; of very many rows, every few.
            first: the number of the first row.
        """
        each = len(rows) <= MAX_LANDMARKS // 5
        for block in table_blocks([[" ".join(clean(cell).split()) for cell in row] for row in rows]):
            start = self.block(block.text)
            for row, offset in (block.rows if each else block.rows[:1]) if kind else ():
                self.mark(start + offset, kind, str(first + row))
