"""Scores of one question, by hand; and a file of questions through retrieval and an answerer."""

from dataclasses import dataclass

import pytest

from chatkeep.core.context import RequestContext, local_context
from chatkeep.knowledge.documents import Passage
from chatkeep.knowledge.evaluate.golden import Answer, Subject, Verdict, evaluate_golden, score_case
from chatkeep.knowledge.evaluate.questions import Question, Source, Wording
from tests.unit.knowledge.evaluate.passages import answer, passage

BERTH = passage("moorings.md", "A visitor's berth costs 3.20 euros a metre and night.")
FUEL = passage("fuel.txt", "Diesel is sold at the fuel dock from 08:00 to 18:00.")
OTHERS = [passage(f"other-{n}.md", "Something else.") for n in range(20)]

PRICE = Question(
    "price", "What does a berth cost?", sources=(Source("moorings.md"),), facts=((Wording("3.20"),),)
)
REGATTA = Question("regatta", "Who won the regatta?", answerable=False)


def test_a_good_answer_has_full_marks_and_no_problems() -> None:
    case = score_case(PRICE, [FUEL, BERTH], answer("A visitor's berth costs 3.20 euros a metre. [1]", BERTH))
    assert case.problems == []
    assert case.ranks == [2]
    assert case.scores == {
        "hit@1": 0,
        "hit@3": 1,
        "hit@5": 1,
        "hit@10": 1,
        "recall@10": 1,
        "mrr": 0.5,
        "shown to the model": 1,
        "citation precision": 1,
        "citation recall": 1,
        "groundedness": 1,
        "answer match": 1,
        "answered": 1,
    }


def test_citation_precision_counts_each_passage_once_and_recall_each_source() -> None:
    both = Question("both", "?", sources=(Source("moorings.md"), Source("tides.html")))
    said = answer(
        "Berths cost 3.20 euros [1]. Diesel is sold there [2], really, it is sold [2].", BERTH, FUEL
    )
    scores = score_case(both, [BERTH], said).scores
    assert scores["citation precision"] == 0.5
    assert scores["citation recall"] == 0.5


def test_an_answer_without_citations_has_no_precision_and_no_recall() -> None:
    scores = score_case(PRICE, [BERTH], answer("It costs 3.20 euros a metre.", shown=(BERTH,))).scores
    assert "citation precision" not in scores
    assert scores["citation recall"] == scores["groundedness"] == 0


def test_what_was_found_too_far_down_is_told_from_what_was_not_found() -> None:
    said = answer("Something else. [1]", OTHERS[0])
    deep = score_case(PRICE, [*OTHERS, BERTH], said)
    assert deep.problems[0] == "found too far down to be shown to the model: moorings.md (rank 21)"
    assert score_case(PRICE, OTHERS, said).problems[0] == "not found among 50: moorings.md"


def test_the_share_of_facts_said_is_the_match_and_each_missing_one_is_named() -> None:
    facts = ((Wording("3.20"),), (Wording("per night"), Wording("a night")))
    question = Question("price", "?", answers=(Wording("euros"),), facts=facts)
    case = score_case(question, [BERTH], answer("It costs 3.20 euros a metre.", shown=(BERTH,)))
    assert case.scores["answer match"] == pytest.approx(2 / 3)
    assert "does not say “per night” or “a night”" in case.problems


@pytest.mark.parametrize(
    ("question", "text", "measure", "value", "problem"),
    [
        (REGATTA, "I found nothing about this in the documents.", "correct refusal", 1, ""),
        (REGATTA, "The Kittiwake won it.", "correct refusal", 0, "answered, though the documents do not say"),
        (PRICE, "I found nothing about this in the documents.", "answered", 0, "refused, though"),
    ],
)
def test_refusing_is_right_where_the_documents_do_not_say(
    question: Question, text: str, measure: str, value: float, problem: str
) -> None:
    case = score_case(question, [BERTH], answer(text, shown=(BERTH,)))
    assert case.scores[measure] == value
    assert any(problem in each for each in case.problems) if problem else case.problems == []


def test_a_failure_of_the_model_counts_against_the_answer_alone() -> None:
    case = score_case(PRICE, [BERTH], answer("", shown=(BERTH,), failure="The key was refused."))
    assert case.problems == ["no answer: The key was refused."]
    assert case.scores["answered"] == 0
    assert case.scores["mrr"] == 1
    assert "citation recall" not in case.scores


def test_a_judges_opinion_is_kept_apart_and_an_unsure_one_does_not_count() -> None:
    said = answer("A visitor's berth costs 3.20 euros a metre. [1]", BERTH)
    case = score_case(PRICE, [BERTH], said, Verdict(False, None, "Per night is missing."), judged=True)
    assert case.scores["judged correct"] == 0
    assert "judged grounded" not in case.scores
    assert case.problems == ["judged wrong"]
    assert case.verdict == "Per night is missing."
    assert score_case(PRICE, [BERTH], said, None, judged=True).problems == ["the judge gave no verdict"]


@dataclass(frozen=True)
class Harbour:
    """Finds the berth for everything and knows its price."""

    async def search(self, query: str, limit: int, context: RequestContext) -> list[Passage]:
        return [BERTH][:limit]

    async def answer(self, question: str, context: RequestContext) -> Answer:
        return answer("A visitor's berth costs 3.20 euros a metre. [1]", BERTH)


class Steps:
    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int]] = []

    def advanced(self, stage: str, done: int, total: int) -> None:
        self.seen.append((stage, done, total))


async def test_every_question_is_asked_and_the_means_are_over_those_they_apply_to() -> None:
    steps, harbour = Steps(), Harbour()
    run = await evaluate_golden(
        "golden", [PRICE, REGATTA], Subject(harbour, harbour), {"model": "m"}, local_context("test"), steps
    )
    assert steps.seen == [("questions", 1, 2), ("questions", 2, 2)]
    assert run.figures["answered"] == 1
    assert run.figures["correct refusal"] == 0
    assert run.counts["mrr"] == 1
    assert run.counts["groundedness"] == 2
    assert run.json()["times"]["whole answer"] == {"p50": 9, "p95": 9}
