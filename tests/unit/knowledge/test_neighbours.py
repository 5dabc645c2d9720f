"""Neighbours: exact spans of the document, each text once, never over the budget."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.budget import tokens
from chatkeep.knowledge.documents import Document, Passage, PassageId
from chatkeep.knowledge.neighbours import surround
from tests.unit.knowledge.samples import document, sample

TEXT = "\n\n".join(f"Paragraph {n} says a thing. It says more. And it ends." for n in range(10))
PLENTY = 10_000


def found(whole: Document, name: str, words: str) -> Passage:
    start = whole.text.index(words)
    return at(whole, name, start, start + len(words))


def at(whole: Document, name: str, start: int, end: int) -> Passage:
    some = sample(name, "", None).passage
    return replace(
        some,
        id=PassageId(name),
        document_id=whole.id,
        start=start,
        end=end,
        text=whole.text[start:end],
    )


def test_a_passage_is_shown_from_paragraph_to_paragraph_under_its_own_id() -> None:
    whole = document(TEXT)
    (wider,) = surround([found(whole, "p", "Paragraph 4 says a thing.")], {whole.id: whole}, 100, PLENTY)
    assert wider.id == "p"
    assert wider.text == whole.text[wider.start : wider.end]
    assert wider.text.startswith("Paragraph 3 says")
    assert wider.text.endswith("And it ends.")
    assert "Paragraph 5 says" in wider.text


def test_at_the_ends_of_a_document_there_is_no_more() -> None:
    whole = document("Only this.")
    passage = at(whole, "p", 0, 10)
    assert surround([passage], {whole.id: whole}, 100, PLENTY) == [passage]


def test_passages_that_meet_become_one_where_the_better_stood() -> None:
    whole = document(TEXT)
    first, other, second = (
        found(whole, name, f"Paragraph {n} says a thing.") for name, n in (("a", 4), ("b", 9), ("c", 5))
    )
    shown = surround([first, other, second], {whole.id: whole}, 60, PLENTY)
    assert [passage.id for passage in shown] == ["a", "b"]
    assert "Paragraph 4 says" in shown[0].text
    assert "Paragraph 5 says" in shown[0].text


def test_the_best_are_widened_while_there_is_room() -> None:
    whole = document(TEXT)
    near = [found(whole, name, f"Paragraph {n} says a thing.") for name, n in (("a", 1), ("b", 8))]
    spent = sum(tokens(passage.text) for passage in near)
    shown = surround(near, {whole.id: whole}, 60, spent + 20)
    assert len(shown[0].text) > len(near[0].text)
    assert shown[1] == near[1]


def test_a_passage_of_a_document_that_changed_or_went_stays_as_it_was_found() -> None:
    whole = document(TEXT)
    stale = replace(found(whole, "p", "Paragraph 4 says a thing."), text="What stood there.")
    gone = replace(
        found(whole, "q", "Paragraph 4 says a thing."), document_id=sample("x", "", None).document.id
    )
    assert surround([stale, gone], {whole.id: whole}, 100, PLENTY) == [stale, gone]


@given(
    text=st.text(alphabet="ab. \n", min_size=1, max_size=300),
    ends=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=6),
    reach=st.integers(0, 200),
    budget=st.integers(0, 200),
)
def test_whatever_is_found_what_is_shown_is_exact_once_and_within_bounds(
    text: str, ends: list[tuple[int, int]], reach: int, budget: int
) -> None:
    whole = document(text)
    passages = [
        at(whole, str(n), min(*pair, len(text)), min(max(pair), len(text))) for n, pair in enumerate(ends)
    ]
    shown = surround(passages, {whole.id: whole}, reach, budget)
    assert all(passage.text == text[passage.start : passage.end] for passage in shown)
    assert all(any(s.start <= p.start and p.end <= s.end for s in shown) for p in passages)
    spans = sorted((passage.start, passage.end) for passage in shown)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    cost = sum(tokens(passage.text) for passage in shown)
    assert cost <= max(budget, sum(tokens(passage.text) for passage in passages))
