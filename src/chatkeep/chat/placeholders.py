"""Placeholders: the one id that the Agents SDK gives to every answer and call of a Chat Completions model.

Above: `chat.server` puts every event of an assistant through here. Pure.
Kept as it is, the second answer of a thread would overwrite the first, and a guardrail that takes the second
back would delete both (SDK faults 1, 3 and 4; spec E.8 #9). So each item gets an id of its own, the same in
all events that are about it.
"""

from collections.abc import Callable

from agents.models.fake_id import FAKE_RESPONSES_ID
from chatkit.store import StoreItemType
from chatkit.types import (
    ClientToolCallItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)


class Placeholders:
    """The ids behind the placeholder in one turn.

    Args:
        new_id: mints an id for an item of that kind.
    """

    def __init__(self, new_id: Callable[[StoreItemType], str]) -> None:
        self._new_id = new_id
        self._open: str | None = None
        self._minted: list[str] = []

    def replace(self, event: ThreadStreamEvent) -> tuple[ThreadStreamEvent, ...]:
        """`event` with the ids that are meant: several where it takes back all that bear the placeholder."""
        match event:
            case ThreadItemUpdatedEvent():
                if event.item_id == FAKE_RESPONSES_ID and self._open is not None:
                    return (event.model_copy(update={"item_id": self._open}),)
            case ThreadItemAddedEvent() | ThreadItemDoneEvent() | ThreadItemReplacedEvent():
                if event.item.id == FAKE_RESPONSES_ID:
                    item = event.item.model_copy(update={"id": self._id_of(event)})
                    return (event.model_copy(update={"item": item}),)
            case ThreadItemRemovedEvent() if event.item_id == FAKE_RESPONSES_ID:
                minted, self._minted, self._open = self._minted, [], None
                return tuple(ThreadItemRemovedEvent(item_id=id_) for id_ in minted)
            case _:
                pass
        return (event,)

    def _id_of(self, event: ThreadItemAddedEvent | ThreadItemDoneEvent | ThreadItemReplacedEvent) -> str:
        if isinstance(event.item, ClientToolCallItem):
            return self._mint("tool_call")  # it comes all at once, perhaps while a message is open
        if isinstance(event, ThreadItemAddedEvent):
            self._open = self._mint("message")
            return self._open
        meant = self._open or self._mint("message")
        self._open = None
        return meant

    def _mint(self, kind: StoreItemType) -> str:
        self._minted.append(self._new_id(kind))
        return self._minted[-1]
