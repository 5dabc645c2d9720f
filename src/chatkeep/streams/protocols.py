"""The port of `streams`: the journal in which every run is written before anybody hears of it.

Above: `runs`. Below: an adapter in memory, and one on Redis for several workers.
A journal object is one worker's view. A worker owns the runs it began, for as long as it renews its
lease on them; a run whose lease has lapsed belongs to whoever reclaims it first.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NewType, Protocol

from chatkeep.core.ids import TenantId, UserId

RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True)
class ThreadKey:
    """A thread and whose it is: at most one run at a time is active on it."""

    tenant: TenantId
    user: UserId
    thread_id: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is known of a run besides its frames.

    Attributes:
        key: the idempotency key of the request that began it.
        digest: of that request, to tell a repeat from another request with the same key.
        resumable: whoever began it said it would resume: losing the connection means nothing.
    """

    id: RunId
    thread: ThreadKey
    key: str | None
    digest: str
    resumable: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """What became of a wish to begin a run.

    Attributes:
        kind: `begun`; `repeat`: a run with this idempotency key exists; `busy`: the thread has one.
        run: the run that is meant.
    """

    kind: Literal["begun", "repeat", "busy"]
    run: RunRecord


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a journal holds after a position.

    Attributes:
        frames: as they were appended.
        last: the number of the last of them; the position asked for if there are none.
        is_snapshot: the frames asked for are gone: these are a snapshot, true up to `last`.
        ended: nothing follows.
    """

    frames: Sequence[bytes]
    last: int
    is_snapshot: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class Renewal:
    """Of the runs whose lease was renewed: which were `lost`, and which somebody follows `elsewhere`."""

    lost: Collection[RunId]
    followed_elsewhere: Collection[RunId]


class StreamJournal(Protocol):
    """An append-only log of each run, readable while it is written.

    A reader that returns sees every frame once, in order, or a snapshot in place of what is gone. Frames
    are numbered from 1 by the run's owner. An ended run is kept for a while, with its idempotency key.

    Every method raises `JournalUnavailable` if the journal cannot be reached.
    """

    async def begin(self, run: RunRecord) -> Claim:
        """Claim the run's thread and its idempotency key, both or neither."""
        ...

    async def append(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        """Add frames, the first of which is number `first`.

        Raises:
            RunLost: the run is not this worker's any more; nothing was added.
        """
        ...

    async def compact(self, run: RunId, last: int, snapshot: bytes) -> None:
        """Replace the frames up to number `last` by `snapshot`, unless a later one has. Raises RunLost."""
        ...

    async def finish(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        """Add the last frames and let go of the thread, in one step. Raises RunLost."""
        ...

    async def discard(self, run: RunId) -> None:
        """Forget the run and its key: it failed before it said anything.

        Does nothing to a run that is not this worker's, or not any more.
        """
        ...

    async def find(self, run: RunId) -> RunRecord | None:
        """The run, active or ended; None if it is not known, or not any more."""
        ...

    async def active(self, thread: ThreadKey) -> RunRecord | None:
        """The run that has the thread."""
        ...

    async def read(self, run: RunId, after: int, wait: float) -> Excerpt | None:
        """What follows number `after`, some of it if it is much; a snapshot comes alone.

        None if the run is not known or has not come to `after`: then frames were lost.

        Args:
            wait: seconds to wait for something to follow; then the excerpt is empty.
        """
        ...

    async def renew(self, runs: Collection[RunId]) -> Renewal:
        """Keep this worker's runs."""
        ...

    async def touch(self, run: RunId) -> None:
        """Say that somebody follows the run from this worker."""
        ...

    async def reclaim(self, run: RunId) -> bool:
        """Take over an active run whose lease has lapsed. False: it is alive, ended, or another's now."""
        ...

    async def request_stop(self, run: RunId) -> None:
        """Tell the run's owner, wherever it is, to stop it."""
        ...

    def stops(self) -> AsyncIterator[RunId]:
        """The runs that this worker is told to stop, as they come; never ends by itself."""
        ...

    async def check(self) -> None:
        """Return if the journal can be reached, within two seconds."""
        ...

    async def aclose(self) -> None: ...
