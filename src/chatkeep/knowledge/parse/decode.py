"""Bytes to text: which encoding, and whether it is text at all.

The order: a byte order mark, strict UTF-8, the charset an HTML page declares, then Windows-1252,
which accepts almost anything and so comes last.
"""

import codecs
import re

from chatkeep.knowledge.parse.parsed import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_DECLARED_WITHIN = 4096

# The encodings of the web. Python knows others that are slow on hostile input (idna, punycode).
_OF_THE_WEB = frozenset(
    {"gb18030", "gbk", "gb2312", "big5", "big5hkscs", "euc_jp", "shift_jis", "cp932", "euc_kr", "cp949"}
    | {"koi8-r", "koi8-u", "cp866", "cp874", "mac-roman", "mac-cyrillic", "iso2022_jp"}
    | {f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))}
    | {f"cp125{digit}" for digit in range(9)}
)

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_MAX_CONTROL_SHARE = 0.005

_EMPTY = Unreadable("it is empty.")
_BINARY = Unreadable("it is not text (it looks like a binary file). Save it as UTF-8 text to have it read.")


def decode(data: bytes, *, declares_charset: bool = False) -> str | Unreadable:
    """The text of `data`, with LF line ends and without a byte order mark.

    Args:
        declares_charset: look for `<meta charset>` as HTML has it.
    """
    if not data.strip():
        return _EMPTY
    text = _decoded(data, declares_charset)
    if text is None or _is_binary(text):
        return _BINARY
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.strip() else _EMPTY


def _decoded(data: bytes, declares_charset: bool) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    if b"\x00" in data:
        return None
    declared = _declared(data) if declares_charset else None
    for candidate in ("utf-8", declared) if declared else ("utf-8",):
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", errors="replace")


def _declared(data: bytes) -> str | None:
    found = _DECLARED.search(data[:_DECLARED_WITHIN])
    if found is None:
        return None
    try:
        name = codecs.lookup(found.group(1).decode("ascii")).name
    except LookupError:
        return None
    if name in {"iso8859-1", "ascii"}:  # browsers read both as Windows-1252
        return "cp1252"
    return name if name in _OF_THE_WEB else None


def _is_binary(text: str) -> bool:
    if "\x00" in text:
        return True
    controls = sum(1 for _ in _CONTROLS.finditer(text))
    return controls > 8 and controls > len(text) * _MAX_CONTROL_SHARE
