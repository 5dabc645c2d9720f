"""A reply, spelt in the Responses dialect: the whole sequence of typed events. Pure."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from chatkeep.testing.script import Frame, Reply, ToolCall, Usage


def response(reply: Reply, model: str, usage: Usage, answer_id: str) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    return _response(model, answer_id, "completed", _output(reply, answer_id), usage)


def frames(reply: Reply, model: str, usage: Usage, answer_id: str) -> list[Frame]:
    """The stream: created, in progress, each item from added to done, completed."""
    sequence = count()

    def frame(event: dict[str, Any], content: bool = False) -> Frame:
        numbered = {"type": event["type"], "sequence_number": next(sequence), **event}
        return Frame(json.dumps(numbered), event=event["type"], content=content)

    started = _response(model, answer_id, "in_progress", [], None)
    result = [frame({"type": f"response.{name}", "response": started}) for name in ("created", "in_progress")]
    output = _output(reply, answer_id)
    for index, item in enumerate(output):
        for event, content in _item_events(item, index, reply):
            result.append(frame(event, content))
    completed = _response(model, answer_id, "completed", output, usage)
    result.append(frame({"type": "response.completed", "response": completed}))
    return result


def _item_events(item: dict[str, Any], index: int, reply: Reply) -> Iterator[tuple[dict[str, Any], bool]]:
    opened = {**item, "status": "in_progress"}
    match item["type"]:
        case "message":
            opened["content"] = []
            inner = _message_events(item, index, reply)
        case "function_call":
            opened["arguments"] = ""
            inner = _call_events(item, index)
        case _:
            opened["summary"] = []
            inner = _reasoning_events(item, index)
    yield {"type": "response.output_item.added", "output_index": index, "item": opened}, False
    yield from inner
    yield {"type": "response.output_item.done", "output_index": index, "item": item}, False


def _message_events(item: dict[str, Any], index: int, reply: Reply) -> Iterator[tuple[dict[str, Any], bool]]:
    for part_index, part in enumerate(item["content"]):
        place = {"item_id": item["id"], "output_index": index, "content_index": part_index}
        field = "text" if part["type"] == "output_text" else "refusal"
        pieces = reply.pieces if field == "text" else [reply.refusal]
        more: dict[str, Any] = {"logprobs": []} if field == "text" else {}
        yield {"type": "response.content_part.added", **place, "part": {**part, field: ""}}, False
        name = f"response.{part['type']}"
        for piece in pieces:
            yield {"type": f"{name}.delta", **place, "delta": piece, **more}, True
        yield {"type": f"{name}.done", **place, field: part[field], **more}, False
        yield {"type": "response.content_part.done", **place, "part": part}, False


def _call_events(item: dict[str, Any], index: int) -> Iterator[tuple[dict[str, Any], bool]]:
    place = {"item_id": item["id"], "output_index": index}
    arguments: str = item["arguments"]
    middle = (len(arguments) + 1) // 2
    name = "response.function_call_arguments"
    for part in (arguments[:middle], arguments[middle:]):
        if part:
            yield {"type": f"{name}.delta", **place, "delta": part}, True
    yield {"type": f"{name}.done", **place, "arguments": arguments, "name": item["name"]}, False


def _reasoning_events(item: dict[str, Any], index: int) -> Iterator[tuple[dict[str, Any], bool]]:
    place = {"item_id": item["id"], "output_index": index, "summary_index": 0}
    [part] = item["summary"]
    name = "response.reasoning_summary"
    yield {"type": f"{name}_part.added", **place, "part": {**part, "text": ""}}, False
    yield {"type": f"{name}_text.delta", **place, "delta": part["text"]}, False
    yield {"type": f"{name}_text.done", **place, "text": part["text"]}, False
    yield {"type": f"{name}_part.done", **place, "part": part}, False


def _output(reply: Reply, answer_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if reply.reasoning:
        summary = [{"type": "summary_text", "text": reply.reasoning}]
        items.append({"id": f"rs_{answer_id}", "type": "reasoning", "summary": summary})
    content: list[dict[str, Any]] = []
    if reply.whole:
        content.append({"type": "output_text", "text": reply.whole, "annotations": [], "logprobs": []})
    if reply.refusal:
        content.append({"type": "refusal", "refusal": reply.refusal})
    if content or not reply.tool_calls:
        items.append(
            {
                "id": f"msg_{answer_id}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": content,
            }
        )
    items += [_call(call, n, answer_id) for n, call in enumerate(reply.tool_calls)]
    return items


def _call(call: ToolCall, n: int, answer_id: str) -> dict[str, Any]:
    return {
        "id": f"fc_{answer_id}_{n}",
        "type": "function_call",
        "status": "completed",
        "call_id": call.call_id or f"call_{n}",
        "name": call.name,
        "arguments": call.arguments,
    }


def _response(
    model: str, answer_id: str, status: str, output: list[dict[str, Any]], usage: Usage | None
) -> dict[str, Any]:
    return {
        "id": f"resp_{answer_id}",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": None if usage is None else _usage(usage),
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
