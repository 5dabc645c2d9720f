"""Values with separators between them: one table, each row of which is a place of its own."""

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import PurePath

from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable
from chatkeep.knowledge.parse.sheets import MAX_CELLS

_SEPARATORS = (",", ";", "\t", "|")
_LOOKED_AT = 30


def parse_csv(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the file's `name`. The first row is the head."""
    text = decode(data)
    if isinstance(text, Unreadable):
        return text
    separator = "\t" if PurePath(name).suffix.lower() in (".tsv", ".tab") else _separator(text)
    try:
        rows = list(_rows(text, separator))
    except csv.Error:  # a quotation without an end, most often
        return ParsedText(title=name, format="plain", text=text)
    draft = Draft()
    draft.table(rows, kind="row")
    return ParsedText(title=name, format="markdown", text=draft.text, landmarks=draft.landmarks)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    cells = 0
    for row in csv.reader(StringIO(text, newline=""), delimiter=separator, skipinitialspace=True):
        cells += len(row)
        if cells > MAX_CELLS:
            raise Refused(f"it has more than {MAX_CELLS:,} cells. Divide it into smaller files.")
        yield row


def _separator(text: str) -> str:
    """The one that divides the first lines most evenly."""
    lines = [line for line in text[:100_000].split("\n")[:_LOOKED_AT] if line.strip()]
    sample = "\n".join(lines[:-1] or lines)

    def evenness(separator: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(StringIO(sample), delimiter=separator)]
        except csv.Error:
            return 0, 0
        common = max(set(widths), key=widths.count)
        return (widths.count(common) / len(widths), common) if common > 1 else (0, 0)

    return max(_SEPARATORS, key=evenness)
