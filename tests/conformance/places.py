"""Where the cases are tested: read from the sources, without running them. And what a run said of them."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]

_IN_VITEST = re.compile(r"""['"`](case \d+(?:, case \d+)*): """)
_NAMED = re.compile(r"^(case \d+(?:, case \d+)*): ")
_IN_PYTEST = re.compile(r"^test_case_(\d+)_")
_SKIPPED_FOLDERS = {"node_modules", "conformance"}


def places(root: Path = ROOT) -> dict[int, list[str]]:
    """The files that test each case, relative to `root`, sorted; a file once."""
    found: dict[int, set[str]] = defaultdict(set)
    for file in _files(root / "web" / "src", ("*.test.ts", "*.test.tsx")):
        for match in _IN_VITEST.finditer(file.read_text(encoding="utf-8")):
            for number in _numbers(match[1]):
                found[number].add(file.relative_to(root).as_posix())
    for file in _files(root / "tests", ("test_*.py",)):
        source = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "test_case_" in source else ():
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if named := _IN_PYTEST.match(node.name):
                found[int(named[1])].add(file.relative_to(root).as_posix())
    return {number: sorted(files) for number, files in sorted(found.items())}


def of_vitest(report: Mapping[str, object]) -> dict[int, list[bool]]:
    """Whether each of a case's tests passed, of vitest's JSON report."""
    passed: dict[int, list[bool]] = defaultdict(list)
    files = report["testResults"]
    assert isinstance(files, list)
    for test in (test for file in files for test in file["assertionResults"]):
        if named := _NAMED.match(test["title"]):
            for number in _numbers(named[1]):
                passed[number].append(test["status"] == "passed")
    return dict(passed)


def of_pytest(report: str) -> dict[int, list[bool]]:
    """Whether each of a case's tests passed, of pytest's JUnit report. A test that was skipped did not."""
    passed: dict[int, list[bool]] = defaultdict(list)
    for test in ElementTree.fromstring(report).iter("testcase"):  # noqa: S314 - our own run's
        if named := _IN_PYTEST.match(test.get("name", "")):
            passed[int(named[1])].append(not {"failure", "error", "skipped"} & {each.tag for each in test})
    return dict(passed)


def passed(reports: Iterable[Path]) -> dict[int, list[bool]]:
    """What the runs behind all `reports` said, `.json` of vitest and `.xml` of pytest."""
    together: dict[int, list[bool]] = defaultdict(list)
    for file in reports:
        text = file.read_text(encoding="utf-8")
        for number, results in (
            of_pytest(text) if file.suffix == ".xml" else of_vitest(json.loads(text))
        ).items():
            together[number] += results
    return dict(together)


def _files(folder: Path, patterns: Sequence[str]) -> Iterable[Path]:
    for pattern in patterns:
        for file in folder.rglob(pattern):
            if not _SKIPPED_FOLDERS.intersection(file.parts):
                yield file


def _numbers(prefix: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", prefix)]
