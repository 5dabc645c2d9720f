"""Markers become citations wherever the stream happens to be cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.chat.citations import Citation, CitationScanner, annotation
from chatkeep.knowledge.documents import DocumentId, Passage, PassageId


def scan(pieces: list[str], passages: int = 5) -> tuple[str, list[tuple[int, int]], int]:
    """The text without markers, (number, index) of each citation, and how many were dropped."""
    scanner = CitationScanner(passages)
    text, cited = "", []
    for piece in [*(part for feed in pieces for part in scanner.feed(feed)), *scanner.close()]:
        if isinstance(piece, Citation):
            cited.append((piece.number, len(text)))
        else:
            text += piece
    return text, cited, scanner.dropped


@pytest.mark.parametrize(
    ("answer", "text", "cited"),
    [
        ("Water boils [1].", "Water boils.", [(1, 11)]),
        ("Boils. [1] Then cools [2][3].", "Boils. Then cools.", [(1, 6), (2, 17), (3, 17)]),
        ("Both [1, 3] agree", "Both agree", [(1, 4), (3, 4)]),
        ("[2] At the start", "At the start", [(2, 0)]),
        ("Line\n[1] next", "Line\nnext", [(1, 5)]),
        ("Trained 【1†source】 differently", "Trained differently", [(1, 7)]),
        ("Foot [^2] note", "Foot note", [(2, 4)]),
        ("Seen in [2]: it works", "Seen in: it works", [(2, 7)]),
        ("Ends here [1]", "Ends here", [(1, 9)]),
    ],
)
def test_a_marker_is_taken_out_of_the_text(answer: str, text: str, cited: list[tuple[int, int]]) -> None:
    assert scan([answer]) == (text, cited, 0)


@pytest.mark.parametrize(
    "answer",
    [
        "A [1](https://example.com) link",
        "A [1][name] link",
        "[1]: https://example.com",
        "Use `rows[1]` here",
        "```\nrows [1]\n\nrows [2]\n```",
        "- [ ] open task",
        "In [2024] it was",
        "An array [x]",
    ],
)
def test_what_only_looks_like_a_marker_is_left_alone(answer: str) -> None:
    assert scan([answer]) == (answer, [], 0)


def test_a_marker_that_points_nowhere_is_dropped_and_counted() -> None:
    assert scan(["True [9] and [0] so"]) == ("True and so", [], 2)


def test_a_forgotten_backtick_costs_citations_only_to_the_end_of_its_paragraph() -> None:
    assert scan(["An ` odd one [1]\n\nNext [2]."])[1] == [(2, 22)]


_SOUP = st.lists(
    st.sampled_from([*"ab [](){}12,;^:`\n【】†-#", "[1]", "[2]:", "\n\n", "```"]), max_size=40
).map("".join)


@given(answer=_SOUP, cuts=st.lists(st.integers(0, 60), max_size=8))
def test_where_the_stream_is_cut_changes_nothing(answer: str, cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(answer)) for cut in cuts), len(answer)]
    pieces = [answer[a:b] for a, b in itertools.pairwise(bounds)]
    assert scan(pieces) == scan([answer])


@given(answer=_SOUP)
def test_text_outside_markers_is_never_lost(answer: str) -> None:
    text, _, _ = scan([answer])
    assert [c for c in text if c in "ab"] == [c for c in answer if c in "ab"]


@pytest.mark.parametrize(
    ("text", "description"),
    [
        (
            "# Title\n\n[![build](https://ci/x.svg)](https://ci)\n\n> Find a **file** in `a_folder`\n",
            "Find a file in a_folder",
        ),
        ("* Read the [guide](x.md)\n* <b>Then</b> ask\n\n```sh\nrun\n```\n", "Read the guide Then ask"),
        ("```sh\nrun me\n```\n", "run me"),
        ("```\n\n## Next\n\n**Bold** [words](x)\n", "Next Bold words"),
        ("word " * 100, ("word " * 32)[:159] + "…"),
    ],
)
def test_a_source_without_a_section_is_described_by_its_words(text: str, description: str) -> None:
    passage = Passage(PassageId("p"), DocumentId("d"), "a.md", "Title", ("Title",), 0, len(text), text, 1.0)
    assert annotation(passage, 0).source.description == description
