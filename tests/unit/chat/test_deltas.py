"""The quick way to write a delta writes what the general one does."""

import json

from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ProgressUpdateEvent,
    ThreadItemUpdatedEvent,
)
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.chat.deltas import payload, text_delta


@given(st.text(), st.integers(0, 9))
def test_a_text_delta_is_written_as_the_sdk_writes_it(text: str, index: int) -> None:
    update = AssistantMessageContentPartTextDelta(content_index=index, delta=text)
    event = ThreadItemUpdatedEvent(item_id="msg_1", update=update)
    quick = payload(event)
    assert quick is not None
    assert b"\n" not in quick
    assert json.loads(quick) == json.loads(event.model_dump_json(by_alias=True, exclude_none=True))


def test_other_events_are_left_to_the_general_serialiser() -> None:
    assert payload(ProgressUpdateEvent(text="Searching")) is None


@given(st.text())
def test_a_text_delta_is_made_as_the_sdk_would_make_it(text: str) -> None:
    update = AssistantMessageContentPartTextDelta(content_index=0, delta=text)
    assert text_delta("msg_1", text) == ThreadItemUpdatedEvent(item_id="msg_1", update=update)
