"""Questions overtake what is ingested, and the vectors are the same."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.lanes import FastLane, SlowLane
from chatkeep.knowledge.protocols import Vectors
from tests.unit.knowledge.samples import FewAxes
from tests.virtual_time import VIRTUAL_TIME


@pytest.fixture
def anyio_backend() -> Sequence[object]:
    return VIRTUAL_TIME


class OneAtATime(FewAxes):
    """Takes a second a call, and says what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self._lock = asyncio.Lock()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        async with self._lock:
            self.calls.append(texts[0].split()[0])
            await asyncio.sleep(1)
            return await super().embed(texts)


async def test_a_question_waits_for_one_part_at_most() -> None:
    embedder = OneAtATime()
    fast = FastLane(embedder)
    ingesting = asyncio.create_task(SlowLane(fast).embed([f"passage {'word ' * 400}"] * 20))
    await asyncio.sleep(4.5)
    began = asyncio.get_running_loop().time()
    await fast.embed(["question one"])
    await fast.embed(["question two"])
    assert asyncio.get_running_loop().time() - began <= 4  # each its own second, and one part before it
    await ingesting
    assert embedder.calls.index("question") <= 6
    assert len(embedder.calls) == 22


async def test_questions_without_a_pause_do_not_stop_ingesting() -> None:
    embedder = OneAtATime()
    fast = FastLane(embedder)

    async def asking() -> None:
        while True:
            await asyncio.gather(*(fast.embed(["question"]) for _ in range(3)))

    busy = asyncio.create_task(asking())
    async with asyncio.timeout(60):
        await SlowLane(fast).embed([f"passage {'word ' * 400}"] * 5)
    busy.cancel()
    await asyncio.wait([busy])


@given(st.lists(st.text(max_size=3_000), max_size=12))
def test_the_vectors_are_those_of_the_embedder_in_their_order(texts: list[str]) -> None:
    async def both() -> tuple[Vectors, Vectors]:
        embedder = FewAxes()
        return await embedder.embed(texts), await SlowLane(FastLane(embedder)).embed(texts)

    expected, found = asyncio.run(both())
    assert np.array_equal(expected, found)
