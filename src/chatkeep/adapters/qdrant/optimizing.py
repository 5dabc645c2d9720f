"""Optimising a shard in a process of its own: `python -m chatkeep.adapters.qdrant.optimizing FOLDER`.

Above: `edge`, which owns the folder's original and swaps. The child knows one shard and nothing else.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

import anyio
import qdrant_edge as edge


class OptimizingFailed(Exception):
    """The child ended without having done it; its output says why."""


async def optimize_elsewhere(shard: Path) -> None:
    """Build the shard's search graph, on disk when this returns. When cancelled, the child ends too.

    Raises:
        OptimizingFailed: it was killed, or the shard cannot be read.
    """
    command = [sys.executable, "-P", "-m", "chatkeep.adapters.qdrant.optimizing", str(shard)]
    async with await anyio.open_process(command, stdin=None, stdout=None, stderr=None) as child:
        try:
            exit_code = await child.wait()
        except BaseException:
            with suppress(ProcessLookupError):
                child.kill()
            raise
    if exit_code != 0:
        raise OptimizingFailed(f"The search index could not be optimised (exit code {exit_code}).")


def main(shard: Path) -> None:
    os.nice(10)  # whoever asks goes first
    opened = edge.EdgeShard.load(str(shard))
    opened.optimize()
    opened.flush()
    opened.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
