"""A citation rests on words of its passage, or the sentence is marked."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.cite import Checked, Checker, Evidence, Placed, Span, find_quote, quote
from chatkeep.knowledge.protocols import TextEmbedder, Vectors

PRICES = Evidence(
    "## Prices\n\n"
    "A berth for ten metres costs 41 euros a night in summer. Dogs are not allowed on the pontoons.\n\n"
    "- Winter storage costs 1,910 euros.\n- Water is free at every pontoon.",
    "The harbour Prices",
)
TIDES = Evidence("Cross the bar within two hours of high water. Keep the green buoy to starboard.", "Tides")


async def check(
    answer: str,
    *passages: int,
    evidence: Sequence[Evidence] = (PRICES, TIDES),
    embedder: TextEmbedder | None = None,
) -> Checked:
    """The check of `answer`, in which each `^` is the next of the citations of `passages`."""
    text, placed = "", []
    for piece, passage in zip(answer.split("^"), [*passages, None], strict=True):
        text += piece
        if passage is not None:
            placed.append(Placed(len(text), passage))
    return await Checker(embedder).check(text, placed, evidence)


def words(span: Span | None, evidence: Evidence = PRICES) -> str:
    assert span is not None
    return evidence.text[span.start : span.end]


def marked(answer: str, checked: Checked) -> list[str]:
    text = answer.replace("^", "")
    return [text[span.start : span.end] for span in checked.unsupported]


@pytest.mark.parametrize(
    ("answer", "cited"),
    [
        (
            "In summer a berth of ten metres is 41 euros^.",
            "A berth for ten metres costs 41 euros a night in summer.",
        ),
        ("Dogs must not go on the pontoons.^", "Dogs are not allowed on the pontoons."),
        ("- Storage in winter: 1910 euros^", "- Winter storage costs 1,910 euros."),
        ("You get **water** for free at the pontoon^.", "- Water is free at every pontoon."),
    ],
)
async def test_a_citation_is_tied_to_the_sentence_it_rests_on(answer: str, cited: str) -> None:
    checked = await check(answer, 0)
    assert words(checked.spans[0]) == cited
    assert checked.unsupported == ()


async def test_each_citation_of_a_sentence_has_its_own_words() -> None:
    checked = await check("Water is free^ and the green buoy stays to starboard^.", 0, 1)
    assert words(checked.spans[0]) == "- Water is free at every pontoon."
    assert words(checked.spans[1], TIDES) == "Keep the green buoy to starboard."


@pytest.mark.parametrize(
    "answer",
    [
        "A berth for ten metres costs 47 euros a night in summer^.",  # another number
        "Dogs are allowed on the pontoons^.",  # a "not" less
        "Water is not free at every pontoon^.",  # a "not" more
        "The harbour master plays the violin on Sundays^.",  # not there at all
        "Cross the bar within two hours of high water^.",  # there, but in another passage
    ],
)
async def test_a_sentence_that_the_cited_passage_does_not_say_is_marked(answer: str) -> None:
    assert marked(answer, await check(answer, 0)) == [answer.replace("^", "")]


async def test_a_not_that_belongs_to_something_else_is_no_contradiction() -> None:
    fuel = Evidence(
        "Petrol is not sold in the harbour; the nearest pump is in Saltby, 3 km along the coast road."
    )
    checked = await check("The nearest petrol pump is in Saltby^.", 0, evidence=[fuel])
    assert checked.unsupported == ()


async def test_a_sentence_may_draw_on_several_passages_together() -> None:
    answer = "Free: a berth. Cross the bar near high water, green buoy to starboard, and pay 41 euros^^."
    assert (await check(answer, 0, 1)).unsupported == ()
    assert (await check(answer, 0, 0)).unsupported != ()


async def test_of_a_sentence_with_two_citations_the_half_that_is_wrong_is_marked() -> None:
    checked = await check("Water is free^ and the violin is played on Sundays in the fog^.", 0, 1)
    text = "Water is free and the violin is played on Sundays in the fog."
    assert [text[span.start : span.end] for span in checked.unsupported] == [text[len("Water is free") :]]


async def test_a_sentence_without_a_citation_may_rest_on_any_passage_that_is_cited() -> None:
    answer = (
        "Keep the green buoy to starboard. Cross within two hours of high water^. "
        "The crew sings old shanties at dawn."
    )
    assert marked(answer, await check(answer, 1)) == ["The crew sings old shanties at dawn."]


@pytest.mark.parametrize(
    "aside",
    [
        "Here are the prices for this summer's berths:",
        "The passages do not mention the price of electricity or gas.",
        "Would you like to know more about winter storage prices?",
        "In short, yes.",
        "## Everything about submarines and whales",
        "```sh\nsubmarine --dive --deep\n```",
    ],
)
async def test_what_claims_nothing_is_not_marked(aside: str) -> None:
    assert (await check(f"{aside}\n\nWater is free at every pontoon^.", 0)).unsupported == ()


async def test_an_answer_in_another_language_than_its_passages_is_not_judged() -> None:
    checked = await check("Das Wasser ist an jedem Steg frei und kostet nichts, so der Hafen im Ort^.", 0)
    assert checked.unsupported == ()
    assert checked.statements == 0


async def test_languages_without_blanks_are_judged_too() -> None:
    evidence = [Evidence("水はすべての桟橋で無料です。犬は桟橋に入れません。")]
    assert (await check("桟橋では水が無料です^。", 0, evidence=evidence)).unsupported == ()
    assert (await check("港長は日曜日にバイオリンを弾きます^。", 0, evidence=evidence)).unsupported != ()


async def test_an_answer_that_cites_nothing_has_nothing_to_check() -> None:
    assert await check("Penguins swim faster than submarines.") == Checked(spans=())


class Meaning:
    """An embedder for which all texts mean the same, or each something else."""

    def __init__(self, *, alike: bool) -> None:
        self._alike = alike
        self.asked: list[Sequence[str]] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(texts)
        return np.ones((len(texts), 1), np.float32) if self._alike else np.eye(len(texts), dtype=np.float32)

    async def embed_query(self, text: str) -> Vectors:
        raise NotImplementedError


UNDECIDED = "Every pontoon offers complimentary water, storage, electricity and showers^."


@pytest.mark.parametrize("alike", [True, False])
async def test_meaning_decides_what_words_leave_open_and_is_asked_once(alike: bool) -> None:
    embedder = Meaning(alike=alike)
    checked = await check(UNDECIDED, 0, embedder=embedder)
    assert len(embedder.asked) == 1
    assert (checked.unsupported == ()) is alike
    assert not checked.by_words


async def test_meaning_is_not_asked_about_what_words_decide() -> None:
    embedder = Meaning(alike=False)
    assert (await check("Water is free at every pontoon^.", 0, embedder=embedder)).unsupported == ()
    assert embedder.asked == []


class Slow:
    """An embedder that never answers."""

    def __init__(self) -> None:
        self.asked = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += 1
        await asyncio.Event().wait()
        raise AssertionError

    async def embed_query(self, text: str) -> Vectors:
        raise NotImplementedError


async def test_an_embedder_that_takes_too_long_is_not_waited_for_and_after_three_times_not_asked() -> None:
    slow = Slow()
    checker = Checker(slow, patience=0)
    text = UNDECIDED.replace("^", "")
    for _ in range(5):
        assert (await checker.check(text, [Placed(len(text), 0)], [PRICES])).by_words
    assert slow.asked == 3


@given(
    answer=st.text(alphabet="water isfre4.^!\n-|`*#", max_size=60),
    passage=st.text(alphabet="water isfre4.!\n-|`*#", max_size=60),
)
def test_spans_lie_within_their_passage_and_marks_within_the_answer(answer: str, passage: str) -> None:
    checked = asyncio.run(check(answer, *[0] * answer.count("^"), evidence=[Evidence(passage)]))
    assert len(checked.spans) == answer.count("^")
    assert all(span is None or 0 <= span.start < span.end <= len(passage) for span in checked.spans)
    length = len(answer.replace("^", ""))
    assert all(0 <= span.start < span.end <= length for span in checked.unsupported)


def test_a_quote_is_found_again_where_its_sentence_stands() -> None:
    text = f"# New heading\n\nNew words before. {TIDES.text}"
    found = find_quote(quote(TIDES.text, Span(0, 45)), text)
    assert found is not None
    assert text[found.start : found.end] == "Cross the bar within two hours of high water."


def test_a_quote_whose_words_have_changed_is_not_found() -> None:
    assert (
        find_quote("Cross the bar within two hours of high water.", "Cross the bar within three hours.")
        is None
    )
    assert find_quote("", PRICES.text) is None


def test_a_long_quote_is_found_though_it_was_cut() -> None:
    text = " ".join(f"Word {number} of a long sentence," for number in range(60)) + " its end. And more."
    found = find_quote(quote(text, None), text)
    assert found is not None
    assert text[found.start : found.end].endswith("its end.")
