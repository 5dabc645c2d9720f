"""`/ready` tells whether what answers need can be reached."""

import asyncio
from typing import Any, cast

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from chatkeep.adapters.redis_journal import RedisJournal
from chatkeep.http import health
from chatkeep.http.deps import Services
from chatkeep.http.errors import install_error_handlers
from tests.redis import RedisServer


async def ready(services: Services) -> Response:
    app = FastAPI()
    app.include_router(health.router)
    install_error_handlers(app)
    app.state.starting = asyncio.get_running_loop().create_future()
    app.state.starting.set_result(services)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        return await client.get("/ready")


nothing = cast("Any", None)  # /ready asks neither for chats nor for sources


async def test_it_is_ready_when_nothing_outside_is_needed() -> None:
    answer = await ready(Services(nothing, nothing, nothing, "a-model"))
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "model": "a-model"})


async def test_it_is_not_ready_while_the_redis_does_not_answer(own_redis: RedisServer) -> None:
    journal = RedisJournal(own_redis.url)
    services = Services(nothing, nothing, nothing, "a-model", journal.check)
    try:
        assert (await ready(services)).status_code == 200
        own_redis.kill()
        answer = await ready(services)
        assert (answer.status_code, answer.json()["code"]) == (503, "journal_unavailable")
        assert str(own_redis.port) in answer.json()["message"]
        own_redis.start()
        assert (await ready(services)).status_code == 200
    finally:
        await journal.aclose()


async def test_health_is_not_about_redis() -> None:
    assert await health.health() == {"status": "ok"}
