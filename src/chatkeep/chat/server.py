"""The ChatKit server: which operation a request names, and what it does.

Above: `http.chatkit` hands over bytes and a context. Below: `streams.runs` runs each turn apart from the
connection that asked for it; the SDK's `ChatKitServer` carries out the operations on our store; `agents`
answers; `chat.translate` makes thread events of the answer.
Knows nothing of HTTP. Where the SDK is known to fail, the method says which fault it avoids.
"""

import asyncio
import copy
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, Protocol

import structlog
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
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadsSyncCustomActionReq,
    ThreadStreamEvent,
    ThreadUpdatedEvent,
    UserMessageInput,
    UserMessageItem,
    WidgetItem,
    is_streaming_req,
)
from pydantic import TypeAdapter

from chatkeep.agents.client_tools import CarriedOut
from chatkeep.agents.events import AgentEvent, Message
from chatkeep.chat import deltas, endings, operations
from chatkeep.chat.citations import Quoted, quoted
from chatkeep.chat.history import carried_on, messages, text_of
from chatkeep.chat.operations import ThreadsResumeReq, ThreadsStopReq
from chatkeep.chat.pending import Pending, updated
from chatkeep.chat.placeholders import Placeholders
from chatkeep.chat.steps import Steps
from chatkeep.chat.titles import title_from
from chatkeep.chat.translate import translate
from chatkeep.core.clock import Clock
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import Conflict, InvalidInput, NotFound
from chatkeep.core.ids import new_id
from chatkeep.knowledge.cite import Checker
from chatkeep.streams import sse
from chatkeep.streams.follow import Follower, Reading, Told
from chatkeep.streams.protocols import RunId, RunRecord, StreamJournal, ThreadKey
from chatkeep.streams.runs import Limits, Run, Runs
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_HISTORY_ITEMS = 40
_TURN_ITEMS = 100


class Answers(Protocol):
    """What answers a question: `agents.workflow.Workflow`, or a test's double."""

    def run(
        self,
        question: str,
        history: Sequence[Message],
        context: RequestContext,
        carried_out: Sequence[CarriedOut] = (),
    ) -> AsyncGenerator[AgentEvent, None]: ...


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
class _Turn:
    """What the events of one turn share with the run they belong to."""

    thread_id: str
    run: Run
    pending: Pending = field(default_factory=Pending)
    thread: ThreadMetadata | None = None
    is_new: bool = False
    steps: bool = False


_turn: ContextVar[_Turn] = ContextVar("chatkeep_turn")


class ChatServer(ChatKitServer[RequestContext]):
    """Serves every ChatKit operation for one assistant.

    Args:
        journal: where turns are written down while they are said.
        image_domains: hosts whose images a page may show in answers. An image from anywhere else could
            carry what the model was told out of the page in its address, so it becomes a link.
        heartbeat: seconds of silence after which a stream gives a sign of life.
        checker: checks answers against the passages that they cite; None: by words alone.
        tells_steps: whether pages that ask are told, as client effects, what is done for an answer.
    """

    def __init__(
        self,
        store: Store[RequestContext],
        turns: TurnStore,
        answers: Answers,
        clock: Clock,
        journal: StreamJournal,
        *,
        limits: Limits | None = None,
        image_domains: Sequence[str] = (),
        heartbeat: float = 15.0,
        checker: Checker | None = None,
        tells_steps: bool = True,
    ) -> None:
        super().__init__(store)
        self._image_domains = list(image_domains)
        self._turns = turns
        self._answers = answers
        self._clock = clock
        self._checker = checker or Checker()
        self._tells_steps = tells_steps
        self._runs = Runs(journal, self._mend, limits, heartbeat)
        self._parser = operations.new_parser()

    async def handle(
        self,
        body: bytes,
        context: RequestContext,
        idempotency_key: str | None = None,
        *,
        steps: bool = False,
    ) -> bytes | Reading:
        """Carry out the operation in `body`: a JSON reply, or a stream to follow.

        Args:
            idempotency_key: from the request's header; its `metadata` may hold one too.
            steps: the page wants to be told what is done for the answer.

        Raises:
            MalformedInput: `body` is not JSON.
            InvalidInput: it is not an operation with the parameters it needs.
            NotFound, Conflict, NotReady: as the operation finds; always before the first event (fault 19).
        """
        request = operations.parse(self._parser, body)
        structlog.contextvars.bind_contextvars(operation=request.type)  # on all that is logged of it
        try:
            match request:
                case ThreadsResumeReq():
                    return await self._resume(request, context)
                case ThreadsStopReq():
                    return await self._stop(request, context)
                case ThreadsGetByIdReq():
                    return await self._get_by_id(request, context)
                case ThreadsDeleteReq():
                    await self._end_before_deletion(request, context)
            if not is_streaming_req(request):
                return await self._process_non_streaming(request, context)
            key = operations.idempotency_key(request, idempotency_key)
            follower = await self._begin(request, key, operations.digest(body), context, steps)
        except NotFoundError as error:
            raise NotFound("There is no such thread or item.") from error
        except NotImplementedError as error:
            raise InvalidInput(f"{request.type} is not offered by this assistant.") from error
        except ValueError as error:
            raise Conflict(str(error)) from error
        if follower is None:
            raise NotFound("There is no such item in this thread.")
        return follower

    async def aclose(self) -> None:
        """End the turns that still run, and wait until what was said is saved: the store closes next."""
        await self._runs.aclose()

    async def quoted(self, answer: str, passage_id: str, context: RequestContext) -> Quoted | None:
        """What the message that a citation's link names as `answer` cited of a passage, if it did."""
        return await quoted(self.store, answer, passage_id, context)

    # Runs

    def generate_run_id(self, context: RequestContext) -> RunId:  # noqa: ARG002 - as the store's ids
        """A new run's id. Override it as you would the store's `generate_item_id`."""
        return RunId(new_id("run", self._clock))

    async def _begin(
        self, request: StreamingReq, key: str | None, digest: str, context: RequestContext, steps: bool
    ) -> Follower | None:
        if isinstance(request, ThreadsCreateReq):
            thread_id = self.store.generate_thread_id(context)
        else:
            thread_id = request.params.thread_id
        record = RunRecord(
            id=self.generate_run_id(context),
            thread=ThreadKey(context.tenant, context.user, thread_id),
            key=key,
            digest=digest,
            resumable=operations.is_resumable(request),
        )
        return await self._runs.start(record, lambda run: self._payloads(request, run, context, steps))

    async def _payloads(
        self, request: StreamingReq, run: Run, context: RequestContext, steps: bool
    ) -> AsyncGenerator[bytes, None]:
        """The turn's events as JSON; a failure after the first one is an `error` event, never a cut."""
        turn = _Turn(run.record.thread.thread_id, run, steps=steps)
        _turn.set(turn)  # the run's task has a context of its own
        run.snapshot = lambda: self._retell(turn.thread_id, turn.thread, turn.pending.items(), context)
        began = False
        try:
            async for event in self._process_streaming_impl(request, context):
                began = True
                yield deltas.payload(event) or self._serialize(event)
        except Exception:  # the top of a turn
            if not began:
                raise
            _log.exception("turn_failed")
            yield self._serialize(ErrorEvent(code=ErrorCode.STREAM_ERROR, allow_retry=True))

    async def _resume(self, request: ThreadsResumeReq, context: RequestContext) -> Reading:
        thread = await self.store.load_thread(request.params.thread_id, context)
        key = ThreadKey(context.tenant, context.user, thread.id)
        run_id, seq = self._position(request.params.after)
        record = await self._runs.find(run_id) if run_id is not None else await self._runs.active(key)
        if record is not None and record.thread == key and await self._runs.holds(record.id, seq):
            return await self._runs.follow(record, seq)
        active = await self._runs.active(key)
        payloads = await self._retell(thread.id, thread, (), context, is_over=active is None)
        if active is not None:
            return await self._runs.follow(active, 0, sse.snapshot(payloads))
        return Told(sse.snapshot(payloads) + sse.END_WITHOUT_RUN)

    @staticmethod
    def _position(after: str | None) -> tuple[RunId | None, int]:
        if after is None:
            return None, 0
        position = sse.position(after)
        if position is None:
            raise InvalidInput("`after` is not the id of an event: it looks like `run_...:12`.")
        return position

    async def _stop(self, request: ThreadsStopReq, context: RequestContext) -> bytes:
        thread = await self.store.load_thread(request.params.thread_id, context)
        record = await self._runs.active(ThreadKey(context.tenant, context.user, thread.id))
        if record is None or request.params.run_id not in (None, record.id):
            return b'{"stopped":false}'
        await self._runs.stop(record)
        return b'{"stopped":true}'

    async def _end_before_deletion(self, request: ThreadsDeleteReq, context: RequestContext) -> None:
        active = await self._runs.active(ThreadKey(context.tenant, context.user, request.params.thread_id))
        if active is not None:
            await self._runs.stop(active)

    async def _get_by_id(self, request: ThreadsGetByIdReq, context: RequestContext) -> bytes:
        """The SDK's, and what became of the last turn: its active run, or that it was broken off.

        The run is asked for first, so that none of its events falls between the two; and last, since one that
        begins meanwhile has stored its question, which must not look like one that nobody answers.
        """
        thread_id = request.params.thread_id
        key = ThreadKey(context.tenant, context.user, thread_id)
        active = await self._runs.active(key)
        thread = self._to_thread_response(await self._load_full_thread(thread_id, context))
        newest = await self.store.load_thread_items(thread_id, None, 1, "desc", context)
        active = active or await self._runs.active(key)
        thread.metadata = {"active_run_id": active.id if active is not None else None}
        if active is None and endings.is_broken_off(newest.data):
            thread.metadata["broken_off"] = True
        return self._serialize(thread)

    async def _retell(
        self,
        thread_id: str,
        thread: ThreadMetadata | None,
        pending: Sequence[ThreadItem],
        context: RequestContext,
        *,
        is_over: bool = False,
    ) -> list[bytes]:
        """The thread's last turn in a few events: what is stored of it, and what is still being said."""
        thread = thread or await self.store.load_thread(thread_id, context)
        page = await self.store.load_thread_items(thread_id, None, _TURN_ITEMS, "desc", context)
        question = next((n for n, item in enumerate(page.data) if isinstance(item, UserMessageItem)), None)
        turn = page.data if question is None else page.data[: question + 1]
        events: list[ThreadStreamEvent] = [ThreadUpdatedEvent(thread=self._to_thread_response(thread))]
        events += endings.retold(turn, pending)
        if is_over and endings.is_broken_off(turn):
            events.append(endings.broken_off())
        return [self._serialize(event) for event in events]

    async def _mend(self, record: RunRecord, frames: Sequence[bytes]) -> list[bytes]:
        """Save what a worker that died had said, and end its turn visibly."""
        owner = record.thread
        context = RequestContext(owner.tenant, owner.user, request_id=record.id)
        pending = Pending()
        for frame in frames:
            for payload in sse.payloads(frame):
                pending.apply(_events().validate_json(payload))
        try:
            thread = await self.store.load_thread(owner.thread_id, context)
            await self._save_unfinished(thread, pending.items(), endings.BROKEN_OFF, context)
        except NotFoundError:
            return []  # deleted meanwhile
        ending = [*endings.closing(pending.items()), endings.broken_off()]
        return [self._serialize(event) for event in ending]

    # The SDK's operations, where ours differ

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
        turn = _turn.get()
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
        page = await self.store.load_thread_items(thread.id, None, _HISTORY_ITEMS, "desc", context)
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
        turn = _turn.get()
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
            case ThreadItemUpdatedEvent() if not _turn.get().pending.holds(event.item_id):
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
        self, turn: _Turn, thread: ThreadMetadata, context: RequestContext
    ) -> list[ThreadStreamEvent]:
        if turn.run.reason == "taken":
            return []  # by the worker that has saved it
        pending = turn.pending.items()
        if turn.run.reason in ("lost", "shutdown"):
            await self._save_unfinished(thread, pending, endings.BROKEN_OFF, context)
            return [*endings.closing(pending), endings.broken_off()]
        await self.handle_stream_cancelled(thread, pending, context)
        return endings.closing(pending)

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: RequestContext
    ) -> None:
        """The SDK's, with an aware UTC time (fault 18)."""
        await self._save_unfinished(thread, pending_items, endings.STOPPED, context)

    async def _save_unfinished(
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

    # The assistant

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Answer the message, or carry on with the thread's last one."""
        items = await self._earlier(thread, input_user_message, context)
        done: list[CarriedOut] = []
        question = text_of(input_user_message) if input_user_message is not None else ""
        if input_user_message is None:
            done, question, items = carried_on(items)
        earlier = messages(reversed(items))

        def new_id(kind: Literal["message", "tool_call"]) -> str:
            return self.store.generate_item_id(kind, thread, context)

        async with aclosing(self._answers.run(question, earlier, context, done)) as events:
            wanted = self._tells_steps and _turn.get().steps
            steps = Steps(asyncio.get_running_loop().time) if wanted else None
            async for event in translate(events, thread, new_id, self._clock, self._checker, steps):
                yield event

    async def _earlier(
        self, thread: ThreadMetadata, current: UserMessageItem | None, context: RequestContext
    ) -> Sequence[ThreadItem]:
        """The items before the present question, newest first."""
        if _turn.get().is_new:
            return []
        page = await self.store.load_thread_items(thread.id, None, _HISTORY_ITEMS, "desc", context)
        return [
            item for item in page.data if not isinstance(item, UserMessageItem) or item.id != _id(current)
        ]

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: RequestContext
    ) -> None:
        await self._turns.save_feedback(thread_id, item_ids, feedback, context)


@cache
def _events() -> TypeAdapter[ThreadStreamEvent]:
    """Reads any event. Building it takes some 30 ms: when a run is first mended, and once."""
    return TypeAdapter(ThreadStreamEvent)


def _state(thread: ThreadMetadata) -> dict[str, Any]:
    """What it is now, to compare with what it will be: assistants change it in place."""
    fields = thread.__dict__.items()
    return {name: each if isinstance(each, str | datetime) else copy.deepcopy(each) for name, each in fields}


def _id(item: UserMessageItem | None) -> str | None:
    return item.id if item else None


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
