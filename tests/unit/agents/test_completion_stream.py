from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.agents.completion_stream import Lines, ProviderError, merge

BODY = 'data: {"a":"ä€🙂\u2028"}\r\n\r\n: a comment\n\nevent: x\ndata:{"b":1}\n\ndata: [DONE]'.encode()
MESSAGES = ['{"a":"ä€🙂\u2028"}'.encode(), b'{"b":1}', b"[DONE]"]


@given(st.lists(st.integers(0, len(BODY)), max_size=8))
def test_messages_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    lines = Lines()
    edges = [0, *sorted(cuts), len(BODY)]
    found = [m for a, b in pairwise(edges) for m in lines.feed(BODY[a:b])]
    assert found + lines.end() == MESSAGES


def test_a_line_without_an_end_is_not_kept_for_ever() -> None:
    lines, megabyte = Lines(), b"x" * 1024 * 1024
    for _ in range(16):
        lines.feed(megabyte)
    with pytest.raises(ProviderError):
        lines.feed(megabyte)


def test_details_that_come_in_pieces_are_put_together() -> None:
    kept: dict[str, object] = {}
    for piece in (
        {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "Let "}]},
        {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "me.", "signature": None}]},
        {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "", "signature": "sig"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "xyz"}]},
        {"extra_content": {"google": {"thought_signature": "abc"}}},
        {"extra_content": {"google": {"other": 1}}},
    ):
        merge(kept, piece)
    assert kept == {
        "reasoning_details": [
            {"type": "reasoning.text", "index": 0, "text": "Let me.", "signature": "sig"},
            {"type": "reasoning.encrypted", "index": 1, "data": "xyz"},
        ],
        "extra_content": {"google": {"thought_signature": "abc", "other": 1}},
    }
