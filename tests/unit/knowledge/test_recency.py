"""Recency: age settles what relevance leaves open, and takes half of a score at most."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chatkeep.knowledge.documents import Passage
from chatkeep.knowledge.recency import freshest_first
from tests.unit.knowledge.samples import sample

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def aged(days: float | None, score: float = 1.0) -> Passage:
    modified = None if days is None else NOW - timedelta(days=days)
    return replace(sample(str(days), "", None).passage, modified_at=modified, score=score)


def test_of_equal_scores_the_newest_comes_first_and_the_unknown_counts_as_one_half_life() -> None:
    found = freshest_first([aged(300), aged(None), aged(0), aged(60)], 100, NOW)
    assert [passage.modified_at and (NOW - passage.modified_at).days for passage in found] == [
        0,
        60,
        None,
        300,
    ]


def test_a_half_life_costs_a_quarter_and_no_age_more_than_half() -> None:
    scores = [freshest_first([aged(days)], 30, NOW)[0].score for days in (0, 30, 1e5)]
    assert scores == pytest.approx([1.0, 0.75, 0.5])


def test_what_fits_twice_as_well_is_never_passed_by_age() -> None:
    old, new = aged(10_000, score=1.01), aged(0, score=0.5)
    assert freshest_first([new, old], 1, NOW)[0].modified_at == old.modified_at


def test_a_date_in_the_future_is_now() -> None:
    assert freshest_first([aged(-5)], 1, NOW)[0].score == 1.0
