"""Fusion: what two rankings make together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.documents import PassageId
from chatkeep.knowledge.fuse import dbsf
from chatkeep.knowledge.protocols import Hit, Legs


def hits(**scores: float) -> list[Hit]:
    return [Hit(PassageId(name), score) for name, score in scores.items()]


legs = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-1e6, 1e6, allow_nan=False), max_size=8).map(
    lambda scores: sorted(hits(**scores), key=lambda hit: -hit.score)
)


@given(legs, legs)
def test_every_hit_is_there_once_best_first(dense: list[Hit], sparse: list[Hit]) -> None:
    fused = dbsf(Legs(dense, sparse))
    assert {hit.id for hit in fused} == {hit.id for hit in [*dense, *sparse]}
    assert len(fused) == len({hit.id for hit in fused})
    assert fused == sorted(fused, key=lambda hit: -hit.score)


@given(legs, legs)
def test_dbsf_scores_are_between_0_and_2(dense: list[Hit], sparse: list[Hit]) -> None:
    assert all(0 <= hit.score <= 2 for hit in dbsf(Legs(dense, sparse)))


@given(legs)
def test_one_leg_alone_keeps_its_order(leg: list[Hit]) -> None:
    fused = {hit.id: hit.score for hit in dbsf(Legs(leg, ()))}
    scores = [fused[hit.id] for hit in leg]
    assert scores == sorted(scores, reverse=True)


def test_dbsf_by_hand() -> None:
    """Scores 3, 2, 1: mean 2, sample deviation 1; so 2/3, 1/2, 1/3 of the span of six deviations."""
    fused = dbsf(Legs(hits(a=3.0, b=2.0, c=1.0), hits(b=30.0, c=20.0, d=10.0)))
    assert {hit.id: hit.score for hit in fused} == pytest.approx(
        {"b": 1 / 2 + 2 / 3, "c": 1 / 3 + 1 / 2, "a": 2 / 3, "d": 1 / 3}
    )


def test_a_leg_that_tells_nothing_apart_says_one_half() -> None:
    assert [hit.score for hit in dbsf(Legs(hits(a=7.0, b=7.0), ()))] == [0.5, 0.5]
    assert [hit.score for hit in dbsf(Legs((), hits(a=7.0)))] == [0.5]
    assert dbsf(Legs((), ())) == []
