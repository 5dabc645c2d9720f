"""The fold of a turn's events: what is announced and not finished."""

from datetime import UTC, datetime

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
)

from chatkeep.chat.pending import Pending


def message(name: str = "msg_1", *texts: str) -> AssistantMessageItem:
    content = [AssistantMessageContent(text=text, annotations=[]) for text in texts]
    return AssistantMessageItem(
        id=name, thread_id="thr_1", created_at=datetime(2026, 11, 21, tzinfo=UTC), content=content
    )


def delta(text: str, index: int = 0, name: str = "msg_1") -> ThreadItemUpdatedEvent:
    update = AssistantMessageContentPartTextDelta(content_index=index, delta=text)
    return ThreadItemUpdatedEvent(item_id=name, update=update)


def texts(pending: Pending) -> list[list[str]]:
    return [
        [part.text for part in item.content]
        for item in pending.items()
        if isinstance(item, AssistantMessageItem)
    ]


def test_deltas_add_up_whenever_one_looks() -> None:
    pending = Pending()
    pending.apply(ThreadItemAddedEvent(item=message()))
    pending.apply(delta("a"))
    assert texts(pending) == [["a"]]
    pending.apply(delta("b"))
    pending.apply(delta("c"))
    assert texts(pending) == [["abc"]]
    assert texts(pending) == [["abc"]]


def test_a_part_that_was_never_announced_is_made() -> None:
    pending = Pending()
    pending.apply(ThreadItemAddedEvent(item=message()))
    pending.apply(delta("second", index=1))
    assert texts(pending) == [["", "second"]]


def test_a_part_that_comes_whole_takes_the_place_of_its_deltas() -> None:
    pending = Pending()
    pending.apply(ThreadItemAddedEvent(item=message()))
    pending.apply(delta("a"))
    content = AssistantMessageContent(text="whole", annotations=[])
    for part in (
        AssistantMessageContentPartAdded(content_index=0, content=content),
        AssistantMessageContentPartDone(content_index=0, content=content),
    ):
        pending.apply(ThreadItemUpdatedEvent(item_id="msg_1", update=part))
    pending.apply(delta("!"))
    assert texts(pending) == [["whole!"]]
    assert content.text == "whole"


def test_what_is_finished_or_removed_is_pending_no_more() -> None:
    pending = Pending()
    for name in ("msg_1", "msg_2", "msg_3"):
        pending.apply(ThreadItemAddedEvent(item=message(name)))
        pending.apply(delta("x", name=name))
    pending.apply(ThreadItemDoneEvent(item=message("msg_1", "x")))
    pending.apply(ThreadItemRemovedEvent(item_id="msg_2"))
    assert [item.id for item in pending.items()] == ["msg_3"]


def test_an_item_announced_again_starts_again() -> None:
    pending = Pending()
    pending.apply(ThreadItemAddedEvent(item=message()))
    pending.apply(delta("lost"))
    pending.apply(ThreadItemAddedEvent(item=message("msg_1", "so far ")))
    pending.apply(delta("kept"))
    assert texts(pending) == [["so far kept"]]


def test_what_is_announced_is_not_changed() -> None:
    announced, pending = message("msg_1", "a"), Pending()
    pending.apply(ThreadItemAddedEvent(item=announced))
    pending.apply(delta("b"))
    assert texts(pending) == [["ab"]]
    assert announced.content[0].text == "a"


def test_an_update_of_an_unknown_item_is_nothing() -> None:
    pending = Pending()
    pending.apply(delta("a"))
    assert pending.items() == []
