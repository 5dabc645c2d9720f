"""Diversity: passages that each add something, rather than eight that say one thing. Pure.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): each next passage is the one with the
best `relevance * score - (1 - relevance) * nearest`, where `nearest` is its greatest cosine to those chosen.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from chatkeep.knowledge.documents import PassageId
from chatkeep.knowledge.protocols import Hit, Vectors


def diverse(
    hits: Sequence[Hit], vectors: Mapping[PassageId, Vectors], limit: int, relevance: float
) -> list[PassageId]:
    """At most `limit` of `hits`, in the order they are chosen. The best hit is always the first.

    Args:
        hits: best first.
        vectors: unit vectors; a passage without one is like no other.
        relevance: from 0 to 1; at 1 the order stays as it is.
    """
    if not hits:
        return []
    if relevance >= 1:
        return [hit.id for hit in hits[:limit]]
    scores = _to_one([hit.score for hit in hits])
    among = _cosines(hits, vectors)
    chosen = [0]
    nearest = among[0].copy()
    worth = np.zeros(len(hits))
    while len(chosen) < min(limit, len(hits)):
        worth[:] = relevance * scores - (1 - relevance) * nearest
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
        np.maximum(nearest, among[chosen[-1]], out=nearest)
    return [hits[place].id for place in chosen]


def _to_one(scores: Sequence[float]) -> Vectors:
    """From 0 for the worst to 1 for the best; the middle where all are equal."""
    values = np.asarray(scores, dtype=np.float32)
    width = float(values.max() - values.min())
    scaled: Vectors = (values - values.min()) / width if width > 0 else np.full_like(values, 0.5)
    return scaled


def _cosines(hits: Sequence[Hit], vectors: Mapping[PassageId, Vectors]) -> Vectors:
    """Shape (len(hits), len(hits)); 0 where a vector is missing or the cosine is negative."""
    width = next((len(vector) for vector in vectors.values()), 1)
    missing = np.zeros(width, dtype=np.float32)
    rows = np.stack([vectors.get(hit.id, missing) for hit in hits])
    cosines: Vectors = np.maximum(rows @ rows.T, 0.0)
    return cosines
