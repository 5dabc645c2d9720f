"""How an ingestion is shown: a bar on a terminal, a line now and then elsewhere, with the same facts.

Above: `cli.ingest`. The remaining time is estimated from bytes, since one document may be a thousand times
as long as another.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

_SECONDS_A_LINE = 10.0
_DOCUMENTS_A_LINE = 100
_SECONDS_TO_TELL = 3.0  # before that, a rate says little
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Tally:
    """How far an ingestion has come.

    Attributes:
        size, sizes: bytes of the files done, and of all.
        seconds: since it began.
    """

    documents: int
    all_documents: int
    passages: int
    size: int
    sizes: int
    seconds: float

    def words(self) -> str:
        told = f"{self.documents:,} of {self.all_documents:,} documents, {self.passages:,} passages"
        if self.seconds < _SECONDS_TO_TELL or not self.size:
            return told
        told += f" ({self.passages / self.seconds:,.0f}/s)"
        left = self.seconds * (self.sizes - self.size) / self.size
        return f"{told}, {duration(left)} left" if self.size < self.sizes else told


def duration(seconds: float) -> str:
    """As people say it, and no more exact than an estimate is."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


class Bars:
    """`IngestProgress` for people and for logs, on standard error."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[done]}", markup=False),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._fetch: TaskID | None = None
        self._reading: TaskID | None = None
        self._began = self._told = clock()
        self._documents = self._all_documents = self._passages = self._size = self._sizes = 0

    def __enter__(self) -> "Bars":
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

    def started(self, files: int, size: int) -> None:
        self._all_documents, self._sizes = files, size
        self._began = self._told = self._clock()
        if files:
            self._reading = self._progress.add_task("Reading documents", total=size, done="")
            large = f" ({size / 1e6:,.1f} MB)" if size >= 100_000 else ""
            self._say(f"Reading {files:,} document{'s' if files != 1 else ''}{large}")

    def embedded(self, path: str, chunks: int, size: int) -> None:
        self._passages += chunks
        self._size += size
        self._show(path)

    def advanced(self, path: str, chunks: int) -> None:  # noqa: ARG002 (`embedded` counted them)
        self._documents += 1
        self._show(path)
        if self._documents % _DOCUMENTS_A_LINE == 0:
            self._tell()

    def optimizing(self) -> None:
        self._progress.add_task("Making searches fast", total=None, done="")

    def replacing(self) -> None:
        self._say("The embedder changed: the other documents are indexed anew, and the old index goes last")

    @property
    def tally(self) -> Tally:
        return Tally(
            documents=self._documents,
            all_documents=self._all_documents,
            passages=self._passages,
            size=self._size,
            sizes=self._sizes,
            seconds=self._clock() - self._began,
        )

    def _show(self, path: str) -> None:
        if self._reading is not None and self._console.is_terminal:
            shown = path if len(path) <= _LONGEST_NAME else f"…{path[1 - _LONGEST_NAME :]}"
            self._progress.update(
                self._reading, completed=self._size, description=f"Reading {shown}", done=self.tally.words()
            )
        elif self._clock() - self._told >= _SECONDS_A_LINE:
            self._tell()

    def _tell(self) -> None:
        self._told = self._clock()
        self._say(self.tally.words())

    def _say(self, line: str) -> None:
        if not self._console.is_terminal:
            print(line, file=sys.stderr, flush=True)  # noqa: T201
