"""Reranking: a slower reader puts the best of the fused ranking into order. Optional.

Above: `retrieve`. Below: a `Reranker`: a cross-encoder on this machine, or the language model. What it was
not shown stays below what it was, in the fused order. Whatever goes wrong with it, the fused order stands.
"""

import asyncio
import logging
import math
from collections.abc import Sequence

from chatkeep.knowledge.documents import Passage
from chatkeep.knowledge.protocols import Hit, Reranker

_log = logging.getLogger(__name__)


async def reranked(
    query: str, passages: Sequence[Passage], reranker: Reranker, depth: int, seconds: float
) -> list[Hit]:
    """The first `depth` of `passages` with the reranker's scores, best first; empty if it failed.

    Equal scores keep the order they had.

    Args:
        seconds: how long the reranker may take.
    """
    shown = passages[:depth]
    if len(shown) < 2:
        return []
    try:
        async with asyncio.timeout(seconds):
            scores = [float(score) for score in await reranker.scores(query, shown)]
        if len(scores) != len(shown) or not all(map(math.isfinite, scores)):
            raise ValueError(f"The reranker gave {len(scores)} scores for {len(shown)} passages.")
    except Exception as error:  # noqa: BLE001 - a second opinion that fails must not cost the first
        reason = f"it took more than {seconds:g} s" if isinstance(error, TimeoutError) else repr(error)
        _log.warning("Reranking failed, the fused order stands: %s", reason)
        return []
    hits = [Hit(passage.id, score) for passage, score in zip(shown, scores, strict=True)]
    return sorted(hits, key=lambda hit: -hit.score)
