"""Keeping what was read up to date while a server runs: by a schedule, and when the disk changes.

Above: `wiring` starts it beside what answers, in the process that owns the index. Below: `ingest`, handed in.
One synchronisation runs at a time. The sources of this machine are always looked at together: which of them
a file belongs to, and so who may read it, is decided among all of them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chatkeep.core.clock import Clock
from chatkeep.core.errors import ChatkeepError
from chatkeep.knowledge.protocols import Changes
from chatkeep.knowledge.sources import Source

_RETRY = timedelta(minutes=5)
_LONGEST_NAP = 3600.0  # seconds; clocks are set and machines sleep

_log = logging.getLogger(__name__)

Synchronise = Callable[[Sequence[Source]], Awaitable[None]]
"""Brings the index up to date with these sources."""


@dataclass(frozen=True, slots=True)
class Tended:
    """A source to be looked at again.

    Attributes:
        interval: how often; None: only when its files change.
        last: when all of it was last looked at; None: never.
    """

    source: Source
    interval: timedelta | None
    last: datetime | None

    def due(self) -> datetime | None:
        """When to look next; None: not by itself. A source never seen is due since ever."""
        if self.interval is None:
            return None
        return self.last + self.interval if self.last else datetime.min.replace(tzinfo=UTC)


class Upkeep:
    """Tends sources until cancelled."""

    def __init__(
        self,
        tended: Iterable[Tended],
        synchronise: Synchronise,
        clock: Clock,
        changes: Changes | None = None,
    ) -> None:
        self._tended = list(tended)
        self._due = [each.due() for each in self._tended]
        self._synchronise = synchronise
        self._clock = clock
        self._changes = changes
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as tasks:
            if self._changes is not None:
                tasks.create_task(self._watch(self._changes))
            while True:
                await self._sleep()
                await self._look()

    async def _watch(self, changes: Changes) -> None:
        roots = [each.source.root for each in self._tended]
        folders = [root for root in roots if root is not None]
        if not folders:
            return
        try:
            async for changed in changes.watch(folders):
                for place, root in enumerate(roots):
                    if root is not None and any(_is_in(path, root) for path in changed):
                        self._due[place] = self._clock.now()
                self._woken.set()
        except ChatkeepError as error:  # the schedule goes on
            _log.error("Changes of files are not noticed any more: %s", error)

    async def _sleep(self) -> None:
        """Until something is due."""
        while not self._ready():
            coming = [due for due in self._due if due is not None]
            nap = (min(coming) - self._clock.now()).total_seconds() if coming else _LONGEST_NAP
            self._woken.clear()
            try:
                async with asyncio.timeout(min(max(nap, 0.0), _LONGEST_NAP)):
                    await self._woken.wait()
            except TimeoutError:
                pass

    def _ready(self) -> list[int]:
        """Which are due; of those on this machine all, when one is."""
        now = self._clock.now()
        ready = {place for place, due in enumerate(self._due) if due is not None and due <= now}
        local = {place for place, each in enumerate(self._tended) if each.source.root is not None}
        return sorted(ready | local if ready & local else ready)

    async def _look(self) -> None:
        ready = self._ready()
        for place in ready:  # before looking: what changes meanwhile makes it due again
            self._due[place] = None
        is_done = False
        try:
            await self._synchronise([self._tended[place].source for place in ready])
            is_done = True
        except ChatkeepError as error:
            _log.warning("Looking at the sources failed: %s", error)
        except Exception:  # noqa: BLE001 - the top of a run: the next may do better
            _log.exception("Looking at the sources failed.")
        now = self._clock.now()
        for place in ready:
            interval = self._tended[place].interval
            if self._due[place] is not None:
                continue
            if not is_done:
                self._due[place] = now + min(interval or _RETRY, _RETRY)
            elif interval is not None:
                self._due[place] = now + interval


def _is_in(path: Path, root: Path) -> bool:
    return path == root or path.is_relative_to(root)
