"""`POST /chatkit`: the ChatKit protocol's one endpoint (spec A.1)."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from chatkeep.chat.turn import Turn
from chatkeep.core.errors import UnsupportedMedia
from chatkeep.http.deps import ContextDep, ServicesDep

router = APIRouter()


@router.post(
    "/chatkit",
    summary="Carry out one ChatKit operation",
    response_description="A JSON reply, or server-sent events for operations that stream.",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def chatkit(request: Request, services: ServicesDep, context: ContextDep) -> Response:
    # Other content types would let any web page post here without asking this server first (CSRF).
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMedia("Send the operation as JSON, with Content-Type: application/json.")
    reply = await services.chat.handle(await request.body(), context)
    if isinstance(reply, Turn):
        return _TurnResponse(reply)
    return Response(reply, media_type="application/json")


class _TurnResponse(StreamingResponse):
    """Follows a turn; a connection that closes stops it."""

    def __init__(self, turn: Turn) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(turn.follow(), media_type="text/event-stream", headers=headers)
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._turn.stop()
