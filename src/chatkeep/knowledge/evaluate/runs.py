"""An evaluation as it is kept: what was measured of each case, and what it was measured with.

Above: `beir` and `golden` make runs, `compare` and `report` read them, whichever made
them. A saved run is JSON.
"""

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from chatkeep.core.errors import InvalidInput

_VERSION = 1

Kind = Literal["beir", "golden"]


class EvaluationProgress(Protocol):
    """Told of each step: `stage` is `corpus` or `queries`, or `questions`."""

    def advanced(self, stage: str, done: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A passage or document, as a person recognises it.

    Attributes:
        name: its path, or its id in a collection.
        part: the heading or the page it stands under; empty where neither is known.
        expected: it is one of those the case asks for.
        text: how it begins.
    """

    name: str
    part: str = ""
    expected: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer, and whether what it cites says so."""

    text: str
    supported: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One question and what came of it.

    Attributes:
        scores: each measure that applies to this case, 0 to 1.
        ranks: where each expected source was found, from 1; None: not among what was looked at.
        found: what was found first, best first. `cited`: what the answer cites.
        problems: what went wrong, in words; empty when nothing did.
        times: milliseconds by name.
    """

    id: str
    question: str
    scores: Mapping[str, float]
    ranks: Sequence[int | None] = ()
    expected: Sequence[str] = ()
    found: Sequence[Found] = ()
    cited: Sequence[Found] = ()
    answer: str = ""
    statements: Sequence[Statement] = ()
    problems: Sequence[str] = ()
    verdict: str = ""
    times: Mapping[str, float] = field(default_factory=dict)

    @property
    def rank(self) -> int | None:
        """Of the first expected source found."""
        return min((rank for rank in self.ranks if rank is not None), default=None)


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluation.

    Attributes:
        name: of the collection or the file of questions.
        setup: what it was measured with, for people: embedder, model, numbers of documents and passages.
        depth: how many results were looked at for `Case.ranks`.
        alone: the means of what was measured beside, by name, such as BM25 by itself.
    """

    kind: Kind
    name: str
    setup: Mapping[str, str | int | float]
    cases: Sequence[Case]
    depth: int
    seconds: float
    alone: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def measures(self) -> list[str]:
        """Every measure that some case has, in the order in which they come up."""
        return list(dict.fromkeys(name for case in self.cases for name in case.scores))

    @property
    def figures(self) -> dict[str, float]:
        """The mean of each measure over the cases it applies to."""
        return {name: statistics.fmean(values) for name, values in self._columns().items()}

    @property
    def counts(self) -> dict[str, int]:
        """How many cases each measure applies to."""
        return {name: len(values) for name, values in self._columns().items()}

    @property
    def times(self) -> dict[str, list[float]]:
        """All values of each time, in ascending order."""
        names = dict.fromkeys(name for case in self.cases for name in case.times)
        return {name: sorted(case.times[name] for case in self.cases if name in case.times) for name in names}

    def _columns(self) -> dict[str, list[float]]:
        return {
            name: [case.scores[name] for case in self.cases if name in case.scores] for name in self.measures
        }

    def recall(self, depth: int) -> float:
        """The mean share of a case's expected sources among the first `depth` results."""
        shares = [
            sum(rank is not None and rank <= depth for rank in case.ranks) / len(case.ranks)
            for case in self.cases
            if case.ranks
        ]
        return statistics.fmean(shares) if shares else 0.0

    def json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "setup": dict(self.setup),
            "figures": {name: round(value, 4) for name, value in self.figures.items()},
            "counts": self.counts,
            "alone": {name: dict(values) for name, values in self.alone.items()},
            "times": {
                name: {f"p{share}": round(percentile(values, share), 1) for share in (50, 95)}
                for name, values in self.times.items()
            },
            "depth": self.depth,
            "seconds": round(self.seconds, 1),
            "cases": [_rounded(asdict(case)) for case in self.cases],
        }


def percentile(ordered: Sequence[float], share: int) -> float:
    """The least of `ordered`, ascending, that `share` percent of them do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def _rounded(case: dict[str, Any]) -> dict[str, Any]:
    for name in ("scores", "times"):
        case[name] = {key: round(value, 4) for key, value in case[name].items()}
    return {name: value for name, value in case.items() if value not in ([], (), "", {})}


def save(runs: Iterable[Run], path: Path) -> None:
    """Write `runs` to `path`. Raises InvalidInput: it cannot be written."""
    record = {"chatkeep_evaluation": _VERSION, "runs": [run.json() for run in runs]}
    try:
        path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from None


def load(path: Path) -> list[Run]:
    """The runs in a file that `save` wrote.

    Raises:
        InvalidInput: it cannot be read, or holds something else.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["chatkeep_evaluation"] != _VERSION:
            raise InvalidInput(f"{path} was saved by another version of chatkeep. Measure again.")
        return [_run(each) for each in record["runs"]]
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput(f"{path} is not a saved evaluation: `--save FILE` writes one.") from None


def _run(record: Mapping[str, Any]) -> Run:
    return Run(
        kind=record["kind"],
        name=record["name"],
        setup=record["setup"],
        cases=[_case(each) for each in record["cases"]],
        depth=record["depth"],
        seconds=record["seconds"],
        alone=record["alone"],
    )


def _case(record: Mapping[str, Any]) -> Case:
    parts: dict[str, Any] = {
        "scores": {},
        **record,
        "found": [Found(**each) for each in record.get("found", ())],
        "cited": [Found(**each) for each in record.get("cited", ())],
        "statements": [Statement(**each) for each in record.get("statements", ())],
    }
    return Case(**parts)
