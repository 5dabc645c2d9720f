"""The client that speaks to models, against servers that say byte for byte what a test wants."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
import trustme
from yarl import URL

from chatkeep.agents import http_client
from chatkeep.agents.http_client import Client, ConnectionFailed, Reply

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_SECONDS = 20.0
_WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


@asynccontextmanager
async def serving(speak: Speak, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server that has `speak` talk to whoever connects."""

    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await speak(reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


async def request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """A whole request: its head and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(
        (int(line.split(":")[1]) for line in head.lower().split("\r\n") if "content-length" in line), 0
    )
    return head, await reader.readexactly(length)


def saying(*pieces: bytes) -> Speak:
    """Answers every request with `pieces`, each sent by itself, and hangs up when it has said `b""`."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await request(reader)
            for piece in pieces:
                if not piece:
                    return
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)

    return speak


async def whole(reply: Reply) -> bytes:
    said = b""
    while data := await reply.read():
        said += data
    return said


async def ask(client: Client, url: URL, headers: dict[str, str] | None = None) -> bytes:
    async with asyncio.timeout(_SECONDS), await client.post(url, headers or {}, b"{}") as reply:
        return await whole(reply)


@asynccontextmanager
async def asking(speak: Speak) -> AsyncIterator[tuple[Client, URL]]:
    async with serving(speak) as port:
        url = URL(f"http://127.0.0.1:{port}/v1/chat/completions?a=b")
        client = Client(url)
        try:
            yield client, url
        finally:
            await client.aclose()


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([_WHOLE], b"hello"),
        ([_WHOLE[:9], _WHOLE[9:31], _WHOLE[31:-2], _WHOLE[-2:]], b"hello"),
        (
            [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel", b"lo\r\n1\r\n!\r\n0\r\n\r\n"],
            b"hello!",
        ),
        ([b"HTTP/1.1 200 OK\r\n\r\nuntil it ", b"is closed", b""], b"until it is closed"),
        ([b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", _WHOLE], b"hello"),
        ([b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", gzip.compress(b"packed"), b""], b"packed"),
        ([b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n"], b""),
    ],
)
async def test_a_body_is_read_however_it_is_sent(pieces: list[bytes], body: bytes) -> None:
    async with asking(saying(*pieces)) as (client, url):
        assert await ask(client, url) == body


@pytest.mark.parametrize(
    "pieces",
    [
        [b""],
        [b"SSH-2.0-OpenSSH\r\n"],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", b""],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", b""],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfive\r\nhello\r\n"],
        [b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nx-long: " + b"x" * 100_000],
        [b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nnot packed", b""],
        [b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(bytes(50_000_000))],
    ],
)
async def test_what_is_no_whole_reply_is_a_failure(pieces: list[bytes]) -> None:
    async with asking(saying(*pieces)) as (client, url):
        with pytest.raises(ConnectionFailed) as failed:
            await ask(client, url)
    assert failed.value.may_pass


async def test_the_request_says_what_it_must() -> None:
    heard: list[tuple[str, bytes]] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await request(reader))
        writer.write(_WHOLE)
        await writer.drain()

    async with asking(speak) as (client, url):
        await ask(client, url, {"Authorization": "Bearer sk-any"})
    lines = heard[0][0].split("\r\n")
    assert lines[0] == "POST /v1/chat/completions?a=b HTTP/1.1"
    assert {f"Host: 127.0.0.1:{url.port}", "Authorization: Bearer sk-any", "Content-Length: 2"} <= set(lines)
    assert heard[0][1] == b"{}"


async def test_a_header_cannot_hold_another() -> None:
    async with asking(saying(_WHOLE)) as (client, url):
        with pytest.raises(ConnectionFailed, match="line break"):
            await ask(client, url, {"X-Title": "a\r\nX-Other: b"})


async def test_a_connection_is_kept_until_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "_IDLE_SECONDS", 0.05)
    ports: list[int] = []
    gone = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            with suppress(asyncio.IncompleteReadError):
                await request(reader)
                ports.append(writer.get_extra_info("peername")[1])
                writer.write(_WHOLE)
        gone.set()

    async with asking(speak) as (client, url):
        assert await ask(client, url) == await ask(client, url) == b"hello"
        async with asyncio.timeout(_SECONDS):
            await gone.wait()
    assert len(set(ports)) == 1


@pytest.mark.parametrize(
    "pieces",
    [
        [_WHOLE, b""],  # the server hangs up after each reply, without saying so
        [_WHOLE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")],
        [_WHOLE + b"HTTP/1.1 200 OK\r\n"],  # whose answer would that be?
    ],
)
async def test_a_connection_that_cannot_be_used_again_is_not(pieces: list[bytes]) -> None:
    async with asking(saying(*pieces)) as (client, url):
        assert await ask(client, url) == b"hello"
        await asyncio.sleep(0.05)  # the server's closing is on its way
        assert await ask(client, url) == b"hello"


async def test_a_reply_that_is_left_is_hung_up() -> None:
    gone = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
        with suppress(ConnectionError):
            await reader.read()
        gone.set()

    async with asking(speak) as (client, url):
        async with await client.post(url, {}, b"{}") as reply:
            assert await reply.read() == b"hello"
        async with asyncio.timeout(_SECONDS):
            await gone.wait()


async def test_whoever_does_not_read_is_not_sent_more() -> None:
    """And gets all of it when they do."""
    sent = 0
    stuck = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(400):
            writer.write(bytes(100_000))
            sent += 1
            try:
                async with asyncio.timeout(0.3):
                    await writer.drain()
            except TimeoutError:
                stuck.set()
                await writer.drain()

    async with (
        asyncio.timeout(_SECONDS),
        asking(speak) as (client, url),
        await client.post(url, {}, b"{}") as reply,
    ):
        await stuck.wait()
        assert sent < 300
        assert len(await whole(reply)) == 40_000_000


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def server_tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_a_provider_must_be_who_it_says(authority: trustme.CA) -> None:
    async with serving(saying(_WHOLE), server_tls(authority, "127.0.0.1")) as port:
        url = URL(f"https://127.0.0.1:{port}/v1")
        known, unknown = Client(url, None, client_tls(authority)), Client(url, None, client_tls(trustme.CA()))
        assert await ask(known, url) == b"hello"
        with pytest.raises(ConnectionFailed, match="not who it should be") as failed:
            await ask(unknown, url)
        assert not failed.value.may_pass
        await known.aclose()


def tunnel(port: int, heard: list[str]) -> Speak:
    """An HTTP proxy that connects to `port`, whatever it is asked for."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await request(reader))[0])
        if "Proxy-Authorization" not in heard[-1]:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        up, down = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, down), pump(up, writer), return_exceptions=True)

    return speak


async def test_a_provider_behind_a_proxy_is_spoken_to_in_private(authority: trustme.CA) -> None:
    heard: list[str] = []
    tls = server_tls(authority, "model.example")
    async with serving(saying(_WHOLE), tls) as port, serving(tunnel(port, heard)) as proxy:
        url = URL("https://model.example/v1")
        client = Client(url, f"http://me:secret@127.0.0.1:{proxy}", client_tls(authority))
        assert await ask(client, url) == await ask(client, url) == b"hello"
        await client.aclose()
        stranger = Client(url, f"http://127.0.0.1:{proxy}", client_tls(authority))
        with pytest.raises(ConnectionFailed, match="HTTP 407"):
            await ask(stranger, url)
    assert len(heard) == 2
    assert heard[0].startswith("CONNECT model.example:443 HTTP/1.1")
    assert "Proxy-Authorization: Basic bWU6c2VjcmV0" in heard[0]


async def test_a_server_that_does_not_accept_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "_CONNECT_SECONDS", 0.1)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as port:
        url = URL(f"https://127.0.0.1:{port}/v1")  # a handshake that is never answered
        with pytest.raises(ConnectionFailed, match="does not accept") as failed:
            await ask(Client(url, None, ssl.create_default_context()), url)
    assert not failed.value.may_pass
