"""The knowledge process's end: answers what the workers ask, many at once.

Above: `cli.child` opens it around the knowledge base. Below: a `Retriever`, and `frames`.
A connection that misbehaves ends alone; a call that raises is answered with its error.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from chatkeep.adapters.knowledge_socket.frames import (
    IN_FLIGHT,
    Answer,
    BrokenFrame,
    Describe,
    Described,
    Embed,
    EmbedQuery,
    Explain,
    Failed,
    Found,
    Gather,
    Read,
    Reply,
    Request,
    Search,
    Told,
    frame,
    pack,
    read_request,
)
from chatkeep.core.errors import ChatkeepError
from chatkeep.knowledge.retrieve import Retriever
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_FRAME_SECONDS = 10.0  # for the rest of a frame to arrive, and for a worker to take a reply


@asynccontextmanager
async def answering(path: Path, retriever: Retriever) -> AsyncIterator[None]:
    """Answer on a socket at `path`, whose folder must be its owner's alone, until the context ends."""
    conversations: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio starts one for each connection
        conversations.add(task)
        try:
            await _Conversation(retriever, reader, writer).hold()
        except asyncio.CancelledError:
            pass  # the server closes; asyncio's streams would log it as a fault
        finally:
            conversations.discard(task)

    server = await asyncio.start_unix_server(converse, path)
    try:
        yield
    finally:
        server.close()
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)


class _Conversation:
    """One worker's connection."""

    def __init__(
        self, retriever: Retriever, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._retriever = retriever
        self._reader = reader
        self._writer = writer
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._answering: set[asyncio.Task[None]] = set()

    async def hold(self) -> None:
        """Read requests until the worker is gone; nobody waits for the answers then."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while (request := await read_request(self._reader, _FRAME_SECONDS)) is not None:
                    await self._room.acquire()
                    task = tasks.create_task(self._answer(request))
                    self._answering.add(task)
                    task.add_done_callback(self._answering.discard)
                for task in self._answering:
                    task.cancel()
        except* (BrokenFrame, OSError, TimeoutError) as failures:
            _log.warning("worker_dropped", reason=str(failures.exceptions[0]))
        finally:
            self._writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_FRAME_SECONDS):
                    await self._writer.wait_closed()

    async def _answer(self, request: Request) -> None:
        try:
            with structlog.contextvars.bound_contextvars(request_id=request.context.request_id):
                reply = await self._framed(request)
            # Written in one piece, so that replies never mix; then the worker must take it.
            self._writer.write(reply)
            async with asyncio.timeout(_FRAME_SECONDS):
                await self._writer.drain()
        finally:
            self._room.release()

    async def _framed(self, request: Request) -> bytes:
        try:
            return frame(Reply(request.number, await self._carry_out(request)))
        except ChatkeepError as error:
            failed = Failed(type(error).__name__, str(error))
        except Exception:  # noqa: BLE001 - the top of a request
            _log.exception("call_failed", call=request.asked.kind)
            failed = Failed(ChatkeepError.__name__, "The search failed. The server's log has the reason.")
        return frame(Reply(request.number, failed))

    async def _carry_out(self, request: Request) -> Answer:
        retriever, context = self._retriever, request.context
        embedder = retriever.embedder
        match request.asked:
            case Describe():
                return Described(embeds=embedder is not None)
            case Search(query, limit, where, options):
                return Found(await retriever.search(query, limit, context, where, options))
            case Gather(query, budget, where, options):
                return Found(await retriever.gather(query, budget, context, where, options))
            case Explain(query, limit, budget, where, options):
                return Told(await retriever.explain(query, limit, budget, context, where, options))
            case Read(ids):
                return Found(await retriever.index.passages(ids, context))
            case Embed() | EmbedQuery() if embedder is None:
                raise ChatkeepError("There is no embedder.")
            case Embed(texts):
                return pack(await embedder.embed(texts))
            case EmbedQuery(text):
                return pack((await embedder.embed_query(text))[None, :])
