"""The element's built files: where each version lies, what a file weighs, and its integrity hash.

Above: `pages` serves them, `chatkeep assets` lists them. Below: the folder that `web/` is built into,
and one in the data folder that keeps every version this server has served. A page that is open
during an upgrade, or pins a version, so goes on finding the files it began with.
"""

import base64
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from chatkeep.core.errors import NotFound

WEB = Path(str(files("chatkeep"))) / "_web"  # found here, since finding it imports modules
SCRIPT = "chatkit.js"
# Best first: what a build writes beside a file, by the name of the coding.
ENCODINGS = {"br": ".br", "gzip": ".gz"}

_VERSION = re.compile(r"\d[\w.+-]*")
_NAME = re.compile(r"[\w-]+\.js")
_VERSIONS_KEPT = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the element.

    Attributes:
        path: where a server has it, from the root.
        raw: its size in bytes.
        gzip: its size in bytes as it travels; the same where compressing does not help.
        integrity: what to write into the attribute of that name.
    """

    path: str
    raw: int
    gzip: int
    integrity: str


def built_version(web: Path = WEB) -> str:
    """The version of the element that this package brings.

    Raises:
        NotFound: the element is not built.
    """
    built = sorted(path.name for path in (web / "chatkit").glob("*") if (path / SCRIPT).is_file())
    if not built:
        raise NotFound(f"{SCRIPT} is not built. In a checkout, `make install` builds it.")
    return built[-1]


def built_assets(web: Path = WEB) -> list[Asset]:
    """The files of the built version; the script comes first.

    Raises:
        NotFound: the element is not built.
    """
    folder = web / "chatkit" / built_version(web)
    paths = sorted(folder.glob("*.js"), key=lambda path: (path.name != SCRIPT, path.name))
    return [_asset(path, f"/chatkit/{folder.name}/{path.name}") for path in paths]


def find(version: str, name: str, kept: Path | None, web: Path = WEB) -> Path:
    """The file of that name in that version, of this package or of one served earlier.

    Raises:
        NotFound: there is none.
    """
    if _VERSION.fullmatch(version) and _NAME.fullmatch(name):
        for folder in filter(None, (web / "chatkit", kept)):
            path = folder / version / name
            if path.is_file():
                return path
    raise NotFound(f"There is no {name} of version {version} here.")


def keep(kept: Path, web: Path = WEB) -> None:
    """Copy the built version to `kept`, where later ones find it; the oldest beyond a dozen go."""
    try:
        version = built_version(web)
    except NotFound:
        return
    folder = kept / version
    folder.mkdir(parents=True, exist_ok=True)
    for path in (web / "chatkit" / version).iterdir():
        target = folder / path.name
        if not target.is_file() or target.read_bytes() != path.read_bytes():
            _copy(path, target)
    os.utime(folder)
    by_age = sorted(kept.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[_VERSIONS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def encoded(path: Path, accepted: str) -> tuple[str | None, Path]:
    """The best form of a file among what an `Accept-Encoding` header takes: its coding, and where it is."""
    wanted = set(_codings(accepted))
    for coding, suffix in ENCODINGS.items():
        beside = path.with_name(path.name + suffix)
        if coding in wanted and beside.is_file():
            return coding, beside
    return None, path


def entity_tag(path: Path) -> str:
    """A strong validator: it changes with the bytes, and with nothing else."""
    stat = path.stat()
    return f'"{_digest(path, stat.st_mtime_ns, stat.st_size)}"'


def _codings(accepted: str) -> Iterable[str]:
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight):
            yield coding.strip()


@lru_cache(maxsize=1024)
def _digest(path: Path, _modified: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def _asset(path: Path, served: str) -> Asset:
    content = path.read_bytes()
    compressed = path.with_name(path.name + ENCODINGS["gzip"])
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")
    gzip = compressed.stat().st_size if compressed.is_file() else len(content)
    return Asset(served, len(content), gzip, f"sha384-{digest}")


def _copy(path: Path, target: Path) -> None:
    """Put a whole file in place at once: several workers may start together, and one may serve it already."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as part:
        part.write(path.read_bytes())
    Path(part.name).chmod(0o644)
    Path(part.name).replace(target)
