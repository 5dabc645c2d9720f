"""Separated values."""

import pytest

from tests.unit.knowledge.parse.reading import parsed, places, refused

TABLE = "| Item | Price |\n| --- | --- |\n| Kettle, copper | 19,50 |\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'Item,Price\n"Kettle, copper","19,50"\n'),
        ("a.csv", "Item;Price\r\nKettle, copper;19,50\r\n"),
        ("a.csv", "Item\tPrice\nKettle, copper\t19,50"),
        ("a.csv", "Item|Price\nKettle, copper|19,50"),
        ("a.tsv", "Item\tPrice\nKettle, copper\t19,50\n\n"),
    ],
)
def test_any_separator(name: str, text: str) -> None:
    assert parsed(name, text).text == TABLE


def test_each_row_is_a_landmark() -> None:
    found = parsed("a.csv", "a,b\n1,2\n\n3,4\n")
    assert list(places(found)) == ["row 1", "row 2", "row 4"]
    assert places(found)["row 4"] == "| 3 | 4 |"


def test_cells_of_several_lines() -> None:
    assert "| one two | x |" in parsed("a.csv", 'a,b\n"one\ntwo",x\n').text


def test_what_is_no_table_is_read_as_text() -> None:
    broken = 'a,b\n"' + "x" * 200_000
    assert parsed("a.csv", broken).text == broken
    assert refused("a.csv", ",,\n") == "it holds no text."
