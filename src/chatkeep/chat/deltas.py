"""Text deltas on the wire: nearly all events are one, so this one is written without the general serialiser.

Above: `chat.server`. Pure. A test holds it to what the general one writes.
"""

import orjson
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

_KIND = "assistant_message.content_part.text_delta"


def payload(event: ThreadStreamEvent) -> bytes | None:
    """The JSON of a text delta; None for any other event."""
    if type(event) is not ThreadItemUpdatedEvent or type(event.update) is not (
        AssistantMessageContentPartTextDelta
    ):
        return None
    update = event.update
    return orjson.dumps(
        {
            "type": "thread.item.updated",
            "item_id": event.item_id,
            "update": {"type": _KIND, "content_index": update.content_index, "delta": update.delta},
        }
    )
