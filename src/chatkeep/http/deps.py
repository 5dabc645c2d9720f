"""What routes are handed: the services, once they are up, and who is asking."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from chatkeep.core.context import RequestContext, local_context
from chatkeep.core.errors import NotReady
from chatkeep.knowledge.documents import Document, Passage
from chatkeep.knowledge.pages import Page, PageImage
from chatkeep.knowledge.suggest import Suggestion
from chatkeep.streams.follow import Reading

_PATIENCE_SECONDS = 30.0


class Quoted(Protocol):
    """What an answer cited of a passage: `chat.citations.Quoted`."""

    @property
    def title(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def words(self) -> str: ...


class Chat(Protocol):
    """Carries out ChatKit operations: `chat.server.ChatServer`, which takes seconds to import."""

    async def handle(
        self,
        body: bytes,
        context: RequestContext,
        idempotency_key: str | None = None,
        *,
        steps: bool = False,
    ) -> bytes | Reading: ...

    async def quoted(self, answer: str, passage_id: str, context: RequestContext) -> Quoted | None:
        """What the message that a citation's link names as `answer` cited of a passage."""
        ...


class Sources(Protocol):
    """Reads what a citation points to."""

    async def passage(self, passage_id: str, context: RequestContext) -> tuple[Passage, Document]:
        """Raises: NotFound."""
        ...

    async def document(self, document_id: str, context: RequestContext) -> Document:
        """Raises: NotFound."""
        ...

    async def page_image(self, document: Document, page: Page) -> PageImage | None:
        """As `knowledge.pages.PageDrawer` has it."""
        ...


class Suggestions(Protocol):
    """Questions a newcomer might start with."""

    async def suggestions(self, context: RequestContext) -> list[Suggestion]: ...


async def _nothing_to_check() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes call. Made by `wiring`.

    Attributes:
        check: raises NotReady while something outside that answers need cannot be reached.
    """

    chat: Chat
    sources: Sources
    suggestions: Suggestions
    model_name: str
    check: Callable[[], Awaitable[None]] = _nothing_to_check


async def services(request: Request) -> Services:
    """The services; a request that comes while they start waits for them, within bounds.

    Raises:
        NotReady: they are not up after half a minute, or could not start.
    """
    starting: asyncio.Task[Services] = request.app.state.starting
    if starting.done() and not starting.cancelled():
        return starting.result()
    try:
        return await asyncio.wait_for(asyncio.shield(starting), _PATIENCE_SECONDS)
    except TimeoutError:
        raise NotReady("The server is still starting. Try again in a moment.") from None


async def context(request: Request) -> RequestContext:
    """Who is asking: without a login, the one local user. (Were it no coroutine, a thread would run it.)"""
    return local_context(request.state.request_id)


ServicesDep = Annotated[Services, Depends(services)]
ContextDep = Annotated[RequestContext, Depends(context)]
