"""Source code: verbatim in fences, a section for each function or class at the outer level, and a
landmark for each line, so that a citation says `lines 10–24`.

The definitions are found by how their first line looks. That is cheap, works on code that does not
compile, and where it errs, as inside a long string, only a heading is wrong: the text is not.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath

from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.draft import Draft, clean
from chatkeep.knowledge.parse.markup import fenced
from chatkeep.knowledge.parse.parsed import ParsedText, Unreadable

_LONG_LINE = 500
_MAX_HEADING = 120

_GENERATED = Unreadable("it looks made by a tool (its lines are too long for people), such as minified code.")


@dataclass(frozen=True, slots=True)
class _Language:
    """How a fence names it, and how the first lines of its definitions look: a pattern, empty for none."""

    name: str
    definition: str = ""


def _language(name: str, *definitions: str) -> _Language:
    return _Language(name, "|".join(definitions))


@cache
def _definition(language: _Language) -> re.Pattern[str]:
    """Compiled when a file needs it: there are many, and a process may need none."""
    return re.compile(language.definition or "(?!)")


_C_LIKE = r"(?:[A-Za-z_][\w:<>,*&\[\] ]{0,200}[\s*&])?~?[A-Za-z_][\w:~]*\([^;]*$"
_TYPES = r"(?:class|struct|enum|interface|union|namespace|record|trait|object|module|protocol|extension)"
_WORDS = r"(?:[a-z@]+ ){0,5}"  # public static final ...

_PYTHON = _language("python", r"(?:async )?def \w+", r"class \w+")
_JAVASCRIPT = (
    r"(?:export )?(?:default )?(?:async )?function\*? ?\w*",
    r"(?:export )?(?:default )?(?:abstract )?class \w+",
    r"(?:export )?const \w+ = (?:async )?(?:function\b|\(|\w+ =>)",
)
_TYPESCRIPT = (*_JAVASCRIPT, r"(?:export )?(?:declare )?(?:interface|enum|namespace|type) \w+")
_JAVA = rf"{_WORDS}{_TYPES} \w+"

_LANGUAGES: Mapping[str, _Language] = {
    ".py": _PYTHON,
    ".pyi": _PYTHON,
    ".js": _language("javascript", *_JAVASCRIPT),
    ".mjs": _language("javascript", *_JAVASCRIPT),
    ".cjs": _language("javascript", *_JAVASCRIPT),
    ".jsx": _language("jsx", *_JAVASCRIPT),
    ".ts": _language("typescript", *_TYPESCRIPT),
    ".mts": _language("typescript", *_TYPESCRIPT),
    ".tsx": _language("tsx", *_TYPESCRIPT),
    ".vue": _language("vue", r"<(?:template|script|style)\b"),
    ".svelte": _language("svelte", r"<(?:script|style)\b"),
    ".java": _language("java", _JAVA),
    ".kt": _language("kotlin", _JAVA, rf"{_WORDS}fun \S"),
    ".kts": _language("kotlin", _JAVA, rf"{_WORDS}fun \S"),
    ".scala": _language("scala", _JAVA, rf"{_WORDS}def \w+"),
    ".groovy": _language("groovy", _JAVA, rf"{_WORDS}def \w+\("),
    ".cs": _language("csharp", _JAVA, r"namespace \S+"),
    ".swift": _language("swift", _JAVA, rf"{_WORDS}func \w+"),
    ".dart": _language("dart", _JAVA, _C_LIKE),
    ".go": _language("go", r"func [\w(]", r"type \w+ "),
    ".rs": _language(
        "rust",
        r"(?:pub(?:\([^)]{1,40}\))? )?(?:(?:const|async|unsafe|extern \"C\") ){0,3}fn \w+",
        r"(?:pub(?:\([^)]{1,40}\))? )?(?:unsafe )?(?:struct|enum|trait|impl|mod|union|type|macro_rules!)\b",
    ),
    ".c": _language("c", _C_LIKE, rf"(?:typedef )?{_TYPES} \w+"),
    ".h": _language("c", _C_LIKE, rf"(?:typedef )?{_TYPES} \w+"),
    ".cc": _language("cpp", _C_LIKE, rf"{_TYPES} \w+"),
    ".cpp": _language("cpp", _C_LIKE, rf"{_TYPES} \w+"),
    ".cxx": _language("cpp", _C_LIKE, rf"{_TYPES} \w+"),
    ".hpp": _language("cpp", _C_LIKE, rf"{_TYPES} \w+"),
    ".rb": _language("ruby", r"(?:class|module|def) \S+"),
    ".php": _language("php", rf"{_WORDS}(?:function|class|interface|trait|enum) \w+"),
    ".lua": _language("lua", r"(?:local )?function \S+"),
    ".pl": _language("perl", r"(?:sub|package) \S+"),
    ".pm": _language("perl", r"(?:sub|package) \S+"),
    ".r": _language("r", r"[\w.]+ *(?:<-|=) *function\b"),
    ".jl": _language("julia", r"(?:function|struct|mutable struct|module|macro|abstract type) \S+"),
    ".ex": _language("elixir", r"(?:defmodule|defprotocol|defimpl) \S+"),
    ".exs": _language("elixir", r"(?:defmodule|defprotocol|defimpl) \S+"),
    ".erl": _language("erlang", r"[a-z]\w*\([^)]*\)[^;]*->"),
    ".hs": _language("haskell", r"(?:data|newtype|class|instance|type) \S+", r"[a-z]\w*'* ::"),
    ".clj": _language("clojure", r"\(def\S* \S+"),
    ".sh": _language("bash", r"(?:function )?[\w-]+ ?\(\)"),
    ".bash": _language("bash", r"(?:function )?[\w-]+ ?\(\)"),
    ".zsh": _language("bash", r"(?:function )?[\w-]+ ?\(\)"),
    ".ps1": _language("powershell", r"(?i:function) \S+"),
    ".sql": _language("sql", r"(?i:create|alter) (?i:[a-z]+ ){1,4}\S+"),
    ".proto": _language("protobuf", r"(?:message|service|enum) \w+"),
    ".graphql": _language(
        "graphql", r"(?:extend )?(?:type|input|enum|interface|union|scalar|query|mutation) \w+"
    ),
    ".tf": _language("hcl", r"(?:resource|module|variable|output|data|provider|locals)\b"),
    ".yaml": _language("yaml"),
    ".yml": _language("yaml"),
    ".toml": _language("toml", r"\[{1,2}[^\[\]]{1,100}\]"),
    ".ini": _language("ini", r"\[[^\[\]]{1,100}\]"),
    ".cfg": _language("ini", r"\[[^\[\]]{1,100}\]"),
}

CODE = frozenset(_LANGUAGES)

# What stands above a definition and belongs to it: comments, decorators, attributes.
_ABOVE = re.compile(r"(?:#|//|/\*|\*|--|@|;;|%%|\[[A-Z]|template ?<)|.*\*/\s*\Z")
_NO_DEFINITION = re.compile(r"(?:return|else|if|for|while|switch|new|throw|case|await|yield|import|using)\b")


def parse_code(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the file's `name`."""
    text = decode(data)
    if isinstance(text, Unreadable):
        return text
    lines = clean(text).split("\n")
    written = [line for line in lines if line.strip()]
    if not written:
        return Unreadable("it is empty.")
    if sum(map(len, written)) / len(written) > _LONG_LINE / 2:
        return _GENERATED
    language = _LANGUAGES[PurePath(name).suffix.lower()]
    draft = Draft()
    for start, end in _sections(lines, language):
        _write_section(draft, lines, start, end, language)
    return ParsedText(title=name, format="markdown", text=draft.text, landmarks=draft.landmarks)


def _sections(lines: list[str], language: _Language) -> Iterator[tuple[int, int]]:
    """The extents of the parts, each but the first led by a definition and what stands above it."""
    begin = 0
    for at, line in enumerate(lines):
        if not _defines(line, language):
            continue
        start = at
        while start > begin and _ABOVE.match(lines[start - 1].lstrip()[:_LONG_LINE]):
            start -= 1
        if start > begin:
            yield begin, start
            begin = start
    yield begin, len(lines)


def _defines(line: str, language: _Language) -> bool:
    return (
        not line[:1].isspace()
        and _definition(language).match(line[:_LONG_LINE]) is not None
        and not _NO_DEFINITION.match(line)
    )


def _write_section(draft: Draft, lines: list[str], start: int, end: int, language: _Language) -> None:
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    if start == end:
        return
    draft.landmark("line", str(start + 1))
    led = next((line for line in lines[start:end] if _defines(line, language)), "")
    draft.heading(2, f"`{led[:_MAX_HEADING].rstrip(' 	{(:;').replace('`', '')}`" if led else "")
    block = fenced("\n".join(lines[start:end]), language.name)
    offset = draft.block(block) + block.index("\n") + 1
    for number in range(start, end):
        if number > start and lines[number].strip():
            draft.mark(offset, "line", str(number + 1))
        offset += len(lines[number]) + 1
