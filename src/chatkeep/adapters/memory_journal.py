"""The journal in memory: for one process, which takes its runs with it when it ends.

The contract suite holds it to what the journal on Redis does, leases and all: several `MemoryJournal`s over
one `MemoryLogs` are several workers in one process.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from chatkeep.core.errors import RunLost
from chatkeep.core.ids import TenantId, UserId
from chatkeep.streams.protocols import Claim, Excerpt, Renewal, RunId, RunRecord, ThreadKey

LEASE_SECONDS = 6.0
KEEP_SECONDS = 600.0
FOLLOWED_SECONDS = 5.0
_KEPT_BYTES = 64 * 1024 * 1024
_PAGE_FRAMES = 2048

Key = tuple[TenantId, UserId, str]


@dataclass(slots=True)
class _Log:
    record: RunRecord
    owner: str
    lease: float
    frames: list[bytes] = field(default_factory=list)
    first: int = 1
    snapshot: bytes = b""
    bytes: int = 0
    followed: float = 0.0
    ended: float | None = None
    more: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def last(self) -> int:
        return self.first + len(self.frames) - 1


class MemoryLogs:
    """What the journals of one process share."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = clock
        self.runs: dict[RunId, _Log] = {}
        self.ended: dict[RunId, _Log] = {}  # those of `runs` that have, in the order of their ends
        self.held = 0  # bytes of the ended ones
        self.threads: dict[ThreadKey, RunId] = {}
        self.keys: dict[Key, RunId] = {}
        self.stops: dict[str, asyncio.Queue[RunId]] = {}

    def forget(self, run: RunId) -> None:
        log = self.runs.pop(run, None)
        if log is None:
            return
        if self.ended.pop(run, None) is not None:
            self.held -= log.bytes
        if self.threads.get(log.record.thread) == run:
            del self.threads[log.record.thread]
        key = key_of(log.record)
        if key is not None and self.keys.get(key) == run:
            del self.keys[key]

    def forget_old(self) -> None:
        """Ended runs go when their time is up, or when together they are too large: the oldest first."""
        while self.ended:
            run, log = next(iter(self.ended.items()))
            if self.held <= _KEPT_BYTES and (log.ended or 0.0) + KEEP_SECONDS > self.now():
                break
            self.forget(run)


def key_of(record: RunRecord) -> Key | None:
    """The record's idempotency key, among those of its tenant and user."""
    thread = record.thread
    return None if record.key is None else (thread.tenant, thread.user, record.key)


class MemoryJournal:
    """`StreamJournal` of one worker."""

    def __init__(self, logs: MemoryLogs | None = None, worker: str = "worker") -> None:
        self._logs = logs or MemoryLogs()
        self._worker = worker

    async def begin(self, run: RunRecord) -> Claim:
        logs = self._logs
        logs.forget_old()
        key = key_of(run)
        if key is not None and key in logs.keys:
            return Claim("repeat", logs.runs[logs.keys[key]].record)
        if run.thread in logs.threads:
            return Claim("busy", logs.runs[logs.threads[run.thread]].record)
        logs.runs[run.id] = _Log(run, self._worker, logs.now() + LEASE_SECONDS)
        logs.threads[run.thread] = run.id
        if key is not None:
            logs.keys[key] = run.id
        return Claim("begun", run)

    async def append(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        log = self._mine(run, first)
        log.frames.extend(frames)
        log.bytes += sum(map(len, frames))
        log.more.set()

    async def compact(self, run: RunId, last: int, snapshot: bytes) -> None:
        log = self._mine(run)
        if last > log.last:
            raise RunLost("The journal has lost a part of this answer.")
        if last < log.first:
            return
        del log.frames[: last + 1 - log.first]
        log.first = last + 1
        log.snapshot = snapshot
        log.bytes = len(snapshot) + sum(map(len, log.frames))

    async def finish(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        await self.append(run, first, frames)
        log = self._logs.ended[run] = self._logs.runs[run]
        self._logs.held += log.bytes
        log.ended = self._logs.now()
        if self._logs.threads.get(log.record.thread) == run:
            del self._logs.threads[log.record.thread]

    async def discard(self, run: RunId) -> None:
        log = self._logs.runs.get(run)
        if log is not None and log.owner == self._worker and log.ended is None:
            self._logs.forget(run)
            log.more.set()

    async def find(self, run: RunId) -> RunRecord | None:
        log = self._logs.runs.get(run)
        return log.record if log else None

    async def active(self, thread: ThreadKey) -> RunRecord | None:
        run = self._logs.threads.get(thread)
        return self._logs.runs[run].record if run else None

    async def read(self, run: RunId, after: int, wait: float) -> Excerpt | None:
        log = self._logs.runs.get(run)
        if log is None or after > log.last:
            return None
        if after == log.last and log.ended is None and wait > 0:
            log.more.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await log.more.wait()
            if run not in self._logs.runs:
                return None
        if after + 1 < log.first:
            return Excerpt((log.snapshot,), log.first - 1, is_snapshot=True, ended=False)
        start = after + 1 - log.first
        frames = tuple(log.frames[start : start + _PAGE_FRAMES])
        last = after + len(frames)
        return Excerpt(frames, last, is_snapshot=False, ended=log.ended is not None and last == log.last)

    async def renew(self, runs: Collection[RunId]) -> Renewal:
        now = self._logs.now()
        lost, followed = [], []
        for run in runs:
            log = self._logs.runs.get(run)
            if log is None or log.owner != self._worker:
                lost.append(run)
                continue
            log.lease = now + LEASE_SECONDS
            if log.followed and now - log.followed < FOLLOWED_SECONDS:
                followed.append(run)
        return Renewal(lost, followed)

    async def touch(self, run: RunId) -> None:
        if log := self._logs.runs.get(run):
            log.followed = self._logs.now()

    async def reclaim(self, run: RunId) -> bool:
        log = self._logs.runs.get(run)
        if log is None or log.ended is not None or log.lease > self._logs.now():
            return False
        log.owner, log.lease = self._worker, self._logs.now() + LEASE_SECONDS
        return True

    async def request_stop(self, run: RunId) -> None:
        log = self._logs.runs.get(run)
        if log is not None and log.ended is None:
            self._stops(log.owner).put_nowait(run)

    async def stops(self) -> AsyncIterator[RunId]:
        while True:
            yield await self._stops(self._worker).get()

    async def check(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def _mine(self, run: RunId, first: int | None = None) -> _Log:
        log = self._logs.runs.get(run)
        if log is None or log.owner != self._worker or log.ended is not None:
            raise RunLost("Another process has taken this answer over.")
        if first is not None and first != log.last + 1:
            raise RunLost("The journal has lost a part of this answer.")
        return log

    def _stops(self, worker: str) -> "asyncio.Queue[RunId]":
        return self._logs.stops.setdefault(worker, asyncio.Queue())
