"""The ChatKit server: which operation a request names, and what it does.

Above: `http.chatkit` hands over bytes and a context. Below: `streams.runs` runs each turn apart from the
connection that asked for it; `turns`, on the SDK's `ChatKitServer`, carries out the operations on our store;
`agents` answers; `chat.translate` makes thread events of the answer. Knows nothing of HTTP.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from functools import cache
from typing import Literal, Protocol

import structlog
from chatkit.errors import ErrorCode
from chatkit.store import NotFoundError, Store
from chatkit.types import (
    ErrorEvent,
    StreamingReq,
    ThreadItem,
    ThreadMetadata,
    ThreadsCreateReq,
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadStreamEvent,
    ThreadUpdatedEvent,
    UserMessageItem,
    is_streaming_req,
)
from pydantic import TypeAdapter

from chatkeep.agents.client_tools import CarriedOut
from chatkeep.agents.events import AgentEvent, Message
from chatkeep.chat import deltas, endings, operations
from chatkeep.chat.citations import Quoted, quoted
from chatkeep.chat.history import carried_on, messages, text_of
from chatkeep.chat.operations import ThreadsResumeReq, ThreadsStopReq
from chatkeep.chat.pending import Pending
from chatkeep.chat.steps import Steps
from chatkeep.chat.translate import translate
from chatkeep.chat.turns import HISTORY_ITEMS, Turn, TurnPipeline, TurnStore, current_turn
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


class ChatServer(TurnPipeline):
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
        super().__init__(store, turns, clock, image_domains)
        self._answers = answers
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
        turn = Turn(run.record.thread.thread_id, run, steps=steps)
        current_turn.set(turn)  # the run's task has a context of its own
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
            await self.save_unfinished(thread, pending.items(), endings.BROKEN_OFF, context)
        except NotFoundError:
            return []  # deleted meanwhile
        ending = [*endings.closing(pending.items()), endings.broken_off()]
        return [self._serialize(event) for event in ending]

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
            wanted = self._tells_steps and current_turn.get().steps
            steps = Steps(asyncio.get_running_loop().time) if wanted else None
            async for event in translate(events, thread, new_id, self._clock, self._checker, steps):
                yield event

    async def _earlier(
        self, thread: ThreadMetadata, current: UserMessageItem | None, context: RequestContext
    ) -> Sequence[ThreadItem]:
        """The items before the present question, newest first."""
        if current_turn.get().is_new:
            return []
        page = await self.store.load_thread_items(thread.id, None, HISTORY_ITEMS, "desc", context)
        return [
            item for item in page.data if not isinstance(item, UserMessageItem) or item.id != _id(current)
        ]


@cache
def _events() -> TypeAdapter[ThreadStreamEvent]:
    """Reads any event. Building it takes some 30 ms: when a run is first mended, and once."""
    return TypeAdapter(ThreadStreamEvent)


def _id(item: UserMessageItem | None) -> str | None:
    return item.id if item else None
