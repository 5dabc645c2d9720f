"""What the supervising process and its children tell each other.

A child is told what it is to do by its one argument, an `Assignment` as JSON, and by the environment, where
keys and other settings are. It tells how it fares with `Report`s, a line of JSON each, over a socket of its
own. That socket ends when either of the two is gone, however it went: so the parent learns of a death
at once, and no child outlives the parent.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from chatkeep.settings import Settings

Role = Literal["knowledge", "worker"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one child is to do.

    Attributes:
        number: of a worker, from 1; 0 for the knowledge process.
        reports, listener: file descriptors it inherits.
        socket: path at which the knowledge process answers the workers.
        ingests: read what is new in the documents first.
        host, port, data_dir, docs, workers, watch: settings that the command line may have set.
    """

    role: Role
    number: int
    reports: int
    listener: int
    socket: Path
    ingests: bool
    host: str
    port: int
    data_dir: Path
    docs: tuple[str, ...]
    workers: int
    watch: bool

    def settings(self) -> Settings:
        """Raises: ConfigurationError."""
        return Settings.load(
            host=self.host,
            port=self.port,
            data_dir=self.data_dir,
            docs=self.docs or None,
            workers=self.workers,
            watch=self.watch,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """How a child fares.

    Attributes:
        event: `listening`: it accepts connections; `ready`: it can answer; `failed`: it cannot, and ends.
        message: why it failed; empty when that was said already.
        exit_code: what the whole command should end with, if it failed.
    """

    event: Literal["listening", "ready", "failed"]
    message: str = ""
    exit_code: int = 2


ASSIGNMENT: TypeAdapter[Assignment] = TypeAdapter(Assignment)
REPORT: TypeAdapter[Report] = TypeAdapter(Report)
