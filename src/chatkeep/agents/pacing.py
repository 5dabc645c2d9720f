"""Pacing: how long a stream may wait before it reads on, so that a busy process reads less often.

What arrives in the meantime becomes one read, one parse and one delta. Above: `completions` asks
after every read. Nothing here knows of HTTP or of a provider.

Measured are the pieces that arrive, not the reads: a longer wait makes fewer reads of the same pieces,
and a window made from the reads would swing.
"""

import asyncio
import math
import time
from collections.abc import Callable

# Pieces a second, over all streams: below the first, waiting would gain nothing that anybody needs (four
# answers of 50 tokens a second are 200); at the second, the process is busy; at the third, its core is full.
QUIET = 250.0
BUSY = 750.0
SATURATED = 1500.0
LONG = 0.040  # seconds; a reader does not see the difference
LONGEST = 0.125  # a reader sees it, and sees an overloaded process' stutter sooner
# Seconds for the wait and the work that follows it together: with many streams the last of them waits for the
# window and for all the others. The work counts so many times, for it varies.
MOST = 0.135
MARGIN = 1.75

_TURNS = 4  # of the loop: connections are read, runs go on, followers wake, and one for good measure
_MEMORY = 0.25  # seconds after which an arrival counts for a third


class Pacer:
    """Shared by all streams of a process: counts what arrives, and lets readers wait together.

    Readers are released at the same moment: one wake-up of the loop serves all of them.

    Args:
        clock: seconds, as `time.monotonic` counts them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rate = 0.0
        self._at = clock()
        self._waiting: list[Callable[[], None]] = []
        self._work = 0.0  # seconds that those who were released last took

    def arrived(self, pieces: int) -> None:
        """`pieces` of some stream have been read."""
        self._rate = self._rate_now() + pieces / _MEMORY
        self._at = self._clock()

    @property
    def window(self) -> float:
        """Seconds worth waiting before reading on: 0 when quiet, `LONG` when busy, up to `LONGEST` beyond."""
        rate = self._rate_now()
        if rate <= BUSY:
            return LONG * max(0.0, (rate - QUIET) / (BUSY - QUIET))
        return LONG + (LONGEST - LONG) * min(1.0, (rate - BUSY) / (SATURATED - BUSY))

    @property
    def wait(self) -> float:
        """The window, less what it must be shorter because of the work that follows it."""
        return min(self.window, max(LONG, MOST - MARGIN * self._work))

    def hold(self, resume: Callable[[], None]) -> None:
        """Call `resume` at the end of the current wait, with everybody else's; it must not raise."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(self.wait, self._release)
        self._waiting.append(resume)

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for resume in waiting:
            resume()
        self._time(self._clock(), _TURNS)

    def _time(self, since: float, turns: int) -> None:
        """After so many turns of the loop, what was released has been read, told and sent."""
        if turns:
            asyncio.get_running_loop().call_soon(self._time, since, turns - 1)
        else:
            self._work = self._clock() - since

    def _rate_now(self) -> float:
        return self._rate * math.exp((self._at - self._clock()) / _MEMORY)
