"""What a worker and the knowledge process write to each other: frames of JSON, typed at both ends.

A frame is four bytes, big-endian, that count what follows, and one JSON object. The worker sends
requests, each with a number of its own; replies carry that number and come in any order. Vectors travel
as base64 of little-endian float32: 40 sentences are 80 KB so, and 300 KB as JSON numbers.

Above: `client` and `server`. This module knows nothing of what is asked.
"""

import asyncio
import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import numpy as np
import orjson
from pydantic import Field, TypeAdapter, ValidationError

from chatkeep.core.context import RequestContext
from chatkeep.core.errors import TooLarge
from chatkeep.knowledge.documents import Passage, PassageId
from chatkeep.knowledge.protocols import ANYWHERE, Vectors, Where
from chatkeep.knowledge.retrieve import Explained, Options

MOST_BYTES = 16 * 1024 * 1024
"""Of one frame. A question is at most as long as a request's body, an answer some hundred kilobytes."""

IN_FLIGHT = 64
"""Requests of one worker that may wait for their replies at once; the next wait for their turn."""

_LENGTH = struct.Struct(">I")

T = TypeVar("T")


class BrokenFrame(Exception):
    """What the other end sent is no frame, or half of one: the connection cannot go on."""


@dataclass(frozen=True, slots=True)
class Describe:
    kind: Literal["describe"] = "describe"


@dataclass(frozen=True, slots=True)
class Search:
    """`Retriever.search`. Without options, the retriever's own count."""

    query: str
    limit: int
    where: Where = ANYWHERE
    options: Options | None = None
    kind: Literal["search"] = "search"


@dataclass(frozen=True, slots=True)
class Gather:
    """`Retriever.gather`."""

    query: str
    budget: int
    where: Where = ANYWHERE
    options: Options | None = None
    kind: Literal["gather"] = "gather"


@dataclass(frozen=True, slots=True)
class Explain:
    """`Retriever.explain`."""

    query: str
    limit: int
    budget: int
    where: Where = ANYWHERE
    options: Options | None = None
    kind: Literal["explain"] = "explain"


@dataclass(frozen=True, slots=True)
class Read:
    ids: Sequence[PassageId]
    kind: Literal["read"] = "read"


@dataclass(frozen=True, slots=True)
class Embed:
    texts: Sequence[str]
    kind: Literal["embed"] = "embed"


@dataclass(frozen=True, slots=True)
class EmbedQuery:
    text: str
    kind: Literal["embed_query"] = "embed_query"


Asked = Describe | Search | Gather | Explain | Read | Embed | EmbedQuery


@dataclass(frozen=True, slots=True)
class Request:
    """One call, and for whom it is made."""

    number: int
    context: RequestContext
    asked: Annotated[Asked, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Described:
    """Whether there is an embedder."""

    embeds: bool
    kind: Literal["described"] = "described"


@dataclass(frozen=True, slots=True)
class Found:
    passages: Sequence[Passage]
    kind: Literal["found"] = "found"


@dataclass(frozen=True, slots=True)
class Told:
    """A search and its trace."""

    explained: Explained
    kind: Literal["told"] = "told"


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors, packed; `unpack` gives them back."""

    shape: tuple[int, int]
    data: str
    kind: Literal["embedded"] = "embedded"


Answer = Described | Found | Told | Embedded


@dataclass(frozen=True, slots=True)
class Failed:
    """The call raised: the name of one of `core.errors`, and its message."""

    error: str
    message: str
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Reply:
    number: int
    answer: Annotated[Answer | Failed, Field(discriminator="kind")]


REQUESTS: TypeAdapter[Request] = TypeAdapter(Request)
REPLIES: TypeAdapter[Reply] = TypeAdapter(Reply)


def pack(vectors: Vectors) -> Embedded:
    rows, width = vectors.shape
    return Embedded((rows, width), base64.b64encode(vectors.astype("<f4").tobytes()).decode())


def unpack(embedded: Embedded) -> Vectors:
    """Raises: ValueError: the data is not of the shape."""
    flat = np.frombuffer(base64.b64decode(embedded.data, validate=True), dtype="<f4")
    vectors: Vectors = flat.reshape(embedded.shape).astype(np.float32)
    return vectors


def frame(message: Request | Reply) -> bytes:
    """The bytes of `message`.

    Raises:
        TooLarge: it is over `MOST_BYTES`.
    """
    body = orjson.dumps(message)
    if len(body) > MOST_BYTES:
        raise TooLarge(f"{len(body):,} bytes are more than a search may hold ({MOST_BYTES:,}).")
    return _LENGTH.pack(len(body)) + body


async def read_request(reader: asyncio.StreamReader, seconds: float) -> Request | None:
    """The next request; None once the other end has closed.

    Args:
        seconds: how long a frame that has begun may take to arrive. Between frames the wait is as long
            as nobody asks anything.

    Raises:
        BrokenFrame: it is not one, or it stopped half-way.
    """
    return await _read(reader, seconds, REQUESTS)


async def read_reply(reader: asyncio.StreamReader, seconds: float) -> Reply | None:
    """As `read_request`, for replies."""
    return await _read(reader, seconds, REPLIES)


async def _read(reader: asyncio.StreamReader, seconds: float, kind: TypeAdapter[T]) -> T | None:
    first = await reader.read(1)
    if not first:
        return None
    try:
        async with asyncio.timeout(seconds):
            (length,) = _LENGTH.unpack(first + await reader.readexactly(_LENGTH.size - 1))
            if length > MOST_BYTES:
                raise BrokenFrame(f"A frame of {length:,} bytes is larger than any may be.")
            return kind.validate_json(await reader.readexactly(length))
    except TimeoutError:
        raise BrokenFrame(f"A frame did not arrive whole within {seconds:.0f} s.") from None
    except asyncio.IncompleteReadError:
        raise BrokenFrame("The connection ended within a frame.") from None
    except ValidationError as error:
        raise BrokenFrame(f"A frame is not a message: {error.errors()[0]['msg']}.") from None
