"""The one client for what is fetched from the web: public addresses, and those the operator allowed.

Above: `wiring` hands it to sources as their `Fetcher`; `embeddings.weights` fetches with it. Below: aiohttp.

Whoever can name an address to a server can make it ask its own network for secrets. So a name is resolved
here, once for each connection; every address it has must be one that may be reached; and the connection goes
to exactly those, so that a name which answers otherwise a moment later gains nothing. Each redirect is a new
address. URLs are read by the same parser that the connection is made from, so that no two readings differ.
"""

import asyncio
import importlib.metadata
import ipaddress
import re
import socket
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from chatkeep.core.errors import AddressRefused, ConfigurationError, FetchFailed
from chatkeep.knowledge.protocols import Fetched

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host name and a port to its IP addresses. Raises: OSError."""

MOST_REDIRECTS = 3
_USUAL_PORTS = frozenset({80, 443})
_MOST_URL = 4096
_PIECE = 1 << 16
_HOST = re.compile(r"[a-z0-9_.-]+")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")

_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Global by the book, and yet ways into a machine's own network: tunnels, and a cloud's inner services.
_REFUSED: tuple[Network, ...] = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's host, which hands out what a machine is told
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("2001::/23"),
    ipaddress.IPv6Network("2002::/16"),
)


def is_public(address: Address) -> bool:
    """Whether `address` belongs to the public internet, whatever form it is written in."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _GLOBAL_IPV6:
            return False
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address.version == network.version and address in network for network in _REFUSED)


@dataclass(frozen=True, slots=True)
class _Exception:
    """One thing that the operator allowed. `port` None: the usual ones."""

    host: str
    network: Network | None
    port: int | None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be reached besides public addresses at the ports 80 and 443. Make it with `parse`."""

    exceptions: tuple[_Exception, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Of host names, addresses and networks, each with `:port` if it is for that port alone.

        Raises:
            ConfigurationError: an entry is none of these.
        """
        return cls(tuple(map(_exception, entries)))

    def check(self, host: str, port: int, address: str) -> None:
        """Raises: AddressRefused: `host`, which is at `address`, may not be reached at `port`."""
        ip = ipaddress.ip_address(address)
        if any(self._matches(exception, host, port, ip) for exception in self.exceptions):
            return
        if port not in _USUAL_PORTS:
            raise AddressRefused(
                f"{host}:{port} is not at port 80 or 443. CHATKEEP_EGRESS_ALLOW={host}:{port} would allow it."
            )
        if not is_public(ip):
            raise AddressRefused(
                f"{host} is not on the public internet ({ip}). CHATKEEP_EGRESS_ALLOW={host} would allow it."
            )

    @staticmethod
    def _matches(exception: _Exception, host: str, port: int, ip: Address) -> bool:
        if not (port == exception.port or (exception.port is None and port in _USUAL_PORTS)):
            return False
        if exception.network is None:
            return host == exception.host
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return ip.version == exception.network.version and ip in exception.network


def _exception(entry: str) -> _Exception:
    bare, port = entry.strip(), None
    if bare.startswith("["):
        bare, _, rest = bare[1:].partition("]")
        number = rest.removeprefix(":")
    elif bare.count(":") == 1:
        bare, _, number = bare.partition(":")
    else:
        number = ""
    if number:
        if not number.isdecimal() or not 0 < int(number) < 65536:
            raise ConfigurationError(f"CHATKEEP_EGRESS_ALLOW: {entry!r} has no port that there is.")
        port = int(number)
    try:
        return _Exception("", ipaddress.ip_network(bare, strict=False), port)
    except ValueError:
        host = bare.lower().rstrip(".")
        if not host or not all(part.replace("-", "").replace("_", "").isalnum() for part in host.split(".")):
            raise ConfigurationError(
                f"CHATKEEP_EGRESS_ALLOW: {entry!r} is no host name, address or network. Write such as "
                "wiki.internal, wiki.internal:8080 or 10.0.0.0/8."
            ) from None
        return _Exception(host, None, port)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long one fetch may take, in seconds.

    Attributes:
        connect: to be connected.
        silence: between two pieces of the answer.
        total: with all its redirects.
    """

    connect: float = 10.0
    silence: float = 15.0
    total: float = 60.0


class Arriving:
    """An answer whose head is here."""

    def __init__(self, response: "aiohttp.ClientResponse", max_bytes: int) -> None:
        self._response = response
        self._max_bytes = max_bytes
        self.url = str(response.url.with_fragment(None))
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}

    async def parts(self) -> AsyncIterator[bytes]:
        """The body, decompressed.

        Raises:
            FetchFailed: it is larger than allowed, cut off, or too slow.
        """
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise FetchFailed(f"{self.url} is compressed in a way that is not read here ({encoding}).")
        inflater = _Inflater() if encoding not in ("identity", "") else None
        arrived = given = 0
        with _translated(self.url):
            async for piece in self._response.content.iter_chunked(_PIECE):
                arrived += len(piece)
                for part in inflater.feed(piece) if inflater else (piece,):
                    given += len(part)
                    self._bounded(max(arrived, given))
                    yield part
        if inflater is not None and arrived and not inflater.is_whole:
            raise FetchFailed(f"{self.url} ended in the middle.")

    async def body(self) -> bytes:
        """All of it. Raises: FetchFailed, as `parts`."""
        announced = self.headers.get("content-length", "")
        if announced.isdecimal():
            self._bounded(int(announced))
        return b"".join([part async for part in self.parts()])

    def _bounded(self, size: int) -> None:
        if size > self._max_bytes:
            raise FetchFailed(f"{self.url} is larger than {self._max_bytes:,} bytes.")


class _Inflater:
    """gzip or deflate, in pieces of bounded size: a small answer may hold gigabytes of zeros."""

    def __init__(self) -> None:
        self._stream: Any = None
        self.is_whole = False

    def feed(self, data: bytes) -> Iterable[bytes]:
        while data:
            if self._stream is None:
                # `deflate` is zlib's format by the book, and bare in practice.
                is_bare = data[0] & 0x0F != 8 and data[0] != 0x1F
                self._stream = zlib.decompressobj(-zlib.MAX_WBITS if is_bare else zlib.MAX_WBITS | 32)
            try:
                part = self._stream.decompress(data, _PIECE)
            except zlib.error:
                if self.is_whole:  # what follows the end is padding
                    return
                raise FetchFailed("The answer is not compressed as it says.") from None
            if part:
                yield part
            if self._stream.eof:
                data, self._stream, self.is_whole = self._stream.unused_data.lstrip(b"\0"), None, True
            else:
                data, self.is_whole = self._stream.unconsumed_tail, False


class Egress:
    """Fetches from the web; a context manager. See `knowledge.protocols.Fetcher`."""

    def __init__(
        self, allowed: Allowed | None = None, *, bounds: Bounds | None = None, lookup: Lookup | None = None
    ) -> None:
        self._allowed = allowed or Allowed()
        self._bounds = bounds or Bounds()
        self._lookup = lookup or _system_lookup
        self._checked: set[str] = set()
        self._session: aiohttp.ClientSession | None = None
        self._agent = f"chatkeep/{importlib.metadata.version('chatkeep')}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(
        self,
        url: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        may_follow: Callable[[str], bool] | None = None,
    ) -> Fetched:
        async with self.open(url, max_bytes=max_bytes, headers=headers, may_follow=may_follow) as arriving:
            body = b"" if arriving.status in (204, 304) else await arriving.body()
            return Fetched(arriving.url, arriving.status, arriving.headers, body)

    async def addresses(self, url: str) -> list[str]:
        host, port = _host_and_port(_parsed(url))
        return [found["host"] for found in await self._resolve(host, port)]

    @asynccontextmanager
    async def open(
        self,
        url: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        may_follow: Callable[[str], bool] | None = None,
    ) -> AsyncIterator[Arriving]:
        """As `fetch`, with the body still to come."""
        deadline = time.monotonic() + self._bounds.total
        session = await self._connected()
        here = _parsed(url)
        async with AsyncExitStack() as opened:
            for _ in range(MOST_REDIRECTS + 1):
                response = await opened.enter_async_context(
                    _translating(await self._get(session, here, headers, deadline))
                )
                target = _redirect(response, here)
                if target is None or (may_follow is not None and not may_follow(str(target))):
                    yield Arriving(response, max_bytes)
                    return
                response.close()
                here = target
        raise FetchFailed(f"{url} leads from one address to the next, more than {MOST_REDIRECTS} times.")

    async def _get(
        self, session: "aiohttp.ClientSession", url: "URL", headers: Mapping[str, str] | None, deadline: float
    ) -> "aiohttp.ClientResponse":
        import aiohttp

        host, port = _host_and_port(url)
        if _is_literal(host):
            await self._resolve(host, port)  # aiohttp connects to an address without asking the resolver
        left = deadline - time.monotonic()
        if left <= 0:
            raise FetchFailed(f"{url} took longer than {self._bounds.total:.0f} s.")
        timeout = aiohttp.ClientTimeout(
            total=left, sock_connect=self._bounds.connect, sock_read=self._bounds.silence
        )
        sent = {"User-Agent": self._agent, "Accept-Encoding": "gzip, deflate", **(headers or {})}
        with _translated(str(url)):
            return await session.get(url, headers=sent, allow_redirects=False, timeout=timeout)

    async def _resolve(self, host: str, port: int) -> "list[aiohttp.abc.ResolveResult]":
        """Where `host` is, if all of it may be reached."""
        host = host.lower().rstrip(".")
        if _is_literal(host):
            addresses: Sequence[str] = [host]
        else:
            try:
                addresses = await self._lookup(host, port)
            except OSError:
                addresses = []
        if not addresses:
            raise FetchFailed(f"There is no host {host}.")
        for address in addresses:
            self._allowed.check(host, port, address)
        self._checked.update(addresses)
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": socket.IPPROTO_TCP,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in addresses
        ]

    async def _connected(self) -> "aiohttp.ClientSession":
        if self._session is None:
            aiohttp = await asyncio.to_thread(_import_aiohttp)
            egress = self

            class Resolver(aiohttp.abc.AbstractResolver):  # type: ignore[name-defined,misc]
                """Where a host is, if it may be reached."""

                async def resolve(self, host: str, port: int = 0, family: int = 0) -> Any:  # noqa: ARG002
                    return await egress._resolve(host, port)

                async def close(self) -> None:
                    pass

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=Resolver(), use_dns_cache=False, limit=8, socket_factory=self._socket
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _socket(self, info: Any) -> socket.socket:
        """The last moment before connecting: nothing gets here that was not checked."""
        family, kind, proto, _, where = info
        if where[0] not in self._checked:
            raise AddressRefused(f"{where[0]} was not checked.")
        return socket.socket(family, kind, proto)


def _import_aiohttp() -> Any:
    """In a thread: it takes a fifth of a second, and so does what connecting imports."""
    import encodings.idna  # noqa: F401

    import aiohttp

    return aiohttp


async def _system_lookup(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


def _parsed(url: str) -> "URL":
    """Raises: AddressRefused: it is not an address that is ever fetched."""
    from yarl import URL

    try:
        parsed = URL(url) if len(url) <= _MOST_URL else None
        if parsed is None or parsed.raw_host is None or not parsed.absolute:
            raise ValueError
        _ = parsed.port
    except ValueError:
        raise AddressRefused(f"{url[:200]!r} is not an address on the web.") from None
    if parsed.scheme not in ("http", "https"):
        raise AddressRefused(f"{parsed.scheme}: addresses are not fetched, only http and https.")
    if parsed.raw_user is not None or parsed.raw_password is not None:
        raise AddressRefused(f"The address at {parsed.raw_host} holds a user name or a password.")
    return parsed.with_fragment(None)


def _host_and_port(url: "URL") -> tuple[str, int]:
    assert url.raw_host is not None and url.port is not None  # noqa: S101, PT018 (`_parsed` has looked)
    host = url.raw_host.lower().rstrip(".")
    # Whoever writes an address otherwise than everybody does hopes to be misread.
    if not _is_literal(host) and (not _HOST.fullmatch(host) or _NUMERIC.fullmatch(host.rpartition(".")[2])):
        raise AddressRefused(f"{host} is not how an address is written.")
    return host, url.port


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _redirect(response: "aiohttp.ClientResponse", here: "URL") -> "URL | None":
    """Where the answer sends its reader. Raises: AddressRefused: not a place to go."""
    from yarl import URL

    location = response.headers.get("Location")
    if response.status not in (301, 302, 303, 307, 308) or not location:
        return None
    try:
        target = _parsed(str(here.join(URL(location))))
    except ValueError:
        raise AddressRefused(f"{here} leads to {location[:200]!r}, which is no address.") from None
    if here.scheme == "https" and target.scheme == "http":
        raise AddressRefused(f"{here} leads from https to http.")
    return target


@asynccontextmanager
async def _translating(response: "aiohttp.ClientResponse") -> AsyncIterator["aiohttp.ClientResponse"]:
    try:
        yield response
    finally:
        response.close()


class _translated:  # noqa: N801 - reads as the verb it is
    """aiohttp's errors as ours."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _where: TracebackType | None
    ) -> None:
        import aiohttp

        match error:
            case FetchFailed() | None:
                return
            case TimeoutError():
                raise FetchFailed(f"{self._url} did not answer in time.") from None
            case aiohttp.InvalidURL() | ValueError():
                raise AddressRefused(f"{self._url} is not an address on the web.") from None
            case aiohttp.ClientError() | OSError():
                raise FetchFailed(f"{self._url} could not be read: {error}.") from None
