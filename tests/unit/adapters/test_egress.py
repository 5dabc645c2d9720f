"""Nothing is reached that must not be, and nothing that is read can do harm by its size or its slowness."""

import asyncio
import gzip
import ipaddress
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.adapters.egress import Allowed, Bounds, Egress, is_public
from chatkeep.core.errors import AddressRefused, ConfigurationError, FetchFailed
from tests.sites import Answer, Site, site

METADATA = "http://169.254.169.254/latest/meta-data/"


@pytest.fixture
def running() -> Iterator[Site]:
    with site() as one:
        yield one


def to(*sites: Site, bounds: Bounds | None = None) -> Egress:
    """An egress that may reach these, and the public internet."""
    return Egress(Allowed.parse(f"127.0.0.1:{each.port}" for each in sites), bounds=bounds)


async def test_an_allowed_host_is_read(running: Site) -> None:
    running.pages["/a"] = Answer("words", etag='"1"')
    async with to(running) as egress:
        fetched = await egress.fetch(f"{running.url}/a", max_bytes=100)
    assert (fetched.status, fetched.body, fetched.headers["etag"]) == (200, b"words", '"1"')
    (_, headers) = running.asked[0]
    assert headers["user-agent"].startswith("chatkeep/")
    assert "cookie" not in headers


async def test_cookies_are_not_kept(running: Site) -> None:
    running.pages["/a"] = Answer("words", headers={"Set-Cookie": "a=b"})
    async with to(running) as egress:
        for _ in range(2):
            await egress.fetch(f"{running.url}/a", max_bytes=100)
    assert all("cookie" not in headers for _, headers in running.asked)


async def test_the_environments_proxies_are_not_used(running: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    running.pages["/a"] = Answer("words")
    async with to(running) as egress:
        assert (await egress.fetch(f"{running.url}/a", max_bytes=100)).body == b"words"


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "017700000001",
        ),
        *("0", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.200"),
        *("169.254.169.254", "192.0.0.192", "168.63.129.16", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
        *("255.255.255.255", "198.18.0.1", "192.88.99.1", "localhost", "LOCALHOST.", "127.0.0.1."),
        *("①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1"),
        *(
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:a9fe:a9fe]",
            "[::127.0.0.1]",
        ),
        *("[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]"),
        *(
            "[fe80::1]",
            "[fe80::1%25lo]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "[fec0::1]",
            "[100::1]",
        ),
    ],
)
async def test_what_is_not_public_is_refused_in_every_form(host: str) -> None:
    async with Egress() as egress:
        with pytest.raises(AddressRefused):
            await egress.fetch(f"http://{host}/", max_bytes=100)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "file:///etc/passwd",
            "ftp://example.com/",
            "gopher://example.com/",
            "data:text/plain,a",
            "//example.com/",
        ),
        *(
            "example.com",
            "",
            "http://",
            "http:///a",
            "http://user:secret@example.com/",
            "http://user@example.com/",
        ),
        *("http://example.com:22/", "https://example.com:8443/", "http://exa mple.com/", "http://[::1/"),
        *("http://example.com:99999/", "http://" + "a" * 5000, "http://example.com\\@127.0.0.1/"),
    ],
)
async def test_what_is_no_address_on_the_web_is_refused(address: str) -> None:
    async def nobody(host: str, port: int) -> list[str]:
        return ["93.184.216.34"]

    async with Egress(lookup=nobody) as egress:
        with pytest.raises(AddressRefused):
            await egress.fetch(address, max_bytes=100)


@pytest.mark.parametrize(
    "target", [METADATA, "http://[::ffff:127.0.0.1]/", "file:///etc/passwd", "http://2130706433"]
)
async def test_a_redirect_leads_nowhere_that_is_refused(running: Site, target: str) -> None:
    running.pages["/a"] = Answer(status=302, headers={"Location": target})
    async with to(running) as egress:
        with pytest.raises(AddressRefused):
            await egress.fetch(f"{running.url}/a", max_bytes=100)


async def test_a_redirect_to_another_port_of_an_allowed_host_is_refused(running: Site) -> None:
    with site() as other:
        other.pages["/"] = Answer("secret")
        running.pages["/a"] = Answer(status=307, headers={"Location": f"{other.url}/"})
        async with to(running) as egress:
            with pytest.raises(AddressRefused, match=f"CHATKEEP_EGRESS_ALLOW=127.0.0.1:{other.port}"):
                await egress.fetch(f"{running.url}/a", max_bytes=100)
        assert other.asked == []


async def test_redirects_are_followed_and_end(running: Site) -> None:
    for number in range(4):
        running.pages[f"/{number}"] = Answer(status=301, headers={"Location": f"/{number + 1}"})
    running.pages["/4"] = Answer("there")
    async with to(running) as egress:
        assert (await egress.fetch(f"{running.url}/1", max_bytes=100)).url == f"{running.url}/4"
        with pytest.raises(FetchFailed, match="more than 3 times"):
            await egress.fetch(f"{running.url}/0", max_bytes=100)


async def test_a_redirect_that_may_not_be_followed_is_the_answer(running: Site) -> None:
    running.pages["/a"] = Answer(status=301, headers={"Location": "/b"})
    async with to(running) as egress:
        fetched = await egress.fetch(f"{running.url}/a", max_bytes=100, may_follow=lambda _: False)
    assert (fetched.status, fetched.headers["location"]) == (301, "/b")
    assert running.paths_asked == ["/a"]


class Changing:
    """A name that answers otherwise each time it is asked for."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


async def test_a_name_is_asked_for_once_and_the_connection_goes_where_it_said(running: Site) -> None:
    running.pages["/"] = Answer("rebound")
    name = Changing(["192.0.2.1"], ["127.0.0.1"])  # the first leads nowhere
    allowed = Allowed.parse([f"192.0.2.1:{running.port}"])
    async with Egress(allowed, lookup=name, bounds=Bounds(connect=0.2, total=1)) as egress:
        with pytest.raises(FetchFailed):
            await egress.fetch(f"http://rebinding.test:{running.port}/", max_bytes=100)
        assert name.asked == 1
        with pytest.raises(AddressRefused):
            await egress.fetch(f"http://rebinding.test:{running.port}/", max_bytes=100)
    assert running.asked == []


async def test_one_bad_address_among_good_ones_is_enough_to_refuse() -> None:
    async with Egress(lookup=Changing(["93.184.216.34", "10.0.0.1"])) as egress:
        with pytest.raises(AddressRefused):
            await egress.fetch("http://mixed.test/", max_bytes=100)


async def test_a_name_that_is_allowed_may_be_private(running: Site) -> None:
    running.pages["/"] = Answer("inner words")
    async with Egress(
        Allowed.parse([f"wiki.internal:{running.port}"]), lookup=Changing(["127.0.0.1"])
    ) as egress:
        url = f"http://wiki.internal:{running.port}/"
        assert (await egress.fetch(url, max_bytes=100)).body == b"inner words"
        assert await egress.addresses(url) == ["127.0.0.1"]
        with pytest.raises(AddressRefused):
            await egress.fetch(f"http://other.internal:{running.port}/", max_bytes=100)


async def test_a_name_that_nobody_knows_is_no_refusal() -> None:
    async with Egress(lookup=Changing([])) as egress:
        with pytest.raises(FetchFailed, match=r"no host nowhere\.test") as failure:
            await egress.fetch("http://nowhere.test/", max_bytes=100)
    assert not isinstance(failure.value, AddressRefused)


async def test_what_is_too_large_is_not_read_to_its_end(running: Site) -> None:
    running.pages["/large"] = Answer(b"x" * 2_000_000)
    async with to(running) as egress:
        with pytest.raises(FetchFailed, match="larger than 1,000 bytes"):
            await egress.fetch(f"{running.url}/large", max_bytes=1_000)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_refused_by_its_size_when_unpacked(running: Site, encoding: str) -> None:
    zeros = bytes(50_000_000)
    bomb = gzip.compress(zeros) if encoding == "gzip" else zlib.compress(zeros)
    running.pages["/bomb"] = Answer(bomb, headers={"Content-Encoding": encoding})
    async with to(running) as egress:
        with pytest.raises(FetchFailed, match="larger than 1,000,000 bytes"):
            await egress.fetch(f"{running.url}/bomb", max_bytes=1_000_000)


def bare_deflate(data: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(data) + packing.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", bare_deflate),
        ("gzip", lambda data: gzip.compress(data[:7]) + gzip.compress(data[7:])),
    ],
)
async def test_compressed_answers_are_read(
    running: Site, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    words = b"many words " * 20_000
    running.pages["/"] = Answer(pack(words), headers={"Content-Encoding": encoding})
    async with to(running) as egress:
        assert (await egress.fetch(f"{running.url}/", max_bytes=1_000_000)).body == words


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"no gzip at all", "gzip"), (gzip.compress(b"words " * 99)[:-20], "gzip"), (b"words", "br")],
)
async def test_what_cannot_be_unpacked_is_said(running: Site, body: bytes, encoding: str) -> None:
    running.pages["/"] = Answer(body, headers={"Content-Encoding": encoding})
    async with to(running) as egress:
        with pytest.raises(FetchFailed):
            await egress.fetch(f"{running.url}/", max_bytes=1_000_000)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw(serve: Serve) -> AsyncIterator[int]:
    """A server that answers as `serve` does; its port."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def dribble(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One byte every twentieth of a second, for ever."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(head)
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "])
async def test_a_server_that_dribbles_is_left_in_bounded_time(head: bytes) -> None:
    async with raw(lambda reader, writer: dribble(head, reader, writer)) as port:
        bounds = Bounds(connect=1, silence=0.5, total=0.6)
        async with Egress(Allowed.parse([f"127.0.0.1:{port}"]), bounds=bounds) as egress:
            async with asyncio.timeout(10):
                with pytest.raises(FetchFailed):
                    await egress.fetch(f"http://127.0.0.1:{port}/", max_bytes=10_000_000)


async def test_a_server_that_falls_silent_is_left() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        await reader.read()
        await asyncio.Event().wait()

    async with raw(silent) as port:
        bounds = Bounds(connect=1, silence=0.2, total=30)
        async with Egress(Allowed.parse([f"127.0.0.1:{port}"]), bounds=bounds) as egress:
            async with asyncio.timeout(10):
                with pytest.raises(FetchFailed, match="in time"):
                    await egress.fetch(f"http://127.0.0.1:{port}/", max_bytes=1_000)


async def test_an_answer_that_is_no_http_is_said() -> None:
    async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")

    async with raw(nonsense) as port, Egress(Allowed.parse([f"127.0.0.1:{port}"])) as egress:
        with pytest.raises(FetchFailed):
            await egress.fetch(f"http://127.0.0.1:{port}/", max_bytes=1_000)


async def test_nobody_there_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with Egress(Allowed.parse([f"127.0.0.1:{port}"])) as egress:
            with pytest.raises(FetchFailed):
                await egress.fetch(f"http://127.0.0.1:{port}/", max_bytes=1_000)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_each_of_its_forms(address: ipaddress.IPv4Address) -> None:
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    translated = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(address))
    assert is_public(mapped) == is_public(translated) == is_public(address)
    tunnel = ipaddress.IPv6Address((0x2002 << 112) | int(address) << 80)
    assert not is_public(tunnel)


@given(st.ip_addresses())
def test_nothing_that_the_book_calls_private_is_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    is_private = address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    if is_private and getattr(address, "ipv4_mapped", None) is None:
        assert not is_public(address)


@given(
    st.text(max_size=40), st.sampled_from(["http://{}/", "http://{}@127.0.0.1/", "{}", "http://127.0.0.1{}"])
)
def test_no_spelling_reaches_this_machine(text: str, form: str) -> None:
    """Whatever is asked for, no connection is made: there is no public address here to make one to."""

    async def ask() -> None:
        async def loopback(host: str, port: int) -> list[str]:
            return ["127.0.0.1"]

        async with Egress(lookup=loopback) as egress:
            with pytest.raises(AddressRefused):
                await egress.fetch(form.format(text), max_bytes=10)

    asyncio.run(ask())


@pytest.mark.parametrize("entry", ["http://wiki", "wiki:0", "wiki:99999", "wiki:x", "a b", "", "10.0.0.0/99"])
def test_an_allowance_that_is_none_is_named(entry: str) -> None:
    with pytest.raises(ConfigurationError, match="CHATKEEP_EGRESS_ALLOW"):
        Allowed.parse([entry])


def test_networks_are_allowed_at_the_usual_ports_unless_one_is_named() -> None:
    allowed = Allowed.parse(["10.0.0.0/8", "[fd00::1]:8080", "192.168.1.7:9000"])
    allowed.check("wiki", 443, "10.1.2.3")
    allowed.check("wiki", 443, "::ffff:10.1.2.3")
    allowed.check("wiki", 8080, "fd00::1")
    allowed.check("wiki", 9000, "192.168.1.7")
    for port, address in ((8080, "10.1.2.3"), (80, "fd00::1"), (80, "192.168.1.7"), (80, "11.0.0.1:")):
        with pytest.raises((AddressRefused, ValueError)):
            allowed.check("wiki", port, address)
