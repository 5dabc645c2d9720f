"""Measures of a ranking, and their means over queries. Pure.

They agree with trec_eval: a document that nobody judged is not relevant.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

Judgements = Mapping[str, Mapping[str, int]]
"""Query id -> document id -> grade; above 0 is relevant."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Means over all queries that have a relevant document."""

    ndcg_10: float
    recall_5: float
    recall_10: float
    recall_100: float
    mrr: float

    def json(self) -> dict[str, float]:
        return {
            "ndcg@10": round(self.ndcg_10, 4),
            "recall@5": round(self.recall_5, 4),
            "recall@10": round(self.recall_10, 4),
            "recall@100": round(self.recall_100, 4),
            "mrr": round(self.mrr, 4),
        }


def measure(ranking: Sequence[str], grades: Mapping[str, int]) -> Metrics:
    """One query's metrics. `ranking` is of document ids, best first."""
    return Metrics(
        ndcg_10=ndcg(ranking, grades, 10),
        recall_5=recall(ranking, grades, 5),
        recall_10=recall(ranking, grades, 10),
        recall_100=recall(ranking, grades, 100),
        mrr=reciprocal_rank(ranking, grades),
    )


def score(rankings: Mapping[str, Sequence[str]], judged: Judgements) -> Metrics:
    """The mean metrics of `rankings`: query id -> document ids, best first."""
    each = [astuple(measure(ranking, judged[key])) for key, ranking in rankings.items()]
    return Metrics(*(math.fsum(values) / len(each) for values in zip(*each, strict=True)))


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], depth: int) -> float:
    """Discounted gain over the best possible: each grade over log2(rank + 1), as trec_eval has it."""
    best = _gain(sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:depth])
    return _gain([max(grades.get(key, 0), 0) for key in ranking[:depth]]) / best if best else 0.0


def _gain(grades: Sequence[int]) -> float:
    return math.fsum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def recall(ranking: Sequence[str], grades: Mapping[str, int], depth: int) -> float:
    """The share of the relevant documents among the first `depth`."""
    relevant = {key for key, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """One over the rank of the first relevant document; 0 when there is none."""
    return next((1 / rank for rank, key in enumerate(ranking, start=1) if grades.get(key, 0) > 0), 0.0)
