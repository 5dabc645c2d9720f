"""A small world for the turn engine: workers that die, pages that come and go, a model told what to say.

All of it in one virtual-time loop, and nothing of it knows how the engine does its work: workers are asked
through `ChatServer.handle`, and what a page shows is folded from the bytes it gets.
"""

import asyncio
import inspect
import itertools
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from chatkit.types import AssistantMessageItem, UserMessageItem

from chatkeep.adapters.memory_journal import KEEP_SECONDS, MemoryJournal, MemoryLogs
from chatkeep.adapters.memory_store import MemoryStore
from chatkeep.agents.client_tools import CarriedOut
from chatkeep.agents.events import AgentEvent, Message, MessageDone, MessageStarted, TextDelta
from chatkeep.chat.endings import broken_off
from chatkeep.chat.server import ChatServer
from chatkeep.core.context import RequestContext, local_context
from chatkeep.core.errors import Conflict, JournalUnavailable, ModelFailed, NotFound, RunLost
from chatkeep.streams.follow import Reading
from chatkeep.streams.protocols import RunId, StreamJournal, ThreadKey
from chatkeep.streams.runs import Limits
from tests.virtual_time import VirtualTimeLoop

CONTEXT = local_context("req_1")
LIMITS = Limits(window=300, log=4000)

_worker: ContextVar["Worker | None"] = ContextVar("worker", default=None)


@dataclass(frozen=True)
class Active:
    """The run that has a thread, dead or alive, the worker whose it is and the key it was begun with."""

    run: RunId
    worker: str
    key: str | None


class Journals(Protocol):
    """Where the workers of one world write: a kind of journal, and what can befall it."""

    def open(self, worker: str, loop: VirtualTimeLoop) -> StreamJournal: ...

    async def lose(self, run: RunId) -> None:
        """Every trace of the run vanishes."""
        ...

    async def active(self, thread: ThreadKey) -> Active | None: ...

    async def close(self) -> None: ...


class MemoryJournals:
    def __init__(self) -> None:
        self._logs: MemoryLogs | None = None

    def open(self, worker: str, loop: VirtualTimeLoop) -> StreamJournal:
        if self._logs is None:
            self._logs = MemoryLogs(loop.time)
        return MemoryJournal(self._logs, worker)

    async def lose(self, run: RunId) -> None:
        assert self._logs is not None
        log = self._logs.runs.get(run)
        self._logs.forget(run)
        if log is not None:
            log.more.set()

    async def active(self, thread: ThreadKey) -> Active | None:
        assert self._logs is not None
        run = self._logs.threads.get(thread)
        if run is None:
            return None
        log = self._logs.runs[run]
        return Active(run, log.owner, log.record.key)

    async def close(self) -> None:
        pass


class Link:
    """The way from a worker to what it shares with others. To a dead worker no call comes back.

    Args:
        delays: how often everybody else gets a turn before a call arrives, or before its reply does.
        failures: what should not happen on the way.
    """

    def __init__(self, delays: Iterator[int], failures: list[Exception]) -> None:
        self.is_dead = False
        self.failures = failures
        self._delays = delays

    async def hop(self) -> None:
        for _ in range(next(self._delays)):
            await asyncio.sleep(0)
        if self.is_dead:
            await asyncio.get_running_loop().create_future()


class Far:
    """`target` at the other end of a link."""

    def __init__(self, target: object, link: Link) -> None:
        self._target = target
        self._link = link

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._target, name)
        if inspect.isasyncgenfunction(member):
            return self._listening(member)
        return self._calling(member) if inspect.iscoroutinefunction(member) else member

    def _calling(self, member: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._link.hop()
            try:
                return await member(*args, **kwargs)
            except JournalUnavailable as error:  # it is there all the time
                self._link.failures.append(error)
                raise
            finally:
                await self._link.hop()

        return call

    def _listening(self, member: Callable[..., Any]) -> Callable[..., Any]:
        async def listen() -> AsyncGenerator[Any, None]:
            async for value in member():
                await self._link.hop()
                yield value

        return listen


class Telling:
    """An answer that the model is giving: the test says what comes. Every message repeats the question."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.messages: list[str] = []
        self.is_over = False
        self._events: asyncio.Queue[AgentEvent | ModelFailed | None] = asyncio.Queue()

    def say(self, *pieces: str) -> None:
        for piece in pieces:
            if not self.messages:
                self.start()
            piece = piece if self.messages[-1] else f"{self.question} {piece}"
            self.messages[-1] += piece
            self._events.put_nowait(TextDelta(len(self.messages) - 1, piece))

    def start(self) -> None:
        """Begin a message, after the one before it is finished."""
        self.finish()
        self.messages.append("")
        self._events.put_nowait(MessageStarted(len(self.messages) - 1))

    def finish(self) -> None:
        if self.messages:
            self._events.put_nowait(MessageDone(len(self.messages) - 1, self.messages[-1]))

    def end(self) -> None:
        self.finish()
        self._leave(None)

    def fail(self) -> None:
        self._leave(ModelFailed("It broke."))

    def _leave(self, last: ModelFailed | None) -> None:
        self.is_over = True
        self._events.put_nowait(last)

    async def events(self) -> AsyncGenerator[AgentEvent, None]:
        while (event := await self._events.get()) is not None:
            if isinstance(event, ModelFailed):
                raise event
            yield event


class Model:
    """Answers every worker's questions."""

    def __init__(self) -> None:
        self.open: list[Telling] = []
        self.asked: list[Telling] = []

    async def run(
        self,
        question: str,
        history: Sequence[Message],
        context: RequestContext,
        carried_out: Sequence[CarriedOut] = (),
    ) -> AsyncGenerator[AgentEvent, None]:
        telling = Telling(question)
        self.open.append(telling)
        self.asked.append(telling)
        try:
            async for event in telling.events():
                yield event
        finally:
            self.open.remove(telling)


@dataclass
class Worker:
    name: str
    link: Link
    server: ChatServer

    def tasks(self, loop: "WorldLoop") -> set["asyncio.Task[Any]"]:
        return {task for task, worker in loop.owners.items() if worker is self and not task.done()}


class WorldLoop(VirtualTimeLoop):
    """A loop that knows for which worker each task works, and is everybody's `Clock`."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[asyncio.Task[Any], Worker | None] = {}
        self.crashes: list[dict[str, Any]] = []
        self.set_task_factory(self._new_task)
        self.set_exception_handler(lambda _, context: self.crashes.append(context))

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def _new_task(self, loop: Any, coro: Any, **options: Any) -> "asyncio.Task[Any]":
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, **options)
        self.owners[task] = _worker.get()
        task.add_done_callback(lambda task: self.owners.pop(task, None))
        return task


@dataclass
class Page:
    """What somebody sees of a thread, folded from the bytes that come (docs/reference/turn-engine.md).

    Attributes:
        is_whole: it has seen its last turn from the beginning.
        body: what it asked last, to ask the same again.
        position: the last id received.
        asking: the idempotency key of the request whose reply it reads.
        is_over: the stream said that nothing follows.
    """

    world: "World"
    thread_id: str | None = None
    is_whole: bool = True
    is_gone: bool = False
    body: bytes = b""
    position: tuple[str, int] | None = None
    is_over: bool = True
    was_over: bool = True
    is_connected: bool = False
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: int = 0
    worker: Worker | None = None
    in_snapshot: bool = False
    key: str | None = None
    asking: str | None = None
    _task: "asyncio.Task[None] | None" = None
    _reading: Reading | None = None
    _buffer: bytes = b""
    _goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._goes_on.set()

    # What it does

    def send(self, worker: Worker, body: bytes, *, may_conflict: bool = False) -> None:
        assert not self.is_connected
        self.was_over = self.is_over
        self.is_connected, self.is_over, self.worker, self._buffer = True, False, worker, b""
        self.asking = self.key if body == self.body else None
        self._goes_on.set()
        if self.asking is not None:
            self.world.ask_with(self.asking)
        self._task = self.world.start(worker, self._watched(worker, body, may_conflict))

    def resume(self, worker: Worker, after: str | None = None) -> None:
        if after is None and self.position is not None:
            after = f"{self.position[0]}:{self.position[1]}"
        params = {"thread_id": self.thread_id, **({"after": after} if after else {})}
        self.send(worker, _operation("threads.resume", params))

    def drop(self) -> None:
        """Its connection breaks: the server notices, and what is under way is lost."""
        self.is_connected = False
        self._goes_on.set()
        if self._reading is not None:
            self.world.loop.call_soon(self._reading.close)

    def cut_off(self) -> None:
        """The worker it was connected to is no more."""
        self.is_connected = False
        if self._task is not None:
            self._task.cancel()

    def pause(self) -> None:
        self._goes_on.clear()

    def go_on(self) -> None:
        self._goes_on.set()

    async def _watched(self, worker: Worker, body: bytes, may_conflict: bool) -> None:
        try:
            await self._converse(worker, body, may_conflict)
        except Exception as error:  # noqa: BLE001 - told by the next rule, wherever it happened
            self.world.failures.append(error)

    async def _converse(self, worker: Worker, body: bytes, may_conflict: bool) -> None:
        this = asyncio.current_task()
        try:
            reading = await worker.server.handle(body, CONTEXT)
        except (NotFound, Conflict, RunLost) as error:
            if not self._may_hear(error, may_conflict):
                raise
            self.is_gone |= isinstance(error, NotFound)
            if self._task is this:
                self.is_connected, self.is_over = False, self.was_over
            return
        assert not isinstance(reading, bytes)
        try:
            if not self.is_connected or self._task is not this:
                return
            self._reading = reading
            async for frames in reading:
                await self._goes_on.wait()
                if not self.is_connected or self._task is not this:
                    return
                self._take(frames)
            gone = not self.is_connected or self._task is not this
            assert gone or self.is_over or reading.is_cut, "It ended well, and did not say that it ended."
        finally:
            reading.close()
            if self._task is this:
                self.is_connected, self._reading = False, None

    def _may_hear(self, error: NotFound | Conflict | RunLost, may_conflict: bool) -> bool:
        match error:
            case NotFound():
                known = {self.thread_id} if self.thread_id else self.world.deleted
                return bool(known & self.world.deleted)
            case Conflict():
                return may_conflict
            case RunLost():
                return bool(self.world.lost_threads)

    # What it makes of what comes

    def _take(self, received: bytes) -> None:
        *frames, self._buffer = (self._buffer + received).split(b"\n\n")
        for frame in frames:
            if not frame.startswith(b":"):
                self._frame(frame)
        assert not self._buffer, "Frames come whole."

    def _frame(self, frame: bytes) -> None:
        assert not self.is_over, "Something came after the end."
        fields = dict(line.split(b": ", 1) for line in frame.split(b"\n"))
        event = fields.get(b"event", b"").decode()
        if event == "snapshot":
            self._clear()
            self.in_snapshot, self.is_whole = True, True
        if b"id" in fields:
            run, _, seq = fields[b"id"].decode().rpartition(":")
            self._arrive(run, int(seq), frame)
        if event == "end":
            assert b"data" not in fields
            self.is_over, self.in_snapshot = True, False
        else:
            self._apply(json.loads(fields[b"data"]))

    def _arrive(self, run: str, seq: int, frame: bytes) -> None:
        if self.in_snapshot and seq != 1:  # the last frame of a snapshot says up to where it is true
            if self.position is not None and self.position[0] == run:
                assert seq >= self.position[1], "A snapshot led back."
        else:
            expected = self.position[1] + 1 if self.position and self.position[0] == run else 1
            if self.in_snapshot:
                expected = 1
            assert seq == expected, f"{seq} came where {expected} was due"
            assert self.world.frames.setdefault((run, seq), frame) == frame, "Two tellings of one frame."
        if self.asking is not None:
            self.world.runs_of_key.setdefault(self.asking, set()).add(run)
        self.in_snapshot = False
        self.position = (run, seq)

    def _clear(self) -> None:
        ids = list(self.entries)
        asked = [n for n, name in enumerate(ids) if self.entries[name]["type"] == "user_message"]
        for name in ids[asked[-1] + 1 if asked else 0 :]:
            del self.entries[name]
        self.errors = 0

    def _apply(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "thread.created" | "thread.updated":
                self.thread_id = event["thread"]["id"]
            case "thread.item.added" | "thread.item.done" | "thread.item.replaced":
                self.entries[event["item"]["id"]] = event["item"]
            case "thread.item.removed":
                self.entries.pop(event["item_id"], None)
            case "thread.item.updated" if event["item_id"] in self.entries:
                _update(self.entries[event["item_id"]], event["update"])
            case "error":
                self.errors += 1
                was_broken_off = not self.in_snapshot and event.get("message") == broken_off().message
                assert not was_broken_off or self.world.dead or self.world.lost_threads, "Nobody died."
            case _:
                pass

    def last_turn(self) -> list[tuple[str, str]]:
        """The last question and what follows it, as ids and texts."""
        ids = list(self.entries)
        asked = [n for n, name in enumerate(ids) if self.entries[name]["type"] == "user_message"]
        if not asked:
            return []
        return [(name, _text(self.entries[name])) for name in ids[asked[-1] :]]


class World:
    """Two workers, one store, one journal."""

    def __init__(self, journals: Journals, delays: Iterator[int]) -> None:
        self.loop = WorldLoop()
        asyncio.set_event_loop(self.loop)
        self.journals = journals
        self.model = Model()
        self.store = MemoryStore(self.loop)
        self.names = itertools.count(1)
        self.delays = delays
        self.frames: dict[tuple[str, int], bytes] = {}
        self.runs_of_key: dict[str, set[str]] = {}
        self.deleted: set[str] = set()
        self.failures: list[Exception] = []
        self.dead: list[Worker] = []
        self.asked_at: dict[str, float] = {}
        self.forgotten_keys: set[str | None] = set()
        self.lost_threads: set[str] = set()
        self.workers: list[Worker] = []
        self.workers = [self._new_worker(), self._new_worker()]
        self.pages: list[Page] = []

    def _new_worker(self) -> Worker:
        name = f"worker {next(self.names)}"
        link = Link(self.delays, self.failures)
        store = cast("MemoryStore", Far(self.store, link))
        journal = cast("StreamJournal", Far(self.journals.open(name, self.loop), link))
        server = ChatServer(store, store, self.model, self.loop, journal, limits=LIMITS)
        return Worker(name, link, server)

    def start(self, worker: Worker, work: Any) -> "asyncio.Task[Any]":
        token = _worker.set(worker)
        try:
            return self.loop.create_task(work)
        finally:
            _worker.reset(token)

    def call(self, worker: Worker, kind: str, **params: Any) -> Any:
        """The reply to an operation that does not stream."""
        task = self.start(worker, worker.server.handle(_operation(kind, params), CONTEXT))
        reply = self.loop.run_until_complete(task)
        assert isinstance(reply, bytes)
        return json.loads(reply)

    def wait(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def kill(self, worker: Worker) -> None:
        worker.link.is_dead = True
        self.dead.append(worker)
        self.workers[self.workers.index(worker)] = self._new_worker()
        for page in self.pages:
            if page.is_connected and page.worker is worker:
                page.cut_off()

    def lose(self, thread_id: str) -> None:
        """The journal forgets the run that the thread has."""
        active = self.active(thread_id)
        if active is not None:
            self.lost_threads.add(thread_id)
            self.forgotten_keys.add(active.key)
            self.loop.run_until_complete(self.journals.lose(active.run))

    def ask_with(self, key: str) -> None:
        """Keys are remembered for a while after their runs have ended."""
        if self.loop.time() - self.asked_at.setdefault(key, self.loop.time()) >= KEEP_SECONDS:
            self.forgotten_keys.add(key)

    def is_dead(self, worker: str) -> bool:
        return any(dead.name == worker for dead in self.dead)

    def check(self) -> None:
        """Raise what a page complained of."""
        for failure in self.failures:
            raise failure

    def active(self, thread_id: str) -> Active | None:
        key = ThreadKey(CONTEXT.tenant, CONTEXT.user, thread_id)
        return self.loop.run_until_complete(self.journals.active(key))

    def threads(self) -> list[str]:
        """In the order in which pages came to know them."""
        known = dict.fromkeys(page.thread_id for page in self.pages if page.thread_id)
        return [thread_id for thread_id in known if thread_id not in self.deleted]

    def live_model(self) -> list[Telling]:
        return [telling for telling in self.model.open if not telling.is_over]

    def stored(self, thread_id: str) -> list[Any]:
        page = self.loop.run_until_complete(
            self.store.load_thread_items(thread_id, None, 100, "asc", CONTEXT)
        )
        return [item for item in page.data if isinstance(item, UserMessageItem | AssistantMessageItem)]

    # The end of it all

    def finish(self) -> None:
        """Everything comes to its end, and everything fits together."""
        self.loop.turn(50)
        self._let_the_model_finish()
        self.wait(10.0)  # leases of the dead lapse, lost journals are noticed
        self._let_the_pages_finish()
        for thread_id in self.threads():
            told = self.call(self.workers[0], "threads.get_by_id", thread_id=thread_id)
            assert told["metadata"]["active_run_id"] is None
            assert self.active(thread_id) is None
        self._look_again()
        self.check()
        self._compare()
        self._nothing_is_left()

    def _let_the_model_finish(self) -> None:
        for _ in range(50):
            self.loop.turn(200)
            live = self.live_model()
            for telling in live:
                telling.end()
            if not live:
                break

    def _let_the_pages_finish(self) -> None:
        for _ in range(6):
            for page in self.pages:
                page.go_on()
            self._let_the_model_finish()  # what was asked again
            self.wait(3.0)
            unfinished = [page for page in self.pages if not page.is_over and not page.is_gone]
            if not unfinished:
                return
            for page in unfinished:
                if page.is_connected:
                    continue
                if page.thread_id is None:
                    page.send(self.workers[0], page.body)  # as its key allows
                else:
                    page.resume(self.workers[0])
        raise AssertionError("A page waits for an end that does not come.")

    def _look_again(self) -> None:
        """A page that asked while a lost run had not been noticed was told less than what is kept."""
        for page in self.pages:
            if page.thread_id in self.lost_threads - self.deleted and not page.is_gone:
                page.resume(self.workers[0])
        self.wait(3.0)

    def _compare(self) -> None:
        for page in self.pages:
            if page.thread_id is None or page.thread_id in self.deleted or page.is_gone:
                continue
            shown = page.last_turn()
            if shown and page.is_whole:
                turn = self._stored_turn(page.thread_id, shown[0][0])
                late = self._late(turn) if page.thread_id in self.lost_threads else set()
                kept = [(item.id, _text(item.model_dump())) for item in turn if item.id not in late]
                shown = [item for item in shown if item[0] not in late]
                assert shown == kept, f"{shown} is shown, and {kept} is kept"
        for thread_id in self.threads():
            for item in self.stored(thread_id):
                if isinstance(item, AssistantMessageItem):
                    self._was_said(item.content[0].text)
        for key, runs in self.runs_of_key.items():
            assert key in self.forgotten_keys or len(runs) == 1, f"{key} began {len(runs)} runs"
        forgotten = {f"Question {key.removeprefix('key ')}?" for key in self.forgotten_keys if key}
        asked = [told.question for told in self.model.asked if told.question not in forgotten]
        assert len(asked) == len(set(asked)), "A question was answered twice."

    def _stored_turn(self, thread_id: str, question: str) -> list[Any]:
        rest = itertools.dropwhile(lambda item: item.id != question, self.stored(thread_id))
        turn = [next(rest)]
        turn += itertools.takewhile(lambda item: not isinstance(item, UserMessageItem), rest)
        return turn

    def _late(self, turn: list[Any]) -> set[str]:
        """What answers an earlier question and was saved behind this one.

        With its journal a run loses its thread, which the next question may have before the run notices.
        """
        question = _text(turn[0].model_dump())
        if [told.question for told in self.model.asked].count(question) > 1:
            return {item.id for item in turn[1:]}  # its key was lost too: which time it was is not to be told
        return {item.id for item in turn if not _text(item.model_dump()).startswith(question)}

    def _was_said(self, text: str) -> None:
        """A stored answer is how something began that the model said."""
        assert any(said.startswith(text) for telling in self.model.asked for said in telling.messages)

    def _nothing_is_left(self) -> None:
        self.wait(5.037)  # those who look after runs go home, and nothing is just being asked
        for worker in self.workers:
            runs = worker.server._runs
            assert not runs._own
            assert not runs._tails
            assert not runs._tasks
            names = {task.get_name() for task in worker.tasks(self.loop)}
            assert names <= {"chatkeep-stops"}, f"{names} are left."
            self.loop.run_until_complete(self.start(worker, worker.server.aclose()))
            assert not worker.tasks(self.loop)
        self.check()
        assert not self.loop.crashes

    def close(self) -> None:
        """Clear away what dead workers and failed tests left behind."""
        for _ in range(50):
            left = list(self.loop.owners)  # in their order
            if not left:
                break
            for task in left:
                task.cancel()
            self.loop.turn(20)
        self.loop.run_until_complete(self.journals.close())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        self.loop.close()


def _operation(kind: str, params: dict[str, Any], metadata: dict[str, Any] | None = None) -> bytes:
    return json.dumps({"type": kind, "params": params, "metadata": metadata or {}}).encode()


def question(text: str, thread_id: str | None, key: str | None, *, resumable: bool) -> bytes:
    """The request that asks `text`."""
    content = [{"type": "input_text", "text": text}]
    message = {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}}
    metadata = {"resumable": resumable, **({"idempotency_key": key} if key else {})}
    if thread_id is None:
        return _operation("threads.create", {"input": message}, metadata)
    return _operation("threads.add_user_message", {"thread_id": thread_id, "input": message}, metadata)


def _update(item: dict[str, Any], update: dict[str, Any]) -> None:
    parts = item["content"]
    while len(parts) <= update["content_index"]:
        parts.append({"text": "", "annotations": []})
    match update["type"]:
        case "assistant_message.content_part.added" | "assistant_message.content_part.done":
            parts[update["content_index"]] = update["content"]
        case "assistant_message.content_part.text_delta":
            parts[update["content_index"]]["text"] += update["delta"]
        case _:
            pass


def _text(item: dict[str, Any]) -> str:
    return "\n".join(part["text"] for part in item["content"])
