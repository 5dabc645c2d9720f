"""The chat page and the element's files, served from the package itself."""

from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from chatkeep.core.errors import NotFound
from chatkeep.http import assets
from chatkeep.http.deps import ContextDep, ServicesDep

router = APIRouter(include_in_schema=False)

_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/source.css": ("source.css", "text/css; charset=utf-8"),
    "/favicon.svg": ("favicon.svg", "image/svg+xml"),
}
_SCRIPT_TYPE = "text/javascript; charset=utf-8"
_EACH_TIME = "no-cache"
_SHORTLY = "public, max-age=300, must-revalidate"
_FOR_GOOD = "public, max-age=31536000, immutable"
# Pages of other sites load the element, with `integrity` if they like; its chunks are modules, which
# browsers fetch with CORS. Nothing in them is anybody's.
_FOR_ANY_PAGE = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}


def page_file(request: Request) -> Response:
    """One of the page's files, revalidated on each visit so that an upgrade shows at once."""
    name, media_type = _FILES[request.url.path]
    return _reply(request, assets.WEB / name, media_type, {"Cache-Control": _EACH_TIME})


def script(request: Request) -> Response:
    """The element's newest version. What it loads later is asked for by its version."""
    headers = {"Cache-Control": _SHORTLY, **_FOR_ANY_PAGE}
    return _reply(request, assets.WEB / assets.SCRIPT, _SCRIPT_TYPE, headers)


def versioned_file(request: Request, version: str, name: str) -> Response:
    """A file of one version of the element: it never changes, so it is kept for good."""
    kept: Path | None = request.app.state.kept_assets
    headers = {"Cache-Control": _FOR_GOOD, **_FOR_ANY_PAGE}
    return _reply(request, assets.find(version, name, kept), _SCRIPT_TYPE, headers)


_METHODS = ["GET", "HEAD"]
for path in _FILES:
    router.add_api_route(path, page_file, methods=_METHODS)
router.add_api_route("/chatkit.js", script, methods=_METHODS)
router.add_api_route("/chatkit/{version}/{name}", versioned_file, methods=_METHODS)


@router.get("/page.json")
async def page(services: ServicesDep, context: ContextDep) -> JSONResponse:
    """Questions the chat page suggests before the first one."""
    suggestions = await services.suggestions.suggestions(context)
    return JSONResponse(
        {
            "prompts": [{"label": each.label, "prompt": each.question} for each in suggestions],
        }
    )


def _reply(request: Request, path: Path, media_type: str, headers: dict[str, str]) -> Response:
    """The file, compressed if it was built so and the browser takes it; 304 if the browser has it.

    A range is one of the file itself, so it is answered uncompressed.
    """
    if not path.is_file():
        raise NotFound(f"{path.name} is not built. In a checkout, `make install` builds it.")
    accepted = "" if "range" in request.headers else request.headers.get("accept-encoding", "")
    coding, found = assets.encoded(path, accepted)
    tag = assets.entity_tag(found)
    headers |= {"ETag": tag, "Vary": "Accept-Encoding"}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    if coding is not None:
        headers["Content-Encoding"] = coding
    return FileResponse(found, media_type=media_type, headers=headers)
