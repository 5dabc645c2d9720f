"""What the workflow says, as thread events that the protocol's reducer can fold."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from itertools import count

import pytest
from chatkit.errors import CustomStreamError
from chatkit.types import (
    AssistantMessageItem,
    ClientEffectEvent,
    EntitySource,
    ThreadMetadata,
    ThreadStreamEvent,
    URLSource,
)

from chatkeep.agents.events import (
    AgentEvent,
    MessageDone,
    MessageStarted,
    PassagesFound,
    Progress,
    TextDelta,
    UsageReported,
)
from chatkeep.chat.translate import translate
from chatkeep.core.errors import ModelFailed
from chatkeep.knowledge.cite import Checker
from chatkeep.knowledge.documents import DocumentId, Passage, PassageId


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


PASSAGE = Passage(
    id=PassageId("p1"),
    document_id=DocumentId("d1"),
    path="guide/install.md",
    title="Install",
    headings=("Install", "On Debian"),
    start=10,
    end=40,
    text="Run apt-get install.",
    score=1.0,
)


async def run(events: Iterable[AgentEvent | Exception]) -> tuple[list[ThreadStreamEvent], str | None]:
    """The thread events, and the message of the error that ended them."""

    async def source() -> AsyncIterator[AgentEvent]:
        for event in events:
            if isinstance(event, Exception):
                raise event
            yield event

    ids = (f"msg_{number}" for number in count(1))
    thread = ThreadMetadata(id="thr_1", created_at=StoppedClock().now())
    seen: list[ThreadStreamEvent] = []
    try:
        async for event in translate(source(), thread, lambda kind: next(ids), StoppedClock(), Checker()):
            seen.append(event)  # noqa: PERF401 (what came before an error is kept)
    except CustomStreamError as error:
        return apart_from_steps(seen), error.message
    return apart_from_steps(seen), None


def apart_from_steps(events: list[ThreadStreamEvent]) -> list[ThreadStreamEvent]:
    return [event for event in events if not isinstance(event, ClientEffectEvent)]


def finished(events: list[ThreadStreamEvent]) -> list[AssistantMessageItem]:
    done = [event.item for event in events if event.type == "thread.item.done"]
    return [item for item in done if isinstance(item, AssistantMessageItem)]


async def test_markers_become_annotations_that_name_title_file_and_heading() -> None:
    events, _ = await run(
        [
            PassagesFound([PASSAGE]),
            MessageStarted(0),
            TextDelta(0, "Use apt-get"),
            TextDelta(0, " [1"),
            TextDelta(0, "]."),
            MessageDone(0, "Use apt-get [1]."),
        ]
    )
    (content,) = finished(events)[0].content
    assert content.text == "Use apt-get."
    (cited,) = content.annotations
    assert cited.index == len("Use apt-get")
    assert cited.source.model_dump(include={"title", "url", "attribution", "description"}) == {
        "title": "Install",
        "url": "/sources/p1?document=d1&answer=thr_1.msg_1&from=0&to=20#cited",
        "attribution": "guide/install.md · On Debian",
        "description": "Run apt-get install.",
    }


async def test_deltas_and_annotations_arrive_between_added_and_done() -> None:
    events, _ = await run(
        [PassagesFound([PASSAGE]), MessageStarted(0), TextDelta(0, "Yes [1] no"), MessageDone(0, "")]
    )
    updates = [
        event.update.type.rpartition(".")[2] for event in events if event.type == "thread.item.updated"
    ]
    assert [events[0].type, events[-1].type] == ["thread.item.added", "thread.item.done"]
    assert updates == ["added", "text_delta", "annotation_added", "text_delta", "done"]


async def test_what_streamed_is_told_again_with_the_words_that_are_cited_once_the_message_is_complete() -> (
    None
):
    events, _ = await run(
        [PassagesFound([PASSAGE]), MessageStarted(0), TextDelta(0, "Run apt-get [1]."), MessageDone(0, "")]
    )
    updates = [event.update for event in events if event.type == "thread.item.updated"]
    (streamed,) = [
        one.annotation for one in updates if one.type == "assistant_message.content_part.annotation_added"
    ]
    assert isinstance(streamed.source, URLSource)
    assert streamed.source.url == "/sources/p1?document=d1&answer=thr_1.msg_1#passage"
    last = updates[-1]
    assert last.type == "assistant_message.content_part.done"
    assert last.content == finished(events)[0].content[0]
    (final,) = last.content.annotations
    assert isinstance(final.source, URLSource)
    assert final.source.url.startswith(streamed.source.url.removesuffix("#passage"))
    assert final.source.url.endswith("&from=0&to=20#cited")


async def test_a_sentence_that_its_passage_does_not_support_is_marked() -> None:
    answer = "Run apt-get install [1]. Penguins swim faster than any submarine [1]."
    events, _ = await run(
        [PassagesFound([PASSAGE]), MessageStarted(0), TextDelta(0, answer), MessageDone(0, answer)]
    )
    (content,) = finished(events)[0].content
    (mark,) = [one for one in content.annotations if one.source.type == "entity"]
    assert mark.index == len(content.text)
    assert isinstance(mark.source, EntitySource)
    assert mark.source.data == {"from": content.text.index("Penguins"), "to": len(content.text)}


async def test_an_answer_that_cites_nothing_says_so() -> None:
    events, _ = await run(
        [PassagesFound([PASSAGE]), MessageStarted(0), TextDelta(0, "No idea [7]."), MessageDone(0, "")]
    )
    (note,) = finished(events)[0].content[0].annotations
    assert (note.source.title, note.index) == ("Not from your documents", None)


async def test_each_message_of_a_run_has_an_id_of_its_own() -> None:
    events, _ = await run(
        [
            MessageStarted(0),
            TextDelta(0, "a"),
            MessageDone(0, "a"),
            MessageStarted(1),
            TextDelta(1, "b"),
            MessageDone(1, "b"),
        ]
    )
    assert [item.id for item in finished(events)] == ["msg_1", "msg_2"]


async def test_what_was_said_before_a_failure_is_kept_and_the_failure_is_told() -> None:
    events, error = await run(
        [
            Progress("Searching", "search"),
            MessageStarted(0),
            TextDelta(0, "Half an"),
            ModelFailed("It broke."),
        ]
    )
    assert [part.text for part in finished(events)[0].content] == ["Half an"]
    assert finished(events)[0].content[0].annotations == []
    assert error == "It broke."


async def test_the_same_passage_is_cited_once_at_one_place() -> None:
    events, _ = await run(
        [PassagesFound([PASSAGE]), MessageStarted(0), TextDelta(0, "Yes [1][1]."), MessageDone(0, "")]
    )
    assert len(finished(events)[0].content[0].annotations) == 1


async def test_usage_is_not_a_thread_event() -> None:
    assert await run([UsageReported(1, 2, estimated=False)]) == ([], None)


@pytest.mark.parametrize("retryable", [True, False])
async def test_retry_is_offered_only_where_it_may_help(retryable: bool) -> None:
    async def source() -> AsyncIterator[AgentEvent]:
        raise ModelFailed("No.", retryable=retryable)
        yield

    thread = ThreadMetadata(id="thr_1", created_at=StoppedClock().now())
    with pytest.raises(CustomStreamError) as caught:
        _ = [
            event
            async for event in translate(source(), thread, lambda kind: "msg_1", StoppedClock(), Checker())
        ]
    assert caught.value.allow_retry is retryable
