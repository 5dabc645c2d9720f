"""`POST /chatkit`: the ChatKit protocol's one endpoint (spec A.1)."""

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from chatkeep.core.errors import UnsupportedMedia
from chatkeep.http import deps
from chatkeep.http.deps import ContextDep, ServicesDep
from chatkeep.http.streams import StreamReply


class _Straight(APIRoute):
    """Calls the endpoint itself: what FastAPI does around it is a fourteenth of the CPU of a short answer."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await super().handle(scope, receive, send)  # which says what is allowed
            return
        request = Request(scope, receive, send)
        response = await chatkit(request, await deps.services(request), await deps.context(request))
        await response(scope, receive, send)


router = APIRouter(route_class=_Straight)


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
