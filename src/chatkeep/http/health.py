"""`GET /health`: the process lives. `GET /ready`: it can answer."""

import asyncio

from fastapi import APIRouter, Request

from chatkeep.core.errors import NotReady
from chatkeep.http.deps import Services

router = APIRouter()


@router.get("/health", summary="Is the process alive?")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/ready", summary="Can it answer questions?")
async def ready(request: Request) -> dict[str, str]:
    starting: asyncio.Task[Services] = request.app.state.starting
    if not starting.done() or starting.cancelled() or starting.exception() is not None:
        raise NotReady("The server is still starting.")
    await starting.result().check()
    return {"status": "ready", "model": starting.result().model_name}
