"""A broadcast: what one run has said lately, and those in this process who wait for more.

Above: `runs` publishes into it and followers read from it. Holds a window of the latest frames; what
is older is in the journal.
"""

import asyncio
from collections.abc import Callable, Sequence

_WINDOW_BYTES = 256 * 1024


class Broadcast:
    """The latest frames of a run.

    Args:
        after: the number of the frame before the first that will be published.
        window: bytes of the latest frames to hold; up to twice as many are held for a while.

    Attributes:
        first, last: numbers of the oldest frame held and of the newest published.
        ended: nothing more will be published.
        is_cut: it ended without the run's end: followers must ask again.
        followers: how many there are.
        left: when the last of them left, on the loop's clock.
    """

    def __init__(self, after: int = 0, window: int = _WINDOW_BYTES) -> None:
        self.first = after + 1
        self.last = after
        self.ended = False
        self.is_cut = False
        self.followers = 0
        self.left = asyncio.get_running_loop().time()
        self._frames: list[bytes] = []
        self._bytes = 0
        self._window = window
        self._waiting: list[Callable[[], None]] = []
        self._is_over = asyncio.Event()

    def publish(self, frames: Sequence[bytes]) -> None:
        """Add frames and wake whoever waits."""
        self._frames.extend(frames)
        self.last += len(frames)
        self._bytes += sum(map(len, frames))
        if self._bytes > 2 * self._window:
            self._forget()
        self._wake()

    def restart(self, after: int) -> None:
        """Go on behind a gap, which is in the journal: the next frame is number `after` + 1."""
        self._frames.clear()
        self._bytes = 0
        self.first, self.last = after + 1, after
        self._wake()

    def end(self, *, cut: bool = False) -> None:
        self.ended, self.is_cut = True, cut
        self._is_over.set()
        self._wake()

    async def over(self) -> None:
        """Follow it to its end without reading it: who reads nothing cannot fall behind and be cut off."""
        self.join()
        try:
            await self._is_over.wait()
        finally:
            self.leave()

    def holds(self, position: int) -> bool:
        """Whether everything after `position` that was published is here."""
        return position + 1 >= self.first

    def since(self, position: int) -> bytes:
        """The frames after `position`, joined."""
        if position + 1 == self.last:  # nearly always
            return self._frames[-1]
        return b"".join(self._frames[position + 1 - self.first :])

    def when_more(self, wake: Callable[[], None]) -> None:
        """Call `wake` once, at the next frame or the end."""
        self._waiting.append(wake)

    def forget(self, wake: Callable[[], None]) -> None:
        """Do not call `wake`, if it is still waiting."""
        if wake in self._waiting:
            self._waiting.remove(wake)

    def join(self) -> None:
        self.followers += 1

    def leave(self) -> None:
        self.followers -= 1
        self.left = asyncio.get_running_loop().time()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for wake in waiting:
            wake()

    def _forget(self) -> None:
        while self._bytes > self._window and len(self._frames) > 1:
            half = max(1, len(self._frames) // 2)
            self._bytes -= sum(map(len, self._frames[:half]))
            del self._frames[:half]
            self.first += half
