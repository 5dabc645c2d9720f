"""Chunks: exact offsets, nothing lost, nothing cut that can stay whole."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.chunk import ChunkSize, chunk, word_spans
from chatkeep.knowledge.documents import Chunk, Landmark, TextFormat
from tests.unit.knowledge.samples import document

SMALL = ChunkSize(target=12, overlap=4, small=4)

marks = st.sampled_from(
    [
        "# ",
        "## ",
        "\n",
        "\n\n",
        "```\n",
        "~~~\n",
        "- ",
        "1. ",
        "|",
        "---\n",
        ". ",
        "word ",
        "🦊 ",
        "𝔘",
        "é",
        " ",
    ]
)
texts = st.lists(st.one_of(marks, st.text(max_size=12)), max_size=60).map("".join)
formats = st.sampled_from(["plain", "markdown"])


def texts_of(text: str, format: TextFormat = "markdown", size: ChunkSize | None = None) -> list[str]:  # noqa: A002
    return [found.text for found in chunk(document(text, format), size=size)]


@given(texts, formats)
def test_offsets_are_exact_and_in_order(text: str, format: TextFormat) -> None:  # noqa: A002
    found = chunk(document(text, format), size=SMALL)
    for part in found:
        assert text[part.start : part.end] == part.text
        assert part.text == part.text.strip() != ""
    assert found == sorted(found, key=lambda part: (part.start, part.end))


@given(texts, formats)
def test_no_character_is_lost(text: str, format: TextFormat) -> None:  # noqa: A002
    covered = {at for part in chunk(document(text, format), size=SMALL) for at in range(part.start, part.end)}
    assert all(character.isspace() or at in covered for at, character in enumerate(text))


@given(texts, formats)
def test_no_chunk_is_longer_than_the_target(text: str, format: TextFormat) -> None:  # noqa: A002
    for part in chunk(document(text, format), size=SMALL):
        assert len(word_spans(part.text)) <= SMALL.target
        assert len(part.text) <= SMALL.target * 10


@given(texts, formats, st.lists(st.integers(0, 400), max_size=12))
def test_a_chunk_s_place_names_the_parts_it_stands_in(text: str, format: TextFormat, at: list[int]) -> None:  # noqa: A002
    starts = sorted(at)
    landmarks = tuple(Landmark(start, "page", str(number)) for number, start in enumerate(starts, 1))
    for part in chunk(replace(document(text, format), landmarks=landmarks), size=SMALL):
        assert text[part.start : part.end] == part.text
        # What comes before the first landmark belongs to it.
        pages = [max(sum(start <= offset for start in starts), 1) for offset in (part.start, part.end - 1)]
        if not starts or part.end <= starts[0]:
            assert part.place == ""
        elif pages[0] == pages[1]:
            assert part.place == f"page {pages[0]}"
        else:
            assert part.place == f"pages {pages[0]}–{pages[1]}"


def test_headings_are_carried_outermost_first() -> None:
    body = "word " * 80
    found = chunk(document(f"# Guide\n\n{body}\n\n## Setup *now*\n\n{body}\n\n# Other\n\n{body}"))
    assert [part.headings for part in found] == [("Guide",), ("Guide", "Setup now"), ("Other",)]


def test_a_heading_inside_fenced_code_is_no_heading() -> None:
    found = chunk(document(f"# Shell\n\n```sh\n# not a heading\nls\n```\n\n{'after ' * 100}"))
    assert {part.headings for part in found} == {("Shell",)}


def test_underlined_headings_count() -> None:
    found = chunk(document(f"Guide\n=====\n\n{'word ' * 150}\n\nSetup\n-----\n\n{'word ' * 100}"))
    assert [part.headings for part in found] == [("Guide",), ("Guide", "Setup")]


def test_plain_text_has_no_headings() -> None:
    assert [part.headings for part in chunk(document("# not markdown\n\ntext", "plain"))] == [()]


def test_a_sentence_is_not_cut() -> None:
    sentences = [f"Sentence {n} has exactly seven words." for n in range(9)]
    for text in texts_of(" ".join(sentences), size=ChunkSize(target=20, overlap=0, small=4)):
        assert text.startswith("Sentence")
        assert text.endswith("words.")


def test_a_line_of_code_is_not_cut() -> None:
    lines = [f"    call_{n}(first, second)" for n in range(12)]
    text = "```python\n" + "\n".join(lines) + "\n```"
    for part in texts_of(text, size=ChunkSize(target=24, overlap=0, small=4)):
        assert all(
            line.strip() in text.split("\n") or line in text.split("\n") for line in part.split("\n")[1:]
        )
        assert part.split("\n")[0] in {line.strip() for line in text.split("\n")}


def test_a_divided_section_overlaps_by_whole_sentences() -> None:
    sentences = [f"Number {n} is here." for n in range(12)]
    first, second, *_ = texts_of(" ".join(sentences), size=ChunkSize(target=20, overlap=6, small=4))
    assert first.endswith("Number 3 is here.")
    assert second.startswith("Number 3 is here.")


def test_sections_that_fit_do_not_overlap() -> None:
    body = "word " * 100
    found = chunk(document(f"# A\n\n{body}\n\n# B\n\n{body}"))
    assert found[0].end < found[1].start


def test_small_neighbouring_sections_share_a_chunk() -> None:
    assert len(texts_of("# A\n\nOne.\n\n# B\n\nTwo.\n\n# C\n\nThree.")) == 1


def test_a_bare_heading_stays_with_its_first_subsection() -> None:
    found = chunk(document(f"# Guide\n\n## Setup\n\n{'word ' * 190}\n\n## Use\n\n{'word ' * 190}"))
    assert found[0].text.startswith("# Guide\n\n## Setup")
    assert found[0].headings == ("Guide", "Setup")


def test_a_word_without_end_is_cut_by_its_length() -> None:
    def one_token(text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]

    found = chunk(document("x" * 50_000), one_token)
    assert max(len(part.text) for part in found) <= 2_000


def test_tokens_are_counted_once_a_document() -> None:
    asked: list[str] = []

    def counting(text: str) -> list[tuple[int, int]]:
        asked.append(text)
        return word_spans(text)

    found: list[Chunk] = chunk(document("Sentence one. " * 500), counting)
    assert len(found) > 5
    assert len(asked) == 1
