"""What becomes of a turn that did not come to its own end."""

from datetime import UTC, datetime

import pytest
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    InferenceOptions,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    UserMessageItem,
)

from chatkeep.chat import endings

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def message(name: str, text: str) -> AssistantMessageItem:
    content = [AssistantMessageContent(text=text, annotations=[])] if text else []
    return AssistantMessageItem(id=name, thread_id="thr_1", created_at=NOW, content=content)


def asked() -> UserMessageItem:
    return UserMessageItem(
        id="ask",
        thread_id="thr_1",
        created_at=NOW,
        content=[],
        attachments=[],
        inference_options=InferenceOptions(),
    )


def test_what_holds_a_word_is_kept_and_the_rest_removed() -> None:
    pending = [message("a", "words"), message("b", ""), message("c", " \n")]
    assert [item.id for item in endings.said(pending)] == ["a"]
    done, *removed = endings.closing(pending)
    assert isinstance(done, ThreadItemDoneEvent)
    assert done.item == pending[0]
    assert removed == [ThreadItemRemovedEvent(item_id="b"), ThreadItemRemovedEvent(item_id="c")]


@pytest.mark.parametrize(
    ("newest_first", "is_broken_off"),
    [
        ([asked()], True),
        ([endings.note("n", "thr_1", NOW, endings.BROKEN_OFF), message("a", "x"), asked()], True),
        ([endings.note("n", "thr_1", NOW, endings.STOPPED), asked()], False),
        ([message("a", "x"), asked()], False),
        ([], False),
    ],
)
def test_a_turn_was_broken_off_if_it_says_so_or_nothing_follows_the_question(
    newest_first: list[ThreadItem], is_broken_off: bool
) -> None:
    assert endings.is_broken_off(newest_first) is is_broken_off


def test_a_broken_off_turn_may_be_asked_again() -> None:
    assert endings.broken_off().allow_retry
    assert endings.broken_off().message


def test_a_turn_is_retold_oldest_first_without_what_is_hidden_and_nothing_twice() -> None:
    note = endings.note("n", "thr_1", NOW, endings.STOPPED)
    pending = [message("b", "so far")]
    told = endings.retold([note, message("b", "older"), message("a", "x"), asked()], pending)
    assert told == [
        ThreadItemDoneEvent(item=asked()),
        ThreadItemDoneEvent(item=message("a", "x")),
        ThreadItemAddedEvent(item=message("b", "so far")),
    ]
