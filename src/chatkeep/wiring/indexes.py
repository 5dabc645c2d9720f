"""Which index the settings name: embedded, on a Qdrant server, or what an installed package offers."""

from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.core.errors import ConfigurationError, MissingDependency
from chatkeep.knowledge.protocols import (
    Embedder,
    VectorIndex,
)
from chatkeep.settings import Settings

if TYPE_CHECKING:
    from chatkeep.adapters.qdrant.moving import Moved
    from chatkeep.adapters.qdrant.server import QdrantServerIndex

from chatkeep.wiring.embedding import open_embedder

INDEXES = "chatkeep.vector_indexes"
"""The group of entry points through which packages offer indexes, each an `OpenIndex`."""

OpenIndex = Callable[[Settings, Embedder | None], Awaitable[VectorIndex]]
"""Opens an index for an embedder; None: BM25 alone. It raises what `open_index` does."""


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
