"""Spreadsheets of each kind."""

from datetime import date, datetime, time

import pytest

from chatkeep.knowledge.parse.sheets import date_text, number_text
from tests.unit.knowledge.parse.reading import parsed, places, refused
from tests.unit.knowledge.parse.samples import FILES, FILLING, ods, ods_table, rezipped, xlsx, zipped


def test_each_sheet_is_a_section_and_a_landmark() -> None:
    found = parsed(
        "a.xlsx", xlsx({"Rooms": [["Room", "Seats"], ["Birch", 12]], "Empty": [], "Prices": [["x"]]})
    )
    assert places(found) == {
        "sheet Rooms": "## Rooms\n\n| Room | Seats |\n| --- | --- |\n| Birch | 12 |",
        "sheet Prices": "## Prices\n\nx",
    }
    assert found.metadata == {"author": "Ada Byron"}


def test_values_are_as_the_cells_show_them() -> None:
    row = [
        0.1 + 0.2,
        3.0,
        True,
        datetime.fromisoformat("2024-02-03T14:30"),
        date(2024, 2, 3),
        time(9, 5),
        0.19,
        "a|b",
        None,
        "=A1*2",
    ]
    formats = {"G2": "0.0%", "E2": "dd/mm/yyyy", "A2": '"d"0.00', "B2": "[Red]0"}
    text = parsed("a.xlsx", xlsx({"A": [["x"] * 10, row]}, formats)).text
    assert "| 0.3 | 3 | TRUE | 2024-02-03 14:30 | 2024-02-03 | 09:05 | 19% | a\\|b |  | =A1*2 |" in text


def test_a_formula_gives_way_to_its_result() -> None:
    cell = '<c t="str"><f>A9&amp;"x"</f><v>result</v></c>'
    sheet = f"<worksheet><sheetData><row>{cell}</row></sheetData></worksheet>"
    text = parsed("a.xlsx", rezipped(xlsx({"A": [["x"]]}), {"xl/worksheets/sheet1.xml": sheet})).text
    assert text == "## A\n\nresult\n"


def test_tables_with_blank_rows_between_them_are_tables_of_their_own() -> None:
    rows: list[list[object]] = [
        ["Our rooms"],
        ["Room", "Seats"],
        ["Birch", 12],
        [],
        [],
        [None, "Item", "Price"],
        [None, "Kettle", 19.5],
    ]
    assert parsed("a.xlsx", xlsx({"A": rows})).text == (
        "## A\n\nOur rooms\n\n| Room | Seats |\n| --- | --- |\n| Birch | 12 |\n\n"
        "| Item | Price |\n| --- | --- |\n| Kettle | 19.5 |\n"
    )


def test_a_wide_table_says_the_column_of_each_value() -> None:
    rows = [[f"Question {n} of the survey" for n in range(40)], [f"answer {n}" for n in range(40)]]
    text = parsed("a.xlsx", xlsx({"A": rows})).text
    assert "; Question 39 of the survey: answer 39" in text


def test_empty_workbooks_are_refused() -> None:
    assert refused("a.xlsx", xlsx({"A": []})) == "its sheets are empty."
    assert refused("a.ods", ods("")) == "its sheets are empty."


def test_opendocument_sheets() -> None:
    note = "<office:annotation><text:p>a remark</text:p></office:annotation>"
    cells = (
        f"<table:table-cell>{note}<text:p>two</text:p><text:p>lines</text:p></table:table-cell>"
        '<table:table-cell table:number-columns-repeated="2"><text:p>same</text:p></table:table-cell>'
        '<table:table-cell table:number-columns-repeated="1000"/>'
    )
    sheet = f'<table:table table:name="B"><table:table-row>{cells}</table:table-row></table:table>'
    found = parsed("a.ods", ods(ods_table("A", [["x"]]) + sheet))
    assert places(found) == {
        "sheet A": "## A\n\nx",
        "sheet B": "## B\n\n| two lines | same | same |\n| --- | --- | --- |",
    }


def test_what_an_opendocument_file_says_of_itself() -> None:
    meta = (
        "<m><title>Price list</title><creator>Ada</creator><language>fr</language>"
        "<date>2024-01-02T03:04:05</date></m>"
    )
    found = parsed("a.ods", rezipped(ods(ods_table("A", [["x"]])), {"meta.xml": meta}))
    assert (found.title, found.language, found.metadata) == ("Price list", "fr", {"author": "Ada"})
    assert found.modified_at is not None
    assert found.modified_at.isoformat() == "2024-01-02T03:04:05+00:00"


def test_an_encrypted_opendocument_file_says_so() -> None:
    data = rezipped(ods(""), {"META-INF/manifest.xml": "<m><encryption-data/></m>"})
    assert "password" in refused("a.ods", data)


def test_old_workbooks() -> None:
    found = parsed("a.xls", (FILES / "prices.xls").read_bytes())
    assert places(found)["sheet Prices"] == (
        "## Prices\n\n| Item | Price |\n| --- | --- |\n| Copper kettle | 19.5 |\n| Brass lantern | 42 |"
    )


def test_what_is_no_workbook_says_so() -> None:
    assert "not an Excel workbook" in refused("a.xlsx", zipped({"a": "b"}))
    assert "not an OpenDocument spreadsheet" in refused("a.ods", zipped({"a": "b"}))
    assert "not an Excel workbook" in refused("a.xls", FILLING)


@pytest.mark.parametrize(
    ("serial", "text"),
    [(45325, "2024-02-03"), (45325.5, "2024-02-03 12:00"), (0.25, "06:00"), (1e9, "1000000000"), (-1, "-1")],
)
def test_dates(serial: float, text: str) -> None:
    assert date_text(serial, since_1904=False) == text


def test_dates_of_old_macs() -> None:
    assert date_text(43863, since_1904=True) == "2024-02-03"


@pytest.mark.parametrize(
    ("number", "text"), [(1e20, "1e+20"), (0.1 + 0.2, "0.3"), (-3.0, "-3"), (1234567.0, "1234567")]
)
def test_numbers(number: float, text: str) -> None:
    assert number_text(number) == text
