"""Files to text. One module a format; `parse` picks it by the file's extension.

Above: `knowledge.ingest` reads the bytes. Nothing here touches a disk.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePath

from chatkeep.knowledge.parse.html import parse_html
from chatkeep.knowledge.parse.markdown import parse_markdown
from chatkeep.knowledge.parse.parsed import ParsedText, Skipped, Unreadable
from chatkeep.knowledge.parse.text import parse_text

__all__ = ["PARSER_VERSION", "SUPPORTED", "ParsedText", "Skipped", "Unreadable", "parse"]

PARSER_VERSION = 2
"""Part of every document's fingerprint: raise it when any parser gives another text or title."""

_PARSERS: Mapping[str, Callable[[bytes, str], ParsedText | Unreadable]] = {
    ".txt": parse_text,
    ".text": parse_text,
    ".md": parse_markdown,
    ".markdown": parse_markdown,
    ".mdx": parse_markdown,
    ".html": parse_html,
    ".htm": parse_html,
    ".xhtml": parse_html,
}

SUPPORTED = frozenset(_PARSERS)
"""The extensions read, in lower case."""


def parse(path: str, data: bytes) -> ParsedText | Skipped:
    """The text of the file `path` whose content is `data`."""
    name = PurePath(path).name
    parser = _PARSERS.get(PurePath(path).suffix.lower())
    if parser is None:
        return Skipped(path, f"its type is not supported. Supported: {', '.join(sorted(SUPPORTED))}.")
    parsed = parser(data, name)
    return Skipped(path, parsed.reason) if isinstance(parsed, Unreadable) else parsed
