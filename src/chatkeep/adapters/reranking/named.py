"""A cross-encoder by its name, such as `BAAI/bge-reranker-base`: fastembed knows it and fetches it, once.

Above: `wiring`. Below: `fastembed`, which is in an extra.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from chatkeep.adapters.reranking.cross_encoder import readable
from chatkeep.core.errors import ConfigurationError, MissingDependency
from chatkeep.knowledge.documents import Passage

_PAIRS_A_RUN = 8


class NamedCrossEncoder:
    """`Reranker` by fastembed. The model is fetched and loaded at first use, in a thread."""

    def __init__(self, name: str, cache: Path) -> None:
        """
        Raises:
            MissingDependency: fastembed is not installed.
            ConfigurationError: it knows no such model.
        """
        try:
            from fastembed.rerank.cross_encoder import TextCrossEncoder
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] != "fastembed":
                raise
            raise MissingDependency(
                "CHATKEEP_RERANKER_MODEL names a model, but what fetches it is not installed: "
                "pip install 'chatkeep[fastembed]'"
            ) from None
        try:
            self._model: Any = TextCrossEncoder(name, cache_dir=str(cache), lazy_load=True)
        except ValueError as error:
            raise ConfigurationError(f"CHATKEEP_RERANKER_MODEL: {error}") from None
        self._one_at_a_time = anyio.CapacityLimiter(1)

    async def scores(self, query: str, passages: Sequence[Passage]) -> Sequence[float]:
        texts = [readable(passage) for passage in passages]

        def run() -> list[float]:
            return [float(score) for score in self._model.rerank(query, texts, batch_size=_PAIRS_A_RUN)]

        return await anyio.to_thread.run_sync(run, limiter=self._one_at_a_time)
