"""One Chat Completions answer, made into the Agents SDK's events. Pure.

Above: `completions` reads the bytes. Below: `completion_stream` knows the dialect, `items` makes the
SDK's objects. A provider's ids are not trusted: every item gets one of its own here, never the SDK's
`__fake_id__`. One typed event a read is affordable, one object tree a token is not.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson
from agents.items import TResponseOutputItem, TResponseStreamEvent
from agents.models.chatcmpl_helpers import ChatCmplHelpers
from openai.types import responses
from openai.types.responses import response_reasoning_item as thoughts
from openai.types.responses import response_reasoning_summary_part_added_event as part_added
from openai.types.responses import response_reasoning_summary_part_done_event as part_done

from chatkeep.agents.completion_request import CALL_EXTRAS, MESSAGE_EXTRAS
from chatkeep.agents.completion_stream import Pattern, ProviderError, merge, text_of, thought_of, words_of
from chatkeep.agents.items import counted, new_id, new_response, output_text
from chatkeep.core.trusted import trusted

# Under this key the SDK's converter looks up which field a provider calls its reasoning by.
_REASONING_FIELD = "_chat_completions_reasoning_field"

_PLAIN = ("content", "role")  # fields of a chunk that is text and nothing else

_CUT_SHORT = {"length": "max_output_tokens", "content_filter": "content_filter"}


@dataclass(slots=True)
class _Call:
    """One tool call in the making."""

    item_id: str
    call_id: str
    place: int
    name: str = ""
    arguments: str = ""
    announced: bool = False
    extras: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Reasoning:
    """A stretch of reasoning: a summary, or its text, by the field it came in."""

    item_id: str
    place: int
    named: str
    text: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    """A part of the message: what is said, or a refusal."""

    index: int
    text: list[str] = field(default_factory=list)


class Answer:
    """One answer: chunks in by `feed`, events out by `events`.

    Adjacent pieces of text between two calls of `events` are one delta.

    Attributes:
        begun: something of the answer has come.
        closed: the provider has said `[DONE]`.
        failure: a message that says that the provider failed, or that is not JSON.
    """

    def __init__(self, model: str) -> None:
        self.begun = False
        self.closed = False
        self.failure: ProviderError | orjson.JSONDecodeError | None = None
        self._model = model
        self._provider_data: dict[str, Any] = {"model": model}
        self._events: list[TResponseStreamEvent] = []
        self._sequence = 0
        self._output: list[Any] = []  # what is at each place: done items, or None while they are written
        self._reasoning: _Reasoning | None = None
        self._message_id = ""
        self._message_place = 0
        self._text: _Part | None = None
        self._refusal: _Part | None = None
        self._pieces: list[str] = []  # of text, not yet told
        self._pattern = Pattern()
        self._plain: str | None = None  # all that the last chunk said, if that was text
        self._annotations: list[Any] = []
        self._calls: dict[int, _Call] = {}  # by the provider's index: the latest there
        self._all_calls: list[_Call] = []
        self._message_extras: dict[str, Any] = {}
        self._usage: dict[str, Any] | None = None
        self._reason: str | None = None
        self._response = new_response(model)
        self._add(responses.ResponseCreatedEvent, type="response.created", response=self._response)

    def read_alike(self, data: bytes) -> int:
        """Take in whole chunks that are like an earlier one; how many, or 0: it is something else."""
        texts = self._pattern.texts(data)
        if texts is None:
            return 0
        self._speak("".join(texts))
        return len(texts)

    def read(self, messages: list[bytes]) -> list[TResponseStreamEvent]:
        """The events of what one read brought. What it cannot use is kept in `failure`, after the rest."""
        try:
            for message in messages:
                if message == b"[DONE]":
                    self.closed = True
                    break
                self._plain = None
                self.feed(orjson.loads(message))
                if self._plain:
                    self._pattern.learn(message, self._plain)
        except (ProviderError, orjson.JSONDecodeError) as error:
            self.failure = error
        return self.events()

    def feed(self, chunk: Any) -> None:
        """Take in one chunk, or a whole answer that was not streamed.

        Raises:
            ProviderError: it says that the provider failed.
        """
        if not isinstance(chunk, dict):
            raise ProviderError("The answer is not made of JSON objects.")
        choices = chunk.get("choices")
        if error := chunk.get("error"):
            raise ProviderError(words_of(error))
        if usage := chunk.get("usage"):
            self._usage = usage  # some servers repeat it in every chunk, counting up
        if not choices:
            return
        for choice in choices:
            if not choice.get("index"):  # others are answers nobody asked for
                break
        else:
            return
        if error := choice.get("error"):
            raise ProviderError(words_of(error))
        if "response_id" not in self._provider_data and (answer_id := chunk.get("id")):
            self._provider_data["response_id"] = answer_id
        if delta := choice.get("delta") or choice.get("message"):
            self._take(delta)
        if reason := choice.get("finish_reason"):
            self._reason = reason

    def _take(self, delta: dict[str, Any]) -> None:
        content = delta.get("content")
        if isinstance(content, str) and all(name in _PLAIN or not delta[name] for name in delta):
            self._plain = content  # nearly every chunk
            self._speak(content)
            return
        if thought := _thought(delta):
            self._think(*thought)
        self._speak(text_of(content))
        if refusal := delta.get("refusal"):
            self._refuse(refusal)
        for extra in ("extra_content", "reasoning_details"):
            if delta.get(extra):
                merge(self._message_extras, {extra: delta[extra]})
        if annotations := delta.get("annotations"):
            self._annotations += ChatCmplHelpers.convert_url_citations(annotations)
        for n, call in enumerate(delta.get("tool_calls") or ()):
            self._call(call, n)

    def events(self) -> list[TResponseStreamEvent]:
        """What there is to tell since the last call."""
        self._tell_text()
        events, self._events = self._events, []
        return events

    def end(self) -> list[TResponseStreamEvent]:
        """The closing events, with the whole response; none when the answer is not `finished`."""
        if not self.finished:
            return self.events()
        self._tell_text()
        self._close_reasoning()
        self._close_message()
        for call in self._all_calls:
            self._close_call(call)
        self._response.output = self.output
        self._response.usage = self.usage
        if cut := _CUT_SHORT.get(self._reason or ""):
            self._response.status = "incomplete"
            self._response.incomplete_details = responses.response.IncompleteDetails.model_validate(
                {"reason": cut}
            )
            self._add(responses.ResponseIncompleteEvent, type="response.incomplete", response=self._response)
        else:
            self._response.status = "completed"
            self._add(responses.ResponseCompletedEvent, type="response.completed", response=self._response)
        return self.events()

    @property
    def finished(self) -> bool:
        """The provider has said that the answer is complete, or why it stops."""
        return self.closed or self._reason is not None

    @property
    def output(self) -> list[TResponseOutputItem]:
        """The finished items, in the order in which they began."""
        return [item for item in self._output if item is not None]

    @property
    def usage(self) -> responses.ResponseUsage | None:
        """The tokens the provider counted."""
        return counted(self._usage) if self._usage else None

    # Reasoning

    def _think(self, thought: str, name: str) -> None:
        self._tell_text()
        reasoning = self._reasoning
        if reasoning is None:
            reasoning = self._reasoning = _Reasoning(new_id("rs"), self._place(), name)
            self._add_item(reasoning.place, self._reasoning_item(reasoning))
            if name == "reasoning_content":
                self._summary(
                    responses.ResponseReasoningSummaryPartAddedEvent,
                    reasoning,
                    type="response.reasoning_summary_part.added",
                    part=part_added.Part(text="", type="summary_text"),
                )
        reasoning.text.append(thought)
        self.begun = True
        if reasoning.named == "reasoning_content":
            self._summary(
                responses.ResponseReasoningSummaryTextDeltaEvent,
                reasoning,
                type="response.reasoning_summary_text.delta",
                delta=thought,
            )
        else:
            self._add(
                responses.ResponseReasoningTextDeltaEvent,
                type="response.reasoning_text.delta",
                item_id=reasoning.item_id,
                output_index=reasoning.place,
                content_index=0,
                delta=thought,
            )

    def _close_reasoning(self) -> None:
        reasoning = self._reasoning
        if reasoning is None:
            return
        if reasoning.named == "reasoning_content":
            whole = "".join(reasoning.text)
            self._summary(
                responses.ResponseReasoningSummaryTextDoneEvent,
                reasoning,
                type="response.reasoning_summary_text.done",
                text=whole,
            )
            self._summary(
                responses.ResponseReasoningSummaryPartDoneEvent,
                reasoning,
                type="response.reasoning_summary_part.done",
                part=part_done.Part(text=whole, type="summary_text"),
            )
        self._reasoning = None
        self._done_item(reasoning.place, self._reasoning_item(reasoning))

    def _summary(self, kind: Any, reasoning: _Reasoning, **fields: Any) -> None:
        self._add(kind, item_id=reasoning.item_id, output_index=reasoning.place, summary_index=0, **fields)

    def _reasoning_item(self, reasoning: _Reasoning) -> responses.ResponseReasoningItem:
        """As the SDK's converter wants it, to give it back to providers that ask for that."""
        data, text = dict(self._provider_data), "".join(reasoning.text)
        if reasoning.named == "reasoning":
            data[_REASONING_FIELD] = "reasoning"
            content = [thoughts.Content(text=text, type="reasoning_text")]
            more: dict[str, Any] = {"summary": [], "content": content}
        else:
            more = {"summary": [thoughts.Summary(text=text, type="summary_text")] if text else []}
        return responses.ResponseReasoningItem(
            id=reasoning.item_id, type="reasoning", provider_data=data, **more
        )

    # The message

    def _open_part(self, kind: str) -> _Part:
        """Begin a part of the message, and the message with its first."""
        if not self._message_id:
            self._message_id, self._message_place = new_id("msg"), self._place()
            self._add_item(self._message_place, self._message([], "in_progress"))
        part = _Part(sum(1 for part in (self._text, self._refusal) if part is not None))
        empty: Any = (
            output_text("")
            if kind == "output_text"
            else responses.ResponseOutputRefusal(refusal="", type="refusal")
        )
        self._part(
            responses.ResponseContentPartAddedEvent, part, type="response.content_part.added", part=empty
        )
        return part

    def _speak(self, text: str) -> None:
        if not text:
            return
        if self._reasoning is not None:
            self._close_reasoning()
        if self._text is None:
            self._text = self._open_part("output_text")
        self._pieces.append(text)
        self.begun = True

    def _tell_text(self) -> None:
        if not self._pieces or self._text is None:
            return
        delta = self._pieces[0] if len(self._pieces) == 1 else "".join(self._pieces)
        self._pieces.clear()
        self._text.text.append(delta)
        said = {
            "type": "response.output_text.delta",
            "item_id": self._message_id,
            "output_index": self._message_place,
            "content_index": self._text.index,
            "delta": delta,
            "logprobs": [],
            "sequence_number": self._sequence,
        }
        self._events.append(trusted(responses.ResponseTextDeltaEvent, said))
        self._sequence += 1

    def _refuse(self, refusal: str) -> None:
        self._tell_text()
        self._close_reasoning()
        if self._refusal is None:
            self._refusal = self._open_part("refusal")
        self._refusal.text.append(refusal)
        self.begun = True
        self._part(
            responses.ResponseRefusalDeltaEvent, self._refusal, type="response.refusal.delta", delta=refusal
        )

    def _close_message(self) -> None:
        if not self._message_id:
            return
        parts: list[tuple[_Part, Any]] = []
        if self._text is not None:
            said = output_text("".join(self._text.text), self._annotations)
            parts.append((self._text, said))
        if self._refusal is not None:
            refusal = "".join(self._refusal.text)
            parts.append((self._refusal, responses.ResponseOutputRefusal(refusal=refusal, type="refusal")))
        parts.sort(key=lambda pair: pair[0].index)
        for part, whole in parts:
            self._part(
                responses.ResponseContentPartDoneEvent, part, type="response.content_part.done", part=whole
            )
        self._done_item(self._message_place, self._message([whole for _, whole in parts], "completed"))

    def _message(self, content: list[Any], status: Any) -> responses.ResponseOutputMessage:
        return responses.ResponseOutputMessage(
            id=self._message_id,
            type="message",
            role="assistant",
            status=status,
            content=content,
            provider_data=dict(self._provider_data),
        )

    def _part(self, kind: Any, place: _Part, **fields: Any) -> None:
        self._add(
            kind,
            item_id=self._message_id,
            output_index=self._message_place,
            content_index=place.index,
            **fields,
        )

    # Tool calls

    def _call(self, piece: dict[str, Any], n: int) -> None:
        function = piece.get("function") or {}
        index, given = piece.get("index"), piece.get("id")
        index = n if index is None else index
        call = self._calls.get(index)
        if call is None or (given and call.call_id != given and function.get("name")):
            # Another call, even where the index is not: some providers number every call 0.
            self._tell_text()
            self._close_reasoning()
            call = _Call(new_id("fc"), given or new_id("call"), self._place())
            self._calls[index] = call
            self._all_calls.append(call)
            self.begun = True
        if (name := function.get("name")) and name != call.name:  # some repeat the name with every piece
            call.name += name
        if extras := piece.get("extra_content"):
            merge(call.extras, extras)
        if arguments := function.get("arguments"):
            if not isinstance(arguments, str):
                arguments = orjson.dumps(arguments).decode()
            self._announce(call)
            call.arguments += arguments
            self._add(
                responses.ResponseFunctionCallArgumentsDeltaEvent,
                type="response.function_call_arguments.delta",
                item_id=call.item_id,
                output_index=call.place,
                delta=arguments,
            )

    def _announce(self, call: _Call) -> None:
        """Say that the call begins, once its name is whole: with its first arguments or its end."""
        if not call.announced:
            call.announced = True
            self._add_item(call.place, self._call_item(call, "in_progress"))

    def _close_call(self, call: _Call) -> None:
        self._announce(call)
        self._add(
            responses.ResponseFunctionCallArgumentsDoneEvent,
            type="response.function_call_arguments.done",
            item_id=call.item_id,
            output_index=call.place,
            name=call.name,
            arguments=call.arguments,
        )
        self._done_item(call.place, self._call_item(call, "completed"))

    def _call_item(self, call: _Call, status: Any) -> responses.ResponseFunctionToolCall:
        data = dict(self._provider_data)
        if call.extras:
            data[CALL_EXTRAS] = call.extras
        if self._message_extras and call is self._all_calls[0]:
            data[MESSAGE_EXTRAS] = self._message_extras
        return responses.ResponseFunctionToolCall(
            id=call.item_id,
            type="function_call",
            call_id=call.call_id,
            name=call.name,
            arguments=call.arguments,
            status=status,
            provider_data=data,
        )

    # Events

    def _place(self) -> int:
        self._output.append(None)
        return len(self._output) - 1

    def _add_item(self, place: int, item: Any) -> None:
        self._add(
            responses.ResponseOutputItemAddedEvent,
            type="response.output_item.added",
            output_index=place,
            item=item,
        )

    def _done_item(self, place: int, item: Any) -> None:
        self._output[place] = item
        self._add(
            responses.ResponseOutputItemDoneEvent,
            type="response.output_item.done",
            output_index=place,
            item=item,
        )

    def _add(self, kind: Any, **fields: Any) -> None:
        # Validated: with the client's types this takes 3 microseconds, and `model_construct` takes 50.
        self._events.append(kind(sequence_number=self._sequence, **fields))
        self._sequence += 1


def _thought(delta: dict[str, Any]) -> tuple[str, str] | None:
    """The reasoning in `delta` and the field it is in; servers that fill both fields say the same in them."""
    for name in ("reasoning_content", "reasoning"):
        thought = delta.get(name)
        if isinstance(thought, str) and thought:
            return thought, name
    thought = thought_of(delta.get("content"))
    return (thought, "reasoning_content") if thought else None
