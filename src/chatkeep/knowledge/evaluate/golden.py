"""The whole path measured on one's own questions: what is found, shown, cited and said.

Above: `chatkeep evaluate`. Below: a `Searcher` finds, an `Answerer` answers as the server would, and a
`Judge`, if there is one, gives its opinion. Retrieval is looked at deeper than what an answer is
given to read.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from chatkeep.core.context import RequestContext
from chatkeep.knowledge.documents import Passage
from chatkeep.knowledge.evaluate.questions import Question, Source
from chatkeep.knowledge.evaluate.runs import Case, EvaluationProgress, Found, Run, Statement
from chatkeep.knowledge.evaluate.statements import CitedPassage, claims, is_refusal, supported

DEPTH = 50
_HITS = (1, 3, 5, 10)
_SHOWN = 10
_BEGINNING = 160  # characters
_WELL_GROUNDED = 1.0


class Searcher(Protocol):
    async def search(self, query: str, limit: int, context: RequestContext) -> list[Passage]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's answer, as a reader would see it.

    Attributes:
        citations: in the order of the text.
        shown: the passages the model was given to read.
        first_ms, whole_ms: until its first words, and until its end.
        failure: why there is none, in words.
    """

    text: str
    citations: Sequence[CitedPassage]
    shown: Sequence[Passage]
    first_ms: float
    whole_ms: float
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's opinion.

    Attributes:
        correct: it answers the question, as the reference has it; None: the judge could not say.
        grounded: what it says stands in the passages it cites.
    """

    correct: bool | None
    grounded: bool | None
    reason: str


class Answerer(Protocol):
    async def answer(self, question: str, context: RequestContext) -> Answer:
        """As the server answers it, in a new thread. A failure of the model is part of the answer."""
        ...


class Judge(Protocol):
    async def judge(self, question: Question, answer: Answer) -> Verdict | None:
        """None: it gave no verdict that can be read."""
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What is evaluated."""

    searcher: Searcher
    answerer: Answerer
    judge: Judge | None = None


async def evaluate_golden(
    name: str,
    questions: Sequence[Question],
    subject: Subject,
    setup: Mapping[str, str | int | float],
    context: RequestContext,
    progress: EvaluationProgress | None = None,
) -> Run:
    """Ask the questions one after another, so that times are true, and score what comes back."""
    began = monotonic()
    cases = []
    for done, question in enumerate(questions, start=1):
        asked = monotonic()
        found = await subject.searcher.search(question.text, DEPTH, context)
        search_ms = (monotonic() - asked) * 1000
        answer = await subject.answerer.answer(question.text, context)
        judged = subject.judge is not None and not answer.failure
        verdict = await subject.judge.judge(question, answer) if subject.judge and judged else None
        cases.append(score_case(question, found, answer, verdict, judged=judged, search_ms=search_ms))
        if progress:
            progress.advanced("questions", done, len(questions))
    return Run("golden", name, setup, cases, DEPTH, monotonic() - began)


def score_case(
    question: Question,
    found: Sequence[Passage],
    answer: Answer,
    verdict: Verdict | None = None,
    *,
    judged: bool = False,
    search_ms: float = 0.0,
) -> Case:
    """Everything that can be said of one question. Pure."""
    ranks = [_rank(source, found) for source in question.sources]
    statements = [Statement(claim.text, supported(claim)) for claim in claims(answer.text, answer.citations)]
    refused = not answer.failure and is_refusal(answer.text)
    scores = dict(_retrieval(ranks, question, answer))
    if not answer.failure:
        scores |= _citations(question, answer)
        if statements and not refused:
            scores["groundedness"] = statistics.fmean(each.supported for each in statements)
        if (met := _expectations(question, answer)) is not None:
            scores["answer match"] = met
    scores["answered" if question.answerable else "correct refusal"] = float(
        not answer.failure and refused is not question.answerable
    )
    if verdict is not None:
        opinions = {"judged correct": verdict.correct, "judged grounded": verdict.grounded}
        scores |= {name: float(opinion) for name, opinion in opinions.items() if opinion is not None}
    times = {"search": search_ms}
    if not answer.failure:
        times |= {"first words": answer.first_ms, "whole answer": answer.whole_ms}
    return Case(
        id=question.id,
        question=question.text,
        scores=scores,
        ranks=ranks,
        expected=[str(source) for source in question.sources],
        found=[_found(passage, question.sources) for passage in found[:_SHOWN]],
        cited=[_found(passage, question.sources) for passage in _cited(answer)],
        answer=answer.text,
        statements=[] if refused else statements,
        problems=list(
            _problems(question, ranks, answer, scores, refused=refused, no_verdict=judged and verdict is None)
        ),
        verdict=verdict.reason if verdict else "",
        times=times,
    )


def _rank(source: Source, passages: Sequence[Passage]) -> int | None:
    return next((rank for rank, each in enumerate(passages, start=1) if source.matches(each)), None)


def _retrieval(
    ranks: Sequence[int | None], question: Question, answer: Answer
) -> Iterator[tuple[str, float]]:
    if not ranks:
        return
    best = min((rank for rank in ranks if rank is not None), default=None)
    for depth in _HITS:
        yield f"hit@{depth}", float(best is not None and best <= depth)
    yield "recall@10", sum(rank is not None and rank <= 10 for rank in ranks) / len(ranks)
    yield "mrr", 1 / best if best else 0.0
    if not answer.failure:
        yield "shown to the model", _share(question.sources, answer.shown)


def _citations(question: Question, answer: Answer) -> Iterator[tuple[str, float]]:
    """Precision only where something is cited: what is missing counts against recall."""
    if not question.sources:
        return
    cited = _cited(answer)
    if cited:
        right = [any(source.matches(passage) for source in question.sources) for passage in cited]
        yield "citation precision", statistics.fmean(right)
    yield "citation recall", _share(question.sources, cited)


def _share(sources: Sequence[Source], passages: Sequence[Passage]) -> float:
    return statistics.fmean(_rank(source, passages) is not None for source in sources)


def _cited(answer: Answer) -> list[Passage]:
    """Each passage once."""
    return list({each.passage.id: each.passage for each in answer.citations}.values())


def _expectations(question: Question, answer: Answer) -> float | None:
    """The share met of: one of the answers, and each fact."""
    groups = [*([question.answers] if question.answers else []), *question.facts]
    if not groups:
        return None
    return statistics.fmean(any(each.found_in(answer.text) for each in group) for group in groups)


def _problems(
    question: Question,
    ranks: Sequence[int | None],
    answer: Answer,
    scores: Mapping[str, float],
    *,
    refused: bool,
    no_verdict: bool,
) -> Iterator[str]:
    """In the order in which things happen: the first is the likeliest cause of the others."""
    missed = [str(source) for source, rank in zip(question.sources, ranks, strict=True) if rank is None]
    if missed:
        yield f"not found among {DEPTH}: {', '.join(missed)}"
    unseen = [
        f"{source} (rank {rank})"
        for source, rank in zip(question.sources, ranks, strict=True)
        if rank is not None and _rank(source, answer.shown) is None and not answer.failure
    ]
    if unseen:
        yield f"found too far down to be shown to the model: {', '.join(unseen)}"
    if answer.failure:
        yield f"no answer: {answer.failure}"
        return
    if refused and question.answerable:
        yield "refused, though the documents answer it"
    if not refused and not question.answerable:
        yield "answered, though the documents do not say"
    if not refused and scores.get("citation recall", 1.0) == 0:
        yield "cites none of the expected sources"
    if not refused and scores.get("groundedness", _WELL_GROUNDED) < _WELL_GROUNDED:
        yield "a statement is not in what it cites"
    if not refused:
        groups = [*([question.answers] if question.answers else []), *question.facts]
        for group in groups:
            if not any(each.found_in(answer.text) for each in group):
                yield f"does not say {' or '.join(map(str, group))}"
    if scores.get("judged correct") == 0:
        yield "judged wrong"
    if no_verdict:
        yield "the judge gave no verdict"


def _found(passage: Passage, sources: Sequence[Source]) -> Found:
    below = [heading for heading in passage.headings if heading != passage.title]
    part = " › ".join([*below, *([passage.place] if passage.place else [])]) or passage.title
    expected = any(source.matches(passage) for source in sources)
    return Found(passage.path, part, expected, " ".join(passage.text.split())[:_BEGINNING])
