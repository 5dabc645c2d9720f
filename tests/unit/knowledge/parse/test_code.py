"""Source code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.parse import is_read
from chatkeep.knowledge.parse.code import CODE
from tests.unit.knowledge.parse.reading import parsed, places, refused
from tests.unit.knowledge.parse.samples import CODE as KETTLES


def headings(name: str, code: str) -> list[str]:
    return [line[4:-1] for line in parsed(name, code).text.split("\n") if line.startswith("## `")]


def test_definitions_are_sections_with_what_stands_above_them() -> None:
    text = parsed("kettles.py", KETTLES).text
    assert "## `def boil(minutes: int) -> None`\n\n```python\n# How long it takes.\n@cached\ndef boil" in text
    assert '    def whistle(self) -> str:\n        return "the copper kettle whistles"\n```\n' in text


def test_lines_are_landmarks_with_their_numbers() -> None:
    lines = KETTLES.split("\n")
    for name, text in places(parsed("kettles.py", KETTLES)).items():
        assert lines[int(name.removeprefix("line ")) - 1].strip() in text


code_lines = st.lists(
    st.one_of(
        st.sampled_from(["", "def f():", "class A:", "    x", "@d", "# c", "```", '"""']),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8),
    ),
    min_size=1,
    max_size=30,
).map("\n".join)


@given(code_lines.filter(lambda code: any(map(str.isalpha, code))))
def test_no_line_is_lost_or_misnumbered(code: str) -> None:
    lines = code.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n")
    found = places(parsed("a.py", code))
    for number, line in enumerate(lines, 1):
        words = "".join(filter(str.isalnum, line))
        if line.strip() and words:
            assert words in "".join(filter(str.isalnum, found[f"line {number}"]))


@pytest.mark.parametrize(
    ("name", "code", "found"),
    [
        (
            "a.ts",
            "export interface Tea {\n}\n\nexport const brew = async () => {\n}",
            ["export interface Tea", "export const brew = async () =>"],
        ),
        ("a.go", "package tea\n\n// Brew brews.\nfunc (k *Kettle) Brew() {\n}", ["func (k *Kettle) Brew()"]),
        (
            "a.rs",
            "use x;\n\npub struct Tea;\n\nimpl Tea {\n    fn brew() {}\n}",
            ["pub struct Tea", "impl Tea"],
        ),
        (
            "A.java",
            "package tea;\n\npublic final class Tea {\n  void brew() {}\n}",
            ["public final class Tea"],
        ),
        ("a.c", "#include <x.h>\n\nint brew(int minutes)\n{\n  return 1;\n}", ["int brew(int minutes)"]),
        ("a.sql", "-- x\nCREATE TABLE teas (\n id int);\nselect 1;", ["CREATE TABLE teas"]),
        ("a.rb", "require 'x'\n\nclass Tea\n  def brew\n  end\nend", ["class Tea"]),
        ("a.toml", "x = 1\n\n[tool.tea]\ny = 2", ["[tool.tea]"]),
        ("a.sh", "set -e\n\nbrew() {\n  sleep 1\n}\nbrew", ["brew()"]),
        ("a.yaml", "tea:\n  - green\n", []),
    ],
)
def test_definitions_in_other_languages(name: str, code: str, found: list[str]) -> None:
    assert headings(name, code) == found


def test_minified_code_is_refused() -> None:
    assert "made by a tool" in refused("a.js", "function(){" + "a=b;" * 500 + "}")


@pytest.mark.parametrize(
    "name",
    [
        *("package-lock.json", "pnpm-lock.yaml", "jquery.min.js", "app.bundle.js", "x_pb2.py", "api.pb.go"),
        *("a.js.map", "a.lock", "yarn.lock", "Cargo.lock", "a.svg", "a.css", "a.pyc", "a.exe", "Makefile"),
    ],
)
def test_what_tools_write_is_left_alone(name: str) -> None:
    assert not is_read(name)


@pytest.mark.parametrize("name", ["A.PY", "package.json", "docs/guide.md", "min.js", "a.PDF", "compose.yaml"])
def test_what_people_write_is_read(name: str) -> None:
    assert is_read(name)


def test_every_language_reads_a_plain_file() -> None:
    for extension in CODE:
        assert "hello" in parsed(f"a{extension}", "hello\n").text
