"""E-mail: single messages (.eml) and mailboxes (.mbox), a section and a landmark a message.

Attachments are named, not read: save them beside the message to have them found.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import PurePath

from chatkeep.knowledge.parse.declared import described, language_code
from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.draft import Draft, clean
from chatkeep.knowledge.parse.html import read_html
from chatkeep.knowledge.parse.markup import unheaded
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable

MAX_MESSAGES = 50_000
_MAX_PARTS = 1_000
_MAX_FORWARDED = 10
_MAX_HEADER = 1_000

_SEPARATOR = re.compile(rb"^From [^\r\n]*\r?\n", re.MULTILINE)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_TOP = re.compile(rb"\A(?:From [^\r\n]*\r?\n)?[!-9;-~]{1,76}:")

_NOT_ONE = Unreadable("it is damaged, or not an e-mail message.")
_NO_TEXT = Unreadable("it holds no text.")

# The header parser of `policy.default` takes long on hostile headers; raw ones are enough for us.
_PARSER = BytesParser(policy=policy.compat32)


def parse_eml(data: bytes, name: str, readable: Callable[[str], bool]) -> ParsedText | Unreadable:
    """One message. The title is its subject, else the file's `name`."""
    if not _TOP.match(data.lstrip()):
        return _NOT_ONE
    message = _PARSER.parsebytes(
        _SEPARATOR.sub(b"", data.lstrip(), count=1) if data[:5] == b"From " else data
    )
    draft = Draft()
    subject = _header(message, "subject")
    draft.landmark("message", subject[:100] or name)
    _write_message(draft, message, readable)
    if not draft.text:
        return _NO_TEXT
    return ParsedText(
        title=subject[:300] or name,
        format="markdown",
        text=draft.text,
        landmarks=draft.landmarks,
        language=language_code(_header(message, "content-language")),
        modified_at=_date(message),
        metadata=described(
            {
                "author": _header(message, "from"),
                "to": _header(message, "to"),
                "subject": subject,
            }
        ),
    )


def parse_mbox(data: bytes, name: str, readable: Callable[[str], bool]) -> ParsedText | Unreadable:
    """Many messages, numbered in their order. The title is the file's `name`."""
    starts = [found for found in _SEPARATOR.finditer(data) if _begins_message(data, found.start())]
    if not starts or data[: starts[0].start()].strip():
        return _NOT_ONE
    if len(starts) > MAX_MESSAGES:
        raise Refused(f"it has more than {MAX_MESSAGES:,} messages. Divide it into smaller files.")
    draft, latest = Draft(), None
    ends = [following.start() for following in starts[1:]]
    for number, (start, end) in enumerate(zip(starts, [*ends, len(data)], strict=True), 1):
        message = _PARSER.parsebytes(_QUOTED_FROM.sub(rb"\1", data[start.end() : end]))
        draft.landmark("message", str(number))
        _write_message(draft, message, readable)
        sent = _date(message)
        latest = max(filter(None, (latest, sent)), default=None)
    if not draft.text:
        return _NO_TEXT
    return ParsedText(
        title=name, format="markdown", text=draft.text, landmarks=draft.landmarks, modified_at=latest
    )


def _begins_message(data: bytes, at: int) -> bool:
    """A line that begins with "From " stands between messages when a blank line is above it."""
    return at == 0 or data[max(at - 4, 0) : at].endswith((b"\n\n", b"\r\n\r\n"))


def _write_message(
    draft: Draft, message: Message, readable: Callable[[str], bool], forwarded: int = 0
) -> None:
    draft.heading(1 + forwarded, _header(message, "subject") or "(no subject)")
    for name in ("from", "to", "cc", "date"):
        words = _header(message, name)
        draft.item(f"{name.capitalize()}: {words}" if words else "")
    attached: list[str] = []
    inner: list[Message] = []
    for part in _shown_parts(message, attached, inner):
        _write_part(draft, part)
    named = [each for each in attached if readable(each)]
    if named:
        draft.paragraph(f"Attachments: {', '.join(named)}")
    for each in inner if forwarded < _MAX_FORWARDED else ():
        _write_message(draft, each, readable, forwarded + 1)


def _shown_parts(message: Message, attached: list[str], inner: list[Message]) -> Iterator[Message]:
    """The parts that are the message's text. Of alternatives, plain text comes before HTML."""
    waiting, seen = [message], 0
    while waiting:
        part = waiting.pop()
        seen += 1
        if seen > _MAX_PARTS:
            return
        kind, parts = part.get_content_type(), _parts(part)
        if kind == "message/rfc822" and parts is not None:
            inner.extend(parts)
        elif parts is not None:
            waiting.extend([_best(parts)] if kind == "multipart/alternative" and parts else reversed(parts))
        elif part.get_content_disposition() == "attachment" or part.get_filename():
            attached.append(PurePath(clean(_decoded(part.get_filename() or "")).replace("\\", "/")).name)
        elif kind.startswith("text/"):
            yield part


def _parts(message: Message) -> list[Message] | None:
    """What a message of several parts consists of; None for one of a single part."""
    payload = message.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else None


def _best(alternatives: list[Message]) -> Message:
    for part in alternatives:
        if part.get_content_type() == "text/plain" and str(part.get_payload()).strip():
            return part
    return alternatives[-1]


def _write_part(draft: Draft, part: Message) -> None:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes) or not raw.strip():
        return
    text = _text(raw, part.get_content_charset())
    if isinstance(text, Unreadable):
        return
    if part.get_content_type() == "text/html":
        page = read_html(text, "")
        draft.block(page.text if isinstance(page, ParsedText) else "")
    else:
        draft.block(unheaded(text))


def _text(raw: bytes, charset: str | None) -> str | Unreadable:
    """In the charset it declares, where that is one and fits."""
    try:
        return raw.decode(charset) if charset in _CHARSETS else decode(raw)
    except (UnicodeDecodeError, LookupError):
        return decode(raw)


# Python knows others that are slow on hostile input.
_CHARSETS = frozenset(
    {"iso-8859-1", "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1251", "windows-1252", "koi8-r"}
    | {"shift_jis", "iso-2022-jp", "euc-jp", "euc-kr", "gb2312", "gbk", "gb18030", "big5", "utf-16"}
)


def _header(message: Message, name: str) -> str:
    """A header's words, decoded, on one line; empty where there is none."""
    return " ".join(clean(_decoded(str(message.get(name) or "")[:_MAX_HEADER])).split())


def _decoded(words: str) -> str:
    try:
        pieces = decode_header(words)
    except (ValueError, LookupError, ArithmeticError):
        return words
    shown = []
    for piece, charset in pieces:
        if isinstance(piece, str):
            shown.append(piece)
            continue
        try:
            shown.append(piece.decode(charset or "utf-8", errors="replace"))
        except (LookupError, ValueError):
            shown.append(piece.decode("utf-8", errors="replace"))
    return "".join(shown)


def _date(message: Message) -> datetime | None:
    try:
        sent = parsedate_to_datetime(str(message.get("date") or ""))
        return sent.replace(tzinfo=UTC) if sent.tzinfo is None else sent.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
