"""Diversity: the second passage is the best that says something else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.diversity import diverse
from chatkeep.knowledge.documents import PassageId
from chatkeep.knowledge.protocols import Hit, Vectors


def hits(**scores: float) -> list[Hit]:
    return [Hit(PassageId(name), score) for name, score in scores.items()]


def at(degrees: float) -> Vectors:
    angle = np.deg2rad(degrees)
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


NEAR = {PassageId("a"): at(0), PassageId("b"): at(5), PassageId("c"): at(80), PassageId("d"): at(85)}


def test_what_is_like_the_chosen_waits_for_what_is_not() -> None:
    assert diverse(hits(a=1.0, b=0.9, c=0.6, d=0.1), NEAR, 3, 0.5) == ["a", "c", "b"]


def test_with_relevance_alone_the_order_stays() -> None:
    assert diverse(hits(a=1.0, b=0.9, c=0.6), NEAR, 2, 1.0) == ["a", "b"]


def test_passages_without_vectors_are_like_no_other() -> None:
    assert diverse(hits(a=1.0, b=0.9, x=0.5), NEAR, 2, 0.5) == ["a", "x"]
    assert diverse(hits(x=1.0, y=0.9), {}, 2, 0.5) == ["x", "y"]


def test_nothing_is_found_in_nothing() -> None:
    assert diverse([], {}, 3, 0.5) == []


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=12),
    st.floats(0, 1),
    st.integers(1, 15),
)
def test_each_is_chosen_once_and_the_best_first(scores: list[float], relevance: float, limit: int) -> None:
    found = [Hit(PassageId(str(n)), score) for n, score in enumerate(sorted(scores, reverse=True))]
    vectors = {hit.id: at(37.0 * n) for n, hit in enumerate(found)}
    chosen = diverse(found, vectors, limit, relevance)
    assert chosen[0] == found[0].id
    assert len(set(chosen)) == len(chosen) == min(limit, len(found))


@pytest.mark.parametrize("relevance", [0.0, 0.5, 1.0])
def test_equal_scores_are_no_trouble(relevance: float) -> None:
    assert len(diverse(hits(a=0.5, b=0.5, c=0.5), NEAR, 3, relevance)) == 3
