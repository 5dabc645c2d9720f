"""Sources that are looked at again while a server runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio.to_thread

from chatkeep.adapters.watching import DiskChanges
from chatkeep.core.clock import SystemClock
from chatkeep.core.context import local_context
from chatkeep.knowledge.ingest import Report, ingest
from chatkeep.knowledge.lanes import SlowLane
from chatkeep.knowledge.sources import Source
from chatkeep.knowledge.upkeep import Upkeep
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import get_logger
from chatkeep.wiring.knowledge import KnowledgeBase
from chatkeep.wiring.sources import open_egress, open_sources

_log = get_logger(__name__)


@asynccontextmanager
async def kept_up(
    settings: Settings, knowledge: KnowledgeBase, on_report: Callable[[Report], None] | None = None
) -> AsyncIterator[None]:
    """While the context lasts, sources are looked at again: as often as declared, and when files change.

    Args:
        on_report: told of each look, besides the log.
    """
    library = knowledge.library(settings)
    if knowledge.embedder is not None and settings.embedder != "endpoint":  # which does many things at a time
        library = replace(library, embedder=SlowLane(knowledge.embedder))

    async def synchronise(sources: Sequence[Source]) -> None:
        report = await ingest(sources, library, local_context("upkeep"))
        await knowledge.index.optimize()
        _log.info(
            "synchronised",
            sources=[source.name for source in sources],
            added=report.added,
            updated=report.updated,
            removed=report.removed,
            skipped=len(report.skipped),
            seconds=round(report.seconds, 2),
        )
        for skipped in report.skipped:
            _log.debug("skipped", path=skipped.path, reason=skipped.reason)
        if on_report is not None:
            on_report(report)

    async with await anyio.to_thread.run_sync(open_egress, settings) as egress:
        opened = await anyio.to_thread.run_sync(open_sources, settings, egress)
        tended = await anyio.to_thread.run_sync(lambda: [each.tended for each in opened])
        changes = DiskChanges([settings.data_dir]) if settings.watch else None
        if changes is None and not any(each.interval for each in tended):
            yield
            return
        keeping = asyncio.create_task(Upkeep(tended, synchronise, SystemClock(), changes).run())
        keeping.add_done_callback(_say_why_it_ended)
        try:
            yield
        finally:
            keeping.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([keeping])


def _say_why_it_ended(keeping: "asyncio.Task[None]") -> None:
    if not keeping.cancelled() and (error := keeping.exception()):
        _log.error("upkeep_ended", exc_info=error)
