"""One embeddings endpoint over HTTP: asked at its pace, again when it is busy, and told of in its own words.

Above: `endpoint` decides what to ask in one request. Below: `answer` reads what comes back, `pace` says when.
Nothing but the configured address is contacted: no redirect is followed, no proxy taken from the environment.
"""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import anyio.to_thread
import orjson

from chatkeep.adapters.embeddings import answer
from chatkeep.adapters.embeddings.pace import Pace, Patience, pause
from chatkeep.core.errors import ChatkeepError, ConfigurationError, EmbedderUnavailable
from chatkeep.knowledge.protocols import Vectors
from chatkeep.settings import EmbeddingSettings
from chatkeep.telemetry.logs import get_logger

if TYPE_CHECKING:
    import httpx

_log = get_logger(__name__)

_LONGEST_QUOTE = 300
_MOST_BYTES = 128 * 1024 * 1024  # of an answer: 2,048 vectors of 3,072 numbers as JSON
_WORTH_ANOTHER_TRY = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_KEYS = re.compile(r"\b(?:sk|pk)-[\w*.-]{4,}|\bAIza[\w*-]{10,}|(?<=Bearer )\S+", re.ASCII)
_OF_SIZE = re.compile(
    r"too (long|large|many|big)|batch|maximum|exceed|context|tokens|length|limit", re.IGNORECASE
)
_OF_CODING = re.compile(r"encoding_format|base64", re.IGNORECASE)


class TooMuch(Exception):
    """The endpoint takes less in one request than this. `error` is what to raise if it cannot be less."""

    def __init__(self, error: ChatkeepError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class Chance:
    """What the outside world adds, handed in: time, rest and luck."""

    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    dice: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: int
    body: bytes
    after: float | None

    @property
    def is_about_size(self) -> bool:
        said = answer.words_of(self.body)
        return self.status == 413 or (self.status in (400, 422) and bool(_OF_SIZE.search(said)))

    @property
    def is_about_coding(self) -> bool:
        return self.status in (400, 422) and bool(_OF_CODING.search(answer.words_of(self.body)))

    @property
    def is_worth_another_try(self) -> bool:
        return self.status in _WORTH_ANOTHER_TRY and answer.code_of(self.body) != "insufficient_quota"


class Provider:
    """Sends one request at a time for each that asks; of those that queue, at most `concurrency` together."""

    def __init__(self, settings: EmbeddingSettings, chance: Chance | None = None) -> None:
        """Raises: ConfigurationError: the address or the model is not set."""
        if settings.url is None or not settings.model:
            missing = "CHATKEEP_EMBEDDINGS_URL" if settings.url is None else "CHATKEEP_EMBEDDINGS_MODEL"
            raise ConfigurationError(f"CHATKEEP_EMBEDDER is endpoint, which needs {missing}.")
        self.model = settings.model
        self.address = _without_secrets(str(settings.url))
        self._url = _endpoint(str(settings.url))
        self._settings = settings
        self._chance = chance or Chance(asyncio.get_running_loop().time)
        self._room = asyncio.Semaphore(settings.concurrency)
        self._requests = Pace(settings.requests_per_minute) if settings.requests_per_minute else None
        self._tokens = Pace(settings.tokens_per_minute) if settings.tokens_per_minute else None
        self._resting_until = 0.0  # what a Retry-After says to one request holds for all
        self._coded = True
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def vectors(self, texts: Sequence[str], tokens: int, patience: Patience) -> Vectors:
        """Unit vectors, shape (len(texts), whatever length they have).

        Args:
            tokens: how many `texts` have, for the limit by the minute.

        Raises:
            EmbedderUnavailable: the patience is at its end.
            ConfigurationError: asking again is of no use.
            TooMuch: fewer or shorter texts might do.
        """
        began, attempt = self._chance.now(), 0
        async with self._room if patience.queues else nullcontext():
            while True:
                await self._take_turn(tokens, patience)
                got = await self._attempt(texts)
                if isinstance(got, bytes):
                    return await anyio.to_thread.run_sync(self._read, got, len(texts))
                if isinstance(got, _Refusal) and got.is_about_coding and self._coded:
                    self._coded = False
                    continue
                error = self._error(got)
                if isinstance(got, _Refusal) and got.is_about_size:
                    raise TooMuch(error)
                if isinstance(got, _Refusal) and not got.is_worth_another_try:
                    raise error
                rest = pause(attempt, got.after if isinstance(got, _Refusal) else None, self._chance.dice())
                attempt += 1
                if attempt == patience.attempts or self._chance.now() + rest - began > patience.seconds:
                    raise error
                _log.info("embedding_retried", attempt=attempt, seconds=round(rest, 1), reason=str(error))
                self._rest(got, rest)
                await self._chance.sleep(rest)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _take_turn(self, tokens: int, patience: Patience) -> None:
        now = self._chance.now()
        waits = [self._resting_until - now]
        waits += [self._requests.take(1, now)] if self._requests else []
        waits += [self._tokens.take(tokens, now)] if self._tokens else []
        longest = max(waits)
        if longest > patience.seconds:
            raise EmbedderUnavailable(
                f"{self._who} must not be asked for another {longest:.0f} s: it is at a limit."
            )
        if longest > 0:
            await self._chance.sleep(longest)

    def _rest(self, got: object, seconds: float) -> None:
        if isinstance(got, _Refusal) and got.after is not None:
            self._resting_until = max(self._resting_until, self._chance.now() + seconds)

    async def _attempt(self, texts: Sequence[str]) -> "bytes | _Refusal | httpx.HTTPError | TimeoutError":
        import httpx

        client = await self._opened()
        body: dict[str, Any] = {"model": self.model, "input": list(texts)}
        if self._settings.dimensions is not None:
            body["dimensions"] = self._settings.dimensions
        if self._coded:
            body["encoding_format"] = "base64"  # a third of the bytes of JSON's numbers
        try:
            async with (
                asyncio.timeout(self._settings.timeout),
                client.stream("POST", self._url, content=orjson.dumps(body)) as response,
            ):
                received = bytearray()
                async for part in response.aiter_bytes():
                    received += part
                    if len(received) > _MOST_BYTES:
                        raise ConfigurationError(f"{self._who} sent an answer of over {_MOST_BYTES:,} bytes.")
                if response.status_code == 200:
                    return bytes(received)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return _Refusal(response.status_code, bytes(received), answer.retry_after(headers))
        except (httpx.HTTPError, TimeoutError) as error:
            return error

    async def _opened(self) -> "httpx.AsyncClient":
        async with self._opening:
            if self._client is None:
                # Importing it, and reading the certificates, takes a fifth of a second.
                self._client = await anyio.to_thread.run_sync(_client, self._settings)
        return self._client

    def _read(self, body: bytes, asked: int) -> Vectors:
        try:
            return answer.vectors(body, asked)
        except answer.Unusable as reason:
            raise ConfigurationError(f"{self._who} {reason}") from None

    @property
    def _who(self) -> str:
        return f"The embeddings endpoint {self.address} (model {self.model})"

    def _error(self, got: "_Refusal | httpx.HTTPError | TimeoutError") -> ChatkeepError:
        """What went wrong, in the endpoint's own words, and what to do."""
        if isinstance(got, TimeoutError):
            return EmbedderUnavailable(
                f"{self._who} did not answer within {self._settings.timeout:g} s. "
                "Try again, or set CHATKEEP_EMBEDDINGS_TIMEOUT or CHATKEEP_EMBEDDINGS_BATCH."
            )
        if not isinstance(got, _Refusal):
            reason = str(got) or type(got).__name__
            return EmbedderUnavailable(
                f"{self._who} cannot be reached: {reason}. Is it running, and CHATKEEP_EMBEDDINGS_URL right?"
            )
        said = f"{self._who} {{}} (HTTP {got.status}){self._quoted(answer.words_of(got.body))}"
        match got.status:
            case 401 | 403:
                return ConfigurationError(said.format("refused the key") + " Check CHATKEEP_EMBEDDINGS_KEY.")
            case 404:
                advice = " Check CHATKEEP_EMBEDDINGS_MODEL and CHATKEEP_EMBEDDINGS_URL."
                return ConfigurationError(said.format("knows no such model or address") + advice)
            case 429 if not got.is_worth_another_try:
                return ConfigurationError(said.format("says that the account is used up"))
            case 429:
                advice = (
                    " Try again later, or set CHATKEEP_EMBEDDINGS_REQUESTS_PER_MINUTE or _TOKENS_PER_MINUTE."
                )
                return EmbedderUnavailable(said.format("is busy") + advice)
            case _ if got.is_worth_another_try or got.status >= 500:
                return EmbedderUnavailable(said.format("is having trouble") + " Try again later.")
            case status if 300 <= status < 400:
                return ConfigurationError(
                    said.format("answered with another address") + " Set CHATKEEP_EMBEDDINGS_URL to that one."
                )
            case _:
                return ConfigurationError(said.format("refused the request"))

    def _quoted(self, words: str) -> str:
        key = self._settings.key.get_secret_value() if self._settings.key else ""
        words = words.replace(key, "…") if key else words
        words = " ".join(_KEYS.sub("…", words).split())
        if len(words) > _LONGEST_QUOTE:
            words = words[:_LONGEST_QUOTE].rstrip() + "…"
        if not words:
            return "."
        return f": “{words}”" if words.endswith((".", "!", "?", "…")) else f": “{words}”."


def _client(settings: EmbeddingSettings) -> "httpx.AsyncClient":
    import httpx

    headers = {"Content-Type": "application/json"}
    if settings.key is not None:
        headers["Authorization"] = f"Bearer {settings.key.get_secret_value()}"
    secure = str(settings.url).startswith("https:")
    return httpx.AsyncClient(
        headers=headers,
        timeout=httpx.Timeout(settings.timeout),
        limits=httpx.Limits(max_connections=None, keepalive_expiry=30.0),
        trust_env=False,
        verify=httpx.create_ssl_context() if secure else False,
    )


def _endpoint(url: str) -> str:
    return url if url.rstrip("/").endswith("/embeddings") else f"{url.rstrip('/')}/embeddings"


def _without_secrets(url: str) -> str:
    """The address without a password and without what follows a question mark."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
