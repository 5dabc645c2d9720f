"""Every store of ours below the SDK's own server: the calls it makes, in its order, as it makes them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    FileAttachment,
    HiddenContextItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from chatkeep.adapters.memory_store import MemoryStore
from chatkeep.adapters.sql.engine import open_database
from chatkeep.adapters.sql.threads import SqlStore
from chatkeep.core.clock import SystemClock
from chatkeep.core.context import RequestContext, local_context

AnyStore = SqlStore | MemoryStore
ME = local_context("req_1")


class Echo(ChatKitServer[RequestContext]):
    """Says the message back; fails half-way when it is "fail"."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        assert input_user_message is not None
        text = "".join(part.text for part in input_user_message.content)
        common = {"thread_id": thread.id, "created_at": datetime.now(UTC)}
        content = AssistantMessageContent(text=text.upper())
        answer = AssistantMessageItem(
            id=self.store.generate_item_id("message", thread, context), content=[content], **common
        )
        yield ThreadItemAddedEvent(item=answer)
        if text == "fail":
            yield ThreadItemDoneEvent(item=HiddenContextItem(id="hidden_1", content={"n": None}, **common))
            raise RuntimeError("half-way")
        thread.title = text
        yield ThreadItemDoneEvent(item=answer)


@pytest.fixture(params=["sql", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    if request.param == "memory":
        yield MemoryStore(SystemClock())
        return
    database = await open_database(tmp_path / "chatkeep.db")
    yield SqlStore(database, SystemClock())
    await database.close()


async def ask(store: AnyStore, operation: str, **params: Any) -> Any:
    """The server's JSON reply, or the list of its events."""
    result = await Echo(store).process(json.dumps({"type": operation, "params": params}), ME)
    if isinstance(result, StreamingResult):
        return [json.loads(chunk.removeprefix(b"data: ")) async for chunk in result]
    return json.loads(result.json)


def said(text: str, *attachments: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"content": content, "attachments": list(attachments), "inference_options": {}}


async def test_a_conversation_is_kept_and_read_back(store: AnyStore) -> None:
    events = await ask(store, "threads.create", input=said("one"))
    assert [event["type"] for event in events] == [
        "thread.created",
        "thread.item.done",
        "stream_options",
        "thread.item.added",
        "thread.item.done",
        "thread.updated",
    ]
    thread_id = events[0]["thread"]["id"]
    await ask(store, "threads.add_user_message", thread_id=thread_id, input=said("two"))
    loaded = await ask(store, "threads.get_by_id", thread_id=thread_id)
    texts = [item["content"][0]["text"] for item in loaded["items"]["data"]]
    assert (loaded["title"], texts) == ("two", ["one", "ONE", "two", "TWO"])
    assert len({item["id"] for item in loaded["items"]["data"]}) == 4
    assert {item["created_at"][-1] for item in loaded["items"]["data"]} == {"Z"}
    (listed,) = (await ask(store, "threads.list"))["data"]
    assert listed["id"] == thread_id


async def test_a_thread_can_be_renamed_retried_and_deleted(store: AnyStore) -> None:
    events = await ask(store, "threads.create", input=said("one"))
    thread_id, message_id = events[0]["thread"]["id"], events[1]["item"]["id"]
    await ask(store, "threads.add_user_message", thread_id=thread_id, input=said("two"))
    await ask(store, "threads.retry_after_item", thread_id=thread_id, item_id=message_id)
    renamed = await ask(store, "threads.update", thread_id=thread_id, title="Renamed")
    texts = [
        item["content"][0]["text"] for item in (await ask(store, "items.list", thread_id=thread_id))["data"]
    ]
    assert (renamed["title"], texts) == ("Renamed", ["ONE", "one"])
    assert await ask(store, "threads.delete", thread_id=thread_id) == {}
    assert (await ask(store, "threads.list"))["data"] == []


async def test_a_failed_turn_leaves_the_question_and_what_was_done(store: AnyStore) -> None:
    events = await ask(store, "threads.create", input=said("fail"))
    assert (events[-1]["type"], events[-1]["allow_retry"]) == ("error", True)
    stored = await store.load_thread_items(events[0]["thread"]["id"], None, 20, "asc", ME)
    assert [item.type for item in stored.data] == ["user_message", "hidden_context_item"]
    visible = await ask(store, "items.list", thread_id=events[0]["thread"]["id"])
    assert [item["type"] for item in visible["data"]] == ["user_message"]


async def test_a_page_cut_before_hidden_items_were_filtered_goes_on_from_its_cursor(store: AnyStore) -> None:
    events = await ask(store, "threads.create", input=said("0"))
    thread_id = events[0]["thread"]["id"]
    now = datetime.now(UTC)
    ids = [item.id for item in (await store.load_thread_items(thread_id, None, 20, "asc", ME)).data]
    for number in range(2, 40):
        ids.append(f"item_{number}")
        common = {"id": ids[-1], "thread_id": thread_id, "created_at": now}
        hidden = number in (25, 35)
        item = (
            HiddenContextItem(content=1, **common) if hidden else AssistantMessageItem(content=[], **common)
        )
        await store.add_thread_item(thread_id, item, ME)
    first = await ask(store, "items.list", thread_id=thread_id, limit=0)
    assert (len(first["data"]), first["has_more"], first["after"]) == (18, True, ids[20])
    second = await ask(store, "items.list", thread_id=thread_id, limit=9999, after=first["after"])
    assert ([item["id"] for item in second["data"]], second["has_more"]) == (ids[19::-1], False)


async def test_an_attachment_joins_the_thread_and_its_metadata_stays_inside(store: AnyStore) -> None:
    file = FileAttachment(id="atc_1", name="a.pdf", mime_type="application/pdf", metadata={"secret": 1})
    await store.save_attachment(file, ME)
    events = await ask(store, "threads.create", input=said("see", "atc_1"))
    thread_id = events[0]["thread"]["id"]
    loaded = await ask(store, "threads.get_by_id", thread_id=thread_id)
    assert loaded["items"]["data"][0]["attachments"][0]["thread_id"] == thread_id
    assert "secret" not in json.dumps([events, loaded])
    kept = await store.load_attachment("atc_1", ME)
    assert (kept.thread_id, kept.metadata) == (thread_id, {"secret": 1})
