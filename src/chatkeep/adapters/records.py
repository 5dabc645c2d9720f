"""Records: a thread, an item or an attachment as the JSON text a store keeps, and back.

Above: the stores (`adapters.sql.threads`, `adapters.memory_store`), which so agree on every byte.
Below: `chatkit.types`. Pure: knows of no database. A stored item always carries its thread's id and
an aware UTC time, whatever the SDK handed in, and what is written is proved readable first: one
unreadable item would make its whole thread unreadable for good.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from chatkit.store import NotFoundError, StoreItemType
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata, WidgetItem
from chatkit.widgets import DynamicWidgetRoot
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json, to_jsonable_python

from chatkeep.core.errors import InvalidInput

ITEM_PREFIXES: dict[StoreItemType, str] = {
    "thread": "thr",
    "message": "msg",
    "tool_call": "tc",
    "workflow": "wf",
    "task": "tsk",
    "attachment": "atc",
    "sdk_hidden_context": "shcx",
}
"""How the SDK's own ids begin, by kind."""

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 500
"""The client asks for 9999 items at times; a page stays small enough to build in one go."""

Order = Literal["asc", "desc"]
ItemPage = Page[ThreadItem]
ThreadPage = Page[ThreadMetadata]

_ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)
_ATTACHMENT: TypeAdapter[Attachment] = TypeAdapter(Attachment)


def page_size(limit: int | None) -> int:
    """How many records a page asked for with `limit` holds; absent and 0 mean the protocol's 20."""
    return min(max(limit or DEFAULT_PAGE_SIZE, 1), MAX_PAGE_SIZE)


def page_order(order: str) -> Order:
    """Raises: InvalidInput."""
    if order == "asc":
        return "asc"
    if order == "desc":
        return "desc"
    raise InvalidInput(f"`order` is {order!r}; it must be 'asc' or 'desc'.")


def missing(kind: str, record_id: str) -> NotFoundError:
    """What every store raises for a record that is absent, deleted or another's: always the same."""
    return NotFoundError(f"There is no {kind} {record_id!r}.")


def to_utc(moment: datetime) -> datetime:
    """The same moment, aware, in UTC. A naive one is this machine's local time: so the SDK makes them."""
    return moment.astimezone(UTC)


def dump_thread(thread: ThreadMetadata) -> str:
    """A `Thread` loses its page of items here: the SDK fails on a loaded thread that has one.

    Raises:
        InvalidInput: it holds what JSON or its own type cannot hold.
    """
    with _unstorable("thread", thread.id):
        stored = thread.model_copy(update={"created_at": to_utc(thread.created_at)})
        body = stored.model_dump_json(include=set(ThreadMetadata.model_fields), warnings=False)
        load_thread(body)
    return body


def load_thread(body: str) -> ThreadMetadata:
    return ThreadMetadata.model_validate_json(body)


def dump_item(item: ThreadItem, thread_id: str) -> str:
    """`item` as a member of `thread_id`.

    Raises:
        InvalidInput: it holds what JSON or its own type cannot hold.
    """
    with _unstorable("item", item.id):
        stored = item.model_copy(update={"thread_id": thread_id, "created_at": to_utc(item.created_at)})
        body = stored.model_dump_json(warnings=False)
        if isinstance(stored, WidgetItem):
            body = to_json({**from_json(body), "widget": _widget_json(stored.widget)}).decode()
        load_item(body)
    return body


def load_item(body: str) -> ThreadItem:
    """A widget comes back as the SDK's strict class unless that would drop or add properties."""
    item = _ITEM.validate_json(body)
    if isinstance(item, WidgetItem):
        stored = from_json(body)["widget"]
        if _widget_json(item.widget) != stored:
            item.widget = DynamicWidgetRoot.model_validate(stored)
    return item


def dump_attachment(attachment: Attachment) -> str:
    """Raises: InvalidInput: it holds what JSON or its own type cannot hold."""
    with _unstorable("attachment", attachment.id):
        body = attachment.model_dump_json(warnings=False)
        load_attachment(body)
    return body


def load_attachment(body: str) -> Attachment:
    return _ATTACHMENT.validate_json(body)


@contextmanager
def _unstorable(kind: str, record_id: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise InvalidInput(f"The {kind} {record_id!r} cannot be stored: {where}: {first['msg']}.") from error
    except PydanticSerializationError as error:
        raise InvalidInput(f"The {kind} {record_id!r} cannot be stored as JSON: {error}.") from error


def _widget_json(value: object) -> Any:
    """A widget as plain JSON values. The SDK's own serialiser drops nulls inside action payloads."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        known = {
            fields[name].serialization_alias or name: content
            for name, content in value.__dict__.items()
            if content is not None
        }
        return _widget_json({**known, **(value.model_extra or {})})
    if isinstance(value, dict):
        return {str(name): _widget_json(content) for name, content in value.items()}
    if isinstance(value, (list, tuple)):
        return [_widget_json(content) for content in value]
    return to_jsonable_python(value)
