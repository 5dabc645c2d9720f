"""A server that blocks its loop in every way the watch knows to see, a path each, and asks itself for them.

Run as a program by `tests/behaviour/test_blocking.py`; its arguments are the paths to ask for.
"""

import asyncio
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

CLOSED_PORT = 9


def _connect() -> None:
    with socket.socket() as connection, suppress(OSError):
        connection.connect(("127.0.0.1", CLOSED_PORT))


BLOCKING: dict[str, Callable[[], object]] = {
    "open": lambda: Path(__file__).read_text(),
    "os.listdir": lambda: list(Path(__file__).parent.iterdir()),
    "socket.connect": _connect,
    "socket.getaddrinfo": lambda: socket.getaddrinfo("127.0.0.1", 80),
    "sqlite3.connect": lambda: sqlite3.connect(":memory:").close(),
    "subprocess.Popen": lambda: subprocess.run(["true"], check=True),
    "time.sleep": lambda: time.sleep(0),
}


async def _connect_without_waiting() -> None:
    with suppress(OSError):
        await asyncio.open_connection("127.0.0.1", CLOSED_PORT)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """`/NAME` blocks the loop, `/thread/NAME` a thread."""
    assert scope["type"] == "http"
    name = scope["path"].rpartition("/")[2]
    if name == "awaited":
        await asyncio.sleep(0)
        await _connect_without_waiting()
    elif scope["path"].startswith("/thread/"):
        await asyncio.to_thread(BLOCKING[name])
    else:
        BLOCKING[name]()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def main() -> None:
    config = uvicorn.Config(app, lifespan="off", log_config=None)
    config.load()
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asking = threading.Thread(target=_ask, args=(listener.getsockname()[1], server))
        asking.start()
        server.run(sockets=[listener])
        asking.join()


def _ask(port: int, server: uvicorn.Server) -> None:
    try:
        for path in sys.argv[1:]:
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path)
            assert connection.getresponse().status == 204
            connection.close()
    finally:
        server.should_exit = True


if __name__ == "__main__":
    main()
