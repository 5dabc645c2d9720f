"""Asking a server as a page would: bytes in, frames out, read as JSON."""

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

from chatkit.types import ThreadItem, ThreadStreamEvent

from chatkeep.core.context import RequestContext
from chatkeep.streams import sse
from tests.wire.assistant import ME, Assistant, CountingStore, Play
from tests.wire.sequences import message

Part = Callable[[Play], AsyncGenerator[ThreadStreamEvent, None]]

START = {"type": "threads.create", "params": {"input": message("start")}}


def assistant(part: Part, store: CountingStore | None = None, **more: Any) -> Assistant:
    """A server that plays `part` in every thread that `START` begins."""
    return Assistant({"start": part}, store, **more)


async def ask(server: Assistant, request: dict[str, Any], context: RequestContext = ME) -> Any:
    """The JSON reply, or the list of the stream's events."""
    reply = await server.handle(json.dumps(request).encode(), context)
    if isinstance(reply, bytes):
        return json.loads(reply)
    frames = b"".join([some async for some in reply])
    reply.close()
    return [json.loads(payload) for payload in sse.payloads(frames)]


async def kept(store: CountingStore) -> list[ThreadItem]:
    """The items of the first thread, oldest first, hidden ones too."""
    return (await store.load_thread_items("thr_1", None, 100, "asc", ME)).data


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """The events by type, items by theirs too: `done:user_message`."""
    return [
        f"{event['type'].rpartition('.')[2]}:{event['item']['type']}" if "item" in event else event["type"]
        for event in events
    ]
