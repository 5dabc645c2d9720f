"""`chatkeep ingest`: documents into the index, with a progress bar for people and lines for logs."""

import asyncio
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

from chatkeep.core.clock import SystemClock
from chatkeep.core.context import local_context
from chatkeep.knowledge.ingest import Ingestion, Plan, Report, plan
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs
from chatkeep.wiring import KnowledgeBase, open_knowledge

# Below this many chunks, exact search is as fast as a graph.
_WORTH_OPTIMIZING = 20_000
_REPORT_EVERY = 100  # documents, where there is no terminal for a bar


def run(paths: Sequence[Path], *, data_dir: Path | None) -> None:
    """Ingest `paths`; exit code 1 when files were skipped.

    Raises:
        ConfigurationError: a path does not exist, or the data folder cannot be used.
    """
    settings = Settings.load(data_dir=data_dir, docs=tuple(paths))
    configure_logs(settings.log_format, settings.log_level)
    report = asyncio.run(_ingest(settings))
    typer.echo(_summary(report))
    for skipped in report.skipped:
        typer.echo(f"skipped {skipped.path}: {skipped.reason}", err=True)
    if report.skipped:
        raise typer.Exit(1)


def needs_ingesting(settings: Settings) -> bool:
    """Whether `run` would change anything. Cheap when nothing did: files are hashed, no more."""
    return asyncio.run(_is_behind(settings))


async def _is_behind(settings: Settings) -> bool:
    async with open_knowledge(settings) as knowledge:
        if knowledge.embedder is None and settings.embedder != "none" and settings.model_hub_url:
            return True  # ingesting fetches the embedder first
        return not (await _plan(settings, knowledge)).is_empty


async def _ingest(settings: Settings) -> Report:
    with _Bars() as bars:
        async with open_knowledge(settings, may_fetch=True, progress=bars.fetching) as knowledge:
            ingestion = Ingestion(knowledge.documents, knowledge.index, knowledge.embedder, SystemClock())
            todo = await _plan(settings, knowledge)
            report = await ingestion.run(todo, local_context("ingest"), bars)
            if report.chunks and await knowledge.index.count(local_context("ingest")) > _WORTH_OPTIMIZING:
                bars.optimizing()
                await knowledge.index.optimize()
            return report


async def _plan(settings: Settings, knowledge: KnowledgeBase) -> Plan:
    return await plan(
        settings.docs,
        documents=knowledge.documents,
        generation=knowledge.index.generation,
        max_file_bytes=settings.max_file_bytes,
        context=local_context("ingest"),
    )


def _summary(report: Report) -> str:
    kinds = ("added", "updated", "unchanged", "removed")
    counts = [f"{getattr(report, kind)} {kind}" for kind in kinds if getattr(report, kind)]
    if report.skipped:
        counts.append(f"{len(report.skipped)} skipped")
    ignored = f" {report.ignored} files of other types were left alone." if report.ignored else ""
    return f"Documents: {', '.join(counts) or 'none found'}.{ignored}"


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

    def started(self, documents: int) -> None:
        self._total = documents
        if documents:
            self._documents = self._progress.add_task("Reading documents", total=documents, done="")
            self._say(f"Reading {documents} documents")

    def reading(self, path: str) -> None:
        if self._documents is not None:
            shown = path if len(path) <= 40 else f"…{path[-39:]}"
            self._progress.update(self._documents, description=f"Reading {shown}")

    def advanced(self, documents: int, chunks: int) -> None:
        self._count += documents
        self._chunks += chunks
        if self._documents is not None:
            done = f"{self._count}/{self._total} documents, {self._chunks} passages"
            self._progress.update(self._documents, advance=documents, done=done)
        if self._count % _REPORT_EVERY == 0:
            self._say(f"{self._count} of {self._total} documents read")

    def optimizing(self) -> None:
        self._progress.add_task("Building the search graph", total=None, done="")
        self._say("Building the search graph")

    def _say(self, line: str) -> None:
        if not self._console.is_terminal:
            print(line, file=sys.stderr, flush=True)  # noqa: T201
