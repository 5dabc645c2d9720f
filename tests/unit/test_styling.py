"""What docs/reference/styling.md names is there, and what is there is named."""

import re
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "reference" / "styling.md"
_SOURCES = _ROOT / "web" / "src"


def first_cells(heading: str) -> list[str]:
    """The code in the first column of the table under `heading`, one entry each."""
    text = _PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def properties() -> list[str]:
    return first_cells("Custom properties")


def sources(suffix: str) -> Iterator[str]:
    for path in sorted(_SOURCES.rglob(f"*{suffix}")):
        if ".test." not in path.name:
            yield path.read_text(encoding="utf-8")


def test_every_part_is_documented() -> None:
    found = {part for text in sources(".tsx") for names in _parts(text) for part in names.split()}
    assert found == set(first_cells("Parts"))


def _parts(text: str) -> list[str]:
    return re.findall(r'\bpart="([^"]+)"', text)


def test_every_documented_property_is_set_by_the_theme() -> None:
    theme = (_SOURCES / "theme" / "plain.css").read_text(encoding="utf-8")
    styles = "".join(sources(".css"))
    names = [name.removeprefix("--ck-") for name in properties()]
    assert names
    assert [name for name in names if f"  --ck-{name}:" not in theme] == []
    assert [name for name in names if not re.search(rf"var\(--ck-{name}[,)]", styles)] == []


def test_every_slot_is_documented() -> None:
    found = {name for text in sources(".tsx") for name in re.findall(r'<slot name="([^"]+)"', text)}
    assert found == set(first_cells("Slots"))
