"""Runs in virtual time: what a run says is written, heard and ended, whoever listens."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import anyio
import pytest

from chatkeep.adapters.memory_journal import MemoryJournal
from chatkeep.core.errors import Conflict, InvalidInput, JournalUnavailable, NotFound, Overloaded
from chatkeep.streams.protocols import Claim, RunId, RunRecord
from chatkeep.streams.runs import Limits, Run, Runs
from tests.unit.streams.stage import THREAD, SlowJournal, Speaker, Stage, all_of, record, told

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stage() -> Stage:
    return Stage()


@pytest.fixture
async def runs(stage: Stage) -> AsyncIterator[Runs]:
    runs = stage.worker()
    yield runs
    await runs.aclose()


async def until_ended(runs: Runs) -> None:
    """Returns when nothing runs on `THREAD` any more."""
    with anyio.fail_after(1000):
        while await runs.active(THREAD):  # noqa: ASYNC110 - virtual time, and no event to wait for
            await asyncio.sleep(0.1)


async def test_events_are_numbered_from_one_and_ended(runs: Runs) -> None:
    speaker = Speaker()
    speaker.say(b"1", b"2", None)
    follower = await runs.start(record(), speaker.events)
    assert follower is not None
    assert await all_of(follower) == told("run_1", b"1", b"2")
    assert not follower.is_cut


async def test_it_begins_when_the_first_event_is_there(runs: Runs) -> None:
    speaker = Speaker()
    starting = asyncio.create_task(runs.start(record(), speaker.events))
    await asyncio.sleep(60)
    assert not starting.done()
    speaker.say(b"1", None)
    assert await starting is not None


async def test_a_failure_before_the_first_event_is_raised_and_leaves_nothing(
    runs: Runs, stage: Stage
) -> None:
    speaker = Speaker()
    speaker.say(NotFound("no"))
    with pytest.raises(NotFound):
        await runs.start(record(key="k"), speaker.events)
    assert (stage.logs.runs, stage.logs.threads, stage.logs.keys) == ({}, {}, {})


async def test_having_nothing_to_say_is_no_run_for_the_repeat_either(runs: Runs, stage: Stage) -> None:
    speaker = Speaker()
    first = asyncio.create_task(runs.start(record(key="k"), speaker.events))
    second = asyncio.create_task(runs.start(record("run_2", key="k"), Speaker().events))
    await asyncio.sleep(1)
    speaker.say(None)
    assert (await first, await second) == (None, None)
    assert stage.logs.runs == {}


async def test_a_failure_in_the_middle_ends_the_run(runs: Runs) -> None:
    speaker = Speaker()
    speaker.say(b"1", RuntimeError("boom"))
    follower = await runs.start(record(), speaker.events)
    assert follower is not None
    assert await all_of(follower) == told("run_1", b"1")


async def test_a_run_stopped_before_it_began_is_a_conflict_not_a_missing_item(
    runs: Runs, stage: Stage
) -> None:
    run = record(key="k")
    starting = asyncio.create_task(runs.start(run, Speaker(last_words=b"").events))
    await asyncio.sleep(1)
    await runs.stop(run)
    with pytest.raises(Conflict):
        await starting
    assert stage.logs.runs == {}


class _LateReply(MemoryJournal):
    async def begin(self, run: RunRecord) -> Claim:
        claim = await super().begin(run)
        await asyncio.sleep(0.1)
        return claim


async def test_a_stop_that_comes_before_the_journals_reply_is_not_lost(stage: Stage) -> None:
    one, two = stage.worker(journal=_LateReply(stage.logs, "one")), stage.worker("two")
    earlier = Speaker()
    earlier.say(b"1", None)
    follower = await one.start(record("run_0", thread="thr_0"), earlier.events)  # so that it hears of stops
    assert follower is not None
    await all_of(follower)
    run = record()
    starting = asyncio.create_task(one.start(run, Speaker(last_words=b"").events))
    await asyncio.sleep(0.05)
    await two.stop(run)
    with pytest.raises(Conflict), anyio.fail_after(10):
        await starting
    assert stage.logs.threads == {}
    for worker in (one, two):
        await worker.aclose()


async def test_who_follows_a_run_that_never_begins_is_cut(runs: Runs) -> None:
    run, speaker = record(), Speaker()
    starting = asyncio.create_task(runs.start(run, speaker.events))
    await asyncio.sleep(1)
    follower = await runs.follow(run, 0)
    speaker.say(NotFound("no"))
    assert await all_of(follower) == b""
    assert follower.is_cut
    with pytest.raises(NotFound):
        await starting


async def test_a_second_run_on_the_thread_is_refused(runs: Runs) -> None:
    speaker = Speaker()
    speaker.say(b"1")
    follower = await runs.start(record(), speaker.events)
    with pytest.raises(Conflict):
        await runs.start(record("run_2"), Speaker().events)
    speaker.say(None)
    assert follower is not None
    await all_of(follower)
    again = Speaker()
    again.say(b"1", None)
    assert await runs.start(record("run_2"), again.events) is not None


async def test_whoever_left_and_says_something_else_need_not_wait(runs: Runs) -> None:
    speaker, other = Speaker(), Speaker()
    speaker.say(b"1")
    follower = await runs.start(record(), speaker.events)
    assert follower is not None
    follower.close()
    other.say(b"2", None)
    assert await runs.start(record("run_2"), other.events) is not None
    assert speaker.saved == [b"1"]


async def test_a_repeat_gets_the_same_run_from_its_beginning(runs: Runs) -> None:
    speaker, repeated = Speaker(), Speaker()
    speaker.say(b"1", b"2")
    first = await runs.start(record(key="k"), speaker.events)
    second = await runs.start(record("run_2", key="k"), repeated.events)
    speaker.say(None)
    assert first is not None
    assert second is not None
    assert await all_of(first) == await all_of(second) == told("run_1", b"1", b"2")
    third = await runs.start(record("run_3", key="k"), repeated.events)
    assert third is not None
    assert await all_of(third) == told("run_1", b"1", b"2")
    assert repeated.run is None


async def test_another_request_with_the_same_key_is_refused(runs: Runs) -> None:
    speaker = Speaker()
    speaker.say(b"1", None)
    await runs.start(record(key="k"), speaker.events)
    with pytest.raises(InvalidInput):
        await runs.start(record("run_2", key="k", digest="other"), Speaker().events)


async def test_more_runs_than_allowed_are_refused_and_leave_nothing(stage: Stage) -> None:
    stage.limits = Limits(runs=1)
    runs = stage.worker()
    speaker = Speaker()
    speaker.say(b"1")
    await runs.start(record(), speaker.events)
    with pytest.raises(Overloaded):
        await runs.start(record("run_2", thread="thr_2", key="k"), Speaker().events)
    assert list(stage.logs.runs) == [RunId("run_1")]
    assert stage.logs.keys == {}
    await runs.aclose()


async def test_a_stop_saves_what_was_said_and_followers_hear_the_rest(runs: Runs) -> None:
    speaker = Speaker()
    speaker.say(b"1")
    run = record(resumable=True)
    follower = await runs.start(run, speaker.events)
    other = await runs.follow(run, 0)
    await runs.stop(run)
    assert speaker.saved == [b"1"]
    assert follower is not None
    for heard in (follower, other):
        assert await all_of(heard) == told("run_1", b"1", b'"kept"')


async def test_a_stop_does_not_cut_into_what_the_journal_is_told(stage: Stage) -> None:
    runs = stage.worker(journal=SlowJournal(stage.logs, "one"))
    speaker = Speaker()
    speaker.say(b"1|2|3|4")
    run = record(resumable=True)
    follower = await runs.start(run, speaker.events)  # "1" is out: "2" is being written
    await runs.stop(run)
    assert speaker.saved == [b"1", b"2", b"3", b"4"]
    assert follower is not None
    assert await all_of(follower) == told("run_1", b"1", b"2", b"3", b"4", b'"kept"')
    await runs.aclose()


async def test_a_stop_interrupts_once(runs: Runs) -> None:
    speaker = Speaker()
    speaker.say(b"1")
    run = record()
    follower = await runs.start(run, speaker.events)
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(runs.stop(run))
    assert follower is not None
    assert await all_of(follower) == told("run_1", b"1", b'"kept"')


async def test_a_stop_answers_within_a_second_even_if_saving_takes_longer(runs: Runs) -> None:
    async def stubborn(run: Run) -> AsyncGenerator[bytes, None]:
        try:
            yield b"1"
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(30)

    run = record()
    await runs.start(run, stubborn)
    with anyio.fail_after(1):
        await runs.stop(run)
    assert await runs.active(THREAD) == run


@pytest.mark.parametrize(("resumable", "earliest", "latest"), [(False, 2.0, 3.0), (True, 300.0, 301.0)])
async def test_a_run_that_nobody_reads_is_stopped_after_its_grace(
    runs: Runs, resumable: bool, earliest: float, latest: float
) -> None:
    speaker = Speaker()
    speaker.say(b"1")
    follower = await runs.start(record(resumable=resumable), speaker.events)
    await asyncio.sleep(1000)  # read all the while
    assert await runs.active(THREAD)
    assert follower is not None
    follower.close()
    left = asyncio.get_running_loop().time()
    await until_ended(runs)
    assert earliest <= asyncio.get_running_loop().time() - left <= latest
    assert speaker.saved == [b"1"]


async def test_coming_back_within_the_grace_keeps_the_run(runs: Runs) -> None:
    speaker = Speaker()
    speaker.say(b"1")
    run = record()
    follower = await runs.start(run, speaker.events)
    assert follower is not None
    follower.close()
    await asyncio.sleep(1.5)
    back = await runs.follow(run, 1)
    await asyncio.sleep(10)
    speaker.say(b"2", None)
    assert await all_of(back) == told("run_1", b"1", b"2").removeprefix(told("run_1", b"1", end=False))


async def test_a_follower_of_another_worker_keeps_the_run_while_it_speaks(stage: Stage) -> None:
    one, two = stage.worker("one"), stage.worker("two")
    speaker = Speaker()
    speaker.say(b"0")
    run = record()
    follower = await one.start(run, speaker.events)
    elsewhere = asyncio.create_task(all_of(await two.follow(run, 0)))
    assert follower is not None
    follower.close()
    for _ in range(100):  # never silent for so long that the other worker's reads come back empty
        await asyncio.sleep(0.1)
        speaker.say(b"1")
    speaker.say(None)
    assert await elsewhere == told("run_1", b"0", *[b"1"] * 100)
    for worker in (one, two):
        await worker.aclose()


async def test_the_last_follower_elsewhere_leaving_ends_the_run(stage: Stage) -> None:
    one, two = stage.worker("one"), stage.worker("two")
    speaker = Speaker()
    speaker.say(b"1")
    run = record()
    follower, elsewhere = await one.start(run, speaker.events), await two.follow(run, 0)
    reading = asyncio.create_task(all_of(elsewhere))
    assert follower is not None
    follower.close()
    await asyncio.sleep(30)
    assert await one.active(THREAD)
    elsewhere.close()
    await reading
    await until_ended(one)
    assert speaker.saved == [b"1"]
    for worker in (one, two):
        await worker.aclose()


async def test_a_run_of_another_worker_is_heard_and_stopped(stage: Stage) -> None:
    one, two = stage.worker("one"), stage.worker("two")
    speaker = Speaker()
    speaker.say(b"1", b"2")
    run = record()
    follower = await one.start(run, speaker.events)
    elsewhere = await two.follow(run, 1)
    with anyio.fail_after(1):
        await two.stop(run)
    assert speaker.saved == [b"1", b"2"]
    assert follower is not None
    whole = told("run_1", b"1", b"2", b'"kept"')
    assert await all_of(follower) == whole
    assert await all_of(elsewhere) == whole.removeprefix(told("run_1", b"1", end=False))
    for worker in (one, two):
        await worker.aclose()


class _SlowToEnd(MemoryJournal):
    async def finish(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        await asyncio.sleep(0.1)
        await super().finish(run, first, frames)


async def test_a_stop_from_another_worker_waits_for_the_end_behind_a_snapshot(stage: Stage) -> None:
    stage.limits = Limits(log=100)
    one, two = stage.worker(journal=_SlowToEnd(stage.logs, "one")), stage.worker("two")
    speaker = Speaker(last_words=b'"%b"' % (b"kept " * 20))
    speaker.say(b"1")
    run = record()
    assert await one.start(run, speaker.events)
    assert speaker.run is not None

    async def in_short() -> list[bytes]:
        return [b'"short"']

    speaker.run.snapshot = in_short
    await two.stop(run)
    assert stage.logs.runs[run.id].snapshot
    assert await two.active(THREAD) is None
    for worker in (one, two):
        await worker.aclose()


class _Severed(MemoryJournal):
    """The journal of a worker that is no more: from then on no call comes back."""

    is_dead = False

    async def append(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        if self.is_dead:
            await asyncio.Event().wait()
        await super().append(run, first, frames)

    async def renew(self, runs: object) -> object:  # type: ignore[override]
        if self.is_dead:
            await asyncio.Event().wait()
        return await super().renew(runs)  # type: ignore[arg-type]


async def test_a_run_whose_worker_died_is_mended_and_ended_for_those_who_wait(stage: Stage) -> None:
    journal = _Severed(stage.logs, "one")
    one, two = stage.worker(journal=journal), stage.worker("two")
    speaker = Speaker()
    speaker.say(b"1")
    run = record()
    await one.start(run, speaker.events)
    elsewhere = await two.follow(run, 0)
    journal.is_dead = True
    with anyio.fail_after(10):
        assert await all_of(elsewhere) == told("run_1", b"1", b'"mended"')
    assert [run_id for run_id, _ in stage.mended] == ["run_1"]
    assert await two.active(THREAD) is None
    journal.is_dead = False  # so that its tasks can be cleaned up
    for worker in (one, two):
        await worker.aclose()


async def test_a_worker_that_lost_its_run_to_another_says_and_saves_no_more(stage: Stage) -> None:
    journal = _Severed(stage.logs, "one")
    one, two = stage.worker(journal=journal), stage.worker("two")
    speaker = Speaker()
    speaker.say(b"1")
    run = record()
    follower = await one.start(run, speaker.events)
    journal.is_dead = True  # it hangs for longer than its lease
    await asyncio.sleep(20)
    assert await two.find(run.id) == run  # and another ends its run
    journal.is_dead = False
    speaker.say(b"2")
    assert follower is not None
    assert await all_of(follower) == told("run_1", b"1", end=False)
    assert follower.is_cut
    assert speaker.run is not None
    assert speaker.run.reason == "taken"
    for worker in (one, two):
        await worker.aclose()


async def test_a_run_of_which_nothing_was_written_is_as_if_never_begun(stage: Stage) -> None:
    dead, two = MemoryJournal(stage.logs, "one"), stage.worker("two")

    async def nothing(run: object, frames: Sequence[bytes]) -> list[bytes]:
        return []

    two._mend = nothing
    await dead.begin(record(key="k"))
    await asyncio.sleep(20)
    speaker = Speaker()
    speaker.say(b"1", None)
    assert await two.active(THREAD) is None
    follower = await two.start(record("run_2", key="k"), speaker.events)
    assert follower is not None
    assert await all_of(follower) == told("run_2", b"1")
    await two.aclose()


async def test_mending_that_takes_longer_than_a_lease_is_not_begun_again_by_another(stage: Stage) -> None:
    dead, two, three = MemoryJournal(stage.logs, "one"), stage.worker("two"), stage.worker("three")

    async def slowly(run: RunRecord, frames: Sequence[bytes]) -> list[bytes]:
        await asyncio.sleep(60)
        return await stage.mend(run, frames)

    two._mend = slowly
    await dead.begin(record())
    await asyncio.sleep(20)
    mending = asyncio.create_task(two.active(THREAD))
    await asyncio.sleep(30)
    assert await three.active(THREAD) is not None
    assert not mending.done()
    assert await mending is None
    assert len(stage.mended) == 1
    for worker in (two, three):
        await worker.aclose()


async def test_whoever_dies_while_mending_leaves_the_run_to_the_next(stage: Stage) -> None:
    dead, two, three = MemoryJournal(stage.logs, "one"), stage.worker("two"), stage.worker("three")

    async def never(run: RunRecord, frames: Sequence[bytes]) -> list[bytes]:
        await asyncio.Event().wait()
        return []

    two._mend = never
    await dead.begin(record())
    await asyncio.sleep(20)
    with anyio.move_on_after(20):
        await two.active(THREAD)
    await asyncio.sleep(8)
    assert await three.active(THREAD) is None
    assert len(stage.mended) == 1
    for worker in (two, three):
        await worker.aclose()


async def test_losing_the_journal_cuts_the_followers_and_saves(runs: Runs, stage: Stage) -> None:
    speaker = Speaker()
    speaker.say(b"1")
    follower = await runs.start(record(), speaker.events)
    stage.logs.forget(RunId("run_1"))
    speaker.say(b"2")
    assert follower is not None
    assert await all_of(follower) == told("run_1", b"1", end=False)
    assert follower.is_cut
    assert speaker.saved == [b"1", b"2"]
    assert speaker.run is not None
    assert speaker.run.reason == "lost"


async def test_losing_the_journal_is_noticed_in_silence_too(runs: Runs, stage: Stage) -> None:
    speaker = Speaker()
    speaker.say(b"1")
    follower = await runs.start(record(), speaker.events)
    stage.logs.forget(RunId("run_1"))
    assert follower is not None
    with anyio.fail_after(5):
        await all_of(follower)
    assert follower.is_cut
    assert speaker.saved == [b"1"]


class _Down(MemoryJournal):
    async def append(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        raise JournalUnavailable("down")


async def test_a_journal_that_takes_no_first_frame_is_the_submitters_error(stage: Stage) -> None:
    runs = stage.worker(journal=_Down(stage.logs, "one"))
    speaker = Speaker()
    speaker.say(b"1")
    with pytest.raises(JournalUnavailable):
        await runs.start(record(), speaker.events)
    assert stage.logs.runs == {}
    await runs.aclose()


class _NeverEnding(MemoryJournal):
    async def finish(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        await asyncio.Event().wait()


async def test_a_journal_that_hangs_at_the_end_does_not_keep_the_followers(stage: Stage) -> None:
    runs = stage.worker(journal=_NeverEnding(stage.logs, "one"))
    speaker = Speaker()
    speaker.say(b"1", None)
    follower = await runs.start(record(), speaker.events)
    assert follower is not None
    with anyio.fail_after(10):
        assert await all_of(follower) == told("run_1", b"1", end=False)
    assert follower.is_cut
    await runs.aclose()


async def test_a_long_run_is_told_in_short_to_whoever_comes_late(stage: Stage) -> None:
    stage.limits = Limits(log=100, window=50)
    runs = stage.worker()
    speaker = Speaker()
    speaker.say(b"0")
    run = record(resumable=True)
    await runs.start(run, speaker.events)
    assert speaker.run is not None

    async def in_short() -> list[bytes]:
        return [b'"short"', b'"and good"']

    speaker.run.snapshot = in_short
    speaker.say(*[b"%d" % n for n in range(1, 30)], None)
    await until_ended(runs)
    said = await all_of(await runs.follow(run, 0))
    start = b'event: snapshot\ndata: "short"\n\nid: run_1:'
    assert said.startswith(start)
    last = int(said.removeprefix(start).partition(b"\n")[0])
    rest = said.partition(b'data: "and good"\n\n')[2]
    assert told("run_1", *[b"%d" % n for n in range(30)]).endswith(rest)
    assert rest.count(b"id: ") == 31 - last


async def test_failing_to_tell_it_in_short_does_not_end_the_run(stage: Stage) -> None:
    stage.limits = Limits(log=10)
    runs = stage.worker()
    speaker = Speaker()
    speaker.say(b"0")
    follower = await runs.start(record(), speaker.events)
    assert speaker.run is not None

    async def failing() -> list[bytes]:
        raise RuntimeError("the store is away")

    speaker.run.snapshot = failing
    speaker.say(b"1", b"2", None)
    assert follower is not None
    assert await all_of(follower) == told("run_1", b"0", b"1", b"2")
    await runs.aclose()


async def test_closing_saves_what_runs_and_leaves_no_task(stage: Stage) -> None:
    runs = stage.worker()
    before = asyncio.all_tasks()
    speaker = Speaker()
    speaker.say(b"1")
    follower = await runs.start(record(resumable=True), speaker.events)
    await runs.aclose()
    assert speaker.saved == [b"1"]
    assert follower is not None
    assert await all_of(follower) == told("run_1", b"1", b'"kept"')
    assert asyncio.all_tasks() <= before
