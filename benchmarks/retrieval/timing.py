"""What both sides print: how long they took, as one JSON object."""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Of each query, milliseconds on the clock and of CPU; `fill` in seconds.

    Attributes:
        embed: of the query alone.
        fused: embedding, both searches and their fusion, among everything.
        filtered: the same for a tenant that has a twentieth of it.
        passages: all that the product does of a search, where it does more: feedback and reading.
        fill: what storing everything took.
    """

    embed: list[tuple[float, float]]
    fused: list[tuple[float, float]]
    filtered: list[tuple[float, float]]
    passages: list[tuple[float, float]]
    fill: float

    def print(self) -> None:
        print(json.dumps(asdict(self)))


async def timed(
    ask: Callable[[str], Awaitable[object]], queries: Sequence[str], warm_up: Sequence[str], seconds: float
) -> list[tuple[float, float]]:
    """Milliseconds of each query, on the clock and of CPU, after a few that do not count.

    It ends after `seconds`, with what it has.

    Args:
        warm_up: asked before, as many as there is half the time for.
    """
    now = time.perf_counter()
    warm, until = now + seconds / 2, now + seconds
    for query in warm_up:
        await ask(query)
        if time.perf_counter() > warm:
            break
    times = []
    for query in queries:
        began, used = time.perf_counter(), time.process_time()
        await ask(query)
        ended = time.perf_counter()
        times.append(((ended - began) * 1000, (time.process_time() - used) * 1000))
        if ended > until:
            break
    return times
