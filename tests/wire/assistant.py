"""The assistant of the recordings: the real server over a store in memory, with ids and a clock handed in.

What it plays is in `sequences`: the text of a thread's first message names the sequence, and every later
request of the thread carries it on.
"""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from agents import RunResultStreaming, StreamEvent
from agents.stream_events import RawResponsesStreamEvent
from chatkit.actions import Action
from chatkit.agents import AgentContext, ResponseStreamConverter, stream_agent_response
from chatkit.store import StoreItemType
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    ClientToolCallItem,
    StreamOptions,
    StructuredInputItem,
    SyncCustomActionResponse,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    WidgetItem,
)
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from chatkeep.adapters.memory_journal import MemoryJournal
from chatkeep.adapters.memory_store import MemoryStore
from chatkeep.adapters.records import ITEM_PREFIXES
from chatkeep.agents.client_tools import CarriedOut
from chatkeep.agents.events import AgentEvent, Message
from chatkeep.chat.history import text_of
from chatkeep.chat.server import ChatServer
from chatkeep.core.context import RequestContext, local_context
from chatkeep.streams.protocols import RunId
from chatkeep.streams.runs import Limits

ME = local_context("req_1")
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)

_MODEL_EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)

Part = Callable[["Play"], AsyncGenerator[ThreadStreamEvent, None]]


class StoppedClock:
    def now(self) -> datetime:
        return NOON


class CountingStore(MemoryStore):
    """The store in memory, whose ids count from 1: `thr_1`, `msg_1`, `msg_2`, `wf_1`."""

    def __init__(self) -> None:
        super().__init__(StoppedClock())
        self._ids: Counter[str] = Counter()

    def generate_thread_id(self, context: RequestContext) -> str:
        return self._next("thread")

    def generate_item_id(
        self, item_type: StoreItemType, thread: ThreadMetadata, context: RequestContext
    ) -> str:
        return self._next(item_type)

    def _next(self, kind: StoreItemType) -> str:
        self._ids[kind] += 1
        return f"{ITEM_PREFIXES[kind]}_{self._ids[kind]}"


class NoAnswers:
    """The workflow behind the usual `respond`, which the recordings replace."""

    async def run(
        self,
        question: str,
        history: Sequence[Message],
        context: RequestContext,
        carried_out: Sequence[CarriedOut] = (),
    ) -> AsyncGenerator[AgentEvent, None]:
        raise NotImplementedError
        yield


class Assistant(ChatServer):
    """Plays the sequence that a thread's first message names."""

    def __init__(
        self, parts: dict[str, Part], store: CountingStore | None = None, limits: Limits | None = None
    ) -> None:
        store = store or CountingStore()
        super().__init__(store, store, NoAnswers(), StoppedClock(), MemoryJournal(), limits=limits)
        self._parts = parts
        self._runs_begun = 0

    def generate_run_id(self, context: RequestContext) -> RunId:
        self._runs_begun += 1
        return RunId(f"run_{self._runs_begun}")

    def get_stream_options(self, thread: ThreadMetadata, context: RequestContext) -> StreamOptions:
        return StreamOptions(allow_cancel=not thread.metadata.get("is_uninterruptible", False))

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        async for event in self._play(thread, input_user_message or await self._answered(thread), None):
            yield event

    async def action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: RequestContext,
    ) -> AsyncIterator[ThreadStreamEvent]:
        async for event in self._play(thread, sender, action):
            yield event

    async def sync_action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: RequestContext,
    ) -> SyncCustomActionResponse:
        """Puts the action's payload into the widget; without a widget there is nothing to change."""
        if sender is None:
            return SyncCustomActionResponse()
        widget = sender.widget.model_validate({"type": "Card", "children": action.payload})
        return SyncCustomActionResponse(updated_item=sender.model_copy(update={"widget": widget}))

    async def _play(
        self, thread: ThreadMetadata, prompt: ThreadItem | None, action: Action[str, Any] | None
    ) -> AsyncIterator[ThreadStreamEvent]:
        first = (await self.store.load_thread_items(thread.id, None, 1, "asc", ME)).data[0]
        assert isinstance(first, UserMessageItem)
        play = Play(self.store, thread, prompt, action)
        async for event in self._parts[text_of(first)](play):
            yield _timed(event)

    async def _answered(self, thread: ThreadMetadata) -> ThreadItem | None:
        """What the person has just answered: a client tool call or a structured input."""
        page = await self.store.load_thread_items(thread.id, None, 20, "desc", ME)
        answerable = (
            item for item in page.data if isinstance(item, ClientToolCallItem | StructuredInputItem)
        )
        return next(answerable, None)


@dataclass(slots=True)
class Play:
    """What a part of a sequence is given, and short spellings of what it says.

    Attributes:
        prompt: the item that asked for the part: a message, an answered item, an action's widget.
    """

    store: Any
    thread: ThreadMetadata
    prompt: ThreadItem | None
    action: Action[str, Any] | None

    def new(self, kind: StoreItemType = "message") -> dict[str, Any]:
        """The fields that every item has."""
        return {
            "id": self.store.generate_item_id(kind, self.thread, ME),
            "thread_id": self.thread.id,
            "created_at": NOON,
        }

    def said(self, *texts: str) -> AssistantMessageItem:
        content = [AssistantMessageContent(text=text) for text in texts]
        return AssistantMessageItem(content=content, **self.new())

    def says(self, *texts: str) -> ThreadItemDoneEvent:
        return ThreadItemDoneEvent(item=self.said(*texts))

    def agent(self, **fields: Any) -> "AgentContext[RequestContext]":
        return AgentContext(thread=self.thread, store=self.store, request_context=ME, **fields)

    async def runs(
        self,
        agent: "AgentContext[RequestContext]",
        *events: dict[str, Any] | Exception,
        converter: ResponseStreamConverter | None = None,
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """What the SDK's bridge makes of a model's events."""
        run = cast("RunResultStreaming", _Run(events))
        bridge = stream_agent_response(agent, run, converter=converter or ResponseStreamConverter())
        async for event in bridge:
            yield event


class _Run:
    """An agent's run, as far as the bridge looks at it."""

    def __init__(self, events: Sequence[dict[str, Any] | Exception]) -> None:
        self._events = events

    async def stream_events(self) -> AsyncIterator[StreamEvent]:
        for number, event in enumerate(self._events):
            if isinstance(event, Exception):
                raise event
            whole = {"sequence_number": number, "output_index": 0, **event}
            yield RawResponsesStreamEvent(data=_MODEL_EVENT.validate_python(whole))


async def told(agent: "AgentContext[RequestContext]") -> AsyncIterator[ThreadStreamEvent]:
    """What the agent's tools have said so far."""
    while not agent._events.empty():
        event = agent._events.get_nowait()
        assert not isinstance(event, str)
        yield cast("ThreadStreamEvent", event)


def _timed(event: ThreadStreamEvent) -> ThreadStreamEvent:
    """The SDK's helpers read the machine's clock: their items get the time that was handed in."""
    if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent) and event.item.created_at.tzinfo is None:
        return event.model_copy(update={"item": event.item.model_copy(update={"created_at": NOON})})
    return event
