"""What the HTTP routes call, and what evaluations ask.

A worker among several opens the database itself and reads the knowledge base over a socket: what answers is
the same code, and does not know.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from chatkeep.adapters.memory_journal import MemoryJournal
from chatkeep.adapters.pdf.pages import PdfPages
from chatkeep.adapters.sql.documents import SqlDocuments
from chatkeep.adapters.sql.engine import Database, open_database
from chatkeep.core.clock import SystemClock
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import ConfigurationError, JournalUnavailable, MissingDependency, NotFound
from chatkeep.http.deps import Services
from chatkeep.knowledge.documents import Document, DocumentId, Passage, PassageId
from chatkeep.knowledge.pages import Page, PageDrawer, PageImage
from chatkeep.knowledge.protocols import (
    DocumentStore,
    PassageReader,
    TextEmbedder,
)
from chatkeep.knowledge.suggest import Suggestion, suggest
from chatkeep.settings import Settings
from chatkeep.streams.protocols import StreamJournal

if TYPE_CHECKING:
    from chatkeep.adapters.knowledge_socket.client import KnowledgeClient
    from chatkeep.agents.models import CreatedModel
    from chatkeep.agents.workflow import Searcher
    from chatkeep.chat.server import ChatServer
    from chatkeep.knowledge.evaluate.golden import Answerer, Judge

from chatkeep.wiring.knowledge import DATABASE, KnowledgeBase, open_knowledge, warn_of_an_index_left_behind
from chatkeep.wiring.upkeep import kept_up

_DOCUMENTS_TO_SUGGEST_FROM = 12


@dataclass(frozen=True, slots=True)
class _Readable:
    """What answering needs of a knowledge base, wherever it is."""

    database: Database
    documents: SqlDocuments
    passages: PassageReader
    embedder: TextEmbedder | None
    searcher: "Searcher"
    check: Callable[[], Awaitable[None]]


@asynccontextmanager
async def open_services(settings: Settings, knowledge_socket: Path | None = None) -> AsyncIterator[Services]:
    """What the HTTP routes call.

    Args:
        knowledge_socket: where another process answers from the knowledge base; None: open it here.

    Raises:
        ConfigurationError: a setting is wrong, or the data folder or the Redis cannot be used.
        NotReady: nobody answers at `knowledge_socket`.
    """
    opening = _shared_knowledge(settings, knowledge_socket) if knowledge_socket else _own_knowledge(settings)
    async with open_journal(settings) as journal, opening as knowledge:
        # The Agents SDK takes two seconds to import: in a thread, so that the loop goes on answering.
        chat, model = await anyio.to_thread.run_sync(_assistant, settings, knowledge, journal)
        try:
            library = _Library(knowledge.documents, knowledge.passages, PdfPages())

            async def check() -> None:
                await journal.check()
                await knowledge.check()

            yield Services(
                chat=chat,
                sources=library,
                suggestions=library,
                model_name=model.name,
                check=check,
            )
        finally:
            await chat.aclose()
            await model.aclose()


@asynccontextmanager
async def _own_knowledge(settings: Settings) -> AsyncIterator[_Readable]:
    async with open_knowledge(settings) as own, kept_up(settings, own):
        await warn_of_an_index_left_behind(own)
        yield _Readable(own.database, own.documents, own.index, own.embedder, own.retriever, own.index.check)


@asynccontextmanager
async def _shared_knowledge(settings: Settings, socket: Path) -> AsyncIterator[_Readable]:
    connected = await anyio.to_thread.run_sync(_knowledge_client)
    async with connected(socket) as client:
        embedder = client if await client.embeds() else None
        database = await open_database(settings.data_dir / DATABASE)
        try:
            yield _Readable(database, SqlDocuments(database), client, embedder, client, _nothing_to_check)
        finally:
            await database.close()


async def _nothing_to_check() -> None:
    """The process that owns the knowledge base is watched by its supervisor."""


def _knowledge_client() -> "Callable[[Path], AbstractAsyncContextManager[KnowledgeClient]]":
    from chatkeep.adapters.knowledge_socket.client import connected  # some megabytes that one worker saves

    return connected


@asynccontextmanager
async def open_journal(settings: Settings) -> AsyncIterator[StreamJournal]:
    """The journal of answers in the making: on Redis if `settings` name one, otherwise in memory.

    Raises:
        ConfigurationError: the Redis cannot be reached or is not one that will do.
        MissingDependency: the client for it is not installed.
    """
    if settings.redis_url is None:
        yield MemoryJournal()
        return
    # In a thread: the client takes a third of a second to import.
    journal = await anyio.to_thread.run_sync(_redis_journal, str(settings.redis_url))
    try:
        try:
            await journal.check()
        except JournalUnavailable as error:
            raise ConfigurationError(f"{error} CHATKEEP_REDIS_URL is its address.") from None
        yield journal
    finally:
        await journal.aclose()


def _redis_journal(url: str) -> StreamJournal:
    try:
        from chatkeep.adapters.redis_journal import RedisJournal
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "redis":
            raise
        raise MissingDependency(
            "CHATKEEP_REDIS_URL is set, but the client for Redis is not installed: "
            "pip install 'chatkeep[redis]'"
        ) from None
    return RedisJournal(url)


def _assistant(
    settings: Settings, knowledge: _Readable, journal: StreamJournal
) -> "tuple[ChatServer, CreatedModel]":
    from chatkeep.adapters.sql.threads import SqlStore
    from chatkeep.agents.client_tools import read_client_tools
    from chatkeep.agents.models import create_model
    from chatkeep.agents.workflow import Workflow
    from chatkeep.chat.server import ChatServer
    from chatkeep.knowledge.cite import Checker
    from chatkeep.streams.runs import Limits

    clock = SystemClock()
    store = SqlStore(knowledge.database, clock)
    tools = read_client_tools(settings.client_tools) if settings.client_tools else ()
    model = create_model(settings.model, knowledge.embedder)
    limits = Limits(settings.max_runs, settings.disconnect_grace, settings.abandon_after)
    chat = ChatServer(
        store,
        store,
        Workflow(model, knowledge.searcher, passage_tokens=settings.passage_tokens, tools=tools),
        clock,
        journal,
        limits=limits,
        image_domains=settings.image_domains,
        checker=Checker(knowledge.embedder),
        tells_steps=settings.steps,
    )
    return chat, model


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers outside of a conversation, and the model behind it."""

    answerer: "Answerer"
    judge: "Judge | None"
    model_name: str


@asynccontextmanager
async def open_answering(
    settings: Settings, knowledge: KnowledgeBase, *, judge: bool = False
) -> AsyncIterator[Answering]:
    """The workflow that the server runs, on `knowledge`, without threads.

    Args:
        judge: have the model judge answers too.

    Raises:
        ConfigurationError: a setting is wrong, or a judge is wanted and no model is configured.
    """
    from chatkeep.agents.judge import ModelJudge
    from chatkeep.agents.models import create_model
    from chatkeep.agents.workflow import Workflow
    from chatkeep.chat.answers import WorkflowAnswerer
    from chatkeep.knowledge.cite import Checker

    if judge and settings.model.provider == "extractive":
        raise ConfigurationError(
            "Judging needs a language model, and none is configured: set OPENAI_API_KEY or LLM_PROVIDER."
        )
    model = create_model(settings.model, knowledge.embedder)
    try:
        workflow = Workflow(model, knowledge.retriever, passage_tokens=settings.passage_tokens)
        answerer = WorkflowAnswerer(workflow, SystemClock(), Checker(knowledge.embedder))
        yield Answering(answerer, ModelJudge(model) if judge else None, model.name)
    finally:
        await model.aclose()


class _Library:
    """Reads documents for the pages: what a citation points to, what one might ask."""

    def __init__(self, documents: DocumentStore, passages: PassageReader, pages: PageDrawer) -> None:
        self._documents = documents
        self._passages = passages
        self._pages = pages

    async def passage(self, passage_id: str, context: RequestContext) -> tuple[Passage, Document]:
        found = await self._passages.passages([PassageId(passage_id)], context)
        if not found:
            raise NotFound("This source is no longer here.")
        return found[0], await self._documents.load(found[0].document_id, context)

    async def document(self, document_id: str, context: RequestContext) -> Document:
        return await self._documents.load(DocumentId(document_id), context)

    async def page_image(self, document: Document, page: Page) -> PageImage | None:
        return await self._pages.draw(document, page)

    async def suggestions(self, context: RequestContext) -> list[Suggestion]:
        documents = await self._documents.some(_DOCUMENTS_TO_SUGGEST_FROM, context)
        return await anyio.to_thread.run_sync(suggest, documents)  # they may be large, and are read whole
