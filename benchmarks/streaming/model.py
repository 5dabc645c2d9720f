"""A Chat Completions API that paces its tokens: `python -m benchmarks.streaming.model`.

Says where it is on its first line and serves until its standard input closes. The question says what to
answer, so that one server under test can be asked for anything: `pace=50 tokens=200` is 200 tokens at
50 a second, `pace=0` as fast as they go, `then=silence` never finishes. The first token leaves at once.

A token's text is its number and the time it was sent, in microseconds of CLOCK_MONOTONIC, which all
processes of a machine share: ` 0007t000123456789`. Whoever reads it knows how long it was on its way.

Lean, so that it is not what is measured: frames are made once, one timer serves all streams.
"""

import asyncio
import re
import sys
import time
from heapq import heappop, heappush
from itertools import count
from typing import cast

import uvloop

_ASKED = re.compile(rb"pace=(\d+) tokens=(\d+)( then=silence)?")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_USAGE = re.compile(rb'"include_usage": *true')
_TICK_SECONDS = 0.002

_OPENING = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_DONE = b"data: [DONE]\n\n"
_END = b"0\r\n\r\n"
_TOKEN_LENGTH = len(b" 0000t000000000000")


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _frame(answer: int, delta: bytes, finish: bytes = b"null") -> bytes:
    choice = b'{"index":0,"delta":%b,"logprobs":null,"finish_reason":%b}' % (delta, finish)
    return b"data: %b" % _object(answer, b'"choices":[%b],"usage":null' % choice)


def _object(answer: int, fields: bytes) -> bytes:
    return (
        b'{"id":"chatcmpl-%024d","object":"chat.completion.chunk","created":1700000000,"model":"paced",'
        b'"service_tier":"default","system_fingerprint":"fp_44709d6fcb",%b}\n\n' % (answer, fields)
    )


class _Answer:
    """One answer on its way."""

    __slots__ = (
        "asked_for_usage",
        "before",
        "behind",
        "due",
        "interval",
        "left",
        "number",
        "sent",
        "silent",
        "transport",
    )

    def __init__(self, transport: asyncio.Transport, number: int, body: bytes) -> None:
        pace, tokens, silence = _ASKED.findall(body)[-1]  # the last: earlier questions are in the history
        self.transport = transport
        self.number = number
        self.interval = 1 / int(pace) if int(pace) else 0.0
        self.left = int(tokens)
        self.silent = bool(silence)
        self.asked_for_usage = _USAGE.search(body) is not None
        self.sent = 0
        self.due = 0.0
        whole = _chunked(_frame(number, b'{"content":"%b"}' % (b"?" * _TOKEN_LENGTH)))
        self.before, self.behind = whole.split(b"?" * _TOKEN_LENGTH)

    def begin(self) -> None:
        role = b'{"role":"assistant","content":"","refusal":null}'
        self.transport.write(_OPENING + _chunked(_frame(self.number, role)))

    def send(self) -> bool:
        """Send the next token; whether more are to come."""
        if self.transport.is_closing():
            return False
        token = b" %04dt%012d" % (self.sent, time.monotonic_ns() // 1000)
        self.transport.write(self.before + token + self.behind)
        self.sent += 1
        self.left -= 1
        if not self.left and not self.silent:
            self._finish()
        return self.left > 0

    def _finish(self) -> None:
        last = [_chunked(_frame(self.number, b"{}", b'"stop"'))]
        if self.asked_for_usage:
            counts = b'"prompt_tokens":50,"completion_tokens":%d,"total_tokens":%d' % (
                self.sent,
                self.sent + 50,
            )
            last.append(_chunked(b"data: " + _object(self.number, b'"choices":[],"usage":{%b}' % counts)))
        self.transport.write(b"".join([*last, _chunked(_DONE), _END]))


class _Pacer:
    """Sends every answer's next token when it is due."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._paced: list[tuple[float, int, _Answer]] = []
        self._racing: list[_Answer] = []
        self._timer: asyncio.TimerHandle | None = None

    def start(self, answer: _Answer) -> None:
        answer.begin()
        if not answer.send():
            return
        if not answer.interval:
            if not self._racing:
                self._loop.call_soon(self._race)
            self._racing.append(answer)
            return
        answer.due = self._loop.time() + answer.interval
        heappush(self._paced, (answer.due, answer.number, answer))
        if self._timer is None or self._timer.when() > answer.due:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        when = max(self._paced[0][0], self._loop.time() + _TICK_SECONDS)
        self._timer = self._loop.call_at(when, self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._paced and self._paced[0][0] <= now:
            _, number, answer = heappop(self._paced)
            if answer.send():
                answer.due += answer.interval
                heappush(self._paced, (answer.due, number, answer))
        if self._paced:
            self._set_timer()

    def _race(self) -> None:
        self._racing = [answer for answer in self._racing if answer.send()]
        if self._racing:
            self._loop.call_soon(self._race)


class _Connection(asyncio.Protocol):
    """One client's connection: one request at a time."""

    def __init__(self, pacer: _Pacer, numbers: "count[int]") -> None:
        self._pacer = pacer
        self._numbers = numbers
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return
        self._received = rest[size:]
        self._pacer.start(_Answer(self._transport, next(self._numbers), rest[:size]))


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    pacer, numbers = _Pacer(loop), count(1)
    server = await loop.create_server(lambda: _Connection(pacer, numbers), "127.0.0.1", 0, backlog=4096)
    print(f"model is at http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve())
