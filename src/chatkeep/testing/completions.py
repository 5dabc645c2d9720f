"""A reply, spelt in the Chat Completions dialect, as providers stream it. Pure."""

import json
from typing import Any

from chatkeep.testing.script import Frame, Reply, ToolCall, Usage

DONE = Frame("[DONE]")


def completion(reply: Reply, model: str, usage: Usage, answer_id: str) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.whole or None}
    message["refusal"] = reply.refusal or None
    if reply.reasoning:
        message[reply.reasoning_field] = reply.reasoning
    if reply.tool_calls:
        message["tool_calls"] = [_call(call, n) for n, call in enumerate(reply.tool_calls)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
    head = _head(model, answer_id, "chat.completion")
    return {**head, "choices": [choice], "usage": _usage(usage)}


def frames(reply: Reply, model: str, usage: Usage | None, answer_id: str) -> list[Frame]:
    """The stream: role first, deltas, the finish reason, usage if it was asked for, `[DONE]`."""
    if reply.raw:
        return [Frame("", content=True, raw=piece) for piece in reply.raw]
    head = _head(model, answer_id, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], finish: str | None = None, content: bool = False) -> Frame:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return Frame(json.dumps({**head, "choices": [choice]}), content=content)

    result = [chunk({"role": "assistant", "content": "", "refusal": None})]
    if reply.reasoning:
        result.append(chunk({reply.reasoning_field: reply.reasoning}))
    result += [chunk({"content": piece}, content=True) for piece in reply.pieces]
    if reply.refusal:
        result.append(chunk({"refusal": reply.refusal}, content=True))
    for n, call in enumerate(reply.tool_calls):
        whole = _call(call, n)
        opening = {**whole, "index": n, "function": {"name": call.name, "arguments": ""}}
        result.append(chunk({"tool_calls": [opening]}, content=True))
        for part in _halves(call.arguments):
            delta = {"index": n, "function": {"arguments": part}}
            result.append(chunk({"tool_calls": [delta]}, content=True))
    result.append(chunk({}, _finish(reply)))
    if usage is not None:
        result.append(Frame(json.dumps({**head, "choices": [], "usage": _usage(usage)})))
    return [*result, DONE]


def _head(model: str, answer_id: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{answer_id}", "object": kind, "created": 1_700_000_000, "model": model}


def _call(call: ToolCall, n: int) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    made = {"id": call.call_id or f"call_{n}", "type": "function", "function": function}
    if call.signature:
        made["extra_content"] = {"google": {"thought_signature": call.signature}}
    return made


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.tool_calls else "stop"


def _halves(text: str) -> list[str]:
    middle = (len(text) + 1) // 2
    return [part for part in (text[:middle], text[middle:]) if part]


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
