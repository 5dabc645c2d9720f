"""`kill -9` while writing, flushing, optimising and swapping: nothing flushed is lost or doubled."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import anyio.to_thread
import pytest

from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.core.context import local_context
from chatkeep.knowledge.documents import PassageId
from chatkeep.knowledge.protocols import IndexedChunk, Vectors
from tests.unit.knowledge.samples import FewAxes, sample

HERE = local_context("test")
CHUNKS = 8
LIVES = 3

CHILD = """
import sys
from pathlib import Path
import anyio
from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.core.context import local_context
from tests.unit.knowledge.samples import FewAxes
from tests.unit.adapters.test_qdrant_crashes import HERE, chunks

async def main(folder, life):
    index = await EdgeIndex.open(folder, FewAxes(), worth_optimizing=1)
    vector = (await FewAxes().embed(["x"]))[0]

    async def optimize():
        while True:
            print("optimize", flush=True)
            await index.optimize()
            print("swapped", flush=True)

    async with anyio.create_task_group() as tasks:
        await index.upsert(chunks(f"{life} first", vector), HERE)
        tasks.start_soon(optimize)
        for batch in range(100_000):
            name = f"{life} {batch}"
            await index.delete_documents([chunks("churn", None)[0].document.id], HERE)
            await index.upsert(chunks("churn", vector), HERE)
            await index.upsert(chunks(name, vector), HERE)
            print("written", flush=True)
            if batch % 3 == 2:
                await index.flush()
                print("flushed", name, flush=True)

anyio.run(main, Path(sys.argv[1]), sys.argv[2])
"""


def chunks(document: str, vector: Vectors | None) -> list[IndexedChunk]:
    return [
        sample(f"{document}, {n}", f"Chunk {n} of {document}.", vector, document=document)
        for n in range(CHUNKS)
    ]


def live_and_die(folder: Path, life: int, last_line: int) -> list[str]:
    """Let a process write until it has said so many lines, and kill it. Gives what it flushed."""
    said = []
    command = [sys.executable, "-c", CHILD, str(folder), str(life)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            said.append(line.strip())
            if len(said) == last_line:
                child.send_signal(signal.SIGKILL)
        assert child.wait(timeout=30) == -signal.SIGKILL
    names = [line.removeprefix("flushed ") for line in said if line.startswith("flushed ")]
    return [f"{life} {batch}" for name in names[-1:] for batch in range(int(name.split()[1]) + 1)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_whenever_it_is_killed_what_was_flushed_is_there_once(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    flushed, begun = [], ["churn"]
    for life in range(LIVES):
        moment = dice.randrange(4, 60)
        flushed += await anyio.to_thread.run_sync(live_and_die, tmp_path, life, moment)
        begun += [f"{life} first", *(f"{life} {batch}" for batch in range(moment + 10))]
        index = await EdgeIndex.open(tmp_path, FewAxes())
        for name in flushed:
            ids = ids_of(name)
            assert [passage.id for passage in await index.passages(ids, HERE)] == ids, (life, moment, name)
        there = [len(await index.passages(ids_of(name), HERE)) for name in begun]
        assert await index.count(HERE) == sum(there)
        hits = (await index.search("chunk", None, 100_000, HERE)).sparse
        assert len(hits) == len({hit.id for hit in hits}) == sum(there)
        assert len(list((tmp_path / "index").glob("*/shard-*"))) == 1
        await index.close()
    assert flushed


def ids_of(document: str) -> list[PassageId]:
    return [sample(f"{document}, {n}", "", None).id for n in range(CHUNKS)]
