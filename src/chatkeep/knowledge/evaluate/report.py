"""Evaluations as one HTML file that needs nothing else: no network, no script, light and dark.

Above: `chatkeep evaluate --html`. Below: `plots` and the template beside this module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.evaluate.compare import Change, Comparison
from chatkeep.knowledge.evaluate.plots import Interval, Line, curves, histogram, intervals
from chatkeep.knowledge.evaluate.runs import Case, Run, percentile

_MOST_CASES = 1_000
_DEPTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100)
_BUCKETS = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, 50), (51, 100))
_HEADLINES = {
    "beir": ("ndcg@10", "recall@10", "recall@100", "mrr"),
    "golden": (
        *("hit@5", "mrr", "citation precision", "citation recall", "groundedness", "answer match"),
        *("correct refusal", "judged correct"),
    ),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A case as it is listed.

    Attributes:
        change: how it changed against the run compared with, if it did.
    """

    case: Case
    change: Change | None

    @property
    def styles(self) -> str:
        change = "" if self.change is None else "better" if self.change.by > 0 else "worse"
        return f"{'problem' if self.case.problems else 'fine'} {change}".strip()


@dataclass(frozen=True, slots=True)
class _Section:
    """One run with everything the template shows of it."""

    run: Run
    comparison: Comparison | None
    headlines: Sequence[tuple[str, float]]
    ranks: Markup | None
    recall: Markup | None
    changes: Markup | None
    times: Sequence[tuple[str, float, float]]
    rows: Sequence[_Row]
    left_out: int


def write_report(runs: Sequence[Run], comparisons: Sequence[Comparison], path: Path) -> None:
    """Write the report to `path`. Raises InvalidInput: it cannot be written."""
    try:
        path.write_text(render_report(runs, comparisons), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.") from None


def render_report(runs: Sequence[Run], comparisons: Sequence[Comparison]) -> str:
    """The page. A comparison belongs to the run that came after."""
    environment = Environment(
        loader=PackageLoader("chatkeep.knowledge.evaluate", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    of = {id(comparison.after): comparison for comparison in comparisons}
    sections = [_section(run, of.get(id(run))) for run in runs]
    return environment.get_template("report.html").render(sections=sections)


def _section(run: Run, comparison: Comparison | None) -> _Section:
    figures = run.figures
    changes = [*comparison.better, *comparison.worse] if comparison else []
    change_of = {change.after.id: change for change in changes}
    rows = [_Row(case, change_of.get(case.id)) for case in run.cases]
    rows.sort(key=lambda row: not row.case.problems)  # stable: otherwise as in the file
    ranked = any(case.ranks for case in run.cases)
    return _Section(
        run=run,
        comparison=comparison,
        headlines=[(name, figures[name]) for name in _HEADLINES[run.kind] if name in figures],
        ranks=_ranks(run) if ranked else None,
        recall=_recall(run, comparison.before if comparison else None) if ranked else None,
        changes=_changes(comparison) if comparison else None,
        times=[(name, percentile(values, 50), percentile(values, 95)) for name, values in run.times.items()],
        rows=rows[:_MOST_CASES],
        left_out=max(0, len(rows) - _MOST_CASES),
    )


def _ranks(run: Run) -> Markup:
    ranks = [case.rank for case in run.cases if case.ranks]
    bars = [
        (
            str(first) if first == last else f"{first}–{last}",
            sum(rank is not None and first <= rank <= last for rank in ranks),
        )
        for first, last in _BUCKETS
        if first <= run.depth
    ]
    bars.append(("none", sum(rank is None for rank in ranks)))
    return histogram("Rank of the first expected source", bars, "rank of the first expected source")


def _recall(run: Run, before: Run | None) -> Markup:
    def line(name: str, style: str, of: Run) -> Line:
        return Line(name, style, [(depth, of.recall(depth)) for depth in _DEPTHS if depth <= run.depth])

    lines = [line("now", "now", run), *([line("before", "before", before)] if before else [])]
    return curves("Recall by the number of results", lines, "results looked at (k)")


def _changes(comparison: Comparison) -> Markup:
    rows = [
        Interval(each.measure, each.low, each.change, each.high, each.is_significant)
        for each in comparison.differences
    ]
    return intervals("Differences with their 95 % intervals", rows)
