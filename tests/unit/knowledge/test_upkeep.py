"""Sources are looked at when they are due, when the disk changes, and one look at a time. Time is virtual."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatkeep.core.errors import ConfigurationError, NotReady
from chatkeep.knowledge.sources import Bearing, Listing, Source
from chatkeep.knowledge.upkeep import Tended, Upkeep
from tests.virtual_time import VIRTUAL_TIME

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def anyio_backend() -> Sequence[object]:
    return VIRTUAL_TIME


class LoopClock:
    """Noon when it is made; goes as the loop's time does."""

    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return NOON + timedelta(seconds=asyncio.get_running_loop().time() - self._began)


@dataclass(frozen=True)
class Place:
    name: str
    root: Path | None = None
    bearing: Bearing = field(default_factory=Bearing)

    async def look(self, max_file_bytes: int) -> Listing:
        return Listing()


@dataclass
class Looks:
    """What was looked at, and when after noon, in minutes. `seconds`: how long each look takes."""

    clock: LoopClock
    seconds: float = 0.0
    failures: list[Exception] = field(default_factory=list)
    made: list[tuple[str, float]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self, sources: Sequence[Source]) -> None:
        minutes = (self.clock.now() - NOON).total_seconds() / 60
        self.made.append((" ".join(source.name for source in sources), round(minutes, 2)))
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        if self.failures:
            raise self.failures.pop(0)


class Disk:
    """Changes that a test tells."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[frozenset[Path]] = asyncio.Queue()

    async def watch(self, roots: Sequence[Path]) -> AsyncIterator[frozenset[Path]]:
        while True:
            yield await self.told.get()

    def change(self, path: str) -> None:
        self.told.put_nowait(frozenset({Path(path)}))


async def run(upkeep: Upkeep, minutes: float) -> None:
    """Let so much time go by, and end it."""
    task = asyncio.create_task(upkeep.run())
    await asyncio.sleep(minutes * 60)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_each_source_is_looked_at_as_often_as_declared() -> None:
    looks = Looks(LoopClock())
    tended = [Tended(Place("often"), HOUR, NOON), Tended(Place("seldom"), 2 * HOUR, NOON - 1.5 * HOUR)]
    await run(Upkeep(tended, looks, looks.clock), 200)
    assert looks.made == [("seldom", 30), ("often", 60), ("often", 120), ("seldom", 150), ("often", 180)]


async def test_a_source_that_was_never_seen_is_looked_at_first() -> None:
    looks = Looks(LoopClock())
    await run(Upkeep([Tended(Place("new"), HOUR, None)], looks, looks.clock), 1)
    assert looks.made == [("new", 0)]


async def test_a_failed_look_is_tried_again_soon_and_stops_nothing() -> None:
    looks = Looks(LoopClock(), failures=[NotReady("busy"), ValueError("a fault of ours")])
    await run(Upkeep([Tended(Place("a"), HOUR, NOON)], looks, looks.clock), 140)
    assert looks.made == [("a", 60), ("a", 65), ("a", 70), ("a", 130)]


async def test_a_change_of_a_file_is_looked_at_once_and_with_all_of_this_machine() -> None:
    """Whose a file is, is decided among all of them: a folder alone might take what another keeps back."""
    disk, looks = Disk(), Looks(LoopClock())
    tended = [
        Tended(Place("/docs", Path("/docs")), None, NOON),
        Tended(Place("/docs/hr", Path("/docs/hr")), None, NOON),
        Tended(Place("site"), HOUR, NOON),
    ]
    upkeep = Upkeep(tended, looks, looks.clock, disk)
    asyncio.get_running_loop().call_later(60, disk.change, "/docs/a.md")
    asyncio.get_running_loop().call_later(120, disk.change, "/elsewhere/a.md")
    await run(upkeep, 30)
    assert looks.made == [("/docs /docs/hr", 1)]


async def test_a_change_during_a_look_brings_another_and_never_two_at_a_time() -> None:
    disk, looks = Disk(), Looks(LoopClock(), seconds=60)
    upkeep = Upkeep([Tended(Place("/docs", Path("/docs")), None, NOON)], looks, looks.clock, disk)
    for seconds in (60, 70, 80, 110):
        asyncio.get_running_loop().call_later(seconds, disk.change, "/docs/a.md")
    await run(upkeep, 30)
    assert looks.made == [("/docs", 1), ("/docs", 2)]
    assert looks.most_at_once == 1


async def test_a_disk_that_cannot_be_watched_leaves_the_schedule() -> None:
    class Blind(Disk):
        async def watch(self, roots: Sequence[Path]) -> AsyncIterator[frozenset[Path]]:
            raise ConfigurationError("too many files")
            yield frozenset()

    looks = Looks(LoopClock())
    await run(Upkeep([Tended(Place("/docs", Path("/docs")), HOUR, NOON)], looks, looks.clock, Blind()), 90)
    assert looks.made == [("/docs", 60)]


async def test_nothing_due_is_nothing_done() -> None:
    looks = Looks(LoopClock())
    await run(Upkeep([Tended(Place("/docs", Path("/docs")), None, NOON)], looks, looks.clock), 10_000)
    assert looks.made == []
