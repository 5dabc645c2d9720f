"""Translation: what a run of the workflow says, as ChatKit thread events.

Above: `chat.server` yields these to the SDK's pipeline, which stores each finished item. Below:
`chat.citations` takes the markers out of the text.
Ids are minted here, one a message: providers' ids repeat (SDK fault 1). What a model said before it
failed is finished and kept, then the error follows.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

from chatkit.errors import CustomStreamError
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageItem,
    ClientToolCallItem,
    ProgressUpdateEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
)

from chatkeep.agents.events import (
    AgentEvent,
    MessageDone,
    MessageStarted,
    PassagesFound,
    Progress,
    TextDelta,
    ToolCalled,
    UsageReported,
)
from chatkeep.chat.citations import (
    Citation,
    CitationScanner,
    annotation,
    answer_name,
    unsupported,
    without_source,
)
from chatkeep.chat.deltas import text_delta
from chatkeep.chat.steps import Steps
from chatkeep.core.clock import Clock
from chatkeep.core.errors import ModelFailed
from chatkeep.knowledge.cite import Checked, Checker, Evidence, Placed, Span
from chatkeep.knowledge.documents import Passage
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

NewId = Callable[[Literal["message", "tool_call"]], str]


async def translate(
    events: AsyncIterator[AgentEvent],
    thread: ThreadMetadata,
    new_id: NewId,
    clock: Clock,
    checker: Checker,
    steps: Steps | None = None,
) -> AsyncIterator[ThreadStreamEvent]:
    """The thread events of one run, and between them its `steps`, if they are wanted.

    Citations are told as they stream. When a message is complete `checker` finds the words they rest on and
    the sentences that rest on none; its last two events have them.

    Raises:
        CustomStreamError: the model failed; the message is for people, and says whether to retry.
    """
    passages: Sequence[Passage] = ()
    writing: _Writing | None = None
    try:
        async for event in events:
            if steps is not None:
                for step in steps.hear(event):
                    yield step
            match event:
                case Progress():
                    yield ProgressUpdateEvent(text=event.text, icon=event.icon)
                case PassagesFound():
                    passages = event.passages
                case MessageStarted():
                    item = AssistantMessageItem(
                        id=new_id("message"), thread_id=thread.id, created_at=clock.now(), content=[]
                    )
                    writing = _Writing(item, passages)
                    for started in writing.start():
                        yield started
                case TextDelta():
                    for update in _open(writing).write(event.text):
                        yield update
                case MessageDone():
                    done = _open(writing)
                    for last in done.close():
                        yield last
                    found = await done.check(checker)
                    if steps is not None:
                        yield steps.checked(len(done.placed), found)
                    for ended in done.finish():
                        yield ended
                    writing = None
                case ToolCalled():
                    called = ClientToolCallItem(
                        id=new_id("tool_call"),
                        thread_id=thread.id,
                        created_at=clock.now(),
                        call_id=event.call_id,
                        name=event.name,
                        arguments=dict(event.arguments),
                    )
                    yield ThreadItemDoneEvent(item=called)
                case UsageReported():
                    _log.info(
                        "model_usage",
                        input_tokens=event.input_tokens,
                        output_tokens=event.output_tokens,
                        estimated=event.estimated,
                    )
    except ModelFailed as failure:
        if writing is not None:
            for kept in (*writing.close(), *writing.finish()):  # cut off, so not checked
                yield kept
        raise CustomStreamError(str(failure), allow_retry=failure.retryable) from failure


@dataclass(slots=True)
class _Writing:
    """An assistant message while it is written: one content part, its text and its annotations."""

    item: AssistantMessageItem
    passages: Sequence[Passage]
    scanner: CitationScanner = field(init=False)
    text: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scanner = CitationScanner(len(self.passages))

    def start(self) -> Iterator[ThreadStreamEvent]:
        yield ThreadItemAddedEvent(item=self.item)
        yield self._update(AssistantMessageContentPartAdded(content_index=0, content=self._content()))

    def write(self, delta: str) -> Iterator[ThreadStreamEvent]:
        yield from self._pieces(self.scanner.feed(delta))

    def close(self) -> Iterator[ThreadStreamEvent]:
        yield from self._pieces(self.scanner.close())
        if self.scanner.dropped:
            _log.warning("citations_dropped", count=self.scanner.dropped, item=self.item.id)

    async def check(self, checker: Checker) -> Checked:
        """Put what the check finds in the place of the annotations that were told so far."""
        began = monotonic()
        evidence = [Evidence(one.text, " ".join((one.title, *one.headings))) for one in self.passages]
        found = await checker.check(self.text, self.placed, evidence)
        self.annotations = [
            self._annotation(one, span) for one, span in zip(self.placed, found.spans, strict=True)
        ]
        self.annotations += map(unsupported, found.unsupported)
        if not self.placed and self.text.strip():
            self.annotations.append(without_source())
        if self.passages:  # else there was nothing to cite
            _log.info(
                "citations_checked",
                item=self.item.id,
                cited=len(self.placed),
                dropped=self.scanner.dropped,
                statements=found.statements,
                unsupported=len(found.unsupported),
                by_words=found.by_words,
                milliseconds=round((monotonic() - began) * 1000, 1),
            )
        return found

    def finish(self) -> Iterator[ThreadStreamEvent]:
        yield self._update(AssistantMessageContentPartDone(content_index=0, content=self._content()))
        yield ThreadItemDoneEvent(item=self.item.model_copy(update={"content": [self._content()]}))

    def _pieces(self, pieces: Iterator[str | Citation]) -> Iterator[ThreadStreamEvent]:
        for piece in pieces:
            if isinstance(piece, str):
                self.text += piece
                yield text_delta(self.item.id, piece)
            elif (here := Placed(len(self.text), piece.number - 1)) not in self.placed:
                self.placed.append(here)
                cited = self._annotation(here)
                yield self._update(
                    AssistantMessageContentPartAnnotationAdded(
                        content_index=0, annotation_index=len(self.annotations), annotation=cited
                    )
                )
                self.annotations.append(cited)

    def _annotation(self, placed: Placed, span: Span | None = None) -> Annotation:
        answer = answer_name(self.item.thread_id, self.item.id)
        return annotation(self.passages[placed.passage], placed.index, answer, span)

    def _content(self) -> AssistantMessageContent:
        return AssistantMessageContent(text=self.text, annotations=list(self.annotations))

    def _update(
        self,
        update: AssistantMessageContentPartAdded
        | AssistantMessageContentPartAnnotationAdded
        | AssistantMessageContentPartDone,
    ) -> ThreadItemUpdatedEvent:
        return ThreadItemUpdatedEvent(item_id=self.item.id, update=update)


def _open(writing: _Writing | None) -> _Writing:
    if writing is None:
        raise RuntimeError("The workflow sent text before it started a message.")
    return writing
