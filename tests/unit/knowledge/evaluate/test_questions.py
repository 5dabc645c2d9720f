"""Files of questions: what is read, what a source and a wording match, what is refused and how."""

import re
from pathlib import Path

import pytest

from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.evaluate.questions import Source, Wording, read_question, read_questions
from tests.unit.knowledge.evaluate.passages import passage


def test_a_line_says_what_is_expected() -> None:
    line = (
        '{"id": "a", "question": "Why?", "sources": ["a.md", {"path": "b.pdf", "place": "page 3"}], '
        '"answers": ["so"], "facts": [["one", "1"], {"regex": "t[wv]o"}], "reference": "So."}'
    )
    question = read_question(line, "7")
    assert (question.id, question.answerable, question.reference) == ("a", True, "So.")
    assert question.sources == (Source("a.md"), Source("b.pdf", place="page 3"))
    assert question.facts == ((Wording("one"), Wording("1")), (Wording("t[wv]o", is_pattern=True),))
    assert read_question('{"question": "Why?", "answerable": false}', "7").id == "7"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"sources": ["a.md"]}', '"question" is missing'),
        ('{"question": "Why?"}', "nothing is expected"),
        ('{"question": "Why?", "answerable": false, "sources": ["a.md"]}', "not answerable, and yet"),
        ('{"question": "Why?", "source": ["a.md"]}', '"source" is unknown; known are id, question'),
        ('{"question": "Why?", "sources": "a.md"}', '"sources" is not a list'),
        ('{"question": "Why?", "sources": [{"page": 3}]}', '"page" is unknown'),
        ('{"question": "Why?", "sources": [{}]}', "a source is empty"),
        ('{"question": "Why?", "answerable": "no"}', "neither true nor false"),
        ('{"question": "Why?", "facts": [{"regex": "("}]}', "not a regular expression"),
        ('{"question": "Why?", "answers": [" "]}', "neither words nor"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_question(line, "1")


def test_bad_lines_are_all_named_by_number(tmp_path: Path) -> None:
    file = tmp_path / "golden.jsonl"
    file.write_text('{"question": "A?", "answers": ["a"]}\n\n{\n{"question": "B?"}\n')
    with pytest.raises(InvalidInput) as refusal:
        read_questions(file)
    assert f"{file} cannot be used: line 3: not JSON; line 4: nothing is expected" in str(refusal.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    file = tmp_path / "golden.jsonl"
    file.write_text('{"id": 1, "question": "A?", "answers": ["a"]}\n' * 2)
    with pytest.raises(InvalidInput, match='line 2: the id "1" stands further up already'):
        read_questions(file)


def test_a_file_without_questions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "golden.jsonl").write_text("\n")
    with pytest.raises(InvalidInput, match="holds no questions"):
        read_questions(tmp_path / "golden.jsonl")


FOUND = passage(
    "guides/moorings.pdf",
    "A berth costs  **3.20** euros\na metre.",
    headings=("Moorings", "Visitors' berths"),
    place="pages 3–5",
)


@pytest.mark.parametrize(
    ("source", "matches"),
    [
        (Source("guides/moorings.pdf"), True),
        (Source("moorings.pdf"), True),
        (Source("oorings.pdf"), False),
        (Source(heading="visitors' berths"), True),
        (Source(heading="berths"), False),
        (Source(heading="Harbour"), True),
        (Source(text="costs 3.20 Euros a metre"), True),
        (Source(text="costs 4 euros"), False),
        (Source(place="page 4"), True),
        (Source(place="pages 3-5"), True),
        (Source(place="page 6"), False),
        (Source(place="slide 4"), False),
        (Source("moorings.pdf", heading="Winter storage"), False),
    ],
    ids=str,
)
def test_a_source_matches_passages_that_have_all_it_asks_for(source: Source, matches: bool) -> None:
    assert source.matches(FOUND) is matches


def test_a_heading_inside_a_passage_counts_as_its_own() -> None:
    both = passage("moorings.md", "How boats are moored.\n\n## Visitors' *berths* ##\n\nNorth pontoon.")
    assert Source(heading="Visitors' berths").matches(both)
    assert not Source(heading="Visitors").matches(both)


def test_a_named_place_is_compared_by_its_name() -> None:
    sheet = passage("prices.xlsx", place="sheet Winter")
    assert Source(place="Sheet winter").matches(sheet)
    assert not Source(place="sheet Summer").matches(sheet)


def test_wordings_do_not_mind_case_blanks_and_marks() -> None:
    assert Wording("3.20 euros").found_in("It costs **3.20\neuros** a metre.")
    assert Wording(r"\b3[.,]20\b", is_pattern=True).found_in("3,20 euros")
    assert not Wording("4 euros").found_in("3.20 euros")
