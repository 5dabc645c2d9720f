"""`chatkeep search`: the passages a question would be answered from."""

import asyncio
import json
from pathlib import Path

import typer

from chatkeep.core.context import local_context
from chatkeep.knowledge.documents import Passage
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs
from chatkeep.wiring import open_knowledge


def run(query: str, *, data_dir: Path | None, limit: int, as_json: bool) -> None:
    """Print the best `limit` passages for `query`."""
    settings = Settings.load(data_dir=data_dir)
    configure_logs(settings.log_format, "warning")
    passages = asyncio.run(_search(settings, query, limit))
    if as_json:
        typer.echo(json.dumps({"query": query, "passages": [_record(passage) for passage in passages]}))
    elif passages:
        typer.echo("\n\n".join(_shown(number, passage) for number, passage in enumerate(passages, 1)))
    else:
        typer.echo("Nothing found. `chatkeep ingest FOLDER` reads documents.")


async def _search(settings: Settings, query: str, limit: int) -> list[Passage]:
    async with open_knowledge(settings) as knowledge:
        return await knowledge.retriever.search(query, limit, local_context("search"))


def _shown(number: int, passage: Passage) -> str:
    place = " › ".join(dict.fromkeys((passage.title, *passage.headings)))
    text = "\n".join(f"    {line}" for line in passage.text.splitlines())
    return f"[{number}] {place}  ({passage.path}, score {passage.score:.2f})\n{text}"


def _record(passage: Passage) -> dict[str, object]:
    return {
        "id": passage.id,
        "path": passage.path,
        "title": passage.title,
        "headings": list(passage.headings),
        "start": passage.start,
        "end": passage.end,
        "score": round(passage.score, 4),
        "text": passage.text,
    }
