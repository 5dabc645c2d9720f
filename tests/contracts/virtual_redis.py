"""A real Redis for which the time of a virtual-time loop goes by.

Nothing of `RedisJournal` is replaced but the class of its connections, in which
- what was sent is answered before the loop goes on, so that its clock never outruns Redis;
- a call that blocks does so until the loop's clock, not Redis's, says that its time is up;
- keys live by the loop's clock: their time to live is shortened by what has gone by, and made longer by the
  real time that the test has taken.
"""

import asyncio
import itertools
import json
import os
import time
from typing import Any

from redis import Redis
from redis.asyncio.connection import AbstractConnection, Connection, UnixDomainSocketConnection

from chatkeep.adapters.redis_journal import RedisJournal
from chatkeep.streams.protocols import RunId, ThreadKey
from tests.contracts.turns import Active
from tests.virtual_time import VirtualTimeLoop

_GRAIN = 0.005
"""Seconds: what is real of a test's time is given back to the keys in pieces of this size."""

_FORWARD = """
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[2]) end
end
"""

_LOSE = """
local run = redis.call('HMGET', KEYS[1], 'id', 'thread', 'key')
for n = 2, 3 do
  if run[n] and run[n] ~= '' and redis.call('GET', run[n]) == run[1] then redis.call('DEL', run[n]) end
end
redis.call('DEL', unpack(KEYS))
"""

_numbers = itertools.count()


class VirtualRedis:
    """The part of a Redis that one test's keys are in."""

    def __init__(self, url: str) -> None:
        self.prefix = f"virtual-{os.getpid()}-{next(_numbers)}:"
        with Redis.from_url(url) as redis:
            path = redis.config_get("unixsocket")["unixsocket"]
        # Over TCP a busy machine may deliver what two connections sent in another order, and `settle` counts
        # on it: a socket of the file system delivers in the call that sends.
        self._url = f"unix://{path}" if path else url
        self._redis = Redis.from_url(self._url, protocol=2, single_connection_client=True)
        self._forward = self._redis.register_script(_FORWARD)
        self._is_asked = False
        self._gone = 0.0
        self._caught_up = time.monotonic()

    # What the loop asks

    def settle(self) -> None:
        if self._is_asked:
            self._is_asked = False
            # Redis reads what all connections have sent, does it, and writes all replies, in that order and
            # one round after the other: a second ping is answered when all that came before the first is.
            # A new connection is only accepted in the first of these rounds, and read in the next.
            for _ in range(3):
                self._redis.ping()

    def forward(self, seconds: float) -> None:
        self._gone += seconds

    # What the connections say

    def catch_up(self) -> None:
        """Before Redis is asked anything: let the time go by that has."""
        taken = time.monotonic() - self._caught_up
        if self._gone >= 0.001 or taken >= _GRAIN:
            milliseconds = int((self._gone - taken) * 1000)
            self._caught_up += taken
            self._gone -= taken + milliseconds / 1000
            self._forward(args=[self.prefix, milliseconds])

    def asked(self) -> None:
        self._is_asked = True

    def unblock(self, client: int) -> None:
        """Let the call that blocks this connection return as when its time is up."""
        self.catch_up()
        assert self._redis.client_unblock(client)
        self._is_asked = True

    # What the test does

    def look(self) -> "Redis":
        """At what is there now."""
        self.settle()
        self.catch_up()
        return self._redis

    def journal(self) -> RedisJournal:
        journal = RedisJournal(self._url, prefix=self.prefix)
        for pool in (
            journal._calls.connection_pool,
            journal._blocking.connection_pool,
            journal._line._pool,
        ):
            is_local = pool.connection_class is UnixDomainSocketConnection
            pool.connection_class = _LocalConnection if is_local else _Connection
            pool.connection_kwargs["server"] = self
        return journal

    def close(self) -> None:
        """Leave nothing."""
        if keys := self._redis.keys(f"{self.prefix}*"):
            self._redis.delete(*keys)
        self._redis.close()


class _Virtual(AbstractConnection):
    def __init__(self, *, server: VirtualRedis, **options: Any) -> None:
        super().__init__(**options)
        self._server = server
        self._number = 0
        self._due: asyncio.TimerHandle | None = None

    async def on_connect_check_health(self, check_health: bool = True) -> None:
        await super().on_connect_check_health(check_health)
        await self.send_command("CLIENT", "ID", check_health=False)
        self._number = await self.read_response()

    async def send_command(self, *args: Any, **options: Any) -> None:
        seconds = None
        match args:
            case ("BLPOP", *keys, timeout):
                seconds, args = float(timeout), ("BLPOP", *keys, 0)
            case ("XREAD", "COUNT", count, "BLOCK", milliseconds, *rest):
                seconds, args = int(milliseconds) / 1000, ("XREAD", "COUNT", count, "BLOCK", 0, *rest)
            case _:
                assert args[0] not in ("BRPOP", "XREADGROUP", "WAIT"), "It blocks in a way unknown here."
        await super().send_command(*args, **options)
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._due = loop.call_later(seconds, self._server.unblock, self._number)

    async def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return await super().read_response(*args, **options)
        finally:
            self._unblock()

    async def disconnect(self, *args: Any, **options: Any) -> None:
        self._unblock()
        await super().disconnect(*args, **options)

    async def _send_packed_command(self, command: Any) -> None:
        self._server.catch_up()
        await super()._send_packed_command(command)
        self._server.asked()

    def _unblock(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None


class _Connection(_Virtual, Connection):
    """Over TCP."""


class _LocalConnection(_Virtual, UnixDomainSocketConnection):
    """Over a socket of the file system."""


class RedisJournals:
    """Where the workers of one world write, when they write to Redis."""

    def __init__(self, url: str) -> None:
        self._server = VirtualRedis(url)
        self._journals: dict[str, RedisJournal] = {}

    def open(self, worker: str, loop: VirtualTimeLoop) -> RedisJournal:
        loop.talk_to(self._server)
        journal = self._journals[worker] = self._server.journal()
        return journal

    async def lose(self, run: RunId) -> None:
        kinds = ("run", "log", "lease", "followed")
        keys = [f"{self._server.prefix}{kind}:{run}" for kind in kinds]
        self._server.look().eval(_LOSE, len(keys), *keys)

    async def active(self, thread: ThreadKey) -> Active | None:
        redis = self._server.look()
        any_journal = next(iter(self._journals.values()))
        run = redis.get(any_journal._thread(thread))
        if run is None:
            return None
        assert isinstance(run, bytes)
        owner, record = redis.hmget(f"{self._server.prefix}run:{run.decode()}", "owner", "record")
        assert isinstance(owner, bytes)
        assert isinstance(record, bytes)
        (worker,) = [name for name, journal in self._journals.items() if journal._worker == owner.decode()]
        return Active(RunId(run.decode()), worker, json.loads(record)["key"])

    async def close(self) -> None:
        for journal in self._journals.values():
            await journal.aclose()
        self._server.close()
