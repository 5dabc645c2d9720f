"""How many streams a server carries: doubling until it fails, then halving the gap. Pure."""

from dataclasses import dataclass

_PRECISION = 0.125  # the answer is at most this share below the truth
_TRIES = 2  # machines are noisy: one bad round alone proves nothing


@dataclass(slots=True)
class Search:
    """Ask `streams` what to try next until it is None; tell the outcome with `record`.

    Attributes:
        streams: the number to try next; None when the search is over.
        carried: the largest number that passed; 0 if none did.
        most: the largest number that is tried.
    """

    streams: int | None
    most: int
    carried: int = 0
    _failed: int | None = None
    _tries: int = 0

    def record(self, passed: bool) -> None:
        """What came of trying `streams`."""
        if self.streams is None:
            raise ValueError("The search is over.")
        self._tries += 1
        if passed:
            self.carried = self.streams
        elif self._tries < _TRIES:
            return
        else:
            self._failed = self.streams
        self._tries = 0
        self.streams = self._next()

    def _next(self) -> int | None:
        if self._failed is None:
            return min(2 * self.carried, self.most) if self.carried < self.most else None
        if self._failed - self.carried <= max(1, int(self.carried * _PRECISION)):
            return None
        return (self.carried + self._failed) // 2
