import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.chat.titles import title_from


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How do I install it?", "How do I install it?"),
        ("  How   do\tI\n\ninstall it?", "How do I"),
        ("> a quote\n\nWhat does this mean?", "What does this mean?"),
        ("word " * 30, "word word word word word word word word word word word…"),
        ("   \n ", None),
    ],
)
def test_the_title_is_the_first_line_cut_at_a_word(question: str, title: str | None) -> None:
    assert title_from(question) == title


@given(st.text())
def test_a_title_is_never_long_nor_of_several_lines(question: str) -> None:
    title = title_from(question) or ""
    assert len(title) <= 60
    assert len(title.splitlines()) <= 1
