"""From errors to HTTP: one table, and one shape for every error body.

The body is `{"code", "message", "request_id"}`; `message` is written for people. What is not in the
table is our fault: 500, logged with its traceback, and no detail leaves the server.
"""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from chatkeep.core import errors
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

STATUS: dict[type[errors.ChatkeepError], int] = {
    errors.ChatkeepError: 500,
    errors.InvalidInput: 422,
    errors.MalformedInput: 400,
    errors.TooLarge: 413,
    errors.UnsupportedMedia: 415,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.ConfigurationError: 500,
    errors.DataDirectoryInUse: 500,
    errors.MissingDependency: 500,
    errors.ModelFailed: 502,
    errors.FetchFailed: 502,
    errors.AddressRefused: 502,
    errors.RunLost: 503,
    errors.NotReady: 503,
    errors.Overloaded: 503,
    errors.JournalUnavailable: 503,
    errors.EmbedderUnavailable: 503,
}

_RETRY_AFTER_SECONDS = "2"


def install_error_handlers(app: FastAPI) -> None:
    """Answer every failure in the one shape."""
    app.add_exception_handler(errors.ChatkeepError, _own)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def error_response(
    status: int, code: str, message: str, request_id: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = {"code": code, "message": message, "request_id": request_id}
    return JSONResponse(body, status_code=status, headers=headers)


async def _own(request: Request, error: Exception) -> JSONResponse:
    status = STATUS[type(error)]  # type: ignore[index]  # registered for ChatkeepError alone
    if status >= 500:
        _log.warning("request_failed", error=type(error).__name__, message=str(error))
    headers = {"Retry-After": _RETRY_AFTER_SECONDS} if status == 503 else None
    return error_response(status, _code(type(error).__name__), str(error), _request_id(request), headers)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 (how it is registered)
    code = "not_found" if error.status_code == 404 else "http_error"
    headers = dict(error.headers) if error.headers else None
    return error_response(error.status_code, code, str(error.detail), _request_id(request), headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("request_crashed", exc_info=error)
    message = "Something went wrong on the server. The operator finds it in the log by the request id."
    return error_response(500, "internal_error", message, _request_id(request))


def _request_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def _code(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
