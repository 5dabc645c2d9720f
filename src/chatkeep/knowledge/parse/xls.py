"""Excel workbooks of the old binary kind (.xls), read by Calamine."""

from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable
from chatkeep.knowledge.parse.sheets import MAX_SHEETS, Cells, Row, number_text, write_sheet

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_NO_TEXT = Unreadable("its sheets are empty.")
_NOT_ONE = Unreadable("it is damaged, or not an Excel workbook (.xls).")
_ENCRYPTED = Unreadable("it is protected by a password.")


def parse_xls(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the file's `name`."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    if not data.startswith(_COMPOUND_FILE):
        # Calamine goes by the content, and makes room for every cell up to the furthest: a workbook of
        # the XML kind under this name could ask for more memory than there is.
        return _NOT_ONE
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        draft, cells, any_text = Draft(), Cells(), False
        for count, title in enumerate(workbook.sheet_names):
            if count >= MAX_SHEETS:
                raise Refused(f"it has more than {MAX_SHEETS:,} sheets.")
            any_text |= write_sheet(draft, title, _rows(workbook.get_sheet_by_name(title), cells))
    except PasswordError:
        return _ENCRYPTED
    except CalamineError:
        return _NOT_ONE
    except BaseException as error:
        # A fault inside the library comes as a "panic", which is not an `Exception`.
        if type(error).__name__ == "PanicException":
            return _NOT_ONE
        raise
    if not any_text:
        return _NO_TEXT
    return ParsedText(title=name, format="markdown", text=draft.text, landmarks=draft.landmarks)


def _rows(sheet: "CalamineSheet", cells: Cells) -> list[Row]:
    cells.take(sheet.height)
    first = sheet.start[0] + 1 if sheet.start else 1
    rows: list[Row] = []
    for number, row in enumerate(sheet.iter_rows(), first):
        shown = {column: text for column, cell in enumerate(row) if (text := _shown(cell))}
        cells.take(len(shown))
        rows.append((number, shown))
    return rows


def _shown(value: int | float | str | bool | time | date | datetime | timedelta) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number_text(value)
    return value.strip() if isinstance(value, str) else str(value)
