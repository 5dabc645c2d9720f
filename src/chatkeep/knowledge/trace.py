"""The trace of a search: what each step found, moved and dropped, why, and how long it took.

`Course` is filled while a search runs, with references to what the steps make anyway, so that it costs
nothing. `Course.trace` turns it into a `Trace`, for those who ask: `chatkeep search --explain`, the page.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

from chatkeep.knowledge.budget import tokens
from chatkeep.knowledge.documents import Passage, PassageId
from chatkeep.knowledge.protocols import Hit, Legs

StepName = Literal[
    "embed",
    "search",
    "feedback",
    "fuse",
    "read",
    "recency",
    "rerank",
    "near duplicates",
    "diversity",
    "neighbours",
    "budget",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One step that ran.

    Attributes:
        left: how many passages there were after it.
    """

    name: StepName
    milliseconds: float
    left: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a step placed a passage. Ranks count from 1; scores compare within their step alone."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One passage's way through the search. A standing is None where the step did not see the passage.

    Attributes:
        rank: its place in the ranking; None: below what was asked for.
        given: its place among the passages for the model; None: not among them.
        dropped: why it is not; empty when it is.
        start, end: of what is shown of its document, with the text around it.
        tokens: what that is estimated to cost.
    """

    id: PassageId
    path: str
    title: str
    headings: tuple[str, ...]
    start: int
    end: int
    tokens: int
    dense: Standing | None
    bm25: Standing | None
    fused: Standing | None
    reranked: Standing | None
    rank: int | None
    given: int | None
    dropped: str


@dataclass(frozen=True, slots=True)
class Trace:
    """All that a search did.

    Attributes:
        dense, bm25, fused: how many passages each leg found, and both together.
        candidates: those that were read, in the order of the ranking.
        budget: tokens the passages for the model may have; `spent` is what they have.
    """

    query: str
    steps: tuple[Step, ...]
    dense: int
    bm25: int
    fused: int
    candidates: tuple[Candidate, ...]
    budget: int
    spent: int


@dataclass(slots=True)
class Course:
    """A search under way. Each step leaves here what it made.

    Attributes:
        passages: read, ranked, distinct, best first, with the scores they were ranked by.
        given: what goes to the model.
        dropped: why a ranked passage does not.
    """

    legs: Legs = field(default_factory=lambda: Legs(dense=(), sparse=()))
    fused: Sequence[Hit] = ()
    reranked: Sequence[Hit] = ()
    passages: Sequence[Passage] = ()
    given: Sequence[Passage] = ()
    dropped: dict[PassageId, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    left: int = 0

    @contextmanager
    def step(self, name: StepName) -> Iterator[None]:
        """Time a step; it says in `left` what remains."""
        began = perf_counter()
        yield
        self.steps.append(Step(name, round(1000 * (perf_counter() - began), 3), self.left))

    def trace(self, query: str, limit: int, budget: int) -> Trace:
        """What is known now.

        Args:
            limit: how many passages of the ranking were asked for.
        """
        standings = [
            _standings(hits) for hits in (self.legs.dense, self.legs.sparse, self.fused, self.reranked)
        ]
        given = {passage.id: (place, passage) for place, passage in enumerate(self.given, 1)}
        candidates = []
        for rank, found in enumerate(self.passages, 1):
            place, shown = given.get(found.id, (None, found))
            dense, bm25, fused, reranked = (standing.get(found.id) for standing in standings)
            candidates.append(
                Candidate(
                    id=found.id,
                    path=found.path,
                    title=found.title,
                    headings=found.headings,
                    start=shown.start,
                    end=shown.end,
                    tokens=tokens(shown.text),
                    dense=dense,
                    bm25=bm25,
                    fused=fused,
                    reranked=reranked,
                    rank=rank if rank <= limit else None,
                    given=place,
                    dropped="" if place else self.dropped.get(found.id, "not among the best"),
                )
            )
        return Trace(
            query=query,
            steps=tuple(self.steps),
            dense=len(self.legs.dense),
            bm25=len(self.legs.sparse),
            fused=len(self.fused),
            candidates=tuple(candidates),
            budget=budget,
            spent=sum(tokens(passage.text) for passage in self.given),
        )


def _standings(hits: Sequence[Hit]) -> dict[PassageId, Standing]:
    return {hit.id: Standing(rank, float(hit.score)) for rank, hit in enumerate(hits, 1)}
