"""A turn as the SDK's `ChatKitServer` carries it out, where ours differs: its pipeline, and what it keeps.

Above: `server`, which says who answers and runs each turn apart from the connection that asked for it. Below:
the store. Where the SDK is known to fail, the method says which fault it avoids.
"""

import asyncio
import copy
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from chatkit.errors import CustomStreamError, ErrorCode, StreamError
from chatkit.server import ChatKitServer
from chatkit.store import AttachmentStore, NotFoundError, Store
from chatkit.types import (
    ClientToolCallItem,
    ErrorEvent,
    FeedbackKind,
    StreamingReq,
    StreamOptionsEvent,
    Thread,
    ThreadCreatedEvent,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadsAddClientToolOutputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsSyncCustomActionReq,
    ThreadStreamEvent,
    ThreadUpdatedEvent,
    UserMessageInput,
    UserMessageItem,
    WidgetItem,
)

from chatkeep.chat import endings
from chatkeep.chat.history import text_of
from chatkeep.chat.pending import Pending, updated
from chatkeep.chat.placeholders import Placeholders
from chatkeep.chat.titles import title_from
from chatkeep.core.clock import Clock
from chatkeep.core.context import RequestContext
from chatkeep.streams.runs import Run
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

HISTORY_ITEMS = 40


class TurnStore(Protocol):
    """What turns need of the store besides what ChatKit's `Store` offers."""

    async def save_new_thread(
        self, thread: ThreadMetadata, item: ThreadItem, context: RequestContext
    ) -> None:
        """Insert a thread and its first item, both or neither."""
        ...

    async def save_feedback(
        self, thread_id: str, item_ids: Sequence[str], kind: FeedbackKind, context: RequestContext
    ) -> None: ...


@dataclass(slots=True)
class Turn:
    """What the events of one turn share with the run they belong to."""

    thread_id: str
    run: Run
    pending: Pending = field(default_factory=Pending)
    thread: ThreadMetadata | None = None
    is_new: bool = False
    steps: bool = False


current_turn: ContextVar[Turn] = ContextVar("chatkeep_turn")


class TurnPipeline(ChatKitServer[RequestContext]):
    """The SDK's operations on threads, each turn with an end and without the SDK's cost per event.

    Args:
        image_domains: as `ChatServer` has it.
    """

    def __init__(
        self,
        store: Store[RequestContext],
        turns: TurnStore,
        clock: Clock,
        image_domains: Sequence[str] = (),
    ) -> None:
        super().__init__(store)
        self._turns = turns
        self._clock = clock
        self._image_domains = list(image_domains)

    def _process_streaming_impl(
        self, request: StreamingReq, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        match request:
            case ThreadsCreateReq():
                return self._create(request.params.input, context)
            case ThreadsAddUserMessageReq():
                return self._add_message(request, context)
            case ThreadsAddClientToolOutputReq():
                return self._take_tool_output(request, context)
            case _:
                return super()._process_streaming_impl(request, context)

    async def _create(
        self, message: UserMessageInput, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """The SDK's, but a thread is born with an aware UTC time (fault 18) and the id its run was given.

        It has its title from the start, a missing attachment is found before anything is stored, and its
        first message is stored with it.
        """
        turn = current_turn.get()
        turn.is_new = True
        thread = ThreadMetadata(id=turn.thread_id, created_at=self._clock.now())
        item = await self._build_user_message_item(message, thread, context)
        thread.title = title_from(text_of(item))
        if item.attachments:  # they know their thread before a message names them (case 86)
            await self.store.save_thread(thread, context=context)
            for attachment in item.attachments:
                await self.store.save_attachment(attachment, context=context)
            await self.store.add_thread_item(thread.id, item, context=context)
        else:
            await self._turns.save_new_thread(thread, item, context)
        yield ThreadCreatedEvent(thread=self._to_thread_response(thread))
        yield ThreadItemDoneEvent(item=item)
        async for event in self._process_events(thread, context, lambda: self.respond(thread, item, context)):
            yield event

    async def _add_message(
        self, request: ThreadsAddUserMessageReq, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """The SDK's, but a client tool call that the message overtakes is dropped (E.8 #10)."""
        thread = await self.store.load_thread(request.params.thread_id, context)
        item = await self._build_user_message_item(request.params.input, thread, context)
        await self._cleanup_pending_client_tool_call(thread, context)
        async for event in self._process_new_thread_item_respond(thread, item, context):
            yield event

    async def _take_tool_output(
        self, request: ThreadsAddClientToolOutputReq, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """The SDK's, but hidden items and workflows behind the call do not break the round trip (E.8 #11)."""
        thread = await self.store.load_thread(request.params.thread_id, context)
        page = await self.store.load_thread_items(thread.id, None, HISTORY_ITEMS, "desc", context)
        call = next(
            (item for item in page.data if isinstance(item, ClientToolCallItem | UserMessageItem)), None
        )
        if not isinstance(call, ClientToolCallItem) or call.status != "pending":
            raise ValueError("No client tool call of this thread waits for a result.")
        answered = call.model_copy(update={"status": "completed", "output": request.params.result})
        await self.store.save_item(thread.id, answered, context=context)
        await self._cleanup_pending_client_tool_call(thread, context)
        async for event in self._process_events(thread, context, lambda: self.respond(thread, None, context)):
            yield event

    async def _process_sync_custom_action(
        self, request: ThreadsSyncCustomActionReq, context: RequestContext
    ) -> bytes:
        """The SDK's, but the item that the action changed is kept (fault 20)."""
        params = request.params
        thread = await self.store.load_thread(params.thread_id, context)
        sender = await self.store.load_item(thread.id, params.item_id, context) if params.item_id else None
        if sender is not None and not isinstance(sender, WidgetItem):
            raise ValueError("The item that sent this action is not a widget.")
        response = await self.sync_action(thread, params.action, sender, context)
        if response.updated_item is not None:
            await self.store.save_item(thread.id, response.updated_item, context=context)
        return self._serialize(response)

    async def _process_events(
        self,
        thread: ThreadMetadata,
        context: RequestContext,
        stream: Callable[[], AsyncIterator[ThreadStreamEvent]],
    ) -> AsyncIterator[ThreadStreamEvent]:
        """The SDK's pipeline (spec E.3), without its cost per event and with an end to every turn.

        What is unfinished when a turn is interrupted is told to whoever still follows: kept or removed.
        """
        turn = current_turn.get()
        turn.thread = thread
        placeholders = Placeholders(lambda kind: self.store.generate_item_id(kind, thread, context))
        yield StreamOptionsEvent(stream_options=self.get_stream_options(thread, context))
        known, title = _state(thread), thread.title
        try:
            async with aclosing(stream()) as events:  # type: ignore[type-var]  # responders are generators
                async for said in events:
                    if turn.pending.take_delta(said):  # nearly always
                        yield said
                        if thread.title is title:
                            continue
                    else:
                        for event in placeholders.replace(_in_utc(said)):
                            await self._persist(event, thread, context)
                            if not endings.is_about_hidden(event):
                                turn.pending.apply(event)
                                yield event
                    if thread.__dict__ != known:
                        known, title = _state(thread), thread.title
                        yield await self._save_changed(thread, context)
        except asyncio.CancelledError:
            for event in await self._interrupted(turn, thread, context):
                turn.pending.apply(event)
                yield event
            raise
        except CustomStreamError as error:
            yield ErrorEvent(code="custom", message=error.message, allow_retry=error.allow_retry)
        except StreamError as error:
            yield ErrorEvent(code=error.code, allow_retry=error.allow_retry)
        except Exception:  # noqa: BLE001 - whatever an assistant's own code raises
            _log.exception("turn_failed")
            yield ErrorEvent(code=ErrorCode.STREAM_ERROR, allow_retry=True)
        if thread.__dict__ != known:
            yield await self._save_changed(thread, context)

    async def _persist(
        self, event: ThreadStreamEvent, thread: ThreadMetadata, context: RequestContext
    ) -> None:
        match event:
            case ThreadItemDoneEvent():
                await self.store.add_thread_item(thread.id, event.item, context=context)
            case ThreadItemRemovedEvent():
                await self.store.delete_thread_item(thread.id, event.item_id, context=context)
            case ThreadItemReplacedEvent():
                await self.store.save_item(thread.id, event.item, context=context)
            case ThreadItemUpdatedEvent() if not current_turn.get().pending.holds(event.item_id):
                await self._update_stored(event, thread, context)
            case _:
                pass

    async def _update_stored(
        self, event: ThreadItemUpdatedEvent, thread: ThreadMetadata, context: RequestContext
    ) -> None:
        """Keep what changes of a finished item: the SDK tells the page alone (fault 20, E.8 #15)."""
        try:
            item = await self.store.load_item(thread.id, event.item_id, context)
        except NotFoundError:
            return  # clients ignore updates of what they do not know, too
        await self.store.save_item(thread.id, updated(item, event), context=context)

    async def _save_changed(self, thread: ThreadMetadata, context: RequestContext) -> ThreadUpdatedEvent:
        await self.store.save_thread(thread, context=context)
        return ThreadUpdatedEvent(thread=self._to_thread_response(thread))

    async def _interrupted(
        self, turn: Turn, thread: ThreadMetadata, context: RequestContext
    ) -> list[ThreadStreamEvent]:
        if turn.run.reason == "taken":
            return []  # by the worker that has saved it
        pending = turn.pending.items()
        if turn.run.reason in ("lost", "shutdown"):
            await self.save_unfinished(thread, pending, endings.BROKEN_OFF, context)
            return [*endings.closing(pending), endings.broken_off()]
        await self.handle_stream_cancelled(thread, pending, context)
        return endings.closing(pending)

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: RequestContext
    ) -> None:
        """The SDK's, with an aware UTC time (fault 18)."""
        await self.save_unfinished(thread, pending_items, endings.STOPPED, context)

    async def save_unfinished(
        self, thread: ThreadMetadata, pending: Sequence[ThreadItem], words: str, context: RequestContext
    ) -> None:
        for event in endings.closing(pending):
            # a removed one is there if it was interrupted between being stored and being told
            await self._persist(event, thread, context)
        note_id = self.store.generate_item_id("sdk_hidden_context", thread, context)
        hidden = endings.note(note_id, thread.id, self._clock.now(), words)
        await self.store.add_thread_item(thread.id, hidden, context=context)

    async def _build_user_message_item(
        self,
        input: UserMessageInput,  # noqa: A002 (the SDK's name)
        thread: ThreadMetadata,
        context: RequestContext,
    ) -> UserMessageItem:
        item = await super()._build_user_message_item(input, thread, context)
        return item.model_copy(update={"created_at": self._clock.now()})

    def _to_thread_response(self, thread: ThreadMetadata | Thread) -> Thread:
        response = super()._to_thread_response(thread)
        if response.allowed_image_domains is None:
            response.allowed_image_domains = self._image_domains
        return response

    def _get_attachment_store(self) -> AttachmentStore[RequestContext]:
        if self.attachment_store is None:
            raise NotImplementedError("Attachments need an attachment store.")
        return self.attachment_store

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: RequestContext
    ) -> None:
        await self._turns.save_feedback(thread_id, item_ids, feedback, context)


def _state(thread: ThreadMetadata) -> dict[str, Any]:
    """What it is now, to compare with what it will be: assistants change it in place."""
    fields = thread.__dict__.items()
    return {name: each if isinstance(each, str | datetime) else copy.deepcopy(each) for name, each in fields}


def _in_utc(event: ThreadStreamEvent) -> ThreadStreamEvent:
    """The event with an aware time: what the SDK makes carries the machine's local one, naive (fault 18)."""
    match event:
        case ThreadItemAddedEvent() | ThreadItemDoneEvent() | ThreadItemReplacedEvent():
            item = event.item
            if item.created_at.tzinfo is None:
                aware = item.model_copy(update={"created_at": item.created_at.astimezone(UTC)})
                return event.model_copy(update={"item": aware})
        case _:
            pass
    return event
