"""What goes wrong with the SDK's own pipeline (spec E.8), and not with ours. Numbers are the spec's.

Elsewhere: ids (2) in core/test_ids; cursors (3), copies (6), upserts (12), page sizes (19) and ownership (22)
in contracts/test_store; a title after an error (20) in the recording s13-error-then-thread-updated.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import pytest
from agents.models.fake_id import FAKE_RESPONSES_ID
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    ClientToolCallItem,
    CustomTask,
    FileAttachment,
    HiddenContextItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadStreamEvent,
    UserMessageItem,
    WidgetItem,
    WidgetRootUpdated,
    Workflow,
    WorkflowItem,
    WorkflowTaskUpdated,
)

from chatkeep.chat import endings
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import Conflict, NotFound
from chatkeep.core.ids import UserId
from tests.unit.chat.asking import START, ask, assistant, kept, kinds
from tests.wire.assistant import ME, CountingStore, Play
from tests.wire.sequences import act, card, delta, message, text, update
from tests.wire.sequences import ask as about_thread

Events = AsyncGenerator[ThreadStreamEvent, None]


async def test_1_what_the_sdk_makes_has_a_time_with_its_zone() -> None:
    async def naive(play: Play) -> Events:
        fields = {**play.new(), "created_at": datetime(2030, 1, 1, 12)}  # noqa: DTZ001 - as the SDK's helpers
        # `replaced` is the one kind that the assistant of the recordings does not restamp.
        yield ThreadItemReplacedEvent(item=AssistantMessageItem(content=[], **fields))

    store = CountingStore()
    events = await ask(assistant(naive, store), START)
    told = datetime.fromisoformat(events[-1]["item"]["created_at"])
    expected = datetime(2030, 1, 1, 12).astimezone()
    assert told.tzinfo is not None
    assert told == expected == (await kept(store))[-1].created_at


async def test_4_5_a_created_thread_is_read_back_oldest_item_first() -> None:
    async def plain(play: Play) -> Events:
        yield play.says("An answer.")

    server = assistant(plain)
    await ask(server, START)
    thread = await ask(server, about_thread("get_by_id"))
    assert [item["id"] for item in thread["items"]["data"]] == ["msg_1", "msg_2"]


async def test_8_a_server_that_ends_keeps_what_was_said() -> None:
    async def slow(play: Play) -> Events:
        item = play.said()
        yield ThreadItemAddedEvent(item=item)
        yield delta(item.id, "Half a wor")
        await asyncio.Event().wait()

    store = CountingStore()
    server = assistant(slow, store)
    reading = await server.handle(json.dumps(START).encode(), ME)
    assert not isinstance(reading, bytes)
    async for frames in reading:
        if b"Half a wor" in frames:
            break
    await server.aclose()
    _, said, note = await kept(store)
    assert isinstance(said, AssistantMessageItem)
    assert [part.text for part in said.content] == ["Half a wor"]
    assert note.type == "sdk_hidden_context"
    assert note.content == endings.BROKEN_OFF


async def test_9_answers_under_one_placeholder_are_items_of_their_own() -> None:
    async def placeholders(play: Play) -> Events:
        for words in ("First", "Second"):
            for event in _under_the_placeholder(play, words):
                yield event
        yield ThreadItemDoneEvent(
            item=_call(play).item.model_copy(update={"id": FAKE_RESPONSES_ID, "call_id": "call_1"})
        )

    store = CountingStore()
    server = assistant(placeholders, store)
    first = await ask(server, START)
    second = await ask(server, about_thread("add_user_message", input=message("Again")))
    assert FAKE_RESPONSES_ID not in json.dumps([first, second])
    items = await kept(store)
    said = [item.content[0].text for item in items if isinstance(item, AssistantMessageItem)]
    assert said == ["First", "Second", "First", "Second"]
    shown = [event for event in first if event["type"].startswith("thread.item.")][1:]
    ids = [event["item_id"] if "item_id" in event else event["item"]["id"] for event in shown]
    assert ids == [*[ids[0]] * 3, *[ids[3]] * 3, ids[6]]
    assert len(set(ids)) == 3
    assert ids[6].startswith("tc_")


async def test_9_a_guardrail_takes_back_all_that_its_own_turn_said_and_nothing_else() -> None:
    async def guarded(play: Play) -> Events:
        for words in ("First", "Second"):
            for event in _under_the_placeholder(play, words):
                yield event
        if isinstance(play.prompt, UserMessageItem) and play.prompt.id != "msg_1":
            yield ThreadItemRemovedEvent(item_id=FAKE_RESPONSES_ID)  # as the bridge does: once for both

    store = CountingStore()
    server = assistant(guarded, store)
    await ask(server, START)
    before = await kept(store)
    await ask(server, about_thread("add_user_message", input=message("Again")))
    assert [item.type for item in (await kept(store))[len(before) :]] == ["user_message"]
    assert (await kept(store))[: len(before)] == before


async def test_10_a_message_drops_the_call_it_overtakes() -> None:
    async def calling(play: Play) -> Events:
        if isinstance(play.prompt, UserMessageItem) and play.prompt.id == "msg_1":
            yield _call(play)

    store = CountingStore()
    server = assistant(calling, store)
    await ask(server, START)
    assert [item.type for item in await kept(store)] == ["user_message", "client_tool_call"]
    await ask(server, about_thread("add_user_message", input=message("Never mind")))
    assert [item.type for item in await kept(store)] == ["user_message", "user_message"]
    with pytest.raises(Conflict):
        await ask(server, about_thread("add_client_tool_output", result={}))


async def test_10_a_message_that_is_refused_drops_no_call() -> None:
    async def calling(play: Play) -> Events:
        yield _call(play)

    store = CountingStore()
    server = assistant(calling, store)
    await ask(server, START)
    refused = about_thread("add_user_message", input=message("See", attachments=["atc_unknown"]))
    with pytest.raises(NotFound):
        await ask(server, refused)
    assert [item.type for item in await kept(store)] == ["user_message", "client_tool_call"]


async def test_11_a_hidden_item_or_a_workflow_behind_a_call_does_not_break_the_round_trip() -> None:
    async def calling(play: Play) -> Events:
        if isinstance(play.prompt, ClientToolCallItem):
            yield play.says(f"It said {play.prompt.output}.")
            return
        yield _call(play)
        yield ThreadItemDoneEvent(item=HiddenContextItem(content="A note.", **play.new()))
        workflow = Workflow(type="custom", tasks=[])
        yield ThreadItemDoneEvent(item=WorkflowItem(workflow=workflow, **play.new("workflow")))

    server = assistant(calling)
    await ask(server, START)
    events = await ask(server, about_thread("add_client_tool_output", result="yes"))
    assert events[-1]["item"]["content"][0]["text"] == "It said yes."


async def test_one_answer_leaves_no_other_call_waiting() -> None:
    async def calling_twice(play: Play) -> Events:
        if isinstance(play.prompt, UserMessageItem):
            yield _call(play)
            yield _call(play)

    store = CountingStore()
    server = assistant(calling_twice, store)
    await ask(server, START)
    await ask(server, about_thread("add_client_tool_output", result={}))
    calls = [item for item in await kept(store) if isinstance(item, ClientToolCallItem)]
    assert [(call.id, call.status) for call in calls] == [("tc_2", "completed")]


async def test_14_the_item_that_a_sync_action_changed_is_kept() -> None:
    store = CountingStore()
    server = assistant(_widget, store)
    await ask(server, START)
    reply = await ask(server, act([text("t", "Liked")], "msg_2", "sync_custom_action"))
    assert reply["updated_item"]["widget"]["children"][0]["value"] == "Liked"
    assert await _shown(store) == reply["updated_item"]["widget"]


async def test_15_a_late_update_of_a_widget_is_kept() -> None:
    async def later(play: Play) -> Events:
        if play.action is None:
            async for event in _widget(play):
                yield event
            return
        yield update("msg_2", WidgetRootUpdated(widget=card(text("t", "Sold out"))))
        # Kept before it is told, so that a fault afterwards takes nothing back.
        assert await _shown(play.store) == {"type": "Card", "children": [text("t", "Sold out")]}
        raise RuntimeError("afterwards")

    store = CountingStore()
    server = assistant(later, store)
    await ask(server, START)
    events = await ask(server, act(item_id="msg_2"))
    assert [event["type"] for event in events] == ["stream_options", "thread.item.updated", "error"]
    assert await _shown(store) == {"type": "Card", "children": [text("t", "Sold out")]}


async def test_15_a_late_update_of_a_workflow_is_kept() -> None:
    async def carried(play: Play) -> Events:
        if isinstance(play.prompt, ClientToolCallItem):
            task = CustomTask(title="Ask", status_indicator="complete")
            yield update("wf_1", WorkflowTaskUpdated(task_index=0, task=task))
            return
        workflow = Workflow(type="custom", tasks=[CustomTask(title="Ask", status_indicator="loading")])
        yield ThreadItemDoneEvent(item=WorkflowItem(workflow=workflow, **play.new("workflow")))
        yield _call(play)

    store = CountingStore()
    server = assistant(carried, store)
    await ask(server, START)
    await ask(server, about_thread("add_client_tool_output", result={}))
    item = await store.load_item("thr_1", "wf_1", ME)
    assert isinstance(item, WorkflowItem)
    assert [task.status_indicator for task in item.workflow.tasks] == ["complete"]


async def test_a_hidden_item_is_never_told_however_it_is_sent() -> None:
    async def hidden(play: Play) -> Events:
        item = HiddenContextItem(content="A secret.", **play.new())
        yield ThreadItemAddedEvent(item=item)
        yield ThreadItemDoneEvent(item=item)
        yield ThreadItemReplacedEvent(item=item)

    store = CountingStore()
    events = await ask(assistant(hidden, store), START)
    assert kinds(events)[2:] == ["stream_options"]
    assert [item.type for item in await kept(store)] == ["user_message", "hidden_context_item"]


async def test_22_anothers_attachment_cannot_be_sent() -> None:
    store = CountingStore()
    another = RequestContext(ME.tenant, UserId("another"), "req_2")
    await store.save_attachment(FileAttachment(id="atc_1", name="a.txt", mime_type="text/plain"), another)
    server = assistant(_widget, store)
    await ask(server, START)
    stolen = about_thread("add_user_message", input=message("See", attachments=["atc_1"]))
    with pytest.raises(NotFound):
        await ask(server, stolen)


def _under_the_placeholder(play: Play, words: str) -> list[ThreadStreamEvent]:
    item = AssistantMessageItem(content=[], **{**play.new(), "id": FAKE_RESPONSES_ID})
    whole = item.model_copy(update={"content": [AssistantMessageContent(text=words)]})
    return [ThreadItemAddedEvent(item=item), delta(item.id, words), ThreadItemDoneEvent(item=whole)]


def _call(play: Play) -> ThreadItemDoneEvent:
    fields: dict[str, Any] = play.new("tool_call")
    return ThreadItemDoneEvent(
        item=ClientToolCallItem(call_id=f"call_{fields['id']}", name="look", arguments={}, **fields)
    )


async def _widget(play: Play) -> Events:
    yield ThreadItemDoneEvent(item=WidgetItem(widget=card(text("t", "New")), **play.new()))


async def _shown(store: CountingStore) -> dict[str, Any]:
    item = await store.load_item("thr_1", "msg_2", ME)
    assert isinstance(item, WidgetItem)
    return item.widget.model_dump(exclude_none=True)
