"""Git repositories that the test makes: tracked files alone, and nothing a repository could make git do."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chatkeep.adapters.egress import Allowed, Egress
from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.sources import Bearing, Listing
from chatkeep.knowledge.sources.git import CheckoutSource, RepositorySource, page_of, repository
from chatkeep.knowledge.sources.patterns import Wanted
from tests.git_server import commit, git, serving_git

MOST = 100_000


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "served" / "work"
    (folder / "docs").mkdir(parents=True)
    (folder / "README.md").write_text("# Boats\n")
    (folder / "docs" / "berths.md").write_text("# Berths\n")
    (folder / "main.o").write_text("package main")
    (folder / ".gitignore").write_text("secret.md\n")
    commit(folder)
    (folder / "secret.md").write_text("not tracked")
    return folder


@pytest.fixture
def address(work: Path) -> Iterator[str]:
    with serving_git(work.parent) as url:
        yield f"{url}/work"


@pytest.fixture
async def egress(address: str) -> AsyncIterator[Egress]:
    async with Egress(Allowed.parse([urlsplit(address).netloc])) as one:
        yield one


@pytest.fixture
def elsewhere(address: str, egress: Egress, tmp_path: Path) -> RepositorySource:
    return RepositorySource(address, tmp_path / "kept", egress)


def paths(listing: Listing) -> list[str]:
    return sorted(file.path for file in listing.files)


async def test_the_tracked_files_of_a_checkout_are_listed_with_their_commit(work: Path) -> None:
    source = CheckoutSource(work, bearing=Bearing(("crew",)))
    listing = await source.look(MOST)
    assert paths(listing) == ["README.md", "docs/berths.md"]
    assert {file.metadata["commit"] for file in listing.files} == {git(work, "rev-parse", "HEAD")}
    assert {file.bearing.labels for file in listing.files} == {("crew",)}
    assert paths(await replace(source, wanted=Wanted(include=("docs/",))).look(MOST)) == ["docs/berths.md"]


async def test_a_tracked_link_out_of_a_checkout_is_not_followed(work: Path, tmp_path: Path) -> None:
    (tmp_path / "private.md").write_text("private")
    (work / "link.md").symlink_to(tmp_path / "private.md")
    commit(work)
    listing = await CheckoutSource(work).look(MOST)
    assert "link.md" not in paths(listing)
    assert "leads out" in listing.skipped[0].reason


async def test_nothing_that_a_repository_configures_is_run(work: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    git(work, "config", "core.fsmonitor", str(trap))
    git(work, "config", "core.pager", str(trap))
    (work / ".git" / "hooks" / "post-checkout").write_text(trap.read_text())
    assert paths(await CheckoutSource(work).look(MOST)) == ["README.md", "docs/berths.md"]
    assert not (tmp_path / "sprung").exists()


async def test_a_folder_that_is_no_repository_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no git repository"):
        repository(tmp_path)


async def test_a_repository_elsewhere_is_cloned_and_updated(elsewhere: RepositorySource, work: Path) -> None:
    assert paths(await elsewhere.look(MOST)) == ["README.md", "docs/berths.md"]
    (work / "docs" / "berths.md").unlink()
    (work / "docs" / "tides.md").write_text("# Tides\n")
    newest = commit(work)
    listing = await elsewhere.look(MOST)
    assert paths(listing) == ["README.md", "docs/tides.md"]
    assert {file.metadata["commit"] for file in listing.files} == {newest}
    assert elsewhere.visits.last is not None
    assert git(elsewhere.folder / "checkout", "rev-list", "--count", "HEAD") == "1"  # no history


async def test_a_branch_can_be_named(elsewhere: RepositorySource, work: Path) -> None:
    git(work, "checkout", "-q", "-b", "old")
    (work / "old.md").write_text("# Old\n")
    commit(work)
    git(work, "checkout", "-q", "main")
    assert "old.md" in paths(await replace(elsewhere, branch="old").look(MOST))


async def test_links_and_submodules_of_a_clone_are_left_out(
    elsewhere: RepositorySource, work: Path, address: str, tmp_path: Path
) -> None:
    (work / "passwd.md").symlink_to("/etc/passwd")
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{git(work, 'rev-parse', 'HEAD')},sub")
    (work / ".gitmodules").write_text(f'[submodule "sub"]\n\tpath = sub\n\turl = {address}\n')
    git(work, "add", "passwd.md", ".gitmodules")
    git(work, "commit", "-q", "-m", "Traps")
    listing = await elsewhere.look(MOST)
    assert paths(listing) == ["README.md", "docs/berths.md"]
    assert not (elsewhere.folder / "checkout" / "passwd.md").is_symlink()


async def test_a_repository_that_is_gone_loses_nothing(
    elsewhere: RepositorySource, work: Path, address: str
) -> None:
    await elsewhere.look(MOST)
    await asyncio.to_thread(work.rename, work.with_name("moved"))
    listing = await elsewhere.look(MOST)
    assert listing.may_hold(elsewhere.name, "README.md")
    assert "cannot be cloned" in listing.skipped[0].reason


async def test_a_repository_that_is_too_large_is_given_up(elsewhere: RepositorySource, work: Path) -> None:
    (work / "noise.md").write_bytes(os.urandom(3_000_000))
    commit(work)
    listing = await replace(elsewhere, max_bytes=1_000_000).look(MOST)
    assert "larger than 1,000,000 bytes" in listing.skipped[0].reason
    assert listing.may_hold(elsewhere.name, "README.md")


@pytest.mark.parametrize(
    "url",
    [
        *("ext::sh -c touch% sprung", "file:///etc", "ssh://host.test/x", "--upload-pack=touch sprung"),
        *("http://169.254.169.254/x.git", "http://127.0.0.1:1/x.git", "https://user:secret@host.test/x.git"),
    ],
)
async def test_only_addresses_that_may_be_fetched_are_cloned(
    elsewhere: RepositorySource, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listing = await replace(elsewhere, url=url).look(MOST)
    assert listing.files == []
    assert len(listing.skipped) == 1
    assert not await asyncio.to_thread((tmp_path / "sprung").exists)


async def test_git_connects_where_the_name_was_checked_to_be(address: str, tmp_path: Path) -> None:
    """Its own look-up would find nobody of this name."""

    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    port = urlsplit(address).port
    async with Egress(Allowed.parse([f"git.invalid:{port}"]), lookup=lookup) as egress:
        source = RepositorySource(f"http://git.invalid:{port}/work", tmp_path / "kept", egress)
        assert paths(await source.look(MOST)) == ["README.md", "docs/berths.md"]


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r/blob/c0ffee/"),
        ("https://gitlab.com/o/r", "https://gitlab.com/o/r/-/blob/c0ffee/"),
        ("https://git.test/o/r", ""),
    ],
)
def test_files_on_known_hosts_have_an_address(url: str, page: str) -> None:
    assert page_of(url, "c0ffee") == page
