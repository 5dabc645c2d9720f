from chatkeep.agents.events import Message
from chatkeep.agents.workflow import fit

HISTORY = [
    Message("user", "q1"),
    Message("assistant", "a1"),
    Message("user", "q2"),
    Message("assistant", "a2"),
]


def test_a_short_history_is_kept_whole() -> None:
    assert fit(HISTORY, 10, 100) == HISTORY


def test_the_oldest_messages_go_first() -> None:
    assert fit(HISTORY, 2, 100) == HISTORY[2:]
    assert fit(HISTORY, 10, 5) == HISTORY[2:]


def test_a_history_begins_with_a_question() -> None:
    assert fit(HISTORY, 3, 100) == HISTORY[2:]
    assert fit(HISTORY, 1, 100) == []


def test_a_long_message_is_not_skipped_for_an_older_short_one() -> None:
    long = [*HISTORY, Message("user", "x" * 50), Message("assistant", "a3")]
    assert fit(long, 10, 20) == []


def test_messages_without_text_are_left_out() -> None:
    assert fit([*HISTORY[:2], Message("user", " "), Message("assistant", "")], 10, 100) == HISTORY[:2]
