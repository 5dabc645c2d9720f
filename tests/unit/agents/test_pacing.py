import asyncio
from itertools import pairwise

import pytest

from chatkeep.agents.pacing import LONG, LONGEST, MARGIN, MOST, Pacer


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def window_at(streams: int, tokens_per_second: float = 50.0, seconds: float = 5.0) -> float:
    """The window after `seconds` of `streams` that each bring so many pieces, one by one."""
    clock = Clock()
    pacer = Pacer(clock)
    for _ in range(int(seconds * streams * tokens_per_second)):
        clock.now += 1 / (streams * tokens_per_second)
        pacer.arrived(1)
    return pacer.window


@pytest.mark.parametrize("streams", [1, 2, 3, 4])
def test_a_quiet_process_waits_for_nothing(streams: int) -> None:
    assert window_at(streams) == 0.0


def test_the_window_grows_with_the_load_up_to_its_limit() -> None:
    windows = [window_at(streams) for streams in range(1, 70)]
    assert windows == sorted(windows)
    assert max(after - before for before, after in pairwise(windows)) < 0.006
    assert window_at(15) == pytest.approx(LONG, abs=0.002)
    assert windows[-1] == LONGEST


def test_a_window_does_not_depend_on_how_the_pieces_are_read() -> None:
    one_by_one, in_tens = Clock(), Clock()
    first, second = Pacer(one_by_one), Pacer(in_tens)
    for _ in range(300):
        for _ in range(10):
            one_by_one.now += 0.002
            first.arrived(1)
        in_tens.now += 0.02
        second.arrived(10)
    assert second.window == pytest.approx(first.window, abs=0.003)


def test_after_the_rush_it_is_quiet_again() -> None:
    clock = Clock()
    pacer = Pacer(clock)
    pacer.arrived(5000)
    assert pacer.window == LONGEST
    clock.now += 2.0
    assert pacer.window == 0.0


async def test_all_who_wait_go_on_at_the_same_moment() -> None:
    pacer = Pacer()
    released: list[int] = []
    done = asyncio.Event()
    pacer.hold(lambda: released.append(1))
    pacer.hold(lambda: released.append(2))
    pacer.hold(done.set)
    assert released == []
    await asyncio.wait_for(done.wait(), 10)
    assert released == [1, 2]


async def test_long_work_is_taken_off_the_wait() -> None:
    """With many streams the last of them would wait for the window and for all the others."""
    clock = Clock()
    pacer = Pacer(clock)
    pacer.arrived(5000)
    assert pacer.wait == LONGEST
    worked = asyncio.Event()

    def work() -> None:
        clock.now += 0.03
        worked.set()

    def resume() -> None:
        asyncio.get_running_loop().call_soon(work)

    pacer.hold(resume)
    await asyncio.wait_for(worked.wait(), 10)
    for _ in range(5):
        await asyncio.sleep(0)
    pacer.arrived(5000)
    assert pacer.wait == pytest.approx(MOST - MARGIN * 0.03)
