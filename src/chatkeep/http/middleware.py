"""What every request passes: an id, the host check, the body limit, security headers, one log line.

Plain ASGI, so that streams pass through untouched.
"""

import ipaddress
import secrets
import time
from collections.abc import Collection

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatkeep.core.errors import TooLarge
from chatkeep.http.errors import error_response
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

# Our pages load nothing from elsewhere and run no inline script.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
        "require-trusted-types-for 'script'",
    )
)
_SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class RequestMiddleware:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, allowed_hosts: Collection[str], max_body_bytes: int) -> None:
        self._app = app
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"req_{secrets.token_hex(12)}"
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._admit(scope, receive, send_with_headers, request_id)
            finally:
                _log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )

    async def _admit(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        headers = Headers(scope=scope)
        if not self._is_allowed(headers.get("host", "")):
            message = (
                f"This server does not answer to the host name {headers.get('host', '')!r}. "
                "The operator can add it to CHATKEEP_ALLOWED_HOSTS."
            )
            await error_response(421, "unknown_host", message, request_id)(scope, receive, send)
            return
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self._max_body_bytes:
            message = _too_large(self._max_body_bytes)
            await error_response(413, "too_large", message, request_id)(scope, receive, send)
            return
        await self._app(scope, _counted(receive, self._max_body_bytes), send)

    def _is_allowed(self, host: str) -> bool:
        name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
        return "*" in self._allowed_hosts or name.lower() in self._allowed_hosts


def hosts_to_allow(host: str, public_host: str | None, configured: Collection[str]) -> Collection[str]:
    """The host names a request may carry: those configured, or else the loopback names and our own.

    Listening on every address without names configured allows any, since which names reach it is
    not known here.
    """
    if configured:
        return configured
    try:
        if ipaddress.ip_address(host).is_unspecified:
            return ["*"]
    except ValueError:
        pass
    return [name for name in ("localhost", "127.0.0.1", "::1", host, public_host) if name]


def _counted(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise TooLarge(_too_large(limit))
        return message

    return counted


def _too_large(limit: int) -> str:
    return f"The request body is larger than the {limit:,} bytes accepted here (CHATKEEP_MAX_BODY_BYTES)."
