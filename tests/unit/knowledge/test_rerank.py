"""Reranking is bounded, and what is no answer is not taken for one."""

import asyncio
from collections.abc import Sequence

import pytest

from chatkeep.knowledge.documents import Passage
from chatkeep.knowledge.rerank import reranked
from tests.unit.knowledge.samples import sample

THREE = [sample(name, name, None).passage for name in "abc"]


class Says:
    def __init__(self, *scores: float) -> None:
        self.given = scores

    async def scores(self, query: str, passages: Sequence[Passage]) -> Sequence[float]:
        return self.given


class Never:
    async def scores(self, query: str, passages: Sequence[Passage]) -> Sequence[float]:
        await asyncio.Event().wait()
        return []


async def test_equal_scores_keep_their_order() -> None:
    hits = await reranked("q", THREE, Says(1, 2, 1), 3, 1.0)
    assert [hit.id for hit in hits] == [THREE[1].id, THREE[0].id, THREE[2].id]


@pytest.mark.parametrize("scores", [(1.0,), (1.0, float("nan"), 2.0), (1.0, float("inf"), 2.0)])
async def test_too_few_scores_or_none_that_compare_are_a_failure(scores: tuple[float, ...]) -> None:
    assert await reranked("q", THREE, Says(*scores), 3, 1.0) == []


async def test_patience_ends() -> None:
    assert await reranked("q", THREE, Never(), 3, 0.01) == []


async def test_one_passage_needs_no_order() -> None:
    assert await reranked("q", THREE[:1], Never(), 3, 1.0) == []
