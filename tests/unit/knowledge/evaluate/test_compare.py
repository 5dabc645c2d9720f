"""Comparisons: paired, repeatable, and sure only of what is not chance."""

import numpy as np
import pytest

from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.evaluate.compare import bootstrap_interval, compare, randomisation_p
from chatkeep.knowledge.evaluate.runs import Case, Run


def run_of(scores: list[float], measure: str = "ndcg@10") -> Run:
    cases = [Case(str(n), f"question {n}", {measure: score}) for n, score in enumerate(scores)]
    return Run("beir", "collection", {}, cases, depth=10, seconds=1)


def test_p_of_three_equal_gains_is_what_counting_gives() -> None:
    """All eight ways to flip three signs: two are as far from zero."""
    assert randomisation_p(np.array([0.1, 0.1, 0.1])) == pytest.approx(2 / 8, abs=0.02)


def test_a_gain_everywhere_is_significant_and_noise_is_not() -> None:
    gain = np.full(20, 0.05)
    noise = np.array([0.3, -0.3] * 10)
    assert randomisation_p(gain) < 0.001
    assert randomisation_p(noise) > 0.9
    assert bootstrap_interval(gain) == pytest.approx((0.05, 0.05))
    low, high = bootstrap_interval(noise)
    assert low < 0 < high


def test_nothing_changed_is_certain_to_be_chance() -> None:
    assert randomisation_p(np.zeros(5)) == 1


def test_the_interval_of_a_known_spread() -> None:
    """The mean of n values of deviation s lies within about 1.96 s / sqrt(n)."""
    change = np.random.default_rng(1).normal(0.1, 0.2, 400)
    low, high = bootstrap_interval(change)
    assert (high - low) / 2 == pytest.approx(1.96 * 0.2 / 20, rel=0.1)


def test_better_and_worse_are_listed_by_how_much() -> None:
    found = compare(run_of([0.5, 0.5, 0.5, 0.5]), run_of([0.6, 0.9, 0.1, 0.5]))
    assert [change.after.id for change in found.better] == ["1", "0"]
    assert [change.after.id for change in found.worse] == ["2"]
    (difference,) = found.differences
    assert (difference.better, difference.worse, difference.cases) == (2, 1, 4)
    assert difference.change == pytest.approx(0.025)
    assert not difference.is_significant


def test_only_questions_that_are_the_same_are_compared() -> None:
    after = run_of([1, 1])
    after = Run("beir", "collection", {}, [after.cases[0], Case("1", "another", {"ndcg@10": 1})], 10, 1)
    found = compare(run_of([0, 0]), after)
    assert found.differences[0].cases == 1
    assert found.unpaired == 2


def test_runs_with_nothing_in_common_are_refused() -> None:
    with pytest.raises(InvalidInput, match="no question in common"):
        compare(run_of([]), run_of([1]))


def test_a_measure_that_one_run_lacks_is_left_out() -> None:
    assert compare(run_of([1], "mrr"), run_of([1])).differences == []


def test_the_same_comparison_comes_out_the_same() -> None:
    before, after = run_of([0.1, 0.4, 0.6]), run_of([0.3, 0.3, 0.9])
    assert compare(before, after).differences == compare(before, after).differences
