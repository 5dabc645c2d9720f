"""The ChatKit server: which operation a request names, and what it does.

Above: `http.chatkit` hands over bytes and a context. Below: the SDK's `ChatKitServer` carries out
the operations on our store; `agents` answers; `chat.translate` makes thread events of the answer.
Knows nothing of HTTP. Where the SDK is known to fail, the method says which fault it avoids.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Protocol

import anyio
from chatkit.errors import ErrorCode
from chatkit.server import ChatKitServer
from chatkit.store import AttachmentStore, NotFoundError, Store
from chatkit.types import (
    ChatKitReq,
    ErrorEvent,
    FeedbackKind,
    Page,
    StreamingReq,
    Thread,
    ThreadCreatedEvent,
    ThreadItem,
    ThreadMetadata,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadStreamEvent,
    UserMessageInput,
    UserMessageItem,
    UserMessageTagContent,
    is_streaming_req,
)
from pydantic import TypeAdapter, ValidationError

from chatkeep.agents.events import AgentEvent, Message
from chatkeep.chat.history import messages, text_of
from chatkeep.chat.titles import title_from
from chatkeep.chat.translate import translate
from chatkeep.chat.turn import Turn
from chatkeep.core.clock import Clock
from chatkeep.core.context import RequestContext
from chatkeep.core.errors import Conflict, InvalidInput, MalformedInput, NotFound
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_HISTORY_ITEMS = 40
_SAVE_SECONDS = 5.0


class Answers(Protocol):
    """What answers a question: `agents.workflow.Workflow`, or a test's double."""

    def run(
        self, question: str, history: Sequence[Message], context: RequestContext
    ) -> AsyncGenerator[AgentEvent, None]: ...


class FeedbackStore(Protocol):
    async def save_feedback(
        self, thread_id: str, item_ids: Sequence[str], kind: FeedbackKind, context: RequestContext
    ) -> None: ...


class ChatServer(ChatKitServer[RequestContext]):
    """Serves every ChatKit operation for one assistant.

    Args:
        image_domains: hosts whose images a page may show in answers. An image from anywhere else could
            carry what the model was told out of the page in its address, so it becomes a link.
    """

    def __init__(
        self,
        store: Store[RequestContext],
        feedback: FeedbackStore,
        answers: Answers,
        clock: Clock,
        image_domains: Sequence[str] = (),
    ) -> None:
        super().__init__(store)
        self._image_domains = list(image_domains)
        self._feedback = feedback
        self._answers = answers
        self._clock = clock
        self._turns: set[Turn] = set()
        self._requests: TypeAdapter[ChatKitReq] = TypeAdapter(ChatKitReq)  # once: fault 15

    async def handle(self, body: bytes, context: RequestContext) -> bytes | Turn:
        """Carry out the operation in `body`: a JSON reply, or a turn to follow.

        Raises:
            MalformedInput: `body` is not JSON.
            InvalidInput: it is not an operation with the parameters it needs.
            NotFound, Conflict: as the operation finds; always before the first event (fault 19).
        """
        request = self._parse(body)
        _log.info("operation", type=request.type)
        try:
            if not is_streaming_req(request):
                return await self._process_non_streaming(request, context)
            turn = await Turn.start(self._frames(request, context))
        except NotFoundError as error:
            raise NotFound("There is no such thread or item.") from error
        except NotImplementedError as error:
            raise InvalidInput(f"{request.type} is not offered by this assistant.") from error
        except ValueError as error:
            raise Conflict(str(error)) from error
        if turn is None:
            raise NotFound("There is no such item in this thread.")
        self._turns.add(turn)
        turn.call_at_end(self._turns.discard)
        return turn

    async def aclose(self) -> None:
        """End the turns that still run, and wait until what was said is saved: the store closes next."""
        async with anyio.create_task_group() as stopping:
            for turn in self._turns:
                stopping.start_soon(turn.stop)

    def _parse(self, body: bytes) -> ChatKitReq:
        try:
            request = self._requests.validate_json(body)
        except ValidationError as error:
            raise _refusal(error) from None
        if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
            _require_words(request.params.input)
        return request

    async def _frames(self, request: StreamingReq, context: RequestContext) -> AsyncGenerator[bytes, None]:
        """Server-sent events; a failure after the first one is an `error` event, never a cut."""
        began = False
        try:
            async for event in self._process_streaming_impl(request, context):
                began = True
                yield self._frame(event)
        except Exception:  # the top of a turn
            if not began:
                raise
            _log.exception("turn_failed")
            yield self._frame(ErrorEvent(code=ErrorCode.STREAM_ERROR, allow_retry=True))

    def _frame(self, event: ThreadStreamEvent) -> bytes:
        return b"data: " + self._serialize(event) + b"\n\n"

    async def _process_streaming_impl(
        self, request: StreamingReq, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent, None]:
        """The SDK's, but a thread is born with an aware UTC time (fault 18)."""
        if not isinstance(request, ThreadsCreateReq):
            async for event in super()._process_streaming_impl(request, context):
                yield event
            return
        thread = Thread(
            id=self.store.generate_thread_id(context), created_at=self._clock.now(), items=Page[ThreadItem]()
        )
        await self.store.save_thread(ThreadMetadata(**thread.model_dump(exclude={"items"})), context=context)
        yield ThreadCreatedEvent(thread=self._to_thread_response(thread))
        message = await self._build_user_message_item(request.params.input, thread, context)
        async for event in self._process_new_thread_item_respond(thread, message, context):
            yield event

    async def _build_user_message_item(
        self,
        input: UserMessageInput,  # noqa: A002 (the SDK's name)
        thread: ThreadMetadata,
        context: RequestContext,
    ) -> UserMessageItem:
        item = await super()._build_user_message_item(input, thread, context)
        return item.model_copy(update={"created_at": self._clock.now()})

    def _to_thread_response(self, thread: ThreadMetadata | Thread) -> Thread:
        response = super()._to_thread_response(thread)
        if response.allowed_image_domains is None:
            response.allowed_image_domains = self._image_domains
        return response

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Answer the message, or carry on with the thread's last one."""
        earlier = await self._earlier(thread, input_user_message, context)
        if input_user_message is not None:
            question = text_of(input_user_message)
        else:
            question = next((said.text for said in reversed(earlier) if said.role == "user"), "")
        if thread.title is None:
            thread.title = title_from(question)

        def new_message_id() -> str:
            return self.store.generate_item_id("message", thread, context)

        async with aclosing(self._answers.run(question, earlier, context)) as events:
            async for event in translate(events, thread, new_message_id, self._clock):
                yield event

    async def _earlier(
        self, thread: ThreadMetadata, current: UserMessageItem | None, context: RequestContext
    ) -> list[Message]:
        page = await self.store.load_thread_items(thread.id, None, _HISTORY_ITEMS, "desc", context)
        return messages(
            item
            for item in reversed(page.data)
            if not isinstance(item, UserMessageItem) or item.id != _id(current)
        )

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: RequestContext
    ) -> None:
        await self._feedback.save_feedback(thread_id, item_ids, feedback, context)

    def _get_attachment_store(self) -> AttachmentStore[RequestContext]:
        if self.attachment_store is None:
            raise NotImplementedError("Attachments need an attachment store.")
        return self.attachment_store

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: RequestContext
    ) -> None:
        """The SDK's, shielded: a second cancellation must not lose what was said."""
        with anyio.CancelScope(shield=True), anyio.move_on_after(_SAVE_SECONDS):
            await super().handle_stream_cancelled(thread, pending_items, context)


def _id(item: UserMessageItem | None) -> str | None:
    return item.id if item is not None else None


def _require_words(message: UserMessageInput) -> None:
    has_words = any(isinstance(part, UserMessageTagContent) or part.text.strip() for part in message.content)
    if not has_words and not message.attachments:
        raise InvalidInput("The message is empty: write something, or attach a file.")


def _refusal(error: ValidationError) -> InvalidInput:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return MalformedInput(f"The request body is not JSON: {first['msg'].removeprefix('Invalid JSON: ')}.")
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return InvalidInput("The request's `type` is missing or names no ChatKit operation.")
    where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    return InvalidInput(f"{where}: {first['msg']}.")
