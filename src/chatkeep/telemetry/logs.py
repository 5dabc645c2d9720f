"""Structured logs: one event a line, JSON for machines, colours for people.

Standard-library loggers (uvicorn, the SDKs) pass through the same renderer. The request id of the
running request is on each line. Messages people write are never logged, nor are keys.
"""

import logging
import sys
from collections.abc import Mapping
from typing import Literal, TextIO

import orjson
import structlog

LogFormat = Literal["auto", "json", "console"]

_QUIET = (
    "alembic",
    "uvicorn",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "openai",
    "openai.agents",
    "chatkit",
    "asyncio",
)


def configure_logs(
    log_format: LogFormat,
    level: str,
    stream: TextIO = sys.stderr,
    facts: Mapping[str, str | int] | None = None,
) -> None:
    """Send every log line to `stream`; `auto` means console where `stream` is a terminal.

    Args:
        facts: told on each line, such as which of several processes speaks.
    """
    to_people = log_format == "console" or (log_format == "auto" and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        lambda _logger, _method, event: {**(facts or {}), **event},
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if to_people else "iso", utc=not to_people),
    ]
    renderers: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(pad_event_to=0)]
        if to_people
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    # No line says where in the code it comes from, nor by which thread: finding out would be half its cost.
    logging._srcfile = None  # as the docs of `logging` advise
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _json(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events are words with underscores and whose facts are keyword arguments."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
