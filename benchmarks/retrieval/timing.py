"""What both sides print: how long they took, as one JSON object."""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Times:
    """Of each query, milliseconds on the clock and of CPU; `fill` in seconds.

    Attributes:
        embed: of the query alone.
        whole: embedding, both searches and their fusion, among everything.
        filtered: the same for a tenant that has a twentieth of it.
        fill: what storing everything took.
    """

    embed: list[tuple[float, float]]
    whole: list[tuple[float, float]]
    filtered: list[tuple[float, float]]
    fill: float

    def print(self) -> None:
        print(json.dumps(asdict(self)))


async def timed(
    ask: Callable[[str], Awaitable[object]], queries: Sequence[str], seconds: float
) -> list[tuple[float, float]]:
    """Milliseconds of each query, on the clock and of CPU, after a few that do not count.

    It ends after `seconds`, with what it has.
    """
    until = time.perf_counter() + seconds
    times = []
    for query in [*queries[:_WARM_UP], *queries]:
        began, used = time.perf_counter(), time.process_time()
        await ask(query)
        ended = time.perf_counter()
        times.append(((ended - began) * 1000, (time.process_time() - used) * 1000))
        if ended > until and len(times) > 1:
            break
    return times[min(_WARM_UP, len(times) - 1) :]
