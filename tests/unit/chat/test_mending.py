"""What a worker that died had said is saved and ended by the next that looks at the thread."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    SDKHiddenContextItem,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
)

from chatkeep.adapters.memory_journal import MemoryJournal, MemoryLogs
from chatkeep.chat import endings
from chatkeep.chat.server import ChatServer
from chatkeep.streams import sse
from chatkeep.streams.protocols import RunId, RunRecord, ThreadKey
from tests.unit.chat.asking import kept
from tests.wire.assistant import ME, CountingStore, NoAnswers, StoppedClock

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ANSWER = AssistantMessageItem(id="msg_2", thread_id="thr_1", created_at=NOW, content=[])
RUN = RunRecord(RunId("run_1"), ThreadKey(ME.tenant, ME.user, "thr_1"), None, "d", True)


class Scene:
    """A thread, and a worker that dies while it answers."""

    def __init__(self) -> None:
        self.now = 0.0
        self.store = CountingStore()
        self.logs = MemoryLogs(lambda: self.now)

    async def die_after(self, *said: ThreadStreamEvent) -> None:
        await self.store.save_thread(ThreadMetadata(id="thr_1", created_at=NOW), ME)
        dead = MemoryJournal(self.logs, "dead")
        await dead.begin(RUN)
        payloads = [event.model_dump_json(by_alias=True).encode() for event in said]
        await dead.append(RUN.id, 1, [sse.frame(RUN.id, seq, one) for seq, one in enumerate(payloads, 1)])
        self.now = 60.0

    def worker(self) -> ChatServer:
        return ChatServer(
            self.store, self.store, NoAnswers(), StoppedClock(), MemoryJournal(self.logs, "next")
        )

    async def come_back(self, after: int) -> list[dict[str, Any]]:
        """What a page hears that has heard of the run up to number `after`."""
        server = self.worker()
        request = {"type": "threads.resume", "params": {"thread_id": "thr_1", "after": f"run_1:{after}"}}
        reading = await server.handle(json.dumps(request).encode(), ME)
        assert not isinstance(reading, bytes)
        frames = b"".join([some async for some in reading])
        reading.close()
        await server.aclose()
        assert frames.endswith(b"event: end\nid: run_1:%d\n\n" % (after + 1 + frames.count(b"data: ")))
        return [json.loads(payload) for payload in sse.payloads(frames)]


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_half_an_answer_is_saved_and_told_with_the_chance_to_ask_again(scene: Scene) -> None:
    half = AssistantMessageContentPartTextDelta(content_index=0, delta="Half a wor")
    await scene.die_after(
        ThreadItemAddedEvent(item=ANSWER), ThreadItemUpdatedEvent(item_id=ANSWER.id, update=half)
    )
    done, error = await scene.come_back(after=2)
    assert (done["type"], done["item"]["content"][0]["text"]) == ("thread.item.done", "Half a wor")
    assert (error["type"], error["allow_retry"]) == ("error", True)
    said, note = await kept(scene.store)
    assert isinstance(said, AssistantMessageItem)
    assert said.content[0].text == "Half a wor"
    _is_about_breaking_off(note)


async def test_an_empty_message_that_was_stored_and_not_told_is_gone_for_all(scene: Scene) -> None:
    await scene.die_after(ThreadItemAddedEvent(item=ANSWER))
    empty = ANSWER.model_copy(update={"content": [AssistantMessageContent(text="", annotations=[])]})
    await scene.store.add_thread_item("thr_1", empty, ME)
    removed, error = await scene.come_back(after=1)
    assert removed == {"type": "thread.item.removed", "item_id": ANSWER.id}
    assert error["type"] == "error"
    (note,) = await kept(scene.store)
    _is_about_breaking_off(note)


async def test_a_run_whose_thread_was_deleted_meanwhile_is_ended_and_saves_nothing(scene: Scene) -> None:
    await scene.die_after(ThreadItemAddedEvent(item=ANSWER))
    await scene.store.delete_thread("thr_1", ME)
    server = scene.worker()
    assert await server._runs.active(RUN.thread) is None
    assert scene.logs.threads == {}
    await server.aclose()


def _is_about_breaking_off(note: ThreadItem) -> None:
    assert isinstance(note, SDKHiddenContextItem)
    assert note.content == endings.BROKEN_OFF
