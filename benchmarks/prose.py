"""Real prose that is on every machine: the docstrings of Python's standard library, module by module."""

import ast
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc
from pathlib import Path

_LEAST_CHARACTERS = 80
_OTHERS = {"test", "tests", "idlelib", "site-packages", "lib2to3", "pydoc_data", "__pycache__", "turtledemo"}


@dataclass(frozen=True, slots=True)
class Section:
    """A documented class or function, and what is said of it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module with at least one section."""

    name: str
    sections: tuple[Section, ...]


@cache
def modules() -> tuple[Module, ...]:
    """In the order of their paths; no text twice."""
    root, seen = Path(sysconfig.get_path("stdlib")), set[str]()
    found = []
    for file in sorted(root.rglob("*.py")):
        path = file.relative_to(root)
        if not _OTHERS.intersection(path.parts):
            sections = tuple(section for section in _sections(file) if section.text not in seen)
            seen.update(section.text for section in sections)
            if sections:
                found.append(Module(".".join(path.with_suffix("").parts), sections))
    return tuple(found)


def texts() -> list[str]:
    """Every section's text."""
    return [section.text for module in modules() for section in module.sections]


def _sections(file: Path) -> Iterator[Section]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = cleandoc(ast.get_docstring(node) or "")
            if len(text) >= _LEAST_CHARACTERS:
                yield Section(getattr(node, "name", file.stem), text)
