"""What a source is, and what it lists.

Above: `ingest`. Below: nothing; `folders`, `git` and `web` are the kinds of sources.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.parse import Skipped

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Bearing:
    """What the operator says of all that a source holds.

    Attributes:
        labels: who may read it: everybody when empty, otherwise whoever bears one of them.
        metadata: to filter searches by.
    """

    labels: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def says_nothing(self) -> bool:
        return not self.labels and not self.metadata

    @property
    def mark(self) -> str:
        """Of the labels: equal for equal ones, whatever their order; empty for none."""
        if not self.labels:
            return ""
        return f".{hashlib.sha256(json.dumps(sorted(set(self.labels))).encode()).hexdigest()[:16]}"


NOTHING_SAID = Bearing()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file or page to read.

    Attributes:
        source: the name of its source.
        path: the file below it, with forward slashes; the page's address below its start.
        file: where its content is, links resolved.
        stamp: changes when its content does, and is cheap to have; empty where nothing is that reliable.
        file_name: what the parser goes by; the path itself where it has an extension that tells.
        url: where people can open the original; empty for a file.
        modified_at: when its content last changed, as far as its source knows.
        bearing: what the operator says of it.
        found: what the source knows of it besides, as metadata; a change of this alone is no change.
    """

    source: str
    path: str
    file: Path
    stamp: str = ""
    file_name: str = ""
    url: str = ""
    modified_at: datetime | None = None
    bearing: Bearing = NOTHING_SAID
    found: Mapping[str, str] = field(default_factory=dict)

    @property
    def metadata(self) -> Mapping[str, str]:
        """What its document is to say of itself. The operator's word beats the source's."""
        return {**self.found, **self.bearing.metadata}

    @property
    def parsed_as(self) -> str:
        """The file name that a parser is chosen by."""
        return self.file_name or self.path

    def load(self, max_bytes: int) -> bytes | Skipped:
        """Its content at one moment, or why it cannot be had. Blocks."""
        try:
            for _ in range(_TRIES):
                # What became a link or a pipe since it was listed is not followed and not waited for.
                opened = os.open(self.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                with os.fdopen(opened, "rb") as file:
                    before = os.fstat(opened)
                    if not stat.S_ISREG(before.st_mode):
                        return Skipped(self.path, "it is not a regular file.")
                    data = file.read(max_bytes + 1)
                    after = os.fstat(opened)
                if len(data) > max_bytes:
                    return Skipped(self.path, too_large(max_bytes))
                if (before.st_mtime_ns, len(data)) == (after.st_mtime_ns, after.st_size):
                    return data
        except OSError as error:
            return Skipped(self.path, f"it cannot be read: {error.strerror}.")
        return Skipped(self.path, "it changes while it is read. Ingest it once it is complete.")


def too_large(max_bytes: int) -> str:
    return f"it is larger than {max_bytes:,} bytes (CHATKEEP_MAX_FILE_BYTES allows more)."


@dataclass(slots=True)
class Listing:
    """What sources hold, in a stable order, each file once.

    Attributes:
        unreachable: (source, path) of what exists, or may, but could not be looked at; what is known of it
            stays known. A folder's path ends with a slash; `/` is all of the source.
        ignored: how many files are of a type that is not read.
    """

    sources: list[str] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unreachable: list[tuple[str, str]] = field(default_factory=list)
    ignored: int = 0

    def may_hold(self, source: str, path: str) -> bool:
        """Whether `path` may still be there, out of reach for now."""
        return any(
            source == lost
            and (path == below or (below.endswith("/") and path.startswith(below)) or below == "/")
            for lost, below in self.unreachable
        )

    def out_of_reach(self, source: str, shown: str, reason: str) -> None:
        """Nothing can be said of the whole source."""
        self.unreachable.append((source, "/"))
        self.skipped.append(Skipped(shown, reason))


class Source(Protocol):
    """A place that documents come from.

    Attributes:
        name: what its documents say they came with; unique.
        bearing: what the operator says of all it holds.
        root: the folder or file of this disk that it reads, to notice changes in; None: it is elsewhere.
    """

    @property
    def name(self) -> str: ...
    @property
    def bearing(self) -> Bearing: ...
    @property
    def root(self) -> Path | None: ...

    async def look(self, max_file_bytes: int) -> Listing:
        """What it holds now. What cannot be reached is said in the listing, never raised."""
        ...


async def survey(sources: Sequence[Source], max_file_bytes: int) -> Listing:
    """What all `sources` hold. A file that several hold belongs to the one that says more of it.

    So a folder with labels inside one without keeps what it holds to those who bear them. Where several say
    something, the innermost counts; where none does, the outermost, so that a file has one source however
    it is named.

    Raises:
        InvalidInput: a file or folder does not exist.
    """
    whole, taken = Listing(), set[Path]()
    named = {source.name: source for source in sources}
    for source in sorted(named.values(), key=_precedence):
        found = await source.look(max_file_bytes)
        whole.sources.append(source.name)
        whole.files += [file for file in found.files if file.file not in taken]
        taken.update(file.file for file in found.files)
        whole.skipped += found.skipped
        whole.unreachable += found.unreachable
        whole.ignored += found.ignored
    return whole


def _precedence(source: Source) -> tuple[bool, bool, int, str]:
    depth = len(source.root.parts) if source.root else 0
    bearing = source.bearing
    return (not bearing.labels, bearing.says_nothing, depth if bearing.says_nothing else -depth, source.name)


def missing(path: Path) -> InvalidInput:
    return InvalidInput(f"There is no file or folder at {path}. Check the path.")
