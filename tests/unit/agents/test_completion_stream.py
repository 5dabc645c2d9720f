from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.agents.completion_stream import Lines, Pattern, ProviderError, merge

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


CHUNK = (
    '{{"id":"chatcmpl-1","created":1700000000,"choices":[{{"index":0,"delta":{{"content":{0}}},'
    '"finish_reason":null}}],"usage":{1}}}'
)


def chunk(text: str, usage: str = "null") -> bytes:
    return CHUNK.format(orjson.dumps(text).decode(), usage).encode()


def sent(*messages: bytes) -> bytes:
    return b"".join(b"data: %b\n\n" % message for message in messages)


def learned(message: bytes, text: str) -> Pattern:
    pattern = Pattern()
    pattern.learn(message, text)
    return pattern


def test_chunks_like_the_one_before_are_read_without_parsing() -> None:
    said = [" two", "", "drei ä🙂", "{}[],:"]
    assert Pattern().texts(sent(chunk("One"))) is None
    assert learned(chunk("One"), "One").texts(sent(*map(chunk, said))) == said


@given(st.text(), st.lists(st.text(), min_size=1), st.sampled_from(["null", '{"total_tokens":3}']))
def test_what_is_not_parsed_is_what_parsing_would_have_found(one: str, more: list[str], usage: str) -> None:
    found = learned(chunk(one), one).texts(sent(*map(chunk, more[1:]), chunk(more[0], usage)))
    assert found in (None, [*more[1:], more[0]])
    assert found is None or usage == "null"


@pytest.mark.parametrize(
    "message",
    [
        b'{"choices":[{"delta":{"content":"a","role":"a"}}]}',  # which of them?
        b'{"choices":[{"delta":{"text":"a"}}]}',
        b'{"choices":[{"delta":{"content":"\\u0061"}}]}',
    ],
)
def test_what_cannot_be_told_apart_is_not_learned(message: bytes) -> None:
    assert learned(message, "a").texts(sent(message)) is None


@pytest.mark.parametrize(
    "data",
    [
        sent(b'{"content":"}'),
        sent(b'{"content":"\xff"}'),
        sent(b'{"content":"a"}')[:-1],
        sent(b'{"content":"a"}') + b": ping\n\n" + sent(b'{"content":"a"}'),
        sent(b'{"content":"a"}', b"[DONE]"),
        sent(b'{"content":"a', b'b"}'),
        b"",
    ],
)
def test_what_is_not_made_of_chunks_alone_is_parsed(data: bytes) -> None:
    assert learned(b'{"content":"a"}', "a").texts(data) is None


def test_where_no_two_chunks_are_alike_learning_ends() -> None:
    pattern = Pattern()
    for n in range(20):
        pattern.learn(b'{"content":"a","n":%d}' % n, "a")
    assert pattern.texts(sent(b'{"content":"b","n":19}')) is None
