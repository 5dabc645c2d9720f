"""Embedding models by name, run on this machine by fastembed or sentence-transformers.

Above: `wiring` opens one with `find_named`. Below: `folder` reads what a model's files say; `hub` finds or
fetches them; the two packages are optional and imported in a worker thread, at the first text. A name that is
a folder on this disk is taken from there; anything else is a repository of the model hub, fetched once.
"""

import asyncio
import importlib.util
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import anyio
import anyio.to_thread
import numpy as np

from chatkeep.adapters.embeddings import approximate
from chatkeep.adapters.embeddings.folder import ModelFolder, read_folder
from chatkeep.adapters.embeddings.hub import fetched
from chatkeep.adapters.embeddings.known import mark
from chatkeep.core.errors import ConfigurationError, MissingDependency
from chatkeep.knowledge.protocols import Vectors
from chatkeep.settings import EmbeddingSettings

T = TypeVar("T")

_IDLE_SECONDS = 600.0
_TEXTS_A_RUN = 32
_CONFIGS = ["*.json", "1_Pooling/*", "2_Dense/*", "*.txt", "*.model"]


class Runner(Protocol):
    """A model in memory. Blocks; used by one thread at a time."""

    def run(self, texts: Sequence[str], before: str, *, is_query: bool) -> Vectors:
        """A row for each text, with `before` written before it; of any length greater than 0."""
        ...


class LocalEmbedder:
    """`Embedder` over a `Runner`, which is loaded at first use and let go of after ten idle minutes."""

    def __init__(
        self, name: str, folder: ModelFolder, load: Callable[[], Runner], settings: EmbeddingSettings
    ) -> None:
        self._name = name
        self._folder = folder
        self._load = load
        self._query = mark(settings.query_prefix, folder.query)
        self._passage = mark(settings.passage_prefix, folder.passage)
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._runner: Runner | None = None
        self._tokenizer: Any = None
        self._rest: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        return f"{self._name}/{self._folder.fingerprint}/{self.max_tokens}/{self._passage}"

    @property
    def dimensions(self) -> int:
        return self._folder.dimensions

    @property
    def max_tokens(self) -> int:
        return self._folder.max_tokens

    async def embed(self, texts: Sequence[str]) -> Vectors:
        rows = [np.zeros((0, self.dimensions), dtype=np.float32)]
        for first in range(0, len(texts), _TEXTS_A_RUN):
            run = partial(self._run, texts[first : first + _TEXTS_A_RUN], self._passage, is_query=False)
            rows.append(await self._in_thread(run))
        self._rest_when_idle()
        return np.concatenate(rows)

    async def embed_query(self, text: str) -> Vectors:
        rows = await self._in_thread(partial(self._run, [text], self._query, is_query=True))
        self._rest_when_idle()
        vector: Vectors = rows[0]
        return vector

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Of the model's own tokeniser; guessed where its folder has none that can be read."""
        file = self._folder.path / "tokenizer.json"
        if self._tokenizer is None and file.is_file():
            from tokenizers import Tokenizer

            self._tokenizer = Tokenizer.from_file(str(file))
            self._tokenizer.no_padding()
            self._tokenizer.no_truncation()
        if self._tokenizer is None:
            return approximate.token_spans(text)
        spans: list[tuple[int, int]] = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return [(start, end) for start, end in spans if start < end]

    async def close(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self.let_go()

    def let_go(self) -> None:
        """Forget the model; the next use loads it again."""
        self._runner = self._tokenizer = None

    def _run(self, texts: Sequence[str], before: str, *, is_query: bool) -> Vectors:
        if self._runner is None:
            self._runner = self._load()
        rows = np.asarray(self._runner.run(texts, before, is_query=is_query), dtype=np.float32)
        norms = np.linalg.norm(rows, axis=-1, keepdims=True)
        if rows.shape != (len(texts), self.dimensions) or not np.isfinite(norms).all() or not norms.all():
            raise ConfigurationError(
                f"{self._name} gave an array of shape {rows.shape} for {len(texts)} texts, where vectors of "
                f"{self.dimensions} finite numbers were expected, none of them all zeros."
            )
        unit: Vectors = rows / norms
        return unit

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._one_at_a_time)

    def _rest_when_idle(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self.let_go)


async def find_named(
    kind: str, name: str, data_dir: Path, hub_url: str | None, settings: EmbeddingSettings
) -> LocalEmbedder | None:
    """The model called `name`; None: it is not here, and nothing may be fetched.

    Args:
        kind: the package that runs it, `fastembed` or `sentence-transformers`.
        hub_url: where to fetch it from; None: nowhere.

    Raises:
        MissingDependency: the package is not installed.
        ConfigurationError: there is no such model, or it cannot be fetched or used.
    """
    return await anyio.to_thread.run_sync(_find, kind, name, data_dir, hub_url, settings)


def _find(
    kind: str, name: str, data_dir: Path, hub_url: str | None, settings: EmbeddingSettings
) -> LocalEmbedder | None:
    if importlib.util.find_spec(kind.replace("-", "_")) is None:
        raise MissingDependency(
            f"CHATKEEP_EMBEDDER is {kind}:{name}, but {kind} is not installed: pip install 'chatkeep[{kind}]'"
        )
    path = Path(name).expanduser()
    is_folder = path.is_dir()
    listed = None if is_folder or kind != "fastembed" else _listed(name)
    if not is_folder:
        repository = listed.sources.hf if listed else name
        if repository is None:
            raise ConfigurationError(
                f"fastembed has {name} only outside the model hub: choose another model."
            )
        found = fetched(repository, data_dir.absolute() / "models" / "hub", hub_url, _patterns(kind, listed))
        if found is None:
            return None
        path = found
    folder = read_folder(path.absolute(), name)
    label = f"{kind}:{name}"
    if kind == "sentence-transformers":
        return LocalEmbedder(label, folder, partial(_SentenceTransformer, folder), settings)
    return LocalEmbedder(label, folder, partial(_FastEmbed, folder, listed), settings)


def _patterns(kind: str, listed: Any) -> list[str]:
    if kind == "sentence-transformers":
        return [*_CONFIGS, "*.safetensors", "*/*.safetensors"]
    weights = [listed.model_file, *listed.additional_files] if listed else ["onnx/model.onnx*", "model.onnx*"]
    return [*_CONFIGS, *weights]


def _listed(name: str) -> Any:
    """fastembed's own description of a model, if it has one."""
    from fastembed import TextEmbedding

    models = TextEmbedding._list_supported_models()
    return next((model for model in models if model.model.lower() == name.lower()), None)


class _FastEmbed:
    """A model of fastembed's list, or any folder with an ONNX graph, which is added to the list."""

    def __init__(self, folder: ModelFolder, listed: Any) -> None:
        from fastembed import TextEmbedding

        name = listed.model if listed else _added(folder)
        self._model = TextEmbedding(name, specific_model_path=str(folder.path))

    def run(self, texts: Sequence[str], before: str, *, is_query: bool) -> Vectors:
        marked = [before + text for text in texts]
        embed = self._model.query_embed if is_query else self._model.passage_embed
        return np.stack(list(embed(marked)))


def _added(folder: ModelFolder) -> str:
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    name = f"chatkeep/{folder.fingerprint}"
    graph = next((file for file in ("onnx/model.onnx", "model.onnx") if (folder.path / file).is_file()), None)
    if graph is None:
        raise ConfigurationError(
            f"{folder.path} holds no ONNX graph (onnx/model.onnx or model.onnx), which fastembed needs. "
            "sentence-transformers reads safetensors."
        )
    if folder.pooling not in (poolings := {"mean": "MEAN", "cls": "CLS", "lasttoken": "LAST_TOKEN"}):
        raise ConfigurationError(f"fastembed cannot pool by {folder.pooling}, as {folder.path} wants it.")
    if _listed(name) is None:
        TextEmbedding.add_custom_model(
            model=name,
            pooling=PoolingType(poolings[folder.pooling]),
            normalization=False,
            sources=ModelSource(hf=name),  # never used: the folder is given
            dim=folder.dimensions,
            model_file=graph,
        )
    return name


class _SentenceTransformer:
    """A model of sentence-transformers. Code that comes with a model is never run."""

    def __init__(self, folder: ModelFolder) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(folder.path), local_files_only=True, trust_remote_code=False)
        self._model.max_seq_length = folder.max_tokens

    def run(self, texts: Sequence[str], before: str, *, is_query: bool) -> Vectors:  # noqa: ARG002 (the mark says it)
        # The mark is the package's `prompt`: some models leave it out when they pool.
        rows: Vectors = self._model.encode(
            list(texts),
            prompt=before,
            batch_size=_TEXTS_A_RUN,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return rows
