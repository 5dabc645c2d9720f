"""`chatkeep ingest`: documents into the index, with a progress bar for people and lines for logs."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.ingest import Report, ingest
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs
from chatkeep.wiring import KnowledgeBase, kept_up, open_egress, open_knowledge, open_sources

# Below this many chunks, exact search is as fast as a graph.
_WORTH_OPTIMIZING = 20_000
_REPORT_EVERY = 100  # documents, where there is no terminal for a bar


def run(paths: Sequence[str], *, data_dir: Path | None, watch: bool) -> None:
    """Ingest `paths`, or all that is configured; exit code 1 when files were skipped.

    Args:
        watch: go on until told to stop.

    Raises:
        ConfigurationError: a path does not exist, or the data folder cannot be used.
    """
    settings = Settings.load(data_dir=data_dir, docs=tuple(paths) or None, watch=watch or None)
    configure_logs(settings.log_format, settings.log_level)
    if not settings.docs and settings.sources is None:
        raise ConfigurationError(
            "There is nothing to read. Name files, folders or sites, or set CHATKEEP_SOURCES."
        )
    report = asyncio.run(_ingest(settings, watch=watch))
    if report.skipped and not watch:
        raise typer.Exit(1)


async def _ingest(settings: Settings, *, watch: bool) -> Report:
    """Read everything and say what was done; with `watch`, again and again until told to stop."""
    told_to_stop = asyncio.Event()
    if watch:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    bars = _Bars()
    async with open_knowledge(settings, may_fetch=True, progress=bars.fetching) as knowledge:
        with bars:
            report = await _read_all(settings, knowledge, bars)
        _tell(report)
        if watch:
            async with kept_up(settings, knowledge, _tell):
                await told_to_stop.wait()
        return report


async def _read_all(settings: Settings, knowledge: KnowledgeBase, bars: "_Bars") -> Report:
    context = local_context("ingest")
    async with open_egress(settings) as egress:
        sources = [each.source for each in open_sources(settings, egress)]
        report = await ingest(sources, knowledge.library(settings), context, bars)
    if report.chunks and await knowledge.index.count(context) > _WORTH_OPTIMIZING:
        bars.optimizing()
        await knowledge.index.optimize()
    return report


def _tell(report: Report) -> None:
    typer.echo(_summary(report))
    for skipped in report.skipped:
        typer.echo(f"skipped {skipped.path}: {skipped.reason}", err=True)


def _summary(report: Report) -> str:
    kinds = ("added", "updated", "unchanged", "removed")
    counts = [f"{getattr(report, kind)} {kind}" for kind in kinds if getattr(report, kind)]
    if report.skipped:
        counts.append(f"{len(report.skipped)} skipped")
    ignored = f" {_files_of_other_types(report.ignored)} left alone." if report.ignored else ""
    return f"Documents: {', '.join(counts) or 'none found'}.{ignored}"


def _files_of_other_types(count: int) -> str:
    return "1 file of another type was" if count == 1 else f"{count} files of other types were"


class _Bars:
    """Shows an ingestion: bars on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[done]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._fetch: TaskID | None = None
        self._documents: TaskID | None = None
        self._count = self._total = self._chunks = 0

    def __enter__(self) -> "_Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def fetching(self, received: int, total: int) -> None:
        if self._fetch is None:
            self._fetch = self._progress.add_task("Fetching the embedding model", total=total, done="")
            self._say(f"Fetching the embedding model ({total / 1e6:.0f} MB)")
        done = f"{received / 1e6:.0f}/{total / 1e6:.0f} MB"
        self._progress.update(self._fetch, completed=received, done=done)

    def started(self, files: int) -> None:
        self._total = files
        if files:
            self._documents = self._progress.add_task("Reading documents", total=files, done="")
            self._say(f"Reading {files} document{'s' if files != 1 else ''}")

    def embedded(self, path: str, chunks: int) -> None:
        self._chunks += chunks
        self._show(path)

    def advanced(self, path: str, chunks: int) -> None:  # noqa: ARG002 (`embedded` counted them)
        self._count += 1
        self._show(path)
        if self._count % _REPORT_EVERY == 0:
            self._say(f"{self._count} of {self._total} documents read")

    def _show(self, path: str) -> None:
        if self._documents is not None:
            shown = path if len(path) <= 40 else f"…{path[-39:]}"
            done = f"{self._count}/{self._total} documents, {self._chunks} passages"
            self._progress.update(
                self._documents, completed=self._count, description=f"Reading {shown}", done=done
            )

    def optimizing(self) -> None:
        self._progress.add_task("Building the search graph", total=None, done="")
        self._say("Building the search graph")

    def _say(self, line: str) -> None:
        if not self._console.is_terminal:
            print(line, file=sys.stderr, flush=True)  # noqa: T201
