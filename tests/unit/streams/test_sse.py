"""How a run's events look on the wire."""

import pytest

from chatkeep.streams import sse
from chatkeep.streams.protocols import RunId

RUN = RunId("run_1")


def test_a_frame_has_its_id_and_its_data_on_a_line_each() -> None:
    assert sse.frame(RUN, 12, b'{"a":1}') == b'id: run_1:12\ndata: {"a":1}\n\n'


def test_the_end_has_an_id_and_no_data() -> None:
    assert sse.end(RUN, 13) == b"event: end\nid: run_1:13\n\n"


def test_a_snapshot_carries_its_position_on_the_last_frame() -> None:
    told = sse.snapshot([b"1", b"2"], RUN, 7)
    assert told == b"event: snapshot\ndata: 1\n\nid: run_1:7\ndata: 2\n\n"


def test_a_snapshot_of_one_event_is_first_and_last() -> None:
    assert sse.snapshot([b"1"], RUN, 7) == b"id: run_1:7\nevent: snapshot\ndata: 1\n\n"


def test_a_snapshot_of_the_store_has_no_position() -> None:
    assert sse.snapshot([b"1", b"2"]) == b"event: snapshot\ndata: 1\n\ndata: 2\n\n"


def test_what_was_framed_is_read_back() -> None:
    frames = sse.frame(RUN, 1, b'"data: x"') + sse.snapshot([b"2", b"3"], RUN, 3) + sse.end(RUN, 4)
    assert list(sse.payloads(frames)) == [b'"data: x"', b"2", b"3"]


@pytest.mark.parametrize(("text", "seq"), [("run_1:0", 0), ("run_1:12", 12), ("run_1:012", 12)])
def test_an_id_names_a_run_and_a_number(text: str, seq: int) -> None:
    assert sse.position(text) == (RUN, seq)


@pytest.mark.parametrize(
    "text", ["", "run_1", ":1", "run_1:", "run_1:-1", "run_1:1.0", "run_1:²", f"r:{'9' * 16}"]
)
def test_anything_else_is_no_id(text: str) -> None:
    assert sse.position(text) is None
