"""The element's files over HTTP: what is kept how long, in which form, and for whom."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from chatkeep.http import assets, pages
from chatkeep.http.errors import install_error_handlers

CHUNK = "HistoryPanel"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A data folder's memory of a version that this package no longer brings."""
    folder = tmp_path / "element" / "0.0.9"
    folder.mkdir(parents=True)
    (folder / "chatkit.js").write_text("old();")
    return folder.parent


@pytest.fixture
async def client(kept: Path) -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    app.state.kept_assets = kept
    app.include_router(pages.router)
    install_error_handlers(app)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


def script() -> str:
    return assets.built_assets()[0].path


def chunk() -> str:
    return next(each.path for each in assets.built_assets() if CHUNK in each.path)


async def test_the_newest_script_is_asked_for_again_soon(client: AsyncClient) -> None:
    reply = await client.get("/chatkit.js")
    assert reply.headers["cache-control"] == "public, max-age=300, must-revalidate"
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    again = await client.get("/chatkit.js", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == reply.headers["cache-control"]
    other = await client.get("/chatkit.js", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


async def test_the_files_of_a_version_are_kept_for_good(client: AsyncClient) -> None:
    for path in (script(), chunk()):
        reply = await client.get(path)
        assert reply.status_code == 200
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_pages_of_other_origins_may_load_them(client: AsyncClient) -> None:
    for path in ("/chatkit.js", script(), chunk()):
        headers = (await client.get(path, headers={"Origin": "https://elsewhere.test"})).headers
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cross-origin-resource-policy"] == "cross-origin"


async def test_the_chat_page_is_for_this_origin(client: AsyncClient) -> None:
    headers = (await client.get("/")).headers
    assert "access-control-allow-origin" not in headers
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_it_travels_in_the_best_form_the_browser_takes(
    client: AsyncClient, accepted: str, coding: str | None
) -> None:
    reply = await client.get("/chatkit.js", headers={"Accept-Encoding": accepted})
    assert reply.headers.get("content-encoding") == coding
    assert reply.headers["vary"] == "Accept-Encoding"
    async with client.stream("GET", "/chatkit.js", headers={"Accept-Encoding": accepted}) as stream:
        body = b"".join([part async for part in stream.aiter_raw()])
    assert len(body) == int(reply.headers["content-length"])
    content = (assets.WEB / "chatkit.js").read_bytes()
    if coding == "gzip":
        body = gzip.decompress(body)
    assert body == content or coding == "br"
    assert (len(body) < len(content) / 2) == (coding == "br")


async def test_each_form_has_a_tag_of_its_own(client: AsyncClient) -> None:
    tags = {
        (await client.head("/chatkit.js", headers={"Accept-Encoding": coding})).headers["etag"]
        for coding in ("br", "gzip", "identity")
    }
    assert len(tags) == 3


async def test_head_tells_what_get_would(client: AsyncClient) -> None:
    for path in ("/chatkit.js", script()):
        got, told = await client.get(path), await client.head(path)
        assert told.status_code == 200
        assert told.content == b""
        assert told.headers == got.headers


async def test_a_range_is_one_of_the_file_itself(client: AsyncClient) -> None:
    headers = {"Range": "bytes=2-9", "Accept-Encoding": "gzip"}
    reply = await client.get(script(), headers=headers)
    assert reply.status_code == 206
    assert reply.content == (assets.WEB / script().lstrip("/")).read_bytes()[2:10]
    assert "content-encoding" not in reply.headers


async def test_a_version_served_before_an_upgrade_is_still_there(client: AsyncClient) -> None:
    reply = await client.get("/chatkit/0.0.9/chatkit.js")
    assert reply.text == "old();"
    assert "immutable" in reply.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/chatkit/9.9.9/chatkit.js",
        "/chatkit/0.0.9/gone-1234.js",
        "/chatkit/%2e%2e/chatkit.js",
        "/chatkit/0.0.9/%2e%2e%2f%2e%2e%2fsecret.js",
        "/chatkit/0.0.9/chatkit.js.gz",
        "/chatkit/0.0.9/.env",
    ],
)
async def test_anything_else_is_not_found(client: AsyncClient, kept: Path, path: str) -> None:
    (kept.parent / "secret.js").write_text("secret")
    (kept / "0.0.9" / ".env").write_text("secret")
    reply = await client.get(path)
    assert reply.status_code == 404
    assert "cache-control" not in reply.headers
