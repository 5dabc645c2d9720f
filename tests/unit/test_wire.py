"""The wire fixtures that the element's tests read are the protocol: the SDK's own types read them too."""

import json
from pathlib import Path

import pytest
from chatkit.types import ChatKitReq, ThreadItem, ThreadStreamEvent
from pydantic import TypeAdapter

_WIRE = Path(__file__).parents[1] / "wire"


@pytest.mark.parametrize("name", ["new_thread.sse", "client_tool_output.sse"])
def test_recorded_streams_are_thread_events(name: str) -> None:
    events = TypeAdapter[ThreadStreamEvent](ThreadStreamEvent)
    lines = [line for line in (_WIRE / name).read_text().splitlines() if line.startswith("data: ")]
    assert lines
    for line in lines:
        events.validate_json(line.removeprefix("data: "))


@pytest.mark.parametrize(
    ("name", "adapter"),
    [
        ("events.json", TypeAdapter[ThreadStreamEvent](ThreadStreamEvent)),
        ("items.json", TypeAdapter[ThreadItem](ThreadItem)),
        ("requests.json", TypeAdapter[ChatKitReq](ChatKitReq)),
    ],
)
def test_recorded_objects_are_of_the_protocol(name: str, adapter: TypeAdapter[object]) -> None:
    recorded = json.loads((_WIRE / name).read_text())
    assert recorded
    for each in recorded.values() if isinstance(recorded, dict) else recorded:
        adapter.validate_python(each)
