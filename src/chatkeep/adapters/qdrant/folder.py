"""Where the embedded index lies on disk, and what is written down beside it.

    <data_dir>/index.lock                                held by the one process that has it open
    <data_dir>/index/<hash of the embedder>/state.json   generation, average chunk length, which shard it is
    <data_dir>/index/<hash of the embedder>/shard-*/     points: dense and BM25 vectors, payload

Above: `edge`. What is made here is made aside and moved into place, so that a half-made one is never seen.
"""

import ctypes
import json
import os
import secrets
import shutil
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import filelock
import qdrant_edge as edge

from chatkeep.adapters.qdrant.points import DENSE, DRIFT, INDEXED_FIELDS, SPARSE
from chatkeep.core.errors import ConfigurationError, DataDirectoryInUse
from chatkeep.knowledge.terms import TERMS_VERSION

_SHARD = "shard-"

# The graph and the vectors it leads to, what words stand where, whose each point is; the rest is read rarely.
_SEARCHED = ("vector_index-*/*", "vector_storage-dense/*", "payload_index/*/*", "id_tracker.*")
_MOST_AHEAD = 2 * 1024**3  # bytes; beyond, the system would throw out one to read another
_POPULATE_READ = 22  # advice of Linux 5.14 and later, which Python's `mmap` does not name


@dataclass(frozen=True, slots=True)
class State:
    """What is kept beside the shard, and which shard it is.

    Attributes:
        chunks, length: of all chunks ever indexed, their number and their BM25 tokens.
        weighed_with: the average length the points' BM25 weights were computed with; 0: no points yet.
        reweighing: a weighing of all points began and may not have ended.
        languages: of all documents ever indexed.
        terms: the `TERMS_VERSION` that the points were counted by.
        shard: name of the folder with the points; other such folders are leftovers.
        written: how many chunks were written since the last time the shard was optimised.
        complete: everything that was ever ingested is in here; False while this is to replace another.
    """

    generation: str
    shard: str
    complete: bool
    chunks: int = 0
    length: int = 0
    weighed_with: float = 0.0
    reweighing: bool = False
    languages: list[str] = field(default_factory=list)
    terms: int = TERMS_VERSION
    written: int = 0

    @property
    def average(self) -> float:
        return self.length / self.chunks if self.chunks else 0.0

    @property
    def has_drifted(self) -> bool:
        return self.weighed_with > 0 and abs(self.average / self.weighed_with - 1) > DRIFT


def locked(data_dir: Path) -> filelock.BaseFileLock:
    lock = filelock.FileLock(data_dir / "index.lock", thread_local=False)
    try:
        (data_dir / "index").mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise DataDirectoryInUse(
            f"The data directory {data_dir} is in use by another chatkeep. "
            "Stop that one first, or choose another folder with --data-dir."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The data directory {data_dir} cannot be written: {error.strerror or error}."
        ) from None
    return lock


def create(folder: Path, dimensions: int | None) -> None:
    """Make an empty shard aside and move it into place, so that a half-made one is never seen."""
    for leftover in folder.parent.glob(".new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    is_alone = not any(folder.parent.iterdir())
    aside = folder.parent / f".new-{secrets.token_hex(4)}"
    shard_name = new_shard_name()
    (aside / shard_name).mkdir(parents=True)
    config = edge.EdgeConfig(
        vectors=(
            {
                DENSE: edge.EdgeVectorParams(
                    size=dimensions, distance=edge.Distance.Cosine, memory=edge.Memory.Cold
                )
            }
            if dimensions is not None
            else None
        ),
        sparse_vectors={
            SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf, memory=edge.Memory.Cold)
        },
        payload_memory=edge.Memory.Cold,
    )
    shard = edge.EdgeShard.create(str(aside / shard_name), config)
    params: dict[str, Any] = {
        "tenant": edge.KeywordIndexParams(is_tenant=True),
        "keyword": edge.KeywordIndexParams(),
        "datetime": edge.DatetimeIndexParams(),
    }
    for name, kind in INDEXED_FIELDS.items():
        shard.update(edge.UpdateOperation.create_field_index(name, params[kind]))
    shard.flush()
    shard.close()
    write_state(aside, State(secrets.token_hex(8), shard_name, complete=is_alone))
    aside.replace(folder)


def read_ahead(shard: Path) -> None:
    """Have the system read what searches read, in one go and in the background.

    Left alone, each of the first hundreds of searches waits for the disk at a few dozen places.
    """
    if not hasattr(os, "posix_fadvise"):
        return
    left = _MOST_AHEAD
    for pattern in _SEARCHED:
        for file in shard.glob(f"segments/*/{pattern}"):
            if not file.is_file() or (left := left - file.stat().st_size) < 0:
                continue
            with file.open("rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def map_ahead(shard: Path) -> None:
    """Map what searches of a graph read into this process, which has the shard open. Blocks; Linux.

    The engine maps these files so that each page is a fault when it is first touched, and a search touches
    thousands: 5 of the 8 milliseconds of CPU that one took among 100,000 points. Pages that nobody needs go
    when memory is wanted elsewhere, as ever.
    """
    if sys.platform != "linux":
        return
    graphs = [links.parents[1] for links in shard.resolve().glob("segments/*/vector_index-*/links*")]
    files = {str(file) for segment in graphs for pattern in _SEARCHED for file in segment.glob(pattern)}
    left = _MOST_AHEAD
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in Path("/proc/self/maps").read_text().splitlines():
        extent, *_, path = line.split(maxsplit=5)
        if path in files:
            start, end = (int(place, 16) for place in extent.split("-"))
            if (left := left - (end - start)) < 0:
                return
            madvise(start, end - start, _POPULATE_READ)  # an older kernel refuses, and nothing is lost


def remove_leftovers(folder: Path, state: State) -> None:
    """Remove the shards that were being made when a process died, or that another took the place of; and
    what the engine was writing aside in that moment, which would stay for ever.
    """
    for shard in folder.glob(f"{_SHARD}*"):
        if shard.name != state.shard:
            shutil.rmtree(shard, ignore_errors=True)
    for leftover in (folder / state.shard).rglob(".atomicwrite*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def remove_others(folder: Path) -> None:
    """Remove what other embedders left."""
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def new_shard_name() -> str:
    return f"{_SHARD}{secrets.token_hex(4)}"


def read_state(folder: Path) -> State:
    return State(**json.loads((folder / "state.json").read_bytes()))


def write_state(folder: Path, state: State) -> None:
    unfinished = folder / ".state.json"
    with unfinished.open("w") as file:
        json.dump(asdict(state), file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / "state.json")
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)  # so that the name is on disk, too, before what it replaced is removed
    finally:
        os.close(directory)
