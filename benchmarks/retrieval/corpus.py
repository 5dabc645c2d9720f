"""Chunks that are made up, with the geometry and the words of real ones.

Real passages are embedded; every chunk is one of them, moved a little and set to unit length, so that there
are dense and empty regions as in real collections. Its words are half that passage's own, half drawn from all
words by how often they occur, which is Zipf's law.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import prose
from chatkeep.knowledge.protocols import Embedder, Vectors

SMALL_TENANT_SHARE = 0.05
_MOST_PASSAGES, _CHUNKS_A_PASSAGE = 2_000, 40
_PASSAGE_CHARACTERS = 800
_QUERIES, _WARM_UP = 40, 200
_WORDS_A_CHUNK = (40, 160)
_MOVED = 0.6  # length of the random step from a unit vector: near passages end up at cosine 0.7 to 0.8
_SEED = 7
_AT_ONCE = 2_000

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A chunk; `tenant` is `large` or `small`."""

    text: str
    vector: Vectors
    tenant: str


async def make(folder: Path, points: int, embedder: Embedder, tell: Tell) -> None:
    """Write `points` chunks and the queries below `folder`."""
    random = np.random.default_rng(_SEED)
    origins_wanted = min(_MOST_PASSAGES, max(100, points // _CHUNKS_A_PASSAGE))
    found = [text[:_PASSAGE_CHARACTERS] for text in prose.texts() if len(text) > 200]
    chosen = random.permutation(len(found))[: origins_wanted + _QUERIES + _WARM_UP]
    passages = [found[place] for place in chosen[:origins_wanted]]
    queries = [_question(found[place]) for place in chosen[origins_wanted:]]
    tell(f"Embedding {len(passages)} real passages")
    real = await embedder.embed(passages)
    vocabulary = Counter(word for text in passages for word in text.split())
    words = np.array(list(vocabulary))
    shares = np.array(list(vocabulary.values()), dtype=np.float64)
    shares /= shares.sum()
    vectors = np.lib.format.open_memmap(
        folder / "vectors.npy", mode="w+", dtype=np.float32, shape=(points, real.shape[1])
    )
    with (folder / "texts.jsonl").open("w") as file:
        for first in range(0, points, _AT_ONCE):
            count = min(_AT_ONCE, points - first)
            origins = random.integers(0, len(passages), count)
            vectors[first : first + count] = _moved(real[origins], random)
            file.writelines(
                json.dumps(_text(passages[origin], words, shares, random)) + "\n" for origin in origins
            )
            tell(f"Making chunks: {first + count:,} of {points:,}")
    vectors.flush()
    (folder / "queries.json").write_text(json.dumps(queries))


def chunks(folder: Path) -> Iterator[Made]:
    """Those that `make` wrote; every twentieth is the small tenant's."""
    vectors: Vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    every = round(1 / SMALL_TENANT_SHARE)
    with (folder / "texts.jsonl").open() as file:
        for place, line in enumerate(file):
            yield Made(json.loads(line), vectors[place], "small" if place % every == 0 else "large")


def queries(folder: Path) -> tuple[list[str], list[str]]:
    """Those to measure, and others to ask before: a server has answered some when it is asked for speed."""
    found = [str(query) for query in json.loads((folder / "queries.json").read_text())]
    return found[:_QUERIES], found[_QUERIES:]


def _question(text: str) -> str:
    return " ".join(text.split()[:14])


def _moved(vectors: Vectors, random: np.random.Generator) -> Vectors:
    step = random.standard_normal(vectors.shape, dtype=np.float32)
    moved: Vectors = vectors + _MOVED * step / np.linalg.norm(step, axis=1, keepdims=True)
    unit: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return unit


def _text(
    passage: str, words: NDArray[np.str_], shares: NDArray[np.float64], random: np.random.Generator
) -> str:
    own = passage.split()
    count = int(random.integers(*_WORDS_A_CHUNK))
    kept = [own[place] for place in random.integers(0, len(own), count // 2)]
    drawn = words[random.choice(len(words), count - len(kept), p=shares)]
    return " ".join([*kept, *map(str, drawn)])
