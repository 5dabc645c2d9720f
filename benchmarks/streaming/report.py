"""The figures as a table, with the goals they are held to."""

import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from benchmarks.streaming import figures
from benchmarks.streaming.figures import Followers, Pair, Streaming
from benchmarks.streaming.processes import running

_NOTES = (
    "Both: one process on uvicorn (uvloop, httptools), the same model behind, side by side in this run. "
    "chatkeep also stores every thread and item in SQLite, has its usual log and searches an empty index. "
    "CPU is the server process's own (user and system) by the answers that arrived whole; the usual wiring "
    "cannot keep up with 50 streams and takes longer for them."
)


def measure(quick: bool) -> Streaming:
    """Start everything, measure it, stop it. Says on standard error what it is at."""
    progress = Console(stderr=True, highlight=False)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as bench:
        scale = figures.QUICK if quick else figures.FULL
        return figures.measure(
            bench, scale, lambda text: progress.print(f"[dim]{text}[/dim]", soft_wrap=True)
        )


def table(found: Streaming) -> Group:
    rounds = len(found.cpu_paced.ours)
    shown = Table(title=f"Streaming (median of {rounds}; least and most)", title_justify="left")
    for heading in ("figure", "chatkeep", "usual wiring", "ratio", "goal", "holds"):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    for name, pair, least in (
        ("CPU a 200-token answer, 50 streams of 50/s", found.cpu_paced, 10.0),
        ("CPU a 200-token answer, unpaced", found.cpu_unpaced, 15.0),
    ):
        shown.add_row(*_costs(name, pair), f"1/{least:.0f}", _holds(pair.gain >= least))
    one, many, carried = found.first_one, found.first_many, found.carried
    added = statistics.median(one.ours)
    shown.add_row(*_costs("first token p50, one stream", one), "<= 10 ms", _holds(added <= 10))
    shown.add_row(*_costs("first token p50, 50 streams of 100/s", many), "1/10", _holds(many.gain >= 10))
    ratio = carried.ours[0] / carried.reference[0]
    counts = (f"{carried.ours[0]:.0f}", f"{carried.reference[0]:.0f}", f"x {ratio:.1f}")
    shown.add_row("streams of 50/s, p99 delay < 150 ms", *counts, "x 10", _holds(ratio >= 10))
    shown.add_row(*_followers(found.followers))
    notes = [_NOTES, _circumstances(found)]
    if found.followers.reason:
        notes.append(f"Followers: not measured, the server says {found.followers.reason}")
    if any(found.broken):
        notes.append(
            f"Answers that did not arrive whole: chatkeep {found.broken[0]}, usual wiring {found.broken[1]}. "
            f"{found.failure}"
        )
    return Group(shown, *(Text(note) for note in notes))


def _circumstances(found: Streaming) -> str:
    return (
        f"Measuring took {found.generator_cpu:.1f} cores at the most streams. Other programs kept "
        f"{found.others_cpu:.1f} of {os.cpu_count()} cores busy: beyond a tenth, times and streams suffer."
    )


def _costs(name: str, pair: Pair) -> tuple[str, str, str, str]:
    return name, _spread(pair.ours), _spread(pair.reference), f"1/{pair.gain:.1f}"


def _spread(values: Sequence[float]) -> str:
    median = statistics.median(values)
    digits = 1 if median < 100 else 0
    return f"{median:.{digits}f} ms ({min(values):.{digits}f}-{max(values):.{digits}f})"


def _followers(found: Followers) -> tuple[str, str, str, str, str, str]:
    name, goal = "memory an idle follower, 1,000 held", "<= 60 KB"
    if found.reason:
        return name, "not measured", "", "", goal, "-"
    kilobytes = found.bytes_each / 1000
    holds = kilobytes <= 60 and found.held >= 1000
    return name, f"{kilobytes:.0f} KB, {found.held} held", "", "", goal, _holds(holds)


def _holds(yes: bool) -> str:
    return "yes" if yes else "NO"
