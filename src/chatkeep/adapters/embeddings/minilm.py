"""all-MiniLM-L6-v2 on this machine: 384 dimensions, 256 tokens, English.

Above: `find_embedder` makes one. Below: `graph` builds what `onnxruntime` runs, `safetensors` holds
the words. Constructing it costs nothing; the session, some 70 MB, loads at first use in a third of a
second, and is let go of after ten minutes without use.
"""

import asyncio
import ctypes
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import numpy as np
from numpy.typing import NDArray

from chatkeep.adapters.embeddings.graph import GRAPH_VERSION, WIDTH
from chatkeep.adapters.embeddings.safetensors import SafeTensors
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.protocols import Vectors

T = TypeVar("T")

_MAX_TOKENS = 256
_MAX_CHARACTERS = 16_384  # of one text; more never fits in 256 tokens of ordinary writing
_TOKENS_A_RUN = 768  # padded; larger batches are slower on a CPU (they leave its cache) and need more memory
_TEXTS_A_STEP = 256  # tokenised at once
_FEW = 16  # texts that leave little behind
_SPAN_CHARACTERS = 65_536  # tokenised at once for `token_spans`
_BUILD_SECONDS = 120.0
_IDLE_SECONDS = 600.0
_WORDS = "embeddings.word_embeddings.weight"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Where the weights and the tokeniser are, and where the graph may be kept."""

    weights: Path
    tokenizer: Path
    cache: Path


class MiniLM:
    """`Embedder` over onnxruntime. One batch runs at a time, on all cores, in a worker thread.

    Attributes:
        files: the weights and the tokeniser it loads.
    """

    def __init__(self, files: ModelFiles) -> None:
        self.files = files
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._loaded: _Loaded | None = None
        self._tokenizer: Any = None
        self._rest: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        return f"all-MiniLM-L6-v2/{_MAX_TOKENS}/f32"

    @property
    def dimensions(self) -> int:
        return WIDTH

    @property
    def max_tokens(self) -> int:
        return _MAX_TOKENS

    async def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for first in range(0, len(texts), _TEXTS_A_STEP):
            step = texts[first : first + _TEXTS_A_STEP]
            tokens, batches, run = await self._in_thread(partial(self._begin, step))
            for number, places in enumerate(batches):
                if number:
                    run = await self._in_thread(partial(self._run, [tokens[place] for place in places]))
                vectors[[first + place for place in places]] = run
        if len(texts) > _FEW:
            await self._in_thread(_return_memory)
        self._rest_when_idle()
        return vectors

    async def embed_query(self, text: str) -> Vectors:
        vector: Vectors = (await self.embed([text]))[0]
        return vector

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for start, end in _slices(text):
            encoding = self._load_tokenizer().encode(text[start:end], add_special_tokens=False)
            spans.extend((start + a, start + b) for a, b in encoding.offsets)
        return spans

    def _begin(self, texts: Sequence[str]) -> tuple[list[list[int]], list[list[int]], Vectors]:
        """The tokens, the places of those that run together, and the first run: a question takes one step."""
        tokens = self._load().tokens(texts)
        batches = list(_batches([len(ids) for ids in tokens]))
        return tokens, batches, self._run([tokens[place] for place in batches[0]])

    def _run(self, batch: Sequence[Sequence[int]]) -> Vectors:
        return self._load().run(batch)

    def _rest_when_idle(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self.let_go)

    def let_go(self) -> None:
        """Give back the memory of the session and the tokeniser; the next use loads them again."""
        self._loaded = self._tokenizer = None
        _return_memory()

    async def close(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._loaded = self._tokenizer = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._one_at_a_time)

    def _load_tokenizer(self) -> Any:
        if self._tokenizer is None:
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(str(self.files.tokenizer))
            tokenizer.no_padding()
            tokenizer.no_truncation()
            self._tokenizer = tokenizer
        return self._tokenizer

    def _load(self) -> "_Loaded":
        if self._loaded is None:
            self._loaded = _Loaded(self.files, self._load_tokenizer())
        return self._loaded


class _Loaded:
    """The session and what feeds it. Used by one thread at a time."""

    def __init__(self, files: ModelFiles, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._tensors = SafeTensors(files.weights)
        self._session = _session(_graph(files))
        kinds = self._tensors.tensor("embeddings.token_type_embeddings.weight")[0]
        positions = self._tensors.tensor("embeddings.position_embeddings.weight")[:_MAX_TOKENS]
        self._places: NDArray[np.float32] = positions + kinds
        self._first, self._last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        encodings = self._tokenizer.encode_batch(
            [text[:_MAX_CHARACTERS] for text in texts], add_special_tokens=False
        )
        return [[self._first, *encoding.ids[: _MAX_TOKENS - 2], self._last] for encoding in encodings]

    def run(self, batch: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors, shape (len(batch), 384): the mean of each text's last hidden states."""
        longest = max(len(ids) for ids in batch)
        ids = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.int32)
        for row, text in enumerate(batch):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        used, places = np.unique(ids, return_inverse=True)
        words = self._tensors.rows(_WORDS, used.tolist())[places.reshape(ids.shape)]
        hidden = self._session.run(None, {"embeddings": words + self._places[:longest], "mask": mask})[0]
        summed = np.einsum("btw,bt->bw", hidden, mask.astype(np.float32))
        unit: Vectors = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        return unit


def _graph(files: ModelFiles) -> Path:
    """The cached graph, built first where it is missing."""
    graph = files.cache / f"all-MiniLM-L6-v2-{GRAPH_VERSION}.onnx"
    if not graph.exists():
        module = "chatkeep.adapters.embeddings.graph"
        command = [sys.executable, "-P", "-m", module, str(files.weights), str(graph)]
        try:
            built = subprocess.run(
                command, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise ConfigurationError(
                f"Preparing the embedding model took over {_BUILD_SECONDS:.0f} s."
            ) from None
        if built.returncode:
            reason = (built.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ConfigurationError(
                f"The embedding model could not be prepared in {files.cache}: {reason}. "
                "Set CHATKEEP_EMBEDDER=none to search without it."
            )
    return graph


def _session(graph: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # fused already
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts that run together: of like length, so that little of a run is padding."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[place] > _TOKENS_A_RUN:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _slices(text: str) -> Iterator[tuple[int, int]]:
    """Extents small enough to tokenise at once, cut at line ends where there are any."""
    start = 0
    while start < len(text):
        end = min(start + _SPAN_CHARACTERS, len(text))
        if end < len(text):
            line_end = text.rfind("\n", start, end)
            end = line_end + 1 if line_end > start else end
        yield start, end
        start = end


def _return_memory() -> None:
    """Give freed memory back to the system (under a millisecond); glibc would keep most of it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
