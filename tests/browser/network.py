"""A network between the pages and the server, which a test can pull, and lead to another server.

Chromium's own emulation of being offline leaves open streams alone; here they break, as they do when the
cable is pulled.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 10.0


class Network:
    """A TCP proxy in a thread of its own.

    Attributes:
        url: what pages open in place of the server's address.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.url = ""
        self._loop = loop
        self._server: asyncio.Server | None = None
        self._port = 0
        self._is_down = False
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def lead_to(self, url: str) -> None:
        """New connections go to the server at `url`."""
        self._port = urlsplit(url).port or 0

    def pull(self, seconds: float | None = None) -> None:
        """Break every connection and let none through, for `seconds` or until it is put back."""
        self._call(self._pull(seconds))

    def put_back(self) -> None:
        self._is_down = False

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)

    async def _pull(self, seconds: float | None) -> None:
        self._is_down = True
        for writer in self._open:
            writer.transport.abort()
        if seconds is not None:
            self._loop.call_later(seconds, self.put_back)

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def aclose(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        try:
            if not self._is_down:
                await self._connect(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self._open.discard(writer)
            writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        out_reader, out_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ways = [
            asyncio.create_task(_carry(reader, out_writer)),
            asyncio.create_task(_carry(out_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            out_writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while said := await reader.read(65536):
            writer.write(said)
            await writer.drain()


@contextmanager
def network_to(url: str) -> Iterator[Network]:
    """A network that leads to the server at `url`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    network = Network(loop)
    network.lead_to(url)
    network._call(network.listen())
    try:
        yield network
    finally:
        network._call(network.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()
