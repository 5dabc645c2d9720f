"""Documents of real prose, a module of Python's library each: Markdown, HTML and plain text in turn."""

from html import escape
from itertools import cycle
from pathlib import Path

from benchmarks import prose

_LEAST_SECTIONS, _LEAST_CHARACTERS, _MOST_CHARACTERS = 4, 3_000, 40_000
PAGE = 3_000
"""Characters that count as a page."""


def write(folder: Path, documents: int) -> int:
    """Write `documents` files below `folder`; how many characters of text they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for module, suffix in zip(_modules()[:documents], cycle((".md", ".html", ".txt"))):
        (folder / f"{module.name}{suffix}").write_text(_WRITERS[suffix](module), encoding="utf-8")
        written += _length(module)
    return written


def write_large(folder: Path, characters: int) -> None:
    """Write one document of about so many characters."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = "\n\n".join(_markdown(module) for module in _modules())
    (folder / "large.md").write_text((whole * (1 + characters // len(whole)))[:characters], encoding="utf-8")


def _modules() -> list[prose.Module]:
    return [
        module
        for module in prose.modules()
        if len(module.sections) >= _LEAST_SECTIONS
        and _LEAST_CHARACTERS <= _length(module) <= _MOST_CHARACTERS
    ]


def _length(module: prose.Module) -> int:
    return sum(len(section.text) for section in module.sections)


def _markdown(module: prose.Module) -> str:
    return f"# {module.name}\n\n" + "\n\n".join(f"## {each.name}\n\n{each.text}" for each in module.sections)


def _html(module: prose.Module) -> str:
    body = "".join(
        f"<h2>{escape(each.name)}</h2>"
        + "".join(f"<p>{escape(part)}</p>" for part in each.text.split("\n\n"))
        for each in module.sections
    )
    title = escape(module.name)
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>"
    )


def _plain(module: prose.Module) -> str:
    return "\n\n".join([module.name, *(f"{each.name}\n\n{each.text}" for each in module.sections)])


_WRITERS = {".md": _markdown, ".html": _html, ".txt": _plain}
