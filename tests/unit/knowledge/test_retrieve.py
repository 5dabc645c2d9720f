"""Retrieval: both legs, no repeats, nothing for nothing; what a model is given, and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

import numpy as np
import pytest

from chatkeep.adapters.memory import MemoryDocuments, MemoryIndex
from chatkeep.core.context import local_context
from chatkeep.knowledge.budget import tokens
from chatkeep.knowledge.documents import Chunk, Passage, PassageId
from chatkeep.knowledge.protocols import IndexedChunk, Vectors, Where
from chatkeep.knowledge.retrieve import Options, Retriever
from tests.unit.knowledge.samples import FewAxes, document, sample

HERE = local_context("test")


@dataclass(frozen=True)
class FixedClock:
    time: datetime

    def now(self) -> datetime:
        return self.time


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


class Backwards:
    """A reranker that likes best what came last; it remembers what it was shown."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.shown: list[str] = []
        self.failure = failure

    async def scores(self, query: str, passages: Sequence[Passage]) -> Sequence[float]:
        self.shown = [passage.text for passage in passages]
        if self.failure:
            raise self.failure
        return range(len(passages))


async def test_the_reranker_orders_what_it_was_shown_and_the_rest_stays_below() -> None:
    retriever = await filled("cats purr", "cats purr loudly", "cats sleep", "dogs bark")
    fused = [passage.text for passage in await retriever.search("cats purr", 4, HERE)]
    reranker = Backwards()
    better = replace(retriever, reranker=reranker, options=Options(reranked=3))
    found = [passage.text for passage in await better.search("cats purr", 4, HERE)]
    assert reranker.shown == fused[:3]
    assert found == [*reversed(fused[:3]), fused[3]]
    assert [passage.text for passage in await better.search("cats purr", 1, HERE)] == [fused[2]]


@pytest.mark.parametrize("failure", [OSError("gone"), RuntimeError("broken"), TimeoutError()])
async def test_when_the_reranker_fails_the_fused_order_stands_and_the_log_says_so(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    retriever = await filled("cats purr", "cats sleep", "dogs bark")
    fused = await retriever.search("cats purr", 3, HERE)
    broken = replace(retriever, reranker=Backwards(failure))
    assert await broken.search("cats purr", 3, HERE) == fused
    assert "the fused order stands" in caplog.text


async def test_age_moves_what_is_equally_good_when_it_is_asked_to() -> None:
    index = MemoryIndex()
    old, new = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    chunks = [
        sample("old", "cats purr", None, modified_at=old),
        sample("new", "purr cats", None, modified_at=new),
    ]
    await index.upsert(chunks, HERE)
    retriever = Retriever(None, index, clock=FixedClock(new))
    aware = Options(half_life=365)
    assert [passage.path for passage in await retriever.search("cats", 2, HERE)] == ["old.md", "new.md"]
    found = await retriever.search("cats", 2, HERE, options=aware)
    assert [passage.path for passage in found] == ["new.md", "old.md"]


async def test_a_search_is_narrowed_but_never_beyond_what_is_served() -> None:
    index = MemoryIndex()
    await index.upsert(
        [
            sample("a", "cats purr", None, source="/served", metadata={"team": "pets"}),
            sample("b", "cats sleep", None, source="/served"),
            sample("c", "cats hunt", None, source="/hidden", metadata={"team": "pets"}),
        ],
        HERE,
    )
    retriever = Retriever(None, index, ("/served",))

    async def texts(where: Where) -> list[str]:
        return [passage.text for passage in await retriever.search("cats", 5, HERE, where)]

    assert await texts(Where(metadata={"team": "pets"})) == ["cats purr"]
    assert sorted(await texts(Where(sources=("/served", "/hidden")))) == ["cats purr", "cats sleep"]
    assert await texts(Where(sources=("/hidden",))) == []


async def test_a_model_is_given_no_near_repeats_and_no_more_than_its_budget() -> None:
    long = "the cat sat on the mat and purred at the dog who lay beside it all day long"
    retriever = await filled(long, long + " too", "cats purr", "cats sleep all day", "dogs bark")
    ranked = await retriever.search("cat dog day", 9, HERE)
    given = await retriever.gather("cat dog day", 1_000, HERE)
    assert len(ranked) == 5
    assert len([passage for passage in given if "mat" in passage.text]) == 1
    assert len(given) == 4
    few = await retriever.gather("cat dog day", tokens(given[0].text), HERE)
    assert few == given[:1]
    assert len(await retriever.gather("cat dog day", 1_000, HERE, options=Options(most=2))) == 2


async def test_with_diversity_a_model_is_given_something_else_too() -> None:
    retriever = await filled("cats purr", "cats purr now", "cats purr then", "dogs bark")
    alike = await retriever.gather("cats purr", 1_000, HERE, options=Options(most=2, relevance=1.0))
    mixed = await retriever.gather("cats purr", 1_000, HERE, options=Options(most=2, relevance=0.3))
    assert alike[0] == mixed[0]
    assert [passage.text for passage in mixed][1] == "dogs bark"
    assert alike[1].text != "dogs bark"


async def test_a_passage_is_given_with_the_text_around_it_from_its_document() -> None:
    whole = document("Before it.\n\nCats purr.\n\nAfter it.")
    documents, index = MemoryDocuments(), MemoryIndex()
    await documents.save(whole, HERE)
    start = whole.text.index("Cats")
    chunk = Chunk(whole.id, start, start + 10, "Cats purr.", ())
    await index.upsert([IndexedChunk(PassageId(str(uuid4())), chunk, whole, None)], HERE)
    retriever = Retriever(None, index, documents=documents, options=Options(reach=100))
    (found,) = await retriever.search("purr", 1, HERE)
    (given,) = await retriever.gather("purr", 1_000, HERE)
    assert (given.id, given.text) == (found.id, whole.text)
    assert found.text == "Cats purr."
    assert [passage.text for passage in await retriever.gather("purr", 3, HERE)] == ["Cats purr."]
    await documents.delete([whole.id], HERE)
    assert [passage.text for passage in await retriever.gather("purr", 1_000, HERE)] == ["Cats purr."]


async def test_an_explanation_tells_each_passages_way_and_each_steps_cost() -> None:
    long = "the cat sat on the mat and purred at the dog who lay beside it all day long"
    retriever = await filled(long, long + " too", "dogs bark", "fish swim", "horses run")
    explained = await retriever.explain("cat dog", 2, 30, HERE)
    trace = explained.trace
    assert list(explained.passages) == await retriever.search("cat dog", 2, HERE)
    assert list(explained.given) == await retriever.gather("cat dog", 30, HERE)
    assert [step.name for step in trace.steps] == [
        "embed",
        "search",
        "feedback",
        "fuse",
        "read",
        "near duplicates",
        "diversity",
        "budget",
    ]
    assert all(step.milliseconds >= 0 for step in trace.steps)
    assert [candidate.rank for candidate in trace.candidates] == [1, 2, None, None, None]
    assert [candidate.fused and candidate.fused.rank for candidate in trace.candidates] == [1, 2, 3, 4, 5]
    assert trace.candidates[0].bm25 is not None
    assert trace.candidates[-1].bm25 is None
    assert trace.candidates[0].given == 1
    assert trace.candidates[1].dropped == "says what rank 1 says"
    assert trace.candidates[2].dropped == ""
    assert trace.spent == sum(tokens(passage.text) for passage in explained.given) <= trace.budget == 30
    little = (await retriever.explain("cat dog", 2, 1, HERE)).trace
    assert little.candidates[2].dropped == "over the budget"


async def test_an_explanation_of_nothing_is_empty() -> None:
    explained = await (await filled("cats purr")).explain(" ", 5, 100, HERE)
    assert (explained.passages, explained.given, explained.trace.candidates) == ((), (), ())


async def test_what_both_legs_find_leads_to_what_neither_question_nor_words_do() -> None:
    """By meaning alone the question is as near to the stranger as to the kin of what answers it."""
    index = MemoryIndex()
    answer, kin, stranger = (np.array([*mix, 0, 0]) for mix in ((1, 0), (0.8, 0.6), (0, 1)))
    chunks = [
        sample("answer", "cats purr", answer.astype(np.float32)),
        sample("kin", "felines rumble", kin.astype(np.float32)),
        sample("stranger", "fish swim", stranger.astype(np.float32)),
    ]
    await index.upsert(chunks, HERE)

    class Between(FewAxes):
        async def embed(self, texts: Sequence[str]) -> Vectors:
            return np.array([[0.3162, 0.9487, 0.0, 0.0]] * len(texts), dtype=np.float32)

    retriever = Retriever(Between(), index)
    alone = (await retriever.candidates("purr", HERE)).dense
    assert alone[0].id == chunks[2].id
    trace = (await retriever.explain("purr", 3, 100, HERE)).trace
    placed = {each.path: each.dense.rank for each in trace.candidates if each.dense}
    assert placed["kin.md"] < placed["stranger.md"]
