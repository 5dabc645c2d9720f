"""What a folder holds, and who it belongs to when several sources hold it."""

import os
from pathlib import Path

import pytest

from chatkeep.knowledge.parse import Skipped
from chatkeep.knowledge.sources import Bearing, FolderSource, Listing, survey
from chatkeep.knowledge.sources.patterns import Wanted

MOST = 1_000


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for path in ("a.md", "b.txt", "hr/pay.md", "hr/deep/more.md", "drafts/x.md"):
        (tmp_path / "docs" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / path).write_text(f"Words of {path}.")
    return tmp_path / "docs"


def paths(listing: Listing) -> set[str]:
    return {file.path for file in listing.files}


async def test_patterns_choose(docs: Path) -> None:
    assert paths(await FolderSource(docs, Wanted(include=("*.md",), exclude=("drafts/",))).look(MOST)) == {
        "a.md",
        "hr/pay.md",
        "hr/deep/more.md",
    }


async def test_an_ignore_file_counts_from_its_folder(docs: Path) -> None:
    (docs / ".chatkeepignore").write_text("drafts/\n*.txt\n")
    (docs / "hr" / ".chatkeepignore").write_text("/deep\n")
    assert paths(await FolderSource(docs).look(MOST)) == {"a.md", "hr/pay.md"}


async def test_an_ignore_file_cannot_reveal_what_is_hidden_or_outside(docs: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (docs / "out.md").symlink_to(tmp_path / "secret.md")
    (docs / ".hidden").mkdir()
    (docs / ".hidden" / "x.md").write_text("hidden")
    (docs / ".chatkeepignore").write_text("!out.md\n!.hidden/\n!.hidden/x.md\n")
    assert not paths(await FolderSource(docs).look(MOST)) & {"out.md", ".hidden/x.md"}


async def test_a_folder_whose_ignore_file_cannot_be_read_is_out_of_reach(docs: Path) -> None:
    (docs / "hr" / ".chatkeepignore").symlink_to(docs / "nowhere")
    listing = await FolderSource(docs).look(MOST)
    assert paths(listing) == {"a.md", "b.txt", "drafts/x.md"}
    assert listing.may_hold(str(docs), "hr/deep/more.md")
    assert [skipped.path for skipped in listing.skipped] == ["hr/"]


async def test_a_labelled_folder_keeps_its_files_from_the_one_around_it(docs: Path) -> None:
    whole = FolderSource(docs)
    inner = FolderSource(docs / "hr", bearing=Bearing(("hr",)))
    innermost = FolderSource(docs / "hr" / "deep", bearing=Bearing(("board",)))
    for order in ([whole, inner, innermost], [innermost, inner, whole]):
        listing = await survey(order, MOST)
        bears = {file.file.relative_to(docs).as_posix(): file.bearing.labels for file in listing.files}
        assert bears == {
            "a.md": (),
            "b.txt": (),
            "drafts/x.md": (),
            "hr/pay.md": ("hr",),
            "hr/deep/more.md": ("board",),
        }


async def test_labels_beat_metadata_when_two_sources_hold_a_file(docs: Path) -> None:
    outer = FolderSource(docs, bearing=Bearing(("staff",)))
    inner = FolderSource(docs / "hr", bearing=Bearing((), {"team": "hr"}))
    listing = await survey([inner, outer], MOST)
    assert {file.bearing.labels for file in listing.files} == {("staff",)}


async def test_a_file_that_became_a_link_or_a_pipe_is_not_followed(docs: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    listed = {file.path: file for file in (await FolderSource(docs).look(MOST)).files}
    (docs / "a.md").unlink()
    (docs / "a.md").symlink_to(tmp_path / "secret.md")
    (docs / "b.txt").unlink()
    os.mkfifo(docs / "b.txt")
    assert isinstance(listed["a.md"].load(MOST), Skipped)
    assert isinstance(listed["b.txt"].load(MOST), Skipped)


async def test_a_file_that_grew_since_it_was_listed_is_too_large(docs: Path) -> None:
    (file,) = [file for file in (await FolderSource(docs).look(MOST)).files if file.path == "a.md"]
    (docs / "a.md").write_bytes(b"x" * (MOST + 1))
    assert isinstance(file.load(MOST), Skipped)


async def test_a_stamp_is_given_once_a_file_has_settled(docs: Path) -> None:
    (fresh,) = [file for file in (await FolderSource(docs).look(MOST)).files if file.path == "a.md"]
    assert fresh.stamp == ""  # it may change again within a tick
    assert fresh.modified_at is not None
