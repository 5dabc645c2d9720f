"""What a page's main thread did frame by frame, from Chromium's trace. Pure.

A frame is what lies between two commits to the compositor. Script is all that runs JavaScript: callbacks,
timers, promises, the scripts themselves, with the collection of garbage and what style and layout they
force. Counted is the thread's own processor time: other programs on the machine are not the page's doing.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

CATEGORIES = [
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "toplevel",
    "v8",
    "__metadata",
]
_SCRIPT = {
    "BlinkScheduler_PerformMicrotaskCheckpoint",
    "EvaluateScript",
    "EventDispatch",
    "FireAnimationFrame",
    "FunctionCall",
    "MajorGC",
    "MinorGC",
    "RunMicrotasks",
    "TimerFire",
    "V8.GC_MC_INCREMENTAL",
}
_FRAME = "Commit"


@dataclass(frozen=True, slots=True)
class Frames:
    """Script of each frame, in milliseconds of processor time.

    Attributes:
        scripts: a frame each.
        work: all that the main thread did, with style, layout and paint.
    """

    scripts: tuple[float, ...]
    work: tuple[float, ...]

    @property
    def longest(self) -> float:
        return max(self.scripts, default=0.0)

    def over(self, milliseconds: float) -> int:
        """How many frames had more script than that."""
        return sum(script > milliseconds for script in self.scripts)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def frames(trace: bytes) -> Frames:
    """The frames of the one page in the trace."""
    threads: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for event in json.loads(trace)["traceEvents"]:
        threads[event["pid"], event["tid"]].append(event)
    # The page's main thread is the one that made the most frames; other processes make none.
    main = max(threads.values(), key=lambda events: sum(event["name"] == _FRAME for event in events))
    begins = sorted(event["ts"] for event in main if event["name"] == _FRAME)
    scripts = _by_frame(_outermost(event for event in main if event["name"] in _SCRIPT), begins)
    work = _by_frame(_outermost(event for event in main if event["name"].endswith("RunTask")), begins)
    return Frames(scripts, work)


def _outermost(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that lie in none of the others."""
    found: list[dict[str, Any]] = []
    end = 0
    for event in sorted(
        (event for event in events if event["ph"] == "X"), key=lambda e: (e["ts"], -e["dur"])
    ):
        if event["ts"] >= end:
            found.append(event)
            end = event["ts"] + event["dur"]
    return found


def _by_frame(events: Sequence[dict[str, Any]], begins: Sequence[int]) -> tuple[float, ...]:
    sums = [0.0] * len(begins)
    frame = -1
    for event in events:
        while frame + 1 < len(begins) and begins[frame + 1] <= event["ts"] + event["dur"] / 2:
            frame += 1
        if frame >= 0:
            sums[frame] += event.get("tdur", event["dur"]) / 1000
    return tuple(sums)
