"""A real Redis for which the time of a virtual-time loop goes by, and no other.

Nothing of `RedisJournal` is replaced but the class of its connections, whose bytes take another way: what is
written is answered by Redis before the write returns, and the reply reaches its reader in the loop's next
round, as from a socket. Nothing is ever under way while the loop decides what to do next, however slow the
machine, so that the same choices make the same history:
- a call that blocks is known to block because Redis says so, and does until the loop's clock says that its
  time is up, or until the call that wakes it;
- keys live by the loop's clock alone: the time to live that Redis is given is a million times as long, and as
  much of it is taken away as goes by on the loop's clock. What a test really takes does not count beside it.
"""

import asyncio
import itertools
import json
import os
import select
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import hiredis
from redis import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.connection import UnixDomainSocketConnection

from chatkeep.adapters import redis_scripts
from chatkeep.adapters.redis_journal import RedisJournal
from chatkeep.streams.protocols import RunId, ThreadKey
from tests.contracts.turns import Active
from tests.virtual_time import VirtualTimeLoop

_Command = tuple[bytes | str | int, ...]

_SLOWNESS = 1_000_000
"""How much longer keys live in Redis than in the loop: what is a second here is a microsecond there."""

_FORWARD = """
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local lives = redis.call('PTTL', key)
  local left = lives - ARGV[2]
  -- its last 50 s are for what the test really takes, and for the rounding of the loop's clock
  if left > 50000 then
    redis.call('PEXPIRE', key, left)
  elseif lives >= 0 then
    redis.call('DEL', key)
  end
end
"""

_LOSE = """
local run = redis.call('HMGET', KEYS[1], 'id', 'thread', 'key')
for n = 2, 3 do
  if run[n] and run[n] ~= '' and redis.call('GET', run[n]) == run[1] then redis.call('DEL', run[n]) end
end
redis.call('DEL', unpack(KEYS))
"""

_ACTIVE = """
local id = redis.call('GET', KEYS[1])
return id and {id, unpack(redis.call('HMGET', ARGV[1] .. 'run:' .. id, 'owner', 'record'))}
"""

_CLEAR = """
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do redis.call('DEL', key) end
"""

_NOTHING = b"$-1\r\n"
_INCOMPLETE = object()

_numbers = itertools.count()


class Server:
    """A real Redis, for one world after the other. Connections are used again: they take long to make.

    Attributes:
        forward: the name by which it knows the script that lets time go by.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = ConnectionPool.from_url(url, protocol=2, socket_timeout=None, driver_info=None)
        path = self._talk_to(self._pool)[1].decode()
        if Path(path).is_socket():  # which takes a third of the time that TCP does
            options = {k: v for k, v in self._pool.connection_kwargs.items() if k not in ("host", "port")}
            self._pool = ConnectionPool(connection_class=UnixDomainSocketConnection, path=path, **options)
            self._talk_to(self._pool)
        # Else the first test to run a script would take another course than all others.
        scripts = [text for name, text in vars(redis_scripts).items() if name.isupper()]
        self.forward = self.ask(*((b"SCRIPT", b"LOAD", script) for script in (*scripts, _FORWARD)))
        self._idle: list[Any] = []

    def _talk_to(self, pool: ConnectionPool) -> Any:
        self._control: Any = pool.make_connection()
        return self.ask((b"CONFIG", b"GET", b"unixsocket"))

    def ask(self, *commands: _Command) -> Any:
        """The last reply."""
        self._control.send_packed_command(self._control.pack_commands(commands))
        return [self._control.read_response() for _ in commands][-1]

    def connect(self) -> Any:
        """A connection of Redis's blocking client."""
        if self._idle:
            return self._idle.pop()
        connection = self._pool.make_connection()
        connection.connect()  # type: ignore[no-untyped-call]
        return connection

    def take_back(self, connection: Any) -> None:
        self._idle.append(connection)

    def close(self) -> None:
        for connection in (*self._idle, self._control):
            connection.disconnect()


class VirtualRedis:
    """The part of a Redis that one test's keys are in."""

    def __init__(self, server: Server, loop: VirtualTimeLoop) -> None:
        self.server = server
        self.loop = loop
        self.prefix = f"virtual-{os.getpid()}-{next(_numbers)}:"
        self._begun = loop.time()
        self._gone = 0
        self._blocked: dict[int, _Wire] = {}

    def journal(self) -> RedisJournal:
        journal = RedisJournal(self.server.url, prefix=self.prefix)
        for milliseconds in ("_lease", "_keep", "_followed", "_stop_kept"):
            setattr(journal, milliseconds, getattr(journal, milliseconds) * _SLOWNESS)
        for pool in (
            journal._calls.connection_pool,
            journal._blocking.connection_pool,
            journal._line._pool,
        ):
            pool.connection_class = _Connection
            pool.connection_kwargs["redis"] = self
        return journal

    def evaluate(self, script: str, keys: Sequence[str], *arguments: str) -> Any:
        """What a script finds there now, or does."""
        return self.server.ask(*self.time_gone_by(), (b"EVAL", script, len(keys), *keys, *arguments))

    def close(self) -> None:
        """Leave nothing."""
        self.server.ask((b"EVAL", _CLEAR, 0, self.prefix))

    # What the connections say. A busy machine takes long to switch to Redis and back: everything that belongs
    # to a call is asked in one go.

    def time_gone_by(self) -> list[_Command]:
        """What Redis must be asked before anything else, since time has gone by."""
        gone = round((self.loop.time() - self._begun) * 1000 * _SLOWNESS)
        if gone == self._gone:
            return []
        since, self._gone = gone - self._gone, gone
        return [(b"EVALSHA", self.server.forward, 0, self.prefix, since)]

    def who_waits(self) -> list[_Command]:
        """What Redis must be asked after a call that may have woken others."""
        return [(b"CLIENT", b"LIST", b"ID", *self._blocked)] if self._blocked else []

    def wake(self, clients: bytes) -> None:
        """Hand on what Redis says to calls that are blocked no more."""
        waiting = _waiting(clients)
        for number in [number for number in self._blocked if number not in waiting]:
            self._blocked.pop(number).go_on()

    def is_blocked(self, wire: "_Wire") -> bool:
        """Whether Redis has nothing to say to the call yet that it was just asked."""
        while wire.number not in _waiting(self.server.ask((b"CLIENT", b"LIST", b"ID", wire.number))):
            if wire.is_answered():
                return False  # else Redis has not read the call yet
        self._blocked[wire.number] = wire
        return True

    def unblock(self, wire: "_Wire") -> None:
        """Let the call return as when its time is up."""
        del self._blocked[wire.number]
        assert self.server.ask(*self.time_gone_by(), (b"CLIENT", b"UNBLOCK", wire.number)) == 1
        wire.go_on()

    def forget(self, wire: "_Wire") -> None:
        """The connection is closed: what others say must not go to it any more."""
        if wire.number in self._blocked:
            self.unblock(wire)

    def catch_up(self) -> None:
        if commands := self.time_gone_by():
            self.server.ask(*commands)


def _waiting(clients: bytes) -> set[int]:
    """Those connections that wait in Redis, as it says itself."""
    told = [dict(about.split(b"=", 1) for about in client.split(b" ")) for client in clients.splitlines()]
    return {int(client[b"id"]) for client in told if b"b" in client[b"flags"]}


class _Connection(AbstractConnection):
    """Its bytes go through a `_Wire`."""

    def __init__(self, *, redis: VirtualRedis, **options: Any) -> None:
        for where in ("host", "port", "path"):
            options.pop(where, None)
        super().__init__(**options)
        self._redis = redis

    async def _connect(self) -> None:
        self._reader = asyncio.StreamReader()
        self._writer = cast("asyncio.StreamWriter", _Wire(self._redis, self._reader))

    def _host_error(self) -> str:
        return "a virtual Redis"

    def repr_pieces(self) -> list[tuple[str, str]]:
        return []


class _Wire:
    """What an `asyncio.StreamWriter` is to the client, as far as it uses one."""

    def __init__(self, redis: VirtualRedis, reader: asyncio.StreamReader) -> None:
        self._redis = redis
        self._reader = reader
        self._connection = redis.server.connect()
        self._connection.send_command("CLIENT", "ID")
        self.number: int = self._connection.read_response()
        self._asked = hiredis.Reader(notEnoughData=_INCOMPLETE)
        self._told = hiredis.Reader(notEnoughData=_INCOMPLETE)
        self._due: asyncio.TimerHandle | None = None
        self._is_closed = False

    def writelines(self, pieces: Iterable[bytes]) -> None:
        assert self._due is None, "It asks while it waits."
        asked = b"".join(pieces)
        commands = self._commands(asked)
        match commands:
            case [[b"BLPOP", *keys, seconds]]:
                self._wait(float(seconds), b"BLPOP", *keys, b"0")
            case [[b"XREAD", b"COUNT", count, b"BLOCK", milliseconds, *streams]]:
                self._wait(int(milliseconds) / 1000, b"XREAD", b"COUNT", count, b"BLOCK", b"0", *streams)
            case _:
                kinds = {command[0] for command in commands}
                assert not kinds & {b"BLPOP", b"BRPOP", b"XREAD", b"XREADGROUP", b"WAIT"}, "It may block."
                self._exchange(asked, len(commands), may_wake=b"EVALSHA" in kinds)

    async def drain(self) -> None:
        """Nothing is ever under way."""

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._redis.forget(self)
        self._redis.server.take_back(self._connection)
        self._redis.loop.call_soon(self._reader.feed_eof)

    async def wait_closed(self) -> None:
        """It is."""

    # What the server says

    def is_answered(self) -> bool:
        return bool(select.select([self._connection._sock], [], [], 0)[0])

    def go_on(self) -> None:
        """The call that may have been blocked is answered. The reader has it in the loop's next round."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        told, _ = self._read(1)
        self._redis.loop.call_soon(self._feed, told)

    def _commands(self, asked: bytes) -> list[list[bytes]]:
        self._asked.feed(asked)
        commands = []
        while (command := self._asked.gets()) is not _INCOMPLETE:
            commands.append(command)
        assert not self._asked.has_data(), "Commands are written whole."
        return commands

    def _wait(self, seconds: float, *command: bytes) -> None:
        self._redis.catch_up()
        self._connection.send_command(*command)
        if self._redis.is_blocked(self):
            self._due = self._redis.loop.call_later(seconds, self._redis.unblock, self)
        else:
            self.go_on()

    def _exchange(self, asked: bytes, number: int, *, may_wake: bool) -> None:
        before = self._redis.time_gone_by()
        after = self._redis.who_waits() if may_wake else []
        pack = self._connection.pack_commands
        self._connection.send_packed_command([*pack(before), asked, *pack(after)])
        told, last = self._read(len(before) + number + len(after))
        if before:
            assert told.startswith(_NOTHING)
            told = told.removeprefix(_NOTHING)
        if after:
            told = told.removesuffix(b"$%d\r\n%b\r\n" % (len(last), last))
        self._redis.loop.call_soon(self._feed, told)
        if after:
            self._redis.wake(last)

    def _read(self, replies: int) -> tuple[bytes, Any]:
        """So many replies, and what the last of them says."""
        told, last = b"", None
        while replies:
            piece = self._connection._sock.recv(65536)
            assert piece, "Redis has closed the connection."
            told += piece
            self._told.feed(piece)
            while replies and (reply := self._told.gets()) is not _INCOMPLETE:
                replies, last = replies - 1, reply
        assert not self._told.has_data(), "It answered more than it was asked."
        return told, last

    def _feed(self, told: bytes) -> None:
        if not self._is_closed:
            self._reader.feed_data(told)


class RedisJournals:
    """Where the workers of one world write, when they write to Redis."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._opened: VirtualRedis | None = None
        self._journals: dict[str, RedisJournal] = {}

    def open(self, worker: str, loop: VirtualTimeLoop) -> RedisJournal:
        self._opened = self._opened or VirtualRedis(self._server, loop)
        journal = self._journals[worker] = self._opened.journal()
        return journal

    async def lose(self, run: RunId) -> None:
        kinds = ("run", "log", "lease", "followed")
        keys = [f"{self._redis.prefix}{kind}:{run}" for kind in kinds]
        self._redis.evaluate(_LOSE, keys)

    async def active(self, thread: ThreadKey) -> Active | None:
        any_journal = next(iter(self._journals.values()))
        found = self._redis.evaluate(_ACTIVE, [any_journal._thread(thread)], self._redis.prefix)
        if found is None:
            return None
        run, owner, record = found
        (worker,) = [name for name, journal in self._journals.items() if journal._worker == owner.decode()]
        return Active(RunId(run.decode()), worker, json.loads(record)["key"])

    async def close(self) -> None:
        for journal in self._journals.values():
            await journal.aclose()
        self._redis.close()

    @property
    def _redis(self) -> VirtualRedis:
        assert self._opened is not None
        return self._opened
