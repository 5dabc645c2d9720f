"""A new embedder: what is stored is indexed anew, what was done is not done again, the old goes last."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from chatkeep.adapters.memory import MemoryDocuments
from chatkeep.adapters.parsing.in_process import InProcessParser
from chatkeep.adapters.qdrant.edge import EdgeIndex
from chatkeep.core.context import local_context
from chatkeep.knowledge.documents import DocumentId
from chatkeep.knowledge.ingest import Library
from chatkeep.knowledge.protocols import Vectors
from chatkeep.knowledge.reindex import complete_index
from tests.unit.knowledge.samples import FewAxes, document

HERE = local_context("test")


class FailsAfter(FewAxes):
    """Embeds so many texts and then no more, as if the process were killed."""

    def __init__(self, texts: int) -> None:
        super().__init__("new")
        self.left = texts

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.left -= len(texts)
        if self.left < 0:
            raise KeyboardInterrupt
        return await super().embed(texts)


async def stored(count: int) -> MemoryDocuments:
    documents = MemoryDocuments()
    for number in range(count):
        one = document(f"Cats purr, number {number}.")
        labels = ("staff",) if number % 2 else ()
        await documents.save(replace(one, id=DocumentId(f"{number:08}{one.id[8:]}"), labels=labels), HERE)
    return documents


async def test_a_killed_run_goes_on_where_it_stopped_and_the_old_index_stays(tmp_path: Path) -> None:
    documents = await stored(40)
    old = await EdgeIndex.open(tmp_path, FewAxes("old"))
    await complete_index(Library(documents, old, FewAxes("old"), 1, InProcessParser()), HERE)
    await old.close()
    killed = FailsAfter(35)
    index = await EdgeIndex.open(tmp_path, killed)
    with pytest.raises(KeyboardInterrupt):
        await complete_index(Library(documents, index, killed, 1, InProcessParser()), HERE)
    assert not index.is_complete
    await index.close()
    assert len(list((tmp_path / "index").glob("*/state.json"))) == 2
    going_on = FewAxes("new")
    index = await EdgeIndex.open(tmp_path, going_on)
    library = Library(documents, index, going_on, 1, InProcessParser())
    assert await complete_index(library, HERE) == going_on.embedded <= 8
    assert await index.count(HERE) == 40
    assert index.is_complete
    assert len(list((tmp_path / "index").glob("*/state.json"))) == 1
    assert await complete_index(library, HERE) == 0
    await index.close()
