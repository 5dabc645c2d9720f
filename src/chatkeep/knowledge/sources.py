"""Sources: the files and folders an operator named, and the files to read in them.

Above: `ingest`. Nothing outside a named folder is ever read: links that lead out of it are left alone,
and so are hidden folders, dependencies and whatever is not a regular file.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.parse import SUPPORTED, Skipped, is_read

_NOT_DOCUMENTS = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read.

    Attributes:
        source: what the operator named, absolute.
        path: the file below it, with forward slashes.
        file: where its content is, links resolved.
    """

    source: str
    path: str
    file: Path


@dataclass(slots=True)
class Listing:
    """What the sources hold, in a stable order, each file once.

    Attributes:
        unreachable: (source, path) of files and folders that exist but could not be looked at; what is
            known of them stays known. A folder's path ends with a slash.
        ignored: how many files in folders are of a type that is not read.
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


def source_name(path: Path) -> str:
    """The one name of a source, however it was written. Raises InvalidInput: nothing is there."""
    return os.fspath(_resolved(path))


def list_files(paths: Sequence[Path], max_file_bytes: int) -> Listing:
    """The files below `paths`.

    Raises:
        InvalidInput: a path does not exist.
    """
    listing, seen = Listing(), set[Path]()
    # A folder comes before what is named inside it, so that a file has one source however it is named.
    for root in sorted({_resolved(path) for path in paths}):
        source = os.fspath(root)
        listing.sources.append(source)
        if root.is_dir():
            _walk(root, source, listing, seen, max_file_bytes)
        elif root.suffix.lower() not in SUPPORTED:
            supported = ", ".join(sorted(SUPPORTED))
            listing.skipped.append(Skipped(root.name, f"its type is not supported. Supported: {supported}."))
        else:
            _add(root, root.parent, source, root.name, listing, seen, max_file_bytes)
    return listing


def _resolved(path: Path) -> Path:
    try:
        return path.expanduser().resolve(strict=True)
    except (OSError, RuntimeError):
        raise InvalidInput(f"There is no file or folder at {path}. Check the path.") from None


def _walk(root: Path, source: str, listing: Listing, seen: set[Path], max_file_bytes: int) -> None:
    def unreachable(error: OSError) -> None:
        below = Path(error.filename).relative_to(root).as_posix() + "/"
        listing.unreachable.append((source, "/" if below == "./" else below))
        listing.skipped.append(Skipped(below, f"the folder cannot be read: {error.strerror}."))

    for folder, folders, names in os.walk(root, onerror=unreachable):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _NOT_DOCUMENTS
        )
        for name in sorted(names):
            file = Path(folder, name)
            if is_read(name) and not name.startswith("."):
                path = file.relative_to(root).as_posix()
                _add(file, root, source, path, listing, seen, max_file_bytes)
            else:
                listing.ignored += 1


def _add(
    file: Path, root: Path, source: str, path: str, listing: Listing, seen: set[Path], max_file_bytes: int
) -> None:
    if not path.isprintable():  # a name that is not UTF-8 cannot be stored or shown
        shown = "".join(
            c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in path
        )
        listing.skipped.append(Skipped(shown, "its name has characters that cannot be shown. Rename it."))
        return
    try:
        target = file.resolve(strict=True)
        facts = target.stat()
    except OSError as error:
        listing.unreachable.append((source, path))
        listing.skipped.append(Skipped(path, f"it cannot be read: {error.strerror}."))
        return
    if not target.is_relative_to(root):
        listing.skipped.append(Skipped(path, "it is a link that leads out of the folder."))
    elif not stat.S_ISREG(facts.st_mode):
        listing.skipped.append(Skipped(path, "it is not a regular file."))
    elif facts.st_size == 0:
        listing.skipped.append(Skipped(path, "it is empty."))
    elif facts.st_size > max_file_bytes:
        listing.skipped.append(Skipped(path, too_large(max_file_bytes)))
    elif target not in seen:
        seen.add(target)
        listing.files.append(SourceFile(source, path, target))


def too_large(max_file_bytes: int) -> str:
    return f"it is larger than {max_file_bytes:,} bytes (CHATKEEP_MAX_FILE_BYTES allows more)."
