"""One reader of one run: from the journal, from the window, to the end or to a cut."""

import asyncio

import anyio
import pytest

from chatkeep.adapters.memory_journal import MemoryJournal
from chatkeep.core.errors import JournalUnavailable
from chatkeep.streams import sse
from chatkeep.streams.broadcast import Broadcast
from chatkeep.streams.follow import Follower, Told
from chatkeep.streams.protocols import Excerpt, RunId
from tests.unit.streams.stage import all_of, record

pytestmark = pytest.mark.anyio

RUN = RunId("run_1")


@pytest.fixture
async def journal() -> MemoryJournal:
    journal = MemoryJournal()
    await journal.begin(record())
    return journal


def follower(broadcast: Broadcast, journal: MemoryJournal, after: int = 0, prelude: bytes = b"") -> Follower:
    return Follower(RUN, broadcast, journal, after, prelude)


async def test_what_is_in_the_window_comes_joined(journal: MemoryJournal) -> None:
    broadcast = Broadcast()
    broadcast.publish([b"1", b"2"])
    reading = aiter(follower(broadcast, journal))
    assert await anext(reading) == b"12"
    broadcast.publish([b"3"])
    assert await anext(reading) == b"3"


async def test_what_is_older_comes_from_the_journal(journal: MemoryJournal) -> None:
    await journal.append(RUN, 1, [b"1", b"2", b"3"])
    broadcast = Broadcast(after=2)
    broadcast.publish([b"3"])
    broadcast.end()
    assert await all_of(follower(broadcast, journal)) == b"123"
    assert await all_of(follower(broadcast, journal, 1)) == b"23"


async def test_the_prelude_comes_first(journal: MemoryJournal) -> None:
    broadcast = Broadcast()
    broadcast.publish([b"1"])
    broadcast.end()
    assert await all_of(follower(broadcast, journal, prelude=b"before ")) == b"before 1"


async def test_silence_is_filled_with_heartbeats(journal: MemoryJournal) -> None:
    now = asyncio.get_running_loop().time
    began, broadcast = now(), Broadcast()
    reading = aiter(follower(broadcast, journal))
    assert [await anext(reading), await anext(reading)] == [sse.HEARTBEAT] * 2
    assert now() - began == pytest.approx(30.0)
    asyncio.get_running_loop().call_later(10, broadcast.publish, [b"1"])
    assert await anext(reading) == b"1"
    began = now()
    assert await anext(reading) == sse.HEARTBEAT
    assert now() - began == pytest.approx(15.0)


async def test_who_does_not_keep_up_is_cut_and_misses_nothing(journal: MemoryJournal) -> None:
    broadcast = Broadcast(window=2)
    reader = follower(broadcast, journal)
    await journal.append(RUN, 1, [b"0", b"1", b"2", b"3", b"4", b"5"])
    broadcast.publish([b"0"])
    reading = aiter(reader)
    assert await anext(reading) == b"0"
    for n in range(1, 6):
        broadcast.publish([b"%d" % n])
    with pytest.raises(StopAsyncIteration):
        await anext(reading)
    assert reader.is_cut
    broadcast.end()
    assert await all_of(follower(broadcast, journal, 1)) == b"12345"


async def test_a_run_that_was_cut_is_cut_for_its_followers(journal: MemoryJournal) -> None:
    broadcast = Broadcast()
    broadcast.publish([b"1"])
    broadcast.end(cut=True)
    reader = follower(broadcast, journal)
    assert await all_of(reader) == b"1"
    assert reader.is_cut


async def test_whoever_has_everything_is_told_that_it_is_the_end(journal: MemoryJournal) -> None:
    broadcast = Broadcast(after=4)
    broadcast.end()
    reader = follower(broadcast, journal, 4)
    assert await all_of(reader) == sse.END_WITHOUT_RUN
    assert not reader.is_cut


class _Away(MemoryJournal):
    async def read(self, run: RunId, after: int, wait: float) -> Excerpt | None:
        raise JournalUnavailable("away")


@pytest.mark.parametrize("journal", [_Away(), MemoryJournal()], ids=["away", "lost"])
async def test_without_the_journal_what_is_older_is_a_cut(journal: MemoryJournal) -> None:
    broadcast = Broadcast(after=5)
    reader = follower(broadcast, journal, 1)
    assert await all_of(reader) == b""
    assert reader.is_cut


async def test_closing_ends_the_wait_and_counts_once(journal: MemoryJournal) -> None:
    broadcast = Broadcast()
    reader = follower(broadcast, journal)
    assert broadcast.followers == 1
    asyncio.get_running_loop().call_soon(reader.close)
    with anyio.fail_after(1):
        assert [frames async for frames in reader] == []
    reader.close()
    assert broadcast.followers == 0
    assert not reader.is_cut


async def test_what_is_told_at_once_is_told_once() -> None:
    told = Told(b"all")
    assert [frames async for frames in told] == [b"all"]
    told.close()
    assert not told.is_cut
