"""One question answered outside of any conversation, as a conversation would show it.

Above: `chatkeep evaluate`. The events of the workflow go through the same translation as a thread's, so that
citations are what a reader would see. Nothing is stored.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from time import monotonic

from chatkit.errors import CustomStreamError
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    URLSource,
)

from chatkeep.agents.events import AgentEvent, PassagesFound
from chatkeep.agents.workflow import Workflow
from chatkeep.chat.translate import translate
from chatkeep.core.clock import Clock
from chatkeep.core.context import RequestContext
from chatkeep.knowledge.cite import Checker
from chatkeep.knowledge.documents import Passage
from chatkeep.knowledge.evaluate.golden import Answer
from chatkeep.knowledge.evaluate.statements import CitedPassage

_CITED = re.compile(r"/sources/([^/?#]+)")
_BETWEEN_MESSAGES = "\n\n"


@dataclass(frozen=True, slots=True)
class WorkflowAnswerer:
    """`Answerer` over the workflow that the server uses."""

    workflow: Workflow
    clock: Clock
    checker: Checker

    async def answer(self, question: str, context: RequestContext) -> Answer:
        began = monotonic()
        heard = _Heard()
        thread = ThreadMetadata(id="evaluation", created_at=self.clock.now())
        ids = count(1)
        failure = ""
        async with aclosing(self.workflow.run(question, [], context)) as events:
            try:
                overheard = heard.overhear(events)
                told = translate(
                    overheard, thread, lambda kind: f"{kind}-{next(ids)}", self.clock, self.checker
                )
                async for event in told:
                    match event:
                        case ThreadItemUpdatedEvent(update=AssistantMessageContentPartTextDelta()):
                            heard.first = heard.first or monotonic()
                        case ThreadItemDoneEvent(item=AssistantMessageItem() as item):
                            heard.take(item)
            except CustomStreamError as error:
                failure = error.message
        ended = monotonic()
        return Answer(
            text=heard.text,
            citations=heard.citations,
            shown=heard.shown,
            first_ms=((heard.first or ended) - began) * 1000,
            whole_ms=(ended - began) * 1000,
            failure=failure,
        )


@dataclass(slots=True)
class _Heard:
    """What was said so far. `first` is when the first words came; 0: not yet."""

    text: str = ""
    first: float = 0.0
    shown: Sequence[Passage] = ()
    citations: list[CitedPassage] = field(default_factory=list)

    async def overhear(self, events: AsyncGenerator[AgentEvent]) -> AsyncGenerator[AgentEvent]:
        async for event in events:
            if isinstance(event, PassagesFound):
                self.shown = event.passages
            yield event

    def take(self, item: AssistantMessageItem) -> None:
        """A finished message, with its annotations."""
        for part in item.content:
            before = self.text + _BETWEEN_MESSAGES if self.text else ""
            for annotation in part.annotations:
                passage = self._passage(annotation.source)
                if passage is not None:
                    index = len(part.text) if annotation.index is None else annotation.index
                    self.citations.append(CitedPassage(len(before) + index, passage))
            self.text = before + part.text

    def _passage(self, source: object) -> Passage | None:
        found = _CITED.search(source.url) if isinstance(source, URLSource) else None
        return next((each for each in self.shown if found and each.id == found[1]), None)
