"""`chatkeep serve`: ingest what is new, listen, say where, and open the page."""

import asyncio
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from chatkeep.agents.providers import find_endpoint
from chatkeep.app import create_app
from chatkeep.core.errors import ChatkeepError, ConfigurationError
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs

_GRACE_SECONDS = 10


def run(
    docs: Sequence[Path], *, host: str | None, port: int | None, data_dir: Path | None, open_page: bool
) -> None:
    """Serve until told to stop.

    Raises:
        ConfigurationError: a setting is wrong, the port is taken, or the data folder cannot be used.
    """
    settings = Settings.load(host=host, port=port, data_dir=data_dir, docs=tuple(docs) or None)
    configure_logs(settings.log_format, settings.log_level)
    # All that can be wrong is found before the address is printed and the browser opened.
    find_endpoint(settings.model)
    listener = _bind(settings.host, settings.port)
    _ingest_what_is_new(settings)
    address = _address(settings, listener.getsockname()[1])
    failures: list[ChatkeepError] = []
    server = _Server(settings, failures, on_listening=lambda: _announce(settings, address, open_page))
    server.run(sockets=[listener])
    if failures:
        raise ConfigurationError(str(failures[0]))


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """Uvicorn logs each answer that is cut off when the server stops, with a traceback, as a fault."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


class _Server(uvicorn.Server):
    """Uvicorn, stopped when the services behind it cannot start."""

    def __init__(
        self, settings: Settings, failures: list[ChatkeepError], on_listening: Callable[[], None]
    ) -> None:
        def started(failure: ChatkeepError | None) -> None:
            _settle_memory()
            if failure is not None:
                failures.append(failure)
                self.should_exit = True

        super().__init__(
            uvicorn.Config(
                create_app(settings, on_started=started),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
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


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}: {error.strerror}. "
            "Choose another with --port, or --port 0 for any."
        ) from None
    return listener


def _ingest_what_is_new(settings: Settings) -> None:
    """Run `chatkeep ingest` when documents changed: in a process of its own, so that the memory
    ingesting takes is not the server's."""
    if not asyncio.run(_is_behind(settings)):
        return
    command = [sys.executable, "-m", "chatkeep", "ingest", *map(str, settings.docs)]
    done = subprocess.run([*command, "--data-dir", str(settings.data_dir)], check=False)
    if done.returncode not in (0, 1):
        raise typer.Exit(done.returncode)


async def _is_behind(settings: Settings) -> bool:
    """Whether ingesting would change anything. Cheap when nothing changed: files are hashed, no more.

    Raises:
        ConfigurationError: the data folder cannot be used, or a path does not exist.
    """
    from chatkeep.core.context import local_context
    from chatkeep.knowledge.ingest import plan
    from chatkeep.wiring import open_knowledge

    async with open_knowledge(settings) as knowledge:
        if not settings.docs:
            return False
        if knowledge.embedder is None and settings.embedder != "none" and settings.model_hub_url:
            return True  # ingesting fetches the embedder first
        todo = await plan(settings.docs, knowledge.library(settings), local_context("plan"))
        return not todo.is_empty


def _address(settings: Settings, port: int) -> str:
    if settings.public_url:
        return str(settings.public_url).rstrip("/")
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown and not shown.startswith('[') else shown}:{port}"


def _announce(settings: Settings, address: str, open_page: bool) -> None:
    typer.echo(f"chatkeep is at {address}  (stop: Ctrl+C)")
    if settings.model.provider == "extractive":
        typer.echo(
            "No language model is configured: answers are the best sentences of your documents. "
            "Set OPENAI_API_KEY, or LLM_PROVIDER, for written answers."
        )
    sys.stdout.flush()
    if open_page and _has_browser():
        webbrowser.open(address)


def _settle_memory() -> None:
    """The imports are done: collect what they left, and never look at what they made again."""
    gc.enable()
    gc.collect()
    gc.freeze()


def _has_browser() -> bool:
    """Whether a person with a desktop sits there; in a bare terminal a text browser would take it over."""
    on_desktop = (
        sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    )
    return sys.stdout.isatty() and on_desktop
