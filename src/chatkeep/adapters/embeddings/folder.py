"""A model's folder, as sentence-transformers and the model hub lay it out: what it says before it is loaded.

Nothing is run here. The weights may be large, so that only what tells one model from another is read.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from chatkeep.adapters.embeddings.known import facts
from chatkeep.core.errors import ConfigurationError

_SMALL = 1 << 20  # bytes; files up to this are hashed whole, larger ones by their size
_MOST_TOKENS = 8192  # of one text: more costs much memory, and chunks are far shorter


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """What the files say.

    Attributes:
        fingerprint: changes when the model does.
        pooling: how token vectors become one: `mean`, `cls` or `lasttoken`.
        query, passage: what the model wants written before a question, and before what may answer it.
    """

    path: Path
    fingerprint: str
    dimensions: int
    max_tokens: int
    pooling: str
    query: str
    passage: str


def read_folder(path: Path, name: str) -> ModelFolder:
    """Read the model in `path`, which people know by `name`. Blocks.

    Raises:
        ConfigurationError: it is no folder of a model, or does not say how long its vectors are.
    """
    config = _json(path / "config.json")
    modules = [entry for entry in _json(path / "modules.json", []) if isinstance(entry, dict)]
    settings = {
        str(entry.get("type", "")).rsplit(".", 1)[-1]: _json(path / entry.get("path", "") / "config.json")
        for entry in modules
    }
    pooling = settings.get("Pooling") or _json(path / "1_Pooling" / "config.json")
    dense = settings.get("Dense", {})
    dimensions = (
        dense.get("out_features")
        or pooling.get("embedding_dimension")
        or pooling.get("word_embedding_dimension")
        or config.get("hidden_size")
    )
    if not isinstance(dimensions, int):
        raise ConfigurationError(
            f"{path} does not hold an embedding model: no config.json in it says how long its vectors are."
        )
    known = facts(name)
    prompts = _json(path / "config_sentence_transformers.json").get("prompts") or {}
    return ModelFolder(
        path=path,
        fingerprint=_fingerprint(path),
        dimensions=dimensions,
        max_tokens=_max_tokens(path, config),
        pooling=_pooling(pooling),
        query=prompts.get("query") or known.query,
        passage=prompts.get("document") or prompts.get("passage") or known.passage,
    )


def _pooling(config: dict[str, Any]) -> str:
    mode = config.get("pooling_mode")
    if isinstance(mode, str):
        return mode
    if config.get("pooling_mode_cls_token"):
        return "cls"
    return "lasttoken" if config.get("pooling_mode_lasttoken") else "mean"


def _max_tokens(path: Path, config: dict[str, Any]) -> int:
    said = (
        _json(path / "sentence_bert_config.json").get("max_seq_length"),
        _json(path / "tokenizer_config.json").get("model_max_length"),
        config.get("max_position_embeddings"),
    )
    # Files write 1e30 for "nobody knows".
    return int(min([tokens for tokens in said if isinstance(tokens, int) and tokens > 0] + [_MOST_TOKENS]))


def _fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(path)}\0{size}\0".encode())
        if size <= _SMALL:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _json(path: Path, default: Any = None) -> Any:
    """What a file holds; `default`, or an empty object, where there is none."""
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return {} if default is None else default
    except (OSError, orjson.JSONDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read as JSON: {error}.") from None
