"""What the measurements are made on: real words, unit vectors, two tenants, three kinds of files."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import children
from benchmarks.ingest import corpus as documents
from benchmarks.retrieval import corpus
from tests.unit.knowledge.samples import FewAxes


async def test_chunks_are_near_real_passages_and_a_twentieth_is_the_small_tenants(tmp_path: Path) -> None:
    await corpus.make(tmp_path, 200, FewAxes(), lambda _: None)
    made = list(corpus.chunks(tmp_path))
    assert len(made) == 200
    assert sum(each.tenant == "small" for each in made) == 10
    assert np.allclose([np.linalg.norm(each.vector) for each in made], 1, atol=1e-5)
    assert all(20 <= len(each.text.split()) <= 160 for each in made)
    asked, warm_up = corpus.queries(tmp_path)
    assert len(set(asked)) > 30
    assert warm_up


def test_documents_come_in_three_kinds_with_headings(tmp_path: Path) -> None:
    characters = documents.write(tmp_path, 6)
    files = sorted(tmp_path.iterdir())
    assert sorted(file.suffix for file in files) == [".html", ".html", ".md", ".md", ".txt", ".txt"]
    assert characters > 6 * 3_000
    (first, *_) = [file for file in files if file.suffix == ".md"]
    assert first.read_text().startswith("# ")
    assert "\n## " in first.read_text()


def test_a_program_is_measured_with_what_it_says() -> None:
    work = "x = [0] * 20_000_000\nfor n in range(3_000_000): pass\nprint('done')"
    found = children.run([sys.executable, "-c", work], deadline=60)
    assert found.output == "done\n"
    assert found.cpu > 0.02
    assert found.peak > 100_000_000


def test_a_program_that_fails_or_is_late_ends_the_measurement() -> None:
    with pytest.raises(SystemExit, match="no luck"):
        children.run([sys.executable, "-c", "raise SystemExit('no luck')"], deadline=60)
    with pytest.raises(SystemExit, match="took too long"):
        children.run([sys.executable, "-c", "import time; time.sleep(60)"], deadline=0.2)
