"""One embedder for two kinds of callers: people who wait for an answer, and ingesting, which can wait.

Above: `wiring` gives answers the one, upkeep the other. Below: an `Embedder` that does one thing at a time.
Without this a question would wait behind what ingesting has begun, at each step of its own.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from chatkeep.knowledge.protocols import Embedder, Vectors

_CHARACTERS_AT_A_TIME = 2_400  # some 600 tokens: a question waits no longer than these take
_LONGEST_WAIT = 1.0  # seconds; questions without a pause must not stop ingesting altogether


class _Lane:
    """What both ways to an embedder share."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    @property
    def max_tokens(self) -> int:
        return self._embedder.max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._embedder.token_spans(text)


class FastLane(_Lane):
    """The way for those who wait."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(embedder)
        self._under_way = 0
        self.is_free = asyncio.Event()
        self.is_free.set()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        with self._taken():
            return await self._embedder.embed(texts)

    async def embed_query(self, text: str) -> Vectors:
        with self._taken():
            return await self._embedder.embed_query(text)

    async def close(self) -> None:
        await self._embedder.close()

    @contextmanager
    def _taken(self) -> Iterator[None]:
        self._under_way += 1
        self.is_free.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self.is_free.set()


class SlowLane(_Lane):
    """The way for the rest: in small parts, and none while the fast lane is in use."""

    def __init__(self, fast: FastLane) -> None:
        super().__init__(fast._embedder)
        self._fast = fast

    async def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for places in _parts(texts):
            try:
                async with asyncio.timeout(_LONGEST_WAIT):
                    await self._fast.is_free.wait()
            except TimeoutError:
                pass
            vectors[places] = await self._embedder.embed([texts[place] for place in places])
        return vectors

    async def embed_query(self, text: str) -> Vectors:
        return await self._fast.embed_query(text)

    async def close(self) -> None:
        """Nothing: the fast lane closes what both lead to."""


def _parts(texts: Sequence[str]) -> Iterator[list[int]]:
    """Places of texts that go together: of like length, as embedders like them, and few."""
    part: list[int] = []
    for place in sorted(range(len(texts)), key=lambda place: len(texts[place])):
        if part and (len(part) + 1) * len(texts[place]) > _CHARACTERS_AT_A_TIME:
            yield part
            part = []
        part.append(place)
    if part:
        yield part
