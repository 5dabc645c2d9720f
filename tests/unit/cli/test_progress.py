"""What people and logs are told of an ingestion: how fast it is, and how long it will take."""

import io

import pytest
from rich.console import Console

from chatkeep.cli.ingest import skips
from chatkeep.cli.progress import Bars, Tally, duration
from chatkeep.knowledge.parse import Skipped


def test_the_remaining_time_comes_from_bytes() -> None:
    # Nine of ten documents are done, and a tenth of the bytes.
    tally = Tally(documents=9, all_documents=10, passages=500, size=100, sizes=1_000, seconds=20.0)
    assert tally.words() == "9 of 10 documents, 500 passages (25/s), about 3 min left"


def test_nothing_is_estimated_from_nothing() -> None:
    assert Tally(0, 3, 0, 0, 100, 60.0).words() == "0 of 3 documents, 0 passages"
    assert Tally(1, 3, 9, 10, 100, 0.5).words() == "1 of 3 documents, 9 passages"
    assert Tally(3, 3, 9, 100, 100, 9.0).words() == "3 of 3 documents, 9 passages (1/s)"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "about 1 s"), (89, "about 89 s"), (150, "about 2 min"), (7_200, "about 2.0 h")],
)
def test_durations_are_as_exact_as_an_estimate(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_without_a_terminal_there_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = 100.0
    bars = Bars(Console(file=io.StringIO()), clock=lambda: now)
    with bars:
        bars.started(90, 180_000)
        for number in range(90):
            bars.embedded(f"{number}.md", 5, 2_000)
            bars.advanced(f"{number}.md", 5)
            now += 0.5
    first, *lines = capsys.readouterr().err.splitlines()
    assert first == "Reading 90 documents (0.2 MB)"
    assert len(lines) == 4
    assert lines[1] == "40 of 90 documents, 205 passages (10/s), about 24 s left"


def test_files_skipped_for_one_reason_share_a_line_when_they_are_many() -> None:
    few = [Skipped(f"{number}.md", "it is empty.") for number in range(2)]
    many = [Skipped(f"{number}.pdf", "it is locked.") for number in range(30)]
    assert skips([*few, *many]) == [
        "skipped 0.md: it is empty.",
        "skipped 1.md: it is empty.",
        "skipped 30 files: it is locked. (0.pdf, 1.pdf, 2.pdf, 3.pdf, 4.pdf and 25 more)",
    ]
