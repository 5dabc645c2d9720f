"""What `docs/compatibility.md` says is so: the cases have tests, and the API is the published one."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.conformance.__main__ import PAGE, main
from tests.conformance.api import LESS, Api, published, read_types
from tests.conformance.cases import ABOUT_WIDGETS, titles
from tests.conformance.page import render
from tests.conformance.places import ROOT, of_pytest, of_vitest, places

SOURCES = ROOT / "web" / "src"


@cache
def element() -> str:
    """The element's sources, without its tests."""
    files = sorted([*SOURCES.rglob("*.ts"), *SOURCES.rglob("*.tsx")])
    apart = ("testing", "page", "locales")
    return "\n".join(
        file.read_text(encoding="utf-8")
        for file in files
        if ".test." not in file.name and not set(apart).intersection(file.parts)
    )


def test_there_are_96_cases() -> None:
    assert list(titles()) == list(range(1, 97))


def test_every_case_that_is_not_about_widgets_has_a_test() -> None:
    tested = places().keys() | ABOUT_WIDGETS
    assert [f"{number}: {title}" for number, title in titles().items() if number not in tested] == []


def test_no_test_names_a_case_that_does_not_exist() -> None:
    assert set(places()) <= set(titles())


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(places(), published()), (
        "Run: .venv/bin/python -m tests.conformance"
    )


def test_every_option_that_is_said_to_work_is_read_by_the_element() -> None:
    names = {path: path.rpartition(".")[2].removesuffix("[]") for path in published().options}
    unread = [path for path, name in names.items() if not re.search(rf"\b{name}\b", element())]
    assert [path for path in unread if path not in LESS] == []


def test_every_method_and_event_is_there() -> None:
    api = published()
    assert [name for name in api.methods if not re.search(rf"\b{name}\(", element())] == []
    assert [name for name in api.events if f"'{name}'" not in element()] == []


def test_what_is_not_here_is_something_that_is_published() -> None:
    api = published()
    assert set(LESS) <= {*api.options, *api.methods, *api.events}


TYPES = """
export type ChatKitOptions = {
  /** Words; with { braces }. */
  api: A | B;
  theme?: Scheme | { radius?: 'pill' | 'round'; fonts?: Font[] };
  onClientTool?: (call: { name: string }) => void;
};
export type A = { url: string; fetch?: typeof fetch };
export type B = { secret: (current: string | null) => Promise<string> };
export type Scheme = 'light' | 'dark';
export type Font =
  | { family: string }
  | { src: string };
export interface OpenAIChatKit extends HTMLElement {
  setOptions(options: ChatKitOptions): void;
  send(params: { text?: string }): Promise<void>;
  addEventListener<K extends keyof ChatKitEvents>(type: K): void;
}
export type ChatKitEvents = {
  'chatkit.ready': CustomEvent<void>;
};
"""


def test_the_types_are_read_whole() -> None:
    assert read_types(TYPES, "1.0") == Api(
        version="1.0",
        options=(
            "api.url",
            "api.fetch",
            "api.secret",
            "theme.radius",
            "theme.fonts[].family",
            "theme.fonts[].src",
            "onClientTool",
        ),
        methods=("setOptions", "send"),
        events=("chatkit.ready",),
    )


def test_places_are_read_from_the_sources(tmp_path: Path) -> None:
    files = {
        "web/src/a.test.ts": "test('case 1, case 2: so'); test(\"case 3: it's\"); it('in case 4: no');",
        "web/src/b.ts": "test('case 5: not a test file', f);",
        "tests/unit/test_c.py": "async def test_case_2_so(): ...\ndef test_cased_6_no(): ...\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert places(tmp_path) == {
        1: ["web/src/a.test.ts"],
        2: ["tests/unit/test_c.py", "web/src/a.test.ts"],
        3: ["web/src/a.test.ts"],
    }


def test_reports_are_read_by_the_names_of_their_tests() -> None:
    tests = [("case 1, case 2: so", "passed"), ("case 2: and so", "failed"), ("another", "failed")]
    report = {"testResults": [{"assertionResults": [{"title": title, "status": it} for title, it in tests]}]}
    assert of_vitest(report) == {1: [True], 2: [True, False]}
    suite = "".join(
        f'<testcase name="test_case_{name}">{result}</testcase>'
        for name, result in [("7_so", ""), ("7_so[a]", "<failure/>"), ("8_so", "<skipped/>")]
    )
    assert of_pytest(f"<testsuites><testsuite>{suite}</testsuite></testsuites>") == {
        7: [True, False],
        8: [False],
    }


def test_a_case_that_was_not_run_or_failed_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "pytest.xml"
    report.write_text('<testsuite><testcase name="test_case_86_so"><failure/></testcase></testsuite>')
    assert main([report]) == 1
    said = capsys.readouterr().err
    assert "Case 86 failed: tests/unit/chat/test_conformance.py" in said
    assert "Case 1 was not run" in said
