"""`chatkeep evaluate`: the search on test collections, the whole path on one's own questions."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import typer
from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from chatkeep.cli.figures import beir_table, comparison_tables, golden_tables
from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError, InvalidInput
from chatkeep.knowledge.evaluate.beir import BeirReport, evaluate_beir
from chatkeep.knowledge.evaluate.compare import Comparison, compare
from chatkeep.knowledge.evaluate.golden import Subject, evaluate_golden
from chatkeep.knowledge.evaluate.questions import Question, read_questions
from chatkeep.knowledge.evaluate.runs import Run, load, save
from chatkeep.knowledge.ingest import ingest
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs
from chatkeep.wiring.embedding import open_embedder
from chatkeep.wiring.indexes import new_index
from chatkeep.wiring.knowledge import KnowledgeBase, open_knowledge
from chatkeep.wiring.services import open_answering
from chatkeep.wiring.sources import open_egress, open_sources


@dataclass(frozen=True, slots=True)
class Output:
    """Where the figures go, besides the terminal.

    Attributes:
        compare: a saved evaluation that came before.
    """

    compare: Path | None
    save: Path | None
    html: Path | None
    as_json: bool


def run(
    golden: Path | None,
    collections: Sequence[Path],
    docs: Sequence[str],
    *,
    data_dir: Path | None,
    judge: bool,
    output: Output,
) -> None:
    """Measure and print. Nothing in the data folder is changed.

    Raises:
        ConfigurationError: a file or folder is not what it should be, or the model is not configured.
    """
    settings = Settings.load(data_dir=data_dir, docs=tuple(docs) or None)
    configure_logs(settings.log_format, "warning")
    _refuse_what_does_not_go_together(golden, collections, docs, judge=judge)
    try:
        earlier = load(output.compare) if output.compare else []
        if golden is not None:
            questions = read_questions(golden)
            runs = [asyncio.run(_golden(settings, golden, questions, fresh=bool(docs), judge=judge))]
            printed: Group = golden_tables(runs[0])
            record: dict[str, Any] = runs[0].json()
        else:
            reports = asyncio.run(_collections(settings, collections))
            runs = [report.run for report in reports]
            printed = Group(*(beir_table(report) for report in reports))
            record = reports[0].json() if len(reports) == 1 else _by_name(reports)
        comparisons = _compared(earlier, runs, output.compare)
        _write(runs, comparisons, output)
    except InvalidInput as error:
        raise ConfigurationError(str(error)) from error
    if output.as_json:
        typer.echo(json.dumps(record))
    else:
        Console().print(printed, *(comparison_tables(each) for each in comparisons))


def _refuse_what_does_not_go_together(
    golden: Path | None, collections: Sequence[Path], docs: Sequence[str], *, judge: bool
) -> None:
    if golden is None and not collections:
        raise ConfigurationError("Name a file of questions, or a test collection with --beir FOLDER.")
    if golden is not None and collections:
        raise ConfigurationError("Name a file of questions or test collections, not both at once.")
    if collections and (docs or judge):
        raise ConfigurationError(
            "--docs and --judge are for a file of questions; --beir brings its own documents."
        )


async def _collections(settings: Settings, collections: Sequence[Path]) -> list[BeirReport]:
    embedder = await open_embedder(settings, may_fetch=True)
    reports = []
    try:
        for directory in collections:
            with tempfile.TemporaryDirectory() as folder, _Bar() as bar:
                make_index = partial(new_index, Path(folder), embedder)
                reports.append(await evaluate_beir(directory, embedder, make_index, bar))
    finally:
        if embedder is not None:
            await embedder.close()
    return reports


async def _golden(
    settings: Settings, golden: Path, questions: Sequence[Question], *, fresh: bool, judge: bool
) -> Run:
    """`fresh`: read the documents that `settings` name into a temporary index."""
    with tempfile.TemporaryDirectory() as temporary, _Bar() as bar:
        folder = Path(temporary) if fresh else None
        async with (
            open_knowledge(settings, may_fetch=True, folder=folder) as knowledge,
            open_answering(settings, knowledge, judge=judge) as answering,
        ):
            context = local_context("evaluate")
            if fresh:
                await _read(settings, knowledge, bar)
            setup = await _setup(knowledge, answering.model_name, judge=judge)
            subject = Subject(knowledge.retriever, answering.answerer, answering.judge)
            return await evaluate_golden(golden.name, questions, subject, setup, context, bar)


async def _read(settings: Settings, knowledge: KnowledgeBase, bar: "_Bar") -> None:
    async with open_egress(settings) as egress:
        sources = [each.source for each in open_sources(settings, egress)]
        report = await ingest(sources, knowledge.library(settings), local_context("evaluate"), _Reading(bar))
    for skipped in report.skipped:
        typer.echo(f"skipped {skipped.path}: {skipped.reason}", err=True)


async def _setup(knowledge: KnowledgeBase, model: str, *, judge: bool) -> dict[str, str | int | float]:
    context = local_context("evaluate")
    passages = await knowledge.index.count(context)
    if not passages:
        raise InvalidInput(
            "There is nothing to answer from: name documents with --docs, or ingest some first."
        )
    return {
        "model": model,
        "embedder": knowledge.embedder.name if knowledge.embedder else "none",
        "documents": await knowledge.documents.count(context),
        "passages": passages,
        **({"judge": model} if judge else {}),
    }


def _by_name(reports: Sequence[BeirReport]) -> dict[str, Any]:
    return {report.run.name: report.json() for report in reports}


def _compared(earlier: Sequence[Run], runs: Sequence[Run], file: Path | None) -> list[Comparison]:
    if not earlier:
        return []
    before = {(run.kind, run.name): run for run in earlier}
    pairs = [(before[run.kind, run.name], run) for run in runs if (run.kind, run.name) in before]
    if not pairs:
        names = ", ".join(run.name for run in earlier)
        raise InvalidInput(f"{file} has nothing to compare with: it holds {names}.")
    return [compare(one, other) for one, other in pairs]


def _write(runs: Sequence[Run], comparisons: Sequence[Comparison], output: Output) -> None:
    if output.save:
        save(runs, output.save)
    if output.html:
        from chatkeep.knowledge.evaluate.report import write_report  # the template engine takes a moment

        write_report(runs, comparisons, output.html)


class _Bar:
    """One bar a stage, on a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advanced(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage.capitalize(), total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


class _Reading:
    """An ingestion, as a stage of the bar."""

    def __init__(self, bar: _Bar) -> None:
        self._bar = bar
        self._done = self._total = 0

    def started(self, files: int, size: int) -> None:  # noqa: ARG002 (documents are counted)
        self._total = files

    def embedded(self, path: str, chunks: int, size: int) -> None: ...

    def advanced(self, path: str, chunks: int) -> None:  # noqa: ARG002
        self._done += 1
        self._bar.advanced("documents", self._done, self._total)
