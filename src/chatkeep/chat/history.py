"""History: what was said in a thread, as the plain messages a model is given.

Above: `chat.server` asks for it at the start of a turn. Pure.
Assistant messages become plain strings: the SDK's own converter sends parts that Chat Completions
endpoints refuse from the second turn on.
"""

from collections.abc import Iterable, Sequence

from chatkit.types import (
    AssistantMessageItem,
    ClientToolCallItem,
    ThreadItem,
    UserMessageItem,
    UserMessageTagContent,
)

from chatkeep.agents.client_tools import CarriedOut
from chatkeep.agents.events import Message


def text_of(item: UserMessageItem) -> str:
    """What the user wrote, tags as `@name`, with the text they quoted before it."""
    words = "".join(
        f"@{part.text}" if isinstance(part, UserMessageTagContent) else part.text for part in item.content
    ).strip()
    if not item.quoted_text:
        return words
    quote = "\n".join(f"> {line}" for line in item.quoted_text.splitlines())
    return f"{quote}\n\n{words}"


def messages(items: Iterable[ThreadItem]) -> list[Message]:
    """The messages of `items` in their order; everything that is not a message is left out."""
    said = []
    for item in items:
        if isinstance(item, UserMessageItem):
            said.append(Message("user", text_of(item)))
        elif isinstance(item, AssistantMessageItem):
            text = "\n\n".join(part.text for part in item.content)
            said.append(Message("assistant", text))
    return [message for message in said if message.text.strip()]


def carried_on(
    newest_first: Sequence[ThreadItem],
) -> tuple[list[CarriedOut], str, Sequence[ThreadItem]]:
    """Where a turn goes on without a new message: what the page did, the question, the items before it."""
    done: list[CarriedOut] = []
    for place, item in enumerate(newest_first):
        if isinstance(item, UserMessageItem):
            return done[::-1], text_of(item), newest_first[place + 1 :]
        if isinstance(item, ClientToolCallItem) and item.status == "completed":
            done.append(CarriedOut(item.name, item.arguments, item.output))
    return done[::-1], "", newest_first
