"""Wiring: settings to adapters to services. The only module that knows them all.

Above: `app` opens the services for the server, `cli` the knowledge base alone. Everything opened
here is closed when the context ends, in reverse order. A worker among several opens the database itself
and reads the knowledge base over a socket: what answers is the same code, and does not know.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from chatkeep.adapters.egress import Allowed, Egress
from chatkeep.adapters.embeddings.endpoint import EndpointEmbedder
from chatkeep.adapters.embeddings.named import find_named
from chatkeep.adapters.embeddings.weights import find_embedder
from chatkeep.adapters.memory_journal import MemoryJournal
from chatkeep.adapters.parsing.limits import Limits as ParsingLimits
from chatkeep.adapters.parsing.pool import ParserPool
from chatkeep.adapters.pdf.pages import PdfPages
from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.adapters.sql.documents import SqlDocuments
from chatkeep.adapters.sql.engine import Database, open_database
from chatkeep.adapters.watching import DiskChanges
from chatkeep.core.clock import SystemClock
from chatkeep.core.context import RequestContext, local_context
from chatkeep.core.errors import ConfigurationError, JournalUnavailable, MissingDependency, NotFound
from chatkeep.http.deps import Services
from chatkeep.knowledge.documents import Document, DocumentId, Passage, PassageId
from chatkeep.knowledge.ingest import Library, Report, ingest
from chatkeep.knowledge.lanes import FastLane, SlowLane
from chatkeep.knowledge.language import stop_words
from chatkeep.knowledge.pages import Page, PageDrawer, PageImage
from chatkeep.knowledge.protocols import (
    DocumentStore,
    Embedder,
    Fetcher,
    PassageReader,
    Reranker,
    TextEmbedder,
    VectorIndex,
)
from chatkeep.knowledge.retrieve import Options, Retriever
from chatkeep.knowledge.sources import FolderSource, Source
from chatkeep.knowledge.sources.declared import Declarations, Declared
from chatkeep.knowledge.sources.git import CheckoutSource, RepositorySource, folder_name, repository
from chatkeep.knowledge.sources.visits import Visits
from chatkeep.knowledge.sources.web import Limits, SitemapSource, SiteSource
from chatkeep.knowledge.suggest import Suggestion, suggest
from chatkeep.knowledge.upkeep import Tended, Upkeep
from chatkeep.settings import Settings
from chatkeep.streams.protocols import StreamJournal
from chatkeep.telemetry.logs import get_logger

if TYPE_CHECKING:
    from chatkeep.adapters.knowledge_socket.client import KnowledgeClient
    from chatkeep.adapters.qdrant.moving import Moved
    from chatkeep.adapters.qdrant.server import QdrantServerIndex
    from chatkeep.agents.models import CreatedModel
    from chatkeep.agents.workflow import Searcher
    from chatkeep.chat.server import ChatServer
    from chatkeep.knowledge.evaluate.golden import Answerer, Judge

_log = get_logger(__name__)

_DATABASE = "chatkeep.db"
_DOCUMENTS_TO_SUGGEST_FROM = 12
_MOST_PARSERS = 4  # more than these feed any embedder

INDEXES = "chatkeep.vector_indexes"
"""The group of entry points through which packages offer indexes, each an `OpenIndex`."""

OpenIndex = Callable[[Settings, Embedder | None], Awaitable[VectorIndex]]
"""Opens an index for an embedder; None: BM25 alone. It raises what `open_index` does."""

FetchProgress = Callable[[int, int], None]
"""Told of a download: bytes received, bytes in all."""


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """The documents and their index, open."""

    database: Database
    documents: SqlDocuments
    index: VectorIndex
    embedder: FastLane | None
    retriever: Retriever
    parser: ParserPool

    def library(self, settings: Settings) -> Library:
        """What ingesting reads and writes."""
        return Library(self.documents, self.index, self.embedder, settings.max_file_bytes, self.parser)


@dataclass(frozen=True, slots=True)
class _Readable:
    """What answering needs of a knowledge base, wherever it is."""

    database: Database
    documents: SqlDocuments
    passages: PassageReader
    embedder: TextEmbedder | None
    searcher: "Searcher"
    check: Callable[[], Awaitable[None]]


async def open_embedder(
    settings: Settings, *, may_fetch: bool = False, progress: FetchProgress | None = None
) -> Embedder | None:
    """The embedder that `settings` name; None: search by BM25 alone, which is said in the log.

    Args:
        may_fetch: fetch its weights when they are nowhere on this machine.
        progress: told of the fetch.

    Raises:
        ConfigurationError: what they name does not exist or cannot be used.
        EmbedderUnavailable: an endpoint cannot be reached.
        MissingDependency: the package that runs it is not installed.
    """
    if settings.embedder == "none":
        return None
    if settings.embedder == "endpoint":
        return await EndpointEmbedder.open(settings.embeddings)
    hub = str(settings.model_hub_url) if settings.model_hub_url and may_fetch else None
    kind, _, name = settings.embedder.partition(":")
    if name:
        named = await find_named(kind, name, settings.data_dir, hub, settings.embeddings)
        if named is None:
            _log.warning(
                "no_embedder", notice=f"The model {name} is not on this machine. Searching by BM25 alone."
            )
        return named
    found = await find_embedder(settings.data_dir, hub, progress)
    if found.notice:
        _log.warning("no_embedder", notice=found.notice)
    return found.embedder


def parser_pool(settings: Settings) -> ParserPool:
    """What parses documents, within the limits that `settings` name."""
    # A file of text is no shorter than its text; what is compressed may be.
    characters = 2 * settings.max_file_bytes
    limits = ParsingLimits(settings.parse_memory, settings.parse_seconds, characters)
    return ParserPool(limits, settings.parse_processes or min(os.cpu_count() or 1, _MOST_PARSERS))


async def new_index(folder: Path, embedder: Embedder | None) -> VectorIndex:
    """An empty index in `folder`, for one evaluation."""
    return await EdgeIndex.open(folder, embedder)


async def open_index(settings: Settings, embedder: Embedder | None) -> VectorIndex:
    """The index that `settings` name, open. Another kind of index is another name here, or an entry point.

    Raises:
        ConfigurationError: no index has that name, or it cannot be opened or reached.
        MissingDependency: what it needs is not installed.
    """
    match settings.index:
        case "edge":
            return await EdgeIndex.open(settings.data_dir, embedder)
        case "qdrant":
            return await _open_qdrant(settings, embedder)
        case name:
            offered = await anyio.to_thread.run_sync(_offered_index, name)
            return await offered(settings, embedder)


def _offered_index(name: str) -> OpenIndex:
    """What an installed package offers under this name. Blocks: it reads files and imports."""
    offered = {point.name: point for point in entry_points(group=INDEXES)}
    if name not in offered:
        known = ", ".join(["edge", "qdrant", *sorted(offered)])
        raise ConfigurationError(f"CHATKEEP_VECTOR_INDEX: there is no index {name!r}. Known: {known}.")
    try:
        opens: OpenIndex = offered[name].load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"The index {name} of {offered[name].value} cannot be loaded: {error}."
        ) from error
    return opens


async def move_index(settings: Settings, to: str, progress: Callable[[int, int], None]) -> "Moved":
    """Copy the embedded index of the data folder to the Qdrant server at `to`, and check that all is there.

    Args:
        progress: told of points looked at, and of points in all.

    Raises:
        DataDirectoryInUse: another process has the embedded index open.
        ConfigurationError: the server cannot be used, or the collection belongs to another index.
    """
    qdrant = settings.qdrant.model_copy(update={"qdrant_url": to})
    embedder = await open_embedder(settings)
    source = await EdgeIndex.open(settings.data_dir, embedder)
    try:
        elsewhere = settings.model_copy(update={"qdrant": qdrant})
        target = await _open_qdrant(elsewhere, embedder, generation=source.generation)
        try:
            from chatkeep.adapters.qdrant.moving import move

            return await move(source, target, progress)
        finally:
            await target.close()
    finally:
        await source.close()


async def _open_qdrant(
    settings: Settings, embedder: Embedder | None, *, generation: str | None = None
) -> "QdrantServerIndex":
    qdrant = settings.qdrant
    if qdrant.qdrant_url is None:
        raise ConfigurationError(
            "CHATKEEP_VECTOR_INDEX is qdrant: set QDRANT_URL to the address of the server."
        )
    # In a thread: the client takes a second to import.
    index = await anyio.to_thread.run_sync(_qdrant_index)
    key = qdrant.qdrant_api_key.get_secret_value() if qdrant.qdrant_api_key else None
    return await index.open(
        qdrant.qdrant_url,
        key,
        embedder,
        prefix=qdrant.qdrant_collection,
        patience=qdrant.qdrant_timeout,
        generation=generation,
    )


def _qdrant_index() -> "type[QdrantServerIndex]":
    try:
        from chatkeep.adapters.qdrant.server import QdrantServerIndex
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "qdrant_client":
            raise
        raise MissingDependency(
            "QDRANT_URL is set, but the client for Qdrant is not installed: pip install 'chatkeep[qdrant]'"
        ) from None
    return QdrantServerIndex


@asynccontextmanager
async def open_knowledge(
    settings: Settings,
    *,
    may_fetch: bool = False,
    progress: FetchProgress | None = None,
    folder: Path | None = None,
) -> AsyncIterator[KnowledgeBase]:
    """The knowledge base in the data folder, for this process alone.

    Args:
        may_fetch, progress: as for `open_embedder`.
        folder: has the database and an embedded index in place of the data folder and of what is set.

    Raises:
        DataDirectoryInUse: another process has it open.
        ConfigurationError: the folder, the database or the index cannot be used.
    """
    async with AsyncExitStack() as opened:
        found = await open_embedder(settings, may_fetch=may_fetch, progress=progress)
        embedder = FastLane(found) if found else None
        if embedder is not None:
            opened.push_async_callback(embedder.close)
        await anyio.to_thread.run_sync(stop_words)  # or the first question would read them, on the loop
        index = await (EdgeIndex.open(folder, embedder) if folder else open_index(settings, embedder))
        opened.push_async_callback(index.close)
        database = await open_database((folder or settings.data_dir) / _DATABASE)
        opened.push_async_callback(database.close)
        documents = SqlDocuments(database)
        sources = await anyio.to_thread.run_sync(_served, settings)
        reranker = await opened.enter_async_context(open_reranker(settings))
        options = retrieval_options(settings)
        retriever = Retriever(embedder, index, sources, documents, reranker, options)
        parser = parser_pool(settings)  # no process starts before there is something to read
        opened.push_async_callback(parser.aclose)
        yield KnowledgeBase(database, documents, index, embedder, retriever, parser)


@dataclass(frozen=True, slots=True)
class OpenSource:
    """A source, and what was declared of it."""

    source: Source
    declared: Declared

    @property
    def tended(self) -> Tended:
        return Tended(self.source, self.declared.interval, _last_visit(self.source))


def _served(settings: Settings) -> tuple[str, ...] | None:
    """The names of the sources to answer from; None: everything ingested."""
    return tuple(each.source.name for each in open_sources(settings, open_egress(settings))) or None


def open_egress(settings: Settings) -> Egress:
    """What fetches from the web, within what the operator allows.

    Raises:
        ConfigurationError: what is allowed cannot be meant.
    """
    return Egress(Allowed.parse(settings.egress_allow))


def open_sources(settings: Settings, fetcher: Fetcher) -> list[OpenSource]:
    """The sources that are named: those of `docs`, or else all that are declared. Nothing is looked at.

    Raises:
        ConfigurationError: what is declared cannot be meant.
        InvalidInput: a path does not exist.
    """
    declarations = Declarations.read(settings.sources) if settings.sources else Declarations()
    opened = [
        OpenSource(_source(declared, settings, fetcher), declared)
        for declared in declarations.chosen(settings.docs)
    ]
    for each in opened:
        _ = each.source.name, each.source.root  # which raise when nothing is there
    return opened


def _source(declared: Declared, settings: Settings, fetcher: Fetcher) -> Source:
    wanted, bearing = declared.wanted, declared.bearing
    folder = settings.data_dir.absolute() / "sources" / folder_name(f"{declared.place}@{declared.branch}")
    if declared.path is not None:
        return FolderSource(declared.path, wanted, bearing)
    if declared.git is not None:
        if not declared.is_remote:
            return CheckoutSource(repository(Path(declared.git)), wanted, bearing)
        return RepositorySource(
            declared.git, folder, fetcher, declared.branch, wanted, bearing, declared.max_bytes
        )
    limits = Limits(declared.max_pages, declared.max_depth, declared.delay)
    if declared.sitemap is not None:
        return SitemapSource(declared.sitemap, folder, fetcher, declared.prefix, wanted, bearing, limits)
    assert declared.url is not None  # noqa: S101 - one of the four is there
    return SiteSource(declared.url, folder, fetcher, declared.prefix, wanted, bearing, limits)


def _last_visit(source: Source) -> datetime | None:
    visits = getattr(source, "visits", None)
    return (
        visits.last if isinstance(visits, Visits) else SystemClock().now()
    )  # files were looked at at the start


@asynccontextmanager
async def kept_up(
    settings: Settings, knowledge: KnowledgeBase, on_report: Callable[[Report], None] | None = None
) -> AsyncIterator[None]:
    """While the context lasts, sources are looked at again: as often as declared, and when files change.

    Args:
        on_report: told of each look, besides the log.
    """
    slow = SlowLane(knowledge.embedder) if knowledge.embedder else None
    library = replace(knowledge.library(settings), embedder=slow)

    async def synchronise(sources: Sequence[Source]) -> None:
        report = await ingest(sources, library, local_context("upkeep"))
        await knowledge.index.optimize()
        _log.info(
            "synchronised",
            sources=[source.name for source in sources],
            added=report.added,
            updated=report.updated,
            removed=report.removed,
            skipped=len(report.skipped),
            seconds=round(report.seconds, 2),
        )
        for skipped in report.skipped:
            _log.debug("skipped", path=skipped.path, reason=skipped.reason)
        if on_report is not None:
            on_report(report)

    async with await anyio.to_thread.run_sync(open_egress, settings) as egress:
        opened = await anyio.to_thread.run_sync(open_sources, settings, egress)
        tended = await anyio.to_thread.run_sync(lambda: [each.tended for each in opened])
        changes = DiskChanges([settings.data_dir]) if settings.watch else None
        if changes is None and not any(each.interval for each in tended):
            yield
            return
        keeping = asyncio.create_task(Upkeep(tended, synchronise, SystemClock(), changes).run())
        keeping.add_done_callback(_say_why_it_ended)
        try:
            yield
        finally:
            keeping.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([keeping])


def _say_why_it_ended(keeping: "asyncio.Task[None]") -> None:
    if not keeping.cancelled() and (error := keeping.exception()):
        _log.error("upkeep_ended", exc_info=error)


def retrieval_options(settings: Settings) -> Options:
    """How passages are found and chosen, as `settings` have it."""
    return Options(
        half_life=settings.half_life,
        reranked=settings.reranked,
        rerank_seconds=settings.reranker_timeout,
        most=settings.passages,
        relevance=settings.passage_relevance,
        reach=settings.passage_reach,
    )


@asynccontextmanager
async def open_reranker(settings: Settings) -> AsyncIterator[Reranker | None]:
    """The reranker that `settings` name; None: the fused order stands.

    Raises:
        ConfigurationError: there is no such model.
        MissingDependency: what runs it is not installed.
    """
    match settings.reranker:
        case "none":
            yield None
        case "cross-encoder":
            yield await anyio.to_thread.run_sync(_cross_encoder, settings)
        case "llm":
            model = await anyio.to_thread.run_sync(_created_model, settings)
            try:
                from chatkeep.agents.rerank import ModelReranker

                yield ModelReranker(model)
            finally:
                await model.aclose()


def _cross_encoder(settings: Settings) -> Reranker:
    from chatkeep.adapters.reranking.cross_encoder import CrossEncoder
    from chatkeep.adapters.reranking.named import NamedCrossEncoder

    named = settings.reranker_model
    if named is None:
        raise ConfigurationError(
            "CHATKEEP_RERANKER is cross-encoder: CHATKEEP_RERANKER_MODEL must say which."
        )
    folder = Path(named).expanduser()
    return CrossEncoder(folder) if folder.is_dir() else NamedCrossEncoder(named, settings.data_dir / "models")


def _created_model(settings: Settings) -> "CreatedModel":
    from chatkeep.agents.models import create_model

    if settings.model.provider == "extractive":
        raise ConfigurationError("CHATKEEP_RERANKER is llm, but no language model is set: see LLM_PROVIDER.")
    return create_model(settings.model)


@asynccontextmanager
async def open_documents(settings: Settings) -> AsyncIterator[SqlDocuments]:
    """The documents alone, beside whoever has the index open.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    database = await open_database(settings.data_dir / _DATABASE)
    try:
        yield SqlDocuments(database)
    finally:
        await database.close()


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
        database = await open_database(settings.data_dir / _DATABASE)
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
    from chatkeep.agents.models import create_model
    from chatkeep.agents.workflow import Workflow
    from chatkeep.chat.server import ChatServer
    from chatkeep.knowledge.cite import Checker
    from chatkeep.streams.runs import Limits

    clock = SystemClock()
    store = SqlStore(knowledge.database, clock)
    model = create_model(settings.model, knowledge.embedder)
    limits = Limits(settings.max_runs, settings.disconnect_grace, settings.abandon_after)
    chat = ChatServer(
        store,
        store,
        Workflow(model, knowledge.searcher, passage_tokens=settings.passage_tokens),
        clock,
        journal,
        limits=limits,
        image_domains=settings.image_domains,
        checker=Checker(knowledge.embedder),
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


async def warn_of_an_index_left_behind(knowledge: KnowledgeBase) -> None:
    """Say in the log when there are documents and nothing of them can be found."""
    context = local_context("start")
    if await knowledge.documents.count(context) and not await knowledge.index.count(context):
        _log.warning(
            "index_empty",
            notice="The documents were ingested for another embedder. Run `chatkeep ingest` on them again.",
        )


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
