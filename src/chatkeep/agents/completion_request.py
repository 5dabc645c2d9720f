"""What is sent to a Chat Completions API, from what the Agents SDK asks of a model. Pure.

Above: `completions` sends it. The SDK's own converter does the translating; here is what it leaves out.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import agents as sdk
import orjson
from agents.agent_output import AgentOutputSchemaBase
from agents.models.chatcmpl_converter import Converter
from openai import Omit
from pydantic import BaseModel

# Where a tool call's `provider_data` keeps what a provider wants back unread with it, such as Gemini's
# `thought_signature`, and what it wants back with the message that made the call.
CALL_EXTRAS = "extra_content"
MESSAGE_EXTRAS = "message_extras"

_PLAIN_SETTINGS = (
    "temperature",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "max_tokens",
    "store",
    "verbosity",
    "top_logprobs",
    "prompt_cache_retention",
    "prompt_cache_options",
    "metadata",
)


def request_body(
    model: str,
    system_instructions: str | None,
    items: str | list[sdk.TResponseInputItem],
    settings: sdk.ModelSettings,
    tools: Sequence[sdk.Tool],
    output_schema: AgentOutputSchemaBase | None,
    handoffs: Sequence[sdk.Handoff[Any, Any]],
    base_url: str,
) -> dict[str, Any]:
    """The JSON of one request, as `OpenAIChatCompletionsModel` would word it, not streamed.

    Raises:
        UserError: something was asked that Chat Completions cannot do.
        TypeError: `extra_args` repeats what a setting has already said.
    """
    messages: list[Any] = Converter.items_to_messages(items, model=model, base_url=base_url)
    if not isinstance(items, str):
        _give_back(messages, items, model)
    if system_instructions:
        messages.insert(0, {"role": "system", "content": system_instructions})
    offered: list[Any] = [Converter.tool_to_openai(tool) for tool in tools]
    offered += [Converter.convert_handoff_tool(handoff) for handoff in handoffs]
    asked: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "tools": offered or None,
        # Refused by OpenAI when there is nothing to call.
        "parallel_tool_calls": settings.parallel_tool_calls if offered else None,
        "tool_choice": _given(Converter.convert_tool_choice(settings.tool_choice)),
        "response_format": _given(Converter.convert_response_format(output_schema)),
        "reasoning_effort": settings.reasoning.effort if settings.reasoning else None,
        **{name: getattr(settings, name) for name in _PLAIN_SETTINGS},
    }
    body = {name: value for name, value in asked.items() if value is not None}
    extra = settings.extra_args or {}
    if settings.top_logprobs is not None and "logprobs" not in extra:
        body["logprobs"] = True
    if twice := sorted(body.keys() & extra.keys()):
        raise TypeError(f"extra_args repeats what the settings say: {', '.join(twice)}.")
    extra_body = settings.extra_body if isinstance(settings.extra_body, dict) else {}
    return {**body, **extra, **extra_body}


def encode(body: dict[str, Any]) -> bytes:
    """`body` as JSON."""
    return orjson.dumps(body, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _given(value: Any) -> Any:
    return None if isinstance(value, Omit) else value


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON.")


def _give_back(messages: list[Any], items: Sequence[Any], model: str) -> None:
    """Put what came with tool calls back where it came from, if it is this model's own."""
    kept: dict[str, dict[str, Any]] = {}
    for item in items:
        if isinstance(item, dict) and item.get("type") == "function_call":
            data = item.get("provider_data")
            if isinstance(data, dict) and data.get("model") == model:
                kept[item["call_id"]] = data
    if not kept:
        return
    for message in messages:
        for call in message.get("tool_calls") or ():
            data = kept.get(call["id"], {})
            if extras := data.get(CALL_EXTRAS):
                call["extra_content"] = extras
            message.update(data.get(MESSAGE_EXTRAS) or {})
