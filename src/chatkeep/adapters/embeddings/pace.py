"""How fast to ask: so many a minute, and how long to rest before asking again. Pure."""

from dataclasses import dataclass

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds
_BURST = 6.0  # seconds' worth that may be taken at once


class Pace:
    """A bucket that fills at `a_minute / 60` a second. Who takes more than it holds waits, in order."""

    def __init__(self, a_minute: float) -> None:
        self._a_second = a_minute / 60
        self._most = max(self._a_second * _BURST, 1.0)
        self._level = self._most
        self._at: float | None = None

    def take(self, amount: float, now: float) -> float:
        """Take `amount`; the seconds to wait first."""
        if self._at is not None:
            self._level = min(self._most, self._level + (now - self._at) * self._a_second)
        self._at = now
        self._level -= amount
        return max(0.0, -self._level / self._a_second)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try, and how long in all.

    Attributes:
        seconds: no attempt begins later than this after the first.
        queues: it takes its turn behind what is being asked already.
    """

    attempts: int
    seconds: float
    queues: bool = True


def pause(attempt: int, asked: float | None, dice: float) -> float:
    """Seconds to rest after the `attempt`th failure, counted from 0.

    Args:
        asked: what the other end asked for (Retry-After); never less than that.
        dice: from 0 to 1, so that those who failed together do not come back together.
    """
    if asked is not None:
        return asked + dice
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**attempt)
    return longest * (0.5 + dice / 2)
