"""Sentences are found where they stand, whatever they stand in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.spans import sentences


def cut(text: str) -> list[str]:
    return [text[one.start : one.end] for one in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One thing. Another thing!", ["One thing.", "Another thing!"]),
        ("See e.g. the Rhine. It flows.", ["See e.g. the Rhine.", "It flows."]),
        ("Version 1.2 is out. Use it.", ["Version 1.2 is out.", "Use it."]),
        ("- first item\n- second. With more", ["- first item", "- second.", "With more"]),
        ("# Title\n\nText.", ["# Title", "Text."]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        ("```sh\nrun me\nthen me\n```", ["run me", "then me"]),
        ("船は港に入る。水は無料です。", ["船は港に入る。", "水は無料です。"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_what_it_says(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@given(st.text(alphabet="aB .!?\n-|#`*1)>", max_size=80))
def test_sentences_are_in_order_and_hold_no_blanks_at_their_ends(text: str) -> None:
    end = 0
    for one in sentences(text):
        assert end <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == text[one.start : one.end].strip()
        end = one.end
