"""Markers become citations wherever the stream happens to be cut."""

import itertools
from datetime import UTC, datetime

import pytest
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageItem,
    ThreadMetadata,
    URLSource,
)
from hypothesis import example, given
from hypothesis import strategies as st

from chatkeep.adapters.memory_store import MemoryStore
from chatkeep.chat.citations import (
    Citation,
    CitationScanner,
    Quoted,
    annotation,
    quoted,
    unsupported,
    without_source,
)
from chatkeep.core.clock import SystemClock
from chatkeep.core.context import RequestContext, local_context
from chatkeep.core.ids import UserId
from chatkeep.knowledge.cite import Span
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
@example(answer="[1][1][2]:a", cuts=[9])  # what follows a marker is no definition, wherever it is cut
def test_where_the_stream_is_cut_changes_nothing(answer: str, cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(answer)) for cut in cuts), len(answer)]
    pieces = [answer[a:b] for a, b in itertools.pairwise(bounds)]
    assert scan(pieces) == scan([answer])


@given(answer=_SOUP)
def test_text_outside_markers_is_never_lost(answer: str) -> None:
    text, _, _ = scan([answer])
    assert [c for c in text if c in "ab"] == [c for c in answer if c in "ab"]


def passage(text: str, place: str = "", headings: tuple[str, ...] = ("Title",)) -> Passage:
    return Passage(
        PassageId("p"), DocumentId("d"), "a.md", "Title", headings, 0, len(text), text, 1.0, place=place
    )


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
        ("word " * 40 + "\n\n" + "word " * 40, ("word " * 80)[:299] + "…"),
    ],
)
def test_a_source_is_described_by_its_words(text: str, description: str) -> None:
    assert annotation(passage(text), 0, "t.m").source.description == description


@pytest.mark.parametrize(
    ("place", "headings", "attribution"),
    [
        ("page 3", ("Title", "Prices"), "a.md · page 3"),
        ("", ("Title", "Prices", "Winter"), "a.md · Prices › Winter"),
        ("", ("Title",), "a.md"),
    ],
)
def test_a_source_says_where_it_stands(place: str, headings: tuple[str, ...], attribution: str) -> None:
    source = annotation(passage("Words.", place, headings), 0, "t.m").source
    assert isinstance(source, URLSource)
    assert source.attribution == attribution


def test_a_link_names_the_words_the_document_and_the_answer() -> None:
    source = annotation(passage("One. Two words."), 0, "t.m", Span(5, 15)).source
    assert isinstance(source, URLSource)
    assert source.url == "/sources/p?document=d&answer=t.m&from=5&to=15#cited"
    assert source.description == "Two words."


def test_marks_of_the_check_are_annotations_any_client_can_read() -> None:
    for mark in (unsupported(Span(3, 9)), without_source()):
        assert Annotation.model_validate_json(mark.model_dump_json(exclude_none=True)) == mark
    assert unsupported(Span(3, 9)).index == 9
    assert without_source().index is None


async def test_what_a_message_cited_is_read_from_the_thread_of_whoever_asks() -> None:
    owner = local_context("r")
    store = MemoryStore(SystemClock())
    now = datetime(2026, 11, 21, tzinfo=UTC)
    await store.save_thread(ThreadMetadata(id="t", created_at=now), owner)
    cited = annotation(passage("One. Two words.", "page 3"), 3, "t.m", Span(5, 15))
    content = AssistantMessageContent(text="It.", annotations=[cited])
    item = AssistantMessageItem(id="m", thread_id="t", created_at=now, content=[content])
    await store.add_thread_item("t", item, owner)
    assert await quoted(store, "t.m", "p", owner) == Quoted("Title", "a.md · page 3", "Two words.")
    assert await quoted(store, "t.m", "other", owner) is None
    assert await quoted(store, "t.none", "p", owner) is None
    assert await quoted(store, "nonsense", "p", owner) is None
    stranger = RequestContext(owner.tenant, UserId("stranger"), "r")
    assert await quoted(store, "t.m", "p", stranger) is None
