"""What every ChatKit store of ours promises: the SDK's contract, strict ownership, and steady pages."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from chatkit.store import NotFoundError, Store, StoreItemType
from chatkit.types import (
    ClosedStatus,
    FileAttachment,
    LockedStatus,
    Page,
    SDKHiddenContextItem,
    Thread,
    ThreadItem,
    ThreadMetadata,
    WidgetItem,
)
from chatkit.widgets import Card, DynamicWidgetRoot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatkeep.adapters.memory_store import MemoryStore
from chatkeep.adapters.sql.engine import open_database
from chatkeep.adapters.sql.threads import SqlStore
from chatkeep.core.clock import SystemClock
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import InvalidInput
from chatkeep.core.ids import TenantId, UserId, new_id
from tests.contracts.thread_items import EXAMPLES, example

AnyStore = SqlStore | MemoryStore
CREATED = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def asking(tenant: str = "acme", user: str = "ada") -> RequestContext:
    return RequestContext(tenant=TenantId(tenant), user=UserId(user), request_id="req_1")


ADA = asking()
STRANGERS = {"another user": asking(user="bob"), "another tenant": asking(tenant="other")}


@pytest.fixture(params=["sql", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    if request.param == "memory":
        yield MemoryStore(SystemClock())
        return
    database = await open_database(tmp_path / "chatkeep.db")
    yield SqlStore(database, SystemClock())
    await database.close()


def thread(thread_id: str = "thr_1", **fields: Any) -> ThreadMetadata:
    return ThreadMetadata(**{"id": thread_id, "created_at": CREATED, **fields})


def attachment(attachment_id: str = "atc_1", thread_id: str | None = None) -> FileAttachment:
    return FileAttachment(
        id=attachment_id, name="a.pdf", mime_type="application/pdf", thread_id=thread_id, metadata={"k": None}
    )


async def fill(store: AnyStore, count: int, thread_id: str = "thr_1") -> list[str]:
    """A thread of `count` items; their ids in order."""
    await store.save_thread(thread(thread_id), ADA)
    ids = [f"msg_{number:02}" for number in range(count)]
    for item_id in ids:
        await store.add_thread_item(thread_id, example("assistant_message", thread_id, item_id), ADA)
    return ids


async def listed(store: AnyStore, thread_id: str = "thr_1", order: str = "asc") -> list[str]:
    page = await store.load_thread_items(thread_id, None, 500, order, ADA)
    return [item.id for item in page.data]


# Round trips


@pytest.mark.parametrize("kind", EXAMPLES)
async def test_an_item_of_every_type_comes_back_as_it_was(store: AnyStore, kind: str) -> None:
    await store.save_thread(thread(), ADA)
    item = example(kind, "thr_1")
    await store.add_thread_item("thr_1", item, ADA)
    loaded = await store.load_item("thr_1", item.id, ADA)
    assert type(loaded) is type(item)
    assert loaded == item
    assert loaded.model_dump_json() == item.model_dump_json()


def test_there_is_an_example_of_every_item_type() -> None:
    union = get_args(get_args(ThreadItem)[0])
    assert {model.model_fields["type"].default for model in union} == {
        body["type"] for body in EXAMPLES.values()
    }


async def test_a_widget_keeps_what_the_strict_classes_do_not_know(store: AnyStore) -> None:
    button = {"type": "Button", "label": "b", "onClickAction": {"type": "a", "payload": {"none": None}}}
    source = {"type": "Card", "border": 1, "children": [{"type": "Text", "value": "x", "new": [1]}, button]}
    widget = DynamicWidgetRoot.model_validate(source)
    await store.save_thread(thread(), ADA)
    item = WidgetItem(id="msg_1", thread_id="thr_1", created_at=CREATED, widget=widget)
    await store.add_thread_item("thr_1", item, ADA)
    loaded = await store.load_item("thr_1", "msg_1", ADA)
    assert isinstance(loaded, WidgetItem)
    assert loaded.widget == widget


async def test_a_widget_the_strict_classes_know_comes_back_as_one(store: AnyStore) -> None:
    await store.save_thread(thread(), ADA)
    await store.add_thread_item("thr_1", example("widget", "thr_1"), ADA)
    loaded = await store.load_item("thr_1", "item_1", ADA)
    assert isinstance(loaded, WidgetItem)
    assert isinstance(loaded.widget, Card)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"title": "Ünïcode \U0001f642", "metadata": {"a": None, "b": [1, {"c": 2.5}]}},
        {"status": LockedStatus(reason="Escalated"), "allowed_image_domains": []},
        {"status": ClosedStatus(), "allowed_image_domains": ["a.example"]},
    ],
)
async def test_a_thread_comes_back_as_it_was(store: AnyStore, fields: dict[str, Any]) -> None:
    await store.save_thread(thread(**fields), ADA)
    assert await store.load_thread("thr_1", ADA) == thread(**fields)


async def test_an_attachment_comes_back_as_it_was_and_can_be_replaced(store: AnyStore) -> None:
    await store.save_attachment(attachment(), ADA)
    assert await store.load_attachment("atc_1", ADA) == attachment()
    await store.save_thread(thread(), ADA)
    await store.save_attachment(attachment(thread_id="thr_1"), ADA)
    assert (await store.load_attachment("atc_1", ADA)).thread_id == "thr_1"
    await store.delete_attachment("atc_1", ADA)
    with pytest.raises(NotFoundError):
        await store.load_attachment("atc_1", ADA)


async def test_a_thread_with_items_is_kept_as_metadata(store: AnyStore) -> None:
    full = Thread(id="thr_1", created_at=CREATED, title="T", items=Page())
    await store.save_thread(full, ADA)
    loaded = await store.load_thread("thr_1", ADA)
    assert type(loaded) is ThreadMetadata
    assert loaded == thread(title="T")
    # What the SDK does in threads.get_by_id; it fails if the metadata brings items of its own.
    assert Thread(**loaded.model_dump(), items=Page()).title == "T"


async def test_what_is_loaded_can_be_changed_without_changing_the_store(store: AnyStore) -> None:
    await store.save_thread(thread(metadata={"n": [1]}), ADA)
    await store.add_thread_item("thr_1", example("hidden_context", "thr_1"), ADA)
    (await store.load_thread("thr_1", ADA)).metadata["n"].append(2)
    (await store.load_threads(5, None, "asc", ADA)).data[0].metadata["n"].append(2)
    for item in (
        await store.load_item("thr_1", "item_1", ADA),
        *(await store.load_thread_items("thr_1", None, 5, "asc", ADA)).data,
    ):
        vars(item)["content"]["any"].append("changed")
    assert (await store.load_thread("thr_1", ADA)).metadata == {"n": [1]}
    assert await store.load_item("thr_1", "item_1", ADA) == example("hidden_context", "thr_1")


async def test_what_was_saved_can_be_changed_without_changing_the_store(store: AnyStore) -> None:
    mine = thread(metadata={"n": [1]})
    await store.save_thread(mine, ADA)
    mine.metadata["n"].append(2)
    assert (await store.load_thread("thr_1", ADA)).metadata == {"n": [1]}


# Times and ids


@pytest.fixture
def machine_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2030, 1, 2, 12, 4, 5, 678901),  # noqa: DTZ001 - naive local time is what the SDK makes
        CREATED.astimezone(timezone(timedelta(hours=-5))),
        CREATED,
    ],
    ids=["naive", "elsewhere", "utc"],
)
async def test_times_come_back_aware_in_utc(
    store: AnyStore, machine_in_tokyo: None, moment: datetime
) -> None:
    await store.save_thread(thread(created_at=moment), ADA)
    item = example("end_of_turn", "thr_1").model_copy(update={"created_at": moment})
    await store.add_thread_item("thr_1", item, ADA)
    (listed_thread,) = (await store.load_threads(1, None, "asc", ADA)).data
    for loaded in (
        await store.load_thread("thr_1", ADA),
        listed_thread,
        await store.load_item("thr_1", item.id, ADA),
    ):
        assert loaded.created_at == CREATED
        assert loaded.created_at.utcoffset() == timedelta(0)


async def test_ids_carry_the_prefixes_of_the_sdk(store: AnyStore) -> None:
    kinds: tuple[StoreItemType, ...] = get_args(StoreItemType)
    ids = {kind: store.generate_item_id(kind, thread(), ADA) for kind in kinds}
    prefixes = {kind: made.partition("_")[0] for kind, made in ids.items()}
    assert prefixes == {
        "thread": "thr",
        "message": "msg",
        "tool_call": "tc",
        "task": "tsk",
        "workflow": "wf",
        "attachment": "atc",
        "sdk_hidden_context": "shcx",
    }
    assert store.generate_thread_id(ADA).startswith("thr_")
    assert {len(made.partition("_")[2]) for made in ids.values()} == {29}


# Items


async def test_an_item_saved_again_is_replaced_in_its_place(store: AnyStore) -> None:
    ids = await fill(store, 3)
    for save in (store.add_thread_item, store.save_item):
        replacement = example("task", "thr_1", ids[0])
        await save("thr_1", replacement, ADA)
        assert await listed(store) == ids
        assert await store.load_item("thr_1", ids[0], ADA) == replacement


async def test_saving_an_item_that_is_not_there_adds_it(store: AnyStore) -> None:
    ids = await fill(store, 1)
    await store.save_item("thr_1", example("task", "thr_1", "new"), ADA)
    assert await listed(store) == [*ids, "new"]


async def test_equal_item_ids_in_two_threads_are_two_items(store: AnyStore) -> None:
    for thread_id in ("thr_1", "thr_2"):
        await fill(store, 1, thread_id)
    await store.save_item("thr_2", example("task", "thr_1", "msg_00"), ADA)
    assert (await store.load_item("thr_1", "msg_00", ADA)).type == "assistant_message"
    moved = await store.load_item("thr_2", "msg_00", ADA)
    assert (moved.type, moved.thread_id) == ("task", "thr_2")


async def test_a_deleted_item_is_gone_and_deleting_it_again_does_nothing(store: AnyStore) -> None:
    ids = await fill(store, 3)
    for _ in range(2):
        await store.delete_thread_item("thr_1", ids[1], ADA)
        assert await listed(store) == [ids[0], ids[2]]
        with pytest.raises(NotFoundError):
            await store.load_item("thr_1", ids[1], ADA)
    await store.delete_thread_item("thr_1", "never there", ADA)


async def test_a_deleted_item_saved_again_returns_to_its_place(store: AnyStore) -> None:
    ids = await fill(store, 3)
    await store.delete_thread_item("thr_1", ids[1], ADA)
    await store.add_thread_item("thr_1", example("task", "thr_1", ids[1]), ADA)
    assert await listed(store) == ids


async def test_an_item_that_could_never_be_read_again_is_refused(store: AnyStore) -> None:
    ids = await fill(store, 1)
    broken = SDKHiddenContextItem(id="bad", thread_id="thr_1", created_at=CREATED, content="")
    broken.content = {"not": "text"}  # type: ignore[assignment]
    with pytest.raises(InvalidInput, match=r"'bad' cannot be stored: sdk_hidden_context\.content"):
        await store.add_thread_item("thr_1", broken, ADA)
    unwritable = example("hidden_context", "thr_1").model_copy(update={"content": [object(), "\ud800"]})
    with pytest.raises(InvalidInput, match="cannot be stored as JSON"):
        await store.add_thread_item("thr_1", unwritable, ADA)
    with pytest.raises(InvalidInput, match="cannot be stored as JSON"):
        await store.save_thread(thread(metadata={"thing": object()}), ADA)
    assert await listed(store) == ids


async def test_twenty_tasks_adding_items_at_once_lose_nothing(store: AnyStore) -> None:
    await store.save_thread(thread(), ADA)

    async def add(task: int) -> None:
        for number in range(5):
            item = example("end_of_turn", "thr_1", f"{task}_{number}")
            await store.add_thread_item("thr_1", item, ADA)
            await store.load_thread_items("thr_1", None, 20, "desc", ADA)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for task in range(20):
            group.create_task(add(task))
    found = await listed(store)
    assert sorted(found) == sorted(f"{task}_{number}" for task in range(20) for number in range(5))
    for task in range(20):
        assert [item_id for item_id in found if item_id.startswith(f"{task}_")] == [
            f"{task}_{number}" for number in range(5)
        ]


# Pages


async def test_pages_follow_the_cursor_in_both_orders(store: AnyStore) -> None:
    ids = await fill(store, 5)
    first = await store.load_thread_items("thr_1", None, 2, "asc", ADA)
    assert ([item.id for item in first.data], first.has_more, first.after) == (ids[:2], True, ids[1])
    last = await store.load_thread_items("thr_1", ids[2], 2, "asc", ADA)
    assert ([item.id for item in last.data], last.has_more, last.after) == (ids[3:], False, None)
    newest = await store.load_thread_items("thr_1", after=None, limit=4, order="desc", context=ADA)
    assert [item.id for item in newest.data] == ids[:0:-1]
    oldest = await store.load_thread_items("thr_1", newest.after, 4, "desc", ADA)
    assert ([item.id for item in oldest.data], oldest.has_more) == (ids[:1], False)


async def test_a_page_has_a_sane_size(store: AnyStore) -> None:
    ids = await fill(store, 501)
    sizes: dict[Any, int] = {0: 20, None: 20, -3: 1, 1: 1, 499: 499, 500: 500, 9999: 500}
    for limit, size in sizes.items():
        page = await store.load_thread_items("thr_1", None, limit, "asc", ADA)
        assert (len(page.data), page.has_more, page.after) == (size, True, ids[size - 1])


async def test_hidden_items_count_and_the_cursor_is_the_last_stored_one(store: AnyStore) -> None:
    await store.save_thread(thread(), ADA)
    for number in range(40):
        kind = {25: "hidden_context", 39: "sdk_hidden_context"}.get(number, "assistant_message")
        await store.add_thread_item("thr_1", example(kind, "thr_1", f"i{number}"), ADA)
    page = await store.load_thread_items("thr_1", None, 0, "desc", ADA)
    visible = [item for item in page.data if "hidden" not in item.type]
    assert (len(page.data), len(visible), page.has_more, page.after) == (20, 18, True, "i20")


async def test_threads_are_listed_by_creation_whatever_changes_later(store: AnyStore) -> None:
    for number, thread_id in enumerate(["thr_c", "thr_a", "thr_b"]):
        await store.save_thread(thread(thread_id, created_at=CREATED + timedelta(seconds=number)), ADA)
    await store.save_thread(thread("thr_same", created_at=CREATED + timedelta(seconds=2)), ADA)
    await store.save_thread(thread("thr_old", created_at=CREATED - timedelta(days=1)), ADA)
    await store.save_thread(thread("thr_c", title="renamed", created_at=CREATED), ADA)
    page = await store.load_threads(3, None, "desc", ADA)
    assert ([found.id for found in page.data], page.after) == (["thr_same", "thr_b", "thr_a"], "thr_a")
    rest = await store.load_threads(limit=3, after=page.after, order="desc", context=ADA)
    assert [(found.id, found.title) for found in rest.data] == [("thr_c", "renamed"), ("thr_old", None)]
    assert (rest.has_more, rest.after) == (False, None)
    ascending = (await store.load_threads(9, None, "asc", ADA)).data
    assert [found.id for found in ascending] == ["thr_old", "thr_c", "thr_a", "thr_b", "thr_same"]


async def test_an_order_that_is_neither_asc_nor_desc_is_refused(store: AnyStore) -> None:
    await fill(store, 1)
    with pytest.raises(InvalidInput, match="'asc' or 'desc'"):
        await store.load_thread_items("thr_1", None, 5, "random", ADA)
    with pytest.raises(InvalidInput, match="'asc' or 'desc'"):
        await store.load_threads(5, None, "", ADA)


async def test_a_cursor_nobody_ever_had_is_refused(store: AnyStore) -> None:
    await fill(store, 2)
    await fill(store, 3, "thr_2")
    for cursor in ("msg_99", "msg_02", ""):
        with pytest.raises(NotFoundError):
            await store.load_thread_items("thr_1", cursor, 5, "asc", ADA)
        with pytest.raises(NotFoundError):
            await store.load_threads(5, cursor, "asc", ADA)


class Listing:
    """Something that is paged: the items of a thread, or the threads of a user."""

    def __init__(self, store: AnyStore, of: str) -> None:
        self._store = store
        self._items = of == "items"
        self._context = asking(user=new_id("usr", SystemClock()))
        self._thread = new_id("thr", SystemClock())

    async def open(self) -> None:
        if self._items:
            await self._store.save_thread(thread(self._thread), self._context)

    async def save(self, name: str) -> str:
        if self._items:
            await self._store.add_thread_item(
                self._thread, example("end_of_turn", self._thread, name), self._context
            )
            return name
        # All at the same instant, so that only the sequence keeps them apart.
        await self._store.save_thread(thread(name), self._context)
        return name

    async def delete(self, name: str) -> None:
        if self._items:
            await self._store.delete_thread_item(self._thread, name, self._context)
        else:
            await self._store.delete_thread(name, self._context)

    async def page(self, after: str | None, limit: int, order: str) -> tuple[list[str], str | None]:
        page: Page[Any]
        if self._items:
            page = await self._store.load_thread_items(self._thread, after, limit, order, self._context)
        else:
            page = await self._store.load_threads(limit, after, order, self._context)
        assert page.has_more == (page.after is not None)
        return [found.id for found in page.data], page.after


Change = tuple[str, int]
CHANGES = st.lists(st.tuples(st.sampled_from(["add", "delete", "delete cursor", "save"]), st.integers(0, 30)))


@pytest.mark.parametrize("of", ["items", "threads"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(0, 12),
    limit=st.integers(1, 4),
    order=st.sampled_from(["asc", "desc"]),
    meanwhile=st.lists(CHANGES, max_size=8),
)
async def test_paging_never_skips_or_repeats_while_rows_come_and_go(
    store: AnyStore, of: str, size: int, limit: int, order: str, meanwhile: list[list[Change]]
) -> None:
    listing = Listing(store, of)
    await listing.open()
    throughout = [await listing.save(new_id("row", SystemClock())) for _ in range(size)]
    live = list(throughout)
    seen, after = await listing.page(None, limit, order)
    while after is not None:
        for change, place in meanwhile.pop() if meanwhile else []:
            doomed = after if change == "delete cursor" else live[place % len(live)] if live else None
            if change == "add":
                live.append(await listing.save(new_id("row", SystemClock())))
            elif change == "save" and live:
                await listing.save(live[place % len(live)])
            elif change.startswith("delete") and doomed in live:
                await listing.delete(doomed)
                live.remove(doomed)
        page, after = await listing.page(after, limit, order)
        assert set(page) <= set(live)
        assert not set(page) & set(seen)
        seen += page
    survivors = [row for row in throughout if row in live]
    assert [row for row in seen if row in survivors] == (survivors if order == "asc" else survivors[::-1])


# Deleting threads


async def test_a_deleted_thread_takes_its_items_feedback_and_attachments_along(store: AnyStore) -> None:
    ids = await fill(store, 2)
    await fill(store, 2, "thr_2")
    await store.save_attachment(attachment("atc_1", "thr_1"), ADA)
    await store.save_attachment(attachment("atc_2"), ADA)
    await store.save_feedback("thr_1", ids, "positive", ADA)
    await store.delete_thread("thr_1", ADA)
    for gone in (
        store.load_thread("thr_1", ADA),
        store.load_item("thr_1", ids[0], ADA),
        store.load_thread_items("thr_1", None, 5, "asc", ADA),
        store.load_feedback("thr_1", ADA),
        store.load_attachment("atc_1", ADA),
        store.delete_thread("thr_1", ADA),
    ):
        with pytest.raises(NotFoundError):
            await gone
    assert await listed(store, "thr_2") == ids
    assert (await store.load_attachment("atc_2", ADA)).id == "atc_2"
    assert [found.id for found in (await store.load_threads(5, None, "asc", ADA)).data] == ["thr_2"]


async def test_a_turn_that_outlives_its_thread_does_not_bring_it_back(store: AnyStore) -> None:
    await fill(store, 1)
    await store.delete_thread("thr_1", ADA)
    with pytest.raises(NotFoundError):
        await store.save_thread(thread(title="late"), ADA)
    with pytest.raises(NotFoundError):
        await store.add_thread_item("thr_1", example("task", "thr_1"), ADA)
    assert (await store.load_threads(5, None, "asc", ADA)).data == []


# Feedback


async def test_the_latest_feedback_of_an_item_wins(store: AnyStore) -> None:
    ids = await fill(store, 3)
    await store.save_feedback("thr_1", [ids[0], ids[1], "unknown", ids[0]], "positive", ADA)
    await store.save_feedback("thr_1", [ids[1]], "negative", ADA)
    assert await store.load_feedback("thr_1", ADA) == {ids[0]: "positive", ids[1]: "negative"}


async def test_feedback_goes_with_its_item(store: AnyStore) -> None:
    ids = await fill(store, 2)
    await store.save_feedback("thr_1", ids, "positive", ADA)
    await store.delete_thread_item("thr_1", ids[0], ADA)
    await store.save_feedback("thr_1", [ids[0]], "negative", ADA)
    assert await store.load_feedback("thr_1", ADA) == {ids[1]: "positive"}


# Ownership

Call = Callable[[AnyStore, str, RequestContext], Awaitable[object]]

# Each names a thread, item or attachment that is `owned_1` or, where it is missing, `absent`.
CALLS: dict[str, Call] = {
    "load_thread": lambda store, name, who: store.load_thread(name, who),
    "load_threads": lambda store, name, who: store.load_threads(5, name, "asc", who),
    "delete_thread": lambda store, name, who: store.delete_thread(name, who),
    "load_thread_items": lambda store, name, who: store.load_thread_items(name, None, 5, "asc", who),
    "add_thread_item": lambda store, name, who: store.add_thread_item(name, example("task", name), who),
    "save_item": lambda store, name, who: store.save_item(name, example("task", name, "owned_1"), who),
    "load_item": lambda store, name, who: store.load_item(name, name, who),
    "delete_thread_item": lambda store, name, who: store.delete_thread_item(name, name, who),
    "save_feedback": lambda store, name, who: store.save_feedback(name, [name], "negative", who),
    "load_feedback": lambda store, name, who: store.load_feedback(name, who),
    "load_attachment": lambda store, name, who: store.load_attachment(name, who),
    "delete_attachment": lambda store, name, who: store.delete_attachment(name, who),
    "save_attachment": lambda store, name, who: store.save_attachment(attachment("atc_9", name), who),
}
# These create what is missing, so for them only another's is refused.
SAVES: dict[str, Call] = {
    "save_thread": lambda store, name, who: store.save_thread(thread(name, title="stolen"), who),
    "save_new_thread": lambda store, name, who: store.save_new_thread(
        thread(name, title="stolen"), example("task", name), who
    ),
    "save_attachment": lambda store, name, who: store.save_attachment(attachment(name), who),
}


async def own_everything(store: AnyStore) -> None:
    await store.save_thread(thread("owned_1", title="mine"), ADA)
    await store.add_thread_item("owned_1", example("user_message", "owned_1", "owned_1"), ADA)
    await store.save_attachment(attachment("owned_1", "owned_1"), ADA)
    await store.save_feedback("owned_1", ["owned_1"], "positive", ADA)


async def everything(store: AnyStore) -> list[object]:
    return [
        await store.load_threads(5, None, "asc", ADA),
        await store.load_thread_items("owned_1", None, 5, "asc", ADA),
        await store.load_attachment("owned_1", ADA),
        await store.load_feedback("owned_1", ADA),
    ]


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("call", CALLS)
async def test_what_is_anothers_looks_missing(store: AnyStore, call: str, who: str) -> None:
    await own_everything(store)
    before = await everything(store)
    with pytest.raises(NotFoundError) as anothers:
        await CALLS[call](store, "owned_1", STRANGERS[who])
    with pytest.raises(NotFoundError) as absent:
        await CALLS[call](store, "absent", STRANGERS[who])
    assert str(anothers.value) == str(absent.value).replace("absent", "owned_1")
    assert await everything(store) == before


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("call", SAVES)
async def test_saving_never_takes_what_is_anothers(store: AnyStore, call: str, who: str) -> None:
    await own_everything(store)
    before = await everything(store)
    with pytest.raises(NotFoundError):
        await SAVES[call](store, "owned_1", STRANGERS[who])
    assert await everything(store) == before


@pytest.mark.parametrize("who", STRANGERS)
async def test_strangers_lists_are_empty(store: AnyStore, who: str) -> None:
    await own_everything(store)
    assert (await store.load_threads(5, None, "desc", STRANGERS[who])).data == []


async def test_an_item_cannot_be_reached_through_a_thread_of_ones_own(store: AnyStore) -> None:
    await own_everything(store)
    bob = STRANGERS["another user"]
    await store.save_thread(thread("thr_bob"), bob)
    with pytest.raises(NotFoundError):
        await store.load_item("thr_bob", "owned_1", bob)
    await store.delete_thread_item("thr_bob", "owned_1", bob)
    await store.save_feedback("thr_bob", ["owned_1"], "negative", bob)
    assert (await store.load_item("owned_1", "owned_1", ADA)).type == "user_message"
    assert await store.load_feedback("owned_1", ADA) == {"owned_1": "positive"}


def test_the_ownership_tests_know_every_method() -> None:
    for kind in (SqlStore, MemoryStore):
        methods = {
            name
            for name, method in vars(kind).items()
            if inspect.iscoroutinefunction(method) and name[0] != "_"
        }
        assert methods == CALLS.keys() | SAVES.keys()
        assert issubclass(kind, Store)


async def test_a_new_thread_comes_with_its_first_item(store: AnyStore) -> None:
    first = example("user_message", "thr_1")
    await store.save_new_thread(thread(), first, ADA)
    assert await store.load_thread("thr_1", ADA) == thread()
    assert (await store.load_thread_items("thr_1", None, 5, "asc", ADA)).data == [
        await store.load_item("thr_1", first.id, ADA)
    ]
