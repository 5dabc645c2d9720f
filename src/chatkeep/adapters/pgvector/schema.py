"""The tables, and how they come to be: whoever opens the index first makes them, others wait for it.

    chatkeep_index.version     how far the migrations have come
    chatkeep_index.spaces      one row for each vector space: its tables' number, its generation
    chatkeep_index.tenants_N   each tenant's number, and its sums for BM25
    chatkeep_index.chunks_N    the chunks: what searches are narrowed by, texts, vectors
    chatkeep_index.postings_N  BM25's inverted index: tenant, term, chunk, how often, out of how many

A column of vectors has one length, so each space has tables of its own. Another embedder begins with
empty ones; the old ones stay until all that was in them is in the new ones. The name of a space holds all
that shapes what is stored.
"""

import secrets
from dataclasses import dataclass

import asyncpg

from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.protocols import Embedder
from chatkeep.knowledge.terms import TERMS_VERSION

SCHEMA = "chatkeep_index"

_LAYOUT = 1  # raise it when the tables of a space change: it opens a new space
_LOCK = 0x63_68_61_74_6B_65_65_70  # "chatkeep": an advisory lock's number, one in the whole database
_MOST_INDEXED, _MOST_HALVED = 2_000, 4_000  # dimensions that HNSW takes as vector and as halfvec

_MIGRATIONS: tuple[str, ...] = (
    f"""
    CREATE TABLE {SCHEMA}.spaces (
        number serial PRIMARY KEY,
        name text NOT NULL UNIQUE,
        dimensions int,
        generation text NOT NULL,
        complete boolean NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
)

_SPACE = """
    CREATE TABLE {schema}.tenants_{number} (
        number serial PRIMARY KEY,
        name text NOT NULL UNIQUE,
        chunks bigint NOT NULL DEFAULT 0,
        length bigint NOT NULL DEFAULT 0,
        languages text[] NOT NULL DEFAULT '{{}}'
    );
    CREATE TABLE {schema}.chunks_{number} (
        key bigserial PRIMARY KEY,
        tenant int NOT NULL,
        id uuid NOT NULL,
        document uuid NOT NULL,
        length int NOT NULL,
        modified_at timestamptz,
        source text NOT NULL,
        labels text[] NOT NULL,
        metadata jsonb NOT NULL,
        path text NOT NULL,
        title text NOT NULL,
        headings text[] NOT NULL,
        first int NOT NULL,
        past int NOT NULL,
        place text NOT NULL,
        url text NOT NULL,
        language text NOT NULL,
        body text NOT NULL,
        vector {vector},
        UNIQUE (tenant, id)
    ) WITH (toast_tuple_target = 128);
    ALTER TABLE {schema}.chunks_{number} ALTER COLUMN vector SET STORAGE EXTERNAL;
    CREATE INDEX ON {schema}.chunks_{number} (tenant, document);
    CREATE INDEX ON {schema}.chunks_{number} (tenant, source);
    CREATE INDEX ON {schema}.chunks_{number} (tenant, modified_at);
    CREATE INDEX ON {schema}.chunks_{number} USING gin (metadata jsonb_path_ops);
    CREATE TABLE {schema}.postings_{number} (
        tenant int NOT NULL,
        term bigint NOT NULL,
        chunk bigint NOT NULL,
        count int NOT NULL,
        length int NOT NULL,
        PRIMARY KEY (tenant, term, chunk) INCLUDE (count, length)
    );
    CREATE INDEX ON {schema}.postings_{number} (chunk);
"""
# `toast_tuple_target`: texts and vectors lie elsewhere, so that what is filtered by is dense on its pages.


@dataclass(frozen=True, slots=True)
class Space:
    """One vector space's tables.

    Attributes:
        dimensions: None: BM25 alone.
        complete: it replaces no other, or has all that was in it.
    """

    number: int
    generation: str
    dimensions: int | None
    complete: bool = True

    @property
    def tenants(self) -> str:
        return f"{SCHEMA}.tenants_{self.number}"

    @property
    def chunks(self) -> str:
        return f"{SCHEMA}.chunks_{self.number}"

    @property
    def postings(self) -> str:
        return f"{SCHEMA}.postings_{self.number}"

    @property
    def distance(self) -> str:
        """Cosine distance of a row's vector to `$1`, spelt as the HNSW index has it."""
        if self.dimensions is not None and _MOST_INDEXED < self.dimensions <= _MOST_HALVED:
            half = f"halfvec({self.dimensions})"
            return f"(vector::{half}) <=> ($1::vector::{half})"
        return "vector <=> $1"


def space_name(embedder: Embedder | None) -> str:
    """All that shapes what is stored."""
    space = f"{embedder.name}/{embedder.dimensions}" if embedder else "bm25"
    return f"{_LAYOUT}/{TERMS_VERSION}/{space}"


async def prepared(connection: asyncpg.Connection, embedder: Embedder | None) -> Space:
    """The embedder's space, made if it is new. Safe when many processes do it at once.

    Raises:
        ConfigurationError: the database has no pgvector, or does not let us make tables.
    """
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            await _migrate(connection)
            return await _space(connection, embedder)
    except asyncpg.FeatureNotSupportedError:
        raise ConfigurationError(
            "The Postgres of CHATKEEP_PGVECTOR_URL has no pgvector: install it there, such as Debian's "
            "package postgresql-17-pgvector."
        ) from None
    except asyncpg.InsufficientPrivilegeError as error:
        raise ConfigurationError(
            f"The user of CHATKEEP_PGVECTOR_URL may not begin: {error}. "
            "Let an administrator run CREATE EXTENSION vector there, and grant the user CREATE on it."
        ) from None


async def _migrate(connection: asyncpg.Connection) -> None:
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    await connection.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.version (done int NOT NULL)")
    done = await connection.fetchval(f"SELECT done FROM {SCHEMA}.version") or 0
    if done > len(_MIGRATIONS):
        raise ConfigurationError(
            "The index in the database of CHATKEEP_PGVECTOR_URL was made by a newer chatkeep: "
            "update this one."
        )
    for migration in _MIGRATIONS[done:]:
        await connection.execute(migration)
    await connection.execute(f"DELETE FROM {SCHEMA}.version")
    await connection.execute(f"INSERT INTO {SCHEMA}.version VALUES ($1)", len(_MIGRATIONS))


async def _space(connection: asyncpg.Connection, embedder: Embedder | None) -> Space:
    name, dimensions = space_name(embedder), embedder.dimensions if embedder else None
    known = f"SELECT number, generation, complete FROM {SCHEMA}.spaces WHERE name = $1"
    if (row := await connection.fetchrow(known, name)) is not None:
        return Space(row["number"], row["generation"], dimensions, row["complete"])
    row = await connection.fetchrow(
        f"INSERT INTO {SCHEMA}.spaces (name, dimensions, generation, complete) "
        f"SELECT $1, $2, $3, NOT EXISTS (SELECT FROM {SCHEMA}.spaces) RETURNING number, generation, complete",
        name,
        dimensions,
        secrets.token_hex(8),
    )
    space = Space(row["number"], row["generation"], dimensions, row["complete"])
    vector = f"vector({dimensions})" if dimensions is not None else "vector"
    await connection.execute(_SPACE.format(schema=SCHEMA, number=space.number, vector=vector))
    if dimensions is not None and dimensions <= _MOST_INDEXED:
        await connection.execute(f"CREATE INDEX ON {space.chunks} USING hnsw (vector vector_cosine_ops)")
    elif dimensions is not None and dimensions <= _MOST_HALVED:
        half = f"(vector::halfvec({dimensions})) halfvec_cosine_ops"
        await connection.execute(f"CREATE INDEX ON {space.chunks} USING hnsw ({half})")
    return space


async def complete(connection: asyncpg.Connection, space: Space) -> None:
    """All that is to be found is in `space`: drop the others."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await connection.execute(
            f"UPDATE {SCHEMA}.spaces SET complete = true WHERE number = $1", space.number
        )
        gone = f"DELETE FROM {SCHEMA}.spaces WHERE number <> $1 RETURNING number, generation"
        for row in await connection.fetch(gone, space.number):
            other = Space(row["number"], row["generation"], None)
            await connection.execute(f"DROP TABLE {other.postings}, {other.chunks}, {other.tenants}")
