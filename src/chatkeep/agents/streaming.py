"""What a model streams, made into our events, whatever the provider behind it does.

`Listening` stands between the SDK's runner and a model. To the runner it is a model that does not
stream: what is said goes straight to the run's listener, and the runner is handed the whole response.
Its own stream costs two queues and five generators a piece, and forgets what is queued when a model
fails. Providers' ids are never looked at.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import agents as sdk
from agents.items import TResponseOutputItem, TResponseStreamEvent
from agents.models.interface import Model
from openai.types import responses

from chatkeep.agents.events import AgentEvent, MessageDone, MessageStarted, TextDelta
from chatkeep.agents.failures import Source, stopped, translate, unfinished
from chatkeep.agents.items import model_response


class Outbox:
    """From a run to its one listener: events in order, never waiting for the listener."""

    def __init__(self) -> None:
        self._events: deque[AgentEvent] = deque()
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    def put(self, event: AgentEvent) -> None:
        """Hand over `event`."""
        self._events.append(event)
        self._wake()

    def close(self) -> None:
        """Nothing comes any more."""
        self._closed = True
        self._wake()

    async def events(self) -> AsyncGenerator[AgentEvent]:
        """Everything that was put, to the end."""
        while True:
            while self._events:
                yield self._events.popleft()
            if self._closed:
                return
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class Bounded(Model):
    """A model held to a deadline: at most `silence` seconds between its events."""

    def __init__(self, inner: Model, silence: float) -> None:
        self.inner = inner
        self._silence = silence

    async def get_response(self, *args: Any, **kwargs: Any) -> sdk.ModelResponse:
        """Not streamed: the client's own read timeout is the deadline."""
        return await self.inner.get_response(*args, **kwargs)

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[TResponseStreamEvent]:
        """The model's events.

        Raises:
            TimeoutError: the model was silent for too long.
        """
        stream = self.inner.stream_response(*args, **kwargs)
        async with aclosing(stream):  # type: ignore[type-var]  # every one is an async generator
            while True:
                async with asyncio.timeout(self._silence):
                    event = await anext(stream, None)
                if event is None:
                    return
                yield event


class Listening(Model):
    """One run's view of a model: says what the model says to `tell`, as it says it.

    A message begins with its first visible character, or never.

    Attributes:
        messages: how many have begun.
        input_tokens, output_tokens: what the provider reported, summed over the run's model calls.
        text: everything said in finished messages, for estimates.
    """

    def __init__(self, inner: Model, source: Source, tell: Callable[[AgentEvent], None]) -> None:
        self.messages = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.text = ""
        self._inner = inner
        self._source = source
        self._tell = tell
        self._open: list[str] = []

    async def get_response(self, *args: Any, **kwargs: Any) -> sdk.ModelResponse:
        """The whole response, when all of it has been told.

        Raises:
            ModelFailed: the model did not answer, or stopped half-way.
        """
        begun = False
        try:
            stream = self._inner.stream_response(*args, **kwargs)
            async with aclosing(stream):  # type: ignore[type-var]  # every one is an async generator
                async for event in stream:
                    if (response := self._read(event)) is not None:
                        return response
                    begun = True
        except Exception as error:
            raise translate(error, self._source, begun=begun) from error
        raise unfinished(self._source)

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[TResponseStreamEvent]:
        """The model's own events, told to nobody."""
        stream = self._inner.stream_response(*args, **kwargs)
        async with aclosing(stream):  # type: ignore[type-var]
            async for event in stream:
                yield event

    def _read(self, event: TResponseStreamEvent) -> sdk.ModelResponse | None:
        """Tell what `event` means to a listener; most mean nothing. The response, when this ends it."""
        match event.type:
            case "response.output_text.delta" | "response.refusal.delta":
                self._say(event.delta)
            case "response.output_item.done":
                if isinstance(event.item, responses.ResponseOutputMessage):
                    if not self._open:  # some servers send the whole text at once, without deltas
                        self._say(_text(event.item))
                    self._finish()
            case "response.completed":
                self._finish()
                usage = event.response.usage
                if usage is not None:
                    self.input_tokens += usage.input_tokens or 0
                    self.output_tokens += usage.output_tokens or 0
                return model_response([_spoken(item) for item in event.response.output], usage)
            case "response.failed" | "response.incomplete" | "error":
                raise stopped(event, self._source)
            case _:
                pass
        return None

    def _say(self, delta: str) -> None:
        if not self._open:
            delta = delta.lstrip()  # many open models begin with line breaks
            if not delta:
                return
            self.messages += 1
            self._tell(MessageStarted(self.messages - 1))
        if delta:
            self._open.append(delta)
            self._tell(TextDelta(self.messages - 1, delta))

    def _finish(self) -> None:
        if self._open:
            text = "".join(self._open)
            self._open.clear()
            self.text += text
            self._tell(MessageDone(self.messages - 1, text))


def _spoken(item: TResponseOutputItem) -> TResponseOutputItem:
    """The SDK takes a refusal in the finished response for an exception; to us it is what was said."""
    if not isinstance(item, responses.ResponseOutputMessage):
        return item
    if all(isinstance(part, responses.ResponseOutputText) for part in item.content):
        return item
    text = responses.ResponseOutputText(annotations=[], text=_text(item), type="output_text")
    return item.model_copy(update={"content": [text]})


def _text(message: responses.ResponseOutputMessage) -> str:
    return "".join(
        part.text if isinstance(part, responses.ResponseOutputText) else part.refusal
        for part in message.content
    )
