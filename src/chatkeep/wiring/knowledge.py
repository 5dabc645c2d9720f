"""The knowledge base in the data folder, open."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from chatkeep.adapters.parsing.limits import Limits as ParsingLimits
from chatkeep.adapters.parsing.pool import ParserPool
from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.adapters.sql.documents import SqlDocuments
from chatkeep.adapters.sql.engine import Database, open_database
from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.ingest import Library
from chatkeep.knowledge.lanes import FastLane
from chatkeep.knowledge.language import stop_words
from chatkeep.knowledge.protocols import (
    Reranker,
    VectorIndex,
)
from chatkeep.knowledge.retrieve import Options, Retriever
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import get_logger

if TYPE_CHECKING:
    from chatkeep.agents.models import CreatedModel

from chatkeep.wiring.embedding import FetchProgress, open_embedder
from chatkeep.wiring.indexes import open_index
from chatkeep.wiring.sources import served

_log = get_logger(__name__)

DATABASE = "chatkeep.db"

_MOST_PARSERS = 4  # more than these feed any embedder


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
        database = await open_database((folder or settings.data_dir) / DATABASE)
        opened.push_async_callback(database.close)
        documents = SqlDocuments(database)
        sources = await anyio.to_thread.run_sync(served, settings)
        reranker = await opened.enter_async_context(open_reranker(settings))
        options = retrieval_options(settings)
        retriever = Retriever(embedder, index, sources, documents, reranker, options)
        parser = parser_pool(settings)  # no process starts before there is something to read
        opened.push_async_callback(parser.aclose)
        yield KnowledgeBase(database, documents, index, embedder, retriever, parser)


@asynccontextmanager
async def open_documents(settings: Settings) -> AsyncIterator[SqlDocuments]:
    """The documents alone, beside whoever has the index open.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    database = await open_database(settings.data_dir / DATABASE)
    try:
        yield SqlDocuments(database)
    finally:
        await database.close()


def parser_pool(settings: Settings) -> ParserPool:
    """What parses documents, within the limits that `settings` name."""
    # A file of text is no shorter than its text; what is compressed may be.
    characters = 2 * settings.max_file_bytes
    limits = ParsingLimits(settings.parse_memory, settings.parse_seconds, characters)
    return ParserPool(limits, settings.parse_processes or min(os.cpu_count() or 1, _MOST_PARSERS))


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


async def warn_of_an_index_left_behind(knowledge: KnowledgeBase) -> None:
    """Say in the log when there are documents and nothing of them can be found."""
    context = local_context("start")
    if await knowledge.documents.count(context) and not await knowledge.index.count(context):
        _log.warning(
            "index_empty",
            notice="The documents were ingested for another embedder. Run `chatkeep ingest` on them again.",
        )
