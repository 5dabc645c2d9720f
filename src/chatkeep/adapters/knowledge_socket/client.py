"""A worker's end: the knowledge base of another process, as `Searcher`, `PassageReader` and `TextEmbedder`.

Above: `wiring` hands it to the services of a worker. Below: `frames`, over one connection that many
calls share. When the knowledge process dies, the calls in flight fail at once, as `NotReady`: they are
not repeated, for one of them may be what killed it. Calls that come while it starts again wait a few
seconds for it. No wait is without a bound.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeVar

from chatkeep.adapters.knowledge_socket.frames import (
    IN_FLIGHT,
    Answer,
    Asked,
    BrokenFrame,
    Describe,
    Described,
    Embed,
    Embedded,
    EmbedQuery,
    Explain,
    Failed,
    Found,
    Gather,
    Read,
    Request,
    Search,
    Told,
    frame,
    read_reply,
    unpack,
)
from chatkeep.core import errors
from chatkeep.core.context import RequestContext, local_context
from chatkeep.core.errors import ChatkeepError, NotReady
from chatkeep.knowledge.documents import Passage, PassageId
from chatkeep.knowledge.protocols import ANYWHERE, Vectors, Where
from chatkeep.knowledge.retrieve import Explained, Options
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5  # seconds between attempts to connect

A = TypeVar("A", Described, Found, Told, Embedded)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds.

    Attributes:
        start: for its first answer, to a worker that starts.
        connection: for the knowledge process to be there; starting again takes it one or two.
        reply: for its answer, behind those of everybody else who asks.
        frame: for the rest of a frame that has begun.
    """

    start: float = 120.0
    connection: float = 5.0
    reply: float = 30.0
    frame: float = 10.0


class KnowledgeClient:
    """Asks the knowledge process. Make it with `connected`."""

    def __init__(self, path: Path, patience: Patience) -> None:
        self._path = path
        self._patience = patience
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._writer: asyncio.StreamWriter | None = None
        self._online = asyncio.Event()

    async def search(
        self,
        query: str,
        limit: int,
        context: RequestContext,
        where: Where = ANYWHERE,
        options: Options | None = None,
    ) -> list[Passage]:
        """As `Retriever.search`.

        Raises:
            NotReady: the knowledge process is not there, went away, or is too busy.
        """
        asked = Search(query, limit, where, options)
        return list((await self._ask(asked, context, Found)).passages)

    async def gather(
        self,
        query: str,
        budget: int,
        context: RequestContext,
        where: Where = ANYWHERE,
        options: Options | None = None,
    ) -> list[Passage]:
        """As `Retriever.gather`. Raises: NotReady."""
        asked = Gather(query, budget, where, options)
        return list((await self._ask(asked, context, Found)).passages)

    async def explain(
        self,
        query: str,
        limit: int,
        budget: int,
        context: RequestContext,
        where: Where = ANYWHERE,
        options: Options | None = None,
    ) -> Explained:
        """As `Retriever.explain`. Raises: NotReady."""
        return (await self._ask(Explain(query, limit, budget, where, options), context, Told)).explained

    async def passages(self, ids: Sequence[PassageId], context: RequestContext) -> list[Passage]:
        """As `PassageReader.passages`. Raises: NotReady."""
        return list((await self._ask(Read(ids), context, Found)).passages)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """As `TextEmbedder.embed`. Raises: NotReady. It reads nothing that is anybody's."""
        return unpack(await self._ask(Embed(texts), local_context("embed"), Embedded))

    async def embed_query(self, text: str) -> Vectors:
        """As `TextEmbedder.embed_query`. Raises: NotReady."""
        vector: Vectors = unpack(await self._ask(EmbedQuery(text), local_context("embed"), Embedded))[0]
        return vector

    async def embeds(self) -> bool:
        """Whether there is an embedder.

        A worker begins with this, perhaps while the knowledge process starts again: it is asked until it
        answers, or for `patience.start`.

        Raises:
            NotReady: it did not.
        """
        until = asyncio.get_running_loop().time() + self._patience.start
        while True:
            try:
                return (await self._ask(Describe(), local_context("describe"), Described)).embeds
            except NotReady:
                if asyncio.get_running_loop().time() >= until:
                    raise

    async def stay_connected(self) -> None:
        """Connect, and again whenever the connection ends, until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            try:
                reader, self._writer = await asyncio.open_unix_connection(self._path)
            except OSError:
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                pause = _FIRST_PAUSE
                self._online.set()
                await self._read_replies(reader, self._writer)
            await asyncio.sleep(pause)

    async def _read_replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reason = "it closed the connection"
        try:
            while (reply := await read_reply(reader, self._patience.frame)) is not None:
                waiting = self._waiting.pop(reply.number, None)
                if waiting is None or waiting.done():
                    continue  # whoever asked has gone, or asked too long ago
                if isinstance(reply.answer, Failed):
                    waiting.set_exception(_raised(reply.answer))
                else:
                    waiting.set_result(reply.answer)
        except (BrokenFrame, OSError) as error:
            reason = str(error)
        finally:
            self._online.clear()
            writer.close()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(_gone())
            self._waiting.clear()
        _log.warning("knowledge_lost", reason=reason)

    async def _ask(self, asked: Asked, context: RequestContext, wanted: type[A]) -> A:
        number = next(self._numbers)
        request = frame(Request(number, context, asked))
        try:
            async with asyncio.timeout(self._patience.connection):
                await self._online.wait()
        except TimeoutError:
            raise _gone() from None
        try:
            async with asyncio.timeout(self._patience.reply), self._room:
                answer = await self._exchange(number, request)
        except TimeoutError:
            raise NotReady("The search is too busy to answer. Try again in a moment.") from None
        finally:
            self._waiting.pop(number, None)
        if not isinstance(answer, wanted):
            raise TypeError(f"The knowledge process answered {asked.kind} with {answer.kind}.")
        return answer

    async def _exchange(self, number: int, request: bytes) -> Answer:
        if not self._online.is_set() or self._writer is None:
            raise _gone()  # it went away while this call waited for its turn
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        # In one piece and without a pause: a caller who is cancelled must not leave half a frame behind.
        self._writer.write(request)
        return await waiting


@asynccontextmanager
async def connected(path: Path, patience: Patience = Patience()) -> AsyncIterator[KnowledgeClient]:
    """A client of the knowledge process that listens at `path`, now or in a moment.

    Its task is in no task group: the services are opened by one task and closed by another, which a task
    group does not allow.
    """
    client = KnowledgeClient(path, patience)
    task = asyncio.create_task(client.stay_connected(), name="chatkeep-knowledge")
    try:
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _gone() -> NotReady:
    return NotReady("The search is starting again. Try again in a moment.")


def _raised(failed: Failed) -> ChatkeepError:
    kind = getattr(errors, failed.error, ChatkeepError)
    is_ours = isinstance(kind, type) and issubclass(kind, ChatkeepError)
    return kind(failed.message) if is_ours else ChatkeepError(failed.message)
