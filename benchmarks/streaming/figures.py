"""The measurements. Each asks both servers for the same, in turn, the first to go changing every round.

CPU is the server process's own, in user and in system mode, over a round, divided by the answers that
arrived whole. A server that cannot keep up takes longer; its CPU an answer counts all the same.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.streaming.processes import Bench, Process, cores_busy
from benchmarks.streaming.search import Search

Tell = Callable[[str], None]
"""Says what is being measured now."""

_DEADLINE = 90.0  # seconds a round may take; the usual wiring needs ten for what is four at its pace
_ANSWER_TOKENS = 200
_STREAM_PACE = 50
_MOST_DELAY = 150.0  # milliseconds
_LEAST_ARRIVED = 0.95  # of the tokens due: a server that lets questions wait must not pass for a quick one
_MOST_STREAMS = 2048
_SPARE_SECONDS = 3.0
_SETTLE_SECONDS = 15.0
_LOOK_SECONDS = 0.2
_IDLE_SHARE = 0.05  # of a core
_FIRST_TRY = {"chatkeep": 32, "reference": 8}

_RUNS_FOLLOWED = 10
_WARM_FOLLOWERS = 100
_FOLLOWERS = 1000
_ATTACH_SECONDS = 10.0
_HEARTBEAT_SECONDS = 16.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How long to measure."""

    rounds: int
    search_seconds: float  # of one answer in the search; a round takes twice as long
    hold_seconds: float


FULL = Scale(rounds=3, search_seconds=4.0, hold_seconds=_HEARTBEAT_SECONDS)
QUICK = Scale(rounds=1, search_seconds=3.0, hold_seconds=0.0)


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of both servers, a value a round."""

    ours: Sequence[float]
    reference: Sequence[float]

    @property
    def gain(self) -> float:
        """How many times less the median of ours is."""
        return statistics.median(self.reference) / statistics.median(self.ours)


@dataclass(frozen=True, slots=True)
class Followers:
    """What idle followers cost: `bytes_each`, or why they could not be held."""

    bytes_each: float = 0.0
    held: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Streaming:
    """Everything measured. CPU in milliseconds an answer, times in milliseconds.

    Attributes:
        generator_cpu: cores that model and load generator took at the most streams of ours.
        others_cpu: cores that other programs of this machine kept busy meanwhile.
        broken: answers that did not arrive whole in `cpu_paced` to `first_many`: ours, the reference's.
        failure: what one of the broken ones said.
    """

    cpu_paced: Pair
    cpu_unpaced: Pair
    first_one: Pair
    first_many: Pair
    carried: Pair
    followers: Followers
    generator_cpu: float
    others_cpu: float
    broken: tuple[int, int]
    failure: str


def measure(bench: Bench, scale: Scale, tell: Tell) -> Streaming:
    """Everything, in about five minutes (`FULL`) or one and a half (`QUICK`)."""
    began, busy, own = time.perf_counter(), cores_busy(), bench.cpu()
    rounds = _Rounds(bench, scale.rounds, tell)
    paced = [_reader(n / 50, 1, _STREAM_PACE, _ANSWER_TOKENS) for n in range(50)]
    cpu_paced = rounds.cpu("CPU an answer: 50 streams of 50 tokens/s", paced)
    cpu_unpaced = rounds.cpu("CPU an answer: 4 at once, unpaced", [_reader(0, 25, 0, _ANSWER_TOKENS)] * 4)
    first_one = rounds.first("first token: one stream", [_reader(0, 30, _STREAM_PACE, 2)])
    many = [_reader(n / 50, 2, 100, 100) for n in range(50)]
    first_many = rounds.first("first token: 50 streams of 100 tokens/s", many)
    carried, generator_cpu = _carried(bench, scale, tell)
    followers = _followers(bench, scale, tell)
    return Streaming(
        cpu_paced,
        cpu_unpaced,
        first_one,
        first_many,
        carried,
        followers,
        generator_cpu,
        (cores_busy() - busy - (bench.cpu() - own)) / (time.perf_counter() - began),
        (rounds.broken[bench.ours.name], rounds.broken[bench.reference.name]),
        rounds.failure,
    )


def _reader(start: float, answers: int, pace: int, tokens: int) -> list[Any]:
    return [start, [[pace, tokens]] * answers]


class _Rounds:
    """Runs the same load on both servers, several times in turn."""

    def __init__(self, bench: Bench, rounds: int, tell: Tell) -> None:
        self._bench = bench
        self._rounds = rounds
        self._tell = tell
        self.broken = {bench.ours.name: 0, bench.reference.name: 0}
        self.failure = ""

    def cpu(self, title: str, readers: Sequence[Any]) -> Pair:
        """Milliseconds of CPU an answer that arrived whole."""
        return self._pair(title, readers, lambda heard, cpu: cpu * 1000 / max(1, heard["whole"]))

    def first(self, title: str, readers: Sequence[Any]) -> Pair:
        """Milliseconds from the question to the first token; the model sends it at once."""
        return self._pair(
            title, readers, lambda heard, _: statistics.median(heard["firsts"] or [_DEADLINE * 1000])
        )

    def _pair(self, title: str, readers: Sequence[Any], value: Callable[[Any, float], float]) -> Pair:
        values: dict[str, list[float]] = {self._bench.ours.name: [], self._bench.reference.name: []}
        for number, server in self._turns():
            self._tell(f"{title}: round {number} of {self._rounds}, {server.name}")
            before = server.cpu()
            heard = self._bench.load.ask("answers", url=server.url, readers=readers, deadline=_DEADLINE)
            values[server.name].append(value(heard, server.cpu() - before))
            self.broken[server.name] += heard["broken"]
            self.failure = self.failure or heard["failure"]
        return Pair(values[self._bench.ours.name], values[self._bench.reference.name])

    def _turns(self) -> Iterator[tuple[int, Process]]:
        servers = [self._bench.ours, self._bench.reference]
        for number in range(1, self._rounds + 1):
            for server in servers:
                yield number, server
            servers.reverse()


def _carried(bench: Bench, scale: Scale, tell: Tell) -> tuple[Pair, float]:
    """Streams carried by each, and the cores that measuring took at the most streams."""
    servers = (bench.ours, bench.reference)
    searches = {server.name: Search(_FIRST_TRY[server.name], _MOST_STREAMS) for server in servers}
    most, generator_cpu = 0, 0.0
    while any(search.streams is not None for search in searches.values()):
        for server in servers:
            search = searches[server.name]
            if search.streams is None:
                continue
            used, began = bench.cpu_of_measuring(), time.perf_counter()
            heard = _steady(bench, server, search.streams, scale.search_seconds)
            arrived = heard["tokens"] / (search.streams * _STREAM_PACE * scale.search_seconds)
            passed = arrived >= _LEAST_ARRIVED and heard["delay_p99"] < _MOST_DELAY
            outcome = f"{'carried' if passed else 'not carried'}, {arrived:.0%} of the tokens in time"
            delay = f"p99 {heard['delay_p99']:.0f} ms"
            tell(f"{search.streams} streams of 50 tokens/s, {server.name}: {outcome}, {delay}")
            if passed and search.streams > most:
                most = search.streams
                generator_cpu = (bench.cpu_of_measuring() - used) / (time.perf_counter() - began)
            search.record(passed)
    ours, reference = (searches[server.name].carried for server in servers)
    return Pair([max(ours, 1)], [max(reference, 1)]), generator_cpu


def _steady(bench: Bench, server: Process, streams: int, seconds: float) -> Any:
    """`streams` of 50 tokens/s for `seconds`, with answers beginning and ending all the while.

    The readers start one after another over `seconds` and read an answer as long as that each; then all
    streams are there, and are measured, until all end together with their second answer.
    """
    tokens = int(seconds * _STREAM_PACE)
    readers = []
    for n in range(streams):
        start = seconds * n / streams
        second = max(1, tokens - int(start * _STREAM_PACE))
        readers.append([start, [[_STREAM_PACE, tokens], [_STREAM_PACE, second]]])
    window, deadline = (seconds, 2 * seconds), 2 * seconds + _SPARE_SECONDS
    heard = bench.load.ask("answers", url=server.url, readers=readers, window=window, deadline=deadline)
    _settle(server)
    return heard


def _settle(server: Process) -> None:
    """Return when `server` has nothing more to do: a round it could not carry was cut off."""
    deadline = time.perf_counter() + _SETTLE_SECONDS
    used, now = -1.0, server.cpu()
    while now - used > _IDLE_SHARE * _LOOK_SECONDS and time.perf_counter() < deadline:
        time.sleep(_LOOK_SECONDS)
        used, now = now, server.cpu()


def _followers(bench: Bench, scale: Scale, tell: Tell) -> Followers:
    """Memory of connections that follow runs which have fallen silent. The first ones warm the server up."""
    tell(f"memory: {_FOLLOWERS} idle followers of {_RUNS_FOLLOWED} silent runs")
    url, load = bench.ours.url, bench.load
    try:
        began = load.ask("begin", url=url, runs=_RUNS_FOLLOWED, deadline=_ATTACH_SECONDS)
        if began["failure"]:
            return Followers(reason=began["failure"])
        for wanted in (_WARM_FOLLOWERS, _FOLLOWERS):
            before = bench.ours.resident()
            attached = load.ask("follow", url=url, followers=wanted, deadline=_ATTACH_SECONDS)
            if attached["failure"]:
                return Followers(held=attached["held"], reason=attached["failure"])
        time.sleep(scale.hold_seconds)  # beyond a heartbeat: held means that it arrived everywhere
        held = load.ask("count")["held"]
        grown = bench.ours.resident() - before
        return Followers(bytes_each=grown / _FOLLOWERS, held=held - _WARM_FOLLOWERS)
    finally:
        load.ask("release")
