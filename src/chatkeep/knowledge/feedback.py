"""Pseudo-relevance feedback: the question, moved towards what answers it best so far. Pure.

Questions and answers are worded differently, and so their vectors lie apart. Both legs together know better
than the question where the answers are: so the search by meaning is asked again with the question's vector
plus half the mean of the three best passages' (Rocchio, 1971; for dense vectors Li et al., ACM TOIS 2023).
BM25 is not asked again: what it adds is that it says what was asked. nDCG@10 of the fused ranking with
all-MiniLM-L6-v2, each leg's scale made of its whole hundred, and the same without feedback: SciFact 0.732
(0.725), Cranfield 0.443 (0.436), anthropic_docs 0.835 (0.832). Weights of 0.25 and 1 were worse on some
collection, as were two passages.
"""

from collections.abc import Sequence

import numpy as np

from chatkeep.knowledge.protocols import Vectors

PASSAGES = 3
"""The best of the first fused ranking that the question is moved towards."""

_WEIGHT = 0.5


def moved(question: Vectors, best: Sequence[Vectors]) -> Vectors:
    """A unit vector, shape (dimensions,) as each given; the question's own where nothing was found."""
    if not best:
        return question
    towards = question + _WEIGHT * np.mean(best, axis=0)
    unit: Vectors = (towards / np.linalg.norm(towards)).astype(np.float32)
    return unit
