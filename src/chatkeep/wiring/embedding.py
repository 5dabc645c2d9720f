"""Which embedder the settings name."""

from collections.abc import Callable

from chatkeep.adapters.embeddings.endpoint import EndpointEmbedder
from chatkeep.adapters.embeddings.named import find_named
from chatkeep.adapters.embeddings.weights import find_embedder
from chatkeep.knowledge.protocols import (
    Embedder,
)
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

FetchProgress = Callable[[int, int], None]
"""Told of a download: bytes received, bytes in all."""


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
