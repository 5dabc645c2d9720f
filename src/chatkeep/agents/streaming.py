"""What a model streams, made into our events, whatever the provider behind it does.

Above: `workflow` hears a model out. Providers' ids are never looked at.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import agents as sdk
from agents.items import TResponseStreamEvent
from agents.models.interface import Model
from openai.types import responses

from chatkeep.agents.events import AgentEvent, MessageDone, MessageStarted, TextDelta, ToolCalled
from chatkeep.agents.failures import Source, stopped


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


class Hearing:
    """What one run's model says, as events of ours.

    A message begins with its first visible character, or never.

    Attributes:
        messages: how many have begun.
        call: the tool that the model wants to have called: the first it named, with arguments that are JSON.
        is_complete: the model has said that this is all.
        input_tokens, output_tokens: what the provider reported, summed over the run's model calls.
        text: everything said in finished messages, for estimates.
    """

    def __init__(self, source: Source) -> None:
        self.messages = 0
        self.call: ToolCalled | None = None
        self.is_complete = False
        self.input_tokens = 0
        self.output_tokens = 0
        self.text = ""
        self._source = source
        self._open: list[str] = []

    def read(self, event: TResponseStreamEvent) -> Iterator[AgentEvent]:
        """What `event` means to a listener; most mean nothing.

        Raises:
            ModelFailed: the model says that it failed, or stopped half-way.
        """
        match event.type:
            case "response.output_text.delta" | "response.refusal.delta":
                yield from self._say(event.delta)
            case "response.output_item.done":
                if isinstance(event.item, responses.ResponseOutputMessage):
                    if not self._open:  # some servers send the whole text at once, without deltas
                        yield from self._say(_text(event.item))
                    yield from self._finish()
                elif isinstance(event.item, responses.ResponseFunctionToolCall):
                    self.call = self.call or _called(event.item)
            case "response.completed":
                yield from self._finish()
                self._count(event.response.usage)
                self.is_complete = True
            case "response.failed" | "response.incomplete" | "error":
                raise stopped(event, self._source)
            case _:
                pass

    def _say(self, delta: str) -> Iterator[AgentEvent]:
        if not self._open:
            delta = delta.lstrip()  # many open models begin with line breaks
            if not delta:
                return
            self.messages += 1
            yield MessageStarted(self.messages - 1)
        if delta:
            self._open.append(delta)
            yield TextDelta(self.messages - 1, delta)

    def _finish(self) -> Iterator[AgentEvent]:
        if self._open:
            text = "".join(self._open)
            self._open.clear()
            self.text += text
            yield MessageDone(self.messages - 1, text)

    def _count(self, usage: responses.ResponseUsage | None) -> None:
        if usage is not None:
            self.input_tokens += usage.input_tokens or 0
            self.output_tokens += usage.output_tokens or 0


def _called(call: responses.ResponseFunctionToolCall) -> ToolCalled | None:
    """The call as an event; None for arguments that are no JSON object, which small models write at times."""
    try:
        arguments = json.loads(call.arguments or "{}")
    except json.JSONDecodeError:
        return None
    return ToolCalled(call.call_id, call.name, arguments) if isinstance(arguments, dict) else None


def _text(message: responses.ResponseOutputMessage) -> str:
    return "".join(
        part.text if isinstance(part, responses.ResponseOutputText) else part.refusal
        for part in message.content
    )
