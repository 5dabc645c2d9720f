"""What a page is told of the way to an answer."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from chatkit.types import ClientEffectEvent, ClientToolCallItem, ThreadMetadata, ThreadStreamEvent

from chatkeep.agents.events import (
    AgentEvent,
    MessageDone,
    MessageStarted,
    PassagesFound,
    Progress,
    TextDelta,
    ToolCalled,
)
from chatkeep.chat.steps import STEP, Steps
from chatkeep.chat.translate import translate
from chatkeep.knowledge.cite import Checker
from tests.unit.chat.test_translate import PASSAGE, StoppedClock

ANSWERED: list[AgentEvent] = [
    Progress("Searching the documents", "search"),
    PassagesFound([PASSAGE, PASSAGE], "How do I install it?"),
    MessageStarted(0),
    TextDelta(0, "Run apt-get install [1]."),
    MessageDone(0, "Run apt-get install [1]."),
]


async def told(events: Sequence[AgentEvent], *, wanted: bool = True) -> list[ThreadStreamEvent]:
    async def source() -> AsyncIterator[AgentEvent]:
        for event in events:
            yield event

    thread = ThreadMetadata(id="thr_1", created_at=datetime(2026, 11, 21, tzinfo=UTC))
    steps = Steps() if wanted else None
    translated = translate(source(), thread, lambda kind: f"{kind}_1", StoppedClock(), Checker(), steps)
    return [event async for event in translated]


def steps(events: Sequence[ThreadStreamEvent]) -> list[dict[str, Any]]:
    return [event.data for event in events if isinstance(event, ClientEffectEvent) and event.name == STEP]


async def test_the_steps_of_an_answer_are_told_in_their_order() -> None:
    seen = [(step["step"], step["state"]) for step in steps(await told(ANSWERED))]
    assert seen == [
        ("search", "running"),
        ("search", "done"),
        ("answer", "running"),
        ("answer", "writing"),
        ("answer", "done"),
        ("check", "running"),
        ("check", "done"),
    ]


async def test_the_search_says_what_was_asked_and_which_documents_it_found() -> None:
    found = steps(await told(ANSWERED))[1]
    assert (found["query"], found["passages"]) == ("How do I install it?", 2)
    assert found["documents"] == [{"title": "Install", "path": "guide/install.md", "passages": 2}]
    assert PASSAGE.text not in str(found)


async def test_the_check_says_how_much_of_the_answer_is_supported() -> None:
    checked = steps(await told(ANSWERED))[-1]
    assert (checked["cited"], checked["statements"], checked["unsupported"]) == (1, 1, 0)


async def test_the_search_is_told_before_the_model_has_said_anything() -> None:
    seen = steps(await told(ANSWERED[:2]))
    assert [step["step"] for step in seen] == ["search", "search", "answer"]


def test_each_step_says_how_long_it_took() -> None:
    seconds = count(0, 2)
    teller = Steps(lambda: next(seconds))
    data = [step.data for event in ANSWERED[:3] for step in teller.hear(event)]
    assert [step.get("milliseconds") for step in data] == [None, 2000, None, 2000]


async def test_a_call_of_the_pages_tool_is_an_item_and_a_step() -> None:
    events = await told([*ANSWERED[:2], ToolCalled("call_1", "switch_theme", {"scheme": "dark"})])
    item = events[-1].item if events[-1].type == "thread.item.done" else None
    assert isinstance(item, ClientToolCallItem)
    assert (item.id, item.call_id, item.status) == ("tool_call_1", "call_1", "pending")
    assert (item.name, item.arguments) == ("switch_theme", {"scheme": "dark"})
    assert steps(events)[-1]["tool"] == "switch_theme"


async def test_nothing_is_told_where_nobody_asked() -> None:
    events, asked = await told(ANSWERED, wanted=False), await told(ANSWERED)
    assert steps(events) == []
    assert len(events) == len(asked) - 7
