"""Labels take effect at once, without embedding anything, and nobody reads in between what they may not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from chatkeep.adapters.memory import MemoryDocuments, MemoryIndex
from chatkeep.adapters.parsing.in_process import InProcessParser
from chatkeep.core.context import RequestContext, local_context
from chatkeep.core.errors import NotFound
from chatkeep.knowledge.documents import Document, DocumentId
from chatkeep.knowledge.ingest import Library, Report, ingest, plan
from chatkeep.knowledge.protocols import IndexedChunk
from chatkeep.knowledge.sources import Bearing, FolderSource
from tests.unit.knowledge.samples import FewAxes

HERE = local_context("test")
MOST = 1_000


class Watched(MemoryIndex):
    """Notes, at each change of the index or the documents, who could read what."""

    def __init__(self, documents: "WatchedDocuments") -> None:
        super().__init__()
        self.documents = documents
        documents.index = self
        self.readers: list[str] = []

    async def upsert(self, chunks: Sequence[IndexedChunk], context: RequestContext) -> None:
        await super().upsert(chunks, context)
        await self.note()

    async def delete_documents(self, ids: Sequence[DocumentId], context: RequestContext) -> None:
        await super().delete_documents(ids, context)
        await self.note()

    async def note(self) -> None:
        readers = [name for name in ("", "staff", "board") if await finds(self, "apples", name)]
        self.readers.append(",".join(readers))


class WatchedDocuments(MemoryDocuments):
    index: Watched

    async def save(self, document: Document, context: RequestContext) -> None:
        await super().save(document, context)
        await self.index.note()


def reader(label: str) -> RequestContext:
    return replace(HERE, labels=(label,) if label else ())


async def finds(index: MemoryIndex, words: str, label: str) -> bool:
    return bool((await index.search(words, None, 10, reader(label))).sparse)


@pytest.fixture
def library() -> Library:
    documents = WatchedDocuments()
    return Library(documents, Watched(documents), FewAxes(), MOST, InProcessParser())


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Apples\n\nApples are red.")
    return tmp_path / "docs"


async def bear(library: Library, docs: Path, *labels: str, **metadata: str) -> Report:
    return await ingest([FolderSource(docs, bearing=Bearing(labels, metadata))], library, HERE)


def embedded(library: Library) -> int:
    assert isinstance(library.embedder, FewAxes)
    return library.embedder.embedded


def noted(library: Library) -> list[str]:
    """Who could find the document, at each step since this was last asked."""
    assert isinstance(library.index, Watched)
    readers, library.index.readers = library.index.readers, []
    return readers


@pytest.mark.parametrize(
    ("before", "after", "at_the_end", "never"),
    [
        ((), ("staff",), "staff", {"", "board"}),
        (("staff",), (), ",staff,board", set()),
        (("staff",), ("board",), "board", {"", "staff"}),
        (("staff",), ("staff", "board"), "staff,board", {""}),
    ],
)
async def test_labels_change_without_embedding_and_never_open_wider(
    library: Library,
    docs: Path,
    before: tuple[str, ...],
    after: tuple[str, ...],
    at_the_end: str,
    never: set[str],
) -> None:
    await bear(library, docs, *before)
    cost = embedded(library)
    noted(library)
    report = await bear(library, docs, *after)
    steps = noted(library)
    assert (report.updated, report.added, embedded(library)) == (1, 0, cost)
    assert steps[0] == ""  # nobody's, before it is anybody else's
    assert steps[-1] == at_the_end
    assert not any(never & set(step.split(",")) for step in steps if step)
    assert (await bear(library, docs, *after)).unchanged == 1


async def test_the_document_itself_is_for_those_who_may_find_it(library: Library, docs: Path) -> None:
    await bear(library, docs)
    (document,) = await library.documents.some(9, HERE)
    await bear(library, docs, "staff")
    with pytest.raises(NotFound):
        await library.documents.load(document.id, HERE)
    assert (await library.documents.load(document.id, reader("staff"))).labels == ("staff",)


async def test_a_document_that_changes_with_its_labels_is_withdrawn_first(
    library: Library, docs: Path
) -> None:
    await bear(library, docs)
    noted(library)
    (docs / "a.md").write_text("# Apples\n\nApples are green, and secret.")
    await bear(library, docs, "staff")
    steps = noted(library)
    assert steps[0] == ""
    assert set(steps) == {"", "staff"}


class Halting(WatchedDocuments):
    """Fails at a `save`, as a process killed there would."""

    left = 100

    async def save(self, document: Document, context: RequestContext) -> None:
        self.left -= 1
        if self.left == 0:
            raise ConnectionAbortedError
        await super().save(document, context)


@pytest.mark.parametrize("at", [1, 2])
async def test_a_change_that_was_cut_off_is_made_good_by_the_next(docs: Path, at: int) -> None:
    documents = Halting()
    library = Library(documents, Watched(documents), FewAxes(), MOST, InProcessParser())
    await bear(library, docs)
    documents.left = at
    with pytest.raises(ConnectionAbortedError):
        await bear(library, docs, "staff")
    assert not await finds(documents.index, "apples", "")
    await bear(library, docs, "staff")
    assert not await finds(documents.index, "apples", "")
    assert await finds(documents.index, "apples", "staff")


async def test_labels_in_another_order_are_the_same(library: Library, docs: Path) -> None:
    await bear(library, docs, "staff", "board")
    source = FolderSource(docs, bearing=Bearing(("board", "staff")))
    assert (await plan([source], library, HERE)).is_empty


async def test_metadata_lands_on_documents_and_passages(library: Library, docs: Path) -> None:
    await bear(library, docs, team="harbour")
    assert (await library.documents.some(1, HERE))[0].metadata == {"team": "harbour"}
    assert (await bear(library, docs, team="yard")).updated == 1
    legs = await library.index.search("apples", None, 1, HERE)
    (passage,) = await library.index.passages([legs.sparse[0].id], HERE)
    assert passage.metadata == {"team": "yard"}
