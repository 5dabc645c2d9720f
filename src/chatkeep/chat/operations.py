"""The operations: ChatKit's own, and the two that make an answer outlive its connection. Pure.

Above: `chat.server` carries them out. `threads.resume` and `threads.stop` go to the same endpoint as all
others, so that a page's own `fetch`, login and proxies work for them too (docs/reference/turn-engine.md).
"""

import hashlib
from functools import cache
from typing import Annotated, Literal

from chatkit.types import (
    BaseReq,
    NonStreamingReq,
    StreamingReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    UserMessageInput,
    UserMessageTagContent,
)
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from chatkeep.core.errors import InvalidInput, MalformedInput

_KEY_LENGTH = 255


class ResumeParams(BaseModel):
    thread_id: str
    after: str | None = None


class ThreadsResumeReq(BaseReq):
    """Read a run on from where the connection was lost: `after` is the last id received, `<run>:<seq>`."""

    type: Literal["threads.resume"] = "threads.resume"
    params: ResumeParams


class StopParams(BaseModel):
    thread_id: str
    run_id: str | None = None


class ThreadsStopReq(BaseReq):
    """Stop the thread's active run, if it is `run_id` or `run_id` is not given."""

    type: Literal["threads.stop"] = "threads.stop"
    params: StopParams


Operation = StreamingReq | NonStreamingReq | ThreadsResumeReq | ThreadsStopReq


@cache
def new_parser() -> TypeAdapter[Operation]:
    """Reads any operation. Building it takes some 30 ms: once a process is enough (SDK fault 15)."""
    return TypeAdapter(Annotated[Operation, Field(discriminator="type")])


def parse(parser: TypeAdapter[Operation], body: bytes) -> Operation:
    """The operation in `body`.

    Raises:
        MalformedInput: it is not JSON.
        InvalidInput: it is not an operation with the parameters it needs.
    """
    try:
        request = parser.validate_json(body)
    except ValidationError as error:
        raise _refusal(error) from None
    if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
        _require_words(request.params.input)
    return request


def is_resumable(request: StreamingReq) -> bool:
    """Whether the client said that it resumes: then losing its connection means nothing."""
    return request.metadata.get("resumable") is True


def idempotency_key(request: StreamingReq, header: str | None) -> str | None:
    """The key under which the request is done once, from its metadata or else from the header.

    Raises:
        InvalidInput: it is no text of at most 255 characters.
    """
    key = request.metadata.get("idempotency_key", header)
    if key is None:
        return None
    if not isinstance(key, str) or not 0 < len(key) <= _KEY_LENGTH:
        raise InvalidInput(f"The idempotency key must be a text of 1 to {_KEY_LENGTH} characters.")
    return key


def digest(body: bytes) -> str:
    """Tells one request from another."""
    return hashlib.sha256(body).hexdigest()


def _require_words(message: UserMessageInput) -> None:
    has_words = any(isinstance(part, UserMessageTagContent) or part.text.strip() for part in message.content)
    if not has_words and not message.attachments:
        raise InvalidInput("The message is empty: write something, or attach a file.")


def _refusal(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return MalformedInput(f"The request body is not JSON: {first['msg'].removeprefix('Invalid JSON: ')}.")
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return InvalidInput("The request's `type` is missing or names no ChatKit operation.")
    where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    return InvalidInput(f"{where}: {first['msg']}.")
