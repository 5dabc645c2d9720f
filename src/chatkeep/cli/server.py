"""Uvicorn around the app, as chatkeep runs it: alone in `serve`, or as one worker of several.

Above: `cli.serve` and `cli.child`. Below: `app`. Importing it costs what FastAPI costs, so those import
it when they serve, and the process that only supervises never does.
"""

import asyncio
import importlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from chatkeep.app import create_app
from chatkeep.cli.memory import settle_memory
from chatkeep.core.errors import ChatkeepError
from chatkeep.settings import Settings

GRACE_SECONDS = 10
"""How long running answers may go on once the server is told to stop."""


class Server(uvicorn.Server):
    """Uvicorn, stopped when the services behind it cannot start; `failure` says why then."""

    def __init__(
        self,
        settings: Settings,
        *,
        on_listening: Callable[[], None],
        on_ready: Callable[[], None] | None = None,
        knowledge_socket: Path | None = None,
    ) -> None:
        self.failure: ChatkeepError | None = None

        def started(failure: ChatkeepError | None) -> None:
            settle_memory()
            if failure is not None:
                self.failure = failure
                self.should_exit = True
            elif on_ready is not None:
                on_ready()

        super().__init__(
            uvicorn.Config(
                create_app(settings, on_started=started, knowledge_socket=knowledge_socket),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                ws="none",  # there are no WebSockets here, and their library costs time and memory
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        # What serves is imported when it is first used: here, and not on the loop.
        self.config.load()
        for module in ("anyio._backends._asyncio", "anyio._core._fileio"):
            importlib.import_module(module)
        self._on_listening = on_listening
        logging.getLogger("uvicorn.error").addFilter(_is_no_cancellation)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's, but it does not raise the signals again at the end: being told to stop is no failure."""
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_listening()


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """Uvicorn logs each answer that is cut off when the server stops, with a traceback, as a fault."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
