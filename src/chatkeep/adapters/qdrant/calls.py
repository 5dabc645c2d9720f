"""Calls to a Qdrant server: tried again where that may help, explained where it does not.

Above: `server`. Below: `qdrant_client`. Every call that chatkeep makes may be repeated without harm:
points are written by their ids, and what is deleted twice is gone.
"""

import math
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

import anyio
from qdrant_client import AsyncQdrantClient
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from chatkeep.core.errors import ConfigurationError, NotReady

T = TypeVar("T")

_ATTEMPTS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0  # seconds; doubled each time, and shortened by up to a half
_CONFLICT, _TOO_MANY = 409, 429
_REFUSED = (401, 403)


def new_client(url: str, api_key: str | None, patience: float) -> AsyncQdrantClient:
    """A client for `url` that has said nothing yet.

    Args:
        patience: seconds for one reply.
    """
    # As a header, for the client warns at each start of a key on plain HTTP, which the docs do once.
    headers = {"api-key": api_key} if api_key else {}
    return AsyncQdrantClient(url=url, headers=headers, timeout=math.ceil(patience), check_compatibility=False)


class Calls:
    """Calls a client, and tries again after a pause when the server is busy or cannot be reached."""

    def __init__(
        self,
        client: AsyncQdrantClient,
        url: str,
        pause: Callable[[float], Awaitable[None]] = anyio.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._pause = pause
        self._dice = dice
        shown = urlsplit(url)
        self.url = f"{shown.scheme}://{shown.netloc.rpartition('@')[2]}"  # without a password

    async def __call__(
        self, call: Callable[[AsyncQdrantClient], Awaitable[T]], *, attempts: int = _ATTEMPTS
    ) -> T:
        """What `call` gives.

        Raises:
            NotReady: the server could not be reached, or was too busy, every time.
            ConfigurationError: it refuses the key, or the request itself.
        """
        for attempt in range(attempts):
            try:
                return await call(self._client)
            except ResourceExhaustedResponse as busy:
                reason, wait = "it is too busy", float(busy.retry_after_s)
            except UnexpectedResponse as unexpected:
                reason, wait = self._reason(unexpected), 0.0
            except ResponseHandlingException as failed:
                reason, wait = str(failed.source) or type(failed.source).__name__, 0.0
            if attempt + 1 < attempts:
                doubled = _FIRST_PAUSE * 2**attempt * (1 - self._dice() / 2)
                await self._pause(min(max(wait, doubled), _LONGEST_PAUSE))
        raise NotReady(f"The Qdrant at {self.url} cannot be used just now: {reason}.")

    def _reason(self, unexpected: UnexpectedResponse) -> str:
        """Why the server did not answer, if trying again may help.

        Raises:
            ConfigurationError: it would not.
        """
        status = unexpected.status_code or 0
        if status in _REFUSED:
            raise ConfigurationError(
                f"The Qdrant at {self.url} refuses the key (status {status}). Check QDRANT_API_KEY."
            ) from None
        if status != _TOO_MANY and status < 500:
            said = unexpected.content.decode(errors="replace")[:300]
            raise ConfigurationError(
                f"The Qdrant at {self.url} refuses a request (status {status}): {said}"
            ) from unexpected
        return f"it answers with status {status}"

    async def unless_there(self, create: Callable[[AsyncQdrantClient], Awaitable[object]]) -> None:
        """Make something that another process may have made a moment ago."""

        async def attempt(client: AsyncQdrantClient) -> None:
            try:
                await create(client)
            except UnexpectedResponse as unexpected:
                if unexpected.status_code != _CONFLICT:
                    raise

        await self(attempt)

    async def version(self) -> tuple[int, int] | None:
        """The server's major and minor version; None where it does not say.

        Raises:
            ConfigurationError: it cannot be reached.
        """
        try:
            info = await self(lambda client: client.info(), attempts=2)
        except NotReady as error:
            raise ConfigurationError(f"{error} QDRANT_URL is its address.") from None
        major, _, rest = info.version.partition(".")
        minor = rest.partition(".")[0]
        return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None

    async def check(self) -> None:
        """Raises: NotReady: the server cannot be reached just now."""
        await self(lambda client: client.info(), attempts=1)

    async def close(self) -> None:
        await self._client.close()
