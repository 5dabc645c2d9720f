"""The sequences of events that the protocol allows (spec A.9, S1 to S17), each as a part to play.

A sequence is what the assistant says, and the requests that make it say so: the first creates the thread and
names the sequence, `then` are the others. Ids count from 1 by kind, so that requests can name them.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

from agents import GuardrailFunctionOutput, InputGuardrail, InputGuardrailResult
from agents.exceptions import InputGuardrailTripwireTriggered
from chatkit.agents import ClientToolCall, ResponseStreamConverter
from chatkit.errors import CustomStreamError, ErrorCode, StreamError
from chatkit.server import stream_widget
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ClientEffectEvent,
    ClientToolCallItem,
    CustomSummary,
    CustomTask,
    EndOfTurnItem,
    ErrorEvent,
    GeneratedImageItem,
    HiddenContextItem,
    LockedStatus,
    NoticeEvent,
    ProgressUpdateEvent,
    SearchTask,
    StreamOptions,
    StreamOptionsEvent,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
    TaskItem,
    ThoughtTask,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdate,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    URLSource,
    UserMessageItem,
    WidgetComponentUpdated,
    WidgetItem,
    WidgetRootUpdated,
    WidgetStreamingTextValueDelta,
    Workflow,
    WorkflowItem,
    WorkflowTaskAdded,
    WorkflowTaskUpdated,
)
from chatkit.widgets import DynamicWidgetComponent, DynamicWidgetRoot, WidgetRoot

from tests.wire.assistant import Part, Play, told

Events = AsyncGenerator[ThreadStreamEvent, None]
Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stop:
    """`threads.stop`, sent when the stream has come to `after`."""

    after: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Attributes: stop: what ends the stream of the first request, if it does not end by itself."""

    name: str
    part: Part
    requests: tuple[Request, ...]
    stop: Stop | None


SEQUENCES: dict[str, Sequence] = {}


def cue(name: str) -> str:
    """The message that names the sequence."""
    return name.replace("-", " ")


def message(text: str, **more: Any) -> Request:
    content = [{"type": "input_text", "text": text}] if text else []
    return {"content": content, "quoted_text": "", "attachments": [], "inference_options": {}, **more}


def ask(operation: str, **params: Any) -> Request:
    """A request about the thread that the first one created."""
    return {"type": f"threads.{operation}", "params": {"thread_id": "thr_1", **params}}


def act(payload: Any = None, item_id: str | None = None, operation: str = "custom_action") -> Request:
    sender = {} if item_id is None else {"item_id": item_id}
    return ask(operation, **sender, action={"type": "press", "payload": payload})


def sequence(name: str, *then: Request, stop: Stop | None = None, **more: Any) -> Callable[[Part], Part]:
    """Registers a part. `stop` ends the first stream; `more` is what the first message holds besides text."""

    def register(part: Part) -> Part:
        create = {"type": "threads.create", "params": {"input": message(cue(name), **more)}}
        SEQUENCES[name] = Sequence(name, part, (create, *then), stop)
        return part

    return register


def update(item_id: str, change: ThreadItemUpdate) -> ThreadItemUpdatedEvent:
    return ThreadItemUpdatedEvent(item_id=item_id, update=change)


def delta(item_id: str, text: str, part: int = 0) -> ThreadItemUpdatedEvent:
    return update(item_id, AssistantMessageContentPartTextDelta(content_index=part, delta=text))


def card(*children: dict[str, Any], **properties: Any) -> DynamicWidgetRoot:
    return DynamicWidgetRoot.model_validate({"type": "Card", "children": list(children), **properties})


def text(id_: str, value: str, **properties: Any) -> dict[str, Any]:
    return {"type": "Text", "id": id_, "value": value, **properties}


BUTTON = {"type": "Button", "label": "Press", "onClickAction": {"type": "press", "payload": {"n": 1}}}
SOURCE = Annotation(source=URLSource(title="A page", url="https://example.com/a"), index=3)

# What a stream may hold besides items


@sequence("s00-progress-notices-effects")
async def body(play: Play) -> Events:
    yield ProgressUpdateEvent(text="Looking", icon="search")
    yield ProgressUpdateEvent(text="Reading")
    yield NoticeEvent(level="info", message="The *first* notice")
    yield NoticeEvent(level="warning", title="Limit", message="See [the plans](https://example.com/plans)")
    yield ClientEffectEvent(name="highlight", data={"row": 2, "colour": None})
    yield StreamOptionsEvent(stream_options=StreamOptions(allow_cancel=False))
    yield play.says("Found.")
    yield ProgressUpdateEvent(text="Tidying up")
    yield ThreadItemDoneEvent(item=EndOfTurnItem(**play.new()))


@sequence("s00-hidden-context")
async def hidden_context(play: Play) -> Events:
    hidden = HiddenContextItem(content={"selected": None, "rows": [1, 2]}, **play.new())
    yield ThreadItemAddedEvent(item=hidden)
    yield ThreadItemDoneEvent(item=hidden)
    yield ThreadItemReplacedEvent(item=hidden.model_copy(update={"content": "Two rows are selected."}))
    yield play.says("Noted.")


@sequence("s00-interleaved-items")
async def interleaved(play: Play) -> Events:
    left, right = play.said(), play.said()
    yield ThreadItemAddedEvent(item=left)
    yield ThreadItemAddedEvent(item=right)
    for side, word in ((left, "L"), (right, "R"), (left, "eft"), (right, "ight")):
        yield delta(side.id, word)
    for side, word in ((right, "Right"), (left, "Left")):
        content = [AssistantMessageContent(text=word)]
        yield ThreadItemDoneEvent(item=side.model_copy(update={"content": content}))


# S1, S2: messages


@sequence("s01-new-thread")
async def new_thread(play: Play) -> Events:
    yield play.says("Welcome.")


@sequence(
    "s02-message-in-existing-thread",
    ask(
        "add_user_message",
        input=message(
            "",
            content=[
                {"type": "input_text", "text": "And what of "},
                {"type": "input_tag", "id": "e1", "text": "Bob", "data": {"a": None}, "interactive": True},
            ],
            quoted_text="Welcome.",
            inference_options={"tool_choice": {"id": "search"}, "model": "small"},
        ),
    ),
)
async def existing_thread(play: Play) -> Events:
    is_first = isinstance(play.prompt, UserMessageItem) and not play.prompt.quoted_text
    yield play.says("Welcome." if is_first else "Bob is well.")


# S3: retry and custom actions (tool output is S9)


@sequence("s03-retry", ask("retry_after_item", item_id="msg_1"))
async def retry(play: Play) -> Events:
    yield play.says("An answer.")
    yield ThreadItemDoneEvent(item=HiddenContextItem(content="A note.", **play.new()))
    yield ThreadItemDoneEvent(item=TaskItem(task=CustomTask(title="Checked"), **play.new("task")))


@sequence("s03-custom-action", act({"n": 1}, "msg_2"))
async def custom_action(play: Play) -> Events:
    if play.action is None:
        yield ThreadItemDoneEvent(item=WidgetItem(widget=card(BUTTON), **play.new()))
        return
    assert isinstance(play.prompt, WidgetItem)
    pressed = card(text("t", f"Pressed {play.action.payload['n']} times"))
    yield ThreadItemReplacedEvent(item=play.prompt.model_copy(update={"widget": pressed}))
    yield play.says("You pressed it.")


@sequence("s03-custom-action-without-item", act())
async def action_without_item(play: Play) -> Events:
    yield play.says("Ready." if play.action is None else "Something was pressed.")


# S4, S10: structured input

_INPUTS = [
    StructuredInputMultipleChoice(
        id="priority",
        question="How urgent is it?",
        options=[StructuredInputMultipleChoiceOption(value=value) for value in ("Low", "High")],
    ),
    StructuredInputFreeform(id="notes", question="Anything else?", description="Optional"),
]
_ANSWERS = {"priority": {"values": ["Soon", "Low"]}, "unknown": {"values": ["x"]}}


async def structured(play: Play) -> Events:
    if isinstance(play.prompt, StructuredInputItem):
        yield play.says(f"It was {play.prompt.status}.")
        return
    yield play.says("Two questions first.")
    inputs = [question.model_copy(deep=True) for question in _INPUTS]
    yield ThreadItemDoneEvent(item=StructuredInputItem(status="pending", inputs=inputs, **play.new()))


def submit(submission: Request) -> Request:
    return ask("add_structured_input", item_id="msg_3", input=submission)


sequence("s10-structured-input")(structured)
sequence(
    "s04-structured-input-answered",
    submit({"answers": _ANSWERS}),
    submit({"answers": _ANSWERS}),
)(structured)
sequence("s04-structured-input-skipped", submit({"status": "skipped"}))(structured)

# S5: assistant messages


@sequence("s05-assistant-message-single-shot")
async def single_shot(play: Play) -> Events:
    yield play.says("All at once.", "In two parts.")


@sequence("s05-assistant-message-streamed")
async def streamed(play: Play) -> Events:
    item = play.said()
    yield ThreadItemAddedEvent(item=item)
    whole = ("One, two.", "Grüße, 世界 👋")
    for index, sentence in enumerate(whole):
        empty = AssistantMessageContent(text="")
        yield update(item.id, AssistantMessageContentPartAdded(content_index=index, content=empty))
        for start in range(0, len(sentence), 5):
            yield delta(item.id, sentence[start : start + 5], index)
        if index == 0:
            cited = AssistantMessageContentPartAnnotationAdded(
                content_index=0, annotation_index=0, annotation=SOURCE
            )
            yield update(item.id, cited)
        # As the SDK's bridge does: without the annotations it has sent before.
        part = AssistantMessageContent(text=sentence)
        yield update(item.id, AssistantMessageContentPartDone(content_index=index, content=part))
    content = [
        AssistantMessageContent(text=whole[0], annotations=[SOURCE]),
        AssistantMessageContent(text=whole[1]),
    ]
    yield ThreadItemDoneEvent(item=item.model_copy(update={"content": content}))


@sequence("s05-assistant-message-padded")
async def padded(play: Play) -> Events:
    item = play.said()
    yield ThreadItemAddedEvent(item=item)
    yield delta(item.id, "The second part comes first", part=1)
    content = [AssistantMessageContent(text=""), AssistantMessageContent(text="The second part comes first")]
    yield ThreadItemDoneEvent(item=item.model_copy(update={"content": content}))


@sequence("s05-assistant-message-aborted-removed")
async def aborted_removed(play: Play) -> Events:
    item = play.said()
    yield ThreadItemAddedEvent(item=item)
    yield delta(item.id, "On second thou")
    yield ThreadItemRemovedEvent(item_id=item.id)
    yield ThreadItemRemovedEvent(item_id="msg_unknown")


@sequence("s05-assistant-message-aborted-stream-ends")
async def aborted_stream_ends(play: Play) -> Events:
    item = play.said()
    yield ThreadItemAddedEvent(item=item)
    yield delta(item.id, "I was about to")


# S6: widgets


@sequence("s06-widget-static")
async def widget_static(play: Play) -> Events:
    widget = card(text("t", "Hello"), BUTTON, border={"size": 1})
    async for event in stream_widget(play.thread, widget, "Hello", lambda kind: play.new(kind)["id"]):
        yield event


@sequence("s06-widget-streamed")
async def widget_streamed(play: Play) -> Events:
    async def states() -> AsyncGenerator[WidgetRoot, None]:
        for value in ("", "One", "One, two"):
            yield card(text("t", value, streaming=True), {"type": "Badge", "label": "draft"})
        yield card(text("t", "One, two", streaming=False), {"type": "Badge", "label": "final"})

    async for event in stream_widget(play.thread, states(), None, lambda kind: play.new(kind)["id"]):
        yield event


@sequence("s06-widget-unfinished")
async def widget_unfinished(play: Play) -> Events:
    item = WidgetItem(widget=card(text("t", "")), **play.new())
    yield ThreadItemAddedEvent(item=item)
    yield update(item.id, WidgetStreamingTextValueDelta(component_id="t", delta="Never done", done=True))


_LATER = card(
    text("t", "Stock: ", streaming=True),
    {"type": "Transition", "children": text("inner", "loading")},
    {"type": "Table", "rows": [{"cells": [text("cell", "?")]}]},
)


@sequence("s06-widget-later-updated", act(item_id="msg_2"))
async def widget_later(play: Play) -> Events:
    if play.action is None:
        yield ThreadItemDoneEvent(item=WidgetItem(widget=_LATER, copy_text="Stock", **play.new()))
        return
    yield update("msg_2", WidgetStreamingTextValueDelta(component_id="t", delta="twelve ", done=False))
    yield update("msg_2", WidgetStreamingTextValueDelta(component_id="t", delta="boxes", done=True))
    loaded = DynamicWidgetComponent.model_validate(text("inner", "loaded", weight="bold"))
    yield update("msg_2", WidgetComponentUpdated(component_id="inner", component=loaded))
    filled = DynamicWidgetComponent.model_validate(text("cell", "12"))
    yield update("msg_2", WidgetComponentUpdated(component_id="cell", component=filled))
    yield update("msg_2", WidgetComponentUpdated(component_id="unknown", component=filled))
    yield update("msg_unknown", WidgetRootUpdated(widget=card()))


@sequence("s06-widget-later-root-updated", act(item_id="msg_2"))
async def widget_later_root(play: Play) -> Events:
    if play.action is None:
        yield ThreadItemDoneEvent(item=WidgetItem(widget=_LATER, **play.new()))
        return
    yield update("msg_2", WidgetRootUpdated(widget=card(text("t", "Sold out"))))


@sequence("s06-widget-later-replaced", act(item_id="msg_2"))
async def widget_later_replaced(play: Play) -> Events:
    if play.action is None:
        yield ThreadItemDoneEvent(item=WidgetItem(widget=_LATER, **play.new()))
        yield play.says("Below the widget.")
        return
    assert isinstance(play.prompt, WidgetItem)
    yield ThreadItemReplacedEvent(item=play.prompt.model_copy(update={"widget": card(text("t", "Sold out"))}))


@sequence(
    "s06-widget-sync-action",
    act([text("t", "Liked")], "msg_2", "sync_custom_action"),
    act(None, None, "sync_custom_action"),
)
async def widget_sync_action(play: Play) -> Events:
    yield ThreadItemDoneEvent(item=WidgetItem(widget=card(BUTTON), **play.new()))


# S7: workflows


@sequence("s07-workflow-custom")
async def workflow_custom(play: Play) -> Events:
    agent = play.agent()
    search = SearchTask(title="Searching", queries=["boats"], status_indicator="loading")
    await agent.add_workflow_task(search)
    async for event in told(agent):
        yield event
    page = URLSource(title="Boats", url="https://example.com/boats")
    await agent.update_workflow_task(
        search.model_copy(update={"sources": [page], "status_indicator": "complete"}), 0
    )
    async for event in told(agent):
        yield event
    await agent.add_workflow_task(CustomTask(title="Compare", content="Two **boats**", icon="chart"))
    async for event in told(agent):
        yield event
    await agent.end_workflow(CustomSummary(title="Looked at boats", icon="check"), expanded=True)
    async for event in told(agent):
        yield event
    yield play.says("Take the blue one.")


_THINKING = {"type": "reasoning", "id": "rs_1", "summary": []}
_ANSWER = {"type": "message", "id": "msg_model", "role": "assistant"}
_SAID = {"type": "output_text", "text": "Yes.", "annotations": []}


def _thought(kind: str, index: int, words: str) -> dict[str, Any]:
    field = "delta" if kind == "delta" else "text"
    name = f"response.reasoning_summary_text.{kind}"
    return {"type": name, "item_id": "rs_1", "summary_index": index, field: words}


@sequence("s07-workflow-reasoning")
async def workflow_reasoning(play: Play) -> Events:
    part = {"item_id": "msg_model", "content_index": 0}
    said: list[dict[str, Any]] = [
        {"type": "response.output_item.added", "item": _THINKING},
        _thought("delta", 0, "Is it"),
        _thought("delta", 0, " so?"),
        _thought("done", 0, "Is it so?"),
        _thought("delta", 1, "It"),
        _thought("done", 1, "It is."),
        {"type": "response.output_item.added", "item": {**_ANSWER, "status": "in_progress", "content": []}},
        {"type": "response.content_part.added", **part, "part": {**_SAID, "text": ""}},
        {"type": "response.output_text.delta", **part, "delta": "Yes.", "logprobs": []},
        {"type": "response.output_text.done", **part, "text": "Yes.", "logprobs": []},
        {
            "type": "response.output_item.done",
            "item": {**_ANSWER, "status": "completed", "content": [_SAID]},
        },
    ]
    async for event in play.runs(play.agent(), *said):
        yield event


@sequence("s07-workflow-carried", ask("add_client_tool_output", result={"rows": 2}))
async def workflow_carried(play: Play) -> Events:
    if isinstance(play.prompt, UserMessageItem):
        agent = play.agent(client_tool_call=ClientToolCall(name="get_selection", arguments={"scope": "page"}))
        await agent.start_workflow(
            Workflow(type="custom", tasks=[CustomTask(title="Ask the page", status_indicator="loading")])
        )
        async for event in play.runs(agent):
            yield event
        return
    # Updates of a workflow that an earlier stream began, and its end.
    asked = CustomTask(title="Ask the page", status_indicator="complete")
    counted = CustomTask(title="Count the rows", status_indicator="complete")
    yield update("wf_1", WorkflowTaskUpdated(task_index=0, task=asked))
    yield update("wf_1", WorkflowTaskAdded(task_index=1, task=counted))
    workflow = Workflow(type="custom", tasks=[asked, counted], summary=CustomSummary(title="Counted"))
    yield ThreadItemDoneEvent(item=WorkflowItem(workflow=workflow, **{**play.new("workflow"), "id": "wf_1"}))
    yield play.says("There are two rows.")


@sequence("s07-workflow-empty")
async def workflow_empty(play: Play) -> Events:
    agent = play.agent()
    await agent.start_workflow(Workflow(type="custom", tasks=[]))
    await agent.end_workflow()
    async for event in told(agent):
        yield event
    yield play.says("There was nothing to do.")


# S8: generated images


class _Hosted(ResponseStreamConverter):
    async def base64_image_to_url(
        self, image_id: str, base64_image: str, partial_image_index: int | None = None
    ) -> str:
        step = "whole" if partial_image_index is None else partial_image_index
        return f"https://example.com/{image_id}/{step}.png"


def _image(status: str, result: str | None) -> dict[str, Any]:
    return {"type": "image_generation_call", "id": "ig_1", "status": status, "result": result}


def _partial(index: int) -> dict[str, Any]:
    return {
        "type": "response.image_generation_call.partial_image",
        "item_id": "ig_1",
        "partial_image_index": index,
        "partial_image_b64": "AA==",
    }


async def image(play: Play, result: str | None) -> Events:
    said: list[dict[str, Any]] = [
        {"type": "response.output_item.added", "item": _image("in_progress", None)},
        _partial(0),
        _partial(1),
        {"type": "response.output_item.done", "item": _image("completed" if result else "failed", result)},
    ]
    events = said if result else [said[0], said[-1]]
    async for event in play.runs(play.agent(), *events, converter=_Hosted(partial_images=2)):
        yield event


@sequence("s08-generated-image")
async def image_generated(play: Play) -> Events:
    async for event in image(play, "AA=="):
        yield event


@sequence("s08-generated-image-failed")
async def image_failed(play: Play) -> Events:
    async for event in image(play, None):
        yield event


# S9: client tools


def tool_output(result: Any) -> Request:
    return ask("add_client_tool_output", result=result)


@sequence("s09-client-tool", tool_output({"rows": 2, "first": None}))
async def client_tool(play: Play) -> Events:
    if isinstance(play.prompt, ClientToolCallItem):
        assert isinstance(play.prompt.output, dict)
        yield play.says(f"You selected {play.prompt.output['rows']} rows.")
        return
    yield play.says("Let me look.")
    call = ClientToolCall(name="get_selection", arguments={"scope": "page", "limit": None})
    async for event in play.runs(play.agent(client_tool_call=call)):
        yield event


@sequence("s09-client-tool-twice", tool_output("first\nline"), tool_output({"error": "No such row"}))
async def client_tool_twice(play: Play) -> Events:
    tools = {None: "get_selection", "get_selection": "get_row"}
    done = play.prompt.name if isinstance(play.prompt, ClientToolCallItem) else None
    if done == "get_row":
        yield play.says("That row is gone.")
        return
    call = ClientToolCallItem(
        call_id=f"call_{tools[done]}", name=tools[done], arguments={}, **play.new("tool_call")
    )
    yield ThreadItemDoneEvent(item=call)


@sequence(
    "s09-client-tool-overtaken",
    ask("add_user_message", input=message("Never mind")),
    tool_output({"rows": 2}),
)
async def client_tool_overtaken(play: Play) -> Events:
    if isinstance(play.prompt, UserMessageItem) and play.prompt.id == "msg_1":
        call = ClientToolCallItem(
            call_id="call_1", name="get_selection", arguments={}, **play.new("tool_call")
        )
        yield ThreadItemDoneEvent(item=call)
    else:
        yield play.says("As you wish.")


# S11: standalone tasks


@sequence("s11-task-done")
async def task_done(play: Play) -> Events:
    yield ThreadItemDoneEvent(item=TaskItem(task=CustomTask(title="Saved", icon="check"), **play.new("task")))


async def task(play: Play, end: type[ThreadItemDoneEvent | ThreadItemReplacedEvent]) -> Events:
    item = TaskItem(task=ThoughtTask(title="Weighing", content=""), **play.new("task"))
    yield ThreadItemAddedEvent(item=item)
    weighed = ThoughtTask(title="Weighed", content="The *second* one")
    yield end(item=item.model_copy(update={"task": weighed}))


@sequence("s11-task-added-done")
async def task_added_done(play: Play) -> Events:
    async for event in task(play, ThreadItemDoneEvent):
        yield event


@sequence("s11-task-added-replaced")
async def task_added_replaced(play: Play) -> Events:
    async for event in task(play, ThreadItemReplacedEvent):
        yield event


# S12: cancel


@sequence("s12-cancel", stop=Stop(after='"delta":"wor"'))
async def cancel(play: Play) -> Events:
    item = play.said()
    yield ThreadItemAddedEvent(item=item)
    yield delta(item.id, "Half a ")
    yield delta(item.id, "wor")
    await forever()


@sequence("s12-cancel-nothing-said", stop=Stop(after="generated_image"))
async def cancel_nothing_said(play: Play) -> Events:
    yield play.says("A picture, then.")
    message = AssistantMessageItem(content=[AssistantMessageContent(text=" ")], **play.new())
    yield ThreadItemAddedEvent(item=message)
    yield ThreadItemAddedEvent(item=WidgetItem(widget=card(text("t", "Half")), **play.new()))
    thinking = Workflow(type="reasoning", tasks=[ThoughtTask(content="Hm")])
    yield ThreadItemAddedEvent(item=WorkflowItem(workflow=thinking, **play.new("workflow")))
    yield ThreadItemAddedEvent(item=GeneratedImageItem(image=None, **play.new()))
    await forever()


async def forever() -> None:
    await asyncio.Event().wait()


# S13: errors


@sequence("s13-error-exception")
async def error_exception(play: Play) -> Events:
    item = play.said()
    yield ThreadItemAddedEvent(item=item)
    yield delta(item.id, "I will now")
    yield ThreadItemDoneEvent(item=HiddenContextItem(content="A note.", **play.new()))
    raise RuntimeError("nobody is to see this")


@sequence("s13-error-custom")
async def error_custom(play: Play) -> Events:
    yield ProgressUpdateEvent(text="Asking")
    raise CustomStreamError("Your plan does not cover this.", allow_retry=False)


@sequence("s13-error-coded")
async def error_coded(play: Play) -> Events:
    yield play.says("So far so good.")
    raise StreamError(ErrorCode.STREAM_ERROR, allow_retry=False)


@sequence("s13-error-then-thread-updated")
async def error_then_update(play: Play) -> Events:
    yield play.says("So far so good.")
    play.thread.title = "A title set at the very end"
    raise CustomStreamError("It broke.", allow_retry=True)


@sequence("s13-error-in-the-middle")
async def error_in_the_middle(play: Play) -> Events:
    yield ErrorEvent(code="custom", message="One source did not answer.", allow_retry=False)
    yield play.says("The others say yes.")


@sequence("s13-error-then-retry", ask("retry_after_item", item_id="msg_1"))
async def error_then_retry(play: Play) -> Events:
    if "failed" not in play.thread.metadata:
        play.thread.metadata = {"failed": True}
        raise CustomStreamError("It broke.", allow_retry=True)
    yield play.says("Now it works.")


# S14: guardrails


@sequence("s14-guardrail")
async def guardrail(play: Play) -> Events:
    said: list[dict[str, Any]] = [
        {"type": "response.output_item.added", "item": {**_ANSWER, "status": "in_progress", "content": []}},
        {
            "type": "response.output_text.delta",
            "item_id": "msg_model",
            "content_index": 0,
            "delta": "Yes.",
            "logprobs": [],
        },
        {
            "type": "response.output_item.done",
            "item": {**_ANSWER, "status": "completed", "content": [_SAID]},
        },
    ]
    tripped = InputGuardrailResult(
        guardrail=InputGuardrail(guardrail_function=lambda *_: _TRIPPED), output=_TRIPPED
    )
    try:
        async for event in play.runs(play.agent(), *said, InputGuardrailTripwireTriggered(tripped)):
            yield event
    except InputGuardrailTripwireTriggered:
        yield ErrorEvent(code="custom", message="That cannot be answered here.", allow_retry=False)


_TRIPPED = GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)

# S15: changes of the thread


@sequence("s15-thread-updated")
async def thread_updated(play: Play) -> Events:
    play.thread.title = "Boats"
    yield ProgressUpdateEvent(text="Naming the thread")
    yield play.says("Boats it is.")
    play.thread.metadata = {"secret": "stays on the server", "is_uninterruptible": True}
    play.thread.status = LockedStatus(reason="Archived")
    play.thread.allowed_image_domains = ["example.com"]


@sequence("s15-thread-updated-by-metadata", ask("add_user_message", input=message("Go on")))
async def thread_updated_by_metadata(play: Play) -> Events:
    yield play.says("Noted.")
    play.thread.metadata = {"is_uninterruptible": True}


# S16, S17, A.10: what goes wrong before the first event


@sequence("s16-custom-action-of-a-message", act(None, "msg_2"))
async def action_of_a_message(play: Play) -> Events:
    yield play.says("I am no widget.")


@sequence(
    "s17-retry-refused",
    ask("retry_after_item", item_id="msg_unknown"),
    ask("retry_after_item", item_id="msg_2"),
)
async def retry_refused(play: Play) -> Events:
    yield play.says("An answer.")


@sequence(
    "s17-other-refusals",
    {"type": "threads.unheard_of", "params": {}},
    {"type": "threads.list"},
    ask("add_user_message", input=message("Hi"), thread_id="thr_unknown"),
    ask("add_user_message", input=message("  ")),
    ask("add_user_message", input=message("Hi", attachments=["atc_unknown"])),
    tool_output({}),
    ask("add_structured_input", item_id="msg_2", input={"answers": {}}),
    act(None, "msg_2", "sync_custom_action"),
    act(None, "msg_unknown"),
    ask("get_by_id", thread_id="thr_unknown"),
)
async def other_refusals(play: Play) -> Events:
    yield play.says("An answer.")


@sequence("s17-new-thread-refused", attachments=["atc_unknown"])
async def never_asked(play: Play) -> Events:
    yield play.says("Never said.")
