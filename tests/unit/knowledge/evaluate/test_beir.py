"""Evaluation: metrics by hand, and a small collection through the real path."""

import json
import math
from pathlib import Path

import pytest

from chatkeep.adapters.memory import MemoryIndex
from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.evaluate.beir import evaluate_beir
from chatkeep.knowledge.evaluate.metrics import ndcg, recall, reciprocal_rank, score
from tests.unit.knowledge.samples import FewAxes

GRADES = {"a": 2, "b": 1, "c": 0}


def test_ndcg_by_hand() -> None:
    best = 2 / math.log2(2) + 1 / math.log2(3)
    assert ndcg(["a", "b"], GRADES, 10) == pytest.approx(1)
    assert ndcg(["b", "x", "a"], GRADES, 10) == pytest.approx((1 + 2 / math.log2(4)) / best)
    assert ndcg(["x", "a"], GRADES, 1) == 0
    assert ndcg(["c"], GRADES, 10) == 0


def test_the_best_possible_is_cut_at_the_same_depth() -> None:
    assert ndcg(["a"], {"a": 1, "b": 1, "d": 1}, 1) == pytest.approx(1)


def test_recall_and_reciprocal_rank_by_hand() -> None:
    assert recall(["b", "x", "a"], GRADES, 2) == 0.5
    assert recall(["b", "x", "a"], GRADES, 3) == 1
    assert reciprocal_rank(["c", "x", "b", "a"], GRADES) == pytest.approx(1 / 3)
    assert reciprocal_rank(["c"], GRADES) == 0


def test_metrics_are_means_over_queries() -> None:
    metrics = score({"1": ["a"], "2": ["x"]}, {"1": {"a": 1}, "2": {"a": 1}})
    assert metrics.json() == {
        "ndcg@10": 0.5,
        "recall@5": 0.5,
        "recall@10": 0.5,
        "recall@100": 0.5,
        "mrr": 0.5,
    }


def collection(folder: Path) -> Path:
    corpus = {"cat": "Cats purr when content.", "dog": "Dogs bark loudly.", "fish": "Fish swim in water."}
    lines = [json.dumps({"_id": key, "title": key, "text": text}) for key, text in corpus.items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    queries = {"q1": "who barks? dogs bark", "q2": "fish swim", "unjudged": "anything"}
    (folder / "queries.jsonl").write_text(
        "\n".join(json.dumps({"_id": key, "text": text}) for key, text in queries.items())
    )
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tdog\t1\nq2\tfish\t1\nq2\tcat\t0\n")
    return folder


async def make_index() -> MemoryIndex:
    return MemoryIndex()


async def test_a_small_collection_is_scored_through_the_product(tmp_path: Path) -> None:
    report = (await evaluate_beir(collection(tmp_path), FewAxes(), make_index)).json()
    assert (report["documents"], report["chunks"], report["queries"]) == (3, 3, 2)
    assert report["ndcg@10"] == report["mrr"] == report["bm25"]["ndcg@10"] == 1
    assert report["dense"]["recall@5"] == 1


async def test_each_query_is_kept_with_what_was_found_and_where_the_relevant_stood(tmp_path: Path) -> None:
    report = await evaluate_beir(collection(tmp_path), FewAxes(), make_index)
    assert [case.id for case in report.run.cases] == ["q1", "q2"]
    first = report.run.cases[0]
    assert (first.ranks, first.expected, first.problems) == ([1], ["dog dog"], [])
    assert (first.found[0].name, first.found[0].expected) == ("dog", True)
    assert report.run.figures["ndcg@10"] == report.hybrid.ndcg_10
    assert report.run.alone["BM25 alone"]["mrr"] == 1


async def test_a_query_whose_documents_are_not_found_is_a_problem(tmp_path: Path) -> None:
    collection(tmp_path)
    (tmp_path / "qrels.tsv").write_text("q1\tfish\t1\n")
    (case,) = (await evaluate_beir(tmp_path, None, make_index)).run.cases
    assert case.ranks == [None]
    assert case.problems == ["nothing relevant among the first 10"]


async def test_without_an_embedder_there_is_no_dense_figure(tmp_path: Path) -> None:
    report = (await evaluate_beir(collection(tmp_path), None, make_index)).json()
    assert report["dense"] is None
    assert report["bm25"]["mrr"] == report["mrr"] == 1


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
async def test_a_folder_that_is_no_collection_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (collection(tmp_path) / name).unlink()
    with pytest.raises(InvalidInput, match=f"BEIR's layout: {name} is missing"):
        await evaluate_beir(tmp_path, None, make_index)


async def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (collection(tmp_path) / "corpus.jsonl").write_text('{"_id": "a", "text": "x"}\n{"text": 1}\n')
    with pytest.raises(InvalidInput, match=r"corpus\.jsonl, line 2"):
        await evaluate_beir(tmp_path, None, make_index)
