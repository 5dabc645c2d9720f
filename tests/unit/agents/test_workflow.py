import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import agents as sdk
from agents.items import TResponseStreamEvent
from agents.models.interface import Model

from chatkeep.agents.events import (
    Message,
    MessageDone,
    MessageStarted,
    PassagesFound,
    Progress,
    TextDelta,
    UsageReported,
)
from chatkeep.agents.failures import Source
from chatkeep.agents.models import CreatedModel, create_model
from chatkeep.agents.workflow import Workflow, fit
from chatkeep.core.context import RequestContext, local_context
from chatkeep.knowledge.documents import DocumentId, Passage, PassageId
from chatkeep.settings import ModelSettings

HISTORY = [
    Message("user", "q1"),
    Message("assistant", "a1"),
    Message("user", "q2"),
    Message("assistant", "a2"),
]


def test_a_short_history_is_kept_whole() -> None:
    assert fit(HISTORY, 10, 100) == HISTORY


def test_the_oldest_messages_go_first() -> None:
    assert fit(HISTORY, 2, 100) == HISTORY[2:]
    assert fit(HISTORY, 10, 5) == HISTORY[2:]


def test_a_history_begins_with_a_question() -> None:
    assert fit(HISTORY, 3, 100) == HISTORY[2:]
    assert fit(HISTORY, 1, 100) == []


def test_a_long_message_is_not_skipped_for_an_older_short_one() -> None:
    long = [*HISTORY, Message("user", "x" * 50), Message("assistant", "a3")]
    assert fit(long, 10, 20) == []


def test_messages_without_text_are_left_out() -> None:
    assert fit([*HISTORY[:2], Message("user", " "), Message("assistant", "")], 10, 100) == HISTORY[:2]


class SlowToLetGo(Model):
    """A model whose connection takes a while to close."""

    def __init__(self) -> None:
        self.called = asyncio.Event()
        self.gone = False

    async def get_response(self, *args: Any, **kwargs: Any) -> sdk.ModelResponse:
        raise NotImplementedError

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[TResponseStreamEvent]:
        self.called.set()
        try:
            await asyncio.Event().wait()
            yield None  # type: ignore[misc]  # never reached; makes this a generator
        finally:
            closing = asyncio.ensure_future(self._let_go())
            while not closing.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.shield(closing)

    async def _let_go(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        self.gone = True


class NothingFound:
    async def gather(self, query: str, budget: int, context: RequestContext) -> list[Passage]:
        return []


async def test_a_cancelled_listener_does_not_leave_before_the_model_has() -> None:
    model = SlowToLetGo()

    async def close() -> None:
        pass

    created = CreatedModel(
        model, "slow", "extractive", sdk.ModelSettings(), Source("Slow", "slow", 60.0), close
    )

    async def listen() -> None:
        async for _ in Workflow(created, NothingFound()).run("Hello?", (), local_context("req")):
            pass

    listening = asyncio.create_task(listen())
    await asyncio.wait_for(model.called.wait(), 10)
    listening.cancel()
    await asyncio.wait([listening], timeout=10)
    assert listening.cancelled()
    assert model.gone


async def test_without_a_model_the_documents_answer_with_the_same_events() -> None:
    text = "Conversations are stored in a SQLite database. Backups are your own affair."
    found = Passage(PassageId("p"), DocumentId("d"), "storage.md", "Storage", (), 0, len(text), text, 1.0)

    class Finds:
        async def gather(self, query: str, budget: int, context: RequestContext) -> list[Passage]:
            return [found]

    created = create_model(ModelSettings(llm_provider="extractive"))
    run = Workflow(created, Finds()).run("Where are conversations stored?", HISTORY, local_context("req"))
    events = [event async for event in run]
    answer = "Conversations are stored in a SQLite database. [1]"
    assert events[:3] == [
        Progress("Searching the documents", "search"),
        PassagesFound((found,), "Where are conversations stored?"),
        MessageStarted(0),
    ]
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == answer
    assert events[-2] == MessageDone(0, answer)
    assert isinstance(events[-1], UsageReported)
