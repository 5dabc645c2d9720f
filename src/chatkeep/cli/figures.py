"""Evaluations and comparisons as tables on a terminal."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from chatkeep.knowledge.evaluate.beir import BeirReport
from chatkeep.knowledge.evaluate.compare import Change, Comparison, Difference
from chatkeep.knowledge.evaluate.metrics import Metrics
from chatkeep.knowledge.evaluate.runs import Run, percentile

_MOST_ROWS = 20
_LONGEST_QUESTION = 60

MEANINGS = {
    "hit@1": "an expected source is the first found",
    "hit@3": "… is among the first 3",
    "hit@5": "… is among the first 5",
    "hit@10": "… is among the first 10",
    "recall@10": "share of the expected sources among the first 10",
    "mrr": "1 / rank of the first expected source",
    "shown to the model": "share of the expected sources that the answer was made from",
    "citation precision": "share of the cited passages that are expected sources",
    "citation recall": "share of the expected sources that are cited",
    "groundedness": "share of the statements that stand in what they cite, by their words",
    "answer match": "share of what the answer should say that it says",
    "answered": "answerable questions that were not refused",
    "correct refusal": "unanswerable questions that were refused",
    "judged correct": "in the opinion of the model named as judge",
    "judged grounded": "in the opinion of the model named as judge",
}
"""What each measure of a file of questions says."""


def beir_table(report: BeirReport) -> Table:
    run = report.run
    title = f"{run.name}: {report.documents:,} documents, {report.queries:,} queries"
    table = _table(title, "", "nDCG@10", "recall@5", "recall@10", "recall@100", "MRR")
    table.caption, table.caption_justify = f"{report.seconds:.0f} s", "left"
    rows: list[tuple[str, Metrics | None]] = [
        ("hybrid", report.hybrid),
        ("BM25 alone", report.bm25),
        (f"{report.embedder} alone", report.dense),
    ]
    for name, metrics in rows:
        if metrics is not None:
            table.add_row(name, *(f"{value:.3f}" for value in metrics.json().values()))
    return table


def golden_tables(run: Run) -> Group:
    """The figures, the times, and the questions that something went wrong with."""
    figures = _table(
        f"{run.name}: {_plural(len(run.cases), 'question')}", "measure", "mean", "of", "what it says"
    )
    figures.columns[-1].justify = "left"
    counts = run.counts
    for name, value in run.figures.items():
        figures.add_row(name, f"{value:.3f}", str(counts[name]), Text(MEANINGS.get(name, ""), style="dim"))
    times = _table("Milliseconds", "", "p50", "p95")
    for name, values in run.times.items():
        times.add_row(name, *(f"{percentile(values, share):,.0f}" for share in (50, 95)))
    failed = [case for case in run.cases if case.problems]
    if not failed:
        return Group(_setup(run), figures, times, Text("Nothing went wrong with any question."))
    problems = _table(
        _shown("Questions that something went wrong with", len(failed)), "id", "question", "what"
    )
    for column in problems.columns:
        column.justify, column.overflow = "left", "fold"
    for case in failed[:_MOST_ROWS]:
        problems.add_row(Text(case.id), Text(_cut(case.question)), Text("\n".join(case.problems)))
    return Group(_setup(run), figures, times, problems)


def comparison_tables(comparison: Comparison) -> Group:
    """Each measure before and after, and which questions changed."""
    table = _table(
        f"{comparison.after.name}, compared with before",
        *("measure", "before", "now", "change", "95 % interval", "p", "+ / -"),
    )
    for each in comparison.differences:
        table.add_row(*_difference(each))
    for column in table.columns:
        column.no_wrap = True
    changed = _setup_changes(comparison)
    parts: list[Table | Text] = [
        table,
        Text(f"Changed: {changed or 'nothing that is known of the set-up'}.", style="dim"),
    ]
    if comparison.unpaired:
        only = _plural(comparison.unpaired, "question")
        parts.append(Text(f"{only} stand in one of the two alone and were left out.", style="dim"))
    parts += [
        _changes(title, found)
        for title, found in (("Better", comparison.better), ("Worse", comparison.worse))
        if found
    ]
    return Group(*parts)


def _difference(each: Difference) -> tuple[str | Text, ...]:
    style = ("green" if each.change > 0 else "red") if each.is_significant else ""
    return (
        each.measure,
        f"{each.before:.3f}",
        f"{each.after:.3f}",
        Text(f"{each.change:+.3f}", style=style),
        f"{each.low:+.2f} to {each.high:+.2f}",
        Text(f"{each.p:.3f}", style=style),
        f"{each.better} / {each.worse}",
    )


def _changes(title: str, changes: Sequence[Change]) -> Table:
    table = _table(_shown(title, len(changes)), "change", "measure", "id", "question")
    for column in table.columns[1:]:
        column.justify = "left"
    for each in changes[: _MOST_ROWS // 2]:
        question = Text(_cut(each.after.question))
        table.add_row(f"{each.by:+.3f}", each.measure, Text(each.after.id), question)
    return table


def _setup_changes(comparison: Comparison) -> str:
    before, after = comparison.before.setup, comparison.after.setup
    return ", ".join(
        f"{name} {before.get(name, 'none')} → {after.get(name, 'none')}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )


def _setup(run: Run) -> Text:
    return Text(", ".join(f"{name} {value}" for name, value in run.setup.items()) + f"; {run.seconds:.0f} s")


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left")
    return table


def _shown(title: str, count: int) -> str:
    most = _MOST_ROWS if title.startswith("Questions") else _MOST_ROWS // 2
    return f"{title}: {count}" if count <= most else f"{title}: {count}, of which the first {most}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUESTION else line[: _LONGEST_QUESTION - 1].rstrip() + "…"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
