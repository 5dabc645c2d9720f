"""Files and folders of this machine.

Nothing outside a named folder is ever read: links that lead out of it are left alone, and so are hidden
folders, dependencies and whatever is not a regular file.
"""

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread

from chatkeep.knowledge.parse import NOT_SUPPORTED, SUPPORTED, Skipped, is_read
from chatkeep.knowledge.sources.listing import (
    NOTHING_SAID,
    Bearing,
    Listing,
    SourceFile,
    missing,
    too_large,
)
from chatkeep.knowledge.sources.patterns import IGNORE_FILE, Ignored, Wanted, is_ignored

_NOT_DOCUMENTS = frozenset({"node_modules", "__pycache__"})
_MOST_IGNORE_BYTES = 1 << 18
_SETTLED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder with all below it, or one file.

    Attributes:
        path: where it is, however written.
    """

    path: Path
    wanted: Wanted = field(default_factory=Wanted)
    bearing: Bearing = NOTHING_SAID

    @property
    def name(self) -> str:
        """Raises: InvalidInput: nothing is there."""
        return source_name(self.path)

    @property
    def root(self) -> Path:
        """Raises: InvalidInput: nothing is there."""
        return _resolved(self.path)

    async def look(self, max_file_bytes: int) -> Listing:
        """Raises: InvalidInput: nothing is there."""
        return await anyio.to_thread.run_sync(self._look, max_file_bytes)

    def _look(self, max_file_bytes: int) -> Listing:
        root = self.root
        gathered = Gathering(root, os.fspath(root), self.bearing, max_file_bytes)
        if root.is_dir():
            for file, path in self._walk(root, gathered):
                gathered.add(file, path)
        elif root.suffix.lower() not in SUPPORTED:
            gathered.listing.skipped.append(Skipped(root.name, NOT_SUPPORTED))
        else:
            Gathering(root.parent, os.fspath(root), self.bearing, max_file_bytes, gathered.listing).add(
                root, root.name
            )
        return gathered.listing

    def _walk(self, root: Path, gathered: "Gathering") -> Iterator[tuple[Path, str]]:
        listing = gathered.listing

        def unreachable(error: OSError) -> None:
            below = Path(error.filename).relative_to(root).as_posix() + "/"
            listing.unreachable.append((gathered.source, "/" if below == "./" else below))
            listing.skipped.append(Skipped(below, f"the folder cannot be read: {error.strerror}."))

        ignoring: list[tuple[str, Ignored]] = []
        for folder, folders, names in os.walk(root, onerror=unreachable):
            here = Path(folder).relative_to(root).as_posix()
            below = "" if here == "." else f"{here}/"
            ignoring = [each for each in ignoring if below.startswith(each[0])]
            if IGNORE_FILE in names:
                try:
                    ignoring.append((below, _read_ignored(Path(folder, IGNORE_FILE))))
                except OSError as error:  # what it would keep back is not known, so nothing is taken
                    folders.clear()
                    unreachable(OSError(error.errno, f"its {IGNORE_FILE}: {error.strerror}", folder))
                    continue
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".")
                and name not in _NOT_DOCUMENTS
                and self.wanted.enters(below + name)
                and not is_ignored(f"{below}{name}/", ignoring)
            )
            for name in sorted(names):
                if name == IGNORE_FILE:
                    continue
                if not self.wanted.takes(below + name) or is_ignored(below + name, ignoring):
                    continue
                if is_read(name) and not name.startswith("."):
                    yield Path(folder, name), below + name
                else:
                    listing.ignored += 1


def source_name(path: Path) -> str:
    """The one name of a source, however it was written. Raises InvalidInput: nothing is there."""
    return os.fspath(_resolved(path))


def _resolved(path: Path) -> Path:
    try:
        return path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError):
        raise missing(path) from None


def _read_ignored(file: Path) -> Ignored:
    """Raises: OSError."""
    with file.open("rb") as opened:
        return Ignored.parse(opened.read(_MOST_IGNORE_BYTES).decode("utf-8", errors="replace"))


@dataclass(slots=True)
class Gathering:
    """Files of one root that are looked at and put into a listing.

    Attributes:
        root: nothing outside of it is taken.
    """

    root: Path
    source: str
    bearing: Bearing
    max_file_bytes: int
    listing: Listing = field(default_factory=Listing)
    _seen: set[Path] = field(default_factory=set)

    def add(self, file: Path, path: str, url: str = "", found: dict[str, str] | None = None) -> None:
        """List `file`, or say why not."""
        skipped = self.listing.skipped
        if not path.isprintable():  # a name that is not UTF-8 cannot be stored or shown
            skipped.append(Skipped(_shown(path), "its name has characters that cannot be shown. Rename it."))
            return
        try:
            target = file.resolve(strict=True)
            facts = target.stat()
        except OSError as error:
            self.listing.unreachable.append((self.source, path))
            skipped.append(Skipped(path, f"it cannot be read: {error.strerror}."))
            return
        if not target.is_relative_to(self.root):
            skipped.append(Skipped(path, "it is a link that leads out of the folder."))
        elif not stat.S_ISREG(facts.st_mode):
            skipped.append(Skipped(path, "it is not a regular file."))
        elif facts.st_size == 0:
            skipped.append(Skipped(path, "it is empty."))
        elif facts.st_size > self.max_file_bytes:
            skipped.append(Skipped(path, too_large(self.max_file_bytes)))
        elif target not in self._seen:
            self._seen.add(target)
            modified = datetime.fromtimestamp(facts.st_mtime, UTC)
            self.listing.files.append(
                SourceFile(
                    self.source,
                    path,
                    target,
                    stamp=_stamp(facts),
                    url=url,
                    modified_at=modified,
                    bearing=self.bearing,
                    found=found or {},
                )
            )


def _stamp(facts: os.stat_result) -> str:
    """None for a file that changed a moment ago: it may change again within one tick of the disk's clock."""
    latest = max(facts.st_mtime, facts.st_ctime)
    if time.time() - latest < _SETTLED_SECONDS:
        return ""
    return f"{facts.st_mtime_ns}:{facts.st_ctime_ns}:{facts.st_size}:{facts.st_ino}"


def _shown(path: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in path)
