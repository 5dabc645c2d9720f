"""The two legs of a search as SQL, and what narrows them. Pure: text and arguments.

BM25 is Okapi's with Lucene's IDF, ln(1 + (n - df + 0.5) / (df + 0.5)), which is never negative. How rare
a term is, and how long a chunk is on average, counts within the tenant: another's documents must not show
in one's ranking.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chatkeep.adapters.pgvector.schema import Space
from chatkeep.core.context import RequestContext
from chatkeep.knowledge.protocols import Vectors, Where
from chatkeep.knowledge.terms import QueryTerms

_K, _B = 1.2, 0.75  # as `knowledge.terms` has them


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant's number, and its sums: chunks, and words in them."""

    number: int
    chunks: int
    length: int
    languages: tuple[str, ...]

    @property
    def average(self) -> float:
        return max(self.length / self.chunks, 1.0) if self.chunks else 1.0


@dataclass(slots=True)
class Query:
    """A statement and its arguments; `add` gives the next one's place."""

    sql: str = ""
    arguments: list[Any] = field(default_factory=list)

    def add(self, argument: Any) -> str:
        self.arguments.append(argument)
        return f"${len(self.arguments)}"


def nearest(
    space: Space, vector: Vectors, tenant: Tenant, limit: int, context: RequestContext, where: Where
) -> Query:
    """id and score of the rows whose vectors are nearest in direction."""
    query = Query()
    query.add(vector)  # `space.distance` calls it $1
    conditions = " AND ".join(_conditions(query, tenant, context, where))
    query.sql = (
        f"SELECT id, 1 - ({space.distance}) AS score FROM {space.chunks} AS chunk "
        f"WHERE vector IS NOT NULL AND {conditions} ORDER BY {space.distance} LIMIT {query.add(limit)}"
    )
    return query


def best_by_words(
    space: Space, words: QueryTerms, tenant: Tenant, limit: int, context: RequestContext, where: Where
) -> Query:
    """id and score of the rows that BM25 finds best."""
    query = Query()
    terms, weights = query.add(words.indices), query.add(words.weights)
    number, chunks, average = query.add(tenant.number), query.add(tenant.chunks), query.add(tenant.average)
    conditions = " AND ".join(_conditions(query, tenant, context, where))
    query.sql = f"""
        WITH found AS MATERIALIZED (
            SELECT term, chunk, count, posting.length, wanted.weight
            FROM unnest({terms}::bigint[], {weights}::float8[]) AS wanted (term, weight)
            JOIN {space.postings} AS posting USING (term)
            WHERE tenant = {number}
        ), rarity AS (
            SELECT term, min(weight) * ln(1 + ({chunks}::bigint - count(*) + 0.5) / (count(*) + 0.5)) AS idf
            FROM found GROUP BY term
        ), scored AS (
            SELECT chunk AS key, sum(
                idf * count * ({_K} + 1) / (count + {_K} * (1 - {_B} + {_B} * length / {average}::float8))
            ) AS score
            FROM found JOIN rarity USING (term) GROUP BY chunk
        )
        SELECT id, score FROM scored JOIN {space.chunks} AS chunk USING (key)
        WHERE score > 0 AND {conditions} ORDER BY score DESC, id LIMIT {query.add(limit)}
    """
    return query


def _conditions(query: Query, tenant: Tenant, context: RequestContext, where: Where) -> list[str]:
    conditions = [f"chunk.tenant = {query.add(tenant.number)}", readable(query, context)]
    if where.sources is not None:
        conditions.append(f"chunk.source = ANY({query.add(list(where.sources))}::text[])")
    if where.metadata:
        conditions.append(f"chunk.metadata @> {query.add(dict(where.metadata))}::jsonb")
    if where.since is not None:
        conditions.append(f"chunk.modified_at >= {query.add(where.since)}")
    if where.passages is not None:
        conditions.append(f"chunk.id = ANY({query.add(uuids(where.passages))}::uuid[])")
    return conditions


def uuids(ids: Sequence[str]) -> list[UUID]:
    """Those of `ids` that are spelt as ours are; nothing else can be stored."""
    found = []
    for id_ in ids:
        with suppress(ValueError):
            if str(uuid := UUID(id_)) == id_:
                found.append(uuid)
    return found


def readable(query: Query, context: RequestContext) -> str:
    """What the context's labels allow."""
    return f"(chunk.labels = '{{}}' OR chunk.labels && {query.add(list(context.labels))}::text[])"
