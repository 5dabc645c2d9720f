"""Two servers of one protocol in this process: ours, and the usual wiring of the SDKs' documentation.

Each runs on a real port, in a thread with an event loop of its own, in front of a model that speaks
Chat Completions. `asking` is how tests speak to them: it raises what is not an answer, and asserts nothing,
so that a test's assertion is about the fault alone.
"""

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import openai
import uvicorn
from agents import OpenAIChatCompletionsModel
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.reference.server import UsualServer, chat_completions, create_app, usual_agent

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_SETTLE_SECONDS = 3.0

Event = dict[str, Any]
Wiring = Callable[[str], AbstractContextManager["Asking"]]
"""Opens a server whose model is at the address given."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A ChatKit server, as its clients see it, and what runs in it.

    Attributes:
        loops: the event loop that serves; empty for a process of its own.
    """

    client: httpx.Client
    loops: list[asyncio.AbstractEventLoop] = field(default_factory=list)

    def post(self, kind: str, /, **params: Any) -> httpx.Response:
        """One operation's reply, whatever its status."""
        return self.client.post("/chatkit", json={"type": kind, "params": params})

    def call(self, kind: str, /, **params: Any) -> Any:
        """One operation's JSON."""
        return self.post(kind, **params).raise_for_status().json()

    def stream(self, kind: str, /, metadata: dict[str, Any] | None = None, **params: Any) -> Iterator[Event]:
        """One operation's events; closing it hangs up."""
        operation = {"type": kind, "params": params, **({"metadata": metadata} if metadata else {})}
        with self.client.stream("POST", "/chatkit", json=operation) as reply:
            reply.raise_for_status()
            for line in reply.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    def ask(self, text: str, thread_id: str | None = None) -> list[Event]:
        """All events of a turn, in a new thread if none is named."""
        if thread_id is None:
            return list(self.stream("threads.create", input=message(text)))
        return list(self.stream("threads.add_user_message", thread_id=thread_id, input=message(text)))

    def tasks(self) -> "set[asyncio.Task[Any]]":
        """What runs in the server."""
        return asyncio.all_tasks(self.loops[0])

    def tasks_left(self, before: "set[asyncio.Task[Any]]") -> "set[asyncio.Task[Any]]":
        """What was begun since `before` and does not end by itself."""

        async def unfinished() -> "set[asyncio.Task[Any]]":
            found = asyncio.all_tasks() - before
            found.discard(cast("asyncio.Task[Any]", asyncio.current_task()))
            if found:
                await asyncio.wait(found, timeout=_SETTLE_SECONDS)
            return {task for task in found if not task.done()}

        return asyncio.run_coroutine_threadsafe(unfinished(), self.loops[0]).result(_STOP_SECONDS)

    def items(self, thread_id: str) -> list[Event]:
        """What the thread holds, oldest first."""
        items: list[Event] = self.call("threads.get_by_id", thread_id=thread_id)["items"]["data"]
        return items


def message(text: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    return {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}}


def thread_of(events: list[Event]) -> str:
    thread_id: str = events[0]["thread"]["id"]
    return thread_id


def answers_of(events: list[Event]) -> list[Event]:
    """The finished assistant messages."""
    items = [event["item"] for event in events if event["type"] == "thread.item.done"]
    return [item for item in items if item["type"] == "assistant_message"]


def text_of(item: Event) -> str:
    return "".join(part["text"] for part in item["content"])


@contextmanager
def ours(data_dir: Path, model_url: str, **model: Any) -> Iterator[Asking]:
    """chatkeep without documents; `model` as `ModelSettings` takes it."""
    from chatkeep.app import create_app as create_ours
    from chatkeep.settings import ModelSettings, Settings

    chosen = {
        "llm_provider": "compatible",
        "openai_base_url": model_url,
        "openai_default_model": "scripted",
        "llm_timeout": 5,
        **model,
    }
    settings = Settings(data_dir=data_dir, embedder="none", model=ModelSettings(**chosen))
    with serving_app(create_ours(settings)) as asking:
        yield asking


def usual_server(model: OpenAIChatCompletionsModel) -> UsualServer:
    return UsualServer(usual_agent(model))


@contextmanager
def usual(
    model_url: str, make: Callable[[OpenAIChatCompletionsModel], UsualServer] = usual_server
) -> Iterator[Asking]:
    """The usual wiring, or a variant of it."""
    client = openai.AsyncOpenAI(base_url=model_url, api_key="none")
    with serving_app(create_app(make(chat_completions(client)))) as asking:
        try:
            yield asking
        finally:  # on the loop that opened its connections
            asyncio.run_coroutine_threadsafe(client.close(), asking.loops[0]).result(_STOP_SECONDS)


@contextmanager
def serving_app(app: ASGIApp) -> Iterator[Asking]:
    """`app` on a free port of this machine, until the context ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # connections made from now on wait for the server
    loops: list[asyncio.AbstractEventLoop] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            loops.append(asyncio.get_running_loop())
        await app(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(noting, loop="asyncio", log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    # CPython 3.11 fails when two threads format a traceback at once: the server's are not to be formatted
    # while a test's is.
    logging.disable(logging.CRITICAL)
    thread.start()
    try:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=address, timeout=_START_SECONDS) as client:
            yield Asking(client, loops)
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        listener.close()
        logging.disable(logging.NOTSET)
