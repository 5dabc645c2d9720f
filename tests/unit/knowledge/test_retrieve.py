"""Retrieval: both legs, no repeats, nothing for nothing."""

from chatkeep.adapters.memory import MemoryIndex
from chatkeep.core.context import local_context
from chatkeep.knowledge.protocols import IndexedChunk
from chatkeep.knowledge.retrieve import Retriever
from tests.unit.knowledge.samples import FewAxes, sample

HERE = local_context("test")


async def filled(*texts: str) -> Retriever:
    embedder, index = FewAxes(), MemoryIndex()
    vectors = await embedder.embed(texts)
    chunks: list[IndexedChunk] = [sample(str(n), text, vectors[n]) for n, text in enumerate(texts)]
    await index.upsert(chunks, HERE)
    return Retriever(embedder, index)


async def test_the_best_passage_comes_first_with_its_fused_score() -> None:
    retriever = await filled("cats purr", "dogs bark", "fish swim")
    found = await retriever.search("dogs bark", 3, HERE)
    assert found[0].text == "dogs bark"
    assert found[0].score > found[1].score > 0


async def test_passages_with_the_same_words_come_once() -> None:
    retriever = await filled("cats purr", "cats  purr", "cats\npurr", "cats sleep", "dogs bark")
    found = await retriever.search("cats purr", 3, HERE)
    assert [passage.text.split() for passage in found[:2]] == [["cats", "purr"], ["cats", "sleep"]]
    assert len(found) == 3


async def test_an_empty_query_finds_nothing_and_embeds_nothing() -> None:
    retriever = await filled("cats purr")
    assert await retriever.search(" \n", 5, HERE) == []
    assert isinstance(retriever.embedder, FewAxes)
    assert retriever.embedder.embedded == 1


async def test_without_an_embedder_words_are_enough() -> None:
    index = MemoryIndex()
    await index.upsert([sample("a", "cats purr", None), sample("b", "dogs bark", None)], HERE)
    found = await Retriever(None, index).search("bark", 5, HERE)
    assert [passage.text for passage in found] == ["dogs bark"]
