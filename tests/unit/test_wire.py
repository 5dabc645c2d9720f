"""The wire fixtures that the element's tests read are the protocol: the SDK's own types read them too.

The recordings (`s01-...` to `s17-...`) are what the server says: see `tests/wire/record.py`.
"""

import json
import re
from pathlib import Path

import pytest
from chatkit.types import ChatKitReq, ThreadItem, ThreadStreamEvent
from pydantic import TypeAdapter

from tests.wire.record import transcript
from tests.wire.sequences import SEQUENCES

_WIRE = Path(__file__).parents[1] / "wire"

# Shown until the page is loaded anew, and never kept: announced, but not finished (spec E.3).
UNFINISHED = {
    "s05-assistant-message-aborted-stream-ends": {"msg_2"},
    "s06-widget-unfinished": {"msg_2"},
    "s13-error-exception": {"msg_2"},
}
# Not kept either, and shown to nobody: a call that a message overtook.
OVERTAKEN = {"s09-client-tool-overtaken": {"tc_1"}}


def recorded(name: str) -> str:
    return (_WIRE / f"{name}.sse").read_text(encoding="utf-8")


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


def test_every_sequence_is_recorded_with_the_state_it_leads_to() -> None:
    assert sorted(path.stem for path in _WIRE.glob("s[0-9][0-9]-*.sse")) == sorted(SEQUENCES)
    states = (path.name.removesuffix(".state.json") for path in _WIRE.glob("*.state.json"))
    assert sorted(states) == sorted(SEQUENCES)
    assert {name[:3] for name in SEQUENCES} == {f"s{number:02}" for number in range(18)}


@pytest.mark.parametrize("name", SEQUENCES)
async def test_the_server_says_what_is_recorded(name: str) -> None:
    said = await transcript(SEQUENCES[name])
    assert said.splitlines() == recorded(name).splitlines(), "python -m tests.wire.record records it anew"


def test_recorded_events_and_items_are_of_the_protocol() -> None:
    events = TypeAdapter[ThreadStreamEvent](ThreadStreamEvent)
    items = TypeAdapter[ThreadItem](ThreadItem)
    for name in SEQUENCES:
        for line in recorded(name).splitlines():
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                read = events.validate_python(event)
                # Nothing is said that the SDK's types do not know.
                told = read.model_dump(mode="json", exclude_none=True, context={"exclude_metadata": True})
                assert set(event) == set(told), line
            elif line.startswith(": == "):
                items.validate_json(line.removeprefix(": == "))


@pytest.mark.parametrize("name", SEQUENCES)
def test_frames_are_numbered_from_one_and_end(name: str) -> None:
    for part in re.split(r"^: -> .*\n\n", recorded(name), flags=re.MULTILINE)[1:]:
        stream = re.sub(r"^: .*\n\n", "", part, flags=re.MULTILINE)
        if not stream:
            continue
        *frames, end = stream.removesuffix("\n\n").split("\n\n")
        run = re.fullmatch(r"event: end\nid: (run_\d+):(\d+)", end)
        assert run is not None
        assert int(run[2]) == len(frames) + 1
        for number, frame in enumerate(frames, start=1):
            assert re.fullmatch(rf"id: {run[1]}:{number}\ndata: {{[^\n]*}}", frame), frame


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_page_shows_what_it_will_show_when_it_is_loaded_anew(name: str) -> None:
    lines = (line.removeprefix(": == ") for line in recorded(name).splitlines() if line.startswith(": == "))
    kept = {item["id"] for item in map(json.loads, lines) if "hidden_context" not in item["type"]}
    shown = {item["id"] for item in json.loads((_WIRE / f"{name}.state.json").read_text())["items"]}
    assert shown - kept == UNFINISHED.get(name, set()) | OVERTAKEN.get(name, set())
    assert kept - shown == set()
