"""A cross-encoder from a folder on this machine: `model.onnx` and `tokenizer.json`, as they are exported.

Above: `wiring` hands it to the `Retriever`. Below: `onnxruntime` and `tokenizers`. Nothing is fetched. The
session loads at first use, in a thread; one batch runs at a time.
"""

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import numpy as np

from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.documents import Passage

_MAX_TOKENS = 512  # what cross-encoders are trained with; the passage is cut, never the question
_PAIRS_A_RUN = 8
_GRAPH, _TOKENIZER = "model.onnx", "tokenizer.json"


class CrossEncoder:
    """`Reranker` over a sequence classifier with one score a pair, or two of which the last counts."""

    def __init__(self, folder: Path) -> None:
        """Raises: ConfigurationError: the folder does not hold a model."""
        graph = next((file for file in (folder / _GRAPH, folder / "onnx" / _GRAPH) if file.is_file()), None)
        if graph is None or not (folder / _TOKENIZER).is_file():
            raise ConfigurationError(
                f"CHATKEEP_RERANKER_MODEL: {folder} does not hold {_GRAPH} and {_TOKENIZER}."
            )
        self._graph = graph
        self._folder = folder
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._loading = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    async def scores(self, query: str, passages: Sequence[Passage]) -> Sequence[float]:
        pairs = [(query, readable(passage)) for passage in passages]
        scores: list[float] = []
        for first in range(0, len(pairs), _PAIRS_A_RUN):  # between runs, one who is out of patience leaves
            part = partial(self._run, pairs[first : first + _PAIRS_A_RUN])
            scores += await anyio.to_thread.run_sync(part, limiter=self._one_at_a_time)
        return scores

    def _run(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        session, tokenizer = self._load()
        encodings = tokenizer.encode_batch(list(pairs))
        known = {
            "input_ids": [encoding.ids for encoding in encodings],
            "attention_mask": [encoding.attention_mask for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }
        given = {put.name: np.asarray(known[put.name], dtype=np.int64) for put in session.get_inputs()}
        logits = np.asarray(session.run(None, given)[0], dtype=np.float64).reshape(len(pairs), -1)
        return [float(score) for score in logits[:, -1]]

    def _load(self) -> tuple[Any, Any]:
        with self._loading:
            if self._loaded is None:
                import onnxruntime
                from tokenizers import Tokenizer

                tokenizer = Tokenizer.from_file(str(self._folder / _TOKENIZER))
                tokenizer.enable_truncation(_MAX_TOKENS, strategy="only_second")
                tokenizer.enable_padding()
                options = onnxruntime.SessionOptions()
                options.enable_cpu_mem_arena = False
                options.add_session_config_entry("session.intra_op.allow_spinning", "0")
                options.log_severity_level = 3
                session = onnxruntime.InferenceSession(
                    str(self._graph), options, providers=["CPUExecutionProvider"]
                )
                self._loaded = session, tokenizer
            return self._loaded


def readable(passage: Passage) -> str:
    """The passage below the names of its document and sections, as it was indexed."""
    return "\n".join([*dict.fromkeys((passage.title, *passage.headings)), passage.text])
