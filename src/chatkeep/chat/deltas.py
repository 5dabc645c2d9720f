"""Text deltas: nearly all events are one, so they are made and written without the general machinery.

Above: `chat.translate` makes them, `chat.server` writes them. Pure. Tests hold both to what ChatKit's own do.
"""

import orjson
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

from chatkeep.core.trusted import trusted

_KIND = "assistant_message.content_part.text_delta"


def text_delta(item_id: str, text: str) -> ThreadItemUpdatedEvent:
    """More text of the first part of message `item_id`."""
    update = trusted(AssistantMessageContentPartTextDelta, {"type": _KIND, "content_index": 0, "delta": text})
    return trusted(
        ThreadItemUpdatedEvent, {"type": "thread.item.updated", "item_id": item_id, "update": update}
    )


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
