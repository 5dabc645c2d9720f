"""The search for the streams a server carries."""

import pytest

from benchmarks.streaming.search import Search


def carried(truth: int, first: int, most: int = 2048) -> tuple[int, list[int]]:
    """What the search finds of a server that carries `truth` streams, and what it tried."""
    search, tried = Search(first, most), list[int]()
    while search.streams is not None:
        tried.append(search.streams)
        search.record(search.streams <= truth)
    return search.carried, tried


@pytest.mark.parametrize("truth", [1, 3, 16, 17, 64, 100, 700])
def test_it_comes_within_an_eighth_from_below(truth: int) -> None:
    found, _ = carried(truth, first=16)
    assert truth / 1.125 - 1 <= found <= truth


def test_a_server_that_carries_nothing_carries_none() -> None:
    assert carried(0, first=16)[0] == 0


def test_it_doubles_and_then_halves_the_gap() -> None:
    assert carried(40, first=16)[1] == [16, 32, 64, 64, 48, 48, 40, 44, 44]


def test_it_does_not_look_beyond_the_most() -> None:
    assert carried(10_000, first=600, most=1000) == (1000, [600, 1000])


def test_one_bad_round_is_tried_again() -> None:
    search = Search(16, 16)
    search.record(passed=False)
    search.record(passed=True)
    assert search.carried == 16
