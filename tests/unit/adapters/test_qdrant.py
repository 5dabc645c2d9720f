"""What only the durable index promises: it survives, it is alone, it measures its average length."""

import json
import mmap
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import anyio.to_thread
import numpy as np
import pytest

from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.adapters.qdrant.folder import map_ahead
from chatkeep.adapters.qdrant.optimizing import OptimizingFailed
from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError, DataDirectoryInUse
from tests.unit.knowledge.samples import FewAxes, sample

HERE = local_context("test")
AXIS = np.eye(FewAxes.dimensions, dtype=np.float32)[0]


async def test_what_was_flushed_is_there_after_reopening(tmp_path: Path) -> None:
    index = await EdgeIndex.open(tmp_path, FewAxes())
    await index.upsert([sample("a", "Cats purr.", AXIS, headings=("Pets",))], HERE)
    await index.flush()
    generation = index.generation
    await index.close()
    again = await EdgeIndex.open(tmp_path, FewAxes())
    legs = await again.search("cats", AXIS, 5, HERE)
    (passage,) = await again.passages([legs.dense[0].id], HERE)
    assert (passage.text, passage.headings) == ("Cats purr.", ("Pets",))
    assert legs.sparse[0].id == legs.dense[0].id
    assert again.generation == generation
    await again.close()


async def test_a_second_opener_is_told_which_folder_is_in_use(tmp_path: Path) -> None:
    index = await EdgeIndex.open(tmp_path, None)
    with pytest.raises(DataDirectoryInUse, match=str(tmp_path)):
        await EdgeIndex.open(tmp_path, None)
    await index.close()
    await (await EdgeIndex.open(tmp_path, None)).close()


@pytest.mark.skipif(sys.platform != "linux", reason="page tables are read as Linux shows them")
@pytest.mark.parametrize("is_graph", [True, False])
def test_what_a_search_of_a_graph_reads_is_mapped_at_once(tmp_path: Path, is_graph: bool) -> None:
    segment = tmp_path / "segments" / "one"
    (segment / "vector_index-dense").mkdir(parents=True)
    (segment / "vector_storage-dense").mkdir()
    if is_graph:
        (segment / "vector_index-dense" / "links.bin").write_bytes(b"links")
    vectors = segment / "vector_storage-dense" / "matrix.dat"
    vectors.write_bytes(b"\1" * 2**20)
    with vectors.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ):
        assert _mapped_kilobytes(vectors) == 0
        map_ahead(tmp_path)
        assert _mapped_kilobytes(vectors) == (1024 if is_graph else 0)


def _mapped_kilobytes(file: Path) -> int:
    _, _, after = Path("/proc/self/smaps").read_text().partition(f" {file}\n")
    return int(after.partition("Rss:")[2].split()[0])


KILLED = """
import sys
from pathlib import Path
import anyio
from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.adapters.qdrant.folder import map_ahead
from chatkeep.core.context import local_context
from tests.unit.knowledge.samples import FewAxes, sample

async def main():
    here, embedder = local_context("killed"), FewAxes()
    index = await EdgeIndex.open(Path(sys.argv[1]), embedder)
    for batch in range(100_000):
        texts = [f"Chunk {batch} {n} of many words." for n in range(64)]
        vectors = await embedder.embed(texts)
        await index.upsert([sample(t, t, v, document=str(batch)) for t, v in zip(texts, vectors)], here)
        if batch < 3:
            await index.flush()
        print(batch, flush=True)

anyio.run(main)
"""


def kill_in_mid_write(data_dir: Path) -> None:
    """Let another process flush batches 0 to 2, go on without flushing, and kill it after batch 7."""
    command = [sys.executable, "-c", KILLED, str(data_dir)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "7":
                process.send_signal(signal.SIGKILL)
                break
        assert process.wait(timeout=30) == -signal.SIGKILL


async def test_after_kill_9_nothing_flushed_is_lost_and_nothing_is_doubled(tmp_path: Path) -> None:
    await anyio.to_thread.run_sync(kill_in_mid_write, tmp_path)
    index = await EdgeIndex.open(tmp_path, FewAxes())
    flushed = [
        sample(f"Chunk {batch} {n} of many words.", "", None).id for batch in range(3) for n in range(64)
    ]
    assert [passage.id for passage in await index.passages(flushed, HERE)] == flushed
    before = await index.count(HERE)
    texts = [f"Chunk 1 {n} of many words." for n in range(64)]
    await index.upsert([sample(text, text, AXIS, document="1") for text in texts], HERE)
    assert await index.count(HERE) == before
    await index.close()


async def test_another_embedder_finds_an_empty_index_of_another_generation(tmp_path: Path) -> None:
    first = await EdgeIndex.open(tmp_path, FewAxes())
    await first.upsert([sample("a", "Cats purr.", AXIS)], HERE)
    await first.flush()
    await first.close()
    other = await EdgeIndex.open(tmp_path, FewAxes("another"))
    assert await other.count(HERE) == 0
    assert other.generation != first.generation
    await other.close()
    back = await EdgeIndex.open(tmp_path, FewAxes())
    assert await back.count(HERE) == 1, "looking alone must not remove what was there"
    await back.close()


async def test_the_old_index_stays_until_the_new_one_is_finished(tmp_path: Path) -> None:
    first = await EdgeIndex.open(tmp_path, FewAxes())
    assert first.is_complete
    await first.upsert([sample("a", "Cats purr.", AXIS)], HERE)
    await first.flush()
    await first.close()
    for _ in range(2):  # as if killed in between
        other = await EdgeIndex.open(tmp_path, None)
        assert not other.is_complete
        await other.upsert([sample("a", "Cats purr.", None)], HERE)
        await other.flush()
        await other.close()
    back = await EdgeIndex.open(tmp_path, FewAxes())
    assert (back.generation, await back.count(HERE), back.is_complete) == (first.generation, 1, True)
    await back.close()
    other = await EdgeIndex.open(tmp_path, None)
    await other.finish()
    assert other.is_complete
    await other.close()
    back = await EdgeIndex.open(tmp_path, FewAxes())
    assert back.generation != first.generation
    await back.close()


async def test_words_alone_are_enough(tmp_path: Path) -> None:
    index = await EdgeIndex.open(tmp_path, None)
    await index.upsert([sample("a", "Cats purr.", None)], HERE)
    legs = await index.search("the purring of cats", AXIS, 5, HERE)
    assert not legs.dense
    assert len(legs.sparse) == 1, "stemmed, and without stop words"
    await index.close()


def state(data_dir: Path) -> dict[str, float]:
    (path,) = (data_dir / "index").glob("*/state.json")
    read: dict[str, float] = json.loads(path.read_text())
    return read


async def test_the_average_length_is_measured_and_old_points_are_weighed_again(tmp_path: Path) -> None:
    """Short chunks first, long ones later: the scores end as if all had come at once."""
    short = [sample(f"s{n}", f"zebra stripes {n}", None) for n in range(5)]
    long = [
        sample(f"l{n}", f"giraffe neck {n} " + " ".join(f"leaf{n}{m}" for m in range(40)), None)
        for n in range(5)
    ]
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    in_steps = await EdgeIndex.open(grown, None)
    for part in (short, long):
        await in_steps.upsert(part, HERE)
        await in_steps.flush()
    at_once = await EdgeIndex.open(whole, None)
    await at_once.upsert([*short, *long], HERE)
    await at_once.flush()
    assert state(grown)["weighed_with"] == state(whole)["weighed_with"] > 20
    expected = {hit.id: hit.score for hit in (await at_once.search("zebra", None, 9, HERE)).sparse}
    found = {hit.id: hit.score for hit in (await in_steps.search("zebra", None, 9, HERE)).sparse}
    assert found == pytest.approx(expected)
    await in_steps.close()
    await at_once.close()


async def test_weighing_again_keeps_the_dense_vectors(tmp_path: Path) -> None:
    index = await EdgeIndex.open(tmp_path, FewAxes())
    await index.upsert([sample("a", "zebra", AXIS)], HERE)
    await index.upsert([sample("b", "leaf " * 50, np.eye(FewAxes.dimensions, dtype=np.float32)[1])], HERE)
    await index.flush()
    legs = await index.search("", AXIS, 1, HERE)
    assert legs.dense[0].score == pytest.approx(1, abs=1e-3)
    await index.close()


async def test_optimising_keeps_every_point(tmp_path: Path) -> None:
    index = await EdgeIndex.open(tmp_path, FewAxes(), worth_optimizing=300)
    await index.upsert([sample(str(n), f"Cats {n}", AXIS) for n in range(299)], HERE)
    assert not await index.optimize(), "too few to be worth it"
    await index.upsert([sample("299", "Cats 299", AXIS)], HERE)
    assert await index.optimize()
    assert await index.count(HERE) == 300
    assert not await index.optimize(), "nothing was written since"
    assert len(list((tmp_path / "index").glob("*/shard-*"))) == 1
    await index.close()
    again = await EdgeIndex.open(tmp_path, FewAxes())
    assert await again.count(HERE) == 300
    await again.close()


async def test_writes_while_the_shard_is_optimised_elsewhere_are_not_lost(tmp_path: Path) -> None:
    """One document is added, one changed, one deleted, and one chunk of many goes; all in that time."""
    index = await EdgeIndex.open(tmp_path, FewAxes(), worth_optimizing=1)
    kept = [sample(f"kept {n}", f"Cats {n}", AXIS, document="kept") for n in range(50)]
    await index.upsert([*kept, sample("old", "Dogs bark.", AXIS), sample("gone", "Fish swim.", AXIS)], HERE)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(index.optimize)
        with anyio.fail_after(60):
            while len(list((tmp_path / "index").glob("*/shard-*"))) < 2:  # noqa: ASYNC110 (a file's appearing)
                await anyio.sleep(0.001)
        await index.delete_documents([sample("gone", "", None).document.id], HERE)
        await index.upsert([sample("new", "Birds sing.", AXIS)], HERE)
        await index.upsert([sample("old", "Dogs sleep.", AXIS)], HERE)
        await index.delete_documents([kept[0].document.id], HERE)
        await index.upsert(kept[1:], HERE)
        assert (await index.search("birds", None, 5, HERE)).sparse, "found at once"
    names = ["new", "old", "gone", "kept 0", "kept 1"]
    expected = ["Birds sing.", "Dogs sleep.", "Cats 1"]

    async def texts() -> list[str]:
        return [
            passage.text for passage in await index.passages([sample(n, "", None).id for n in names], HERE)
        ]

    assert await texts() == expected
    assert await index.count(HERE) == 51
    await index.close()
    index = await EdgeIndex.open(tmp_path, FewAxes())
    assert await texts() == expected
    assert len((await index.search("cats", AXIS, 100, HERE)).sparse) == 49
    assert len((await index.search("cats", AXIS, 100, HERE)).dense) == 51
    await index.close()


async def test_a_child_that_fails_leaves_the_index_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = await EdgeIndex.open(tmp_path, FewAxes(), worth_optimizing=1)
    await index.upsert([sample("a", "Cats purr.", AXIS)], HERE)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(OptimizingFailed):
        await index.optimize()
    monkeypatch.undo()
    assert len(list((tmp_path / "index").glob("*/shard-*"))) == 1
    assert await index.count(HERE) == 1
    assert await index.optimize()
    await index.close()


async def test_an_index_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    await (await EdgeIndex.open(tmp_path, None)).close()
    (path,) = (tmp_path / "index").glob("*/state.json")
    path.write_text("{")
    with pytest.raises(ConfigurationError, match="Delete that folder"):
        await EdgeIndex.open(tmp_path, None)
    path.unlink()
    with pytest.raises(ConfigurationError, match="Delete that folder"):
        await EdgeIndex.open(tmp_path, None)


async def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        await EdgeIndex.open(tmp_path / "file", None)
