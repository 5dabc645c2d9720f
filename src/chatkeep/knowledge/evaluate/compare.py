"""Two runs of the same questions: what changed, and whether chance explains it. Pure.

A difference of means is tested by randomisation: were the two runs alike, each question's two scores could as
well be the other way round, so the signs of the differences are flipped at random, many times, and p is the
share of flips with a mean at least as far from zero (Smucker et al., CIKM 2007, recommend it for retrieval).
The interval is the bootstrap's over the questions. Both begin at the same seed: they come out the same each
time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.evaluate.runs import Case, Run

SIGNIFICANT = 0.05
_DRAWS = 10_000
_DRAWS_AT_ONCE = 500
_SEED = 20_200_101
_MAIN = {"beir": ("ndcg@10",), "golden": ("answer match", "citation recall", "mrr", "correct refusal")}
"""The measures by which a question got better or worse: the first of them that changed."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure in both runs, over the cases that have it in both.

    Attributes:
        low, high: of the difference, the 95 % interval.
        p: how likely a difference at least as large is by chance.
    """

    measure: str
    before: float
    after: float
    low: float
    high: float
    p: float
    cases: int
    better: int
    worse: int

    @property
    def change(self) -> float:
        return self.after - self.before

    @property
    def is_significant(self) -> bool:
        return self.p < SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Change:
    """A case that got better or worse, by the measure named."""

    before: Case
    after: Case
    measure: str

    @property
    def by(self) -> float:
        return self.after.scores[self.measure] - self.before.scores[self.measure]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one run to another.

    Attributes:
        better, worse: the largest change first.
        unpaired: how many cases only one of the two runs has.
    """

    before: Run
    after: Run
    differences: Sequence[Difference]
    better: Sequence[Change]
    worse: Sequence[Change]
    unpaired: int


def compare(before: Run, after: Run) -> Comparison:
    """Compare two runs case by case. Cases are the same when id and question are.

    Raises:
        InvalidInput: the runs have no case in common.
    """
    known = {(case.id, case.question): case for case in before.cases}
    pairs = [
        (known[case.id, case.question], case) for case in after.cases if (case.id, case.question) in known
    ]
    if not pairs:
        raise InvalidInput(f"The two evaluations of {after.name} have no question in common.")
    differences = [found for name in after.measures if (found := _difference(name, pairs)) is not None]
    changes = sorted(_changes(after.kind, pairs), key=lambda change: -abs(change.by))
    return Comparison(
        before,
        after,
        differences,
        better=[change for change in changes if change.by > 0],
        worse=[change for change in changes if change.by < 0],
        unpaired=len(before.cases) + len(after.cases) - 2 * len(pairs),
    )


def _difference(measure: str, pairs: Sequence[tuple[Case, Case]]) -> Difference | None:
    scores = np.array(
        [
            (before.scores[measure], after.scores[measure])
            for before, after in pairs
            if measure in before.scores and measure in after.scores
        ]
    )
    if not len(scores):
        return None
    change: Floats = scores[:, 1] - scores[:, 0]
    low, high = bootstrap_interval(change)
    return Difference(
        measure,
        before=float(scores[:, 0].mean()),
        after=float(scores[:, 1].mean()),
        low=low,
        high=high,
        p=randomisation_p(change),
        cases=len(change),
        better=int((change > 1e-9).sum()),
        worse=int((change < -1e-9).sum()),
    )


def randomisation_p(change: Floats) -> float:
    """Two-sided, of the mean of paired differences, shape (cases,)."""
    moved = change[change != 0]
    if not len(moved):
        return 1.0
    least = abs(float(moved.sum())) - 1e-9
    as_far = sum(
        int((np.abs(signs @ moved) >= least).sum())
        for signs in (2.0 * draws.integers(0, 2, (count, len(moved))) - 1.0 for draws, count in _draws())
    )
    return (as_far + 1) / (_DRAWS + 1)


def bootstrap_interval(change: Floats) -> tuple[float, float]:
    """Of the mean of paired differences, shape (cases,): its 2.5th and 97.5th percentile."""
    means = [
        change[draws.integers(0, len(change), (count, len(change)))].mean(axis=1) for draws, count in _draws()
    ]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def _draws() -> Iterator[tuple[np.random.Generator, int]]:
    generator = np.random.default_rng(_SEED)
    for _ in range(0, _DRAWS, _DRAWS_AT_ONCE):
        yield generator, _DRAWS_AT_ONCE


def _changes(kind: str, pairs: Sequence[tuple[Case, Case]]) -> Iterator[Change]:
    for before, after in pairs:
        for measure in _MAIN[kind]:
            if measure in before.scores and measure in after.scores:
                change = Change(before, after, measure)
                if abs(change.by) > 1e-9:
                    yield change
                    break
