"""The latest frames of a run, and who waits for more."""

import pytest

from chatkeep.streams.broadcast import Broadcast

pytestmark = pytest.mark.anyio


async def test_everything_is_held_while_it_fits() -> None:
    broadcast = Broadcast()
    broadcast.publish([b"1", b"2"])
    broadcast.publish([b"3"])
    assert [broadcast.since(n) for n in range(3)] == [b"123", b"23", b"3"]
    assert (broadcast.first, broadcast.last) == (1, 3)


async def test_numbers_go_on_from_where_it_starts() -> None:
    broadcast = Broadcast(after=10)
    broadcast.publish([b"11"])
    assert (broadcast.first, broadcast.last, broadcast.since(10)) == (11, 11, b"11")
    assert [broadcast.holds(n) for n in (9, 10, 11)] == [False, True, True]


async def test_the_oldest_are_forgotten_beyond_twice_the_window() -> None:
    broadcast = Broadcast(window=4)
    for n in range(9):
        broadcast.publish([b"%d" % n])
    assert broadcast.holds(8)
    assert not broadcast.holds(0)
    held = broadcast.since(broadcast.first - 1)
    assert b"012345678".endswith(held)
    assert len(held) == broadcast.last - broadcast.first + 1 <= 8


async def test_a_frame_larger_than_the_window_is_held_all_the_same() -> None:
    broadcast = Broadcast(window=4)
    broadcast.publish([b"0"])
    broadcast.publish([b"x" * 100])
    assert broadcast.since(1) == b"x" * 100


async def test_who_waits_is_woken_once_and_not_when_it_gave_up() -> None:
    broadcast, woken = Broadcast(), []
    broadcast.when_more(lambda: woken.append("a"))

    def gave_up() -> None:
        woken.append("b")

    broadcast.when_more(gave_up)
    broadcast.forget(gave_up)
    broadcast.forget(gave_up)
    broadcast.publish([b"1"])
    broadcast.publish([b"2"])
    assert woken == ["a"]


@pytest.mark.parametrize("cut", [False, True])
async def test_the_end_wakes_too_and_says_whether_it_is_a_cut(cut: bool) -> None:
    broadcast, woken = Broadcast(), []
    broadcast.when_more(lambda: woken.append("a"))
    broadcast.end(cut=cut)
    assert (woken, broadcast.ended, broadcast.is_cut) == (["a"], True, cut)


async def test_behind_a_gap_it_starts_afresh() -> None:
    broadcast = Broadcast()
    broadcast.publish([b"1"])
    broadcast.restart(50)
    assert [broadcast.holds(n) for n in (1, 49, 50)] == [False, False, True]
    broadcast.publish([b"51"])
    assert broadcast.since(50) == b"51"
