"""A ChatKit store in memory, after the sample of the SDK's documentation: lists, and copies out of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from chatkit.store import NotFoundError, Store
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

Context = dict[str, Any]

_Row = TypeVar("_Row", ThreadMetadata, ThreadItem)


@dataclass(slots=True)
class _Kept:
    thread: ThreadMetadata
    items: list[ThreadItem] = field(default_factory=list)


class MemoryStore(Store[Context]):
    """Threads and items, gone with the process. Ids are the SDK's own."""

    def __init__(self) -> None:
        self._threads: dict[str, _Kept] = {}
        self._attachments: dict[str, Attachment] = {}

    async def load_thread(self, thread_id: str, context: Context) -> ThreadMetadata:
        return self._kept(thread_id).thread.model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: Context) -> None:
        # Without `items`: the SDK hands over a `Thread` at times, and fails when it gets one back.
        metadata = ThreadMetadata(**thread.model_dump(exclude={"items"}))
        if thread.id in self._threads:
            self._threads[thread.id].thread = metadata
        else:
            self._threads[thread.id] = _Kept(metadata)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: Context
    ) -> Page[ThreadMetadata]:
        threads = sorted((kept.thread for kept in self._threads.values()), key=lambda t: t.created_at)
        return _page(threads, limit, after, order)

    async def delete_thread(self, thread_id: str, context: Context) -> None:
        self._threads.pop(thread_id, None)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Context
    ) -> Page[ThreadItem]:
        return _page(self._kept(thread_id).items, limit, after, order)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Context) -> None:
        self._kept(thread_id).items.append(item.model_copy(deep=True))

    async def save_item(self, thread_id: str, item: ThreadItem, context: Context) -> None:
        items = self._kept(thread_id).items
        for place, kept in enumerate(items):
            if kept.id == item.id:
                items[place] = item.model_copy(deep=True)
                return
        items.append(item.model_copy(deep=True))

    async def load_item(self, thread_id: str, item_id: str, context: Context) -> ThreadItem:
        for item in self._kept(thread_id).items:
            if item.id == item_id:
                return item.model_copy(deep=True)
        raise NotFoundError(f"Item {item_id} not found")

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Context) -> None:
        kept = self._kept(thread_id)
        kept.items = [item for item in kept.items if item.id != item_id]

    async def save_attachment(self, attachment: Attachment, context: Context) -> None:
        self._attachments[attachment.id] = attachment

    async def load_attachment(self, attachment_id: str, context: Context) -> Attachment:
        try:
            return self._attachments[attachment_id]
        except KeyError:
            raise NotFoundError(f"Attachment {attachment_id} not found") from None

    async def delete_attachment(self, attachment_id: str, context: Context) -> None:
        self._attachments.pop(attachment_id, None)

    def _kept(self, thread_id: str) -> _Kept:
        try:
            return self._threads[thread_id]
        except KeyError:
            raise NotFoundError(f"Thread {thread_id} not found") from None


def _page(
    rows: Sequence[_Row], limit: int, after: str | None, order: Literal["asc", "desc"] | str
) -> Page[_Row]:
    ordered = list(rows) if order == "asc" else list(reversed(rows))
    if after is not None:
        start = next((place + 1 for place, row in enumerate(ordered) if row.id == after), 0)
        ordered = ordered[start:]
    more = len(ordered) > limit
    page = [row.model_copy(deep=True) for row in ordered[:limit]]
    return Page(data=page, has_more=more, after=page[-1].id if more else None)
