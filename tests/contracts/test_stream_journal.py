"""What every `StreamJournal` promises, held against each implementation."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Protocol
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from chatkeep.adapters.memory_journal import (
    FOLLOWED_SECONDS,
    KEEP_SECONDS,
    LEASE_SECONDS,
    MemoryJournal,
    MemoryLogs,
)
from chatkeep.adapters.redis_journal import RedisJournal
from chatkeep.core.errors import RunLost
from chatkeep.core.ids import TenantId, UserId
from chatkeep.streams.protocols import Excerpt, RunId, RunRecord, StreamJournal, ThreadKey

PATIENCE = 10.0
THREAD = ThreadKey(TenantId("acme"), UserId("ann"), "thr_1")
PAGE = 2048


class Workers(Protocol):
    """Workers that share their runs, each for `lease` seconds unless it renews."""

    lease: float

    def worker(self) -> StreamJournal:
        """One more."""
        ...

    async def pass_time(self, seconds: float) -> None:
        """Let so much time go by for what the journal keeps."""
        ...


class MemoryWorkers:
    lease = LEASE_SECONDS

    def __init__(self) -> None:
        self._now = 1000.0
        self._logs = MemoryLogs(lambda: self._now)
        self._names = itertools.count()

    def worker(self) -> StreamJournal:
        return MemoryJournal(self._logs, f"worker-{next(self._names)}")

    async def pass_time(self, seconds: float) -> None:
        self._now += seconds


class RedisWorkers:
    """Time passes by taking it from what each key has left to live.

    It passes by itself too: so the lease is too long for a slow machine to sit it out.
    """

    lease = 100.0

    def __init__(self, url: str) -> None:
        self._url = url
        self._prefix = f"test-{uuid4().hex}:"
        self._opened: list[RedisJournal] = []
        self._client = Redis.from_url(url)

    def worker(self) -> StreamJournal:
        self._opened.append(RedisJournal(self._url, prefix=self._prefix, lease=self.lease))
        return self._opened[-1]

    async def pass_time(self, seconds: float) -> None:
        async for key in self._client.scan_iter(f"{self._prefix}*"):
            left = await self._client.pttl(key)
            assert left != -1, f"{key!r} would stay for ever"
            await self._client.pexpire(key, max(0, left - int(seconds * 1000)))

    async def aclose(self) -> None:
        await self.pass_time(10 * KEEP_SECONDS)
        assert not [key async for key in self._client.scan_iter(f"{self._prefix}*")]
        for journal in self._opened:
            await journal.aclose()
        await self._client.aclose()


@pytest.fixture(params=["memory", "redis"])
async def workers(request: pytest.FixtureRequest) -> AsyncIterator[Workers]:
    if request.param == "memory":
        yield MemoryWorkers()
        return
    opened = RedisWorkers(request.getfixturevalue("redis_url"))
    yield opened
    await opened.aclose()


@pytest.fixture
def journal(workers: Workers) -> StreamJournal:
    return workers.worker()


_numbers = itertools.count(1)


def a_run(thread: ThreadKey = THREAD, key: str | None = None, digest: str = "d") -> RunRecord:
    return RunRecord(RunId(f"run_{next(_numbers)}"), thread, key, digest, resumable=True)


def a_thread(number: int) -> ThreadKey:
    return ThreadKey(TenantId("acme"), UserId("ann"), f"thr_{number}")


async def begun(journal: StreamJournal, run: RunRecord | None = None) -> RunId:
    claim = await journal.begin(run or a_run())
    assert claim.kind == "begun"
    return claim.run.id


async def read(journal: StreamJournal, run: RunId, after: int = 0, wait: float = 0.0) -> Excerpt:
    excerpt = await asyncio.wait_for(journal.read(run, after, wait), PATIENCE)
    assert excerpt is not None
    return excerpt


# Frames


async def test_frames_are_numbered_from_one_and_read_in_order(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one"])
    await journal.append(run, 2, [b"two", b"three"])
    assert await read(journal, run) == Excerpt((b"one", b"two", b"three"), 3, is_snapshot=False, ended=False)
    assert await read(journal, run, 1) == Excerpt((b"two", b"three"), 3, is_snapshot=False, ended=False)
    assert await read(journal, run, 3) == Excerpt((), 3, is_snapshot=False, ended=False)


async def test_a_run_that_has_said_nothing_is_read_as_nothing(journal: StreamJournal) -> None:
    run = await begun(journal)
    assert await read(journal, run) == Excerpt((), 0, is_snapshot=False, ended=False)


@pytest.mark.parametrize("first", [1, 2, 4, 5])
async def test_a_number_out_of_turn_is_refused_and_nothing_is_added(
    journal: StreamJournal, first: int
) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one", b"two"])
    with pytest.raises(RunLost):
        await journal.append(run, first, [b"again"])
    with pytest.raises(RunLost):
        await journal.finish(run, first, [b"again"])
    excerpt = await read(journal, run)
    assert (excerpt.frames, excerpt.ended) == ((b"one", b"two"), False)


async def test_frames_may_hold_any_bytes_and_be_large(journal: StreamJournal) -> None:
    frames = [b"a\r\nb\n\n\x00\xff" + bytes(range(256)), b"", bytes(range(256)) * 4096]
    run = await begun(journal)
    await journal.append(run, 1, frames)
    assert list((await read(journal, run)).frames) == frames


async def test_much_is_read_in_pages_without_a_gap(journal: StreamJournal) -> None:
    frames = [b"%d" % number for number in range(2 * PAGE + 10)]
    run = await begun(journal)
    await journal.append(run, 1, frames)
    seen: list[bytes] = []
    pages = 0
    while found := (await read(journal, run, len(seen), 0.01)).frames:
        assert len(found) <= PAGE
        seen.extend(found)
        pages += 1
    assert seen == frames
    assert pages >= 3


async def test_a_reader_that_waits_is_woken_by_the_next_frame(workers: Workers) -> None:
    writer, reader = workers.worker(), workers.worker()
    run = await begun(writer)
    for number in range(1, 20):
        waiting = asyncio.create_task(reader.read(run, number - 1, 60.0))
        await writer.append(run, number, [b"%d" % number])
        excerpt = await asyncio.wait_for(waiting, PATIENCE)
        assert excerpt is not None
        assert excerpt.frames == (b"%d" % number,)


async def test_a_reader_that_waits_in_vain_is_told_nothing(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one"])
    assert await read(journal, run, 1, 0.05) == Excerpt((), 1, is_snapshot=False, ended=False)


async def test_two_workers_read_what_a_third_writes(workers: Workers) -> None:
    writer = workers.worker()
    run = await begun(writer)
    readings = [asyncio.create_task(all_of(workers.worker(), run)) for _ in range(2)]
    expected = [b"%d" % number for number in range(1, 101)]
    for number, frame in enumerate(expected[:-1], 1):
        await writer.append(run, number, [frame])
    await writer.finish(run, 100, expected[-1:])
    assert await asyncio.wait_for(asyncio.gather(*readings), PATIENCE) == [expected, expected]


async def all_of(journal: StreamJournal, run: RunId) -> list[bytes]:
    """The frames, to the end of the run."""
    frames: list[bytes] = []
    while True:
        excerpt = await read(journal, run, len(frames), 1.0)
        assert not excerpt.is_snapshot
        frames.extend(excerpt.frames)
        assert excerpt.last == len(frames)
        if excerpt.ended:
            return frames


async def test_more_readers_than_there_are_connections_starve_nobody(workers: Workers) -> None:
    writer, reader = workers.worker(), workers.worker()
    runs = [await begun(writer, a_run(a_thread(number))) for number in range(100)]
    waiting = [asyncio.create_task(reader.read(run, 0, 60.0)) for run in runs]
    await asyncio.wait_for(asyncio.gather(*(reader.read(run, 0, 0) for run in runs)), PATIENCE)
    own = await begun(reader, a_run(a_thread(100)))
    await writer.request_stop(own)
    assert await first_stop(reader) == own
    for run in runs:
        await asyncio.wait_for(writer.append(run, 1, [run.encode()]), PATIENCE)
    excerpts = await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE)
    assert [excerpt and excerpt.frames for excerpt in excerpts] == [(run.encode(),) for run in runs]


async def test_two_hundred_runs_at_once(workers: Workers) -> None:
    writer, reader = workers.worker(), workers.worker()

    async def write(number: int) -> list[bytes]:
        run = await begun(writer, a_run(a_thread(number)))
        for seq in range(1, 20):
            await writer.append(run, seq, [b"%d-%d" % (number, seq)])
        await writer.finish(run, 20, [b"end"])
        return await all_of(reader, run)

    said = await asyncio.wait_for(asyncio.gather(*map(write, range(200))), 60.0)
    assert said == [[*(b"%d-%d" % (n, seq) for seq in range(1, 20)), b"end"] for n in range(200)]


# What is not there


async def test_an_unknown_run_is_none(journal: StreamJournal) -> None:
    unknown = RunId("run_unknown")
    assert await journal.find(unknown) is None
    assert await asyncio.wait_for(journal.read(unknown, 0, 60.0), PATIENCE) is None
    assert await journal.reclaim(unknown) is False
    await journal.discard(unknown)
    await journal.request_stop(unknown)
    with pytest.raises(RunLost):
        await journal.append(unknown, 1, [b"one"])
    with pytest.raises(RunLost):
        await journal.finish(unknown, 1, [b"one"])
    with pytest.raises(RunLost):
        await journal.compact(unknown, 0, b"snapshot")


async def test_a_position_ahead_of_the_log_is_none(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one"])
    assert await asyncio.wait_for(journal.read(run, 2, 60.0), PATIENCE) is None


# Snapshots


async def test_a_snapshot_stands_for_what_was_compacted(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one", b"two", b"three"])
    await journal.compact(run, 2, b"snapshot\n\x00")
    snapshot = Excerpt((b"snapshot\n\x00",), 2, is_snapshot=True, ended=False)
    assert await read(journal, run, 0, 5.0) == snapshot
    assert await read(journal, run, 1) == snapshot
    assert (await read(journal, run, 2)).frames == (b"three",)
    await journal.append(run, 4, [b"four"])
    assert (await read(journal, run, 2)).frames == (b"three", b"four")


async def test_a_run_goes_on_after_all_of_it_was_compacted(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one", b"two"])
    await journal.compact(run, 2, b"first")
    assert await read(journal, run, 2) == Excerpt((), 2, is_snapshot=False, ended=False)
    await journal.append(run, 3, [b"three"])
    await journal.compact(run, 3, b"second")
    await journal.finish(run, 4, [b"end"])
    assert (await read(journal, run)).frames == (b"second",)
    assert await read(journal, run, 3) == Excerpt((b"end",), 4, is_snapshot=False, ended=True)


async def test_an_older_snapshot_does_not_replace_a_later_one(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one", b"two", b"three"])
    await journal.compact(run, 2, b"later")
    await journal.compact(run, 1, b"older")
    assert (await read(journal, run)).frames == (b"later",)
    assert (await read(journal, run, 2)).frames == (b"three",)


async def test_a_snapshot_of_what_was_not_said_is_refused(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one"])
    with pytest.raises(RunLost):
        await journal.compact(run, 2, b"snapshot")
    assert (await read(journal, run)).frames == (b"one",)


# The end


async def test_the_end_is_told_with_the_last_frame_and_after_it(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one"])
    await journal.finish(run, 2, [b"two", b"end"])
    assert await read(journal, run) == Excerpt((b"one", b"two", b"end"), 3, is_snapshot=False, ended=True)
    assert await read(journal, run, 3, 60.0) == Excerpt((), 3, is_snapshot=False, ended=True)


async def test_the_end_is_told_with_the_last_page_only(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"."] * PAGE)
    await journal.finish(run, PAGE + 1, [b"end"])
    first = await read(journal, run)
    assert (first.last, first.ended) == (PAGE, False)
    assert (await read(journal, run, PAGE)).ended


async def test_a_reader_that_waits_is_told_of_the_end(workers: Workers) -> None:
    writer, reader = workers.worker(), workers.worker()
    run = await begun(writer)
    waiting = asyncio.create_task(all_of(reader, run))
    await writer.append(run, 1, [b"one"])
    await writer.finish(run, 2, [b"end"])
    assert await asyncio.wait_for(waiting, PATIENCE) == [b"one", b"end"]


async def test_an_ended_run_takes_no_more(journal: StreamJournal) -> None:
    run = await begun(journal)
    await journal.finish(run, 1, [b"end"])
    with pytest.raises(RunLost):
        await journal.append(run, 2, [b"more"])
    with pytest.raises(RunLost):
        await journal.finish(run, 2, [b"more"])
    with pytest.raises(RunLost):
        await journal.compact(run, 1, b"snapshot")
    await journal.discard(run)
    assert (await read(journal, run)).frames == (b"end",)


async def test_an_ended_run_is_kept_for_a_while_and_its_key_with_it(workers: Workers) -> None:
    journal = workers.worker()
    first = a_run(key="key")
    run = await begun(journal, first)
    await workers.pass_time(0.9 * KEEP_SECONDS)
    await journal.renew([run])
    await journal.append(run, 1, [b"one"])
    await journal.finish(run, 2, [b"end"])
    await workers.pass_time(0.9 * KEEP_SECONDS)
    assert (await journal.begin(a_run(key="key"))).kind == "repeat"
    assert (await read(journal, run)).frames == (b"one", b"end")
    assert await journal.find(run) == first
    await workers.pass_time(0.2 * KEEP_SECONDS)
    assert (await journal.begin(a_run(key="key"))).kind == "begun"
    assert await journal.find(run) is None
    assert await journal.read(run, 0, 0) is None


async def test_a_run_that_is_renewed_stays_whole(workers: Workers) -> None:
    journal = workers.worker()
    record = a_run(key="key")
    run = await begun(journal, record)
    await journal.append(run, 1, [b"one"])
    for _ in range(3):
        await workers.pass_time(KEEP_SECONDS / 2)
        assert not (await journal.renew([run])).lost
    assert await journal.active(THREAD) == record
    assert (await journal.begin(a_run(a_thread(2), key="key"))).kind == "repeat"
    await journal.append(run, 2, [b"two"])
    assert (await read(journal, run)).frames == (b"one", b"two")


# Threads and keys


async def test_a_run_is_found_by_its_id_and_by_its_thread(workers: Workers) -> None:
    record = RunRecord(RunId("run_found"), THREAD, "key é\n:", "digest", resumable=False)
    writer, other = workers.worker(), workers.worker()
    claim = await writer.begin(record)
    assert (claim.kind, claim.run) == ("begun", record)
    assert await other.find(record.id) == record
    assert await other.active(THREAD) == record


async def test_a_thread_has_one_run_at_a_time(workers: Workers) -> None:
    journal, other = workers.worker(), workers.worker()
    first, second = a_run(), a_run()
    await begun(journal, first)
    claim = await other.begin(second)
    assert (claim.kind, claim.run) == ("busy", first)
    assert await other.find(second.id) is None
    await journal.finish(first.id, 1, [b"end"])
    assert await journal.active(THREAD) is None
    await begun(other, second)
    assert await journal.active(THREAD) == second


async def test_who_finds_the_thread_busy_does_not_take_the_key(journal: StreamJournal) -> None:
    await begun(journal)
    assert (await journal.begin(a_run(key="key"))).kind == "busy"
    assert (await journal.begin(a_run(a_thread(2), key="key"))).kind == "begun"


async def test_who_repeats_a_key_does_not_take_the_thread(journal: StreamJournal) -> None:
    await begun(journal, a_run(key="key"))
    assert (await journal.begin(a_run(a_thread(2), key="key"))).kind == "repeat"
    assert await journal.active(a_thread(2)) is None
    await begun(journal, a_run(a_thread(2)))


async def test_a_key_means_the_same_run_also_after_its_end(workers: Workers) -> None:
    journal, other = workers.worker(), workers.worker()
    first = a_run(key="key", digest="first")
    await begun(journal, first)
    claim = await other.begin(a_run(key="key", digest="second"))
    assert (claim.kind, claim.run) == ("repeat", first)
    await journal.finish(first.id, 1, [b"end"])
    claim = await other.begin(a_run(key="key", digest="second"))
    assert (claim.kind, claim.run) == ("repeat", first)


async def test_one_of_many_gets_the_thread_and_one_the_key(workers: Workers) -> None:
    journals = [workers.worker() for _ in range(4)]
    wishes = [journals[n % 4].begin(a_run()) for n in range(40)]
    kinds = [claim.kind for claim in await asyncio.gather(*wishes)]
    assert sorted(kinds) == ["begun", *["busy"] * 39]
    wishes = [journals[n % 4].begin(a_run(a_thread(n + 2), key="key")) for n in range(40)]
    claims = await asyncio.gather(*wishes)
    assert sorted(claim.kind for claim in claims) == ["begun", *["repeat"] * 39]
    assert len({claim.run.id for claim in claims}) == 1


async def test_a_run_that_is_discarded_frees_its_thread_and_its_key(workers: Workers) -> None:
    journal, other = workers.worker(), workers.worker()
    run = await begun(journal, a_run(key="key"))
    waiting = asyncio.create_task(other.read(run, 0, 0.3))
    await journal.discard(run)
    assert await asyncio.wait_for(waiting, PATIENCE) is None
    assert await journal.find(run) is None
    assert await journal.active(THREAD) is None
    await begun(journal, a_run(key="key"))


async def test_discarding_late_does_not_free_what_a_newer_run_has(journal: StreamJournal) -> None:
    old, new = a_run(key="key"), a_run(key="key")
    await begun(journal, old)
    await journal.discard(old.id)
    await begun(journal, new)
    await journal.discard(old.id)
    assert await journal.active(THREAD) == new
    assert (await journal.begin(a_run(a_thread(2), key="key"))).run == new


async def test_tenants_and_users_are_apart(journal: StreamJournal) -> None:
    threads = [
        ThreadKey(TenantId(tenant), UserId(user), thread)
        for tenant, user, thread in (
            ("a", "b", "c"),
            ("a", "x", "c"),
            ("x", "b", "c"),
            ("a:b", "", "c"),
            ("a", "b:c", ""),
        )
    ]
    records = [a_run(thread, key="key") for thread in threads]
    for record in records:
        await begun(journal, record)
    for record in records:
        assert await journal.active(record.thread) == record
        assert (await journal.begin(a_run(record.thread, key="key"))).run == record


# Leases


async def test_a_lease_lapses_unless_it_is_renewed(workers: Workers) -> None:
    owner, other = workers.worker(), workers.worker()
    run = await begun(owner)
    await workers.pass_time(0.6 * workers.lease)
    assert not await other.reclaim(run)
    await owner.renew([run])
    await workers.pass_time(0.6 * workers.lease)
    assert not await other.reclaim(run)
    await workers.pass_time(0.6 * workers.lease)
    assert await other.reclaim(run)


async def test_a_lapsed_run_is_still_its_owners_until_somebody_reclaims_it(workers: Workers) -> None:
    owner, other = workers.worker(), workers.worker()
    run = await begun(owner)
    await workers.pass_time(workers.lease)
    await owner.append(run, 1, [b"one"])
    assert not (await owner.renew([run])).lost
    assert not await other.reclaim(run)


async def test_exactly_one_of_many_reclaims_a_run(workers: Workers) -> None:
    run = await begun(workers.worker())
    await workers.pass_time(workers.lease)
    others = [workers.worker() for _ in range(4)]
    won = await asyncio.gather(*(others[n % 4].reclaim(run) for n in range(40)))
    assert sorted(won) == [False] * 39 + [True]


async def test_a_run_that_was_reclaimed_refuses_the_owner_it_had(workers: Workers) -> None:
    owner, other = workers.worker(), workers.worker()
    record = a_run()
    run = await begun(owner, record)
    await owner.append(run, 1, [b"one"])
    await workers.pass_time(workers.lease)
    assert await other.reclaim(run)
    with pytest.raises(RunLost):
        await owner.append(run, 2, [b"late"])
    with pytest.raises(RunLost):
        await owner.finish(run, 2, [b"late"])
    with pytest.raises(RunLost):
        await owner.compact(run, 1, b"late")
    await owner.discard(run)
    assert list((await owner.renew([run])).lost) == [run]
    assert await owner.active(THREAD) == record
    await other.finish(run, 2, [b"end"])
    assert await read(owner, run) == Excerpt((b"one", b"end"), 2, is_snapshot=False, ended=True)
    assert await owner.active(THREAD) is None


async def test_whoever_reclaims_a_run_has_a_lease_on_it(workers: Workers) -> None:
    owner, other, third = workers.worker(), workers.worker(), workers.worker()
    run = await begun(owner)
    await workers.pass_time(workers.lease)
    assert await other.reclaim(run)
    await workers.pass_time(0.6 * workers.lease)
    assert not await third.reclaim(run)
    assert not (await other.renew([run])).lost
    await workers.pass_time(workers.lease)
    assert await third.reclaim(run)


async def test_an_ended_run_cannot_be_reclaimed(workers: Workers) -> None:
    owner, other = workers.worker(), workers.worker()
    run = await begun(owner)
    await owner.finish(run, 1, [b"end"])
    await workers.pass_time(workers.lease)
    assert not await other.reclaim(run)
    assert not (await owner.renew([run])).lost


async def test_renewing_tells_what_is_lost_and_what_is_followed_elsewhere(workers: Workers) -> None:
    owner, other = workers.worker(), workers.worker()
    mine, followed = await begun(owner, a_run(a_thread(1))), await begun(owner, a_run(a_thread(2)))
    theirs = await begun(other, a_run(a_thread(3)))
    await other.touch(followed)
    renewal = await owner.renew([mine, theirs, followed, RunId("run_unknown")])
    assert sorted(renewal.lost) == sorted([theirs, RunId("run_unknown")])
    assert list(renewal.followed_elsewhere) == [followed]
    await workers.pass_time(FOLLOWED_SECONDS)
    assert not (await owner.renew([followed])).followed_elsewhere


async def test_many_runs_are_renewed_at_once(workers: Workers) -> None:
    owner, other = workers.worker(), workers.worker()
    runs = [await begun(owner, a_run(a_thread(number))) for number in range(300)]
    await workers.pass_time(0.6 * workers.lease)
    assert not (await owner.renew(runs)).lost
    await workers.pass_time(0.6 * workers.lease)
    assert not any(await asyncio.gather(*map(other.reclaim, runs)))
    assert not (await owner.renew([])).lost


# Stops


async def test_a_stop_reaches_the_owner_and_nobody_else(workers: Workers) -> None:
    owner, other, asking = workers.worker(), workers.worker(), workers.worker()
    run, theirs = await begun(owner, a_run(a_thread(1))), await begun(other, a_run(a_thread(2)))
    await asking.request_stop(run)
    await asking.request_stop(theirs)
    assert await first_stop(owner) == run
    assert await first_stop(other) == theirs


async def test_a_stop_is_heard_while_it_is_waited_for(workers: Workers) -> None:
    owner, asking = workers.worker(), workers.worker()
    run = await begun(owner)
    waiting = asyncio.create_task(first_stop(owner))
    await asking.request_stop(run)
    assert await asyncio.wait_for(waiting, PATIENCE) == run


async def test_stops_come_in_the_order_they_were_asked_for(workers: Workers) -> None:
    owner, asking = workers.worker(), workers.worker()
    runs = [await begun(owner, a_run(a_thread(number))) for number in range(5)]
    for run in runs:
        await asking.request_stop(run)
    heard: list[RunId] = []
    async with asyncio.timeout(PATIENCE):
        async for run in owner.stops():
            heard.append(run)
            if len(heard) == len(runs):
                break
    assert heard == runs


async def test_a_stop_goes_to_whoever_has_reclaimed_the_run(workers: Workers) -> None:
    owner, other = workers.worker(), workers.worker()
    run = await begun(owner)
    await workers.pass_time(workers.lease)
    assert await other.reclaim(run)
    await owner.request_stop(run)
    assert await first_stop(other) == run


async def test_an_ended_run_is_not_stopped(workers: Workers) -> None:
    owner = workers.worker()
    ended, active = await begun(owner, a_run(a_thread(1))), await begun(owner, a_run(a_thread(2)))
    await owner.finish(ended, 1, [b"end"])
    await owner.request_stop(ended)
    await owner.request_stop(active)
    assert await first_stop(owner) == active


async def first_stop(journal: StreamJournal) -> RunId:
    async with asyncio.timeout(PATIENCE), aclosing(stops_of(journal)) as stops:
        return await anext(stops)


async def stops_of(journal: StreamJournal) -> AsyncGenerator[RunId, None]:
    async for run in journal.stops():
        yield run


async def test_it_can_be_checked(journal: StreamJournal) -> None:
    await journal.check()
