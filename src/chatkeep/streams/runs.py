"""Runs: an answer in the making, apart from the connections that listen to it.

Above: `chat.server` starts runs, stops them and follows them; `http` sends what a follower reads. Below: a
`StreamJournal` in which every frame is written before anybody sees it. Knows nothing of what the
events say: they are JSON that `chat` makes.

A run's events are always drawn by the run's own task, and stopping it interrupts it only inside them: a
cancellation reaches the innermost `await`, so that what was said so far is saved. (Closing a generator
from outside would skip that: SDK fault 21, spec E.8 #8.)
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Literal

import anyio

from chatkeep.core.errors import ChatkeepError, Conflict, InvalidInput, Overloaded, RunLost
from chatkeep.streams import sse
from chatkeep.streams.broadcast import Broadcast
from chatkeep.streams.follow import Follower
from chatkeep.streams.protocols import RunId, RunRecord, StreamJournal, ThreadKey
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

Reason = Literal["stopped", "left", "abandoned", "lost", "taken", "shutdown"]
"""Why a run is stopped. `lost`: the journal has lost it; `taken`: another worker has ended and saved it."""

_SILENT: Collection[Reason | None] = ("lost", "taken")

_STOP_SECONDS = 5.0
_ANSWER_STOP_SECONDS = 0.9
_TICK_SECONDS = 0.5
_RENEW_SECONDS = 1.5
_TAIL_WAIT_SECONDS = 1.0
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process grants its runs.

    Attributes:
        runs: at a time; more are refused.
        grace: seconds a run goes on without a reader when its client knows nothing of resuming, for which
            leaving means stopping.
        abandon: the same for a client that resumes.
        window: bytes of a run's latest frames that are held for its followers.
        log: bytes of a run's frames in the journal, beyond which a snapshot takes their place.
    """

    runs: int = 200
    grace: float = 2.0
    abandon: float = 300.0
    window: int = 256 * 1024
    log: int = 2 * 1024 * 1024


class Run:
    """One answer in the making, owned by this process.

    Attributes:
        reason: why it is being stopped; None while it is not.
        snapshot: how its events so far can be told in a few; set by whoever makes the events.
    """

    def __init__(self, record: RunRecord, journal: StreamJournal, limits: Limits) -> None:
        self.record = record
        self.broadcast = Broadcast(window=limits.window)
        self.reason: Reason | None = None
        self.snapshot: Callable[[], Awaitable[list[bytes]]] | None = None
        self.followed_elsewhere = 0.0
        self._journal = journal
        self._log_limit = limits.log
        self._seq = 0
        self._bytes = 0
        self._is_drawing = False
        self._is_interrupted = False
        self._task: asyncio.Task[None] | None = None
        self._failure: Exception | None = None
        self._begun: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def begin(self, events: AsyncGenerator[bytes, None]) -> "asyncio.Task[None]":
        self._task = asyncio.create_task(self._play(events), name=f"chatkeep-{self.record.id}")
        return self._task

    async def begun(self) -> bool:
        """Whether it has said anything, as soon as that is known. Raises what it failed with before."""
        return await asyncio.shield(self._begun)

    def stop(self, reason: Reason) -> None:
        """Interrupt the events at their next await; only once, because that is where they are saved."""
        if self.reason is None and self._task is not None and not self._task.done():
            self.reason = reason
            self._interrupt()

    async def ended(self) -> None:
        """Return when nothing of it runs any more."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def _interrupt(self) -> None:
        """Cancel what the events wait for. What the journal is told meanwhile must not be cancelled."""
        if self._is_drawing and not self._is_interrupted and self._task is not None:
            self._is_interrupted = True
            self._task.cancel()

    async def _play(self, events: AsyncGenerator[bytes, None]) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it is this one
        try:
            async with aclosing(events):
                while True:
                    if self.reason is not None and not self._is_interrupted:
                        # as soon as the task waits for something, if that is inside the events
                        asyncio.get_running_loop().call_soon(self._interrupt)
                    self._is_drawing = True
                    try:
                        payload = await anext(events)
                    except StopAsyncIteration:
                        break
                    finally:
                        self._is_drawing = False
                    await self._write(payload)
        except asyncio.CancelledError:
            if not self._is_interrupted:
                raise
        except Exception as error:  # noqa: BLE001 - the top of a run
            if not self._begun.done():
                self._failure = error
            else:
                _log.exception("run_failed", run=self.record.id)
        finally:
            while task.uncancel():
                pass
            await self._end()

    async def _write(self, payload: bytes) -> None:
        if self.reason in _SILENT:
            return
        frame = sse.frame(self.record.id, self._seq + 1, payload)
        try:
            await self._journal.append(self.record.id, self._seq + 1, (frame,))
        except ChatkeepError as error:
            await self._lose(error)
            return
        self._seq += 1
        self._bytes += len(frame)
        self.broadcast.publish((frame,))
        if not self._begun.done():
            self._begun.set_result(True)
        if self._bytes > self._log_limit and self.snapshot is not None:
            await self._compact(self.snapshot)

    async def _compact(self, snapshot: Callable[[], Awaitable[list[bytes]]]) -> None:
        self._bytes = 0
        try:
            frames = sse.snapshot(await snapshot(), self.record.id, self._seq)
        except Exception:  # noqa: BLE001 - whatever the store raises: the log is longer, and that is all
            _log.exception("not_compacted", run=self.record.id)
            return
        try:
            await self._journal.compact(self.record.id, self._seq, frames)
        except ChatkeepError as error:
            await self._lose(error)

    async def _lose(self, error: ChatkeepError) -> None:
        """The journal does not take our frames: end, and let readers ask again.

        What was said is saved by whoever has the run: another worker, if the journal still knows it.
        """
        _log.error("run_lost", run=self.record.id, reason=str(error))
        self.reason = "taken" if isinstance(error, RunLost) and await self.is_known() else "lost"
        self._failure = error

    async def is_known(self) -> bool:
        """Whether the journal has heard of it."""
        with suppress(ChatkeepError):
            return await self._journal.find(self.record.id) is not None
        return False

    async def _end(self) -> None:
        is_ended = False
        try:
            with anyio.move_on_after(_STOP_SECONDS, shield=True):
                is_ended = await self._finish()
        finally:
            self.broadcast.end(cut=not is_ended)
            self._tell_if_begun()

    def _tell_if_begun(self) -> None:
        """Not before nothing is left of a run that failed: the same request may come again at once."""
        if self._begun.done():
            return
        failure = self._failure
        if failure is None and self.reason is not None:
            failure = Conflict(
                "The answer was stopped before it had begun. Nothing of it is kept; ask again."
            )
        if failure is None:
            self._begun.set_result(False)
        else:
            self._begun.set_exception(failure)
            self._begun.exception()  # whoever asks is told; nobody has to

    async def _finish(self) -> bool:
        """Whether the run's end is written."""
        try:
            if self._seq == 0:
                await self._journal.discard(self.record.id)
            elif self.reason not in _SILENT:
                frame = sse.end(self.record.id, self._seq + 1)
                await self._journal.finish(self.record.id, self._seq + 1, (frame,))
                self.broadcast.publish((frame,))
                return True
        except ChatkeepError as error:
            await self._lose(error)
        return False


Mend = Callable[[RunRecord, Sequence[bytes]], Awaitable[list[bytes]]]
"""Given a run whose worker died, and its frames: saves what can be saved, returns the events that end it."""


class Runs:
    """All runs this process owns or follows.

    Args:
        mend: called for a run whose worker died.
        heartbeat: seconds of silence after which a follower gets a sign of life.
    """

    def __init__(
        self, journal: StreamJournal, mend: Mend, limits: Limits | None = None, heartbeat: float = 15.0
    ) -> None:
        self._journal = journal
        self._mend = mend
        self._limits = limits or Limits()
        self._heartbeat = heartbeat
        self._own: dict[RunId, Run] = {}
        self._mending: set[RunId] = set()
        self._beginning: dict[RunId, bool] = {}  # whether it is to be stopped as soon as it is ours
        self._tails: dict[RunId, Broadcast] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    async def start(
        self, record: RunRecord, events: Callable[[Run], AsyncGenerator[bytes, None]]
    ) -> Follower | None:
        """Begin a run, or attach to the one that the same request began before. None: it had nothing to say.

        Raises:
            Overloaded: this process has its fill of runs.
            Conflict: the thread has an active run.
            InvalidInput: the idempotency key was used for another request.
            Whatever `events` raises before its first event.
        """
        self._beginning[record.id] = False
        try:
            return await self._begin_or_attach(record, events)
        finally:
            del self._beginning[record.id]

    async def follow(self, record: RunRecord, after: int, prelude: bytes = b"") -> Follower:
        """Read the run from number `after` + 1 on, wherever it runs.

        Of one that fails before its first event nothing comes but a cut: why is for whoever began it.
        """
        run = self._own.get(record.id)
        broadcast = run.broadcast if run is not None else self._tail(record, after)
        return Follower(record.id, broadcast, self._journal, after, prelude, self._heartbeat)

    async def find(self, run: RunId) -> RunRecord | None:
        """The run, active or lately ended. One whose worker died is ended first."""
        record = await self._journal.find(run)
        if record is not None:
            await self._bury_if_dead(record)
        return record

    async def holds(self, run: RunId, position: int) -> bool:
        """Whether the journal has what follows `position`, or a snapshot in its place."""
        excerpt = await self._journal.read(run, position, 0)
        return excerpt is not None and (bool(excerpt.frames) or excerpt.last == position)

    async def active(self, thread: ThreadKey) -> RunRecord | None:
        """The thread's active run. One whose worker died is ended first, and is none."""
        record = await self._journal.active(thread)
        if record is None or await self._bury_if_dead(record):
            return None
        return record

    async def stop(self, record: RunRecord) -> None:
        """Stop the run wherever it is, and wait, for a second at most, until what was said is saved."""
        run = self._own.get(record.id)
        if run is not None:
            run.stop("stopped")
            with anyio.move_on_after(_ANSWER_STOP_SECONDS):
                await run.ended()
            return
        await self._journal.request_stop(record.id)
        with anyio.move_on_after(_ANSWER_STOP_SECONDS):
            await self._tail(record, 0).over()

    async def aclose(self) -> None:
        """End the runs that still run, and wait until what was said is saved: the store closes next."""
        own = list(self._own.values())
        for run in own:
            run.stop("shutdown")
        with anyio.CancelScope(shield=True), anyio.move_on_after(_STOP_SECONDS):
            for run in own:
                await run.ended()
        for task in (*self._tasks, self._keeping, self._listening):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _begin_or_attach(
        self, record: RunRecord, events: Callable[[Run], AsyncGenerator[bytes, None]]
    ) -> Follower | None:
        for _ in range(_ATTEMPTS):
            claim = await self._journal.begin(record)
            if claim.kind == "repeat":
                if claim.run.digest != record.digest:
                    raise InvalidInput("This idempotency key was used for another request. Use a new one.")
                own = self._own.get(claim.run.id)
                if own is not None and not await own.begun():
                    return None
                return await self.follow(claim.run, 0)
            if claim.kind == "begun":
                return await self._begin(record, events)
            if not await self._make_way(claim.run):
                break
        raise Conflict(
            "An answer is still being written in this conversation. Wait for it to finish, or stop it."
        )

    async def _begin(
        self, record: RunRecord, events: Callable[[Run], AsyncGenerator[bytes, None]]
    ) -> Follower | None:
        if len(self._own) >= self._limits.runs:
            await self._journal.discard(record.id)
            raise Overloaded("The assistant is answering as many people as it can. Try again in a moment.")
        run = self._own[record.id] = Run(record, self._journal, self._limits)
        self._look_after()
        run.begin(events(run)).add_done_callback(lambda _: self._own.pop(record.id, None))
        if self._beginning[record.id]:
            run.stop("stopped")
        follower = Follower(record.id, run.broadcast, self._journal, 0, b"", self._heartbeat)
        try:
            if await run.begun():
                return follower
        except BaseException as error:
            follower.close()
            if isinstance(error, asyncio.CancelledError):
                run.stop("left")  # the request was dropped while it waited
            raise
        follower.close()
        return None

    async def _make_way(self, run: RunRecord) -> bool:
        """Whether the thread that `run` has can be had after all."""
        own = self._own.get(run.id)
        if own is not None and not run.resumable and own.broadcast.followers == 0:
            own.stop("left")  # whoever left it has come back with something else to say
            with anyio.move_on_after(_STOP_SECONDS):
                await own.ended()
            return True
        return await self._bury_if_dead(run)

    async def _bury_if_dead(self, record: RunRecord) -> bool:
        if record.id in self._own or not await self._journal.reclaim(record.id):
            return False
        _log.error("run_of_dead_worker", run=record.id)
        # Its lease is renewed meanwhile: a second mend would come too late for the thread.
        self._mending.add(record.id)
        self._look_after()
        try:
            await self._bury(record)
        finally:
            self._mending.discard(record.id)
        return True

    async def _bury(self, record: RunRecord) -> None:
        frames: list[bytes] = []
        position = 0
        while (excerpt := await self._journal.read(record.id, position, 0)) and excerpt.frames:
            frames.extend(excerpt.frames)
            position = excerpt.last
        payloads = await self._mend(record, frames)
        if not frames and not payloads:
            await self._journal.discard(record.id)  # as if it had never been: a repeat begins it anew
            return
        last = [sse.frame(record.id, position + 1 + n, payload) for n, payload in enumerate(payloads)]
        last.append(sse.end(record.id, position + 1 + len(payloads)))
        with suppress(RunLost):  # another was quicker
            await self._journal.finish(record.id, position + 1, last)

    # Runs of other workers

    def _tail(self, record: RunRecord, after: int) -> Broadcast:
        broadcast = self._tails.get(record.id)
        if broadcast is None:
            broadcast = self._tails[record.id] = Broadcast(after, self._limits.window)
            task = asyncio.create_task(self._read_on(record, broadcast), name=f"chatkeep-tail-{record.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return broadcast

    async def _read_on(self, record: RunRecord, broadcast: Broadcast) -> None:
        """Publish what another worker's run says, as long as somebody listens."""
        is_cut = True
        now = asyncio.get_running_loop().time
        touched = -_RENEW_SECONDS
        try:
            while excerpt := await self._journal.read(record.id, broadcast.last, _TAIL_WAIT_SECONDS):
                if excerpt.is_snapshot:
                    broadcast.restart(excerpt.last)
                elif excerpt.frames:
                    broadcast.publish(excerpt.frames)
                if excerpt.ended:
                    is_cut = False
                    break
                if broadcast.followers == 0:
                    break
                if not excerpt.frames and await self._bury_if_dead(record):
                    continue
                if now() - touched >= _RENEW_SECONDS:
                    touched = now()
                    await self._journal.touch(record.id)
        except ChatkeepError as error:
            _log.warning("tail_failed", run=record.id, reason=str(error))
        finally:
            self._tails.pop(record.id, None)
            broadcast.end(cut=is_cut)

    # What must be done from time to time

    def _look_after(self) -> None:
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep(), name="chatkeep-runs")
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._obey(), name="chatkeep-stops")

    async def _keep(self) -> None:
        """Renew the leases of our runs and end those that nobody has followed for too long."""
        now = asyncio.get_running_loop().time
        renewed = now()
        while self._own or self._mending:
            await asyncio.sleep(_TICK_SECONDS)
            if now() - renewed >= _RENEW_SECONDS:
                renewed = now()
                await self._renew()
            if any(self._why_left(run, now()) for run in self._own.values()):
                await self._renew()  # somebody may have come to another worker just now
            for run in list(self._own.values()):
                if reason := self._why_left(run, now()):
                    run.stop(reason)

    async def _renew(self) -> None:
        try:
            renewal = await self._journal.renew([*self._own, *self._mending])
        except ChatkeepError as error:
            _log.warning("leases_not_renewed", reason=str(error))
            return
        for run_id in renewal.lost:
            if run := self._own.get(run_id):
                run.stop("taken" if await run.is_known() else "lost")
        for run_id in renewal.followed_elsewhere:
            if run := self._own.get(run_id):
                run.followed_elsewhere = asyncio.get_running_loop().time()

    def _why_left(self, run: Run, now: float) -> Reason | None:
        """Why to end a run that nobody has followed for too long; None: not yet, or it is being ended."""
        if run.broadcast.followers or run.reason is not None:
            return None
        alone = now - max(run.broadcast.left, run.followed_elsewhere)
        if run.record.resumable:
            return "abandoned" if alone > self._limits.abandon else None
        return "left" if alone > self._limits.grace else None

    async def _obey(self) -> None:
        """Stop the runs that other workers are asked to stop."""
        while True:
            try:
                async for run_id in self._journal.stops():
                    if run := self._own.get(run_id):
                        run.stop("stopped")
                    elif run_id in self._beginning:  # others saw it before the journal's reply came here
                        self._beginning[run_id] = True
            except ChatkeepError as error:
                _log.warning("stops_not_heard", reason=str(error))
                await asyncio.sleep(_RENEW_SECONDS)
