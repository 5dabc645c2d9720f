"""`chatkeep serve`: ingest what is new, listen, say where, and open the page."""

import asyncio
import os
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import typer

from chatkeep.agents.providers import find_endpoint
from chatkeep.core.errors import ConfigurationError
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs


def run(
    docs: Sequence[str],
    *,
    host: str | None,
    port: int | None,
    data_dir: Path | None,
    workers: int | None,
    watch: bool,
    open_page: bool,
) -> None:
    """Serve until told to stop.

    Raises:
        ConfigurationError: a setting is wrong, the port is taken, or the data folder cannot be used.
    """
    settings = Settings.load(
        host=host,
        port=port,
        data_dir=data_dir,
        workers=workers,
        docs=tuple(docs) or None,
        watch=watch or None,
    )
    configure_logs(settings.log_format, settings.log_level)
    # All that can be wrong is found before the address is printed and the browser opened.
    find_endpoint(settings.model)
    _require_redis(settings)
    listener = _bind(settings.host, settings.port)
    address = _address(settings, listener.getsockname()[1])

    def announce() -> None:
        _announce(settings, address, open_page)

    if settings.workers > 1:
        from chatkeep.cli.supervise import supervise

        supervise(settings, listener, announce)
        return
    from chatkeep.cli.server import Server

    ingest_what_is_new(settings)
    server = Server(settings, on_listening=announce)
    server.run(sockets=[listener])
    if server.failure:
        raise ConfigurationError(str(server.failure))


def _require_redis(settings: Settings) -> None:
    if settings.workers > 1 and settings.redis_url is None:
        raise ConfigurationError(
            f"{settings.workers} workers need CHATKEEP_REDIS_URL: they share the "
            "running answers through Redis. Set it, such as CHATKEEP_REDIS_URL=redis://localhost:6379/0, or "
            "use one worker."
        )


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


def ingest_what_is_new(settings: Settings) -> None:
    """Run `chatkeep ingest` when documents on this machine changed: in a process of its own, so that the
    memory ingesting takes is not the server's. Sites and repositories elsewhere may take long: the server
    looks at them while it serves.

    Raises:
        ConfigurationError: the data folder cannot be used, or a path does not exist.
        typer.Exit: ingesting failed, and has said why.
    """
    behind = asyncio.run(_behind(settings))
    if behind is None:
        return
    # -P: the folder one stands in may be the documents', and nothing of theirs is to be imported.
    command = [sys.executable, "-P", "-m", "chatkeep", "ingest", *behind]
    done = subprocess.run([*command, "--data-dir", str(settings.data_dir)], check=False)
    if done.returncode not in (0, 1):
        raise typer.Exit(done.returncode)


async def _behind(settings: Settings) -> list[str] | None:
    """What to ingest first; None: nothing. Cheap when nothing changed: files are hashed, no more.

    An empty list: there is nothing to read, but an index to fill in place of another embedder's.

    Raises:
        ConfigurationError: the data folder cannot be used, or a path does not exist.
    """
    from chatkeep.core.context import local_context
    from chatkeep.knowledge.ingest import plan
    from chatkeep.wiring.knowledge import open_knowledge
    from chatkeep.wiring.sources import open_egress, open_sources

    async with open_knowledge(settings) as knowledge:
        opened = open_sources(settings, open_egress(settings))
        local = [each for each in opened if not each.declared.is_remote]
        if opened and knowledge.embedder is None and settings.embedder != "none" and settings.model_hub_url:
            return [each.declared.place for each in local or opened]  # ingesting fetches the embedder first
        sources = [each.source for each in local]
        todo = await plan(sources, knowledge.library(settings), local_context("plan"))
        is_meant = knowledge.embedder is not None or settings.embedder == "none"
        if todo.is_empty and (knowledge.index.is_complete or not is_meant):
            return None
        return [each.declared.place for each in local]


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


def _has_browser() -> bool:
    """Whether a person with a desktop sits there; in a bare terminal a text browser would take it over."""
    on_desktop = (
        sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    )
    return sys.stdout.isatty() and on_desktop
