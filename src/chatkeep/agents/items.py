"""The Agents SDK's objects that a Chat Completions answer is made into. Pure.

Above: `answer` fills them, `streaming` hands them to the SDK's runner.
"""

import time
import uuid
from typing import Any

import agents as sdk
from agents.items import TResponseOutputItem
from openai.types import responses
from openai.types.responses import response_usage


def model_response(
    output: list[TResponseOutputItem], usage: responses.ResponseUsage | None
) -> sdk.ModelResponse:
    """A whole answer, as the SDK's runner takes it."""
    tokens = sdk.Usage(requests=1)
    if usage is not None:
        tokens = sdk.Usage(
            requests=1,
            input_tokens=usage.input_tokens or 0,
            output_tokens=usage.output_tokens or 0,
            total_tokens=usage.total_tokens or 0,
            input_tokens_details=usage.input_tokens_details,
            output_tokens_details=usage.output_tokens_details,
        )
    return sdk.ModelResponse(output=output, usage=tokens, response_id=None)


def output_text(text: str, annotations: list[Any] | None = None) -> responses.ResponseOutputText:
    """What the model said."""
    return responses.ResponseOutputText(
        text=text, type="output_text", annotations=annotations or [], logprobs=[]
    )


def counted(usage: dict[str, Any]) -> responses.ResponseUsage:
    """Tokens, from the `usage` of a completion."""
    sent, said = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    sent_details = usage.get("prompt_tokens_details") or {}
    said_details = usage.get("completion_tokens_details") or {}
    return responses.ResponseUsage(
        input_tokens=sent,
        output_tokens=said,
        total_tokens=usage.get("total_tokens") or sent + said,
        input_tokens_details=response_usage.InputTokensDetails(
            cached_tokens=sent_details.get("cached_tokens") or 0,
            cache_write_tokens=sent_details.get("cache_write_tokens") or 0,
        ),
        output_tokens_details=response_usage.OutputTokensDetails(
            reasoning_tokens=said_details.get("reasoning_tokens") or 0
        ),
    )


def new_response(model: str) -> responses.Response:
    """A response that begins."""
    return responses.Response(
        id=new_id("resp"),
        created_at=time.time(),
        model=model,
        object="response",
        output=[],
        parallel_tool_calls=False,
        tool_choice="auto",
        tools=[],
        status="in_progress",
    )


def new_id(prefix: str) -> str:
    """An id that nobody else has."""
    return f"{prefix}_{uuid.uuid4().hex}"
