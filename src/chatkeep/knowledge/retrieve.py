"""From a question to the passages that may answer it: the one path of the product and of `evaluate`.

Above: whatever answers or searches. Below: an `Embedder` and a `VectorIndex`; the steps are pure, a module
each. A search ranks: embed, search both legs, ask the dense one again with `feedback`, `fuse`, read, and
where asked for `recency` and `rerank`. To gather for a model goes on: `duplicates` and `diversity` choose
from the ranking, `budget` bounds the choice and `neighbours` widens what is chosen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from chatkeep.core.clock import Clock, SystemClock
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import NotFound
from chatkeep.knowledge import feedback
from chatkeep.knowledge.budget import within
from chatkeep.knowledge.diversity import diverse
from chatkeep.knowledge.documents import Document, DocumentId, Passage
from chatkeep.knowledge.duplicates import near_duplicates
from chatkeep.knowledge.fuse import dbsf
from chatkeep.knowledge.neighbours import surround
from chatkeep.knowledge.protocols import (
    ANYWHERE,
    DocumentStore,
    Embedder,
    Hit,
    Legs,
    Reranker,
    VectorIndex,
    Vectors,
    Where,
)
from chatkeep.knowledge.recency import freshest_first
from chatkeep.knowledge.rerank import reranked
from chatkeep.knowledge.trace import Course, Trace

CANDIDATES = 100
"""Hits asked of each leg. DBSF normalises over them, so the number is part of the ranking."""

_POOL = 3  # times as many passages are looked at as are given to the model, for some repeat others


@dataclass(frozen=True, slots=True)
class Options:
    """How passages are ranked, and chosen from the ranking for a model.

    The defaults were measured on `anthropic_docs` (100 questions), by the share of the documents that answer
    which eight passages come from: 0.831 as ranked, 0.836 without near duplicates, 0.841 with diversity
    besides, the same for a relevance of 0.7, 0.6 and 0.5. With a reach of 400, 1,542 tokens in place of 1,229
    hold 0.817 in place of 0.808 of the words of the reference answers.

    Attributes:
        half_life: days after which a document's age has cost a quarter of its score; None: age is nothing.
        reranked: how many of the best are put into order by the reranker, where there is one.
        rerank_seconds: how long that may take.
        most: passages for a model, at most.
        likeness: share of equal word runs from which on two passages say the same; over 1: none do.
        relevance: what counts for a passage, from 1, its score alone, to 0, how it differs from the others.
        reach: characters around a passage that it may be shown with; 0: none.
    """

    half_life: float | None = None
    reranked: int = 20
    rerank_seconds: float = 5.0
    most: int = 8
    likeness: float = 0.9
    relevance: float = 0.7
    reach: int = 0


@dataclass(frozen=True, slots=True)
class Explained:
    """A search and how it went.

    Attributes:
        passages: the ranking.
        given: what a model would be given.
    """

    passages: Sequence[Passage]
    given: Sequence[Passage]
    trace: Trace


@dataclass(frozen=True, slots=True)
class Retriever:
    """Hybrid search. Without an embedder, BM25 alone.

    Attributes:
        sources: the files and folders to look in; None: everything ingested.
        documents: where the text around a passage is read; None: passages stay as they are.
        reranker: puts the best into order; None: the fused order stands.
        options: used where a call names none.
    """

    embedder: Embedder | None
    index: VectorIndex
    sources: tuple[str, ...] | None = None
    documents: DocumentStore | None = None
    reranker: Reranker | None = None
    options: Options = Options()
    clock: Clock = field(default_factory=SystemClock)

    async def search(
        self,
        query: str,
        limit: int,
        context: RequestContext,
        where: Where = ANYWHERE,
        options: Options | None = None,
    ) -> list[Passage]:
        """The `limit` best passages, best first, no two with the same text. None for an empty query."""
        course = Course()
        await self._rank(course, query, limit, context, where, options or self.options)
        return list(course.passages[:limit])

    async def gather(
        self,
        query: str,
        budget: int,
        context: RequestContext,
        where: Where = ANYWHERE,
        options: Options | None = None,
    ) -> list[Passage]:
        """Passages for a model to answer from, best first, of at most `budget` tokens together.

        Each may be wider than what was found, by the text around it: an exact span of its document still.
        The best one is there even if it alone is over the budget.
        """
        course, options = Course(), options or self.options
        await self._rank(course, query, _POOL * options.most, context, where, options)
        if not course.passages:
            return []
        await self._choose(course, budget, context, options)
        return list(course.given)

    async def explain(
        self,
        query: str,
        limit: int,
        budget: int,
        context: RequestContext,
        where: Where = ANYWHERE,
        options: Options | None = None,
    ) -> Explained:
        """What `search` and `gather` give, and each step on the way."""
        course, options = Course(), options or self.options
        await self._rank(course, query, max(limit, _POOL * options.most), context, where, options)
        await self._choose(course, budget, context, options)
        trace = course.trace(query, limit, budget)
        return Explained(tuple(course.passages[:limit]), tuple(course.given), trace)

    async def candidates(self, query: str, context: RequestContext, where: Where = ANYWHERE) -> Legs:
        """What each leg finds by itself."""
        course = Course()
        await self._look(course, query, context, self._within(where))
        return course.legs

    def _within(self, where: Where) -> Where:
        return replace(where, sources=_both(self.sources, where.sources))

    async def _look(
        self, course: Course, query: str, context: RequestContext, where: Where
    ) -> Vectors | None:
        """Ask both legs. Returns the question's vector, if it has one."""
        if not query.strip():
            return None
        with course.step("embed"):
            vector = await self.embedder.embed_query(query) if self.embedder else None
        with course.step("search"):
            course.legs = await self.index.search(query, vector, CANDIDATES, context, where)
            course.left = len({hit.id for leg in (course.legs.dense, course.legs.sparse) for hit in leg})
        return vector

    async def _look_again(
        self, course: Course, query: str, vector: Vectors, context: RequestContext, where: Where
    ) -> None:
        """Ask the dense leg again, with the question moved towards what both legs found.

        Then both legs score everything that either found.
        """
        best = [hit.id for hit in dbsf(course.legs)[: feedback.PASSAGES]]
        vectors = await self.index.vectors(best, context)
        towards = feedback.moved(vector, list(vectors.values()))
        again = await self.index.search("", towards, CANDIDATES, context, where)
        found = tuple(dict.fromkeys(hit.id for leg in (again.dense, course.legs.sparse) for hit in leg))
        # What one leg alone found is not worthless to the other: it came after its hundredth.
        among = replace(where, passages=found)
        course.legs = await self.index.search(query, towards, len(found), context, among)
        course.left = len({hit.id for leg in (course.legs.dense, course.legs.sparse) for hit in leg})

    async def _rank(
        self,
        course: Course,
        query: str,
        limit: int,
        context: RequestContext,
        where: Where,
        options: Options,
    ) -> None:
        where = self._within(where)
        vector = await self._look(course, query, context, where)
        if vector is not None and course.legs.dense:
            with course.step("feedback"):
                await self._look_again(course, query, vector, context, where)
        with course.step("fuse"):
            course.fused = dbsf(course.legs)
        with course.step("read"):
            deepest = max(limit, options.reranked if self.reranker else 0)
            course.passages = await self._read(course, deepest, context)
            course.left = len(course.passages)
        if options.half_life is not None:
            with course.step("recency"):
                course.passages = freshest_first(course.passages, options.half_life, self.clock.now())
        if self.reranker and options.reranked:
            with course.step("rerank"):
                course.reranked = await reranked(
                    query, course.passages, self.reranker, options.reranked, options.rerank_seconds
                )
                course.passages = _in_order(course.passages, course.reranked)

    async def _read(self, course: Course, limit: int, context: RequestContext) -> list[Passage]:
        """The best `limit` passages with different texts."""
        hits: Sequence[Hit] = course.fused
        found: dict[str, Passage] = {}
        while hits and len(found) < limit:
            page, hits = hits[: 2 * limit], hits[2 * limit :]
            scores = {hit.id: hit.score for hit in page}
            for passage in await self.index.passages(list(scores), context):
                words = " ".join(passage.text.split())
                found.setdefault(words, replace(passage, score=scores[passage.id]))
        return list(found.values())[:limit]

    async def _choose(self, course: Course, budget: int, context: RequestContext, options: Options) -> None:
        chosen: Sequence[Passage] = course.passages[: _POOL * options.most]
        if options.likeness <= 1:
            with course.step("near duplicates"):
                chosen = list(_without_repeats(course, chosen, options.likeness))
                course.left = len(chosen)
        with course.step("diversity"):
            chosen = await self._diverse(course, chosen, context, options)
            course.left = len(chosen)
        with course.step("budget"):
            fitting = within(chosen, budget)
            course.dropped |= {each.id: "over the budget" for each in chosen if each not in fitting}
            course.given, course.left = fitting, len(fitting)
        if options.reach and self.documents:
            with course.step("neighbours"):
                documents = await self._documents(fitting, context)
                course.given = surround(fitting, documents, options.reach, budget)
                kept = {passage.id for passage in course.given}
                course.dropped |= {each.id: "joined to another" for each in fitting if each.id not in kept}
                course.left = len(course.given)

    async def _diverse(
        self, course: Course, passages: Sequence[Passage], context: RequestContext, options: Options
    ) -> list[Passage]:
        if options.relevance >= 1 or len(passages) <= 1:
            return list(passages[: options.most])
        vectors = await self.index.vectors([passage.id for passage in passages], context)
        by_id = {passage.id: passage for passage in passages}
        # The reranker's order is not that of the scores: then the rank is what a passage is worth.
        hits = [
            Hit(passage.id, -rank if course.reranked else passage.score)
            for rank, passage in enumerate(passages)
        ]
        return [by_id[id_] for id_ in diverse(hits, vectors, options.most, options.relevance)]

    async def _documents(
        self, passages: Sequence[Passage], context: RequestContext
    ) -> dict[DocumentId, Document]:
        """Those that can still be read: one may have been forgotten since it was found."""
        assert self.documents is not None  # noqa: S101 - asked for by `_choose` alone
        found: dict[DocumentId, Document] = {}
        for id_ in dict.fromkeys(passage.document_id for passage in passages):
            try:
                found[id_] = await self.documents.load(id_, context)
            except NotFound:
                continue
        return found


def _both(served: tuple[str, ...] | None, asked: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Never more than what is served."""
    if served is None or asked is None:
        return served if asked is None else asked
    return tuple(source for source in asked if source in served)


def _in_order(passages: Sequence[Passage], first: Sequence[Hit]) -> list[Passage]:
    """The passages of `first` in its order, then the rest as they stood."""
    by_id = {passage.id: passage for passage in passages}
    ahead = [by_id.pop(hit.id) for hit in first]
    return [*ahead, *by_id.values()]


def _without_repeats(course: Course, passages: Sequence[Passage], likeness: float) -> Iterator[Passage]:
    repeats = near_duplicates([passage.text for passage in passages], likeness)
    for place, passage in enumerate(passages):
        if place in repeats:
            course.dropped[passage.id] = f"says what rank {repeats[place] + 1} says"
        else:
            yield passage
