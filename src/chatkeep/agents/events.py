"""What a run of the workflow tells its listener, in order.

    Progress* PassagesFound (MessageStarted TextDelta* MessageDone)* ToolCalled? UsageReported?

`chat.translate` turns these into thread events. Text still holds its `[n]` markers, where n counts
`PassagesFound.passages` from 1; `chat.citations` turns them into annotations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chatkeep.knowledge.documents import Passage


@dataclass(frozen=True, slots=True)
class Message:
    """One earlier message of the conversation, as plain text."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A line for people: what is being done now. `icon` is a ChatKit icon name."""

    text: str
    icon: str


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """The passages the answer may cite, best first: `[1]` is the first. `query` is what was searched for."""

    passages: Sequence[Passage]
    query: str = ""


@dataclass(frozen=True, slots=True)
class MessageStarted:
    """The model began a message; `index` counts this run's from 0 (providers' ids are not trusted)."""

    index: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class MessageDone:
    """The message's whole text, equal to its deltas joined."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model wants the page to do something: the run is over, and another goes on from what came of it."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UsageReported:
    """Tokens the run used. `estimated` when the provider gave none and they were counted here."""

    input_tokens: int
    output_tokens: int
    estimated: bool


AgentEvent = Progress | PassagesFound | MessageStarted | TextDelta | MessageDone | ToolCalled | UsageReported
