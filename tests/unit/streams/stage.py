"""A run whose events the test says one by one, on a journal that takes its time as a network does."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from chatkeep.adapters.memory_journal import MemoryJournal, MemoryLogs
from chatkeep.core.ids import TenantId, UserId
from chatkeep.streams.follow import Follower
from chatkeep.streams.protocols import RunId, RunRecord, ThreadKey
from chatkeep.streams.runs import Limits, Run, Runs

THREAD = ThreadKey(TenantId("t"), UserId("u"), "thr_1")


def record(
    name: str = "run_1",
    *,
    thread: str = "thr_1",
    key: str | None = None,
    digest: str = "d",
    resumable: bool = False,
) -> RunRecord:
    where = ThreadKey(THREAD.tenant, THREAD.user, thread)
    return RunRecord(RunId(name), where, key, digest, resumable)


class SlowJournal(MemoryJournal):
    """Every write lets the rest of the program go on before and after, as a write over a network does."""

    async def append(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        await asyncio.sleep(0.001)
        await super().append(run, first, frames)
        await asyncio.sleep(0.001)

    async def finish(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        await asyncio.sleep(0.001)
        await super().finish(run, first, frames)
        await asyncio.sleep(0.001)


@dataclass
class Speaker:
    """Says what the test hands it. An exception is raised; `None` is the end.

    Attributes:
        saved: what was heard when it was interrupted.
    """

    said: "asyncio.Queue[bytes | Exception | None]" = field(default_factory=asyncio.Queue)
    saved: list[bytes] | None = None
    drawn: list[bytes] = field(default_factory=list)
    run: Run | None = None
    last_words: bytes = b'"kept"'

    def say(self, *words: bytes | Exception | None) -> None:
        for word in words:
            self.said.put_nowait(word)

    async def events(self, run: Run) -> AsyncGenerator[bytes, None]:
        self.run = run
        try:
            while (word := await self.said.get()) is not None:
                if isinstance(word, Exception):
                    raise word
                for piece in word.split(b"|"):  # several at once: no await between them
                    self.drawn.append(piece)
                    yield piece
        except asyncio.CancelledError:
            await asyncio.sleep(0.001)  # saving takes a moment
            self.saved = list(self.drawn)
            if self.last_words:
                yield self.last_words
            raise


class Stage:
    """Workers that share one memory of runs, in virtual time."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.logs = MemoryLogs(asyncio.get_running_loop().time)
        self.limits = limits or Limits()
        self.mended: list[tuple[RunId, list[bytes]]] = []

    def worker(self, name: str = "one", journal: MemoryJournal | None = None) -> Runs:
        return Runs(journal or MemoryJournal(self.logs, name), self.mend, self.limits)

    async def mend(self, run: RunRecord, frames: Sequence[bytes]) -> list[bytes]:
        self.mended.append((run.id, list(frames)))
        return [b'"mended"']


async def all_of(follower: Follower) -> bytes:
    """What it says until its end, heartbeats left out."""
    said = b"".join([frames async for frames in follower if not frames.startswith(b":")])
    follower.close()
    return said


def told(run: str, *payloads: bytes, end: bool = True) -> bytes:
    """How a run's events look on the wire."""
    frames = [b"id: %b:%d\ndata: %b\n\n" % (run.encode(), n, p) for n, p in enumerate(payloads, 1)]
    if end:
        frames.append(b"event: end\nid: %b:%d\n\n" % (run.encode(), len(payloads) + 1))
    return b"".join(frames)
