"""What only the journal on Redis goes through: a server that dies, forgets, hangs, or cannot be had."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from chatkeep.adapters.redis_journal import RedisJournal, unfit
from chatkeep.core.errors import ChatkeepError, ConfigurationError, JournalUnavailable, RunLost
from chatkeep.settings import Settings
from chatkeep.streams.protocols import Excerpt, RunId, StreamJournal
from chatkeep.wiring.services import open_journal
from tests.contracts.test_stream_journal import THREAD, a_run, a_thread, all_of, begun, first_stop
from tests.proxy import Proxy, proxy_to
from tests.redis import RedisServer, redis_server

PATIENCE = 15.0
SECRET = "pa55word-of-redis"


@pytest.fixture
async def journal(own_redis: RedisServer) -> AsyncIterator[RedisJournal]:
    async with opened(own_redis.url) as journal:
        yield journal


@pytest.fixture
async def client(own_redis: RedisServer) -> AsyncIterator["Redis"]:
    async with Redis.from_url(own_redis.url) as client:
        yield client


@pytest.fixture
async def proxy(own_redis: RedisServer) -> AsyncIterator[Proxy]:
    async with proxy_to(own_redis.port) as proxy:
        yield proxy


@asynccontextmanager
async def opened(url: str, lease: float = 60.0) -> AsyncIterator[RedisJournal]:
    journal = RedisJournal(url, lease=lease)
    try:
        yield journal
    finally:
        await journal.aclose()


# A server that forgets


async def test_a_server_killed_in_mid_run_loses_the_run_and_serves_the_next(
    own_redis: RedisServer, journal: RedisJournal
) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one"])
    own_redis.kill()
    with pytest.raises(JournalUnavailable):
        await journal.append(run, 2, [b"two"])
    with pytest.raises(JournalUnavailable):
        await journal.read(run, 0, 0)
    with pytest.raises(JournalUnavailable):
        await journal.check()
    own_redis.start()
    await journal.check()
    with pytest.raises(RunLost):
        await journal.append(run, 2, [b"two"])
    assert await journal.read(run, 1, 0) is None
    assert list((await journal.renew([run])).lost) == [run]
    again = await begun(journal)
    await journal.finish(again, 1, [b"end"])
    assert await all_of(journal, again) == [b"end"]


async def test_a_server_that_is_back_soon_is_waited_for(
    own_redis: RedisServer, journal: RedisJournal
) -> None:
    await begun(journal)
    own_redis.kill()
    beginning = asyncio.create_task(journal.begin(a_run(a_thread(2))))
    await asyncio.sleep(0)
    await asyncio.to_thread(own_redis.start)
    assert (await asyncio.wait_for(beginning, PATIENCE)).kind == "begun"


async def test_what_is_flushed_in_mid_run_is_lost(journal: RedisJournal, client: "Redis") -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one"])
    reading = asyncio.create_task(journal.read(run, 1, 0.5))
    await client.flushall()
    with pytest.raises(RunLost):
        await journal.append(run, 2, [b"two"])
    with pytest.raises(RunLost):
        await journal.finish(run, 2, [b"two"])
    assert await asyncio.wait_for(reading, PATIENCE) is None
    assert await journal.active(THREAD) is None
    assert (await journal.begin(a_run())).kind == "begun"


@pytest.mark.parametrize("kind", ["run", "log"])
async def test_a_run_of_which_a_part_was_evicted_is_lost(
    journal: RedisJournal, client: "Redis", kind: str
) -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one", b"two"])
    assert await client.delete(f"chatkeep:{kind}:{run}")
    assert await journal.read(run, 0, 0) is None
    with pytest.raises(RunLost):
        await journal.append(run, 3, [b"three"])
    with pytest.raises(RunLost):
        await journal.finish(run, 3, [b"three"])


async def test_a_log_with_a_gap_is_not_read_across_it(journal: RedisJournal, client: "Redis") -> None:
    run = await begun(journal)
    await journal.append(run, 1, [b"one", b"two"])
    await client.xdel(f"chatkeep:log:{run}", "1-0")
    assert await journal.read(run, 0, 0) is None
    assert await journal.read(run, 1, 0) == Excerpt((b"two",), 2, is_snapshot=False, ended=False)


async def test_a_threads_key_that_was_evicted_is_put_back(journal: RedisJournal, client: "Redis") -> None:
    record = a_run()
    run = await begun(journal, record)
    await forget_threads(client)
    assert await journal.active(THREAD) is None
    assert not (await journal.renew([run])).lost
    assert await journal.active(THREAD) == record


async def test_a_run_whose_thread_another_got_meanwhile_is_lost(
    journal: RedisJournal, client: "Redis"
) -> None:
    run, other = await begun(journal), a_run()
    await forget_threads(client)
    await begun(journal, other)
    assert list((await journal.renew([run])).lost) == [run]
    await journal.discard(run)
    assert await journal.active(THREAD) == other


async def forget_threads(client: "Redis") -> None:
    keys = [key async for key in client.scan_iter("chatkeep:thread:*")]
    assert await client.delete(*keys)


async def test_a_log_that_lost_its_latest_frames_takes_no_more(
    journal: RedisJournal, client: "Redis"
) -> None:
    """As after a crash, when the last second had not been written to the disk."""
    run = await begun(journal)
    await journal.append(run, 1, [b"one"])
    keys = [f"chatkeep:{kind}:{run}" for kind in ("run", "log")]
    saved = [await client.dump(key) for key in keys]
    await journal.append(run, 2, [b"two"])
    for key, dump in zip(keys, saved, strict=True):
        assert dump is not None
        await client.restore(key, 60_000, dump, replace=True)
    with pytest.raises(RunLost):
        await journal.append(run, 3, [b"three"])
    assert await journal.read(run, 2, 0) is None
    assert await journal.read(run, 0, 0) == Excerpt((b"one",), 1, is_snapshot=False, ended=False)


async def test_scripts_that_the_server_forgot_are_given_to_it_again(
    journal: RedisJournal, client: "Redis"
) -> None:
    run = await begun(journal)
    await client.script_flush()
    await asyncio.gather(journal.append(run, 1, [b"one"]), journal.begin(a_run(a_thread(2))))
    await client.script_flush()
    await journal.finish(run, 2, [b"end"])
    assert await all_of(journal, run) == [b"one", b"end"]


async def test_a_full_server_is_an_unavailable_journal(journal: RedisJournal, client: "Redis") -> None:
    run = await begun(journal)
    await client.config_set("maxmemory", "1")
    with pytest.raises(JournalUnavailable, match="memory"):
        await journal.append(run, 1, [b"one"])
    await client.config_set("maxmemory", "0")
    await journal.append(run, 1, [b"one"])


# Leases that really lapse


async def test_a_paused_worker_wakes_up_to_find_its_run_taken(own_redis: RedisServer) -> None:
    async with opened(own_redis.url, lease=0.02) as paused, opened(own_redis.url) as other:
        run = await begun(paused)
        await paused.append(run, 1, [b"one"])
        async with asyncio.timeout(PATIENCE):
            while not await other.reclaim(run):
                pass
        with pytest.raises(RunLost):
            await paused.append(run, 2, [b"late"])
        await paused.discard(run)
        assert list((await paused.renew([run])).lost) == [run]
        await other.finish(run, 2, [b"end"])
        assert await all_of(paused, run) == [b"one", b"end"]


# Replies that are lost


async def test_a_call_whose_reply_was_lost_is_sent_again_and_done_once(
    own_redis: RedisServer, proxy: Proxy
) -> None:
    url = f"redis://127.0.0.1:{proxy.port}/0"
    async with opened(url) as journal, opened(own_redis.url) as other:
        record = a_run(key="key")

        async def lost(request: bytes) -> None:
            await asyncio.wait_for(proxy.lost.wait(), PATIENCE)
            proxy.lose_reply_to(request)

        proxy.lose_reply_to(record.id.encode())
        claim = await journal.begin(record)
        assert (claim.kind, claim.run) == ("begun", record)
        await lost(b"one\r\n")
        await journal.append(record.id, 1, [b"one", b"two"])
        await lost(b"a-snapshot")
        await journal.compact(record.id, 1, b"a-snapshot")
        await lost(b"three\r\n")
        await journal.append(record.id, 3, [b"three"])
        await lost(b"the-end")
        await journal.finish(record.id, 4, [b"the-end"])
        await asyncio.wait_for(proxy.lost.wait(), PATIENCE)
        excerpt = await other.read(record.id, 1, 0)
        assert excerpt == Excerpt((b"two", b"three", b"the-end"), 4, is_snapshot=False, ended=True)


async def test_reclaiming_is_told_though_the_first_reply_was_lost(
    own_redis: RedisServer, proxy: Proxy
) -> None:
    async with opened(own_redis.url) as owner, opened(f"redis://127.0.0.1:{proxy.port}/0") as journal:
        run = await begun(owner)
        async with Redis.from_url(own_redis.url) as client:
            await client.delete(f"chatkeep:lease:{run}")
        proxy.lose_reply_to(run.encode())
        assert await journal.reclaim(run)
        assert proxy.lost.is_set()
        await journal.append(run, 1, [b"one"])


async def test_whoever_is_gone_while_a_run_begins_leaves_none_behind(
    own_redis: RedisServer, proxy: Proxy
) -> None:
    async with opened(f"redis://127.0.0.1:{proxy.port}/0") as journal, opened(own_redis.url) as other:
        await journal.discard(await begun(journal))  # from here on Redis knows the scripts
        release = proxy.hold_replies()
        record = a_run()
        beginning = asyncio.create_task(journal.begin(record))
        await asyncio.wait_for(proxy.held.wait(), PATIENCE)
        await claimed(other, record.id)
        beginning.cancel()
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(beginning, PATIENCE)
        assert await other.find(record.id) is None
        assert await other.active(THREAD) is None


async def claimed(journal: StreamJournal, run: RunId) -> None:
    async with asyncio.timeout(PATIENCE):
        while await journal.find(run) is None:
            pass


async def test_readers_and_stops_outlive_their_connections(journal: RedisJournal, client: "Redis") -> None:
    run = await begun(journal)
    reading = asyncio.create_task(journal.read(run, 0, 60.0))
    stopping = asyncio.create_task(first_stop(journal))
    for _ in range(3):
        await blocked(client, 2)
        await client.client_kill_filter(_type="normal", skipme=True)
    await blocked(client, 2)
    await journal.append(run, 1, [b"one"])
    await journal.request_stop(run)
    excerpt = await asyncio.wait_for(reading, PATIENCE)
    assert excerpt is not None
    assert excerpt.frames == (b"one",)
    assert await asyncio.wait_for(stopping, PATIENCE) == run


async def blocked(client: "Redis", number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await client.info("clients"))["blocked_clients"] != number:
            pass


async def test_a_stop_asked_for_while_nobody_listens_is_kept(journal: RedisJournal) -> None:
    run = await begun(journal)
    await journal.request_stop(run)
    await journal.request_stop(run)
    assert await first_stop(journal) == run


async def test_no_cancellation_is_swallowed(journal: RedisJournal) -> None:
    """The client sends through `asyncio.wait_for`, which loses one that comes as it returns (Python 3.11)."""
    async with asyncio.timeout(PATIENCE):
        for turns in range(1, 60):
            finding = asyncio.create_task(find_often(journal))
            for _ in range(turns):
                await asyncio.sleep(0)
            finding.cancel()
            await asyncio.wait([finding])
            assert finding.cancelled()


async def find_often(journal: RedisJournal) -> None:
    for _ in range(50):
        await journal.find(RunId("run_unknown"))


# A server that does not answer, or not to us


async def test_a_server_that_hangs_is_not_waited_for_long(
    own_redis: RedisServer, journal: RedisJournal
) -> None:
    run = await begun(journal)
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(4.0):
            with pytest.raises(JournalUnavailable):
                await journal.check()
        async with asyncio.timeout(8.0):
            with pytest.raises(JournalUnavailable):
                await journal.append(run, 1, [b"one"])
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
    await journal.check()


async def test_without_a_server_chatkeep_does_not_start(tmp_path: Path) -> None:
    url = f"redis://user:{SECRET}@127.0.0.1:{RedisServer(tmp_path).port}/3"
    reason = await refusal(url)
    assert f"{url.replace(f'user:{SECRET}@', '')} cannot be used" in str(reason)
    assert SECRET not in str(reason)


@pytest.mark.parametrize("url", ["redis://:wrong{}@{}", "redis://{1}?password=wrong{0}", "redis://{1}?x={0}"])
async def test_a_password_is_in_no_message(tmp_path: Path, url: str) -> None:
    with redis_server(tmp_path, password=f"right-{SECRET}") as server:
        reason = await refusal(url.format(SECRET, f"127.0.0.1:{server.port}/0").replace("?x=", "?username="))
    assert f"redis://127.0.0.1:{server.port}/0 cannot be used" in str(reason)
    assert SECRET not in repr(reason)


async def test_with_the_right_password_it_starts(tmp_path: Path) -> None:
    with redis_server(tmp_path, password=SECRET) as server:
        async with open_journal(Settings(redis_url=server.url)) as journal:
            assert isinstance(journal, RedisJournal)
            await journal.check()


async def refusal(url: str) -> ChatkeepError:
    settings = Settings(redis_url=url)
    assert SECRET not in repr(settings)
    with pytest.raises(ConfigurationError) as refused:
        async with open_journal(settings):
            pass
    return refused.value


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        ({"redis_version": "6.0.16", "redis_mode": "standalone"}, "6.2 or newer"),
        ({"redis_version": "7.0.15", "redis_mode": "cluster"}, "cluster"),
        ({"redis_version": "6.2.0", "redis_mode": "standalone"}, None),
        ({"redis_version": "10.0.1", "redis_mode": "sentinel"}, None),
    ],
)
def test_a_redis_that_will_not_do_is_told(server: dict[str, object], problem: str | None) -> None:
    found = unfit(server)
    assert found is None if problem is None else problem in str(found)
