"""`Parser` as a pool of child processes, each of which may be killed.

Above: `wiring` makes one; `knowledge.ingest` parses through it. Below: `child`, a fresh interpreter (a fork
would copy this process's threads, locks and secrets). A child starts when a document first needs it,
reads many, and is replaced when it dies, is killed, ran out of memory, or has read its fill. What it prints
is thrown away; what it answers is checked. Use a pool within one event loop.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import anyio
import orjson

from chatkeep.adapters.parsing import answers, frames
from chatkeep.adapters.parsing.limits import Limits
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.parse.parsed import ParsedText, Skipped
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_START_SECONDS = 60.0
_END_SECONDS = 2.0
_DOCUMENTS_A_CHILD = 500  # libraries leak
_BUFFER = 2**20
_INHERITED = ("LD_LIBRARY_PATH", "PYTHONHOME")  # without which some interpreters do not start

CHILD = "chatkeep.adapters.parsing.child"


class ParserPool:
    """At most `processes` children, each with one document at a time."""

    def __init__(
        self,
        limits: Limits,
        processes: int,
        module: str = CHILD,
        documents_a_child: int = _DOCUMENTS_A_CHILD,
    ) -> None:
        self._limits = limits
        self._processes = processes
        self._module = module
        self._documents_a_child = documents_a_child
        self._free = asyncio.Semaphore(processes)
        self._idle: list[_Child] = []
        # The kernel ends a child when the thread that started it does: this one lasts.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="chatkeep-parsers")

    @property
    def parallel(self) -> int:
        return self._processes

    async def parse(self, path: str, data: bytes) -> ParsedText | Skipped:
        async with self._free:
            child = await self._child()
            try:
                kind, body = await child.ask(path, data, self._limits)
                found = self._understood(kind, body, path)
            except TimeoutError:
                await child.kill()
                return self._given_up(path, self._too_long)
            except answers.NotParsed as error:
                await child.kill()
                return self._given_up(path, f"what was read of it is not usable: {error}.")
            except (EOFError, OSError):
                return self._given_up(path, self._death(await child.bury()))
            except BaseException:
                await child.kill()
                raise
            if kind == frames.OUT_OF_MEMORY or child.documents >= self._documents_a_child:
                await child.kill()
            else:
                self._idle.append(child)
            return found

    async def _child(self) -> "_Child":
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
            await child.kill()
        return await _Child.start(self._starter, self._module, self._limits)

    def _understood(self, kind: bytes, body: bytes, path: str) -> ParsedText | Skipped:
        if kind == frames.PARSED:
            return answers.parsed(body, self._limits.characters)
        if kind == frames.SKIPPED:
            return Skipped(path, answers.sentence(body))
        if kind == frames.OUT_OF_MEMORY:
            return Skipped(path, self._too_much_memory)
        if kind == frames.TOO_MUCH:
            most = f"{self._limits.characters:,} characters of text"
            return Skipped(path, f"it holds more than {most} (CHATKEEP_MAX_FILE_BYTES allows more).")
        if kind == frames.RAISED:
            name = answers.sentence(body.partition(b"\n")[0], longest=80)
            _log.error("document_not_parsed", path=path, traceback=body.decode("utf-8", "replace"))
            return Skipped(path, f"reading it failed ({name}); the log says where.")
        raise answers.NotParsed(f"an answer of kind {kind!r}")

    def _given_up(self, path: str, reason: str) -> Skipped:
        _log.warning("parser_replaced", path=path, reason=reason)
        return Skipped(path, reason)

    def _death(self, code: int) -> str:
        match -code:
            case signal.SIGXCPU:
                return self._too_long
            case signal.SIGKILL:
                return "the system ended its parser, as it does when memory runs out (signal 9)."
            case number if number > 0:
                return f"it ends the parser (signal {number})."
        return f"it ends the parser (exit code {code})."

    @property
    def _too_long(self) -> str:
        seconds = f"{self._limits.seconds:g} s"
        return f"reading it took longer than {seconds} (CHATKEEP_PARSE_SECONDS allows more)."

    @property
    def _too_much_memory(self) -> str:
        megabytes = self._limits.memory // 2**20
        return f"reading it took more than {megabytes} MB (CHATKEEP_PARSE_MEMORY allows more)."

    async def aclose(self) -> None:
        """End the children. Nobody may be parsing any more."""
        while self._idle:
            await self._idle.pop().kill()
        self._starter.shutdown(wait=False)


class _Child:
    """One process, and the socket it is talked to over.

    Attributes:
        documents: how many it was given.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self.documents = 0

    @classmethod
    async def start(cls, starter: Executor, module: str, limits: Limits) -> "_Child":
        """A child that is ready.

        Raises:
            ConfigurationError: none can be started on this machine.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            with anyio.CancelScope(shield=True):  # whoever starts it must come to know it
                loop = asyncio.get_running_loop()
                process = await loop.run_in_executor(starter, _start, module, theirs.fileno(), limits)
        reader, writer = await asyncio.open_connection(sock=ours, limit=_BUFFER)
        child = cls(process, reader, writer)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await child._receive(most=0)
        except (EOFError, OSError, answers.NotParsed) as error:
            await child.kill()
            raise ConfigurationError(
                f"The process that reads documents cannot start: {child._complaint()}"
            ) from error
        except BaseException:
            await child.kill()
            raise
        child._close_stderr()
        return child

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    async def ask(self, path: str, data: bytes, limits: Limits) -> tuple[bytes, bytes]:
        """What it says of the file `path`.

        Raises:
            TimeoutError: it says nothing in its time.
            EOFError, OSError: it is gone.
            NotParsed: it says something else.
        """
        self.documents += 1
        name = path.encode("utf-8", "replace")
        async with asyncio.timeout(limits.seconds):
            self._writer.write(frames.request_head(name, data) + name)
            self._writer.write(data)
            await self._writer.drain()
            return await self._receive(answers.longest_body(limits.characters))

    async def _receive(self, most: int) -> tuple[bytes, bytes]:
        kind, length = frames.REPLY.unpack(await self._reader.readexactly(frames.REPLY.size))
        if length > most:
            raise answers.NotParsed("an answer longer than any document has")
        return kind, await self._reader.readexactly(length)

    async def kill(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        await self._wait(None)

    async def bury(self) -> int:
        """It has hung up. Its exit code, or the signal it died of as a negative number."""
        try:
            return await self._wait(_END_SECONDS)
        except subprocess.TimeoutExpired:  # it only seems gone
            await self.kill()
            return 0

    async def _wait(self, seconds: float | None) -> int:
        self._writer.transport.abort()
        with anyio.CancelScope(shield=True):  # a killed process is gone in a moment
            code = await asyncio.to_thread(self._process.wait, seconds)
        return code  # noqa: RET504 (mypy thinks that a scope may swallow it)

    def _complaint(self) -> str:
        said = self._process.stderr.read() if self._process.stderr else b""
        self._close_stderr()
        return answers.sentence((said.strip().splitlines() or [b"it does not say why."])[-1])

    def _close_stderr(self) -> None:
        if self._process.stderr is not None:
            self._process.stderr.close()


def _start(module: str, socket_number: int, limits: Limits) -> "subprocess.Popen[bytes]":
    arguments = (str(socket_number), orjson.dumps(limits).decode())
    return subprocess.Popen(
        [sys.executable, "-P", "-s", "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[socket_number],
        env=_environment(os.environ),
        cwd="/",
        start_new_session=True,  # Ctrl+C does not reach it
    )


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Nothing but what finds the code. Keys and passwords stay here."""
    kept = {name: environ[name] for name in _INHERITED if name in environ}
    if path := environ.get("PYTHONPATH"):
        # It runs in another folder, and must import what this process does.
        kept["PYTHONPATH"] = os.pathsep.join(
            str(Path(part).absolute()) for part in path.split(os.pathsep) if part
        )
    return kept
