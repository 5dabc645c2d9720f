"""Recency: of two passages that fit equally well, the newer document's first. Pure.

With a half-life, a score loses up to half of itself to age: `score * (1 + 2 ** (-age / half_life)) / 2`.
So age settles what relevance leaves open, and no age makes what was found disappear. A document whose age
is not known counts as one half-life old.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chatkeep.knowledge.documents import Passage

_SECONDS_A_DAY = 86_400.0


def freshest_first(passages: Sequence[Passage], half_life: float, now: datetime) -> list[Passage]:
    """The passages by their score after age took its share.

    Args:
        passages: with scores of at least 0.
        half_life: in days.
    """
    aged = [
        replace(passage, score=passage.score * (1 + _freshness(passage.modified_at, half_life, now)) / 2)
        for passage in passages
    ]
    return sorted(aged, key=lambda passage: -passage.score)


def _freshness(modified_at: datetime | None, half_life: float, now: datetime) -> float:
    if modified_at is None:
        return 0.5
    days = max(0.0, (now - modified_at).total_seconds() / _SECONDS_A_DAY)
    return float(0.5 ** (days / half_life))
