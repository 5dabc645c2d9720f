"""What the scripted server is told to say: replies, the faults of providers, and the gate that paces them.

Values only; `server` plays them, `completions` and `responses` spell them in the two dialects.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function the model wants called. `arguments` is JSON, as a model writes it.

    `signature` is Gemini's over its thoughts, in Chat Completions: it comes with the call and is wanted
    back with it.
    """

    name: str
    arguments: str = "{}"
    call_id: str | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts the provider reports."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a reply. Made by the class methods.

    Attributes:
        after: content chunks sent before it goes wrong; None means before the first byte.
    """

    kind: Literal["status", "cut", "malformed", "hang"]
    after: int | None = None
    status: int = 500
    message: str = ""
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def http(
        cls, status: int, message: str = "", *, code: str | None = None, headers: dict[str, str] | None = None
    ) -> Self:
        """An HTTP error in place of the answer, with an OpenAI-like JSON body."""
        pairs = tuple((headers or {}).items())
        return cls("status", status=status, message=message, code=code, headers=pairs)

    @classmethod
    def cut(cls, after: int) -> Self:
        """The connection is closed in mid-stream."""
        return cls("cut", after=after)

    @classmethod
    def malformed(cls, after: int) -> Self:
        """A chunk that is not JSON."""
        return cls("malformed", after=after)

    @classmethod
    def hang(cls, after: int | None = None) -> Self:
        """Silence, until the client gives up or the server stops."""
        return cls("hang", after=after)


class Gate:
    """Lets a test release a streamed reply chunk by chunk: each content chunk waits for one step.

    Safe to use from any thread. The server waits on its own loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._steps = 0
        self._open = False
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()

    def step(self, count: int = 1) -> None:
        """Let `count` more chunks pass."""
        with self._lock:
            self._steps += count
            self._wake()

    def open(self) -> None:
        """Let everything pass from now on."""
        with self._lock:
            self._open = True
            self._wake()

    async def passed(self) -> None:
        """Return when this chunk may be sent."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._take():
                return
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.append((loop, future))
        await future

    def _take(self) -> bool:
        if self._open:
            return True
        if not self._steps:
            return False
        self._steps -= 1
        return True

    def _wake(self) -> None:
        while self._waiting and (self._open or self._steps):
            loop, future = self._waiting.popleft()
            if not self._open:
                self._steps -= 1
            loop.call_soon_threadsafe(_release, future)


def _release(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the scripted model.

    Attributes:
        text: the answer; cut into words when `chunks` is not given. Empty is a fault real models have.
        chunks: the pieces `text` is streamed in, where a test cares.
        refusal: what the model says when it declines, in the field the dialect has for that.
        reasoning: thoughts streamed before the answer.
        reasoning_field: where Chat Completions providers put them: OpenRouter and vLLM `reasoning`,
            DeepSeek and others `reasoning_content`.
        usage: None: the server counts words.
        raw: in Chat Completions streams, the body's bytes in place of all of the above, in the pieces in
            which they are sent: for what some provider or other says in its own way.
        delay_before_first: seconds; `delay_between` too.
    """

    text: str = ""
    chunks: Sequence[str] = ()
    tool_calls: Sequence[ToolCall] = ()
    refusal: str = ""
    reasoning: str = ""
    reasoning_field: Literal["reasoning", "reasoning_content"] = "reasoning_content"
    usage: Usage | None = None
    raw: Sequence[bytes] = ()
    delay_before_first: float = 0.0
    delay_between: float = 0.0
    gate: Gate | None = None
    fail: Fault | None = None

    @property
    def pieces(self) -> list[str]:
        """The chunks to stream; joined, they are `whole`."""
        return list(self.chunks) or words(self.text)

    @property
    def whole(self) -> str:
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class EmbeddingsReply:
    """One answer of the scripted embedding model, where it shall not be the faithful one.

    Attributes:
        fail: as for a `Reply`. `cut` breaks off in the middle of the body.
        spoil: what is wrong with the vectors. `count`: the last is left out; `order`: they come in reverse,
            each with its right index, which is allowed; `index`: two have the same; `dimensions`: they are
            one number longer; `uneven`: the last is; `nan`, `zero`: the last is made of that.
        delay: seconds before the answer.
    """

    fail: Fault | None = None
    spoil: Literal["count", "order", "index", "dimensions", "uneven", "nan", "zero"] | None = None
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event. Content frames are those that faults count and gates and delays pace.

    `raw` is sent as it is, in place of an event.
    """

    data: str
    event: str | None = None
    content: bool = False
    raw: bytes = b""

    def encoded(self) -> bytes:
        """The bytes on the wire."""
        if self.raw:
            return self.raw
        name = f"event: {self.event}\n" if self.event else ""
        return f"{name}data: {self.data}\n\n".encode()


@dataclass(slots=True)
class RecordedRequest:
    """What a client asked.

    Attributes:
        body: the JSON sent, or the raw bytes where it is not JSON.
        port: the client's end of the connection: requests over the same one have the same.
        disconnected: set when the client hung up before the answer's end.
        finished: set when the server is done with it, one way or another.
    """

    path: str
    headers: dict[str, str]
    body: "dict[str, object] | bytes"
    port: int = 0
    disconnected: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def json(self) -> dict[str, object]:
        """The body, insisting that it is JSON."""
        if isinstance(self.body, bytes):
            raise TypeError(f"{self.path} was not sent JSON.")
        return self.body


def words(text: str) -> list[str]:
    """`text` in pieces of a word with the blanks after it, much as models stream it."""
    pieces: list[str] = []
    for character in text:
        if pieces and (character.isspace() or not pieces[-1][-1].isspace()):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
