"""`SqlStore`: threads, their items, attachments and feedback, in the database.

Above: the ChatKit server, which knows it as `chatkit.store.Store`. Below: `engine.Database` and
`adapters.records`. Every statement names the tenant and the user of its context; what is another's
is refused exactly as what does not exist. Pages are cut by position (`seq`), never by offset, and
a deleted row leaves its position behind, so rows that come and go neither hide nor repeat others.

The statements are built once, here: putting one together costs several times what SQLite takes to
carry it out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.store import Store, StoreItemType
from chatkit.types import Attachment, FeedbackKind, Page, ThreadItem, ThreadMetadata
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from chatkeep.adapters import records
from chatkeep.adapters.sql.engine import Database
from chatkeep.adapters.sql.prepared import Prepared
from chatkeep.adapters.sql.schema import attachments, feedback, items, threads
from chatkeep.adapters.sql.times import to_microseconds
from chatkeep.core.clock import Clock
from chatkeep.core.context import RequestContext
from chatkeep.core.ids import new_id


def _owned(table: Table) -> ColumnElement[bool]:
    return and_(table.c.tenant_id == bindparam("tenant"), table.c.user_id == bindparam("user"))


# A thread that is the context's and not deleted; an item's row, deleted or not.
_THREAD = and_(_owned(threads), threads.c.id == bindparam("thread"), threads.c.body.is_not(None))
_ITEM = and_(_owned(items), items.c.thread_id == bindparam("thread"), items.c.id == bindparam("item"))
_ITEMS = and_(_owned(items), items.c.thread_id == bindparam("thread"))
_ATTACHMENT = and_(_owned(attachments), attachments.c.id == bindparam("attachment"))
_FEEDBACK = and_(
    _owned(feedback),
    feedback.c.thread_id == bindparam("thread"),
    feedback.c.item_id == bindparam("item"),
)

_FIND_THREAD = select(threads.c.seq).where(_THREAD)
_LOAD_THREAD = select(threads.c.body).where(_THREAD)
# Whatever else holds the id, another's thread or a deleted one, stays as it is: then no row is written.
_NEW_THREAD = insert(threads).values(
    {name: bindparam(name) for name in ("tenant_id", "user_id", "id", "created_at", "body")}
)
_SAVE_THREAD = Prepared(
    _NEW_THREAD.on_conflict_do_update(
        index_elements=[threads.c.id],
        set_={"body": _NEW_THREAD.excluded.body},
        where=and_(
            threads.c.tenant_id == _NEW_THREAD.excluded.tenant_id,
            threads.c.user_id == _NEW_THREAD.excluded.user_id,
            threads.c.body.is_not(None),
        ),
    )
)
_EMPTY_THREAD = update(threads).where(_THREAD).values(body=None)
_EMPTIED = [
    delete(table).where(_owned(table), table.c.thread_id == bindparam("thread"))
    for table in (feedback, items, attachments)
]
_FIND_CURSOR_THREAD = select(threads.c.created_at, threads.c.seq).where(
    _owned(threads), threads.c.id == bindparam("after")
)

_LOAD_ITEM = select(items.c.body).where(_ITEM)
_FIND_ITEM = select(items.c.id).where(_ITEM, items.c.body.is_not(None))
# An item in the context's thread, new or in place of its former self; no row is written if the thread is not.
_NEW_ITEM = insert(items).from_select(
    ["tenant_id", "user_id", "thread_id", "id", "body"],
    select(
        threads.c.tenant_id, threads.c.user_id, threads.c.id, bindparam("item"), bindparam("new_body")
    ).where(_THREAD),
)
_SAVE_ITEM = Prepared(
    _NEW_ITEM.on_conflict_do_update(
        index_elements=[items.c.tenant_id, items.c.user_id, items.c.thread_id, items.c.id],
        set_={"body": _NEW_ITEM.excluded.body},
    )
)
_EMPTY_ITEM = update(items).where(_ITEM).values(body=None)
_FIND_CURSOR_ITEM = select(items.c.seq).where(_ITEMS, items.c.id == bindparam("after"))

_LOAD_FEEDBACK = select(feedback.c.item_id, feedback.c.kind).where(
    _owned(feedback), feedback.c.thread_id == bindparam("thread")
)
_REPLACE_FEEDBACK = (
    update(feedback).where(_FEEDBACK).values(kind=bindparam("new_kind"), given_at=bindparam("new_given_at"))
)
_DELETE_FEEDBACK = delete(feedback).where(_FEEDBACK)

_LOAD_ATTACHMENT = select(attachments.c.body).where(_ATTACHMENT)
_REPLACE_ATTACHMENT = (
    update(attachments)
    .where(_ATTACHMENT)
    .values(thread_id=bindparam("new_thread"), body=bindparam("new_body"))
)
_DELETE_ATTACHMENT = delete(attachments).where(_ATTACHMENT)


def _thread_row(thread: ThreadMetadata, context: RequestContext) -> dict[str, Any]:
    body = records.dump_thread(thread)
    created_at = to_microseconds(records.to_utc(thread.created_at))
    return {**_owner(context), "id": thread.id, "created_at": created_at, "body": body}


def _item_row(thread_id: str, item: ThreadItem, context: RequestContext) -> dict[str, Any]:
    body = records.dump_item(item, thread_id)
    return {**_mine(context, thread=thread_id, item=item.id), "new_body": body}


def _thread_page(*, descending: bool, goes_on: bool) -> Select[Any]:
    position = tuple_(threads.c.created_at, threads.c.seq)
    query = select(threads.c.id, threads.c.body).where(_owned(threads), threads.c.body.is_not(None))
    if goes_on:
        last = tuple_(bindparam("last_created_at"), bindparam("last_seq"))
        query = query.where(position < last if descending else position > last)
    for column in (threads.c.created_at, threads.c.seq):
        query = query.order_by(column.desc() if descending else column.asc())
    return query.limit(bindparam("limit"))


def _item_page(*, descending: bool, goes_on: bool) -> Select[Any]:
    seq = items.c.seq
    query = select(items.c.id, items.c.body).where(_ITEMS, items.c.body.is_not(None))
    if goes_on:
        query = query.where(seq < bindparam("last_seq") if descending else seq > bindparam("last_seq"))
    return query.order_by(seq.desc() if descending else seq.asc()).limit(bindparam("limit"))


_WAYS = [(descending, goes_on) for descending in (False, True) for goes_on in (False, True)]
_THREAD_PAGES = {way: _thread_page(descending=way[0], goes_on=way[1]) for way in _WAYS}
_ITEM_PAGES = {way: _item_page(descending=way[0], goes_on=way[1]) for way in _WAYS}


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
        mine = _mine(context, thread=thread_id)
        body = await self._database.read(lambda connection: connection.scalar(_LOAD_THREAD, mine))
        if body is None:
            raise records.missing("thread", thread_id)
        return records.load_thread(body)

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        """Insert or replace. Raises NotFoundError if the id is another's, or of a deleted thread."""
        row = _thread_row(thread, context)
        saved = await self._database.write(lambda connection: _SAVE_THREAD.run(connection, row))
        if not saved:
            raise records.missing("thread", thread.id)

    async def save_new_thread(
        self, thread: ThreadMetadata, item: ThreadItem, context: RequestContext
    ) -> None:
        """A thread with its first item, in one transaction. Raises as `save_thread`."""
        row, item_row = _thread_row(thread, context), _item_row(thread.id, item, context)

        def write(connection: Connection) -> None:
            if not _SAVE_THREAD.run(connection, row):
                raise records.missing("thread", thread.id)
            _SAVE_ITEM.run(connection, item_row)

        await self._database.write(write)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: RequestContext
    ) -> Page[ThreadMetadata]:
        """Ordered by creation; `desc` puts the newest first. Raises NotFoundError on an unknown `after`."""
        page = _THREAD_PAGES[records.page_order(order) == "desc", after is not None]
        size = records.page_size(limit)
        asked = {**_mine(context), "limit": size + 1}

        def read(connection: Connection) -> Sequence[Row[Any, Any]]:
            if after is not None:
                row = _position(connection, _FIND_CURSOR_THREAD, {**_mine(context), "after": after})
                asked.update(last_created_at=row.created_at, last_seq=row.seq)
            return connection.execute(page, asked).all()

        rows = await self._database.read(read)
        data = [records.load_thread(row.body) for row in rows[:size]]
        return records.ThreadPage(data=data, has_more=len(rows) > size, after=_cursor(rows, size))

    async def delete_thread(self, thread_id: str, context: RequestContext) -> None:
        """With its items, its feedback, and the rows of its attachments. Raises NotFoundError."""
        mine = _mine(context, thread=thread_id)

        def write(connection: Connection) -> None:
            if not connection.execute(_EMPTY_THREAD, mine).rowcount:
                raise records.missing("thread", thread_id)
            for statement in _EMPTIED:
                connection.execute(statement, mine)

        await self._database.write(write)

    # Items

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: RequestContext
    ) -> Page[ThreadItem]:
        """Ordered by when they were first added. Raises NotFoundError on an unknown thread or `after`."""
        page = _ITEM_PAGES[records.page_order(order) == "desc", after is not None]
        size = records.page_size(limit)
        mine = _mine(context, thread=thread_id)
        asked = {**mine, "limit": size + 1}

        def read(connection: Connection) -> Sequence[Row[Any, Any]]:
            _require_thread(connection, thread_id, mine)
            if after is not None:
                row = _position(connection, _FIND_CURSOR_ITEM, {**mine, "after": after})
                asked.update(last_seq=row.seq)
            return connection.execute(page, asked).all()

        rows = await self._database.read(read)
        data = [records.load_item(row.body) for row in rows[:size]]
        return records.ItemPage(data=data, has_more=len(rows) > size, after=_cursor(rows, size))

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        """Insert or replace: the SDK adds a workflow twice. Raises NotFoundError on an unknown thread."""
        row = _item_row(thread_id, item, context)
        saved = await self._database.write(lambda connection: _SAVE_ITEM.run(connection, row))
        if not saved:
            raise records.missing("thread", thread_id)

    async def save_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        await self.add_thread_item(thread_id, item, context)

    async def load_item(self, thread_id: str, item_id: str, context: RequestContext) -> ThreadItem:
        mine = _mine(context, thread=thread_id, item=item_id)
        body = await self._database.read(lambda connection: connection.scalar(_LOAD_ITEM, mine))
        if body is None:
            raise records.missing("item", item_id)
        return records.load_item(body)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: RequestContext) -> None:
        """Nothing happens if the thread has no such item: the SDK also removes what it never added.

        Raises NotFoundError on an unknown thread.
        """
        mine = _mine(context, thread=thread_id, item=item_id)

        def write(connection: Connection) -> None:
            _require_thread(connection, thread_id, mine)
            connection.execute(_EMPTY_ITEM, mine)
            connection.execute(_DELETE_FEEDBACK, mine)

        await self._database.write(write)

    # Feedback

    async def save_feedback(
        self, thread_id: str, item_ids: Sequence[str], kind: FeedbackKind, context: RequestContext
    ) -> None:
        """The latest kind wins; ids the thread does not hold are ignored. Raises NotFoundError."""
        given_at = to_microseconds(self._clock.now())
        mine = _mine(context, thread=thread_id)

        def write(connection: Connection) -> None:
            _require_thread(connection, thread_id, mine)
            for item_id in dict.fromkeys(item_ids):
                one = {**mine, "item": item_id}
                if connection.scalar(_FIND_ITEM, one) is None:
                    continue
                values = {**one, "new_kind": kind, "new_given_at": given_at}
                if not connection.execute(_REPLACE_FEEDBACK, values).rowcount:
                    row = {**_owner(context), "thread_id": thread_id, "item_id": item_id}
                    connection.execute(insert(feedback), {**row, "kind": kind, "given_at": given_at})

        await self._database.write(write)

    async def load_feedback(self, thread_id: str, context: RequestContext) -> Mapping[str, FeedbackKind]:
        """Item id -> kind, of the items that have feedback. Raises NotFoundError."""
        mine = _mine(context, thread=thread_id)

        def read(connection: Connection) -> Sequence[Row[Any, Any]]:
            _require_thread(connection, thread_id, mine)
            return connection.execute(_LOAD_FEEDBACK, mine).all()

        return {row.item_id: row.kind for row in await self._database.read(read)}

    # Attachments

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        """Insert or replace. Raises NotFoundError if it, or the thread it names, is another's."""
        values = {"thread_id": attachment.thread_id, "body": records.dump_attachment(attachment)}
        mine = _mine(context, attachment=attachment.id)
        new = {**mine, "new_thread": values["thread_id"], "new_body": values["body"]}

        def write(connection: Connection) -> None:
            if attachment.thread_id is not None:
                _require_thread(connection, attachment.thread_id, _mine(context, thread=attachment.thread_id))
            if connection.execute(_REPLACE_ATTACHMENT, new).rowcount:
                return
            try:
                connection.execute(insert(attachments), {**_owner(context), "id": attachment.id, **values})
            except IntegrityError as error:
                raise records.missing("attachment", attachment.id) from error

        await self._database.write(write)

    async def load_attachment(self, attachment_id: str, context: RequestContext) -> Attachment:
        mine = _mine(context, attachment=attachment_id)
        body = await self._database.read(lambda connection: connection.scalar(_LOAD_ATTACHMENT, mine))
        if body is None:
            raise records.missing("attachment", attachment_id)
        return records.load_attachment(body)

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        mine = _mine(context, attachment=attachment_id)

        def write(connection: Connection) -> None:
            if not connection.execute(_DELETE_ATTACHMENT, mine).rowcount:
                raise records.missing("attachment", attachment_id)

        await self._database.write(write)


def _owner(context: RequestContext) -> dict[str, str]:
    """The columns that say whose a row is."""
    return {"tenant_id": context.tenant, "user_id": context.user}


def _mine(context: RequestContext, **names: str) -> dict[str, Any]:
    """The parameters by which the statements above name what they are about, and whose it is."""
    return {"tenant": context.tenant, "user": context.user, **names}


def _require_thread(connection: Connection, thread_id: str, mine: Mapping[str, Any]) -> None:
    if connection.scalar(_FIND_THREAD, mine) is None:
        raise records.missing("thread", thread_id)


def _position(connection: Connection, query: Select[Any], named: dict[str, Any]) -> Row[Any]:
    """Where a page goes on. The row may have been deleted since: its place is still known."""
    found = connection.execute(query, named).one_or_none()
    if found is None:
        raise records.missing("cursor", named["after"])
    return found


def _cursor(rows: Sequence[Row[Any, Any]], size: int) -> str | None:
    """The id of the last row of a page of `size`, if `rows`, read one further, shows that more follow."""
    return rows[size - 1].id if len(rows) > size else None
