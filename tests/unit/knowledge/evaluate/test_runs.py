"""Runs: kept and read back, and what is no run refused."""

import json
from pathlib import Path

import pytest

from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.evaluate.runs import Case, Found, Run, Statement, load, percentile, save

CASE = Case(
    id="a",
    question="Why?",
    scores={"mrr": 0.5},
    ranks=[2, None],
    expected=["a.md", "b.md"],
    found=[Found("a.md", "Here", True, "because")],
    answer="So.",
    statements=[Statement("So.", False)],
    problems=["no"],
    times={"search": 3.5},
)
RUN = Run("golden", "golden.jsonl", {"model": "m"}, [CASE, Case("b", "How?", {})], depth=50, seconds=1.5)


def test_a_saved_run_is_read_back_as_it_was(tmp_path: Path) -> None:
    save([RUN], tmp_path / "run.json")
    assert [run.json() for run in load(tmp_path / "run.json")] == [RUN.json()]


def test_means_and_recall_are_over_the_cases_they_apply_to() -> None:
    assert RUN.figures == {"mrr": 0.5}
    assert RUN.counts == {"mrr": 1}
    assert [RUN.recall(depth) for depth in (1, 2, 50)] == [0, 0.5, 0.5]
    assert CASE.rank == 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"chatkeep_evaluation": 1, "runs": [{}]}'])
def test_what_is_no_saved_run_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InvalidInput, match="is not a saved evaluation"):
        load(tmp_path / "run.json")


def test_a_run_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"chatkeep_evaluation": 0, "runs": []}))
    with pytest.raises(InvalidInput, match="another version"):
        load(tmp_path / "run.json")


def test_files_out_of_reach_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        load(tmp_path / "run.json")
    with pytest.raises(InvalidInput, match="cannot be written"):
        save([RUN], tmp_path / "no" / "run.json")


def test_percentiles_are_values_that_occurred() -> None:
    assert percentile([1, 2, 3, 4], 50) == 2
    assert percentile([1, 2, 3, 4], 95) == 4
    assert percentile([7], 50) == 7
