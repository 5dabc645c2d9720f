"""A follower: one reader of one run, from wherever it left off to the run's end.

Above: the HTTP response that sends what comes out. Below: the run's `Broadcast` for what is new, and the
journal for what is older than its window.
"""

import asyncio
from collections.abc import AsyncIterator

from chatkeep.core.errors import ChatkeepError
from chatkeep.streams import sse
from chatkeep.streams.broadcast import Broadcast
from chatkeep.streams.protocols import RunId, StreamJournal
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

HEARTBEAT_SECONDS = 15.0
_SOON_SECONDS = 0.001  # less than this is now: clocks are not finer than their rounding


class Follower:
    """Frames of a run, joined as they come, with a heartbeat when nothing does.

    Close it when the reader goes away. A reader that does not keep up is cut off: it misses nothing,
    because it comes back with the last id it has and reads on from the journal.

    Attributes:
        is_cut: the frames ended before the run did; the reader must not take it for the end.
    """

    def __init__(
        self,
        run: RunId,
        broadcast: Broadcast,
        journal: StreamJournal,
        after: int,
        prelude: bytes = b"",
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        self.is_cut = False
        self._run = run
        self._broadcast = broadcast
        self._journal = journal
        self._position = after
        self._prelude = prelude
        self._heartbeat = heartbeat
        self._start = after
        self._is_live = False
        self._is_closed = False
        self._woken: asyncio.Future[bool] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting_since = 0.0
        broadcast.join()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._prelude:
            yield self._prelude
        while not self._is_closed:
            if not self._broadcast.holds(self._position):
                frames = await self._catch_up()
                if not frames:
                    return
                yield frames
            elif self._broadcast.last > self._position:
                self._is_live = True
                frames = self._broadcast.since(self._position)
                self._position = self._broadcast.last
                yield frames
            elif self._broadcast.ended:
                self.is_cut = self._broadcast.is_cut
                if not self.is_cut and self._position == self._start:
                    yield sse.END_WITHOUT_RUN  # else it would look like a cut
                return
            elif not await self._more():
                yield sse.HEARTBEAT

    @property
    def is_whole(self) -> bool:
        """Nothing comes after the frames that came last, and the run's end is among them."""
        broadcast = self._broadcast
        is_all = broadcast.ended and not broadcast.is_cut and self._position == broadcast.last
        return is_all and self._position > self._start

    def close(self) -> None:
        """The reader is gone. Ends the iteration at its next step."""
        if not self._is_closed:
            self._is_closed = True
            self._broadcast.leave()
            self._wake(True)
            if self._timer is not None:
                self._timer.cancel()

    async def _catch_up(self) -> bytes:
        """What is older than the window, from the journal; nothing when that is not to be had."""
        try:
            excerpt = None if self._is_live else await self._journal.read(self._run, self._position, 0)
        except ChatkeepError as error:
            _log.warning("catch_up_failed", run=self._run, reason=str(error))
            excerpt = None
        if excerpt is None or not excerpt.frames:
            self.is_cut = True  # hopelessly behind, or the journal is gone
            return b""
        self._position = excerpt.last
        return b"".join(excerpt.frames)

    async def _more(self) -> bool:
        """True when there is more, or no more; False when it is time for a heartbeat."""
        loop = asyncio.get_running_loop()
        self._woken = loop.create_future()
        self._waiting_since = loop.time()
        self._broadcast.when_more(self._on_more)
        if self._timer is None:  # one that looks now and then costs less than one a frame
            self._timer = loop.call_later(self._heartbeat, self._beat)
        is_more = False
        try:
            is_more = await self._woken
        finally:
            if not is_more:
                self._broadcast.forget(self._on_more)
        return is_more

    def _beat(self) -> None:
        self._timer = None
        if self._woken is None or self._woken.done():
            return  # nobody waits; whoever waits next sets another
        loop = asyncio.get_running_loop()
        due = self._waiting_since + self._heartbeat
        if due - loop.time() > _SOON_SECONDS:
            self._timer = loop.call_at(due, self._beat)
        else:
            self._wake(False)

    def _on_more(self) -> None:
        self._wake(True)

    def _wake(self, is_more: bool) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(is_more)


class Told:
    """What there is to say, all at once, with the interface of a follower."""

    is_cut = False
    is_whole = True

    def __init__(self, frames: bytes) -> None:
        self._frames = frames

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._frames

    def close(self) -> None:
        """Nothing is kept open."""


Reading = Follower | Told
"""What an HTTP response sends: frames as they come."""
