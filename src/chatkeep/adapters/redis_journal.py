"""The journal on Redis: for several workers. An answer outlives the worker that wrote it.

Above: `streams.runs`, through `StreamJournal`. Below: one Redis, 6.2 or newer, no cluster: a script's keys
would not all be on one node. All keys start with one prefix and have a time to live; an active run's is
put off by `renew`:

    run:<id>        hash: what is known of the run (see `redis_scripts`)
    log:<id>        stream: an entry a frame, its id `<number>-0`
    lease:<id>      the owner, until the lease lapses
    followed:<id>   somebody follows the run from another worker
    thread:<hash>   the id of the run that has the thread
    key:<hash>      the id of the run that was begun with this idempotency key
    stops:<worker>  list: runs that the worker is told to stop

Every call has a deadline, shorter than a lease, within which it is tried again when the connection breaks.
A call may therefore reach Redis twice: it carries a name (`op`), by which its second coming is known.
Calls that block have connections of their own, so that followers never keep a writer waiting.
"""

import asyncio
import hashlib
import itertools
import secrets
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import orjson
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from chatkeep.adapters import redis_scripts as scripts
from chatkeep.adapters.memory_journal import FOLLOWED_SECONDS, KEEP_SECONDS, LEASE_SECONDS
from chatkeep.core.errors import ConfigurationError, JournalUnavailable, RunLost
from chatkeep.core.ids import TenantId, UserId
from chatkeep.streams.protocols import Claim, Excerpt, Renewal, RunId, RunRecord, ThreadKey

PREFIX = "chatkeep:"

_CONNECT_SECONDS = 2.0
_REPLY_SECONDS = 2.0
_CALL_SECONDS = 4.0  # with all its attempts: shorter than a lease, and than what a run is given to end
_CHECK_SECONDS = 2.0
_BLOCK_SECONDS = 5.0
_IDLE_SECONDS = 15
_ATTEMPTS_MORE = 5
_STOP_KEPT_SECONDS = 60.0
_OLDEST = (6, 2)

_CALLS_AT_ONCE = 16
_READERS_BLOCKED = 64
_POLL_SECONDS = 0.2
_BATCH = 128
_PAGE_FRAMES = 2048

_Command = tuple[Any, ...]


class RedisJournal:
    """`StreamJournal` of one worker.

    Args:
        url: `redis://` or `rediss://`, perhaps with a user, a password and the number of a database.
        prefix: of all keys: two installations on one Redis need two.
        lease, keep: seconds a run stays this worker's without being renewed, and an ended run is kept.
    """

    def __init__(
        self, url: str, *, prefix: str = PREFIX, lease: float = LEASE_SECONDS, keep: float = KEEP_SECONDS
    ) -> None:
        self._worker = secrets.token_hex(8)
        self._prefix = prefix
        self._lease = _milliseconds(lease)
        self._keep = _milliseconds(keep)
        self._followed = _milliseconds(FOLLOWED_SECONDS)
        self._stop_kept = _milliseconds(_STOP_KEPT_SECONDS)
        self._calls = Redis.from_pool(_pool(url, _CALLS_AT_ONCE, _REPLY_SECONDS))
        self._blocking = Redis.from_pool(_pool(url, _READERS_BLOCKED + 1, _BLOCK_SECONDS + _REPLY_SECONDS))
        self._line = _Line(_pool(url, 1, _REPLY_SECONDS))
        self._blocked = 0
        self._ops = itertools.count(1)
        self._password = str(self._calls.connection_pool.connection_kwargs.get("password") or "")
        parts = urlsplit(url)
        self._address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    async def begin(self, run: RunRecord) -> Claim:
        thread = run.thread
        key = "" if run.key is None else self._hashed("key", thread.tenant, thread.user, run.key)
        keys = [*self._keys(run.id), self._thread(thread), key]
        record = orjson.dumps(run)
        try:
            kind, found = await self._run(
                _BEGIN, keys, run.id, self._worker, self._op(), record, self._lease, self._keep, self._prefix
            )
        except asyncio.CancelledError:
            # whoever asked has gone, and Redis may have heard: nobody would write this run
            task = asyncio.ensure_future(self._give_back(run.id))
            await asyncio.shield(task)
            raise
        return Claim(kind.decode(), _record(found))

    async def append(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        keys = self._keys(run)[:2]
        _mine(await self._run(_APPEND, keys, self._worker, self._op(), first, self._keep, *frames))

    async def compact(self, run: RunId, last: int, snapshot: bytes) -> None:
        _mine(await self._run(_COMPACT, self._keys(run)[:2], self._worker, last, snapshot))

    async def finish(self, run: RunId, first: int, frames: Sequence[bytes]) -> None:
        _mine(await self._run(_FINISH, self._keys(run), self._worker, self._op(), first, self._keep, *frames))

    async def discard(self, run: RunId) -> None:
        await self._run(_DISCARD, self._keys(run), self._worker)

    async def find(self, run: RunId) -> RunRecord | None:
        async with self._asking():
            found = await _ask(self._calls, "HGET", self._key("run", run), "record")
        return None if found is None else _record(found)

    async def active(self, thread: ThreadKey) -> RunRecord | None:
        found = await self._run(_ACTIVE, [self._thread(thread)], self._prefix)
        return None if found is None else _record(found)

    async def read(self, run: RunId, after: int, wait: float) -> Excerpt | None:
        now = asyncio.get_running_loop().time
        until = now() + wait
        while True:
            excerpt = await self._held(run, after)
            left = until - now()
            if excerpt is None or excerpt.frames or excerpt.ended or left <= 0:
                return excerpt
            if self._blocked >= _READERS_BLOCKED:
                await asyncio.sleep(min(left, _POLL_SECONDS))
                continue
            more = await self._wait_for(run, after, min(left, _BLOCK_SECONDS))
            if more is not None:
                return more

    async def renew(self, runs: Collection[RunId]) -> Renewal:
        commands = [_RENEW.command(self._keys(run), self._worker, self._lease, self._keep) for run in runs]
        async with self._asking():
            told = await asyncio.gather(*(self._line.ask(_RENEW, command) for command in commands))
        by_run = list(zip(runs, told, strict=True))
        return Renewal(
            lost=[run for run, what in by_run if what == b"lost"],
            followed_elsewhere=[run for run, what in by_run if what == b"followed"],
        )

    async def touch(self, run: RunId) -> None:
        async with self._asking():
            await _ask(self._calls, "SET", self._key("followed", run), 1, "PX", self._followed)

    async def reclaim(self, run: RunId) -> bool:
        answer = await self._run(
            _RECLAIM, self._keys(run)[:3], self._worker, self._op(), self._lease, self._keep
        )
        return bool(answer)

    async def request_stop(self, run: RunId) -> None:
        keys = [self._key("run", run)]
        await self._run(_REQUEST_STOP, keys, self._prefix, self._stop_kept)

    async def stops(self) -> AsyncIterator[RunId]:
        key = self._key("stops", self._worker)
        while True:
            async with self._asking(_BLOCK_SECONDS + _CALL_SECONDS):
                popped = await _ask(self._blocking, "BLPOP", key, _BLOCK_SECONDS)
            if popped is not None:
                yield RunId(popped[1].decode())

    async def check(self) -> None:
        async with self._asking(_CHECK_SECONDS):
            server = await _ask(self._calls, "INFO", "server")
        if problem := unfit(server):
            raise ConfigurationError(f"Redis at {self._address} {problem}")

    async def aclose(self) -> None:
        await self._line.aclose()
        for client in (self._calls, self._blocking):
            await client.aclose()

    async def _held(self, run: RunId, after: int) -> Excerpt | None:
        """What is there now."""
        key, log, *_ = self._keys(run)
        async with self._asking():
            pipeline = self._calls.pipeline(transaction=True)
            pipeline.execute_command("HMGET", key, "last", "snap", "ended")
            pipeline.execute_command("XRANGE", log, f"{after + 1}-0", "+", "COUNT", _PAGE_FRAMES)
            (last, snap, ended), entries = await pipeline.execute()
            if last is None or after > int(last):
                return None
            if after < int(snap):
                snap, snapshot = await _ask(self._calls, "HMGET", key, "snap", "snapshot")
                if snap is None:
                    return None
                return Excerpt((snapshot,), int(snap), is_snapshot=True, ended=False)
        frames = _frames(entries, after)
        if frames is None or (not frames and after < int(last)):
            return None  # the stream was evicted and its hash was not
        at = after + len(frames)
        return Excerpt(frames, at, is_snapshot=False, ended=ended is not None and at == int(last))

    async def _wait_for(self, run: RunId, after: int, seconds: float) -> Excerpt | None:
        """What comes within `seconds`; None if nothing does, or not what comes next."""
        log = self._key("log", run)
        self._blocked += 1
        try:
            async with self._asking(seconds + _CALL_SECONDS):
                found = await _ask(
                    self._blocking, "XREAD", "COUNT", _PAGE_FRAMES, "BLOCK", max(1, _milliseconds(seconds)),
                    "STREAMS", log, f"{after}-0",
                )  # fmt: skip
        finally:
            self._blocked -= 1
        entries = found[0][1] if found else []
        frames = _frames(entries, after)
        if not frames:
            return None
        return Excerpt(frames, after + len(frames), is_snapshot=False, ended=b"e" in entries[-1][1])

    async def _give_back(self, run: RunId) -> None:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self.discard(run)
        except (JournalUnavailable, TimeoutError):
            pass  # its lease lapses, and whoever meets it next ends it

    async def _run(self, script: "_Script", keys: Sequence[str], *arguments: Any) -> Any:
        async with self._asking():
            return await self._line.ask(script, script.command(keys, *arguments))

    @asynccontextmanager
    async def _asking(self, seconds: float = _CALL_SECONDS) -> AsyncIterator[None]:
        task = asyncio.current_task()
        cancelled = task.cancelling() if task else 0
        try:
            async with asyncio.timeout(seconds):
                yield
        except (RedisError, OSError, TimeoutError) as error:
            raise JournalUnavailable(self._unavailable(error)) from None
        if task is not None and task.cancelling() > cancelled:
            raise asyncio.CancelledError  # the client's `wait_for` loses some, in Python 3.11

    def _unavailable(self, error: Exception) -> str:
        reason = str(error) or "it does not answer in time"
        if self._password:
            reason = reason.replace(self._password, "***")  # the client does not say it, as far as we know
        return f"Redis at {self._address} cannot be used: {reason.rstrip('.')}."

    def _op(self) -> str:
        return f"{self._worker}:{next(self._ops)}"

    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}{kind}:{name}"

    def _keys(self, run: RunId) -> list[str]:
        prefix = self._prefix
        return [f"{prefix}run:{run}", f"{prefix}log:{run}", f"{prefix}lease:{run}", f"{prefix}followed:{run}"]

    def _thread(self, thread: ThreadKey) -> str:
        return self._hashed("thread", thread.tenant, thread.user, thread.thread_id)

    def _hashed(self, kind: str, *parts: str) -> str:
        """A key of parts that may hold anything, and that no other parts have."""
        return self._key(kind, hashlib.sha256(orjson.dumps(parts)).hexdigest())


class _Script:
    """A script that Redis has, or is given when it has not."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def command(self, keys: Sequence[str], *arguments: Any) -> _Command:
        return ("EVALSHA", self._sha, len(keys), *keys, *arguments)


_BEGIN = _Script(scripts.BEGIN)
_APPEND = _Script(scripts.APPEND)
_FINISH = _Script(scripts.FINISH)
_COMPACT = _Script(scripts.COMPACT)
_DISCARD = _Script(scripts.DISCARD)
_ACTIVE = _Script(scripts.ACTIVE)
_RENEW = _Script(scripts.RENEW)
_RECLAIM = _Script(scripts.RECLAIM)
_REQUEST_STOP = _Script(scripts.REQUEST_STOP)


class _Line:
    """Sends what many runs say at the same time in one go: a round trip a batch, not one a frame.

    Alone, a command waits for nobody. What comes while a batch is under way is the next batch.
    """

    def __init__(self, pool: BlockingConnectionPool) -> None:
        self._pool = pool
        self._waiting: list[tuple[_Script, _Command, asyncio.Future[Any]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def ask(self, script: _Script, command: _Command) -> Any:
        """The reply to `command`, which runs `script`. Raises what the client raises."""
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((script, command, reply))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send(), name="chatkeep-journal")
        return await reply

    async def aclose(self) -> None:
        if self._sending is not None:
            await asyncio.wait([self._sending])
        await self._pool.aclose()

    async def _send(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            batch = [asked for asked in batch if not asked[2].done()]
            try:
                async with asyncio.timeout(_CALL_SECONDS):
                    answers = await self._answers(batch)
            except (RedisError, OSError, TimeoutError) as error:
                answers = [error] * len(batch)
            for (_, _, reply), answer in zip(batch, answers, strict=True):
                if reply.done():
                    continue
                if isinstance(answer, Exception):
                    reply.set_exception(answer)
                else:
                    reply.set_result(answer)

    async def _answers(self, batch: Sequence[tuple[_Script, _Command, Any]]) -> list[Any]:
        answers = await self._exchange([command for _, command, _ in batch])
        unknown = [n for n, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            await self._exchange([("SCRIPT LOAD", batch[n][0].text) for n in unknown])
            again = await self._exchange([batch[n][1] for n in unknown])
            for n, answer in zip(unknown, again, strict=True):
                answers[n] = answer
        return answers

    async def _exchange(self, commands: Sequence[_Command]) -> list[Any]:
        """The replies, errors of Redis among them. Without a client's pipeline, which costs a third more."""
        connection: AbstractConnection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            return await connection.retry.call_with_retry(
                lambda: _ask_all(connection, commands), lambda _: connection.disconnect()
            )
        finally:
            await self._pool.release(connection)


async def _ask(client: "Redis", *command: Any) -> Any:
    return await client.execute_command(*command)  # type: ignore[no-untyped-call]


async def _ask_all(connection: AbstractConnection, commands: Sequence[_Command]) -> list[Any]:
    await connection.send_packed_command(connection.pack_commands(commands))
    replies: list[Any] = []
    for _ in commands:
        try:
            replies.append(await connection.read_response())
        except ResponseError as error:
            replies.append(error)
    return replies


def _pool(url: str, connections: int, reply_seconds: float) -> BlockingConnectionPool:
    return BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=_CALL_SECONDS,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=reply_seconds,
        health_check_interval=_IDLE_SECONDS,
        retry=Retry(ExponentialBackoff(cap=0.4, base=0.05), _ATTEMPTS_MORE),
        protocol=2,
        driver_info=None,  # else each connection reads the client's version from the disk, to tell it
    )


def unfit(server: Mapping[str, object]) -> str | None:
    """What is wrong with a Redis that says `server` of itself; None: nothing."""
    version = str(server.get("redis_version", ""))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < _OLDEST:
        return f"is of version {version}: 6.2 or newer is needed."
    if server.get("redis_mode") == "cluster":
        return "is a cluster, which is not supported: use a single Redis, or one with replicas."
    return None


def _mine(answer: bytes) -> None:
    if answer == b"taken":
        raise RunLost("Another process has taken this answer over.")
    if answer == b"lost":
        raise RunLost("The journal has lost a part of this answer.")


def _frames(entries: Sequence[tuple[bytes, dict[bytes, bytes]]], after: int) -> tuple[bytes, ...] | None:
    """The frames of a stream's entries; None if they are not the ones that follow `after`."""
    if entries and entries[0][0] != b"%d-0" % (after + 1):
        return None
    return tuple(fields[b"f"] for _, fields in entries)


def _record(text: bytes) -> RunRecord:
    fields = orjson.loads(text)
    thread = fields.pop("thread")
    key = ThreadKey(TenantId(thread["tenant"]), UserId(thread["user"]), thread["thread_id"])
    return RunRecord(**{**fields, "thread": key})


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
