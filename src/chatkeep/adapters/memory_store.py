"""`MemoryStore`: a ChatKit store without a disk, for tests, benchmarks and throw-away servers.

Above: whoever wants a `chatkit.store.Store` that leaves nothing behind. Below: `adapters.records`.
Records are kept as the JSON text the database keeps, so nothing it hands out is shared, and both
stores keep and lose exactly the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from chatkit.store import Store, StoreItemType
from chatkit.types import Attachment, FeedbackKind, Page, ThreadItem, ThreadMetadata
from typing_extensions import override

from chatkeep.adapters import records
from chatkeep.core.clock import Clock
from chatkeep.core.context import RequestContext
from chatkeep.core.ids import TenantId, UserId, new_id

_Owner = tuple[TenantId, UserId]


@dataclass(slots=True)
class _Item:
    """`body` is None once deleted; the place remains, for the cursors' sake."""

    body: str | None


@dataclass(slots=True)
class _Thread:
    owner: _Owner
    position: tuple[datetime, int]
    body: str | None
    items: dict[str, _Item] = field(default_factory=dict)
    feedback: dict[str, FeedbackKind] = field(default_factory=dict)


@dataclass(slots=True)
class _Attachment:
    owner: _Owner
    thread_id: str | None
    body: str


class MemoryStore(Store[RequestContext]):
    """Like `SqlStore` in everything but memory: gone with the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sequence: Iterator[int] = count()
        self._threads: dict[str, _Thread] = {}
        self._attachments: dict[str, _Attachment] = {}

    @override
    def generate_thread_id(self, context: RequestContext) -> str:
        return new_id(records.ITEM_PREFIXES["thread"], self._clock)

    @override
    def generate_item_id(
        self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext
    ) -> str:
        return new_id(records.ITEM_PREFIXES[item_type], self._clock)

    # Threads

    async def load_thread(self, thread_id: str, context: RequestContext) -> ThreadMetadata:
        body = self._thread(thread_id, context).body
        if body is None:
            raise records.missing("thread", thread_id)
        return records.load_thread(body)

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        body = records.dump_thread(thread)
        if thread.id in self._threads:
            self._thread(thread.id, context).body = body
            return
        position = (records.to_utc(thread.created_at), next(self._sequence))
        self._threads[thread.id] = _Thread(owner=_owner(context), position=position, body=body)

    async def save_new_thread(
        self, thread: ThreadMetadata, item: ThreadItem, context: RequestContext
    ) -> None:
        records.dump_item(item, thread.id)  # what cannot be kept is refused before anything is
        await self.save_thread(thread, context)
        await self.add_thread_item(thread.id, item, context)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        own = {key: value for key, value in self._threads.items() if value.owner == _owner(context)}
        rows = [(key, own[key].body) for key in sorted(own, key=lambda key: own[key].position)]
        page, after = _page(rows, limit, after, order)
        return records.ThreadPage(
            data=[records.load_thread(body) for body in page], has_more=after is not None, after=after
        )

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        thread = self._thread(thread_id, context)
        thread.body = None
        thread.items.clear()
        thread.feedback.clear()
        for attachment_id in [key for key, kept in self._attachments.items() if kept.thread_id == thread_id]:
            del self._attachments[attachment_id]

    # Items

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        rows = [(key, item.body) for key, item in self._thread(thread_id, context).items.items()]
        page, after = _page(rows, limit, after, order)
        return records.ItemPage(
            data=[records.load_item(body) for body in page], has_more=after is not None, after=after
        )

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        body = records.dump_item(item, thread_id)
        self._thread(thread_id, context).items.setdefault(item.id, _Item(body)).body = body

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        await self.add_thread_item(thread_id, item, context)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        item = self._thread(thread_id, context).items.get(item_id)
        if item is None or item.body is None:
            raise records.missing("item", item_id)
        return records.load_item(item.body)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        thread = self._thread(thread_id, context)
        thread.feedback.pop(item_id, None)
        if item_id in thread.items:
            thread.items[item_id].body = None

    # Feedback

    async def save_feedback(
        self, thread_id: str, item_ids: Sequence[str], kind: FeedbackKind, context: RequestContext
    ) -> None:
        thread = self._thread(thread_id, context)
        live = {key for key, item in thread.items.items() if item.body is not None}
        thread.feedback.update(dict.fromkeys(live.intersection(item_ids), kind))

    async def load_feedback(self, thread_id: str, context: RequestContext) -> Mapping[str, FeedbackKind]:
        return dict(self._thread(thread_id, context).feedback)

    # Attachments

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        body = records.dump_attachment(attachment)
        if attachment.thread_id is not None:
            self._thread(attachment.thread_id, context)
        if attachment.id in self._attachments:
            self._attachment(attachment.id, context)
        self._attachments[attachment.id] = _Attachment(_owner(context), attachment.thread_id, body)

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        return records.load_attachment(self._attachment(attachment_id, context).body)

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        self._attachment(attachment_id, context)
        del self._attachments[attachment_id]

    def _thread(self, thread_id: str, context: RequestContext) -> _Thread:
        thread = self._threads.get(thread_id)
        if thread is None or thread.owner != _owner(context) or thread.body is None:
            raise records.missing("thread", thread_id)
        return thread

    def _attachment(self, attachment_id: str, context: RequestContext) -> _Attachment:
        attachment = self._attachments.get(attachment_id)
        if attachment is None or attachment.owner != _owner(context):
            raise records.missing("attachment", attachment_id)
        return attachment


def _owner(context: RequestContext) -> _Owner:
    return context.tenant, context.user


def _page(
    rows: Sequence[tuple[str, str | None]], limit: int, after: str | None, order: str
) -> tuple[list[str], str | None]:
    """The bodies of a page of `rows` (id and body in ascending order), and the cursor if more follow."""
    ordered = list(rows) if records.page_order(order) == "asc" else list(reversed(rows))
    size = records.page_size(limit)
    if after is not None:
        places = [place for place, (key, _) in enumerate(ordered) if key == after]
        if not places:
            raise records.missing("cursor", after)
        ordered = ordered[places[0] + 1 :]
    live = [(key, body) for key, body in ordered if body is not None]
    return [body for _, body in live[:size]], live[size - 1][0] if len(live) > size else None
