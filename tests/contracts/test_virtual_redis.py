"""The Redis of the state machine: what waits or lapses there does so by the loop's clock, to the moment."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from chatkeep.adapters.memory_journal import FOLLOWED_SECONDS, KEEP_SECONDS, LEASE_SECONDS
from chatkeep.adapters.redis_journal import RedisJournal
from tests.contracts.test_stream_journal import a_run, begun, first_stop, read
from tests.contracts.virtual_redis import RedisJournals, Server
from tests.virtual_time import VIRTUAL_TIME, VirtualTimeLoop

MOMENT = 0.001


@pytest.fixture
def anyio_backend() -> object:
    return VIRTUAL_TIME


@pytest.fixture
async def workers(redis_url: str) -> AsyncIterator[Sequence[RedisJournal]]:
    """Two of them."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    server = Server(redis_url)
    journals = RedisJournals(server)
    yield [journals.open("one", loop), journals.open("another", loop)]
    await journals.close()
    server.close()


async def test_a_lease_lapses_at_its_moment(workers: Sequence[RedisJournal]) -> None:
    one, another = workers
    run = await begun(one)
    await asyncio.sleep(LEASE_SECONDS - MOMENT)
    assert not await another.reclaim(run)
    await asyncio.sleep(MOMENT)
    assert await another.reclaim(run)


async def test_that_somebody_follows_is_forgotten_at_its_moment(workers: Sequence[RedisJournal]) -> None:
    one, another = workers
    run = await begun(one)
    await another.touch(run)
    await asyncio.sleep(FOLLOWED_SECONDS - MOMENT)
    assert list((await one.renew([run])).followed_elsewhere) == [run]
    await asyncio.sleep(MOMENT)
    assert not (await one.renew([run])).followed_elsewhere


async def test_an_ended_run_is_forgotten_at_its_moment(workers: Sequence[RedisJournal]) -> None:
    one, another = workers
    run = await begun(one, a_run(key="key"))
    await one.finish(run, 1, [b"end"])
    await asyncio.sleep(KEEP_SECONDS - MOMENT)
    assert (await another.begin(a_run(key="key"))).kind == "repeat"
    await asyncio.sleep(MOMENT)
    assert (await another.begin(a_run(key="key"))).kind == "begun"


async def test_a_reader_waits_as_long_as_it_said(workers: Sequence[RedisJournal]) -> None:
    one, another = workers
    run = await begun(one)
    asked = asyncio.get_running_loop().time()
    assert not (await read(another, run, 0, 7.5)).frames
    assert asyncio.get_running_loop().time() == asked + 7.5


async def test_a_reader_and_a_listener_are_woken_in_no_time(workers: Sequence[RedisJournal]) -> None:
    one, another = workers
    run = await begun(one)
    asked = asyncio.get_running_loop().time()
    reading = asyncio.create_task(read(another, run, 0, 5.0))
    listening = asyncio.create_task(first_stop(one))
    await asyncio.sleep(1.0)
    await one.append(run, 1, [b"one"])
    assert (await reading).frames == (b"one",)
    await another.request_stop(run)
    assert await listening == run
    assert asyncio.get_running_loop().time() == asked + 1.0


async def test_what_a_closed_connection_waited_for_goes_to_the_next(workers: Sequence[RedisJournal]) -> None:
    one, another = workers
    run = await begun(one)
    listening = asyncio.create_task(first_stop(one))
    await asyncio.sleep(1.0)
    listening.cancel()
    await asyncio.wait([listening])
    await another.request_stop(run)
    assert await first_stop(one) == run
