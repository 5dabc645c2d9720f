"""What crosses the socket between the pool and a child.

    pool → child    path length, data length (4 bytes each, big-endian), the path in UTF-8, the data
    child → pool    one byte for the kind, length (4 bytes), a body: JSON, words, or nothing

The first frame of a child says `READY`. Nothing is ever unpickled, and no frame is longer
than the reader allows.
"""

import struct

import orjson

from chatkeep.knowledge.parse.parsed import ParsedText

REQUEST = struct.Struct("!II")
REPLY = struct.Struct("!cI")

READY = b"+"
PARSED, SKIPPED, RAISED, OUT_OF_MEMORY, TOO_MUCH = b"t", b"s", b"x", b"m", b"l"


def request_head(path: bytes, data: bytes) -> bytes:
    return REQUEST.pack(len(path), len(data))


def reply(kind: bytes, body: bytes = b"") -> bytes:
    return REPLY.pack(kind, len(body)) + body


def parsed_body(parsed: ParsedText) -> bytes:
    """Raises: TypeError, what `parsed` holds is not text (half a surrogate pair, for one)."""
    return orjson.dumps(parsed)
