"""JSON and JSON Lines: one line a value, behind the names that lead to it, and a landmark a record."""

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from chatkeep.knowledge.parse.decode import decode
from chatkeep.knowledge.parse.draft import MAX_LANDMARKS, MAX_TEXT, Draft
from chatkeep.knowledge.parse.markup import escaped
from chatkeep.knowledge.parse.parsed import ParsedText, Refused, Unreadable

Json: TypeAlias = "str | bool | list[Json] | dict[str, Json] | None"

_LONG = 200
_MAX_PATH = 200
_TITLES = ("title", "name", "subject", "question", "label", "heading", "id")
_MAX_TITLE = 120

_TOO_DEEP = Unreadable("its JSON is nested too deeply to be read safely.")
_NO_TEXT = Unreadable("it holds no values.")


def parse_json(data: bytes, name: str) -> ParsedText | Unreadable:
    """The title is the file's `name`. What is not JSON after all, or has comments, is read as text."""
    text = decode(data)
    if isinstance(text, Unreadable):
        return text
    try:
        value = _loaded(text)
    except RecursionError:
        return _TOO_DEEP
    except ValueError:
        return ParsedText(title=name, format="plain", text=text)
    draft = Draft()
    if isinstance(value, list):
        _write_list(draft, value, "")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _write_member(draft, key, inner)
    else:
        _write_record(draft, value)
    return _finished(draft, name)


def parse_json_lines(data: bytes, name: str) -> ParsedText | Unreadable:
    """Each line is a record, named by its number. A line that is not JSON is kept as it is."""
    text = decode(data)
    if isinstance(text, Unreadable):
        return text
    draft, broken, read = Draft(), 0, 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        draft.landmark("record", str(number))
        try:
            _write_record(draft, _loaded(line))
            read += 1
        except RecursionError:
            return _TOO_DEEP
        except ValueError:
            broken += 1
            draft.paragraph(line)
    if broken and not read:
        return ParsedText(title=name, format="plain", text=text)
    return _finished(draft, name)


def _finished(draft: Draft, name: str) -> ParsedText | Unreadable:
    if not draft.text:
        return _NO_TEXT
    return ParsedText(title=name, format="markdown", text=draft.text, landmarks=draft.landmarks)


def _loaded(text: str) -> Json:
    """Numbers stay as they are written."""
    value: Json = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    return value


def _write_member(draft: Draft, key: str, value: Json) -> None:
    """One of the names at the top of an object."""
    draft.landmark("key", _short(key))
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        draft.heading(2, key)
        _write_list(draft, value, f"{_short(key)} ")
    elif isinstance(value, dict):
        draft.heading(2, key)
        _write_lines(draft, value)
    else:
        _write_lines(draft, {key: value})


def _write_list(draft: Draft, values: list[Json], within: str) -> None:
    """Records, each a section when it has something like a name."""
    if len(values) > MAX_LANDMARKS:
        raise Refused(f"it has more than {MAX_LANDMARKS:,} records. Divide it into smaller files.")
    for number, value in enumerate(values, 1):
        draft.landmark("record", f"{within}{number}")
        _write_record(draft, value)


def _write_record(draft: Draft, value: Json) -> None:
    if isinstance(value, dict):
        for name in _TITLES:
            title = value.get(name)
            if isinstance(title, str) and title.strip() and len(title) <= _MAX_TITLE:
                draft.heading(3, title)
                break
    _write_lines(draft, value)


def _write_lines(draft: Draft, value: Json) -> None:
    for path, words in _leaves(value):
        if len(words) > _LONG or "\n" in words:
            draft.block(escaped(f"{path}:" if path else ""))
            draft.block(escaped(words.strip()))
        else:
            draft.item(f"{path}: {words}" if path else words)


def _leaves(value: Json) -> Iterator[tuple[str, str]]:
    """Each value with its path, without recursion. A list of plain values is one."""
    waiting: list[tuple[str, Json]] = [("", value)]
    total = 0
    while waiting:
        path, inner = waiting.pop()
        if isinstance(inner, dict):
            waiting.extend(reversed([(_joined(path, f".{key}"), each) for key, each in inner.items()]))
        elif isinstance(inner, list) and any(isinstance(each, dict | list) for each in inner):
            waiting.extend(reversed([(_joined(path, f"[{at}]"), each) for at, each in enumerate(inner)]))
        else:
            words = ", ".join(map(_plain, inner)) if isinstance(inner, list) else _plain(inner)
            total += len(path) + len(words)
            if total > MAX_TEXT:
                raise Refused(f"it holds more than {MAX_TEXT:,} characters of text. Divide it.")
            if words.strip():
                yield path, words


def _joined(path: str, step: str) -> str:
    """A long path loses its beginning: many long ones would outgrow the file by far."""
    return f"{path}{step}".removeprefix(".")[-_MAX_PATH:]


def _plain(value: Json) -> str:
    if isinstance(value, Mapping | list):
        return ""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else value


def _short(key: str) -> str:
    return " ".join(key.split())[:_MAX_TITLE]
