"""`chatkeep ingest`: documents into the index, with a progress bar for people and lines for logs."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import typer

from chatkeep.cli.progress import Bars
from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.ingest import Report, ingest
from chatkeep.knowledge.parse import Skipped
from chatkeep.knowledge.reindex import complete_index
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs
from chatkeep.wiring.knowledge import KnowledgeBase, open_knowledge
from chatkeep.wiring.sources import open_egress, open_sources
from chatkeep.wiring.upkeep import kept_up

_SKIPS_NAMED = 5  # of the files that are skipped for one reason


def run(paths: Sequence[str], *, data_dir: Path | None, watch: bool) -> None:
    """Ingest `paths`, or all that is configured; exit code 1 when files were skipped.

    Args:
        watch: go on until told to stop.

    Raises:
        ConfigurationError: a path does not exist, or the data folder cannot be used.
    """
    settings = Settings.load(data_dir=data_dir, docs=tuple(paths) or None, watch=watch or None)
    configure_logs(settings.log_format, settings.log_level)
    report = asyncio.run(_ingest(settings, watch=watch))
    if report.skipped and not watch:
        raise typer.Exit(1)


async def _ingest(settings: Settings, *, watch: bool) -> Report:
    """Read everything and say what was done; with `watch`, again and again until told to stop."""
    told_to_stop = asyncio.Event()
    if watch:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    bars = Bars()
    async with open_knowledge(settings, may_fetch=True, progress=bars.fetching) as knowledge:
        if not settings.docs and settings.sources is None and knowledge.index.is_complete:
            raise ConfigurationError(
                "There is nothing to read. Name files, folders or sites, or set CHATKEEP_SOURCES."
            )
        with bars:
            report = await _read_all(settings, knowledge, bars)
        _tell(report)
        if watch:
            async with kept_up(settings, knowledge, _tell):
                await told_to_stop.wait()
        return report


async def _read_all(settings: Settings, knowledge: KnowledgeBase, bars: Bars) -> Report:
    context = local_context("ingest")
    async with open_egress(settings) as egress:
        sources = [each.source for each in open_sources(settings, egress)]
        report = await ingest(sources, knowledge.library(settings), context, bars)
    # An embedder that is only out of reach for now must not cost the index that was made with it.
    is_meant = knowledge.embedder is not None or settings.embedder == "none"
    if is_meant and not knowledge.index.is_complete:
        bars.replacing()
        await complete_index(knowledge.library(settings), context, bars)
    bars.optimizing()
    await knowledge.index.optimize()
    return report


def _tell(report: Report) -> None:
    typer.echo(_summary(report))
    for line in skips(report.skipped):
        typer.echo(line, err=True)


def _summary(report: Report) -> str:
    kinds = ("added", "updated", "unchanged", "removed")
    counts = [f"{getattr(report, kind)} {kind}" for kind in kinds if getattr(report, kind)]
    if report.skipped:
        counts.append(f"{len(report.skipped)} skipped")
    ignored = f" {_files_of_other_types(report.ignored)} left alone." if report.ignored else ""
    return f"Documents: {', '.join(counts) or 'none found'}.{ignored}"


def skips(skipped: Sequence[Skipped]) -> list[str]:
    """A line a file; files that share a reason, when they are many, share a line."""
    paths: dict[str, list[str]] = {}
    for each in skipped:
        paths.setdefault(each.reason, []).append(each.path)
    lines = []
    for reason, shared in paths.items():
        if len(shared) <= _SKIPS_NAMED:
            lines += [f"skipped {path}: {reason}" for path in shared]
        else:
            others = len(shared) - _SKIPS_NAMED
            named = ", ".join(shared[:_SKIPS_NAMED])
            lines.append(f"skipped {len(shared)} files: {reason} ({named} and {others} more)")
    return lines


def _files_of_other_types(count: int) -> str:
    return "1 file of another type was" if count == 1 else f"{count} files of other types were"
