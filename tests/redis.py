"""Runs `redis-server` as the tests need it: on a free port, without persistence, killed and started at will.

`TEST_REDIS_URL` names one that runs already, for the tests that only want one; those that kill, flush or
restart it start their own all the same.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_START_SECONDS = 20.0

GIVEN_URL = os.environ.get("TEST_REDIS_URL")


class RedisServer:
    """A server on one port, which it keeps through restarts.

    Attributes:
        url: where it answers.
    """

    def __init__(self, folder: Path, password: str = "") -> None:
        self.port = _free_port()
        self._folder = folder
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        secret = f":{self._password}@" if self._password else ""
        return f"redis://{secret}127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, empty, and return when it answers."""
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: run tests/redis.sh"
        command = [
            program,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--unixsocket",
            str(self._folder / "redis.sock"),
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        command += ["--dir", str(self._folder), "--logfile", str(self._folder / "redis.log")]
        command += ["--requirepass", self._password] if self._password else []
        self._process = subprocess.Popen(command)
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "redis.log").read_text()
            assert time.monotonic() < deadline, "redis-server did not start in time"

    def kill(self) -> None:
        """End it as a crash does. What it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1.0) as connection:
                connection.settimeout(1.0)
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


@contextmanager
def redis_server(folder: Path, password: str = "") -> Iterator[RedisServer]:
    """A running server; killed at the end."""
    server = RedisServer(folder, password)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
