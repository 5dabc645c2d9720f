"""HTTP/1.1 to one provider, as lean as streamed answers want it.

Above: `completions`. Below: `httptools`, which parses what our own server is asked, too. A general client
makes several calls of each chunk of a body, which is each token of an answer; this one hands on what a
read of the socket brought, and lets whoever reads hold the socket back.
"""

import asyncio
import ssl
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from socket import SOCK_STREAM
from typing import Any, Self

import aiohappyeyeballs
import httptools
from yarl import URL

_CONNECT_SECONDS = 10.0  # a provider that is up accepts within one or two
_NEXT_ADDRESS_SECONDS = 0.25  # until another address of the same name is tried beside a silent one
_IDLE_SECONDS = 15.0  # servers close what nobody uses; a request on its way then would be lost
_MOST_UNREAD = 256 * 1024  # bytes; beyond, the socket is left alone until somebody reads
_LONGEST_HEAD = 64 * 1024  # bytes


class ConnectionFailed(Exception):
    """The provider could not be reached, or the connection broke.

    Attributes:
        may_pass: asking again may help.
    """

    def __init__(self, reason: str, *, may_pass: bool = True) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


class Client:
    """Connections to the server of one address, kept between requests and made by the loop that asks.

    Args:
        proxy: an HTTP proxy's address, with its password if it wants one.
        tls: what to trust; needed where either address begins with `https`.
    """

    def __init__(self, url: URL, proxy: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._url = url
        self._proxy = URL(proxy) if proxy else None
        self._tls = tls
        self._is_secure = url.scheme == "https"
        self._open: set[_Connection] = set()
        self._idle: dict[_Connection, None] = {}  # the one used last at its end

    async def post(self, url: URL, headers: Mapping[str, str], body: bytes) -> "Reply":
        """The reply, its head read. Leave it as a context, or the connection stays open.

        Raises:
            ConnectionFailed: before the head had come.
        """
        connection = self._take() or await self._connect()
        try:
            reply = connection.ask(self._head(url, headers, len(body)) + body, self._keep)
            await reply.begun()
        except BaseException:
            connection.abort()
            raise
        return reply

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in list(self._open):
            connection.abort()

    def _head(self, url: URL, headers: Mapping[str, str], length: int) -> bytes:
        target = url.raw_path_qs
        if self._proxy and not self._is_secure:
            target = str(url)
            headers = {**headers, **_credentials(self._proxy)}
        lines = [
            f"POST {target} HTTP/1.1",
            f"Host: {url.host_port_subcomponent}",
            *(f"{name}: {value}" for name, value in headers.items()),
            f"Content-Length: {length}",
        ]
        return _encoded(lines)

    def _take(self) -> "_Connection | None":
        while self._idle:
            connection, _ = self._idle.popitem()
            if connection.wake_up():
                return connection
        return None

    def _keep(self, connection: "_Connection") -> None:
        self._idle[connection] = None
        connection.rest()

    def _forget(self, connection: "_Connection") -> None:
        self._open.discard(connection)
        self._idle.pop(connection, None)

    async def _connect(self) -> "_Connection":
        server = self._proxy or self._url
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                connection = await self._reach(server)
                if self._proxy and self._is_secure:
                    await self._tunnel(connection)
                return connection
        except TimeoutError:
            raise ConnectionFailed(f"{server.host} does not accept connections.", may_pass=False) from None
        except ssl.SSLError as error:
            raise ConnectionFailed(
                f"{server.host} is not who it should be: {error}", may_pass=False
            ) from error
        except OSError as error:
            raise ConnectionFailed(f"{server.host} cannot be reached: {error}") from error

    async def _reach(self, server: URL) -> "_Connection":
        loop = asyncio.get_running_loop()
        host = server.raw_host or ""
        addresses = await loop.getaddrinfo(host, server.port, type=SOCK_STREAM)
        socket = await aiohappyeyeballs.start_connection(
            addresses, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS, loop=loop
        )
        secure: dict[str, Any] = (
            {"ssl": self._tls, "server_hostname": host} if server.scheme == "https" else {}
        )
        try:
            _, connection = await loop.create_connection(
                lambda: _Connection(self._forget), sock=socket, **secure
            )
        except BaseException:
            socket.close()
            raise
        self._open.add(connection)
        return connection

    async def _tunnel(self, connection: "_Connection") -> None:
        """Have the proxy pass on what is said from now on, which it cannot read."""
        assert self._proxy is not None  # noqa: S101 - asked for by `_connect` alone
        host = f"{self._url.host_subcomponent}:{self._url.port}"
        credentials = (f"{name}: {value}" for name, value in _credentials(self._proxy).items())
        try:
            reply = connection.ask(
                _encoded([f"CONNECT {host} HTTP/1.1", f"Host: {host}", *credentials]), lambda _: None
            )
            await reply.begun()
            if reply.status != 200:
                raise ConnectionFailed(
                    f"The proxy {self._proxy.host} answered with HTTP {reply.status}.", may_pass=False
                )
            await connection.secure(self._tls, self._url.raw_host or "")
        except BaseException:
            connection.abort()
            raise


class Reply:
    """One reply: its head, then its body as it comes. Leaving the context hangs up what has not come whole.

    Attributes:
        status: of HTTP.
        headers: by lower-case names.
        at_end: nothing more will come.
    """

    def __init__(self, connection: "_Connection", keep: "Callable[[_Connection], None]") -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.at_end = False
        self._connection = connection
        self._keep = keep
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._unread = 0
        self._in_head = 0
        self._inflate: Any = None
        self._is_reusable = False
        self._failure: Exception | None = None
        self._woken: asyncio.Future[None] | None = None

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def begun(self) -> None:
        """Return when the head has come."""
        while not self.status:
            if self._failure is not None:
                raise self._failure
            await self._more()

    async def read(self) -> bytes:
        """What has come since the last time, or the next that comes; nothing at the end.

        Raises:
            ConnectionFailed: the body broke off.
        """
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self.at_end:
                return b""
            await self._more()
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        if self._unread > _MOST_UNREAD:
            self._connection.resume()
        self._unread = 0
        return data

    def pause(self) -> Callable[[], None]:
        """Leave the socket alone until what is returned is called."""
        self._connection.pause()
        return self._connection.resume

    def fail(self, error: Exception) -> None:
        """Whoever reads gets this, after what has come."""
        if self._failure is None and not self.at_end:
            self._failure = error
            self._wake()

    def feed(self, data: bytes) -> None:
        """What the socket brought."""
        if self.at_end:  # more than was announced: whose it is, nobody knows
            self._is_reusable = False
            self._connection.abort()
            return
        if not self.status:
            self._in_head += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._connection.abort()
            self.fail(ConnectionFailed(f"What came is not HTTP: {error}"))
        if self._in_head > _LONGEST_HEAD and not self.status:
            self._connection.abort()
            self.fail(ConnectionFailed("The head of the reply does not end."))
        if self._unread > _MOST_UNREAD:
            self._connection.pause()
        self._wake()

    def lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        known = "content-length" in self.headers or "chunked" in self.headers.get("transfer-encoding", "")
        if self.status and not known and error is None:
            self.at_end = True  # its length was told by closing
            self._wake()
        self.fail(ConnectionFailed(f"The connection broke: {error or 'it was closed'}."))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._is_reusable:
            self._connection.finished()
            self._keep(self._connection)
        else:
            self._connection.abort()

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # on the way to the reply
            self.headers.clear()
            return
        self.status = status
        if self.headers.get("content-encoding", "identity").lower() in ("gzip", "x-gzip", "deflate"):
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)  # not asked for, but some cannot help it

    def on_body(self, body: bytes) -> None:
        if self._inflate is not None:
            body = self._inflated(body)
        if body:
            self._pieces.append(body)
            self._unread += len(body)

    def on_message_complete(self) -> None:
        if self.status:
            self.at_end = True
            self._is_reusable = self._parser.should_keep_alive()

    def _inflated(self, body: bytes) -> bytes:
        try:
            plain: bytes = self._inflate.decompress(body, 16 * _MOST_UNREAD)
        except zlib.error as error:
            self.fail(ConnectionFailed(f"What came cannot be unpacked: {error}"))
            return b""
        if self._inflate.unconsumed_tail:
            self.fail(ConnectionFailed("What came unpacks to more than an answer can be."))
        return plain

    async def _more(self) -> None:
        self._woken = asyncio.get_running_loop().create_future()
        try:
            await self._woken
        finally:
            self._woken = None

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)


class _Connection(asyncio.Protocol):
    """A socket, and the reply it is read for."""

    def __init__(self, forget: "Callable[[_Connection], None]") -> None:
        self._forget = forget
        self._transport: Any = None
        self._reply: Reply | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_paused = False

    def ask(self, request: bytes, keep: "Callable[[_Connection], None]") -> Reply:
        reply = self._reply = Reply(self, keep)
        self._transport.write(request)
        return reply

    async def secure(self, tls: ssl.SSLContext | None, host: str) -> None:
        """Speak TLS from now on."""
        self._reply = None
        loop = asyncio.get_running_loop()
        assert tls is not None  # noqa: S101 - the client of an `https` address has one
        self._transport = await loop.start_tls(self._transport, self, tls, server_hostname=host)

    def finished(self) -> None:
        self._reply = None
        self.resume()

    def pause(self) -> None:
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()

    def rest(self) -> None:
        """Close it when nobody wants it for some time."""
        self._timer = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self.abort)

    def wake_up(self) -> bool:
        """Whether it can be used again."""
        if self._timer is not None:
            self._timer.cancel()
        return not self._transport.is_closing()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._reply is not None:
            self._reply.feed(data)
        else:
            self.abort()  # nobody asked

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._reply is not None:
            self._reply.lost(exc)


def _credentials(proxy: URL) -> dict[str, str]:
    if proxy.user is None:
        return {}
    name = f"{proxy.user}:{proxy.password or ''}"
    return {"Proxy-Authorization": f"Basic {b64encode(name.encode()).decode()}"}


def _encoded(lines: list[str]) -> bytes:
    """The head of a request.

    Raises:
        ConnectionFailed: a line holds what would begin another.
    """
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise ConnectionFailed("A header holds a line break.", may_pass=False)
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
