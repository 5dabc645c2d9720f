import itertools
import math
import re
from datetime import UTC, datetime, timedelta

import pytest

from chatkeep.core.clock import SystemClock
from chatkeep.core.ids import new_id

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
START = datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


class SetClock:
    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def test_an_id_is_its_prefix_and_29_characters_without_look_alikes() -> None:
    for _ in range(200):
        assert re.fullmatch(r"thr_[0-9a-hjkmnp-tv-z]{29}", new_id("thr", SystemClock()))


@pytest.mark.parametrize("step", [timedelta(milliseconds=1), timedelta(seconds=1), timedelta(days=40_000)])
def test_ids_made_later_sort_later_whatever_their_random_bits(step: timedelta) -> None:
    earlier = new_id("msg", SetClock(), lambda bits: 2**bits - 1)
    later = new_id("msg", SetClock(START + step), lambda bits: 0)
    assert earlier < later


def test_at_least_96_bits_are_random_and_none_of_them_is_lost() -> None:
    asked: list[int] = []

    def random_bits(bits: int) -> int:
        asked.append(bits)
        return 0

    new_id("x", SetClock(), random_bits)
    (bits,) = asked
    assert bits >= 96
    places = iter(range(bits))
    flipped = {new_id("x", SetClock(), lambda _: 1 << next(places)) for _ in range(bits)}
    assert len(flipped) == bits


def test_the_random_bits_come_from_the_system() -> None:
    clock = SetClock()
    ids = [new_id("x", clock) for _ in range(2000)]
    assert len(set(ids)) == len(ids)
    # The last 96 bits: about half of them differ between any two ids.
    numbers = [int("".join(f"{ALPHABET.index(c):05b}" for c in made[2:]), 2) % 2**96 for made in ids]
    distances = [(one ^ other).bit_count() for one, other in itertools.pairwise(numbers)]
    mean = math.fsum(distances) / len(distances)
    assert 46 < mean < 50
