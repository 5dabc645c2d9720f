"""`chatkeep evaluate` as people run it: on questions about a folder, on a collection, compared, refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatkeep.testing import Reply, ScriptedModelServer

pytestmark = pytest.mark.timeout(320)  # two commands, each on a machine that may be busy

WORDS = {"CHATKEEP_EMBEDDER": "none", "LLM_PROVIDER": "extractive"}
CHATKEEP = Path(sys.executable).with_name("chatkeep")
HARBOUR = Path(__file__).parents[1] / "samples" / "harbour"

QUESTIONS = [
    {
        "id": "berth",
        "question": "What does a visitor's berth cost?",
        "sources": ["moorings.md"],
        "facts": ["3.20"],
    },
    {
        "id": "diesel",
        "question": "When is diesel sold on Sundays?",
        "sources": ["fuel.txt"],
        "answers": ["10:00"],
    },
    {"id": "concorde", "question": "How large was the wing of the Concorde?", "answerable": False},
]

Finished = subprocess.CompletedProcess[str]


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    file = tmp_path / "golden.jsonl"
    file.write_text("".join(json.dumps(question) + "\n" for question in QUESTIONS))
    return file


def evaluate(folder: Path, *arguments: str | Path, **environment: str) -> Finished:
    return subprocess.run(
        [CHATKEEP, "evaluate", *arguments],
        env={**os.environ, "CHATKEEP_DATA_DIR": str(folder / "data"), **WORDS, **environment},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_questions_about_a_folder_are_scored_through_search_and_answer(golden: Path, tmp_path: Path) -> None:
    done = evaluate(tmp_path, golden, "--docs", HARBOUR, "--json", "--html", tmp_path / "report.html")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["setup"]["model"], found["setup"]["documents"]) == ("extractive", 3)
    for measure in (
        "hit@5",
        "citation recall",
        "groundedness",
        "answer match",
        "answered",
        "correct refusal",
    ):
        assert found["figures"][measure] == 1, (measure, found["cases"])
    assert [case["id"] for case in found["cases"]] == ["berth", "diesel", "concorde"]
    assert "visitor&#39;s berth cost?" in (tmp_path / "report.html").read_text()
    assert not (tmp_path / "data" / "index").exists()


def test_a_saved_evaluation_is_compared_with(golden: Path, tmp_path: Path) -> None:
    saved = tmp_path / "before.json"
    assert evaluate(tmp_path, golden, "--docs", HARBOUR / "fuel.txt", "--save", saved).returncode == 0
    done = evaluate(tmp_path, golden, "--docs", HARBOUR, "--compare", saved, COLUMNS="160")
    assert done.returncode == 0, done.stderr
    assert "documents 1 → 3" in done.stdout
    (better,) = [line for line in done.stdout.splitlines() if "+1.000" in line and "berth" in line]
    assert "answer match" in better


def test_a_collection_prints_one_object_with_each_leg_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cats"
    folder.mkdir()
    texts = {"cat": "Cats purr when content.", "dog": "Dogs bark loudly."}
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"_id": key, "text": text}) + "\n" for key, text in texts.items())
    )
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "who barks loudly"}\n')
    (folder / "qrels.tsv").write_text("q\tdog\t1\n")
    (one,) = evaluate(tmp_path, "--beir", folder, "--json").stdout.splitlines()
    found = json.loads(one)
    measures = {"ndcg@10", "recall@5", "recall@10", "recall@100", "mrr"}
    assert measures <= set(found)
    assert set(found["bm25"]) == measures
    assert found["dense"] is None
    both = json.loads(evaluate(tmp_path, "--beir", folder, "--beir", folder, "--json").stdout)
    assert both["cats"]["mrr"] == 1


def test_the_configured_model_answers_and_judges(golden: Path, tmp_path: Path) -> None:
    golden.write_text(json.dumps(QUESTIONS[0]) + "\n")
    with ScriptedModelServer() as server:
        verdict = '{"correct": "no", "grounded": "yes", "reason": "Per night is missing."}'
        server.script(Reply("A berth costs 3.20 euros a metre [1]."), Reply(verdict))
        model = {
            "LLM_PROVIDER": "compatible",
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_API_KEY": "sk-test",
        }
        arguments = (golden, "--docs", HARBOUR, "--judge", "--json")
        done = evaluate(tmp_path, *arguments, OPENAI_DEFAULT_MODEL="small", **model)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["setup"]["judge"] == "small"
    assert found["figures"]["judged correct"] == 0
    assert found["figures"]["judged grounded"] == 1
    (case,) = found["cases"]
    assert case["verdict"] == "Per night is missing."
    assert case["answer"] == "A berth costs 3.20 euros a metre."


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "Name a file of questions, or a test collection"),
        (["golden.jsonl", "--beir", "x"], "not both"),
        (["--beir", "x", "--judge"], "--beir brings its own documents"),
        (["golden.jsonl"], "There is nothing to answer from"),
        (["golden.jsonl", "--docs", "docs", "--judge"], "Judging needs a language model"),
        (["bad.jsonl"], "bad.jsonl cannot be used: line 1: not JSON; line 3: nothing is expected"),
        (["nowhere.jsonl"], "nowhere.jsonl cannot be read: No such file"),
        (["golden.jsonl", "--compare", "golden.jsonl"], "is not a saved evaluation"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_in_one_line(
    golden: Path, tmp_path: Path, arguments: list[str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.jsonl").write_text('{\n\n{"question": "Why?"}\n')
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    done = evaluate(tmp_path, *arguments)
    assert done.returncode == 2, done
    assert done.stdout == ""
    (said,) = done.stderr.splitlines()
    assert said.startswith("chatkeep: ")
    assert line in said
