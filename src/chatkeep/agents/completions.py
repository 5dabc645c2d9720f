"""A model behind a Chat Completions API, spoken to directly.

Above: `models` makes it, the Agents SDK calls it. Below: `completion_request` words what is asked,
`http_client` sends it, `completion_stream` and `answer` read what is answered, `pacing` says how long to wait
between reads.

It takes the place of the SDK's `OpenAIChatCompletionsModel`, whose client builds a tree of objects for
every token: two thirds of what a streamed answer costs.
"""

import asyncio
import contextlib
import encodings.idna  # noqa: F401 - or the first request would import it, on the loop
import itertools
import random
import urllib.request
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Self

import agents as sdk
import httpx
import orjson
from agents.items import TResponseStreamEvent
from agents.models.interface import Model
from pydantic import SecretStr
from yarl import URL

from chatkeep.agents.answer import Answer
from chatkeep.agents.completion_request import encode, request_body
from chatkeep.agents.completion_stream import Lines, ProviderError
from chatkeep.agents.http_client import Client, ConnectionFailed, Reply
from chatkeep.agents.items import model_response
from chatkeep.agents.pacing import Pacer
from chatkeep.core.errors import ConfigurationError

_RETRIES = 2  # only before the first byte: a stream that has begun is never repeated
_FIRST_PAUSE = 0.5  # seconds; doubled with each retry
_LONGEST_PAUSE = 8.0
_LAST_BYTES = 0.05  # seconds for the end of a body after `[DONE]`, so that its connection can be kept

_LONGEST_ERROR = 64 * 1024  # bytes
_LONGEST_ANSWER = 32 * 1024 * 1024  # bytes, of an answer that is not streamed


class Refused(Exception):
    """The provider answered with an HTTP error.

    Attributes:
        body: its JSON, or its text.
    """

    def __init__(self, status: int, body: Any, headers: Mapping[str, str]) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.headers = headers


class ChatCompletionsModel(Model):
    """One model of one provider. Its connections are made in the loop of the first request.

    Args:
        base_url: the API's address, without `/chat/completions`.
        timeout: seconds of silence after which a provider is given up: until an answer begins, retries
            included, and between its pieces.
        headers: sent with every request.
        pacer: shared by every model of the process.

    Raises:
        ConfigurationError: the proxy that the environment names cannot be used.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        key: SecretStr,
        timeout: float,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        pacer: Pacer | None = None,
    ) -> None:
        self.model = model
        self.base_url = base_url.rstrip("/") + "/"
        self.headers = dict(headers)
        self._url = URL(self.base_url + "chat/completions")
        self._key = key
        self._timeout = timeout
        self._pacer = pacer or Pacer()
        proxy = find_proxy(self._url)
        # What the official client trusts: SSL_CERT_FILE and SSL_CERT_DIR, or else certifi's list.
        is_secure = self._url.scheme == "https" or (proxy or "").startswith("https")
        self._client = Client(self._url, proxy, httpx.create_ssl_context() if is_secure else None)
        self._knows_stream_options = True

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[sdk.TResponseInputItem],  # noqa: A002 - the SDK's name for it
        model_settings: sdk.ModelSettings,
        tools: list[sdk.Tool],
        output_schema: Any,
        handoffs: list[Any],
        tracing: Any,  # noqa: ARG002 - nothing is traced here
        **_: Any,
    ) -> sdk.ModelResponse:
        """An answer that is not streamed.

        Raises:
            Refused: an HTTP error.
            ProviderError: an error in the place of an answer, or an answer without a message.
        """
        body = self._body(system_instructions, input, model_settings, tools, output_schema, handoffs)
        async with await self._ask(body, model_settings) as reply:
            raw = await self._read_whole(reply)
        answer = Answer(self.model)
        answer.feed(orjson.loads(raw))
        answer.end()
        if not answer.output:
            raise ProviderError("The answer holds no message.")
        return model_response(answer.output, answer.usage)

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[sdk.TResponseInputItem],  # noqa: A002
        model_settings: sdk.ModelSettings,
        tools: list[sdk.Tool],
        output_schema: Any,
        handoffs: list[Any],
        tracing: Any,  # noqa: ARG002
        **_: Any,
    ) -> AsyncIterator[TResponseStreamEvent]:
        """The answer's events; a stream that breaks off ends without a closing event.

        Raises:
            Refused: an HTTP error.
            ProviderError: an error in mid-answer.
            ConnectionFailed, TimeoutError: the connection failed.
            json.JSONDecodeError: what came is not JSON.
        """
        body = self._body(system_instructions, input, model_settings, tools, output_schema, handoffs)
        body["stream"] = True
        async with await self._ask_for_usage(body, model_settings) as reply:
            answer = Answer(self.model)
            if reply.content_type == "application/json":  # some gateways do not stream
                answer.feed(orjson.loads(await self._read_whole(reply)))
            else:
                async with contextlib.aclosing(self._reads(reply, answer)) as reads:
                    async for events in reads:
                        for event in events:
                            yield event
            for event in answer.end():
                yield event

    async def _reads(self, reply: Reply, answer: Answer) -> AsyncGenerator[list[TResponseStreamEvent]]:
        """The events of each read, to the answer's end.

        Under load nothing is read for a while after each read. It is the connection that waits, not this
        coroutine: cancelling it takes effect at once.
        """
        lines, pacer = Lines(), self._pacer
        with _Silence(reply, self._timeout) as silence:
            while not answer.closed:
                try:
                    data = await reply.read()
                except (ConnectionFailed, TimeoutError):
                    if answer.finished:
                        return  # what is missing is no part of the answer
                    raise
                silence.broken()
                if lines.is_between and (count := answer.read_alike(data)):
                    events = answer.events()
                else:
                    messages = lines.feed(data) if data else lines.end()
                    events, count = answer.read(messages), len(messages)
                pacer.arrived(count)
                if events:
                    yield events
                if answer.failure is not None:
                    raise answer.failure
                if not data:
                    return
                if answer.begun and pacer.window and not reply.at_end:
                    pacer.hold(reply.pause())
        if not reply.at_end:
            with contextlib.suppress(TimeoutError, ConnectionFailed):
                async with asyncio.timeout(_LAST_BYTES):
                    await reply.read()

    async def _read_whole(self, reply: Reply) -> bytes:
        async with asyncio.timeout(self._timeout):
            return await _read(reply, _LONGEST_ANSWER)

    def _body(
        self,
        system_instructions: str | None,
        items: str | list[sdk.TResponseInputItem],
        settings: sdk.ModelSettings,
        tools: list[sdk.Tool],
        output_schema: Any,
        handoffs: list[Any],
    ) -> dict[str, Any]:
        return request_body(
            self.model, system_instructions, items, settings, tools, output_schema, handoffs, self.base_url
        )

    async def _ask_for_usage(self, body: dict[str, Any], settings: sdk.ModelSettings) -> Reply:
        """Have tokens counted in the stream, unless the server refuses to be asked.

        Most servers know `stream_options`; those that do not answer HTTP 400 or 422 and name it. They
        are asked again without, and not bothered with it afterwards.
        """
        if settings.include_usage is None or not self._knows_stream_options:
            return await self._ask(body, settings)
        options = {"stream_options": {"include_usage": settings.include_usage}}
        try:
            return await self._ask({**options, **body}, settings)
        except Refused as refusal:
            if refusal.status not in (400, 422) or "stream_options" not in str(refusal.body):
                raise
        self._knows_stream_options = False
        return await self._ask(body, settings)

    async def _ask(self, body: dict[str, Any], settings: sdk.ModelSettings) -> Reply:
        """The answer to `body`, its headers read; asked again when what failed may pass."""
        data = encode(body)
        headers = self._headers(settings)
        query = settings.extra_query if isinstance(settings.extra_query, dict) else None
        url = self._url.extend_query(query) if query else self._url
        async with asyncio.timeout(self._timeout) as limit:
            for retry in itertools.count():
                try:
                    return await self._post(url, data, headers)
                except (Refused, ConnectionFailed) as error:
                    pause = pause_before(retry, error.headers if isinstance(error, Refused) else {})
                    late = pause > (limit.when() or 0.0) - asyncio.get_running_loop().time()
                    if retry == _RETRIES or late or not _may_pass(error):
                        raise
                await asyncio.sleep(pause)
        raise TimeoutError  # never reached: the block above returns or raises

    async def _post(self, url: URL, data: bytes, headers: dict[str, str]) -> Reply:
        reply = await self._client.post(url, headers, data)
        if reply.status == 200:
            return reply
        async with reply:
            raw = await _read(reply, _LONGEST_ERROR, cut=True)
        try:
            said: Any = orjson.loads(raw)
        except orjson.JSONDecodeError:
            said = raw.decode(errors="replace")
        raise Refused(reply.status, said, reply.headers)

    def _headers(self, settings: sdk.ModelSettings) -> dict[str, str]:
        given: Any = settings.extra_headers or {}
        return {
            "Authorization": f"Bearer {self._key.get_secret_value()}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Accept-Encoding": "identity",  # there is nothing to gain in pieces of a few bytes
            "User-Agent": "chatkeep",
            **self.headers,
            **{name: value for name, value in given.items() if isinstance(value, str)},
        }


class _Silence:
    """Ends a stream from which nothing comes for `longest` seconds, with `TimeoutError` for its reader.

    One timer a stream: one set anew at every read would be a tenth of what reading costs.
    """

    def __init__(self, reply: Reply, longest: float) -> None:
        self._reply = reply
        self._longest = longest
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._timer = self._loop.call_later(longest, self._look)

    def broken(self) -> None:
        """Something came."""
        self._since = self._loop.time()

    def _look(self) -> None:
        left = self._since + self._longest - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._reply.fail(TimeoutError())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


async def _read(reply: Reply, most: int, *, cut: bool = False) -> bytes:
    """The body, if it is not longer than `most` bytes.

    Args:
        cut: give the beginning of a longer one.
    """
    pieces, size = [], 0
    while size <= most and (data := await reply.read()):
        pieces.append(data)
        size += len(data)
    if size > most and not cut:
        raise ProviderError("The answer is too long.")
    return b"".join(pieces)[:most]


def _may_pass(error: Exception) -> bool:
    """Whether asking again may help, by the rules of OpenAI's own client."""
    if isinstance(error, ConnectionFailed):
        return error.may_pass
    if not isinstance(error, Refused):
        return False
    match error.headers.get("x-should-retry"):
        case "true":
            return True
        case "false":
            return False
        case _:
            return error.status in (408, 409, 429) or error.status >= 500


def pause_before(retry: int, headers: Mapping[str, str]) -> float:
    """Seconds to wait before the given retry, the first being 0: what the server says, or ever longer."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        with contextlib.suppress(KeyError, ValueError):
            return max(float(headers[name]) * unit, 0.0)
    if (until := headers.get("retry-after")) is not None:
        with contextlib.suppress(ValueError):
            at = parsedate_to_datetime(until)
            return max((at - datetime.now(at.tzinfo)).total_seconds(), 0.0)
    longest: float = min(_FIRST_PAUSE * 2**retry, _LONGEST_PAUSE)
    return longest * random.uniform(0.75, 1.0)  # noqa: S311 - so that callers do not come back all at once


def find_proxy(url: URL) -> str | None:
    """The proxy to reach `url` through, from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.

    Looked up once: the address does not change.

    Raises:
        ConfigurationError: it is not an HTTP proxy.
    """
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(url.host or ""):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not proxy.startswith(("http://", "https://")):
        raise ConfigurationError(
            f"The environment names {URL(proxy).scheme} as the kind of proxy for {url.host}; only HTTP "
            "proxies can be used. Change HTTPS_PROXY (or ALL_PROXY), or list the host in NO_PROXY."
        )
    return proxy
