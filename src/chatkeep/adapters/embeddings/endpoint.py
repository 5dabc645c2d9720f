"""Any OpenAI-compatible embeddings endpoint as an `Embedder`.

Above: `wiring` opens one. Below: `provider` talks to it; `known` has the marks that some models want;
`approximate` counts tokens, for the tokeniser is on the other side. Requests are bounded in texts and in
tokens; one that the endpoint finds too large is halved, and so is a single text that is too long.
"""

import asyncio
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import anyio.to_thread
import numpy as np

from chatkeep.adapters.embeddings import approximate
from chatkeep.adapters.embeddings.known import facts, mark
from chatkeep.adapters.embeddings.pace import Patience
from chatkeep.adapters.embeddings.provider import Chance, Provider, TooMuch
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.protocols import Vectors
from chatkeep.settings import EmbeddingSettings
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_FOR_PASSAGES = Patience(attempts=8, seconds=300.0)  # a job of minutes may wait out a minute's limit
_FOR_A_QUERY = Patience(attempts=3, seconds=10.0, queues=False)  # somebody is waiting
_BLANK = "."  # in place of a text of nothing, which providers refuse


@dataclass(frozen=True, slots=True)
class _Text:
    """One text as it is sent, and its tokens as far as they can be told."""

    text: str
    tokens: int


class EndpointEmbedder:
    """`Embedder` over HTTP. Make it with `open`; `close` it in the same event loop."""

    def __init__(self, provider: Provider, settings: EmbeddingSettings) -> None:
        known = facts(provider.model)
        self._provider = provider
        self._query = mark(settings.query_prefix, known.query)
        self._passage = mark(settings.passage_prefix, known.passage)
        self._max_tokens = settings.max_tokens or known.max_tokens
        self._most_tokens = settings.batch_tokens
        self._most_texts = settings.batch
        self._dimensions = settings.dimensions

    @classmethod
    async def open(cls, settings: EmbeddingSettings, chance: Chance | None = None) -> Self:
        """An embedder that knows the length of its vectors: as set, or found out by embedding a word.

        Raises:
            ConfigurationError: the settings do not suffice, or the endpoint refuses them.
            EmbedderUnavailable: it had to be asked, and cannot be.
        """
        provider = Provider(settings, chance)
        opened = cls(provider, settings)
        if opened._dimensions is None:
            try:
                opened._dimensions = len(await opened.embed_query("dimensions"))
            except BaseException:
                await provider.aclose()
                raise
        return opened

    @property
    def name(self) -> str:
        """What shapes the vectors of passages: a change of any of it is another space."""
        mark = f"/{hashlib.sha256(self._passage.encode()).hexdigest()[:8]}" if self._passage else ""
        provider = self._provider
        return f"{provider.model} at {provider.address}/{self._max_tokens}/{self.dimensions}{mark}"

    @property
    def dimensions(self) -> int:
        assert self._dimensions is not None  # noqa: S101 - `open` found it out
        return self._dimensions

    @property
    def max_tokens(self) -> int:
        return self._max_tokens

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """As `approximate` guesses them."""
        return approximate.token_spans(text)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        batches = await anyio.to_thread.run_sync(lambda: list(self._batches(texts)))
        try:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(self._embedded(batch, _FOR_PASSAGES)) for batch in batches]
        except ExceptionGroup as failures:  # one endpoint: the first failure is everybody's
            raise failures.exceptions[0] from None
        rows = [task.result() for task in running]
        return np.concatenate(rows) if rows else np.zeros((0, self.dimensions), dtype=np.float32)

    async def embed_query(self, text: str) -> Vectors:
        vector: Vectors = (await self._embedded([self._prepared(self._query, text)], _FOR_A_QUERY))[0]
        return vector

    async def close(self) -> None:
        await self._provider.aclose()

    def _prepared(self, mark: str, text: str) -> _Text:
        whole = mark + (text if text.strip() else _BLANK)
        fitting = approximate.cut(whole, self._max_tokens)
        return _Text(fitting, approximate.count(fitting))

    def _batches(self, texts: Sequence[str]) -> Iterator[list[_Text]]:
        batch: list[_Text] = []
        tokens = 0
        for text in texts:
            prepared = self._prepared(self._passage, text)
            if batch and (len(batch) == self._most_texts or tokens + prepared.tokens > self._most_tokens):
                yield batch
                batch, tokens = [], 0
            batch.append(prepared)
            tokens += prepared.tokens
        if batch:
            yield batch

    async def _embedded(self, batch: Sequence[_Text], patience: Patience) -> Vectors:
        try:
            tokens = sum(text.tokens for text in batch)
            vectors = await self._provider.vectors([text.text for text in batch], tokens, patience)
        except TooMuch as refused:
            if len(batch) > 1:
                half = math.ceil(len(batch) / 2)
                self._most_texts = min(self._most_texts, half)  # do not try as many again
                first = await self._embedded(batch[:half], patience)
                return np.concatenate([first, await self._embedded(batch[half:], patience)])
            (one,) = batch
            if len(one.text.encode()) <= self._max_tokens:
                raise refused.error from None  # no token is shorter than a byte: it cannot be too long
            _log.warning("text_cut_for_embedding", characters=len(one.text), reason=str(refused))
            shorter = one.text[: len(one.text) // 2]
            return await self._embedded([_Text(shorter, approximate.count(shorter))], patience)
        if self._dimensions is not None and vectors.shape[1] != self._dimensions:
            raise ConfigurationError(
                f"The embeddings endpoint {self._provider.address} (model {self._provider.model}) gave "
                f"vectors of {vectors.shape[1]} numbers where {self._dimensions} were expected: it ignores "
                "CHATKEEP_EMBEDDINGS_DIMENSIONS, or its model has changed. Correct that, or start again."
            )
        return vectors
