"""A child of `chatkeep serve --workers N`: one worker, or the process that owns the knowledge base.

Above: `cli.supervise` starts it as `python -m chatkeep.cli.child ASSIGNMENT`. Below: `cli.server` or
`wiring`. It ends when it is told to (SIGTERM), and when the supervisor is gone. SIGINT is not for it:
Ctrl+C reaches every process of the terminal, and the supervisor decides who ends when.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import typer

from chatkeep.cli.processes import ASSIGNMENT, REPORT, Assignment, Report
from chatkeep.core.errors import ChatkeepError, ConfigurationError
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs


def main() -> None:
    """The entry point."""
    gc.disable()  # imports make many objects and no garbage; `settle_memory` turns it on again
    _heed_the_supervisor_alone()
    assignment = ASSIGNMENT.validate_json(sys.argv[1])
    supervisor = socket.socket(fileno=assignment.reports)
    supervisor.set_inheritable(False)
    try:
        settings = assignment.settings()
        name = f"worker {assignment.number}" if assignment.role == "worker" else assignment.role
        facts: dict[str, str | int] = {"process": name, "pid": os.getpid()}
        configure_logs(settings.log_format, settings.log_level, facts=facts)
        (_work if assignment.role == "worker" else _keep_knowledge)(assignment, settings, supervisor)
    except ChatkeepError as error:
        _report(supervisor, Report("failed", str(error)))
        raise SystemExit(2) from None
    except typer.Exit as done:
        _report(supervisor, Report("failed", exit_code=done.exit_code))
        raise SystemExit(done.exit_code) from None


def _heed_the_supervisor_alone() -> None:
    """Until something better is installed, SIGTERM ends the process (and with it an ingestion it runs)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM])  # see `supervise`


def _report(supervisor: socket.socket, report: Report) -> None:
    with suppress(OSError):  # the supervisor is gone: this process is about to learn of it and to end
        supervisor.sendall(REPORT.dump_json(report) + b"\n")


def _work(assignment: Assignment, settings: Settings, supervisor: socket.socket) -> None:
    from chatkeep.cli.server import Server

    class Worker(Server):
        """A server that is told to stop by SIGTERM, to hurry by another, and stops when left alone."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            before = signal.signal(signal.SIGTERM, self.handle_exit)
            try:
                yield
            finally:
                signal.signal(signal.SIGTERM, before)

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (uvicorn's)
            self.force_exit = self.should_exit
            self.should_exit = True

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            asyncio.get_running_loop().add_reader(supervisor, left_alone)
            await super().startup(sockets)

    def left_alone() -> None:
        # Nothing is ever sent this way: what can be read is the end.
        asyncio.get_running_loop().remove_reader(supervisor)
        server.should_exit = True

    server = Worker(
        settings,
        on_listening=lambda: _report(supervisor, Report("listening")),
        on_ready=lambda: _report(supervisor, Report("ready")),
        knowledge_socket=assignment.socket,
    )
    server.run(sockets=[socket.socket(fileno=assignment.listener)])
    if server.failure:
        raise ConfigurationError(str(server.failure))


def _keep_knowledge(assignment: Assignment, settings: Settings, supervisor: socket.socket) -> None:
    if assignment.ingests:
        from chatkeep.cli.serve import ingest_what_is_new

        ingest_what_is_new(settings)
    asyncio.run(_answer(assignment.socket, settings, supervisor))


async def _answer(path: Path, settings: Settings, supervisor: socket.socket) -> None:
    from chatkeep.adapters.knowledge_socket.server import answering
    from chatkeep.cli.memory import settle_memory
    from chatkeep.wiring.knowledge import open_knowledge, warn_of_an_index_left_behind
    from chatkeep.wiring.upkeep import kept_up

    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, told_to_stop.set)
    loop.add_reader(supervisor, told_to_stop.set)  # nothing is ever sent this way but the end
    async with open_knowledge(settings) as knowledge:
        await warn_of_an_index_left_behind(knowledge)
        async with answering(path, knowledge.retriever), kept_up(settings, knowledge):
            settle_memory()
            _report(supervisor, Report("ready"))
            await told_to_stop.wait()
            loop.remove_reader(supervisor)


if __name__ == "__main__":
    main()
