"""Several workers on one port: the process that starts them, watches them, and ends with them.

Above: `cli.serve`, with more than one worker. Below: `cli.child`, a new interpreter for each child, because
a fork would copy the threads' locks of onnxruntime and SQLite in whatever state they are.

    supervisor ── knowledge     the index, the embedder; answers over a Unix socket
        ├──────── worker 1      HTTP, turns, its own connections to SQLite
        └──────── worker 2

**Why the knowledge base has a process of its own.** The index belongs to one process, and the embedder
takes 100 MB that each worker should not pay. It is not this process, because native code that crashes or
holds the interpreter would take the supervision with it. So this process only waits, imports little,
and can start each of the others anew.

**Why one listening socket for all.** The kernel gives a connection to a worker that accepts, so a busy
one takes fewer. With SO_REUSEPORT it would deal them out blindly, and those that wait at a worker that
dies would be lost. While every worker is down, connections wait here, for this process holds the socket.

**Why not uvicorn's own.** Its supervisor restarts at once and for ever, pings with pickles, and knows one
kind of child.
"""

import asyncio
import gc
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from chatkeep.cli.processes import ASSIGNMENT, REPORT, Assignment, Report
from chatkeep.core.errors import ConfigurationError
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_STEADY_SECONDS = 30.0
_MOST_EARLY_DEATHS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0  # seconds
_WORKER_STOP_SECONDS = 25.0  # ten of grace for running answers, ten to close what they used
_KNOWLEDGE_STOP_SECONDS = 5.0
_KILLED_SECONDS = 5.0


def supervise(settings: Settings, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve with `settings.workers` workers until told to stop.

    Args:
        listener: bound; nobody listens on it yet.
        announce: called once, when all workers listen.

    Raises:
        ConfigurationError: a child could not start, or died again and again.
        typer.Exit: ingesting failed, and has said why.
    """
    gc.enable()
    # Not the data folder: its path may be longer than the hundred bytes a socket's may have.
    with tempfile.TemporaryDirectory(prefix="chatkeep-") as folder:  # only its owner may enter
        failure = asyncio.run(_Supervisor(settings, listener, Path(folder) / "knowledge").run(announce))
    if failure is None:
        return
    if not failure.message:
        raise typer.Exit(failure.exit_code)
    raise ConfigurationError(failure.message)


@dataclass(frozen=True, slots=True)
class Deaths:
    """How often a child died soon after its start, one time after the other."""

    early: int = 0

    def and_one(self, lived: float) -> "Deaths":
        """One more death, `lived` seconds after the start."""
        return Deaths(1 if lived >= _STEADY_SECONDS else self.early + 1)

    @property
    def are_too_many(self) -> bool:
        return self.early >= _MOST_EARLY_DEATHS

    @property
    def pause(self) -> float:
        """Seconds until the next start: none after the first death, then doubling."""
        return 0.0 if self.early <= 1 else min(_FIRST_PAUSE * 2 ** (self.early - 2), _LONGEST_PAUSE)


class _Supervisor:
    """All the children, and the one decision to stop."""

    def __init__(self, settings: Settings, listener: socket.socket, path: Path) -> None:
        self._stopping = asyncio.Event()
        self._failure: Report | None = None
        assignment = Assignment(
            "knowledge",
            0,
            -1,
            listener.fileno(),
            path,
            True,
            settings.host,
            settings.port,
            settings.data_dir,
            tuple(map(str, settings.docs)),
            settings.workers,
            settings.watch,
        )
        self._knowledge = _Place(assignment, self._stopping, self._give_up)
        self._workers = [
            _Place(replace(assignment, role="worker", number=number), self._stopping, self._give_up)
            for number in range(1, settings.workers + 1)
        ]

    async def run(self, announce: Callable[[], None]) -> Report | None:
        """Until told to stop, which gives None, or until it cannot go on, which gives the reason."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._told_to_stop, number)
        async with asyncio.TaskGroup() as tasks:
            starting = tasks.create_task(self._start(tasks, announce))
            await self._stopping.wait()
            starting.cancel()
            # Answers that still run may need the knowledge base: it goes last.
            await asyncio.gather(*(place.end(_WORKER_STOP_SECONDS) for place in self._workers))
            await self._knowledge.end(_KNOWLEDGE_STOP_SECONDS)
        return self._failure

    async def _start(self, tasks: asyncio.TaskGroup, announce: Callable[[], None]) -> None:
        # The knowledge process ingests and migrates the database: the workers find both done.
        tasks.create_task(self._knowledge.keep())
        await self._knowledge.ready.wait()
        for place in self._workers:
            tasks.create_task(place.keep())
        for place in self._workers:
            await place.listening.wait()
        announce()

    def _told_to_stop(self, number: signal.Signals) -> None:
        if self._stopping.is_set() and number == signal.SIGINT:
            for place in self._workers:
                place.tell(signal.SIGTERM)  # a second time: without waiting for answers
        self._stopping.set()

    def _give_up(self, failure: Report) -> None:
        self._failure = self._failure or failure
        self._stopping.set()


class _Place:
    """Where one child belongs: when it dies another takes its place, within reason.

    Attributes:
        listening, ready: some child in this place was so once.
    """

    def __init__(
        self, assignment: Assignment, stopping: asyncio.Event, give_up: Callable[[Report], None]
    ) -> None:
        self._assignment = assignment
        self._stopping = stopping
        self._give_up = give_up
        self._child: _Child | None = None
        self._kept = asyncio.Event()
        self._kept.set()
        self.listening = asyncio.Event()
        self.ready = asyncio.Event()

    @property
    def _name(self) -> str:
        number = self._assignment.number
        return f"worker {number}" if number else "knowledge process"

    async def keep(self) -> None:
        """Have a child here until the server stops."""
        deaths = Deaths()
        self._kept.clear()
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                self._child = _Child(self._assignment)
                failed = await self._watch(self._child)
                exit_code, pid = await self._child.buried(), self._child.pid
                self._child = None
                if self._stopping.is_set():
                    return
                if failed is not None and not self.ready.is_set():
                    self._give_up(failed)
                    return
                reason = failed.message if failed else ""
                _log.error("process_died", place=self._name, pid=pid, exit_code=exit_code, reason=reason)
                deaths = deaths.and_one(time.monotonic() - began)
                if deaths.are_too_many:
                    self._give_up(Report("failed", self._died_too_often(reason)))
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), deaths.pause)
        finally:
            self._kept.set()

    async def _watch(self, child: "_Child") -> Report | None:
        failed = None
        async for report in child.reports():
            match report.event:
                case "listening":
                    self.listening.set()
                case "ready":
                    self.ready.set()
                    self._assignment = replace(self._assignment, ingests=False)
                case "failed":
                    failed = report
        return failed

    def _died_too_often(self, reason: str) -> str:
        return (
            f"The {self._name} died {_MOST_EARLY_DEATHS} times, each time within {_STEADY_SECONDS:.0f} s of "
            f"its start. {reason or 'The log above may say why; so may the log of the system.'}"
        )

    def tell(self, number: signal.Signals) -> None:
        """Send the child a signal, if there is one."""
        if self._child is not None:
            self._child.tell(number)

    async def end(self, seconds: float) -> None:
        """Ask the child to end, and see that it does."""
        self.tell(signal.SIGTERM)
        try:
            async with asyncio.timeout(seconds):
                await self._kept.wait()
        except TimeoutError:
            _log.error("process_killed", place=self._name, reason=f"it did not end within {seconds:.0f} s")
            self.tell(signal.SIGKILL)
            await self._kept.wait()


class _Child:
    """One running child."""

    def __init__(self, assignment: Assignment) -> None:
        self._ours, theirs = socket.socketpair()
        assignment = replace(assignment, reports=theirs.fileno())
        inherited = [assignment.reports]
        if assignment.role == "worker":
            inherited.append(assignment.listener)
        argument = ASSIGNMENT.dump_json(assignment).decode()
        with theirs, _signals_held_back():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "chatkeep.cli.child", argument],
                stdin=subprocess.DEVNULL,
                pass_fds=inherited,
            )

    async def reports(self) -> AsyncIterator[Report]:
        """What it says, until it is gone."""
        reader, writer = await asyncio.open_connection(sock=self._ours)
        try:
            while (line := await reader.readline()).endswith(b"\n"):  # what is cut off was not said
                yield REPORT.validate_json(line)
        finally:
            writer.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def buried(self) -> int:
        """Its exit code, once the system has let go of it; it is made to go if it only seems gone."""
        try:
            return await asyncio.to_thread(self._process.wait, _KILLED_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return await asyncio.to_thread(self._process.wait)


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """A child starts with these blocked, until it has said what it does with them: a Ctrl+C in its first
    moments must not end it with a traceback. The parent gets its own a moment later."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
