"""The application: `create_app(settings)` gives the ASGI app.

The app listens at once. What takes seconds to load (the Agents SDK, the index, the embedder) comes
up behind it in the start-up task, and requests that need it wait for it; `/ready` tells.
"""

import asyncio
import importlib
import importlib.metadata
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import anyio
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.cors import CORSMiddleware

from chatkeep.core.errors import ChatkeepError
from chatkeep.http import assets, chatkit, health, pages, sources
from chatkeep.http.deps import Services
from chatkeep.http.errors import install_error_handlers
from chatkeep.http.middleware import RequestMiddleware, hosts_to_allow
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import get_logger

_log = get_logger(__name__)

_CLOSE_SECONDS = 10.0

# FastAPI would report every request to whatever collector the environment names.
_NO_TELEMETRY: TelemetryConfig = {"auto_configure": False, "tracing": False, "metrics": False, "logs": False}


def create_app(
    settings: Settings,
    *,
    on_started: Callable[[ChatkeepError | None], None] | None = None,
    knowledge_socket: Path | None = None,
) -> FastAPI:
    """The ASGI app for `settings`; its lifespan opens and closes everything.

    Args:
        on_started: called once the services are up, with None, or cannot start, with the reason; the
            app then goes on refusing what needs them.
        knowledge_socket: where the knowledge base is read, when another process has it open.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            starting = asyncio.create_task(_start(settings, opened, knowledge_socket), name="chatkeep-start")
            starting.add_done_callback(lambda task: _report(task, on_started))
            app.state.starting = starting
            yield
            starting.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await starting
            with anyio.move_on_after(_CLOSE_SECONDS, shield=True):
                await opened.aclose()

    app = FastAPI(
        title="chatkeep",
        version=importlib.metadata.version("chatkeep"),
        summary="The self-hosted ChatKit.",
        lifespan=lifespan,
        telemetry=_NO_TELEMETRY,
        docs_url=None,
        redoc_url=None,
    )
    app.state.kept_assets = _kept_assets(settings)
    for router in (chatkit.router, sources.router, health.router, pages.router):
        app.include_router(router)
    install_error_handlers(app)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "Accept-Language", "Authorization", "Idempotency-Key"],
        )
    public_host = settings.public_url.host if settings.public_url else None
    app.add_middleware(
        RequestMiddleware,
        allowed_hosts=hosts_to_allow(settings.host, public_host, settings.allowed_hosts),
        max_body_bytes=settings.max_body_bytes,
    )
    return app


async def _start(settings: Settings, opened: AsyncExitStack, knowledge_socket: Path | None) -> Services:
    # In threads: importing the SDKs takes seconds, and the loop must go on answering.
    wiring = await anyio.to_thread.run_sync(importlib.import_module, "chatkeep.wiring.services")
    await anyio.to_thread.run_sync(sources.templates)
    services: Services = await opened.enter_async_context(wiring.open_services(settings, knowledge_socket))
    try:
        await anyio.to_thread.run_sync(assets.keep, _kept_assets(settings))
    except OSError as error:  # pages that pin an older version miss it; the server answers all the same
        _log.warning("assets_not_kept", reason=str(error))
    return services


def _kept_assets(settings: Settings) -> Path:
    return settings.data_dir / "element"


def _report(
    task: "asyncio.Task[Services]", on_started: Callable[[ChatkeepError | None], None] | None
) -> None:
    if task.cancelled():
        return
    error = task.exception()
    if error is None:
        _log.info("ready", model=task.result().model_name)
        failure = None
    elif isinstance(error, ChatkeepError):
        _log.error("start_failed", reason=str(error))
        failure = error
    else:
        _log.error("start_crashed", exc_info=error)
        failure = ChatkeepError(f"chatkeep could not start: {type(error).__name__}: {error}")
    if on_started is not None:
        on_started(failure)
