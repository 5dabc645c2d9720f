"""A TCP proxy that loses replies, as a network does, at the moment a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Proxy:
    """Passes bytes on to a port of this machine.

    Attributes:
        port: where it listens.
        lost: set once a reply was lost.
    """

    def __init__(self) -> None:
        self.port = 0
        self.lost = asyncio.Event()
        self._to_lose: bytes | None = None
        self._hold: asyncio.Event | None = None
        self.held = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def lose_reply_to(self, request: bytes) -> None:
        """Cut the connection when the reply to the next request that contains `request` has come."""
        self._to_lose = request
        self.lost.clear()

    def hold_replies(self) -> asyncio.Event:
        """Keep replies back until the event is set; `held` is set when there is one."""
        self._hold = asyncio.Event()
        self.held.clear()
        return self._hold

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            out_reader, out_writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await self._carry(reader, writer, out_reader, out_writer)
            finally:
                out_writer.close()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        out_reader: asyncio.StreamReader,
        out_writer: asyncio.StreamWriter,
    ) -> None:
        while request := await reader.read(65536):
            loses = self._to_lose is not None and self._to_lose in request
            out_writer.write(request)
            reply = await out_reader.read(65536)
            if self._hold is not None:
                self.held.set()
                await self._hold.wait()
            if loses:
                self._to_lose = None
                self.lost.set()
                return
            writer.write(reply)

    async def aclose(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


@asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[Proxy]:
    """A proxy to `port`, for a protocol that answers each request before the next is sent."""
    proxy = Proxy()
    server = await asyncio.start_server(lambda r, w: proxy.serve(r, w, port), "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.aclose()
        await server.wait_closed()
