"""The public API: read from the types that `@openai/chatkit` publishes, and what of it works here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.conformance.places import ROOT

TYPES = ROOT / "web" / "node_modules" / "@openai" / "chatkit"


@dataclass(frozen=True, slots=True)
class Known:
    """What of an option, method or event works, when not all does."""

    works: Literal["no", "in part", "accepted"]
    note: str


LESS: Mapping[str, Known] = {
    "api.domainKey": Known("accepted", "There is no domain to verify: any text will do, or none."),
}

_WHOLE = {"UserMessageContent"}  # types whose parts are no options of their own

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_MEMBER = re.compile(r"^(?:'([^']+)'|(\w+))\??\s*(:|\()\s*(.*)$", re.DOTALL)
_OPENING, _CLOSING = "{([<", "})]>"


@dataclass(frozen=True, slots=True)
class Api:
    """What the types name: paths of options, names of methods, names of events."""

    version: str
    options: tuple[str, ...]
    methods: tuple[str, ...]
    events: tuple[str, ...]


def published(package: Path = TYPES) -> Api:
    """What the installed package declares."""
    version = re.search(r'"version": "([^"]+)"', (package / "package.json").read_text(encoding="utf-8"))
    assert version is not None
    return read_types((package / "types" / "index.d.ts").read_text(encoding="utf-8"), version[1])


def read_types(text: str, version: str) -> Api:
    """What the declarations in `text` name."""
    plain = _COMMENT.sub("", text).replace("=>", "→")
    bodies = {
        match[1]: plain[match.end() : _end(plain, match.end())].strip()
        for match in re.finditer(r"export (?:type|interface) (\w+)(?: =| extends HTMLElement)", plain)
    }
    listeners = {"addEventListener", "removeEventListener"}
    methods = [name for name, _ in _members(bodies["OpenAIChatKit"]) if name not in listeners]
    events = [name for name, _ in _members(bodies["ChatKitEvents"])]
    return Api(
        version, tuple(_paths("ChatKitOptions", "", bodies)), tuple(dict.fromkeys(methods)), tuple(events)
    )


def _paths(kind: str, path: str, bodies: Mapping[str, str]) -> Iterator[str]:
    """The paths of the options below `path`, whose type is `kind`; `path` itself if there are none."""
    below: dict[str, str] = {}
    if "→" not in kind:
        for part in _split(kind, "|"):
            many = part.endswith("[]")
            body = part.removesuffix("[]")
            if body in _WHOLE:
                continue
            body = bodies.get(body, body)
            parts = [body] if body.startswith("{") else _split(body, "|")
            for each in parts:
                if each.startswith("{"):
                    below |= {("[]." if many else ".") + name: type_ for name, type_ in _members(each)}
    if not below:
        yield path
    for name, type_ in below.items():
        yield from _paths(type_, f"{path}{name}".removeprefix("."), bodies)


def _members(body: str) -> Iterator[tuple[str, str]]:
    for part in _split(body.strip().removeprefix("{").removesuffix("}"), ";"):
        if found := _MEMBER.match(part):
            yield found[1] or found[2], found[4].strip()


def _split(text: str, at: str) -> list[str]:
    """The parts of `text` between `at`s that stand in no bracket."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == at and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _end(text: str, start: int) -> int:
    """Where the declaration that begins at `start` ends."""
    depth = 0
    for place in range(start, len(text)):
        character = text[place]
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth == 0 and (character == ";" or (character == "}" and text[place + 1 : place + 2] != ";")):
            follows = text[place + 1 :].lstrip()
            if character == ";" or not follows.startswith("|"):
                return place if character == ";" else place + 1
    return len(text)
