"""What all spreadsheets become: a section a sheet, a table wherever cells stand together.

The readers of the formats tell rows; cells come by their column, so that a cell far out costs nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.parsed import Refused

MAX_SHEETS = 1_000
MAX_CELLS = 1_500_000

Row = tuple[int, Mapping[int, str]]
"""A row's number, from 1, and the text of its cells that have any, by column."""

_DAY_ONE = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 (sheets know no zone)


class Cells:
    """Counts cells, so that there is an end to them."""

    def __init__(self) -> None:
        self._left = MAX_CELLS

    def take(self, count: int = 1) -> None:
        """Raises Refused: there were too many."""
        self._left -= count
        if self._left < 0:
            raise Refused(f"it has more than {MAX_CELLS:,} cells. Divide it into smaller files.")


def write_sheet(draft: Draft, name: str, rows: Iterable[Row]) -> bool:
    """Whether there was anything in it."""
    blocks = list(_blocks(rows))
    if not blocks:
        return False
    draft.landmark("sheet", name)
    draft.heading(2, name)
    for block in blocks:
        columns = {column: at for at, column in enumerate(sorted({c for _, cells in block for c in cells}))}
        table = []
        for _, cells in block:
            row = [""] * (max(columns[column] for column in cells) + 1)
            for column, text in cells.items():
                row[columns[column]] = text
            table.append(row)
        for above, below in _titled(table):
            for words in above:
                draft.paragraph(words)
            draft.table(below)
    return True


def _titled(table: list[list[str]]) -> Iterator[tuple[list[str], list[list[str]]]]:
    """The lines above a table that are alone in their row are no head of it."""
    at = 0
    if max(map(len, table)) > 1:
        while at < len(table) and sum(map(bool, table[at])) == 1:
            at += 1
    if at == len(table):  # nothing but single cells
        at = 0
    yield [next(filter(None, row)) for row in table[:at]], table[at:]


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows without a blank one between them."""
    held: list[Row] = []
    for number, cells in rows:
        if not cells:
            continue
        if held and number > held[-1][0] + 1:
            yield held
            held = []
        held.append((number, cells))
    if held:
        yield held


def number_text(number: float) -> str:
    """As people write it: `3`, `0.3`, not `0.30000000000000004`."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else f"{number:.15g}"


def date_text(serial: float, since_1904: bool) -> str:
    """The date or time of day that a spreadsheet's number stands for."""
    if not 0 <= serial < 2_958_466:  # the year 9999
        return number_text(serial)
    moment = _DAY_ONE[since_1904] + timedelta(seconds=round(serial * 86_400))
    if serial < 1:
        return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
    if moment.hour or moment.minute or moment.second:
        return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")
    return moment.strftime("%Y-%m-%d")
