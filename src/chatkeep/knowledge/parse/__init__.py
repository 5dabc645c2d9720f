"""Files to text. One module a format; `parse` picks it by the file's extension.

Above: `knowledge.ingest` reads the bytes. Nothing here touches a disk. Whatever a file holds, `parse`
gives its text or says why there is none; the text is bounded by `draft.MAX_TEXT`. What a library needs
of memory and time on the way is bounded by whoever calls.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath

from chatkeep.knowledge.parse.code import CODE, parse_code
from chatkeep.knowledge.parse.csv import parse_csv
from chatkeep.knowledge.parse.docx import parse_docx
from chatkeep.knowledge.parse.draft import MAX_TEXT
from chatkeep.knowledge.parse.email import parse_eml, parse_mbox
from chatkeep.knowledge.parse.epub import parse_epub
from chatkeep.knowledge.parse.html import parse_html
from chatkeep.knowledge.parse.json import parse_json, parse_json_lines
from chatkeep.knowledge.parse.markdown import parse_markdown
from chatkeep.knowledge.parse.notebook import parse_notebook
from chatkeep.knowledge.parse.ods import parse_ods
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Skipped, Unreadable
from chatkeep.knowledge.parse.pdf import parse_pdf
from chatkeep.knowledge.parse.pptx import parse_pptx
from chatkeep.knowledge.parse.rst import parse_rst
from chatkeep.knowledge.parse.text import parse_text
from chatkeep.knowledge.parse.xls import parse_xls
from chatkeep.knowledge.parse.xlsx import parse_xlsx

__all__ = [
    "NOT_SUPPORTED",
    "PARSER_VERSION",
    "SUPPORTED",
    "ParsedText",
    "Skipped",
    "Unreadable",
    "is_read",
    "parse",
]

PARSER_VERSION = 3
"""Part of every document's fingerprint: raise it when any parser gives another text, title or landmark."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Format:
    """How files of a kind are read.

    Attributes:
        needs: the library that is in `extra` and not in every install.
    """

    parser: Callable[[bytes, str], ParsedText | Unreadable]
    called: str
    needs: str = ""
    extra: str = ""


def is_read(name: str) -> bool:
    """Whether files of this name are read: their type is known, and they are written for people."""
    return PurePath(name).suffix.lower() in SUPPORTED and not _is_made_by_tools(PurePath(name).name.lower())


_MADE_BY_TOOLS = frozenset(
    {
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "packages.lock.json",
        "project.assets.json",
    }
)
_MADE_BY_TOOLS_ENDINGS = (
    *(f".{kind}.{end}" for kind in ("min", "bundle", "chunk") for end in ("js", "mjs", "cjs")),
    *("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", ".pb.go", ".pb.h", ".pb.cc", ".g.dart", ".freezed.dart"),
    *(".designer.cs", ".g.cs", ".generated.ts", ".generated.js"),
)


def _is_made_by_tools(name: str) -> bool:
    return name in _MADE_BY_TOOLS or name.endswith(_MADE_BY_TOOLS_ENDINGS)


_FORMATS: Mapping[str, _Format] = {
    **dict.fromkeys((".txt", ".text"), _Format(parse_text, "a text file")),
    **dict.fromkeys((".md", ".markdown", ".mdx"), _Format(parse_markdown, "a Markdown file")),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _Format(parse_html, "an HTML page")),
    **dict.fromkeys((".rst", ".rest"), _Format(parse_rst, "a reStructuredText file")),
    ".pdf": _Format(parse_pdf, "a PDF"),
    **dict.fromkeys((".docx", ".docm"), _Format(parse_docx, "a Word document")),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx"), _Format(parse_pptx, "a presentation")),
    **dict.fromkeys((".xlsx", ".xlsm"), _Format(parse_xlsx, "an Excel workbook")),
    ".xls": _Format(parse_xls, "an old Excel workbook", needs="xlrd", extra="office"),
    ".ods": _Format(parse_ods, "an OpenDocument spreadsheet"),
    **dict.fromkeys((".csv", ".tsv"), _Format(parse_csv, "a table")),
    ".epub": _Format(parse_epub, "an EPUB book"),
    ".json": _Format(parse_json, "a JSON file"),
    **dict.fromkeys((".jsonl", ".ndjson"), _Format(parse_json_lines, "a JSON Lines file")),
    ".eml": _Format(partial(parse_eml, readable=is_read), "an e-mail"),
    ".mbox": _Format(partial(parse_mbox, readable=is_read), "a mailbox"),
    ".ipynb": _Format(parse_notebook, "a notebook"),
    **dict.fromkeys(CODE, _Format(parse_code, "source code")),
}

NOT_SUPPORTED = "its type is not supported. The documentation lists the formats that are."

SUPPORTED = frozenset(_FORMATS)
"""The extensions read, in lower case."""


def parse(path: str, data: bytes) -> ParsedText | Skipped:
    """The text of the file `path` whose content is `data`."""
    name = PurePath(path).name
    format = _FORMATS.get(PurePath(path).suffix.lower())  # noqa: A001
    if format is None:
        return Skipped(path, NOT_SUPPORTED)
    try:
        parsed = format.parser(data, name)
    except Refused as refusal:
        return Skipped(path, refusal.reason)
    except ModuleNotFoundError as error:
        if not format.needs or (error.name or "").split(".")[0] != format.needs:
            raise
        return Skipped(
            path, f"reading {format.called} needs another package: pip install 'chatkeep[{format.extra}]'"
        )
    except Exception as error:  # noqa: BLE001 (nobody foresees all that broken files do to parsers)
        _log.info("A parser failed on %s", path, exc_info=True)
        return Skipped(path, f"it is damaged: reading it as {format.called} failed ({type(error).__name__}).")
    if isinstance(parsed, Unreadable):
        return Skipped(path, parsed.reason)
    if not parsed.text.strip():
        return Skipped(path, "it holds no text.")
    if len(parsed.text) > MAX_TEXT:
        return Skipped(path, f"it holds more than {MAX_TEXT:,} characters of text. Divide it.")
    return parsed
