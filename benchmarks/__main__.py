"""`make bench`: every measurement, as tables of medians. Machines differ: compare, do not quote."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console, RenderableType

from benchmarks import quality, startup, weight
from benchmarks.element import report as element
from benchmarks.ingest import report as ingest
from benchmarks.retrieval import report as retrieval
from benchmarks.streaming import report as streaming


def _quality(quick: bool, collections: Path | None) -> RenderableType:
    found = quality.find(collections)
    if not found:
        return "Search quality: not measured. --collections FOLDER names a folder of BEIR collections."
    return quality.table(quality.measure(found, quick))


_MEASUREMENTS: dict[str, Callable[[bool, Path | None], RenderableType]] = {
    "weight": lambda *_: weight.table(),
    "startup": lambda *_: startup.table(startup.measure()),
    "streaming": lambda quick, _: streaming.table(streaming.measure(quick)),
    "element": lambda quick, _: element.table(element.measure(quick)),
    "quality": _quality,
    "retrieval": lambda quick, _: retrieval.table(retrieval.measure(quick)),
    "ingest": lambda quick, _: ingest.table(ingest.measure(quick)),
}


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = ", ".join(_MEASUREMENTS)
    options.add_argument("names", nargs="*", metavar="name", help=f"of {known}; all when none is named")
    options.add_argument("--quick", action="store_true", help="one round each, and less: a first impression")
    options.add_argument(
        "--collections", type=Path, help="folder of collections in BEIR's layout, for quality"
    )
    chosen = options.parse_args()
    unknown = set(chosen.names) - set(_MEASUREMENTS)
    if unknown:
        options.error(f"no such measurement: {', '.join(sorted(unknown))}; there are {known}")
    console = Console(width=120 if not sys.stdout.isatty() else None)
    for name, measured in _MEASUREMENTS.items():
        if name in chosen.names or not chosen.names:
            console.print(measured(chosen.quick, chosen.collections))


main()
