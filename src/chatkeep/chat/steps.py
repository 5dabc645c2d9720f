"""Steps: what is done for an answer, told to the page that shows it as client effects.

Above: `chat.translate` tells them between the events of the answer, to a page that asked for them; it hears
them as `chatkit.effect` events named `chatkeep.step` and may draw them. They are not stored.
Knows the workflow's events; their order is the order of the steps.
"""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, Literal

from chatkit.types import ClientEffectEvent

from chatkeep.agents.events import (
    AgentEvent,
    MessageDone,
    MessageStarted,
    PassagesFound,
    Progress,
    ToolCalled,
)
from chatkeep.knowledge.cite import Checked
from chatkeep.knowledge.documents import Passage

STEP = "chatkeep.step"

_MOST_DOCUMENTS = 8

Name = Literal["search", "answer", "check", "tool"]
State = Literal["running", "writing", "done"]


class Steps:
    """The steps of one run, each with the milliseconds it took."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began = clock()

    def hear(self, event: AgentEvent) -> Iterator[ClientEffectEvent]:
        """What `event` says of the steps; most say nothing."""
        match event:
            case Progress():
                yield self._begin("search")
            case PassagesFound():
                yield self._end("search", query=event.query, **_found(event))
                yield self._begin("answer")
            case MessageStarted():
                yield self._end("answer", "writing")
            case MessageDone():
                yield self._end("answer")
                yield self._begin("check")
            case ToolCalled():
                yield self._end("tool", tool=event.name)
            case _:
                pass

    def checked(self, cited: int, found: Checked) -> ClientEffectEvent:
        """What came of the check: citations, statements judged, those that no passage supports."""
        return self._end(
            "check", cited=cited, statements=found.statements, unsupported=len(found.unsupported)
        )

    def _begin(self, name: Name) -> ClientEffectEvent:
        self._began = self._clock()
        return _step(name, "running")

    def _end(self, name: Name, state: State = "done", **found: Any) -> ClientEffectEvent:
        milliseconds = round((self._clock() - self._began) * 1000, 1)
        return _step(name, state, milliseconds=milliseconds, **found)


def _step(name: Name, state: State, **found: Any) -> ClientEffectEvent:
    return ClientEffectEvent(name=STEP, data={"step": name, "state": state, **found})


def _found(event: PassagesFound) -> dict[str, Any]:
    """How many passages, and of which documents: those are the reader's to open, the links say so anyway."""
    documents: dict[str, list[Passage]] = {}
    for passage in event.passages:
        documents.setdefault(passage.path, []).append(passage)
    return {
        "passages": len(event.passages),
        "documents": [
            {"title": found[0].title, "path": path, "passages": len(found)}
            for path, found in list(documents.items())[:_MOST_DOCUMENTS]
        ],
    }
