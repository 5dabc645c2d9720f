"""`chatkeep sources` and `chatkeep forget`: what documents are stored of, and how to be rid of it."""

import asyncio
import json
from pathlib import Path

import typer

from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.ingest import forget_source
from chatkeep.knowledge.protocols import KnownSource
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs
from chatkeep.wiring.knowledge import open_documents, open_knowledge


def list_sources(*, data_dir: Path | None, as_json: bool) -> None:
    """Print every source with its documents. Works while a server runs.

    Raises:
        ConfigurationError: the data folder cannot be used.
    """
    settings = _settings(data_dir)
    sources = asyncio.run(_sources(settings))
    if as_json:
        typer.echo(json.dumps({"sources": [_json(source) for source in sources]}))
    elif sources:
        typer.echo("\n".join(map(_line, sources)))
    else:
        typer.echo("No documents were ingested yet.")


def forget(source: str, *, data_dir: Path | None) -> None:
    """Forget every document of `source`.

    Raises:
        ConfigurationError: nothing is known of it, or the data folder cannot be used.
    """
    settings = _settings(data_dir)
    name, documents = asyncio.run(_forget(settings, source))
    typer.echo(f"Forgot {documents:,} document{'s' if documents != 1 else ''} of {name}.")


def _settings(data_dir: Path | None) -> Settings:
    settings = Settings.load(data_dir=data_dir)
    configure_logs(settings.log_format, settings.log_level)
    return settings


async def _sources(settings: Settings) -> list[KnownSource]:
    async with open_documents(settings) as documents:
        return await documents.sources(local_context("sources"))


async def _forget(settings: Settings, source: str) -> tuple[str, int]:
    context = local_context("forget")
    async with open_knowledge(settings) as knowledge:
        known = {each.name for each in await knowledge.documents.sources(context)}
        name = _named(source, known)
        return name, await forget_source(name, knowledge.library(settings), context)


def _named(source: str, known: set[str]) -> str:
    """The source meant: by its name, or as a path from here, which need not exist any more."""
    for name in (source, str(Path(source).expanduser().resolve())):
        if name in known:
            return name
    raise ConfigurationError(
        f"Nothing was ingested from {source}. `chatkeep sources` lists what was; name it as it stands there."
    )


def _line(source: KnownSource) -> str:
    when = source.ingested_at.astimezone().strftime("%Y-%m-%d %H:%M")
    documents = f"{source.documents:,} document{'s' if source.documents != 1 else ''}"
    return f"{source.name}: {documents}, the latest read {when}"


def _json(source: KnownSource) -> dict[str, str | int]:
    return {
        "name": source.name,
        "documents": source.documents,
        "ingested_at": source.ingested_at.isoformat(),
    }
