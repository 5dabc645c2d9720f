"""Notices changes of files through the operating system. Implements `knowledge.protocols.Changes`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import anyio.to_thread

from chatkeep.core.errors import ConfigurationError

_PAUSE = 400  # milliseconds without a change, until what changed is told
_LONGEST = 3_000  # however much goes on changing
_NOT_DOCUMENTS = frozenset({"node_modules", "__pycache__"})


class DiskChanges:
    """Of the folders and files of this machine.

    Args:
        except_below: folders whose changes are chatkeep's own.
    """

    def __init__(self, except_below: Sequence[Path] = ()) -> None:
        self._except = tuple(folder.absolute() for folder in except_below)

    async def watch(self, roots: Sequence[Path]) -> AsyncIterator[frozenset[Path]]:
        watchfiles = await anyio.to_thread.run_sync(_import_watchfiles)
        stop = asyncio.Event()
        try:
            async for changes in watchfiles.awatch(
                # A file is watched in its folder: editors put another file in its place.
                *{root if root.is_dir() else root.parent for root in roots},
                watch_filter=lambda _, path: self._counts(Path(path), roots),
                debounce=_LONGEST,
                step=_PAUSE,
                stop_event=stop,
                rust_timeout=1_000,
                ignore_permission_denied=True,
            ):
                yield frozenset(Path(path) for _, path in changes)
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"{error.filename or roots[0]} cannot be watched: it is not there."
            ) from None
        finally:
            stop.set()

    def _counts(self, path: Path, roots: Sequence[Path]) -> bool:
        if any(path.is_relative_to(folder) for folder in self._except):
            return False
        root = next((root for root in roots if path.is_relative_to(root)), None)
        if root is None:
            return False
        below = path.relative_to(root).parts
        return below[-1:] == (".chatkeepignore",) or not any(
            part.startswith(".") or part in _NOT_DOCUMENTS for part in below
        )


def _import_watchfiles() -> Any:
    import watchfiles

    return watchfiles
