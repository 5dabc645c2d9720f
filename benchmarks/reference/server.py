"""The documentation's `respond` and its endpoint."""

from collections.abc import AsyncIterator
from typing import Any

import openai
from agents import Agent, OpenAIChatCompletionsModel, Runner
from chatkit.agents import AgentContext, simple_to_agent_input, stream_agent_response
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from benchmarks.reference.store import Context, MemoryStore

_HISTORY_ITEMS = 20


class UsualServer(ChatKitServer[Context]):
    """Answers with an agent, as the SDK's quick start does."""

    def __init__(self, agent: Agent[AgentContext[Context]]) -> None:
        super().__init__(MemoryStore())
        self.agent = agent

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> AsyncIterator[ThreadStreamEvent]:
        page = await self.store.load_thread_items(
            thread.id, after=None, limit=_HISTORY_ITEMS, order="desc", context=context
        )
        asked = await simple_to_agent_input(list(reversed(page.data)))
        agent_context: AgentContext[Context] = AgentContext(
            thread=thread, store=self.store, request_context=context
        )
        result = Runner.run_streamed(self.agent, asked, context=agent_context)
        async for event in stream_agent_response(agent_context, result):
            yield event


def chat_completions(base_url: str, model: str = "scripted") -> OpenAIChatCompletionsModel:
    """A model that is not OpenAI's, behind the official client."""
    return OpenAIChatCompletionsModel(model, openai.AsyncOpenAI(base_url=base_url, api_key="none"))


def usual_agent(model: OpenAIChatCompletionsModel, **more: Any) -> Agent[AgentContext[Context]]:
    """The quick start's agent; `more` as `Agent` takes it, such as tools."""
    return Agent(name="Assistant", instructions="You are a helpful assistant.", model=model, **more)


def create_app(server: ChatKitServer[Context]) -> FastAPI:
    """The quick start's app: one endpoint."""
    app = FastAPI()

    @app.post("/chatkit")
    async def chatkit(request: Request) -> Response:
        result = await server.process(await request.body(), {})
        if isinstance(result, StreamingResult):
            return StreamingResponse(result, media_type="text/event-stream")
        return Response(content=result.json, media_type="application/json")

    return app
