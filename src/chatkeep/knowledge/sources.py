"""Sources: the files and folders an operator named, and the files to read in them.

Nothing outside a named folder is ever read: links that lead out of it are left alone, and so are
hidden folders, dependencies and anything that is not a regular file.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.parse import SUPPORTED, Skipped

_NOT_DOCUMENTS = frozenset({"node_modules", "__pycache__", "venv"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read.

    Attributes:
        source: what the operator named, absolute.
        path: the file below it, with forward slashes.
    """

    source: str
    path: str
    file: Path


@dataclass(frozen=True, slots=True)
class Listing:
    """What the sources hold.

    Attributes:
        ignored: how many files of folders are of a type that is not read.
    """

    sources: tuple[str, ...]
    files: tuple[SourceFile, ...]
    skipped: tuple[Skipped, ...]
    ignored: int


def source_name(path: Path) -> str:
    """The one name of a source, however it was written."""
    return str(path.expanduser().resolve())


def list_files(paths: Sequence[Path], max_file_bytes: int) -> Listing:
    """The files below `paths`, in a stable order, each once.

    Raises:
        ConfigurationError: a path does not exist.
    """
    files: dict[Path, SourceFile] = {}
    skipped: list[Skipped] = []
    ignored = 0
    sources = tuple(dict.fromkeys(source_name(path) for path in paths))
    for source in sources:
        root = Path(source)
        if not root.exists():
            raise ConfigurationError(f"There is no file or folder at {root}. Check the path.")
        named = [root] if root.is_file() else list(_walk(root))
        for file in named:
            path = file.relative_to(root).as_posix() if file != root else root.name
            if file.suffix.lower() not in SUPPORTED and file != root:
                ignored += 1
            elif reason := _refusal(file, root, max_file_bytes):
                skipped.append(Skipped(path, reason))
            else:
                files.setdefault(file.resolve(), SourceFile(source, path, file))
    return Listing(sources, tuple(files.values()), tuple(skipped), ignored)


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _NOT_DOCUMENTS
        )
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _refusal(file: Path, root: Path, max_file_bytes: int) -> str | None:
    try:
        target = file.resolve(strict=True)
        facts = target.stat()
    except OSError as error:
        return f"it cannot be read: {error.strerror}."
    if file != root and not target.is_relative_to(root):
        return "it is a link that leads out of the folder."
    if not stat.S_ISREG(facts.st_mode):
        return "it is not a regular file."
    if facts.st_size > max_file_bytes:
        return f"it is larger than {max_file_bytes:,} bytes (CHATKEEP_MAX_FILE_BYTES)."
    return None
