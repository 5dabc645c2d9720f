"""One call of a model, without the Agents SDK's runner: for what needs no tool of the server's.

Above: `workflow`, which tells an answer while it is said; `rerank` and the judge, which want a short reply.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

import agents as sdk
from agents.items import TResponseStreamEvent
from agents.models.interface import ModelTracing

from chatkeep.agents.events import Message, TextDelta
from chatkeep.agents.failures import translate, unfinished
from chatkeep.agents.models import CreatedModel
from chatkeep.agents.streaming import Hearing
from chatkeep.core.errors import ModelFailed


def call(
    model: CreatedModel, instructions: str, messages: Sequence[Message], tools: Sequence[sdk.Tool] = ()
) -> AsyncGenerator[TResponseStreamEvent]:
    """What the model streams; close it when it is heard out or no more is wanted.

    Args:
        tools: what it may call instead of answering; nothing here carries a call out.
    """
    stream = model.model.stream_response(
        instructions,
        # Plain strings, without ids: what every converter and every provider accepts as history.
        [{"role": message.role, "content": message.text} for message in messages],
        model.settings,
        tools=list(tools),
        output_schema=None,
        handoffs=[],
        tracing=ModelTracing.DISABLED,
        previous_response_id=None,
        conversation_id=None,
        prompt=None,
    )
    return cast("AsyncGenerator[TResponseStreamEvent]", stream)  # every one is an async generator


async def replied(model: CreatedModel, instructions: str, text: str, most: int) -> str:
    """The model's whole reply to `text`.

    Raises:
        ModelFailed: it did not answer, stopped half-way, or said more than `most` characters.
    """
    hearing = Hearing(model.source)
    said, begun = "", False
    try:
        async with aclosing(call(model, instructions, [Message("user", text)])) as events:
            async for event in events:
                begun = True
                said += "".join(ours.text for ours in hearing.read(event) if isinstance(ours, TextDelta))
                if len(said) > most:
                    raise ModelFailed(f"{model.name} said more than it was asked for.")
    except Exception as error:
        raise translate(error, model.source, begun=begun) from error
    if not hearing.is_complete:
        raise unfinished(model.source)
    return said
