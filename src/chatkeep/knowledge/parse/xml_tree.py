"""XML that may be hostile.

Entities are refused where they are declared, before any can grow; nothing outside is ever fetched; and
elements nest only so deep. Names come without their namespaces: the office formats have two sets of
them that mean the same. An attribute of the relationships' namespace is the exception: `r:id`.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from chatkeep.knowledge.parse.parsed import Refused

MAX_DEPTH = 200
MAX_ELEMENTS = 5_000_000

_BROKEN = "its XML is damaged."
_ENTITIES = "its XML declares entities, which are not read for safety."
_TOO_DEEP = "its XML elements are nested too deeply to be read safely."
_TOO_MANY = f"it has more than {MAX_ELEMENTS:,} XML elements."

Starts = Callable[[str, dict[str, str]], object]
Ends = Callable[[str], object]


def read_xml(pieces: Iterable[bytes], start: Starts, end: Ends, text: Callable[[str], object]) -> None:
    """Tell each element and text as it comes. Raises Refused: the XML is damaged or hostile."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth = seen = 0

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, seen
        depth += 1
        seen += 1
        if depth > MAX_DEPTH:
            raise Refused(_TOO_DEEP)
        if seen > MAX_ELEMENTS:
            raise Refused(_TOO_MANY)
        start(_local(name), {_attribute(key): value for key, value in attributes.items()})

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(_local(name))

    def on_entity(*_: object) -> None:
        raise Refused(_ENTITIES)

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = on_entity
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused(_BROKEN) from None


def read_tree(data: bytes) -> Element:
    """The root element; an empty one for no data. Raises Refused: the XML is damaged or hostile."""
    if not data:
        return Element("")
    builder = TreeBuilder()
    read_xml([data], builder.start, builder.end, builder.data)
    return builder.close()


@lru_cache(maxsize=1024)
def _local(name: str) -> str:
    return name.rpartition("}")[2]


@lru_cache(maxsize=1024)
def _attribute(name: str) -> str:
    if "}" not in name:
        return name
    space, _, local = name.rpartition("}")
    return f"r:{local}" if space.endswith("/relationships") else local
