"""Ingestion: only what changed, nothing lost, nothing doubled, no file that stops the rest."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from chatkeep.adapters.memory import MemoryDocuments, MemoryIndex
from chatkeep.adapters.parsing.in_process import InProcessParser
from chatkeep.core.context import RequestContext, local_context
from chatkeep.core.errors import InvalidInput, NotFound, NotReady
from chatkeep.knowledge.chunk import chunk
from chatkeep.knowledge.documents import Document, DocumentId
from chatkeep.knowledge.ingest import Library, Unheard, document_id, forget_source, ingest, plan
from chatkeep.knowledge.protocols import Vectors
from tests.unit.knowledge.samples import FewAxes

HERE = local_context("test")


@pytest.fixture
def library() -> Library:
    return Library(MemoryDocuments(), MemoryIndex(), FewAxes(), 1_000, InProcessParser())


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# Apples\n\nApples are red.")
    (folder / "b.txt").write_text("Bananas are yellow.")
    return folder


async def paths_found(library: Library, words: str) -> list[str]:
    legs = await library.index.search(words, None, 10, HERE)
    return [passage.path for passage in await library.index.passages([hit.id for hit in legs.sparse], HERE)]


async def load(library: Library, folder: Path, path: str) -> Document:
    return await library.documents.load(document_id(str(folder), path, HERE), HERE)


async def test_new_files_are_found_and_loaded(library: Library, docs: Path) -> None:
    report = await ingest([docs], library, HERE)
    assert (report.added, report.updated, report.removed, report.chunks) == (2, 0, 0, 2)
    assert await paths_found(library, "apples") == ["a.md"]
    assert (await load(library, docs, "a.md")).title == "Apples"


async def test_a_second_run_does_nothing(
    library: Library, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ingest([docs], library, HERE)
    monkeypatch.chdir(docs.parent)
    for same in (docs, Path("docs"), Path(f"{docs}/"), docs / ".." / "docs"):
        todo = await plan([same], library, HERE)
        assert todo.is_empty
        assert todo.unchanged == 2
    assert (await ingest([docs], library, HERE)).unchanged == 2
    assert isinstance(library.embedder, FewAxes)
    assert library.embedder.embedded == 2


async def test_a_changed_file_replaces_its_chunks(library: Library, docs: Path) -> None:
    await ingest([docs], library, HERE)
    (docs / "a.md").write_text("# Cherries\n\nCherries are small.")
    report = await ingest([docs], library, HERE)
    assert (report.added, report.updated, report.unchanged) == (0, 1, 1)
    assert await paths_found(library, "apples") == []
    assert await paths_found(library, "cherries") == ["a.md"]
    assert await library.index.count(HERE) == 2


async def test_a_removed_file_is_forgotten(library: Library, docs: Path) -> None:
    await ingest([docs], library, HERE)
    (docs / "a.md").unlink()
    assert (await ingest([docs], library, HERE)).removed == 1
    assert await paths_found(library, "apples") == []
    with pytest.raises(NotFound):
        await load(library, docs, "a.md")


async def test_a_file_that_holds_no_text_any_more_is_forgotten(library: Library, docs: Path) -> None:
    await ingest([docs], library, HERE)
    (docs / "a.md").write_bytes(b"\x00\x01\x02")
    report = await ingest([docs], library, HERE)
    assert [skipped.path for skipped in report.skipped] == ["a.md"]
    assert await paths_found(library, "apples") == []
    assert await library.documents.count(HERE) == 1


async def test_another_embedder_or_a_new_index_ingests_everything_again(library: Library, docs: Path) -> None:
    await ingest([docs], library, HERE)
    documents = library.documents
    for other in (
        Library(documents, library.index, FewAxes("another"), 1_000, library.parser),
        Library(documents, library.index, None, 1_000, library.parser),
        Library(documents, MemoryIndex(), library.embedder, 1_000, library.parser),
    ):
        assert len((await plan([docs], other, HERE)).pending) == 2


async def test_tenants_do_not_share_documents(library: Library, docs: Path) -> None:
    other = RequestContext(type(HERE.tenant)("other"), HERE.user, "r")
    await ingest([docs], library, HERE)
    assert len((await plan([docs], library, other)).pending) == 2


async def test_what_is_not_a_document_is_left_alone(library: Library, docs: Path, tmp_path: Path) -> None:
    for hidden in (".git", "node_modules"):
        (docs / hidden).mkdir()
        (docs / hidden / "x.md").write_text("hidden")
    (docs / "photo.png").write_bytes(b"\x89PNG")
    report = await ingest([docs], library, HERE)
    assert (report.added, report.ignored, report.skipped) == (2, 1, ())


async def test_a_named_file_of_another_type_is_reported(library: Library, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    report = await ingest([tmp_path / "photo.png"], library, HERE)
    assert ["not supported" in skipped.reason for skipped in report.skipped] == [True]


async def test_links_out_of_the_folder_are_not_followed(library: Library, docs: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.md").write_text("secret words")
    (docs / "key.md").symlink_to(secret / "key.md")
    (docs / "folder").symlink_to(secret)
    (docs / "inside.md").symlink_to(docs / ".real.md")
    (docs / ".real.md").write_text("Inner linked words.")
    report = await ingest([docs], library, HERE)
    assert [skipped.path for skipped in report.skipped] == ["key.md"]
    assert await paths_found(library, "secret") == []
    assert await paths_found(library, "linked") == ["inside.md"]


async def test_large_files_pipes_and_dangling_links_are_skipped(library: Library, docs: Path) -> None:
    (docs / "large.md").write_text("x" * 1_001)
    (docs / "largest.md").write_text("word " * 200)
    os.mkfifo(docs / "pipe.md")
    (docs / "dangling.md").symlink_to(docs / "nowhere.md")
    report = await ingest([docs], library, HERE)
    assert {skipped.path for skipped in report.skipped} == {"large.md", "pipe.md", "dangling.md"}
    assert report.added == 3


async def test_a_file_inside_a_named_folder_is_ingested_once(library: Library, docs: Path) -> None:
    assert (await ingest([docs / "a.md", docs, docs], library, HERE)).added == 2
    assert (await plan([docs, docs / "a.md"], library, HERE)).is_empty


async def test_a_path_that_does_not_exist_is_named(library: Library, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no-such"):
        await ingest([tmp_path / "no-such"], library, HERE)


async def test_a_folder_out_of_reach_keeps_what_is_known_of_it(
    library: Library, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "sub").mkdir()
    (docs / "sub" / "c.md").write_text("Cherries")
    await ingest([docs], library, HERE)
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    report = await ingest([docs], library, HERE)
    assert report.removed == 0
    assert [skipped.path for skipped in report.skipped] == ["sub/"]


async def test_progress_names_each_file(library: Library, docs: Path) -> None:
    heard: list[object] = []

    class Listening:
        def started(self, files: int, size: int) -> None:
            heard.append(files)

        def embedded(self, path: str, chunks: int, size: int) -> None: ...

        def advanced(self, path: str, chunks: int) -> None:
            heard.append((path, chunks))

    (docs / "c.md").write_bytes(b"\x00")
    await ingest([docs], library, HERE, Listening())
    assert heard[0] == 3
    assert set(heard[1:]) == {("a.md", 1), ("b.txt", 1), ("c.md", 0)}


class Halting(MemoryDocuments):
    """Fails at the first `save`, as a process killed between the index and the store would."""

    halted = False

    async def save(self, document: Document, context: RequestContext) -> None:
        if not self.halted:
            self.halted = True
            raise ConnectionAbortedError
        await super().save(document, context)


async def test_a_run_that_was_cut_off_is_made_good_by_the_next(docs: Path) -> None:
    library = Library(Halting(), MemoryIndex(), FewAxes(), 1_000, InProcessParser())
    with pytest.raises(ConnectionAbortedError):
        await ingest([docs], library, HERE)
    (docs / "a.md").write_text("# Cherries\n\nAnd more cherries.")
    await ingest([docs], library, HERE)
    assert await library.index.count(HERE) == await library.documents.count(HERE) == 2
    assert await paths_found(library, "apples") == []


class Failing(FewAxes):
    """An embedder whose server goes away after the first call, and comes back."""

    fails = True

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if self.fails and self.embedded:
            raise NotReady("The embedder does not answer.")
        return await super().embed(texts)


async def test_an_embedder_that_fails_ends_the_run_and_the_next_goes_on(docs: Path) -> None:
    embedder = Failing()
    library = Library(MemoryDocuments(), MemoryIndex(), embedder, 100_000, InProcessParser())
    for number in range(4):
        paragraphs = (f"Apples of kind {number} and row {row}. " * 30 for row in range(80))
        (docs / f"long{number}.md").write_text("\n\n".join(paragraphs))
    with pytest.raises(NotReady, match="does not answer"):
        await ingest([docs], library, HERE)
    embedder.fails = False
    await ingest([docs], library, HERE)
    assert (await plan([docs], library, HERE)).unchanged == 6
    documents = await library.documents.some(10, HERE)
    assert await library.index.count(HERE) == sum(
        len(chunk(each, embedder.token_spans)) for each in documents
    )


async def test_a_document_of_many_batches_is_whole(docs: Path) -> None:
    library = Library(MemoryDocuments(), MemoryIndex(), FewAxes(), 10_000_000, InProcessParser())
    (docs / "long.md").write_text("\n\n".join(f"Cherry number {row}. " * 40 for row in range(700)))
    (docs / "c.md").write_text("Cherries, too.")
    report = await ingest([docs], library, HERE)
    assert report.added == 4
    assert report.chunks == await library.index.count(HERE) > 600


async def test_progress_sums_up_to_all_bytes(library: Library, docs: Path) -> None:
    heard: list[int] = []

    class Listening(Unheard):
        def started(self, files: int, size: int) -> None:
            heard.append(-size)

        def embedded(self, path: str, chunks: int, size: int) -> None:
            heard.append(size)

    (docs / "broken.md").write_bytes(b"\x00" * 100)
    await ingest([docs], library, HERE, Listening())
    assert heard[0] < -100
    assert sum(heard) == 0


async def test_a_file_that_became_something_else_since_it_was_listed_is_not_followed(
    library: Library, docs: Path, tmp_path: Path
) -> None:
    class Swapping(MemoryDocuments):
        """Looks at the store between the listing and the reading, when somebody swaps the files."""

        async def fingerprints(
            self, source: str, context: RequestContext
        ) -> Mapping[str, tuple[DocumentId, str]]:
            swap(docs, tmp_path)
            return await super().fingerprints(source, context)

    library = replace(library, documents=Swapping())
    report = await ingest([docs], library, HERE)
    assert report.added == 0
    assert {each.path for each in report.skipped} == {"a.md", "b.txt"}


def swap(docs: Path, outside: Path) -> None:
    (outside / "secret.md").write_text("secret words")
    (docs / "a.md").unlink()
    (docs / "a.md").symlink_to(outside / "secret.md")
    (docs / "b.txt").unlink()
    os.mkfifo(docs / "b.txt")


async def test_a_source_is_forgotten_by_its_name_alone(library: Library, docs: Path) -> None:
    await ingest([docs], library, HERE)
    assert await forget_source("/nowhere", library, HERE) == 0
    assert await forget_source(str(docs), library, HERE) == 2
    assert await library.index.count(HERE) == await library.documents.count(HERE) == 0


async def test_a_file_that_may_not_be_read_is_named_and_stays_known(
    library: Library, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ingest([docs], library, HERE)
    opening = os.open

    def refusing(path: str, *arguments: int) -> int:
        if str(path).endswith("a.md"):
            raise PermissionError(13, "Permission denied", path)
        return opening(path, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refusing)
        report = await ingest([docs], library, HERE)
    assert [(each.path, each.reason) for each in report.skipped] == [
        ("a.md", "it cannot be read: Permission denied.")
    ]
    assert await paths_found(library, "apples") == ["a.md"]


async def test_a_file_that_somebody_writes_is_left_for_later(
    library: Library, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = os.fstat

    def growing(number: int) -> os.stat_result:
        with (docs / "a.md").open("a") as file:
            file.write("x")
        return asking(number)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", growing)
        report = await ingest([docs], library, HERE)
    assert "it changes while it is read" in {each.path: each.reason for each in report.skipped}["a.md"]
    assert (await ingest([docs], library, HERE)).skipped == ()
