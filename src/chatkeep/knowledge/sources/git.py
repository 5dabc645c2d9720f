"""Git repositories: one on this machine, or one that is cloned into the data folder. Tracked files alone.

Below: the `git` command, with nothing of what a repository could make it do: no hooks, no submodules, no
filters, no file system monitor, no questions, no protocol but https. A repository on this machine is read as
its checkout stands. One at an address is cloned without its history, as plain files, within bounds of time
and size; its host is looked up and checked as every other is, and git is told where to connect.
"""

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import anyio.to_thread

from chatkeep.core.clock import Clock, SystemClock
from chatkeep.core.errors import FetchFailed, InvalidInput
from chatkeep.knowledge.parse import is_read
from chatkeep.knowledge.protocols import Fetcher
from chatkeep.knowledge.sources.folders import Gathering, source_name
from chatkeep.knowledge.sources.listing import NOTHING_SAID, Bearing, Listing
from chatkeep.knowledge.sources.patterns import Wanted
from chatkeep.knowledge.sources.visits import Visits

_LINK = "120000"
_SUBMODULE = "160000"
_OLDEST_GIT = (2, 37)
_BETWEEN_WEIGHINGS = 0.25  # seconds

# Nothing that a repository, the machine or the person who runs chatkeep has configured is heeded.
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_SSH_COMMAND": "false",
    "GIT_ALLOW_PROTOCOL": "https:http",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
_OPTIONS = (
    *("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "core.symlinks=false"),
    *("-c", "credential.helper=", "-c", "http.proxy=", "-c", "http.followRedirects=false"),
    *("-c", "submodule.recurse=false", "-c", "fetch.fsckObjects=true", "-c", "transfer.fsckObjects=true"),
    *(
        "-c",
        "gc.auto=0",
        "-c",
        "maintenance.auto=false",
        "-c",
        "core.attributesFile=",
        "-c",
        "core.pager=cat",
    ),
    *("-c", "filter.lfs.smudge=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false"),
)


class _Failed(Exception):
    """git ended with an error; the message is for people."""


@dataclass(frozen=True, slots=True)
class CheckoutSource:
    """The tracked files of a repository on this machine, as they stand in its folder."""

    path: Path
    wanted: Wanted = field(default_factory=Wanted)
    bearing: Bearing = NOTHING_SAID

    @property
    def name(self) -> str:
        """Raises: InvalidInput: nothing is there."""
        return f"git+file://{source_name(self.path)}"

    @property
    def root(self) -> Path:
        """Raises: InvalidInput: nothing is there."""
        return Path(source_name(self.path))

    async def look(self, max_file_bytes: int) -> Listing:
        """Raises: InvalidInput: nothing is there."""
        root = self.root
        try:
            head, tracked = await _tracked(root)
        except _Failed as failure:
            listing = Listing()
            listing.out_of_reach(self.name, str(self.path), f"git cannot read it: {failure}")
            return listing
        gathered = Gathering(root, self.name, self.bearing, max_file_bytes)
        await anyio.to_thread.run_sync(_gather, gathered, root, tracked, self.wanted, "", head)
        return gathered.listing


@dataclass(frozen=True, slots=True)
class RepositorySource:
    """The files of a repository at an address.

    Attributes:
        url: https, or http where the operator allowed the host.
        folder: where its clone is kept, this source's alone.
        branch: or tag; empty: the repository's own choice.
        max_bytes: of the clone with its checkout.
        seconds: that cloning or fetching may take.
    """

    url: str
    folder: Path
    fetcher: Fetcher
    branch: str = ""
    wanted: Wanted = field(default_factory=Wanted)
    bearing: Bearing = NOTHING_SAID
    max_bytes: int = 1 << 30
    seconds: float = 600.0
    clock: Clock = field(default_factory=SystemClock)

    @property
    def name(self) -> str:
        return f"git+{self.url}{f'@{self.branch}' if self.branch else ''}"

    @property
    def root(self) -> None:
        return None

    @property
    def visits(self) -> Visits:
        return Visits(self.folder)

    async def look(self, max_file_bytes: int) -> Listing:
        checkout = self.folder / "checkout"
        listing = Listing()
        try:
            await self._refresh(checkout)
            head, tracked = await _tracked(checkout)
        except (_Failed, FetchFailed) as failure:
            listing.out_of_reach(self.name, self.url, f"it cannot be cloned: {failure}")
            return listing
        gathered = Gathering(checkout.resolve(), self.name, self.bearing, max_file_bytes)
        regular = [(mode, path) for mode, path in tracked if mode != _LINK]
        page = page_of(self.url, head)
        await anyio.to_thread.run_sync(
            _gather, gathered, checkout.resolve(), regular, self.wanted, page, head
        )
        for place, file in enumerate(gathered.listing.files):
            # The time of a clone's files says when they were cloned, not when they were changed.
            gathered.listing.files[place] = replace(file, modified_at=None)
        await anyio.to_thread.run_sync(self.visits.note, self.clock.now())
        return gathered.listing

    async def _refresh(self, checkout: Path) -> None:
        """Have the newest commit checked out. A clone that is broken is made anew."""
        if urlsplit(self.url).scheme not in ("https", "http"):
            raise _Failed("its address does not begin with https://.")
        await _require_pinning(self.folder)
        addresses = await self.fetcher.addresses(self.url)
        pinned = ("-c", f"http.curloptResolve={_pin(self.url, addresses)}")
        ref = self.branch or "HEAD"
        if (checkout / ".git").is_dir():
            try:
                await self._update(checkout, pinned, ref)
                return
            except _Failed:
                if await _is_sound(checkout):
                    raise
        await anyio.to_thread.run_sync(lambda: shutil.rmtree(checkout, ignore_errors=True))
        aside = self.folder / "checkout.new"
        await anyio.to_thread.run_sync(lambda: shutil.rmtree(aside, ignore_errors=True))
        await anyio.to_thread.run_sync(lambda: aside.mkdir(parents=True))
        await _git(aside, "init", "--quiet", "--template=")
        await self._update(aside, pinned, ref)
        await anyio.to_thread.run_sync(aside.rename, checkout)

    async def _update(self, checkout: Path, pinned: Sequence[str], ref: str) -> None:
        fetch = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--force")
        async with _bounded(self.folder, self.max_bytes, self.seconds):
            await _git(checkout, *pinned, *fetch, "--end-of-options", self.url, ref)
            await _git(checkout, "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD")
            await _git(checkout, "clean", "--quiet", "-ffdx")


async def _require_pinning(folder: Path) -> None:
    """Raises: _Failed: this git would ask for the address of a host again, and might get another."""
    await anyio.to_thread.run_sync(lambda: folder.mkdir(parents=True, exist_ok=True))
    said = (await _git(folder, "--version")).decode().split()[2]
    if tuple(int(part) for part in said.split(".")[:2]) < _OLDEST_GIT:
        raise _Failed(f"git {said} is too old to be told where to connect; 2.37 can.")


async def _is_sound(checkout: Path) -> bool:
    try:
        await _git(checkout, "rev-parse", "--verify", "--quiet", "HEAD")
    except _Failed:
        return False
    return True


async def _tracked(root: Path) -> tuple[str, list[tuple[str, str]]]:
    """The commit that is checked out, and (mode, path) of each tracked file."""
    head = (await _git(root, "rev-parse", "--verify", "--quiet", "HEAD")).decode().strip()
    listed = await _git(root, "ls-files", "--stage", "-z", "--full-name", ".")
    prefix = (await _git(root, "rev-parse", "--show-prefix")).decode(errors="surrogateescape").rstrip("\n")
    tracked = []
    for entry in listed.split(b"\0"):
        facts, _, path = entry.partition(b"\t")
        if path:
            mode = facts.split(b" ", 1)[0].decode()
            tracked.append((mode, path.decode("utf-8", errors="surrogateescape").removeprefix(prefix)))
    return head, tracked


def _gather(
    gathered: Gathering, root: Path, tracked: Sequence[tuple[str, str]], wanted: Wanted, page: str, head: str
) -> None:
    for mode, path in tracked:
        if mode == _SUBMODULE or not wanted.takes(path):
            continue
        if not is_read(path):
            gathered.listing.ignored += 1
            continue
        url = f"{page}{quote(path, errors='surrogateescape')}" if page else ""
        gathered.add(root / path, path, url=url, found={"commit": head})


def page_of(url: str, commit: str) -> str:
    """Where the code host shows files of `commit`; empty where that is not known."""
    where = urlsplit(url)
    base = f"{where.scheme}://{where.netloc}{where.path.rstrip('/').removesuffix('.git')}"
    match where.hostname:
        case "github.com" | "codeberg.org":
            return f"{base}/{'blob' if where.hostname == 'github.com' else 'src/commit'}/{commit}/"
        case "gitlab.com":
            return f"{base}/-/blob/{commit}/"
        case "bitbucket.org":
            return f"{base}/src/{commit}/"
        case _:
            return ""


def _pin(url: str, addresses: Sequence[str]) -> str:
    """What tells curl where the host is, so that it does not ask again."""
    where = urlsplit(url)
    port = where.port or (443 if where.scheme == "https" else 80)
    shown = [f"[{address}]" if ":" in address else address for address in addresses]
    return f"{where.hostname}:{port}:{','.join(shown)}"


async def _git(folder: Path, *arguments: str) -> bytes:
    """What git prints. Raises: _Failed."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR")
        if name in os.environ
    }
    command = ["git", *_OPTIONS, "-c", f"safe.directory={folder}", *arguments]

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**kept, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # so that its helpers end with it
        )

    try:
        process = await anyio.to_thread.run_sync(start)
    except FileNotFoundError:
        raise _Failed("the command git is not installed.") from None
    try:
        printed, complaint = await anyio.to_thread.run_sync(process.communicate, abandon_on_cancel=True)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(process.wait)
    if process.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise _Failed(lines[-1][:300] if lines else f"git {arguments[-1]} ended with {process.returncode}.")
    return printed


@asynccontextmanager
async def _bounded(folder: Path, max_bytes: int, seconds: float) -> AsyncIterator[None]:
    """Raises _Failed when what is inside takes too long or fills the folder. Blocks nothing."""
    too_much = False
    working = asyncio.current_task()
    assert working is not None  # noqa: S101 - it runs in one

    async def weigh() -> None:
        nonlocal too_much
        while True:
            if await anyio.to_thread.run_sync(_weight, folder) > max_bytes:
                too_much = True
                working.cancel()
                return
            await asyncio.sleep(_BETWEEN_WEIGHINGS)

    weighing = asyncio.create_task(weigh())
    try:
        async with asyncio.timeout(seconds):
            yield
        if await anyio.to_thread.run_sync(_weight, folder) > max_bytes:
            raise _Failed(_too_large(max_bytes))
    except asyncio.CancelledError:
        if not too_much:
            raise
        working.uncancel()
        raise _Failed(_too_large(max_bytes)) from None
    except TimeoutError:
        raise _Failed(f"it took longer than {seconds:.0f} s.") from None
    finally:
        weighing.cancel()


def _too_large(max_bytes: int) -> str:
    return f"it is larger than {max_bytes:,} bytes."


def _weight(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118 - it is done often
    return total


def folder_name(name: str) -> str:
    """A folder's name for a source, of letters that every disk takes."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def repository(path: Path) -> Path:
    """Raises: InvalidInput: no git repository is there."""
    root = Path(source_name(path))
    if not (root / ".git").exists():
        raise InvalidInput(f"{path} is no git repository. Name it as a path to read it as a folder.")
    return root
