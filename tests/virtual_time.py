"""An event loop whose clock jumps to the next deadline when nothing is left to do.

Leases, graces and heartbeats can so be waited for in no time, and always with the same result. A wait
for something that nothing will ever bring is an error at once.
"""

import asyncio
import selectors
from collections.abc import Sequence


class Stuck(Exception):
    """Everything waits, and nothing is due."""


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise Stuck("Everything waits, and nothing is due.")
        self.now += max(timeout, 0.0)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The loop."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now

    def settle(self, most: int = 1000) -> None:
        """Do what can be done without time going on. Raises Stuck if that has no end."""
        for _ in range(most):
            if not self._ready:  # type: ignore[attr-defined]
                return
            self.call_soon(self.stop)
            self.run_forever()
        raise Stuck(f"Still busy after {most} rounds.")

    def turn(self, rounds: int) -> None:
        """Go on by so many rounds of the loop: what is ready does one step in each."""
        for _ in range(rounds):
            if self._is_idle():
                return
            self.call_soon(self.stop)
            self.run_forever()

    def _is_idle(self) -> bool:
        """Whether nothing will be done before time goes on."""
        waiting: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        is_due = bool(waiting) and waiting[0].when() <= self.time() + self._clock_resolution  # type: ignore[attr-defined]
        return not self._ready and not is_due  # type: ignore[attr-defined]


VIRTUAL_TIME: Sequence[object] = ("asyncio", {"loop_factory": VirtualTimeLoop})
"""For a fixture `anyio_backend`: the tests of its module run in virtual time."""
