"""`chatkeep search`: the passages a question would be answered from, and how they were found."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson
import typer
from rich.console import Console
from rich.table import Table

from chatkeep.core.context import local_context
from chatkeep.core.errors import ConfigurationError
from chatkeep.knowledge.documents import Passage
from chatkeep.knowledge.protocols import Where
from chatkeep.knowledge.retrieve import Explained
from chatkeep.knowledge.trace import Candidate, Standing, Trace
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs
from chatkeep.wiring.knowledge import open_knowledge


def run(
    query: str,
    *,
    data_dir: Path | None,
    limit: int,
    where: Sequence[str],
    since: str | None,
    explain: bool,
    as_json: bool,
) -> None:
    """Print the best `limit` passages for `query`.

    Raises:
        ConfigurationError: `where` or `since` cannot be read.
    """
    narrowed = Where(metadata=read_metadata(where), since=read_since(since))
    settings = Settings.load(data_dir=data_dir)
    configure_logs(settings.log_format, "warning")
    if explain:
        explained = asyncio.run(_explain(settings, query, limit, narrowed))
        _print_explained(query, explained, as_json=as_json)
        return
    passages = asyncio.run(_search(settings, query, limit, narrowed))
    if as_json:
        _print_json({"query": query, "passages": [_record(passage) for passage in passages]})
    elif passages:
        typer.echo("\n\n".join(_shown(number, passage) for number, passage in enumerate(passages, 1)))
    else:
        typer.echo(_nothing(narrowed))


def read_metadata(pairs: Sequence[str]) -> dict[str, str]:
    """Each `key=value`.

    Raises:
        ConfigurationError: one is not.
    """
    found = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not (key.strip() and sign):
            raise ConfigurationError(f"--where takes key=value, such as --where team=support, not {pair!r}.")
        found[key.strip()] = value.strip()
    return found


def read_since(day: str | None) -> datetime | None:
    """A day or a time in ISO 8601; in UTC where it names no zone.

    Raises:
        ConfigurationError: it is neither.
    """
    if day is None:
        return None
    try:
        since = datetime.fromisoformat(day)
    except ValueError:
        raise ConfigurationError(f"--since takes a day such as 2026-01-31, not {day!r}.") from None
    return since if since.tzinfo else since.replace(tzinfo=UTC)


async def _search(settings: Settings, query: str, limit: int, where: Where) -> list[Passage]:
    async with open_knowledge(settings) as knowledge:
        return await knowledge.retriever.search(query, limit, local_context("search"), where)


async def _explain(settings: Settings, query: str, limit: int, where: Where) -> Explained:
    async with open_knowledge(settings) as knowledge:
        budget, context = settings.passage_tokens, local_context("search")
        return await knowledge.retriever.explain(query, limit, budget, context, where)


def _print_explained(query: str, explained: Explained, *, as_json: bool) -> None:
    if as_json:
        _print_json(
            {
                "query": query,
                "passages": [_record(passage) for passage in explained.passages],
                "given": [_record(passage) for passage in explained.given],
                "trace": explained.trace,
            }
        )
        return
    console = Console()
    console.print(_way(explained.trace), _steps(explained.trace), sep="\n")


def _way(trace: Trace) -> Table:
    """Each passage's way: rank and score in each step, and what became of it."""
    table = Table(
        title=f"{trace.dense} by meaning, {trace.bm25} by words, {trace.fused} together",
        title_justify="left",
    )
    for name in ("Rank", "Meaning", "Words", "Fused", "Reranked", "To the model"):
        table.add_column(name, justify="left" if name == "To the model" else "right", no_wrap=True)
    table.add_column("Passage", overflow="fold")
    for candidate in trace.candidates:
        table.add_row(
            str(candidate.rank or "–"),
            *(
                _standing(standing)
                for standing in (candidate.dense, candidate.bm25, candidate.fused, candidate.reranked)
            ),
            f"[{candidate.given}], {candidate.tokens} tokens".replace("[", "\\[")
            if candidate.given
            else candidate.dropped,
            _name(candidate),
        )
    return table


def _steps(trace: Trace) -> Table:
    table = Table(title="Steps", title_justify="left", caption_justify="left")
    table.caption = f"{trace.spent:,} of {trace.budget:,} tokens for the model"
    for name in ("Step", "ms", "Left"):
        table.add_column(name, justify="left" if name == "Step" else "right")
    for step in trace.steps:
        left = str(step.left) if step.name != "embed" else "–"
        table.add_row(step.name, f"{step.milliseconds:.1f}", left)
    return table


def _standing(standing: Standing | None) -> str:
    return f"{standing.rank} ({standing.score:.2f})" if standing else "–"


def _name(candidate: Candidate) -> str:
    names = " › ".join(dict.fromkeys((candidate.title, *candidate.headings)))
    return f"{names} ({candidate.path}, {candidate.start}–{candidate.end})".replace("[", "\\[")


def _print_json(value: object) -> None:
    typer.echo(orjson.dumps(value).decode())


def _nothing(where: Where) -> str:
    if where.metadata or where.since:
        return "Nothing found that matches --where and --since."
    return "Nothing found. `chatkeep ingest FOLDER` reads documents."


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
