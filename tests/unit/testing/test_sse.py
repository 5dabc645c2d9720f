from typing import Any

import httpx
import pytest

from chatkeep.testing import events


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'data: {"a": 1}\n\ndata: {"a": 2}\n\n', [{"a": 1}, {"a": 2}]),
        (b': ping\n\nid: 7\nevent: x\ndata: {"a": 1}\n\n', [{"a": 1}]),
        (b'data: {"a":\ndata: 1}\r\n\r\n', [{"a": 1}]),
        (b'data:{"a": 1}\n\ndata: [DONE]\n\ndata: {"a": 2}\n\n', [{"a": 1}]),
        ('data: "ü\u2028"\n\n'.encode(), ["ü\u2028"]),
        (b'data: {"a": 1}', []),  # cut off before the end of the event
    ],
)
async def test_events_are_read(body: bytes, read: list[Any]) -> None:
    assert [event async for event in events(httpx.Response(200, content=body))] == read
