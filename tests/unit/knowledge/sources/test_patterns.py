"""Patterns mean what they mean in `.gitignore`; git itself is asked."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.sources.patterns import Ignored, Wanted, is_ignored

PATHS = [
    *("a.md", "docs/a.md", "docs/deep/a.md", "docs/deep/b.txt", "drafts/x.md", "docs/drafts/x.md", "a b.md"),
    *("build/out/a.md", "x1.md", "x2.md", "xa.md", "star*.md", "#hash.md", "!bang.md"),
]
PATTERNS = [
    *("*.md", "/a.md", "docs/", "docs/*.md", "docs/**", "**/deep/*", "drafts/", "/drafts/", "docs/**/a.md"),
    *(
        "x?.md",
        "x[12].md",
        "x[!12].md",
        "x[a-z].md",
        "build",
        "a b.md",
        r"star\*.md",
        r"\#hash.md",
        r"\!bang.md",
    ),
    *("*.md\n!docs/a.md", "*\n!*/\n!*.txt", "# nothing\n\n*.txt", "deep", "**", "docs/deep/", "**/x.md"),
]


@pytest.mark.parametrize("lines", PATTERNS)
def test_ignore_files_are_read_as_git_reads_them(lines: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text(lines)
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    listed = subprocess.run(
        ["git", "-C", tmp_path, "ls-files", "-z", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    ).stdout.decode()
    ignored = [("", Ignored.parse(lines))]

    def is_kept(path: str) -> bool:
        parts = path.split("/")
        folders = ["/".join(parts[:end]) + "/" for end in range(1, len(parts))]
        return not any(is_ignored(each, ignored) for each in (*folders, path))

    assert {path for path in PATHS if is_kept(path)} == set(listed.split("\0")) & set(PATHS)


def test_the_nearest_ignore_file_decides() -> None:
    files = [("", Ignored.parse("*.md")), ("docs/", Ignored.parse("!a.md"))]
    assert is_ignored("docs/b.md", files)
    assert not is_ignored("docs/a.md", files)


def test_a_folder_stands_for_all_it_holds() -> None:
    assert Wanted(include=("docs",)).takes("docs/deep/a.md")
    assert not Wanted(include=("docs",)).takes("other/a.md")
    assert not Wanted(exclude=("docs/deep",)).takes("docs/deep/a.md")
    assert not Wanted(exclude=("docs/deep/",)).enters("docs/deep")
    assert Wanted(include=("*.md",), exclude=("a.md",)).takes("docs/b.md")
    assert not Wanted(include=("*.md",), exclude=("a.md",)).takes("docs/a.md")


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_pattern_fails(pattern: str, path: str) -> None:
    Wanted(include=(pattern,)).takes(path)
    is_ignored(path, [("", Ignored.parse(pattern))])
