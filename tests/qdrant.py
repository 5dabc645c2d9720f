"""A Qdrant to speak to over HTTP: the one that QDRANT_TEST_URL names, otherwise a stand-in.

The stand-in answers the requests that chatkeep sends, in Qdrant's own words, from the Qdrant client's local
engine. It shows that the requests are well formed and that failures are borne; how a real server ranks,
stores and scales it cannot show.
"""

import asyncio
import os
import secrets
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pydantic import BaseModel, TypeAdapter
from qdrant_client import AsyncQdrantClient, models

from chatkeep.adapters.qdrant.server import QdrantServerIndex
from chatkeep.knowledge.protocols import Embedder


@dataclass
class Qdrant:
    """Where to find it.

    Attributes:
        prefix: of the collections; each test has its own.
        seen: the requests that the stand-in got, each as its method and path; and their headers.
        failures: what the stand-in answers first, before it does what is asked: a status; 0 hangs up, and
            -1 says nothing until the client is gone.
    """

    url: str
    api_key: str | None = None
    prefix: str = field(default_factory=lambda: f"test-{secrets.token_hex(4)}")
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)
    version: str = "1.20.0"

    async def index(self, embedder: Embedder | None, *, patience: float = 10) -> QdrantServerIndex:
        return await QdrantServerIndex.open(
            self.url, self.api_key, embedder, prefix=self.prefix, patience=patience
        )


@asynccontextmanager
async def some_qdrant() -> AsyncIterator[Qdrant]:
    """The named server, or a stand-in."""
    if url := os.environ.get("QDRANT_TEST_URL"):
        yield Qdrant(url, os.environ.get("QDRANT_TEST_API_KEY"))
    else:
        async with stand_in() as qdrant:
            yield qdrant


@asynccontextmanager
async def stand_in(api_key: str | None = None) -> AsyncIterator[Qdrant]:
    """Qdrant's REST API on a free port."""
    qdrant = Qdrant("", api_key)
    engine = AsyncQdrantClient(":memory:")
    app = web.Application(middlewares=[_gate(qdrant)], client_max_size=1 << 26)
    app.add_routes(_routes(engine, qdrant))
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    qdrant.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield qdrant
    finally:
        await runner.cleanup()
        await engine.close()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _gate(qdrant: Qdrant) -> Any:
    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        qdrant.seen.append((f"{request.method} {request.path}", dict(request.headers)))
        if qdrant.api_key and request.headers.get("api-key") != qdrant.api_key:
            return web.json_response({"status": {"error": "Invalid API key"}}, status=401)
        if qdrant.failures:
            status = qdrant.failures.pop(0)
            if status < 0:
                await asyncio.Event().wait()
            if status == 0:
                assert request.transport is not None
                request.transport.abort()
            headers = {"Retry-After": "1"} if status == 429 else {}
            return web.json_response({"status": {"error": "no"}}, status=status or 500, headers=headers)
        return await handler(request)

    return gate


def _routes(engine: AsyncQdrantClient, qdrant: Qdrant) -> Iterator[web.RouteDef]:
    def route(
        method: str, path: str, answer: Callable[[str, Any], Awaitable[Any]], body: Any = None
    ) -> web.RouteDef:
        adapter = TypeAdapter(body) if body is not None else None

        async def handler(request: web.Request) -> web.Response:
            name = request.match_info.get("name", "")
            asked = adapter.validate_json(await request.read()) if adapter else None
            try:
                result = await answer(name, asked)
            except ValueError as error:
                status = 409 if "already exists" in str(error) else 404
                return web.json_response({"status": {"error": str(error)}}, status=status)
            if method == "GET" and path == "/":
                return web.json_response(result)
            return web.json_response({"result": _plain(result), "status": "ok", "time": 0.0})

        return web.route(method, path, handler)

    m, at = models, "/collections/{name}"

    async def info(name: str, asked: None) -> Any:
        return {"title": "qdrant - vector search engine", "version": qdrant.version}

    async def exists(name: str, asked: None) -> Any:
        return {"exists": await engine.collection_exists(name)}

    async def collections(name: str, asked: None) -> Any:
        return await engine.get_collections()

    async def create(name: str, asked: models.CreateCollection) -> Any:
        return await engine.create_collection(
            name, asked.vectors, sparse_vectors_config=asked.sparse_vectors, metadata=asked.metadata
        )

    async def drop(name: str, asked: None) -> Any:
        return await engine.delete_collection(name)

    async def get(name: str, asked: None) -> Any:
        return await engine.get_collection(name)

    async def index(name: str, asked: models.CreateFieldIndex) -> Any:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Payload indexes have no effect")  # true of the local engine
            return await engine.create_payload_index(name, asked.field_name, asked.field_schema)

    async def upsert(name: str, asked: models.PointsList) -> Any:
        return await engine.upsert(name, asked.points)

    async def retrieve(name: str, asked: models.PointRequest) -> Any:
        return await engine.retrieve(name, asked.ids, asked.with_payload or False, asked.with_vector or False)

    async def delete(name: str, asked: Any) -> Any:
        return await engine.delete(name, asked)

    async def search(name: str, asked: models.QueryRequestBatch) -> Any:
        return await engine.query_batch_points(name, asked.searches)

    async def query(name: str, asked: models.QueryRequest) -> Any:
        return (await engine.query_batch_points(name, [asked]))[0]

    async def scroll(name: str, asked: models.ScrollRequest) -> Any:
        records, following = await engine.scroll(
            name,
            asked.filter,
            asked.limit or 10,
            offset=asked.offset,
            with_payload=asked.with_payload or False,
            with_vectors=asked.with_vector or False,
        )
        return {"points": records, "next_page_offset": following}

    async def count(name: str, asked: models.CountRequest) -> Any:
        return await engine.count(name, asked.filter)

    async def vectors(name: str, asked: models.UpdateVectors) -> Any:
        await engine.update_vectors(name, asked.points)
        return {"operation_id": 0, "status": "completed"}

    async def payload(name: str, asked: models.SetPayload) -> Any:
        return await engine.set_payload(name, asked.payload, points=asked.points or [])

    yield route("GET", "/", info)
    yield route("GET", "/collections", collections)
    yield route("GET", f"{at}/exists", exists)
    yield route("PUT", at, create, m.CreateCollection)
    yield route("DELETE", at, drop)
    yield route("GET", at, get)
    yield route("PUT", f"{at}/index", index, m.CreateFieldIndex)
    yield route("PUT", f"{at}/points", upsert, m.PointsList)
    yield route("POST", f"{at}/points", retrieve, m.PointRequest)
    yield route("POST", f"{at}/points/delete", delete, m.FilterSelector | m.PointIdsList)
    yield route("POST", f"{at}/points/query/batch", search, m.QueryRequestBatch)
    yield route("POST", f"{at}/points/query", query, m.QueryRequest)
    yield route("POST", f"{at}/points/scroll", scroll, m.ScrollRequest)
    yield route("POST", f"{at}/points/count", count, m.CountRequest)
    yield route("PUT", f"{at}/points/vectors", vectors, m.UpdateVectors)
    yield route("POST", f"{at}/points/payload", payload, m.SetPayload)


def _plain(result: Any) -> Any:
    match result:
        case BaseModel():
            return result.model_dump(mode="json")
        case list():
            return [_plain(each) for each in result]
        case dict():
            return {name: _plain(value) for name, value in result.items()}
    return result
