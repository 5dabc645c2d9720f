"""Asks a ChatKit server and reads what it streams: `python -m benchmarks.streaming.load`.

Takes jobs as lines of JSON on standard input and answers each with a line. Speaks the ChatKit protocol
and nothing else: POST, server-sent events, the text deltas in them (comments, ids and other events pass
by). A token's delay is the time of its receipt less the time it carries (see `model`).
"""

import asyncio
import re
import sys
import time
from array import array
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import orjson
import uvloop

_TOKEN = re.compile(r"(\d{4})t(\d{12})")


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _now() -> int:
    return time.monotonic_ns() // 1000


class _Answer:
    """What was heard of one answer. Times in microseconds.

    Attributes:
        status: the HTTP status; 0 while none came.
        sent, heard: of each token, when the model sent it and when it got here.
        done: the protocol said that the message is finished.
    """

    def __init__(self, tokens: int) -> None:
        self.asked_at = _now()
        self.status = 0
        self.tokens = tokens
        self.sent = array("q")
        self.heard = array("q")
        self.in_order = True
        self.done = False
        self.failure = ""
        self.thread_id = ""
        self.began = asyncio.Event()
        self._text = ""

    def frame(self, frame: bytes, at: int) -> None:
        if b"text_delta" in frame:
            self._delta(_event(frame)["update"].get("delta", ""), at)
        elif b'"thread.item.done"' in frame:
            item = _event(frame)["item"]
            self.done = self.done or item["type"] == "assistant_message"
        elif b'"thread.created"' in frame:
            self.thread_id = _event(frame)["thread"]["id"]
        elif b'"type":"error"' in frame:
            self.failure = frame.decode(errors="replace")

    def _delta(self, delta: str, at: int) -> None:
        self._text += delta
        end = 0
        for token in _TOKEN.finditer(self._text):
            self.in_order = self.in_order and int(token[1]) == len(self.sent)
            self.sent.append(int(token[2]))
            self.heard.append(at)
            end = token.end()
        if end:
            self._text = self._text[end:]
            self.began.set()

    @property
    def whole(self) -> bool:
        return self.done and self.in_order and len(self.sent) == self.tokens and not self.failure


def _event(frame: bytes) -> Any:
    lines = [line[5:] for line in frame.split(b"\n") if line.startswith(b"data:")]
    return orjson.loads(b"\n".join(lines))


class _Connection(asyncio.Protocol):
    """One connection, kept for all requests of a reader."""

    def __init__(self) -> None:
        self._answer: _Answer | None = None
        self._finished: asyncio.Future[None] | None = None
        self._buffer = b""
        self._at = 0
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    async def ask(self, request: bytes, answer: _Answer) -> None:
        """Send `request`; return when its reply has ended."""
        self._answer, self._buffer = answer, b""
        self._finished = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        answer.asked_at = _now()
        self.transport.write(request)
        await self._finished

    def data_received(self, data: bytes) -> None:
        self._at = _now()
        self._parser.feed_data(data)

    def on_headers_complete(self) -> None:
        if self._answer:
            self._answer.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        *frames, self._buffer = (self._buffer + body).split(b"\n\n")
        if self._answer:
            for frame in frames:
                self._answer.frame(frame, self._at)

    def on_message_complete(self) -> None:
        if self._answer and self._answer.status != 200:
            self._answer.failure = self._buffer.decode(errors="replace")
        self._end()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        self._end()

    def _end(self) -> None:
        self._answer = None
        if self._finished and not self._finished.done():
            self._finished.set_result(None)


class _Server:
    """The server under test, as a client sees it."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port or 80

    async def connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        return connection

    def request(self, operation: dict[str, Any]) -> bytes:
        body = orjson.dumps(operation)
        head = (
            f"POST /chatkit HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Type: application/json\r\n"
            f"Accept: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def question(self, text: str, **more: Any) -> bytes:
        content = [{"type": "input_text", "text": text}]
        message = {"content": content, "attachments": [], "quoted_text": "", "inference_options": {}}
        return self.request({"type": "threads.create", "params": {"input": message}, **more})


async def _read(
    server: _Server, start: float, questions: Sequence[Sequence[int]], heard: list[_Answer]
) -> None:
    """One reader: from `start` on, one question after another, each in a new thread."""
    await asyncio.sleep(start)
    connection = await server.connect()
    try:
        for pace, tokens in questions:
            if connection.closed:
                connection = await server.connect()
            answer = _Answer(tokens)
            heard.append(answer)
            await connection.ask(server.question(f"pace={pace} tokens={tokens}"), answer)
    finally:
        connection.transport.abort()


async def _answers(job: dict[str, Any]) -> dict[str, Any]:
    """Run readers side by side and say what they heard.

    Job: `url`; `readers`, each `[start in seconds, [[pace, tokens], ...]]`; `window`, from and to in
    seconds: only tokens sent in it count for `tokens` and the delays; `deadline` in seconds, for all of it.
    """
    server, heard = _Server(job["url"]), list[_Answer]()
    began = _now()
    tasks = [asyncio.create_task(_read(server, start, asked, heard)) for start, asked in job["readers"]]
    _, late = await asyncio.wait(tasks, timeout=job["deadline"])
    seconds = (_now() - began) / 1e6
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    wanted = sum(len(asked) for _, asked in job["readers"])
    since, until = (began + int(edge * 1e6) for edge in job.get("window") or (0, 3600))
    delays = [
        (at - sent) / 1000
        for answer in heard
        for sent, at in zip(answer.sent, answer.heard, strict=True)
        if since <= sent <= until
    ]
    firsts = [(answer.heard[0] - answer.asked_at) / 1000 for answer in heard if answer.heard]
    return {
        "whole": sum(answer.whole for answer in heard),
        "broken": wanted - sum(answer.whole for answer in heard),
        "failure": next((answer.failure for answer in heard if answer.failure), ""),
        "seconds": seconds,
        "firsts": firsts,
        "tokens": len(delays),
        "delay_p50": _percentile(delays, 0.50),
        "delay_p99": _percentile(delays, 0.99),
    }


class _Followers:
    """Connections that follow silent runs, held until told to let go."""

    def __init__(self) -> None:
        self._held: list[asyncio.Task[None]] = []
        self._connections: list[_Connection] = []
        self._threads: list[str] = []

    async def begin(self, job: dict[str, Any]) -> dict[str, Any]:
        """Start `runs` answers that fall silent after their first token."""
        server = _Server(job["url"])
        for _ in range(job["runs"]):
            submit = server.question("pace=50 tokens=1 then=silence", metadata={"resumable": True})
            answer = await self._hold(server, submit, job["deadline"])
            if not answer.thread_id or not answer.began.is_set():
                return {"failure": f"a silent run did not begin: HTTP {answer.status} {answer.failure}"}
            self._threads.append(answer.thread_id)
        return {"failure": ""}

    async def follow(self, job: dict[str, Any]) -> dict[str, Any]:
        """Attach `followers` more, spread over the runs."""
        server = _Server(job["url"])
        for n in range(job["followers"]):
            thread = self._threads[n % len(self._threads)]
            resume = server.request({"type": "threads.resume", "params": {"thread_id": thread}})
            answer = await self._hold(server, resume, job["deadline"])
            if answer.status != 200 or not answer.began.is_set():
                return {"held": n, "failure": f"HTTP {answer.status} {answer.failure}"}
        return {"held": job["followers"], "failure": ""}

    async def count(self) -> dict[str, Any]:
        return {"held": sum(not task.done() for task in self._held) - len(self._threads)}

    async def release(self) -> dict[str, Any]:
        for connection in self._connections:
            connection.transport.abort()
        await asyncio.gather(*self._held, return_exceptions=True)
        self._held, self._connections, self._threads = [], [], []
        return {}

    async def _hold(self, server: _Server, request: bytes, deadline: float) -> _Answer:
        connection, answer = await server.connect(), _Answer(1)
        self._connections.append(connection)
        task = asyncio.create_task(connection.ask(request, answer))
        self._held.append(task)
        began = asyncio.create_task(answer.began.wait())
        await asyncio.wait([task, began], timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        began.cancel()
        return answer


async def _work() -> None:
    loop = asyncio.get_running_loop()
    followers = _Followers()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        job = orjson.loads(line)
        match job["kind"]:
            case "answers":
                said = await _answers(job)
            case "begin":
                said = await followers.begin(job)
            case "follow":
                said = await followers.follow(job)
            case "count":
                said = await followers.count()
            case _:
                said = await followers.release()
        print(orjson.dumps(said).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(_work())
