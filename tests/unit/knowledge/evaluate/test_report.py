"""The report: one file that asks for nothing, in which nothing of a document can act."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.evaluate.compare import compare
from chatkeep.knowledge.evaluate.report import render_report, write_report
from chatkeep.knowledge.evaluate.runs import Case, Run
from tests.unit.knowledge.evaluate.test_runs import CASE, RUN

HOSTILE = '<img src=x onerror=alert(1)>"><script>alert(1)</script>'


def test_everything_that_was_measured_is_shown() -> None:
    page = LexborHTMLParser(render_report([RUN], []))
    text = page.body.text() if page.body else ""
    for words in ("golden.jsonl", "0.500", "Why?", "How?", "a.md", "b.md", "because", "no"):
        assert words in text
    assert [each.text() for each in page.css(".case .asked")] == ["Why?", "How?"]
    assert len(page.css("svg")) == 2


def test_it_needs_no_network_and_no_script() -> None:
    page = render_report([RUN], [])
    assert "<script" not in page
    assert not re.search(r"(?:\bsrc=|href|url\(|@import)", page)


def test_nothing_from_a_document_becomes_markup() -> None:
    case = replace(
        CASE, question=HOSTILE, answer=HOSTILE, expected=[HOSTILE], problems=[HOSTILE], verdict=HOSTILE
    )
    run = replace(RUN, name=HOSTILE, setup={HOSTILE: HOSTILE}, cases=[case])
    page = LexborHTMLParser(render_report([run], [compare(run, run)]))
    assert page.css("script") == page.css("img") == page.css("[onerror]") == []


def test_a_comparison_marks_the_questions_that_changed() -> None:
    before = Run(
        "beir", "c", {"embedder": "none"}, [Case(n, n, {"ndcg@10": 0.5}, ranks=[1]) for n in "abc"], 10, 1
    )
    scores = {"a": 0.9, "b": 0.1, "c": 0.5}
    after = replace(
        before, cases=[Case(n, n, {"ndcg@10": scores[n]}, ranks=[1]) for n in "abc"], setup={"embedder": "m"}
    )
    page = LexborHTMLParser(render_report([after], [compare(before, after)]))
    assert [each.text() for each in page.css(".case.better .asked")] == ["a"]
    assert [each.text() for each in page.css(".case.worse .asked")] == ["b"]
    assert "embedder: none → m" in " ".join(page.text().split())
    assert len(page.css("svg")) == 3


def test_a_report_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_report([RUN], [], tmp_path / "no" / "report.html")
