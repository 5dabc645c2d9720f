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
    async for line in _lines(response):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            text = "\n".join(data)
            data.clear()
            if text == "[DONE]":
                return
            yield json.loads(text)


async def _lines(response: httpx.Response) -> AsyncIterator[str]:
    """Lines ended by LF or CRLF and by nothing else: httpx also splits at U+2028, which JSON may hold."""
    rest = b""
    async for chunk in response.aiter_bytes():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode()
