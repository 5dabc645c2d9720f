"""`chatkeep evaluate`: retrieval measured on a test collection, through the product's own path."""

import asyncio
import json
import tempfile
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from chatkeep.core.errors import ConfigurationError, InvalidInput
from chatkeep.knowledge.evaluate import BeirReport, Metrics, evaluate_beir
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs
from chatkeep.wiring import new_index, open_embedder


def run(directory: Path, *, as_json: bool) -> None:
    """Print the figures of `directory`; nothing in the data folder's index is touched.

    Raises:
        ConfigurationError: `directory` is not a collection in the BEIR layout.
    """
    settings = Settings.load()
    configure_logs(settings.log_format, "warning")
    try:
        report = asyncio.run(_evaluate(settings, directory))
    except InvalidInput as error:
        raise ConfigurationError(str(error)) from error
    if as_json:
        typer.echo(json.dumps(report.json()))
    else:
        Console().print(_table(directory, report))


async def _evaluate(settings: Settings, directory: Path) -> BeirReport:
    embedder = await open_embedder(settings, may_fetch=True)
    try:
        with tempfile.TemporaryDirectory() as folder, _Bar() as bar:
            return await evaluate_beir(directory, embedder, lambda: new_index(Path(folder), embedder), bar)
    finally:
        if embedder is not None:
            await embedder.close()


def _table(directory: Path, report: BeirReport) -> Table:
    title = f"{directory.name}: {report.documents:,} documents, {report.queries:,} queries"
    table = Table(
        title=title, title_justify="left", caption=f"{report.seconds:.0f} s", caption_justify="left"
    )
    for name in ("", "nDCG@10", "recall@5", "recall@10", "recall@100", "MRR"):
        table.add_column(name, justify="right" if name else "left")
    rows: list[tuple[str, Metrics | None]] = [
        ("hybrid", report.hybrid),
        ("BM25 alone", report.bm25),
        (f"{report.embedder} alone", report.dense),
    ]
    for name, metrics in rows:
        if metrics is not None:
            table.add_row(name, *(f"{value:.3f}" for value in metrics.json().values()))
    return table


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
