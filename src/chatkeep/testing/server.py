"""A scripted OpenAI-compatible server: a real one, on a real port, in a thread of its own.

It speaks Chat Completions, Responses, models, embeddings and transcriptions. What it answers is
scripted, what it was asked is recorded, and it refuses what strict providers refuse. Errors are
worded as OpenAI words them, so that code which reads them can be tested.
"""

import asyncio
import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import count
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chatkeep.testing import completions, embeddings, responses
from chatkeep.testing.embeddings import EmbeddingsLimits
from chatkeep.testing.script import EmbeddingsReply, Fault, Frame, RecordedRequest, Reply, Usage
from chatkeep.testing.strictness import refuse_completion, refuse_embeddings, refuse_response

_START_DEADLINE = 10.0  # seconds; a machine that cannot bind a port by then never will

_EMPTY_SCRIPT = Fault.http(
    500, "The script is empty: call server.script(Reply(...)) first.", headers={"x-should-retry": "false"}
)

_STATUS_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    403: "permission_error",
    404: "invalid_request_error",
    429: "requests",
}


class ScriptedModelServer:
    """Use as a context manager; `base_url` ends in `/v1`, as clients want it.

    Args:
        default: answers when the script is used up; without it, that is an HTTP 500.
        strict: refuse what OpenAI refuses (see `strictness`).
        api_key: when set, any other key gets HTTP 401.
        model: the name `GET /v1/models` lists.
        dimensions: length of the vectors of `POST /v1/embeddings`, if the request does not say.
        embeddings_limits: what that takes in one request.
        transcription: what `POST /v1/audio/transcriptions` hears.
        knows_stream_options: False refuses `stream_options`, as some providers do.
    """

    def __init__(
        self,
        default: Callable[[RecordedRequest], Reply] | None = None,
        *,
        strict: bool = True,
        api_key: str | None = None,
        model: str = "scripted",
        dimensions: int = 64,
        embeddings_limits: EmbeddingsLimits = EmbeddingsLimits(),  # noqa: B008 (it is frozen)
        transcription: str = "What does the manual say?",
        knows_stream_options: bool = True,
    ) -> None:
        self.requests: list[RecordedRequest] = []
        self._default = default
        self._strict = strict
        self._api_key = api_key
        self._model = model
        self._dimensions = dimensions
        self._embeddings_limits = embeddings_limits
        self._embeddings_script: deque[EmbeddingsReply] = deque()
        self._transcription = transcription
        self._knows_stream_options = knows_stream_options
        self._script: deque[Reply] = deque()
        self._ids = count(1)
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._socket = socket.socket()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """The address to give to clients."""
        host, port = self._socket.getsockname()[:2]
        return f"http://{host}:{port}/v1"

    def script(self, *replies: Reply) -> None:
        """Queue `replies`; each answers one request, in order."""
        self._script.extend(replies)

    def script_embeddings(self, *replies: EmbeddingsReply) -> None:
        """Queue `replies` for requests for embeddings; when they are used up, every answer is faithful."""
        self._embeddings_script.extend(replies)

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()  # uvicorn says that it has started just before it does so itself
        config = uvicorn.Config(
            self._app(), loop="asyncio", lifespan="on", log_config=None, log_level="critical"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="scripted-model", daemon=True
        )
        self._thread.start()
        if not self._started.wait(_START_DEADLINE):
            raise RuntimeError("The scripted model server did not start.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        if self._loop is not None and self._stopping is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_START_DEADLINE)
        self._socket.close()

    def _app(self) -> Starlette:
        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self._loop = asyncio.get_running_loop()
            self._stopping = asyncio.Event()
            self._started.set()
            yield

        return Starlette(
            lifespan=lifespan,
            routes=[
                Route("/v1/chat/completions", self._completions, methods=["POST"]),
                Route("/v1/responses", self._responses, methods=["POST"]),
                Route("/v1/embeddings", self._embeddings, methods=["POST"]),
                Route("/v1/audio/transcriptions", self._transcriptions, methods=["POST"]),
                Route("/v1/models", self._models, methods=["GET"]),
            ],
        )

    async def _completions(self, request: Request) -> Response:
        recorded = await self._record(request)
        body: dict[str, Any] = recorded.json
        if refusal := self._refuse(recorded, refuse_completion):
            return refusal
        options = body.get("stream_options")
        if options and not self._knows_stream_options:
            return _error(recorded, Fault.http(400, "Unrecognized request argument supplied: stream_options"))
        reply, answer_id, usage = self._next(recorded)
        model = str(body["model"])
        if not body.get("stream"):
            return self._whole(recorded, reply, completions.completion(reply, model, usage, answer_id))
        asked = bool(options and options.get("include_usage"))
        frames = completions.frames(reply, model, usage if asked else None, answer_id)
        return self._stream(recorded, reply, frames)

    async def _responses(self, request: Request) -> Response:
        recorded = await self._record(request)
        body: dict[str, Any] = recorded.json
        if refusal := self._refuse(recorded, refuse_response):
            return refusal
        reply, answer_id, usage = self._next(recorded)
        model = str(body["model"])
        if not body.get("stream"):
            return self._whole(recorded, reply, responses.response(reply, model, usage, answer_id))
        return self._stream(recorded, reply, responses.frames(reply, model, usage, answer_id))

    async def _embeddings(self, request: Request) -> Response:
        recorded = await self._record(request)
        if refusal := self._refuse(recorded, self._refuse_embeddings):
            return refusal
        script = self._embeddings_script
        reply = script.popleft() if script else EmbeddingsReply()
        body = embeddings.response(recorded.json, reply, self._dimensions)
        return self._whole(recorded, Reply(fail=reply.fail, delay_before_first=reply.delay), body)

    def _refuse_embeddings(self, body: dict[str, Any]) -> str | None:
        limits = self._embeddings_limits
        return refuse_embeddings(body) or embeddings.refuse_size(body, limits)

    async def _transcriptions(self, request: Request) -> Response:
        recorded = await self._record(request)
        recorded.finished.set()
        return JSONResponse({"text": self._transcription})

    async def _models(self, request: Request) -> Response:
        recorded = await self._record(request)
        recorded.finished.set()
        model = {"id": self._model, "object": "model", "created": 1_700_000_000, "owned_by": "chatkeep"}
        return JSONResponse({"object": "list", "data": [model]})

    async def _record(self, request: Request) -> RecordedRequest:
        raw = await request.body()
        kind = request.headers.get("content-type", "")
        body = json.loads(raw) if kind.startswith("application/json") else raw
        port = request.client.port if request.client else 0
        recorded = RecordedRequest(request.url.path, dict(request.headers), body, port)
        self.requests.append(recorded)
        return recorded

    def _refuse(
        self, recorded: RecordedRequest, strictly: Callable[[dict[str, Any]], str | None]
    ) -> Response | None:
        if self._api_key and recorded.headers.get("authorization") != f"Bearer {self._api_key}":
            sent = recorded.headers.get("authorization", "").removeprefix("Bearer ")
            message = f"Incorrect API key provided: {sent}. You can find your API key in your account."
            return _error(recorded, Fault.http(401, message, code="invalid_api_key"))
        reason = strictly(recorded.json) if self._strict else None
        return _error(recorded, Fault.http(400, reason)) if reason else None

    def _next(self, recorded: RecordedRequest) -> tuple[Reply, str, Usage]:
        if self._script:
            reply = self._script.popleft()
        else:
            reply = self._default(recorded) if self._default else Reply(fail=_EMPTY_SCRIPT)
        written = reply.whole + reply.refusal + reply.reasoning
        counted = Usage(len(json.dumps(recorded.json).split()), len(written.split()))
        return reply, f"scripted{next(self._ids)}", reply.usage or counted

    def _whole(self, recorded: RecordedRequest, reply: Reply, body: dict[str, Any]) -> Response:
        if reply.fail and reply.fail.kind == "status":
            return _error(recorded, reply.fail)
        data = b"{not JSON" if reply.fail and reply.fail.kind == "malformed" else json.dumps(body).encode()

        async def play(send: Send) -> None:
            if reply.fail and reply.fail.kind == "hang":
                await asyncio.Event().wait()
            await asyncio.sleep(reply.delay_before_first)
            await _start(send, "application/json")
            if reply.fail and reply.fail.kind == "cut":
                await send({"type": "http.response.body", "body": data[: len(data) // 2], "more_body": True})
                return
            await send({"type": "http.response.body", "body": data})

        return _Played(play, recorded, self._stopped)

    def _stream(self, recorded: RecordedRequest, reply: Reply, frames: list[Frame]) -> Response:
        fault = reply.fail
        if fault and fault.kind == "status":
            return _error(recorded, fault)

        async def play(send: Send) -> None:
            if fault and fault.kind == "hang" and fault.after is None:
                await asyncio.Event().wait()
            await asyncio.sleep(reply.delay_before_first)
            await _start(send, "text/event-stream; charset=utf-8")
            sent = 0
            for frame in frames:
                # Once as many content chunks are out as the fault allows, nothing else follows.
                if fault and sent == fault.after and (frame.content or sent == len(reply.pieces)):
                    await _fail(fault, send)
                    return
                if frame.content:
                    if reply.gate:
                        await reply.gate.passed()
                    if sent:
                        await asyncio.sleep(reply.delay_between)
                    sent += 1
                await send({"type": "http.response.body", "body": frame.encoded(), "more_body": True})
            await send({"type": "http.response.body", "body": b""})

        return _Played(play, recorded, self._stopped)

    async def _stopped(self) -> None:
        if self._stopping is not None:
            await self._stopping.wait()


class _Played(Response):
    """A response that ends when it is played, when the client hangs up, or when the server stops."""

    def __init__(
        self,
        play: Callable[[Send], Coroutine[Any, Any, None]],
        recorded: RecordedRequest,
        stopped: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        super().__init__()
        self._play = play
        self._recorded = recorded
        self._stopped = stopped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        played = asyncio.create_task(self._play(send))
        gone = asyncio.create_task(_hung_up(receive))
        tasks: list[asyncio.Task[None]] = [played, gone, asyncio.create_task(self._stopped())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if gone.done() and not played.done():
            self._recorded.disconnected.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._recorded.finished.set()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Send, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"x-request-id", b"req_scripted")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _fail(fault: Fault, send: Send) -> None:
    """Go wrong in mid-stream. Returning without a last chunk makes uvicorn cut the connection."""
    if fault.kind == "malformed":
        await send({"type": "http.response.body", "body": b'data: {"id": "chatcmpl-\n\n', "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    elif fault.kind == "hang":
        await asyncio.Event().wait()


def _error(recorded: RecordedRequest, fault: Fault) -> Response:
    recorded.finished.set()
    kind = _STATUS_TYPES.get(fault.status, "server_error")
    message = fault.message or "The server had an error while processing your request."
    body = {"error": {"message": message, "type": kind, "param": None, "code": fault.code}}
    return JSONResponse(body, status_code=fault.status, headers=dict(fault.headers))
