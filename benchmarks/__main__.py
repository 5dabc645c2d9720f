"""`make bench`: every measurement, as tables of medians. Machines differ: compare, do not quote."""

import sys

from rich.console import Console

from benchmarks import startup


def main() -> None:
    console = Console(width=100 if not sys.stdout.isatty() else None)
    console.print(startup.table(startup.measure()))


main()
