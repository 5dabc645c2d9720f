"""The chat page and the element's script, served from the package itself."""

from importlib.resources import files

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from chatkeep.core.errors import NotFound
from chatkeep.http.deps import ContextDep, ServicesDep

router = APIRouter(include_in_schema=False)

_WEB = files("chatkeep") / "_web"  # found here, since finding it imports modules
_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/chatkit.js": ("chatkit.js", "text/javascript; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/source.css": ("source.css", "text/css; charset=utf-8"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}


async def page_file(request: Request) -> Response:
    """One of the built files, revalidated on each visit so that an upgrade shows at once."""
    name, media_type = _FILES[request.url.path]
    file = _WEB / name
    if not file.is_file():
        raise NotFound(f"{name} is not built. In a checkout, `make install` builds it.")
    headers = {"Cache-Control": "no-cache"}
    if request.url.path == "/chatkit.js":
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # pages of other sites load it
    return FileResponse(str(file), media_type=media_type, headers=headers)


for path in _FILES:
    router.add_api_route(path, page_file, methods=["GET"])


@router.get("/page.json")
async def page(services: ServicesDep, context: ContextDep) -> JSONResponse:
    """Questions the chat page suggests before the first one."""
    suggestions = await services.suggestions.suggestions(context)
    return JSONResponse(
        {
            "prompts": [{"label": each.label, "prompt": each.question} for each in suggestions],
        }
    )
