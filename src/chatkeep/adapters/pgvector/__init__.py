"""The vector index in a Postgres with pgvector, for those who run one already.

    __init__   the entry point `pgvector` of the group `chatkeep.vector_indexes`
    index      `VectorIndex`: transactions, and what an error of the database means
    queries    the two legs of a search, and what narrows them, as SQL
    schema     the tables, and how they come to be

Nothing of chatkeep's own imports this package by name: it is found as any third party's index is.
"""

from chatkeep.core.errors import ConfigurationError, MissingDependency
from chatkeep.knowledge.protocols import Embedder, VectorIndex
from chatkeep.settings import Settings


async def open_index(settings: Settings, embedder: Embedder | None) -> VectorIndex:
    """As `wiring.open_index` promises, for `CHATKEEP_VECTOR_INDEX=pgvector`."""
    if settings.pgvector_url is None:
        raise ConfigurationError(
            "CHATKEEP_VECTOR_INDEX is pgvector: set CHATKEEP_PGVECTOR_URL to the address of the database."
        )
    try:
        from chatkeep.adapters.pgvector.index import PgVectorIndex
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "asyncpg":
            raise
        raise MissingDependency(
            "CHATKEEP_VECTOR_INDEX is pgvector, but the client for Postgres is not installed: "
            "pip install 'chatkeep[pgvector]'"
        ) from None
    return await PgVectorIndex.open(settings.pgvector_url.get_secret_value(), embedder)
