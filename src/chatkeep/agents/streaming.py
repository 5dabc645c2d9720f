"""The Agents SDK's stream of events, made into ours, whatever the provider behind it does.

`watch` stands between the SDK and a model: it holds the model to a deadline and keeps its failure.
`Normaliser` turns raw events into `AgentEvent`s. Providers' ids are never looked at: Chat Completions
has none, and the SDK gives every item the same one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import agents as sdk
from agents.items import TResponseStreamEvent
from agents.models.interface import Model
from openai.types import responses

from chatkeep.agents.events import AgentEvent, MessageDone, MessageStarted, TextDelta
from chatkeep.agents.failures import Source, stopped, translate, unfinished
from chatkeep.core.errors import ModelFailed

_FAILURES = (
    responses.ResponseFailedEvent,
    responses.ResponseIncompleteEvent,
    responses.ResponseErrorEvent,
)
_ENDINGS = (*_FAILURES, responses.ResponseCompletedEvent)


class WatchedModel(Model):
    """One run's view of a model: bounded silence, and failures that lose nothing.

    The SDK drops whatever it has queued when a model raises, so the last words before a cut connection
    would never be seen. It does not when the stream *says* that it failed: an exception is therefore
    kept in `failure`, and the SDK is told with the event the Responses API has for it.
    """

    def __init__(self, inner: Model, source: Source) -> None:
        self._inner = inner
        self._source = source
        self.failure: ModelFailed | None = None

    async def get_response(self, *args: Any, **kwargs: Any) -> sdk.ModelResponse:
        """Not streamed: the client's own read timeout is the deadline."""
        try:
            return await self._inner.get_response(*args, **kwargs)
        except Exception as error:
            raise translate(error, self._source, begun=False) from error

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[TResponseStreamEvent]:
        """The model's events; at its failure, `response.failed` and nothing more."""
        begun = ended = False
        stream = self._inner.stream_response(*args, **kwargs)
        try:
            async with aclosing(stream):  # type: ignore[type-var]  # every one is an async generator
                while True:
                    async with asyncio.timeout(self._source.timeout):
                        event = await anext(stream, None)
                    if event is None:
                        break
                    if isinstance(event, _FAILURES):
                        self.failure = stopped(event, self._source)
                    ended = ended or isinstance(event, _ENDINGS)
                    yield _with_refusals_as_text(event)
                    begun = True
        except Exception as error:  # noqa: BLE001 - the vendor's border: whatever it raises is translated here
            self.failure = translate(error, self._source, begun=begun)
            self.failure.__cause__ = error
        if not ended:
            self.failure = self.failure or unfinished(self._source)
            yield _failed()


class Normaliser:
    """Raw events in, ours out. A message begins with its first visible character, or never.

    Attributes:
        messages: how many have begun.
        input_tokens, output_tokens: what the provider reported, summed over the run's model calls.
        text: everything said so far, for estimates.
    """

    def __init__(self) -> None:
        self.messages = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.text = ""
        self._open = ""

    def read(self, event: TResponseStreamEvent) -> Iterator[AgentEvent]:
        """What `event` means to a listener; most mean nothing."""
        match event:
            case responses.ResponseTextDeltaEvent() | responses.ResponseRefusalDeltaEvent():
                yield from self._say(event.delta)
            case responses.ResponseOutputItemDoneEvent(item=responses.ResponseOutputMessage() as message):
                if not self._open:  # some servers send the whole text at once, without deltas
                    yield from self._say(_text(message))
                yield from self._finish()
            case responses.ResponseCompletedEvent():
                yield from self._finish()
                self._count(event.response.usage)
            case _:
                pass

    def _say(self, delta: str) -> Iterator[AgentEvent]:
        index = self.messages - 1 if self._open else self.messages
        if not self._open:
            delta = delta.lstrip()  # many open models begin with line breaks
            if not delta:
                return
            self.messages += 1
            yield MessageStarted(index)
        if delta:
            self._open += delta
            yield TextDelta(index, delta)

    def _finish(self) -> Iterator[AgentEvent]:
        if self._open:
            text, self._open = self._open, ""
            self.text += text
            yield MessageDone(self.messages - 1, text)

    def _count(self, usage: responses.ResponseUsage | None) -> None:
        if usage is not None:
            self.input_tokens += usage.input_tokens or 0
            self.output_tokens += usage.output_tokens or 0


def _with_refusals_as_text(event: TResponseStreamEvent) -> TResponseStreamEvent:
    """The SDK takes a refusal in the finished response for an exception; to us it is what was said."""
    if not isinstance(event, responses.ResponseCompletedEvent):
        return event
    output = [
        item.model_copy(update={"content": [_spoken(part) for part in item.content]})
        if isinstance(item, responses.ResponseOutputMessage)
        else item
        for item in event.response.output
    ]
    return event.model_copy(update={"response": event.response.model_copy(update={"output": output})})


def _spoken(
    part: responses.ResponseOutputText | responses.ResponseOutputRefusal,
) -> responses.ResponseOutputText:
    if isinstance(part, responses.ResponseOutputText):
        return part
    return responses.ResponseOutputText(annotations=[], text=part.refusal, type="output_text")


def _text(message: responses.ResponseOutputMessage) -> str:
    return "".join(_spoken(part).text for part in message.content)


def _failed() -> responses.ResponseFailedEvent:
    response = responses.Response(
        id="failed",
        created_at=time.time(),
        model="",
        object="response",
        output=[],
        parallel_tool_calls=False,
        tool_choice="auto",
        tools=[],
        status="failed",
    )
    return responses.ResponseFailedEvent(response=response, sequence_number=0, type="response.failed")
