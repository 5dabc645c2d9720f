"""An answerer without a language model: the best sentences of the passages, each cited.

To the Agents SDK it is a model like any other: it reads the prompt `passages` renders, and streams
Responses events. To people it is honest: it quotes, and it says when there is nothing to quote.
"""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import count
from typing import Any

import agents as sdk
from agents.items import TResponseStreamEvent
from agents.models.interface import Model
from openai.types import responses
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

from chatkeep.agents.compose import NOTHING_ASKED, compose, is_small_talk, with_steps
from chatkeep.agents.passages import read_passages, read_question
from chatkeep.agents.select import select
from chatkeep.agents.sentences import sentences
from chatkeep.knowledge.protocols import TextEmbedder

_MODEL = "extractive"
_WORDS_PER_DELTA = 3


class ExtractiveModel(Model):
    """Answers with sentences of the passages in its input.

    Args:
        embedder: weighs sentences by meaning; without it, by their words alone.
    """

    def __init__(self, embedder: TextEmbedder | None = None) -> None:
        self._embedder = embedder

    async def answer(self, prompt: str) -> str:
        """The answer to the user's message `prompt`, in Markdown with `[n]` markers."""
        question = read_question(prompt).strip()
        if is_small_talk(question):
            return NOTHING_ASKED
        passages = read_passages(prompt)
        found = [sentence for passage in passages for sentence in sentences(passage)]
        selection = await select(question, passages, found, self._embedder)
        return compose(question, with_steps(question, selection, found), passages)

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[sdk.TResponseInputItem],  # noqa: A002 - the SDK's name for it
        *_: Any,
        **__: Any,
    ) -> sdk.ModelResponse:
        """The whole answer at once."""
        text = await self.answer(_last_message(input))
        response = _response(text, "completed", _usage(system_instructions, input, text))
        usage = response.usage
        assert usage is not None  # noqa: S101 - just given
        spent = sdk.Usage(
            requests=1,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            total_tokens=usage.total_tokens,
        )
        return sdk.ModelResponse(output=response.output, usage=spent, response_id=None)

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[sdk.TResponseInputItem],  # noqa: A002 - the SDK's name for it
        *_: Any,
        **__: Any,
    ) -> AsyncIterator[TResponseStreamEvent]:
        """The answer a few words at a time, in the Responses API's events."""
        text = await self.answer(_last_message(input))
        for event in _events(text, _usage(system_instructions, input, text)):
            yield event


def _last_message(given: str | Sequence[sdk.TResponseInputItem]) -> str:
    """The text of the latest user message."""
    if isinstance(given, str):
        return given
    for item in reversed(given):
        if item.get("role") == "user":
            content: Any = item.get("content")
            if isinstance(content, str):
                return content
            return "".join(part.get("text", "") for part in content)
    return ""


def _events(text: str, usage: responses.ResponseUsage) -> Iterator[TResponseStreamEvent]:
    numbers = count()
    item_id, index = "msg_extractive", 0
    empty = responses.ResponseOutputText(annotations=[], text="", type="output_text")
    yield responses.ResponseCreatedEvent(
        type="response.created", response=_response("", "in_progress", None), sequence_number=next(numbers)
    )
    yield responses.ResponseOutputItemAddedEvent(
        type="response.output_item.added",
        item=_message("", "in_progress"),
        output_index=index,
        sequence_number=next(numbers),
    )
    yield responses.ResponseContentPartAddedEvent(
        type="response.content_part.added",
        item_id=item_id,
        output_index=index,
        content_index=0,
        part=empty,
        sequence_number=next(numbers),
    )
    for delta in _deltas(text):
        yield responses.ResponseTextDeltaEvent(
            type="response.output_text.delta",
            item_id=item_id,
            output_index=index,
            content_index=0,
            delta=delta,
            logprobs=[],
            sequence_number=next(numbers),
        )
    yield responses.ResponseTextDoneEvent(
        type="response.output_text.done",
        item_id=item_id,
        output_index=index,
        content_index=0,
        text=text,
        logprobs=[],
        sequence_number=next(numbers),
    )
    yield responses.ResponseContentPartDoneEvent(
        type="response.content_part.done",
        item_id=item_id,
        output_index=index,
        content_index=0,
        part=empty.model_copy(update={"text": text}),
        sequence_number=next(numbers),
    )
    yield responses.ResponseOutputItemDoneEvent(
        type="response.output_item.done",
        item=_message(text, "completed"),
        output_index=index,
        sequence_number=next(numbers),
    )
    yield responses.ResponseCompletedEvent(
        type="response.completed",
        response=_response(text, "completed", usage),
        sequence_number=next(numbers),
    )


def _deltas(text: str) -> Iterator[str]:
    """`text` in groups of a few words; joined, they are `text`."""
    start = words = 0
    for at, character in enumerate(text):
        if character.isspace() and not text[at - 1 : at].isspace():
            words += 1
            if words == _WORDS_PER_DELTA:
                yield text[start:at]
                start, words = at, 0
    if start < len(text):
        yield text[start:]


def _message(text: str, status: Any) -> responses.ResponseOutputMessage:
    part = responses.ResponseOutputText(annotations=[], text=text, type="output_text")
    return responses.ResponseOutputMessage(
        id="msg_extractive",
        content=[part] if text else [],
        role="assistant",
        status=status,
        type="message",
    )


def _response(text: str, status: Any, usage: responses.ResponseUsage | None) -> responses.Response:
    return responses.Response(
        id="resp_extractive",
        created_at=time.time(),
        model=_MODEL,
        object="response",
        output=[_message(text, "completed")] if text else [],
        parallel_tool_calls=False,
        tool_choice="none",
        tools=[],
        status=status,
        usage=usage,
    )


def _usage(
    instructions: str | None, given: str | list[sdk.TResponseInputItem], text: str
) -> responses.ResponseUsage:
    """Words stand for tokens: nothing is sent anywhere and nothing costs."""
    read = len((instructions or "").split()) + len(_last_message(given).split())
    written = len(text.split())
    return responses.ResponseUsage(
        input_tokens=read,
        input_tokens_details=InputTokensDetails(cached_tokens=0, cache_write_tokens=0),
        output_tokens=written,
        output_tokens_details=OutputTokensDetails(reasoning_tokens=0),
        total_tokens=read + written,
    )
