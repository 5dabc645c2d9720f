"""The fold of a turn's events: what a stop, a worker's death or a late update must not lose."""

from datetime import UTC, datetime
from typing import Any

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageItem,
    GeneratedImage,
    GeneratedImageItem,
    GeneratedImageUpdated,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadStreamEvent,
    URLSource,
    WidgetItem,
    WidgetStreamingTextValueDelta,
)

from chatkeep.chat.pending import Pending, updated
from tests.wire.sequences import card, delta, text, update

_COMMON: dict[str, Any] = {"id": "i", "thread_id": "thr_1", "created_at": datetime(2030, 1, 1, tzinfo=UTC)}
SOURCE = Annotation(source=URLSource(title="A page", url="https://example.com/a"), index=3)


def fold(*events: ThreadStreamEvent) -> Pending:
    pending = Pending()
    for event in events:
        pending.apply(event)
    return pending


def test_a_message_keeps_its_citations_when_its_part_ends_without_them() -> None:
    (item,) = fold(
        ThreadItemAddedEvent(item=AssistantMessageItem(content=[], **_COMMON)),
        delta("i", "Yes"),
        update(
            "i",
            AssistantMessageContentPartAnnotationAdded(
                content_index=0, annotation_index=0, annotation=SOURCE
            ),
        ),
        update(
            "i",
            AssistantMessageContentPartDone(content_index=0, content=AssistantMessageContent(text="Yes.")),
        ),
    ).items()
    assert isinstance(item, AssistantMessageItem)
    assert item.content == [AssistantMessageContent(text="Yes.", annotations=[SOURCE])]


def test_a_widget_and_an_image_are_as_far_as_they_have_come() -> None:
    picture = GeneratedImage(id="ig", url="https://example.com/0.png")
    (widget,) = fold(
        ThreadItemAddedEvent(item=WidgetItem(widget=card(text("t", "One")), **_COMMON)),
        update("i", WidgetStreamingTextValueDelta(component_id="t", delta=", two", done=True)),
    ).items()
    (image,) = fold(
        ThreadItemAddedEvent(item=GeneratedImageItem(**_COMMON)),
        update("i", GeneratedImageUpdated(image=picture)),
    ).items()
    assert isinstance(widget, WidgetItem)
    assert widget.widget == card(text("t", "One, two", streaming=False))
    assert isinstance(image, GeneratedImageItem)
    assert image.image == picture


def test_an_item_is_held_from_its_announcement_to_its_end() -> None:
    item = AssistantMessageItem(content=[], **_COMMON)
    assert not fold().holds("i")
    assert fold(ThreadItemAddedEvent(item=item)).holds("i")
    assert not fold(ThreadItemAddedEvent(item=item), ThreadItemDoneEvent(item=item)).holds("i")


def test_a_late_update_leaves_the_item_it_was_given_alone() -> None:
    item = AssistantMessageItem(content=[AssistantMessageContent(text="Ye")], **_COMMON)
    assert updated(item, delta("i", "s")).content == [AssistantMessageContent(text="Yes")]  # type: ignore[union-attr]
    assert item.content == [AssistantMessageContent(text="Ye")]
