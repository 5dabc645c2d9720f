"""The query's cost as a table, with the goals it is held to."""

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from benchmarks import children
from benchmarks.retrieval import corpus
from benchmarks.retrieval.timing import Times
from chatkeep.settings import Settings
from chatkeep.wiring.embedding import open_embedder

POINTS, QUICK_POINTS = 100_000, 10_000
_DEADLINE = 1_800.0
_GOALS = {"fused": 15.0, "filtered": 10.0}
_GAIN = 20.0
_CLOCK, _CPU = 0, 1
_NOTES = (
    "Both: a process of its own on one core, in turn, the same chunks, vectors and embedder, DBSF over 100 "
    "hits of each leg, after some questions that do not count. What chatkeep reads is on disk; local mode is "
    "in memory. A twentieth of the chunks are the small tenant's; the large one has the rest, and chatkeep "
    "filters by it too. Goals are held against CPU time: with one core of its own a query takes as long on "
    "the clock."
)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Both sides' times and peak memory in bytes."""

    points: int
    ours: Times
    local: Times
    memory: tuple[int, int]


def measure(quick: bool) -> Retrieval:
    """Make the chunks, ask both. Says on standard error what it is at."""
    progress = Console(stderr=True, highlight=False)
    points = QUICK_POINTS if quick else POINTS
    with tempfile.TemporaryDirectory() as temporary:
        folder, data = Path(temporary), Path(temporary) / "data"
        with progress.status("Making chunks") as status:
            asyncio.run(_make(folder, points, data, status.update))
        found = []
        for side in ("ours", "local"):
            with progress.status(f"{points:,} chunks: {side} (minutes)"):
                command = [sys.executable, "-m", f"benchmarks.retrieval.{side}", str(folder), str(data)]
                found.append(children.run(command, deadline=_DEADLINE))
    ours, local = (Times(**json.loads(each.output)) for each in found)
    return Retrieval(points, ours, local, (found[0].peak, found[1].peak))


async def _make(folder: Path, points: int, data: Path, tell: Callable[[str], Any]) -> None:
    embedder = await open_embedder(Settings.load(data_dir=data))
    if embedder is None:
        raise SystemExit("This measurement needs the embedder's weights.")
    try:
        await corpus.make(folder, points, embedder, tell)
    finally:
        await embedder.close()


def table(found: Retrieval) -> Group:
    title = f"A query among {found.points:,} chunks, one core (p50 of CPU; on the clock)"
    shown = Table(title=title, title_justify="left")
    for heading in ("figure", "chatkeep", "local mode", "ratio", "goal", "holds"):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    for name, field in (
        ("embed + both searches + fusion", "fused"),
        ("the same, a tenant of a twentieth", "filtered"),
    ):
        ours, local = getattr(found.ours, field), getattr(found.local, field)
        gain = _median(local, _CPU) / _median(ours, _CPU)
        holds = _median(ours, _CPU) <= _GOALS[field] and gain >= _GAIN
        goal = f"<= {_GOALS[field]:.0f} ms, 1/{_GAIN:.0f}"
        shown.add_row(name, _spread(ours), _spread(local), f"1/{gain:.0f}", goal, "yes" if holds else "NO")
    shown.add_row("with feedback and 8 passages read", _spread(found.ours.passages), "", "", "", "")
    shown.add_row("embed alone", _spread(found.ours.embed), _spread(found.local.embed), "", "", "")
    shown.add_row("store all chunks", f"{found.ours.fill:.0f} s", f"{found.local.fill:.0f} s", "", "", "")
    memory = (f"{size / 1e6:,.0f} MB" for size in found.memory)
    shown.add_row("peak memory, storing and asking", *memory, "", "", "")
    return Group(shown, Text(_NOTES))


def _spread(values: Sequence[tuple[float, float]]) -> str:
    return f"{_median(values, _CPU):,.1f} ms ({_median(values, _CLOCK):,.1f})"


def _median(values: Sequence[tuple[float, float]], which: int) -> float:
    return statistics.median(value[which] for value in values)
