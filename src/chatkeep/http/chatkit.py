"""`POST /chatkit`: the ChatKit protocol's one endpoint (spec A.1)."""

from fastapi import APIRouter, Request, Response

from chatkeep.core.errors import UnsupportedMedia
from chatkeep.http.deps import ContextDep, ServicesDep
from chatkeep.http.streams import StreamReply

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
    key = request.headers.get("idempotency-key")
    steps = "steps" in request.query_params  # a page that draws them asks for `/chatkit?steps`
    reply = await services.chat.handle(await request.body(), context, key, steps=steps)
    if isinstance(reply, bytes):
        return Response(reply, media_type="application/json")
    return StreamReply(reply)
