"""Rows of cells as Markdown tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WIDEST = 100
_BLOCK = 700
"""Characters after which a long table begins anew below its head, so that a passage cut from the middle
of it still says what its columns are."""


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A piece of a table.

    Attributes:
        rows: (which of the rows, its offset in `text`) in order, the first at 0.
    """

    text: str
    rows: tuple[tuple[int, int], ...]


def table_markdown(rows: list[list[str]]) -> str:
    """The first row is the head. Rows shorter than the longest are filled up; empty ones left out."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    width = min(max(len(row) for row in rows), _WIDEST)
    if width == 1:
        return "\n\n".join(row[0] for row in rows)
    lines = [_line([*row, *[""] * (width - len(row))][:width]) for row in rows]
    return "\n".join([lines[0], _line(["---"] * width), *lines[1:]])


def table_blocks(rows: Sequence[Sequence[str]]) -> Iterator[TableBlock]:
    """The same, as pieces with the head repeated. Columns without any value are left out.

    A table so wide that a row fills a passage by itself is written as one list item a row, each value
    behind the name of its column.
    """
    used = sorted({column for row in rows for column, cell in enumerate(row) if cell})
    kept = [
        (at, [row[column] if column < len(row) else "" for column in used])
        for at, row in enumerate(rows)
        if any(row)
    ]
    if not kept:
        return
    if len(used) == 1:
        lines = [(at, cells[0]) for at, cells in kept]
        yield from _gathered("", lines)
        return
    head = kept[0][1]
    rule = f"{_line(head)}\n{_line(['---'] * len(used))}"
    typical = sum(len(cell) + 3 for _, cells in kept for cell in cells) / len(kept)
    if len(kept) > 1 and (len(rule) > _BLOCK // 2 or typical > _BLOCK // 2 or len(used) > _WIDEST):
        yield from _gathered("", [(at, _record(head, cells)) for at, cells in kept[1:]])
        return
    if len(kept) == 1:
        yield TableBlock(rule, ((kept[0][0], 0),))
        return
    lines = [(at, _line(cells)) for at, cells in kept[1:]]
    yield from _gathered(rule, lines, head_row=kept[0][0])


def _gathered(
    head: str, lines: Sequence[tuple[int, str]], head_row: int | None = None
) -> Iterator[TableBlock]:
    """The lines below the head, a block when there are enough of them."""
    parts, marks, length = _begun(head, head_row)
    for at, line in lines:
        if length > _BLOCK and len(parts) > 1:
            yield TableBlock("\n".join(parts), tuple(marks))
            parts, marks, length = _begun(head, None)
        # A repeated head belongs to the row that follows it.
        marks.append((at, length if marks else 0))
        parts.append(line)
        length += len(line) + 1
    yield TableBlock("\n".join(parts), tuple(marks))


def _begun(head: str, head_row: int | None) -> tuple[list[str], list[tuple[int, int]], int]:
    marks = [(head_row, 0)] if head_row is not None else []
    return ([head], marks, len(head) + 1) if head else ([], marks, 0)


def _record(head: Sequence[str], cells: Sequence[str]) -> str:
    return "- " + "; ".join(
        f"{name}: {cell}" if name else cell for name, cell in zip(head, cells, strict=True) if cell
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
