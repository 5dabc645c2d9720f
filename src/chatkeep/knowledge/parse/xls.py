"""Excel workbooks of the old binary kind (.xls), read by xlrd.

It is chosen for being Python alone: a damaged file costs an exception, where a reader of native code
was seen to end the whole process.
"""

from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any

from chatkeep.knowledge.parse.archive import COMPOUND_FILE
from chatkeep.knowledge.parse.declared import described
from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable
from chatkeep.knowledge.parse.sheets import MAX_SHEETS, Cells, Row, date_text, number_text, write_sheet

if TYPE_CHECKING:
    from xlrd.sheet import Sheet

_NO_TEXT = Unreadable("its sheets are empty.")
_NOT_ONE = Unreadable("it is damaged, or not an Excel workbook (.xls).")
_ENCRYPTED = Unreadable("it is protected by a password.")


def parse_xls(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the file's `name`."""
    import xlrd
    from xlrd.compdoc import CompDocError

    if not data.startswith(COMPOUND_FILE):
        return _NOT_ONE
    try:
        # Ragged: a cell far out must not fill up the rows above it.
        workbook = xlrd.open_workbook(
            file_contents=data, logfile=StringIO(), on_demand=True, ragged_rows=True
        )
    except xlrd.XLRDError as error:
        return _ENCRYPTED if "encrypted" in str(error) else _NOT_ONE
    except CompDocError:
        return _NOT_ONE
    if workbook.nsheets > MAX_SHEETS:
        raise Refused(f"it has more than {MAX_SHEETS:,} sheets.")
    draft, cells, any_text = Draft(), Cells(), False
    for at in range(workbook.nsheets):
        sheet = workbook.sheet_by_index(at)
        any_text |= write_sheet(draft, sheet.name, _rows(sheet, cells, bool(workbook.datemode)))
        workbook.unload_sheet(at)
    if not any_text:
        return _NO_TEXT
    return ParsedText(
        title=name,
        format="markdown",
        text=draft.text,
        landmarks=draft.landmarks,
        metadata=described({"author": workbook.user_name}),
    )


def _rows(sheet: "Sheet", cells: Cells, since_1904: bool) -> Iterator[Row]:
    for number in range(sheet.nrows):
        row = sheet.row(number)
        cells.take(len(row) + 1)
        shown = ((column, _shown(cell.ctype, cell.value, since_1904)) for column, cell in enumerate(row))
        yield number + 1, {column: text for column, text in shown if text}


def _shown(kind: int, value: Any, since_1904: bool) -> str:
    from xlrd import XL_CELL_BOOLEAN, XL_CELL_DATE, XL_CELL_ERROR, error_text_from_code

    if kind == XL_CELL_DATE:
        return date_text(value, since_1904)
    if kind == XL_CELL_BOOLEAN:
        return "TRUE" if value else "FALSE"
    if kind == XL_CELL_ERROR:
        return str(error_text_from_code.get(value, "#ERROR!"))
    return number_text(value) if isinstance(value, float) else str(value).strip()
