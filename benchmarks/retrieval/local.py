"""`python -m benchmarks.retrieval.local FOLDER DATA`: `qdrant-client`'s local mode asked for the same.

The same vectors of meaning and of words, the same embedder, the same fusion (DBSF) in one call, in memory.
Words are weighed by the same BM25 with the usual average length.
"""

import asyncio
import sys
import time
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import qdrant_edge as edge
from qdrant_client import QdrantClient, models

from benchmarks.retrieval.corpus import Made, chunks, queries
from benchmarks.retrieval.timing import Times, timed
from chatkeep.settings import Settings
from chatkeep.wiring.embedding import open_embedder

_SECONDS = 60.0
_LIMIT, _CANDIDATES = 8, 100
_AT_ONCE = 500


async def main(folder: Path, data: Path) -> None:
    embedder = await open_embedder(Settings.load(data_dir=data))
    if embedder is None:
        raise SystemExit("This measurement needs the embedder's weights.")
    warnings.simplefilter("ignore")  # it warns of what is measured here: so many points
    client, words = QdrantClient(":memory:"), edge.Bm25(edge.Bm25Config(language="english"))
    client.create_collection(
        "bench",
        vectors_config={
            "dense": models.VectorParams(size=embedder.dimensions, distance=models.Distance.COSINE)
        },
        sparse_vectors_config={"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    began = time.perf_counter()
    numbered = enumerate(chunks(folder))
    while some := list(islice(numbered, _AT_ONCE)):
        client.upsert("bench", [_point(number, each, words) for number, each in some])
    fill = time.perf_counter() - began

    async def ask(query: str, tenant: models.Filter | None = None) -> object:
        vector = (await embedder.embed([query]))[0].tolist()
        weights = words.embed_query(query)
        sparse = models.SparseVector(indices=weights.indices, values=weights.values)
        legs = [
            models.Prefetch(query=vector, using="dense", limit=_CANDIDATES, filter=tenant),
            models.Prefetch(query=sparse, using="bm25", limit=_CANDIDATES, filter=tenant),
        ]
        fused = models.FusionQuery(fusion=models.Fusion.DBSF)
        return client.query_points("bench", prefetch=legs, query=fused, limit=_LIMIT)

    small = models.Filter(must=[models.FieldCondition(key="tenant", match=models.MatchValue(value="small"))])
    asked, warm_up = queries(folder)
    Times(
        embed=await timed(embedder.embed_query, asked, warm_up, _SECONDS),
        fused=await timed(ask, asked, warm_up, _SECONDS),
        filtered=await timed(lambda query: ask(query, small), asked, warm_up, _SECONDS),
        passages=[],
        fill=fill,
    ).print()
    await embedder.close()


def _point(number: int, made: Made, words: Any) -> models.PointStruct:
    weights = words.embed_document(made.text)
    sparse = models.SparseVector(indices=weights.indices, values=weights.values)
    payload = {"tenant": made.tenant, "text": made.text}
    return models.PointStruct(
        id=number, vector={"dense": made.vector.tolist(), "bm25": sparse}, payload=payload
    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
