"""Files made to harm: every parser gives text or says why not, quickly, and never fails."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkeep.knowledge.parse import SUPPORTED, ParsedText, Skipped, archive, parse
from chatkeep.knowledge.parse.code import CODE
from chatkeep.knowledge.parse.draft import MAX_TEXT
from tests.unit.knowledge.parse import samples
from tests.unit.knowledge.parse.samples import rezipped, zipped

EXTENSIONS = sorted(SUPPORTED - CODE | {".py"})


def reason(name: str, data: bytes) -> str:
    result = parse(name, data)
    assert isinstance(result, Skipped), result.text[:200]
    return result.reason


def good(folder: Path) -> dict[str, bytes]:
    """One whole file for each kind of parser."""
    return {
        ".pdf": samples.pdf([[(20, "Title"), (11, "Some words.")]] * 3, header="ACME"),
        ".docx": samples.docx(),
        ".pptx": samples.pptx([("One", ["a", "b"]), ("Two", ["c"])]),
        ".xlsx": samples.xlsx({"A": [["x", 1], ["y", 2.5]]}),
        ".xls": (samples.FILES / "prices.xls").read_bytes(),
        ".ods": samples.ods(samples.ods_table("A", [["x", "1"], ["y", "2"]])),
        ".epub": samples.epub([("One", "<p>words</p>")]),
        ".eml": samples.message("S", "text", html="<b>t</b>", attached=["a.pdf"]).as_bytes(),
        ".mbox": samples.mbox(folder, [samples.message("S", "text")]),
        ".ipynb": samples.notebook([("markdown", "# T"), ("code", "1")]),
        ".json": b'{"a": [{"b": 1}, {"c": [1, 2, null]}], "d": "text"}',
        ".jsonl": b'{"a": 1}\n{"b": 2}\n',
        ".csv": b"a,b\n1,2\n",
        ".rst": samples.RST.encode(),
        ".py": samples.CODE.encode(),
        ".html": b"<h1>T</h1><table><tr><td>x</td></tr></table>",
        ".md": b"---\ntitle: T\n---\n# T\n",
        ".txt": b"words",
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return good(tmp_path_factory.mktemp("boxes"))


def test_the_whole_files_are_read(whole: dict[str, bytes]) -> None:
    for extension, data in whole.items():
        assert isinstance(parse(f"a{extension}", data), ParsedText), extension


def test_truncated_files_do_no_harm(whole: dict[str, bytes]) -> None:
    for extension, data in whole.items():
        for part in (0, 1, 3, 8, 40, len(data) // 4, len(data) // 2, len(data) * 3 // 4, len(data) - 1):
            assert isinstance(parse(f"a{extension}", data[:part]), ParsedText | Skipped)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_files_do_no_harm(whole: dict[str, bytes], data: st.DataObject) -> None:
    extension = data.draw(st.sampled_from(sorted(whole)))
    broken = bytearray(whole[extension])
    for at, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(broken) - 1), st.integers(0, 255)), min_size=1, max_size=20)
    ):
        broken[at] = byte
    parse(f"a{extension}", bytes(broken))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(EXTENSIONS), st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_random_bytes_do_no_harm(extension: str, data: bytes) -> None:
    result = parse(f"a{extension}", data)
    assert isinstance(result, Skipped) or result.text.strip()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(".docx", "word/document.xml"), (".pptx", "ppt/slides/slide1.xml")]),
    st.lists(
        st.sampled_from(["p", "r", "t", "tbl", "tr", "tc", "sdt", "sp", "txBody", "drawing"]), max_size=30
    ),
)
def test_elements_in_any_order_do_no_harm(
    whole: dict[str, bytes], part: tuple[str, str], names: list[str]
) -> None:
    xml = "".join(f"<{name}>x" for name in names) + "".join(f"</{name}>" for name in reversed(names))
    parse(f"a{part[0]}", rezipped(whole[part[0]], {part[1]: f"<document><body>{xml}</body></document>"}))


def bomb(name: str, size: int) -> bytes:
    """An archive with one member that is much larger than it looks."""
    opened = io.BytesIO()
    with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as member:
        for _ in range(size >> 20):
            member.write(b" " * (1 << 20))
    return opened.getvalue()


@pytest.mark.parametrize(
    ("extension", "member"),
    [
        (".docx", "_rels/.rels"),
        (".pptx", "_rels/.rels"),
        (".xlsx", "_rels/.rels"),
        (".ods", "content.xml"),
        (".epub", "META-INF/container.xml"),
    ],
)
def test_a_zip_bomb_is_not_unpacked(extension: str, member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED", 3_000_000)
    data = bomb(member, 4_000_000)
    assert len(data) < 10_000
    assert "unpacks to more than" in reason(f"a{extension}", data)


def test_a_zip_bomb_that_lies_about_its_size_is_not_unpacked() -> None:
    data = bytearray(bomb("content.xml", archive.MAX_UNPACKED + (1 << 21)))
    assert len(data) < 1_000_000
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = (1000).to_bytes(4, "little")
    assert reason("a.ods", bytes(data)) == "it is damaged: content.xml inside it cannot be unpacked."


def test_an_archive_of_very_many_files_is_refused() -> None:
    assert "files inside" in reason("a.epub", zipped({str(n): b"" for n in range(20_001)}))


ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("declaration", [ENTITIES, OUTSIDE])
@pytest.mark.parametrize(
    ("extension", "member"),
    [
        (".docx", "word/document.xml"),
        (".docx", "[Content_Types].xml"),
        (".pptx", "ppt/slides/slide1.xml"),
        (".xlsx", "xl/worksheets/sheet1.xml"),
        (".ods", "content.xml"),
        (".epub", "OEBPS/book.opf"),
    ],
)
def test_entities_are_refused(whole: dict[str, bytes], extension: str, member: str, declaration: str) -> None:
    data = rezipped(whole[extension], {member: f"{declaration}<x>&a;</x>"})
    result = parse(f"a{extension}", data)
    if member == "[Content_Types].xml":  # nobody needs it
        assert isinstance(result, ParsedText)
    else:
        assert isinstance(result, Skipped)
        assert "declares entities" in result.reason


@pytest.mark.parametrize(
    ("extension", "member"),
    [(".docx", "word/document.xml"), (".xlsx", "xl/workbook.xml"), (".ods", "content.xml")],
)
def test_deep_xml_is_refused(whole: dict[str, bytes], extension: str, member: str) -> None:
    deep = "<p>" * 100_000 + "</p>" * 100_000
    assert "nested too deeply" in reason(f"a{extension}", rezipped(whole[extension], {member: deep}))


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_deep_json_is_refused_or_kept_as_text(opening: str) -> None:
    for extension in (".json", ".jsonl", ".ipynb"):
        data = (opening * 100_000).encode()
        assert isinstance(parse(f"a{extension}", data), Skipped)
    assert isinstance(parse("a.json", (opening * 400).encode()), ParsedText)


def test_a_long_name_in_json_does_not_multiply() -> None:
    name = "n" * 1_000_000
    result = parse("a.json", f'{{"x": {{"{name}": [{",".join(["[1]"] * 5_000)}]}}}}'.encode())
    assert isinstance(result, ParsedText)
    assert len(result.text) < 3_000_000


def far_cell(whole: dict[str, bytes]) -> bytes:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>near</t></is></c></row>'
        '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row>'
        "</sheetData></worksheet>"
    )
    return rezipped(whole[".xlsx"], {"xl/worksheets/sheet1.xml": sheet})


def test_a_cell_far_out_costs_nothing(whole: dict[str, bytes]) -> None:
    result = parse("a.xlsx", far_cell(whole))
    assert isinstance(result, ParsedText)
    assert result.text == "## A\n\nnear\n\nfar\n"
    # A reader that makes room for every cell up to it would end the process.
    assert "not an Excel workbook (.xls)" in reason("a.xls", far_cell(whole))


def test_repeated_cells_do_not_multiply() -> None:
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    data = samples.ods(f'<table:table table:name="A">{row * 200}</table:table>')
    assert "more than 1,500,000 cells" in reason("a.ods", data)


def test_text_beyond_all_bounds_is_refused() -> None:
    for name, data in (
        ("a.txt", b"word " * (MAX_TEXT // 5 + 1)),
        ("a.md", b"# T\n\n" + b"word " * (MAX_TEXT // 5 + 1)),
        ("a.jsonl", b'"' + b"word " * (MAX_TEXT // 5 + 1) + b'"'),
    ):
        assert f"more than {MAX_TEXT:,} characters" in reason(name, data)


def test_substitutions_in_restructuredtext_do_not_multiply() -> None:
    lines = [f".. |{chr(98 + n)}| replace:: {f'|{chr(97 + n)}|' * 10}" for n in range(12)]
    result = parse("a.rst", "\n".join([".. |a| replace:: ha", *lines, "", "Text |m|.", ""]).encode())
    assert isinstance(result, ParsedText)
    assert len(result.text) < 1_000


@pytest.mark.parametrize(
    "directive",
    [
        "include:: /etc/passwd",
        "literalinclude:: /etc/passwd",
        "raw:: html\n   :file: /etc/passwd",
        "csv-table::\n   :file: /etc/passwd",
    ],
)
def test_restructuredtext_reads_no_other_file(directive: str) -> None:
    result = parse("a.rst", f"Words\n\n.. {directive}\n".encode())
    assert isinstance(result, ParsedText)
    assert "root:" not in result.text


def test_macros_are_never_looked_at(whole: dict[str, bytes]) -> None:
    for extension, folder in ((".docx", "word"), (".xlsx", "xl"), (".pptx", "ppt")):
        data = rezipped(whole[extension], {f"{folder}/vbaProject.bin": b"Sub AutoOpen() MsgBox"})
        result = parse(f"a{extension.removesuffix('x')}m", data)
        assert isinstance(result, ParsedText)
        assert "AutoOpen" not in result.text


@pytest.mark.parametrize(
    "write", [lambda n: b"a,b\n" + b'"' * n, lambda n: b"," * n, lambda n: b"[" * n, lambda n: b"`" * n]
)
@pytest.mark.parametrize("extension", [".csv", ".py", ".rst", ".eml", ".mbox", ".md", ".html", ".c"])
def test_long_runs_of_one_character_end(extension: str, write: Callable[[int], bytes]) -> None:
    assert isinstance(parse(f"a{extension}", write(200_000)), ParsedText | Skipped)


def test_no_text_holds_what_a_database_refuses() -> None:
    for name, data in (
        ("a.json", rb'{"a": "x\u0000\ud800y"}'),
        ("a.jsonl", rb'{"a": "x\u0000\ud800y"}'),
        ("a.ipynb", rb'{"cells": [{"cell_type": "markdown", "source": "x\u0000\ud800y"}]}'),
    ):
        result = parse(name, data)
        assert isinstance(result, ParsedText)
        assert "xy" in result.text
        result.text.encode()
        result.title.encode()
