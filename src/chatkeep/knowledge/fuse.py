"""Fusion: one ranking out of what the legs of a hybrid search found. Pure.

Dense and BM25 scores live on different scales. Distribution-based score fusion (DBSF) puts each
leg on its own scale of mean plus or minus three standard deviations and adds; on the collections we
measured it beat reciprocal rank fusion (RRF) and a convex combination, by a little, on each.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence

from chatkeep.knowledge.documents import PassageId
from chatkeep.knowledge.protocols import Hit, Legs

_MIDDLE = 0.5  # what a leg says of its hits when their scores tell nothing apart


def dbsf(legs: Legs) -> list[Hit]:
    """Best first; the score is the sum of each leg's normalised score, 0 for what a leg did not find."""
    return _summed([_normalised(legs.dense), _normalised(legs.sparse)])


def _normalised(leg: Sequence[Hit]) -> list[Hit]:
    if len(leg) < 2:
        return [Hit(hit.id, _MIDDLE) for hit in leg]
    scores = [hit.score for hit in leg]
    mean, deviation = statistics.fmean(scores), statistics.stdev(scores)
    if deviation == 0 or not math.isfinite(deviation):
        return [Hit(hit.id, _MIDDLE) for hit in leg]
    lowest, width = mean - 3 * deviation, 6 * deviation
    return [Hit(hit.id, min(1.0, max(0.0, (hit.score - lowest) / width))) for hit in leg]


def _summed(legs: Sequence[Sequence[Hit]]) -> list[Hit]:
    sums: dict[PassageId, float] = defaultdict(float)
    for leg in legs:
        for hit in leg:
            sums[hit.id] += hit.score
    return [Hit(passage, score) for passage, score in sorted(sums.items(), key=lambda pair: -pair[1])]
