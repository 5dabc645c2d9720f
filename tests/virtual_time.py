"""An event loop whose clock jumps to the next deadline when nothing is left to do.

Leases, graces and heartbeats can so be waited for in no time, and always with the same result. A wait
for something that nothing will ever bring is an error at once.
"""

import asyncio
import itertools
import selectors
from collections.abc import Sequence
from typing import Any, Protocol


class Stuck(Exception):
    """Everything waits, and nothing is due."""


class Outside(Protocol):
    """A real process at the other end of the loop's sockets, for which the same time goes by."""

    def settle(self) -> None:
        """Return when what was sent to it is answered, as far as it will be without time going on."""
        ...

    def forward(self, seconds: float) -> None:
        """So much time has gone by."""
        ...


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.outside: Outside | None = None
        self._order: dict[int, int] = {}
        self._numbers = itertools.count()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = super().register(fileobj, events, data)
        self._order[key.fd] = next(self._numbers)
        return key

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.outside is not None:
            self.outside.settle()
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if ready or timeout == 0:
            return sorted(ready, key=lambda found: self._order[found[0].fd])  # else it would be chance
        if timeout is None:
            raise Stuck("Everything waits, and nothing is due.")
        self.now += max(timeout, 0.0)
        if self.outside is not None:
            self.outside.forward(max(timeout, 0.0))
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The loop."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now

    def talk_to(self, outside: Outside) -> None:
        """Let time go on only when nothing is under way to `outside` and back."""
        self._clock.outside = outside

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
            self.call_soon(self.stop)
            self.run_forever()


VIRTUAL_TIME: Sequence[object] = ("asyncio", {"loop_factory": VirtualTimeLoop})
"""For a fixture `anyio_backend`: the tests of its module run in virtual time."""
