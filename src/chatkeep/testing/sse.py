"""Reading server-sent events in tests: JSON events from a streaming httpx response."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx


async def events(response: httpx.Response) -> AsyncIterator[Any]:
    """Each event's data, parsed, as it arrives; ends at `[DONE]` or with the stream.

    Use with `async with client.stream(...) as response`. Comments, ids and event names are passed over.
    """
    data: list[str] = []
    async for line in response.aiter_lines():
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            text = "\n".join(data)
            data.clear()
            if text == "[DONE]":
                return
            yield json.loads(text)
