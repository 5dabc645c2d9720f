"""`SqlStore`: threads, their items, attachments and feedback, in the database.

Above: the ChatKit server, which knows it as `chatkit.store.Store`. Below: `engine.Database` and
`adapters.records`. Every statement names the tenant and the user of its context; what is another's
is refused exactly as what does not exist. Pages are cut by position (`seq`), never by offset, and
a deleted row leaves its position behind, so rows that come and go neither hide nor repeat others.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.store import Store, StoreItemType
from chatkit.types import Attachment, FeedbackKind, Page, ThreadItem, ThreadMetadata
from sqlalchemy import ColumnElement, Row, Select, Table, and_, delete, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from chatkeep.adapters import records
from chatkeep.adapters.sql.engine import Database
from chatkeep.adapters.sql.schema import attachments, feedback, items, threads
from chatkeep.adapters.sql.times import to_microseconds
from chatkeep.core.clock import Clock
from chatkeep.core.context import RequestContext
from chatkeep.core.ids import new_id


class SqlStore(Store[RequestContext]):
    """A ChatKit store that survives restarts and keeps people apart.

    Beyond the SDK's promises: a deleted thread stays deleted, even if a turn that is still running
    saves it again; a deleted item that is saved again returns to its old place.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

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
        async with self._database.read() as connection:
            body = await connection.scalar(select(threads.c.body).where(_thread(thread_id, context)))
        if body is None:
            raise records.missing("thread", thread_id)
        return records.load_thread(body)

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        """Insert or replace. Raises NotFoundError if the id is another's, or of a deleted thread."""
        body = records.dump_thread(thread)
        async with self._database.write() as connection:
            replaced = await connection.execute(
                update(threads).where(_thread(thread.id, context)).values(body=body)
            )
            if replaced.rowcount:
                return
            row = {
                **_owner(context),
                "id": thread.id,
                "created_at": to_microseconds(records.to_utc(thread.created_at)),
                "body": body,
            }
            try:
                await connection.execute(insert(threads).values(row))
            except IntegrityError as error:
                raise records.missing("thread", thread.id) from error

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        """Ordered by creation; `desc` puts the newest first. Raises NotFoundError on an unknown `after`."""
        position = tuple_(threads.c.created_at, threads.c.seq)
        descending = records.page_order(order) == "desc"
        size = records.page_size(limit)
        query = select(threads.c.id, threads.c.body).where(
            _owned(threads, context), threads.c.body.is_not(None)
        )
        async with self._database.read() as connection:
            if after is not None:
                named = select(threads.c.created_at, threads.c.seq).where(
                    _owned(threads, context), threads.c.id == after
                )
                row = await _position(connection, named, after)
                last = tuple_(row.created_at, row.seq)
                query = query.where(position < last if descending else position > last)
            for column in (threads.c.created_at, threads.c.seq):
                query = query.order_by(column.desc() if descending else column.asc())
            rows = (await connection.execute(query.limit(size + 1))).all()
        page = [records.load_thread(row.body) for row in rows[:size]]
        return records.ThreadPage(data=page, has_more=len(rows) > size, after=_cursor(rows, size))

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        """With its items, its feedback, and the rows of its attachments. Raises NotFoundError."""
        async with self._database.write() as connection:
            emptied = await connection.execute(
                update(threads).where(_thread(thread_id, context)).values(body=None)
            )
            if not emptied.rowcount:
                raise records.missing("thread", thread_id)
            for table in (feedback, items, attachments):
                await connection.execute(
                    delete(table).where(_owned(table, context), table.c.thread_id == thread_id)
                )

    # Items

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        """Ordered by when they were first added. Raises NotFoundError on an unknown thread or `after`."""
        descending = records.page_order(order) == "desc"
        size = records.page_size(limit)
        query = select(items.c.id, items.c.body).where(
            _owned(items, context), items.c.thread_id == thread_id, items.c.body.is_not(None)
        )
        async with self._database.read() as connection:
            await _require_thread(connection, thread_id, context)
            if after is not None:
                row = await _position(
                    connection, select(items.c.seq).where(_item(thread_id, after, context)), after
                )
                query = query.where(items.c.seq < row.seq if descending else items.c.seq > row.seq)
            query = query.order_by(items.c.seq.desc() if descending else items.c.seq.asc())
            rows = (await connection.execute(query.limit(size + 1))).all()
        page = [records.load_item(row.body) for row in rows[:size]]
        return records.ItemPage(data=page, has_more=len(rows) > size, after=_cursor(rows, size))

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Insert or replace: the SDK adds a workflow twice. Raises NotFoundError on an unknown thread."""
        body = records.dump_item(item, thread_id)
        async with self._database.write() as connection:
            await _require_thread(connection, thread_id, context)
            replaced = await connection.execute(
                update(items).where(_item(thread_id, item.id, context)).values(body=body)
            )
            if not replaced.rowcount:
                row = {**_owner(context), "thread_id": thread_id, "id": item.id, "body": body}
                await connection.execute(insert(items).values(row))

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        await self.add_thread_item(thread_id, item, context)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        async with self._database.read() as connection:
            body = await connection.scalar(select(items.c.body).where(_item(thread_id, item_id, context)))
        if body is None:
            raise records.missing("item", item_id)
        return records.load_item(body)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        """Nothing happens if the thread has no such item: the SDK also removes what it never added.

        Raises NotFoundError on an unknown thread.
        """
        async with self._database.write() as connection:
            await _require_thread(connection, thread_id, context)
            await connection.execute(
                update(items).where(_item(thread_id, item_id, context)).values(body=None)
            )
            await connection.execute(
                delete(feedback).where(
                    _owned(feedback, context),
                    feedback.c.thread_id == thread_id,
                    feedback.c.item_id == item_id,
                )
            )

    # Feedback

    async def save_feedback(
        self, thread_id: str, item_ids: Sequence[str], kind: FeedbackKind, context: RequestContext
    ) -> None:
        """The latest kind wins; ids the thread does not hold are ignored. Raises NotFoundError."""
        values = {"kind": kind, "given_at": to_microseconds(self._clock.now())}
        async with self._database.write() as connection:
            await _require_thread(connection, thread_id, context)
            for item_id in dict.fromkeys(item_ids):
                known = select(items.c.id).where(
                    _item(thread_id, item_id, context), items.c.body.is_not(None)
                )
                if await connection.scalar(known) is None:
                    continue
                key = {**_owner(context), "thread_id": thread_id, "item_id": item_id}
                same = and_(*(feedback.c[name] == value for name, value in key.items()))
                replaced = await connection.execute(update(feedback).where(same).values(values))
                if not replaced.rowcount:
                    await connection.execute(insert(feedback).values({**key, **values}))

    async def load_feedback(self, thread_id: str, context: RequestContext) -> Mapping[str, FeedbackKind]:
        """Item id -> kind, of the items that have feedback. Raises NotFoundError."""
        query = select(feedback.c.item_id, feedback.c.kind).where(
            _owned(feedback, context), feedback.c.thread_id == thread_id
        )
        async with self._database.read() as connection:
            await _require_thread(connection, thread_id, context)
            return {row.item_id: row.kind for row in await connection.execute(query)}

    # Attachments

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        """Insert or replace. Raises NotFoundError if it, or the thread it names, is another's."""
        values = {"thread_id": attachment.thread_id, "body": records.dump_attachment(attachment)}
        async with self._database.write() as connection:
            if attachment.thread_id is not None:
                await _require_thread(connection, attachment.thread_id, context)
            replaced = await connection.execute(
                update(attachments).where(_attachment(attachment.id, context)).values(values)
            )
            if replaced.rowcount:
                return
            try:
                await connection.execute(
                    insert(attachments).values({**_owner(context), "id": attachment.id, **values})
                )
            except IntegrityError as error:
                raise records.missing("attachment", attachment.id) from error

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        async with self._database.read() as connection:
            body = await connection.scalar(
                select(attachments.c.body).where(_attachment(attachment_id, context))
            )
        if body is None:
            raise records.missing("attachment", attachment_id)
        return records.load_attachment(body)

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        async with self._database.write() as connection:
            gone = await connection.execute(delete(attachments).where(_attachment(attachment_id, context)))
            if not gone.rowcount:
                raise records.missing("attachment", attachment_id)


def _owner(context: RequestContext) -> dict[str, str]:
    return {"tenant_id": context.tenant, "user_id": context.user}


def _owned(table: Table, context: RequestContext) -> ColumnElement[bool]:
    return and_(table.c.tenant_id == context.tenant, table.c.user_id == context.user)


def _thread(thread_id: str, context: RequestContext) -> ColumnElement[bool]:
    """The thread, if it is the context's and not deleted."""
    return and_(_owned(threads, context), threads.c.id == thread_id, threads.c.body.is_not(None))


def _item(thread_id: str, item_id: str, context: RequestContext) -> ColumnElement[bool]:
    """The item's row, deleted or not."""
    return and_(_owned(items, context), items.c.thread_id == thread_id, items.c.id == item_id)


def _attachment(attachment_id: str, context: RequestContext) -> ColumnElement[bool]:
    return and_(_owned(attachments, context), attachments.c.id == attachment_id)


async def _require_thread(connection: AsyncConnection, thread_id: str, context: RequestContext) -> None:
    if await connection.scalar(select(threads.c.seq).where(_thread(thread_id, context))) is None:
        raise records.missing("thread", thread_id)


async def _position(connection: AsyncConnection, query: Select[Any, Any], cursor: str) -> Row[Any, Any]:
    """Where a page goes on. The row may have been deleted since: its place is still known."""
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        raise records.missing("cursor", cursor)
    return found


def _cursor(rows: Sequence[Row[Any, Any]], size: int) -> str | None:
    """The id of the last row of a page of `size`, if `rows`, read one further, shows that more follow."""
    return rows[size - 1].id if len(rows) > size else None
