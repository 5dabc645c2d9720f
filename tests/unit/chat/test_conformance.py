"""The protocol's conformance cases for servers, 86 to 96, put to `ChatServer`."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from chatkit.server import diff_widget
from chatkit.store import AttachmentStore
from chatkit.types import (
    AssistantMessageItem,
    Attachment,
    AttachmentCreateParams,
    AttachmentUploadDescriptor,
    FileAttachment,
    HiddenContextItem,
    ProgressUpdateEvent,
    SDKHiddenContextItem,
    StructuredInputItem,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    WidgetItem,
)
from chatkit.widgets import WidgetTemplate
from pydantic import ValidationError

from chatkeep.core.context import RequestContext
from chatkeep.core.errors import Conflict, NotFound
from chatkeep.streams.runs import Limits
from tests.unit.chat.asking import START, ask, assistant, kept, kinds
from tests.wire.assistant import ME, Assistant, CountingStore, Play
from tests.wire.sequences import SEQUENCES, card, cue, delta, message, text
from tests.wire.sequences import ask as about_thread

Events = AsyncGenerator[ThreadStreamEvent, None]


class WatchedStore(CountingStore):
    """Tells in which order it was written, and when a turn's hidden note has come."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.noted = asyncio.Event()

    async def save_thread(self, thread: ThreadMetadata, context: RequestContext) -> None:
        self.calls.append("save_thread")
        await super().save_thread(thread, context)

    async def save_attachment(self, attachment: Attachment, context: RequestContext) -> None:
        self.calls.append("save_attachment")
        await super().save_attachment(attachment, context)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: RequestContext) -> None:
        self.calls.append(f"add:{item.type}")
        await super().add_thread_item(thread_id, item, context)
        if isinstance(item, SDKHiddenContextItem):
            self.noted.set()


async def plain(play: Play) -> Events:
    yield play.says("An answer.")


async def test_case_86_a_thread_is_created_in_the_protocols_order() -> None:
    store = WatchedStore()
    await store.save_attachment(FileAttachment(id="atc_1", name="a.txt", mime_type="text/plain"), ME)
    store.calls.clear()
    server = assistant(plain, store)
    create = {"type": "threads.create", "params": {"input": message("start", attachments=["atc_1"])}}
    events = await ask(server, create)
    assert kinds(events)[:3] == ["thread.created", "done:user_message", "stream_options"]
    assert store.calls[:3] == ["save_thread", "save_attachment", "add:user_message"]


async def test_case_87_what_was_only_announced_is_not_kept_when_a_turn_fails() -> None:
    async def fails(play: Play) -> Events:
        item = play.said()
        yield ThreadItemAddedEvent(item=item)
        yield delta(item.id, "I will")
        yield ThreadItemDoneEvent(item=HiddenContextItem(content="A note.", **play.new()))
        raise RuntimeError("nobody is to see this")

    store = CountingStore()
    events = await ask(assistant(fails, store), START)
    assert kinds(events)[2:] == [
        "stream_options",
        "added:assistant_message",
        "thread.item.updated",
        "error",
    ]
    assert events[-1] == {"type": "error", "code": "stream.error", "allow_retry": True}
    assert [item.type for item in await kept(store)] == ["user_message", "hidden_context_item"]


async def test_case_88_a_reader_who_leaves_in_mid_message_leaves_what_was_said() -> None:
    async def slow(play: Play) -> Events:
        said, silent = play.said(), play.said()
        yield ThreadItemAddedEvent(item=silent)
        yield ThreadItemAddedEvent(item=said)
        yield delta(said.id, "wor")
        await asyncio.Event().wait()

    store = WatchedStore()
    server = assistant(slow, store, limits=Limits(grace=0.0))
    reading = await server.handle(json.dumps(START).encode(), ME)
    assert not isinstance(reading, bytes)
    async for frames in reading:
        if b'"delta":"wor"' in frames:
            break
    reading.close()
    async with asyncio.timeout(10):
        await store.noted.wait()
    await server.aclose()
    _, message_kept, note = await kept(store)
    assert isinstance(message_kept, AssistantMessageItem)
    assert [part.text for part in message_kept.content] == ["wor"]
    assert isinstance(note, SDKHiddenContextItem)


async def test_a_stopped_answer_that_is_told_in_short_is_told_as_it_ended() -> None:
    async def slow(play: Play) -> Events:
        said, silent = play.said(), play.said()
        yield ThreadItemAddedEvent(item=silent)
        yield ThreadItemAddedEvent(item=said)
        yield delta(said.id, "wor")
        await asyncio.Event().wait()

    store = CountingStore()
    server = assistant(slow, store, limits=Limits(log=1))  # a snapshot after each event
    reading = await server.handle(json.dumps(START).encode(), ME)
    assert not isinstance(reading, bytes)
    seen = b""
    async for frames in reading:
        seen += frames
        if b'"delta":"wor"' in frames:
            assert (await ask(server, about_thread("stop")))["stopped"]
    reading.close()
    beginning = seen.partition(b"id: ")[2].partition(b":")[0].decode() + ":0"
    told = await ask(server, about_thread("resume", after=beginning))
    await server.aclose()
    assert kinds(told) == ["thread.updated", "done:user_message", "done:assistant_message"]


async def test_case_89_tool_output_that_nobody_waits_for_is_refused_without_an_answer() -> None:
    answers: list[str] = []

    async def counted(play: Play) -> Events:
        answers.append(play.thread.id)
        yield play.says("An answer.")

    server = assistant(counted)
    await ask(server, START)
    with pytest.raises(Conflict, match="No client tool call"):
        await ask(server, about_thread("add_client_tool_output", result={}))
    assert len(answers) == 1


async def test_case_90_a_retry_deletes_what_followed_the_message_and_nothing_if_refused() -> None:
    store = CountingStore()
    retried = SEQUENCES["s03-retry"]
    server = Assistant({cue("s03-retry"): retried.part}, store)
    await ask(server, retried.requests[0])
    before = await kept(store)
    assert [item.type for item in before] == [
        "user_message",
        "assistant_message",
        "hidden_context_item",
        "task",
    ]
    with pytest.raises(Conflict, match="not a user message"):
        await ask(server, about_thread("retry_after_item", item_id="msg_2"))
    with pytest.raises(NotFound):
        await ask(server, about_thread("retry_after_item", item_id="msg_unknown"))
    assert await kept(store) == before
    events = await ask(server, about_thread("retry_after_item", item_id="msg_1"))
    assert kinds(events) == ["stream_options", "done:assistant_message", "done:task"]
    assert {item.id for item in before}.intersection(item.id for item in await kept(store)) == {"msg_1"}


async def test_case_91_structured_input_is_answered_once() -> None:
    store = CountingStore()
    answered = SEQUENCES["s04-structured-input-answered"]
    server = Assistant({cue(answered.name): answered.part}, store)
    create, submit, again = answered.requests
    await ask(server, create)
    events = await ask(server, submit)
    assert kinds(events) == ["stream_options", "replaced:structured_input", "done:assistant_message"]
    with pytest.raises(Conflict, match="not pending"):
        await ask(server, again)
    item = await store.load_item("thr_1", "msg_3", ME)
    assert isinstance(item, StructuredInputItem)
    assert item.status == "answered"
    answers = {question.id: question.answer for question in item.inputs}
    assert {id_: (answer.values, answer.skipped) for id_, answer in answers.items() if answer} == {
        "priority": (["Soon"], False),
        "notes": ([], True),
    }


class TwoPhase(AttachmentStore[RequestContext]):
    async def create_attachment(self, input: AttachmentCreateParams, context: RequestContext) -> Attachment:  # noqa: A002
        upload = AttachmentUploadDescriptor(url="https://files.example/up", method="PUT", headers={"a": "b"})
        return FileAttachment(
            id="atc_1",
            name=input.name,
            mime_type=input.mime_type,
            metadata={"secret": 1},
            upload_descriptor=upload,
        )

    async def delete_attachment(self, attachment_id: str, context: RequestContext) -> None:
        raise NotImplementedError


async def test_case_92_an_attachments_metadata_stays_on_the_server() -> None:
    store = CountingStore()
    server = assistant(plain, store)
    server.attachment_store = TwoPhase()
    params = {"name": "a.pdf", "size": 3, "mime_type": "application/pdf"}
    created = await ask(server, {"type": "attachments.create", "params": params})
    assert created["upload_descriptor"]["url"] == "https://files.example/up"
    create = {"type": "threads.create", "params": {"input": message("start", attachments=["atc_1"])}}
    told = [
        created,
        await ask(server, create),
        await ask(server, about_thread("get_by_id")),
        await ask(server, {"type": "items.list", "params": {"thread_id": "thr_1"}}),
    ]
    assert "secret" not in json.dumps(told)
    assert (await store.load_attachment("atc_1", ME)).metadata == {"secret": 1}


async def test_case_93_a_title_is_saved_and_told_right_after_the_event() -> None:
    async def titled(play: Play) -> Events:
        play.thread.title = "A title"
        yield ProgressUpdateEvent(text="Looking")
        yield play.says("Found.")

    store = CountingStore()
    events = await ask(assistant(titled, store), START)
    assert kinds(events)[2:] == [
        "stream_options",
        "progress_update",
        "thread.updated",
        "done:assistant_message",
    ]
    assert events[4]["thread"]["title"] == "A title"
    assert (await store.load_thread("thr_1", ME)).title == "A title"


async def test_case_94_hidden_items_shorten_a_page_and_the_cursor_is_the_last_stored_one() -> None:
    store = CountingStore()
    server = assistant(plain, store)
    await ask(server, START)
    common: dict[str, Any] = {"thread_id": "thr_1", "created_at": (await kept(store))[0].created_at}
    for number in range(3, 41):
        if number in (25, 35):
            hidden = HiddenContextItem(id=f"item_{number}", content=1, **common)
            await store.add_thread_item("thr_1", hidden, ME)
        else:
            said = AssistantMessageItem(id=f"item_{number}", content=[], **common)
            await store.add_thread_item("thr_1", said, ME)
    page = await ask(server, {"type": "items.list", "params": {"thread_id": "thr_1", "limit": 0}})
    assert (len(page["data"]), page["has_more"], page["after"]) == (18, True, "item_21")
    rest = {"thread_id": "thr_1", "limit": 9999, "after": page["after"]}
    older = await ask(server, {"type": "items.list", "params": rest})
    assert (len(older["data"]), older["data"][-1]["id"], older["has_more"]) == (20, "msg_1", False)
    thread = await ask(server, about_thread("get_by_id"))
    assert (thread["items"]["data"][0]["id"], thread["items"]["has_more"]) == ("msg_1", True)


_TEMPLATE = '{"type": "Card", "children": [{"type": "Text", "value": {{ words | tojson }} }]}'


@pytest.mark.parametrize(
    ("definition", "words", "error"),
    [
        ({"version": "1.0"}, {}, TypeError),
        ({"version": "2.0"}, None, ValueError),
        ({}, None, KeyError),
        ({"version": "1.0", "template": '{"type": "Text", "value": "x"}'}, {}, ValidationError),
    ],
)
def test_case_95_a_template_that_cannot_be_built_says_so(
    definition: dict[str, Any], words: dict[str, Any] | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        WidgetTemplate({"name": "t", "template": _TEMPLATE, **definition}).build(words)


async def test_case_95_a_value_arrives_as_it_was() -> None:
    template = WidgetTemplate({"version": "1.0", "name": "t", "template": _TEMPLATE})

    async def templated(play: Play) -> Events:
        widget = template.build({"words": "<b>&'\""})
        yield ThreadItemDoneEvent(item=WidgetItem(widget=widget, **play.new()))

    server = assistant(templated)
    for events in (await ask(server, START), (await ask(server, about_thread("get_by_id")))["items"]["data"]):
        item = events[-1].get("item", events[-1])
        assert item["widget"]["children"][0]["value"] == "<b>&'\""


@pytest.mark.parametrize(
    ("before", "after", "updates"),
    [
        (text("t", "One"), text("t", "One, two"), ["widget.streaming_text.value_delta"]),
        ({"type": "Text", "value": "One"}, {"type": "Text", "value": "One, two"}, []),
        ({"type": "Badge", "label": "a"}, {"type": "Badge", "label": "b"}, ["widget.root.updated"]),
    ],
)
def test_case_96_the_difference_between_two_widgets(
    before: dict[str, Any], after: dict[str, Any], updates: list[str]
) -> None:
    assert [update.type for update in diff_widget(card(before), card(after))] == updates
