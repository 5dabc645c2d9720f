"""What strict providers refuse and lenient ones let pass: the reason, in their words, or None. Pure.

OpenAI answers each of these with HTTP 400. A client that is only ever tested against a lenient
server fails on its users' second turn.
"""

from collections.abc import Sequence
from typing import Any

FAKE_ID = "__fake_id__"

_PARTS = {
    "user": ("input_text", "input_image", "input_file", "input_audio"),
    "system": ("input_text",),
    "developer": ("input_text",),
    "assistant": ("output_text", "refusal"),
}


def refuse_completion(body: dict[str, Any]) -> str | None:
    """Why a Chat Completions request would be refused."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "Missing required parameter: 'messages'."
    return _refuse_model(body) or _refuse_content(messages) or _refuse_tools(messages)


def refuse_response(body: dict[str, Any]) -> str | None:
    """Why a Responses request would be refused."""
    items = body.get("input")
    if isinstance(items, str):
        return _refuse_model(body)
    if not isinstance(items, list) or not items:
        return "Missing required parameter: 'input'."
    return _refuse_model(body) or _refuse_ids(items) or _refuse_parts(items) or _refuse_calls(items)


def refuse_embeddings(body: dict[str, Any]) -> str | None:
    """Why a request for embeddings would be refused."""
    texts = body.get("input")
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not texts:
        return "Missing required parameter: 'input'."
    if not all(isinstance(text, str) and text for text in texts):
        return "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
    return _refuse_model(body)


def _refuse_model(body: dict[str, Any]) -> str | None:
    return None if body.get("model") else "you must provide a model parameter"


def _refuse_content(messages: Sequence[dict[str, Any]]) -> str | None:
    for n, message in enumerate(messages):
        content = message.get("content")
        if message.get("role") != "assistant" or not isinstance(content, list):
            continue
        for m, part in enumerate(content):
            if part.get("type") not in ("text", "refusal"):
                return (
                    f"Invalid value: '{part.get('type')}'. Supported values are: 'text' and 'refusal'. "
                    f"(messages[{n}].content[{m}].type)"
                )
    return None


def _refuse_tools(messages: Sequence[dict[str, Any]]) -> str | None:
    waiting: list[str] = []
    seen: set[str] = set()
    for message in messages:
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in waiting:
                return (
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding "
                    "message with 'tool_calls'."
                )
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            return _unanswered(waiting)
        waiting = [call["id"] for call in message.get("tool_calls") or []]
        if len(set(waiting)) < len(waiting) or seen & set(waiting):
            return f"Duplicate value for 'tool_call_id' of {', '.join(waiting)}."
        seen |= set(waiting)
    return _unanswered(waiting) if waiting else None


def _unanswered(waiting: Sequence[str]) -> str:
    return (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        "'tool_call_id'. The following tool_call_ids did not have response messages: " + ", ".join(waiting)
    )


def _refuse_ids(items: Sequence[dict[str, Any]]) -> str | None:
    seen: set[str] = set()
    for n, item in enumerate(items):
        identity = item.get("id")
        if identity == FAKE_ID or item.get("call_id") == FAKE_ID:
            return f"Invalid 'input[{n}].id': '{FAKE_ID}'. Expected an ID that begins with 'msg'."
        if identity in seen:
            return f"Duplicate item found with id {identity}. Remove duplicate items and try again."
        if identity:
            seen.add(identity)
    return None


def _refuse_parts(items: Sequence[dict[str, Any]]) -> str | None:
    for n, item in enumerate(items):
        allowed = _PARTS.get(item.get("role", ""))
        content = item.get("content")
        if allowed is None or not isinstance(content, list):
            continue
        for m, part in enumerate(content):
            if part.get("type") not in allowed:
                supported = ", ".join(f"'{name}'" for name in allowed)
                return (
                    f"Invalid value: '{part.get('type')}'. Supported values are: {supported}. "
                    f"(input[{n}].content[{m}].type)"
                )
    return None


def _refuse_calls(items: Sequence[dict[str, Any]]) -> str | None:
    calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
    results = [item["call_id"] for item in items if item.get("type") == "function_call_output"]
    for call_id in results:
        if call_id not in calls:
            return f"No tool call found for function call output with call_id {call_id}."
    for call_id in calls:
        if call_id not in results:
            return f"No tool output found for function call {call_id}."
    return None
