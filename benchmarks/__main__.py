"""`make bench`: every measurement, as tables of medians. Machines differ: compare, do not quote."""

import argparse
import sys

from rich.console import Console

from benchmarks import startup
from benchmarks.streaming import report

_NAMES = ("startup", "streaming")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument(
        "names", nargs="*", metavar="name", help=f"{' or '.join(_NAMES)}; all when none is named"
    )
    options.add_argument("--quick", action="store_true", help="one round each: a first impression")
    chosen = options.parse_args()
    unknown = set(chosen.names) - set(_NAMES)
    if unknown:
        options.error(f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(_NAMES)}")
    names = chosen.names or _NAMES
    console = Console(width=120 if not sys.stdout.isatty() else None)
    if "startup" in names:
        console.print(startup.table(startup.measure()))
    if "streaming" in names:
        console.print(report.table(report.measure(chosen.quick)))


main()
