"""Endings: what becomes of a turn that did not come to its own end.

Above: `chat.server` asks when a turn is stopped, when its worker died, and when somebody comes back.
Pure.
"""

from collections.abc import Sequence
from datetime import datetime

from chatkit.types import (
    AssistantMessageItem,
    ErrorEvent,
    HiddenContextItem,
    SDKHiddenContextItem,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadStreamEvent,
    UserMessageItem,
)

# The SDK's words: what people built on it to recognise a stopped turn by keeps working.
STOPPED = "The user cancelled the stream. Stop responding to the prior request."
BROKEN_OFF = "The answer was broken off by a fault of the server. The user may ask again."


def said(pending: Sequence[ThreadItem]) -> list[AssistantMessageItem]:
    """The unfinished messages that hold at least a word: they are kept, the rest is not (spec A.16)."""
    return [
        item
        for item in pending
        if isinstance(item, AssistantMessageItem) and any(part.text.strip() for part in item.content)
    ]


def closing(pending: Sequence[ThreadItem]) -> list[ThreadStreamEvent]:
    """The events that tell followers what became of unfinished items."""
    kept = said(pending)
    return [
        ThreadItemDoneEvent(item=item) if item in kept else ThreadItemRemovedEvent(item_id=item.id)
        for item in pending
    ]


def broken_off() -> ErrorEvent:
    """What people see of a turn that the server, and not they, ended."""
    return ErrorEvent(
        code="custom",
        message="The server was interrupted before the answer was complete. What had been said is kept.",
        allow_retry=True,
    )


def note(item_id: str, thread_id: str, now: datetime, words: str) -> SDKHiddenContextItem:
    """A hidden item that tells the model, and us, how the turn ended."""
    return SDKHiddenContextItem(id=item_id, thread_id=thread_id, created_at=now, content=words)


def is_broken_off(newest_first: Sequence[ThreadItem]) -> bool:
    """Whether the thread's last turn was broken off: it says so, or nothing follows the question."""
    newest = newest_first[0] if newest_first else None
    if isinstance(newest, SDKHiddenContextItem):
        return newest.content == BROKEN_OFF
    return isinstance(newest, UserMessageItem)


def is_hidden(item: ThreadItem) -> bool:
    return isinstance(item, HiddenContextItem | SDKHiddenContextItem)


def is_about_hidden(event: ThreadStreamEvent) -> bool:
    """Whether the event carries a hidden item: the SDK keeps back only the finished ones (spec A.8)."""
    match event:
        case ThreadItemAddedEvent() | ThreadItemDoneEvent() | ThreadItemReplacedEvent():
            return is_hidden(event.item)
        case _:
            return False


def retold(newest_first: Sequence[ThreadItem], pending: Sequence[ThreadItem]) -> list[ThreadStreamEvent]:
    """The turn so far in as few events as there are items."""
    unfinished = {item.id for item in pending}
    finished = [item for item in reversed(newest_first) if not is_hidden(item) and item.id not in unfinished]
    return [
        *(ThreadItemDoneEvent(item=item) for item in finished),
        *(ThreadItemAddedEvent(item=item) for item in pending),
    ]
