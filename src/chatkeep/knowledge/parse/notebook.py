"""Jupyter notebooks: Markdown cells as they are, code and what it printed in fences, a landmark a cell."""

import json
from collections.abc import Iterator
from typing import Any

from chatkeep.knowledge.blocks import scan
from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.draft import Draft
from chatkeep.knowledge.parse.markup import closed
from chatkeep.knowledge.parse.parsed import ParsedText, Unreadable

_MAX_OUTPUT = 20_000

_NOT_ONE = Unreadable("it is damaged, or not a Jupyter notebook.")
_NO_TEXT = Unreadable("its cells hold no text.")


def parse_notebook(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the notebook's own, else its first level-1 heading, else the file's `name`."""
    source = decode(data)
    if isinstance(source, Unreadable):
        return source
    try:
        notebook = json.loads(source)
    except (ValueError, RecursionError):
        return _NOT_ONE
    if not isinstance(notebook, dict):
        return _NOT_ONE
    metadata = _object(notebook.get("metadata"))
    language = _language(metadata)
    draft = Draft()
    for number, cell in enumerate(_cells(notebook), 1):
        draft.landmark("cell", str(number))
        _write_cell(draft, cell, language)
    if not draft.text:
        return _NO_TEXT
    heading = next((b.title for b in scan(draft.text, "markdown") if b.level == 1 and b.title), "")
    title = metadata.get("title")
    return ParsedText(
        title=(title if isinstance(title, str) else "").strip()[:300] or heading or name,
        format="markdown",
        text=draft.text,
        landmarks=draft.landmarks,
    )


def _cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Those of notebook formats 4 and 3."""
    sheets = [notebook, *map(_object, _list(notebook.get("worksheets")))]
    for sheet in sheets:
        yield from map(_object, _list(sheet.get("cells")))


def _language(metadata: dict[str, Any]) -> str:
    for where, name in (("language_info", "name"), ("kernelspec", "language")):
        said = _object(metadata.get(where)).get(name)
        if isinstance(said, str) and said.isalnum():
            return said.lower()[:24]
    return "python"


def _write_cell(draft: Draft, cell: dict[str, Any], language: str) -> None:
    kind, source = cell.get("cell_type"), _text(cell.get("source", cell.get("input")))
    if kind == "markdown":
        draft.block(closed(source))
    elif kind == "heading":
        draft.heading(cell["level"] if isinstance(cell.get("level"), int) else 1, source)
    elif kind == "code":
        draft.code(source, language)
        for output in map(_object, _list(cell.get("outputs"))):
            _write_output(draft, output)
    else:
        draft.code(source)


def _write_output(draft: Draft, output: dict[str, Any]) -> None:
    """What the cell printed or returned, as text; pictures and widgets are left out."""
    data = _object(output.get("data"))
    if markdown := _text(data.get("text/markdown")):
        draft.block(closed(markdown[:_MAX_OUTPUT]))
        return
    printed = _text(output.get("text")) or _text(data.get("text/plain"))
    if output.get("output_type") in ("error", "pyerr"):
        printed = f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}"
    draft.code(printed[:_MAX_OUTPUT], "text")


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    """A string, or a list of its lines."""
    if isinstance(value, list):
        return "".join(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else ""
