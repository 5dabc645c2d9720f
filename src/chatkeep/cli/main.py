"""The `chatkeep` command. What is wrong with a setting or the machine is one line and exit code 2."""

import gc
import importlib.metadata
import sys
from pathlib import Path
from typing import Annotated

import typer

from chatkeep.core.errors import ChatkeepError

app = typer.Typer(
    name="chatkeep",
    help="The self-hosted ChatKit: your documents, your models, your disk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DataDir = Annotated[Path | None, typer.Option(help="Folder for the database and the index.")]


def main() -> None:
    """The console script's entry point."""
    gc.disable()  # imports make many objects and no garbage; `serve` turns it on again
    try:
        app()
    except ChatkeepError as error:
        print(f"chatkeep: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2) from None


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chatkeep {importlib.metadata.version('chatkeep')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def serve(
    docs: Annotated[
        list[str] | None, typer.Argument(help="Files, folders and sites to answer from; read first.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data_dir: DataDir = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="How many processes answer; more than one need Redis.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Read files again whenever they change.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")] = False,
) -> None:
    """Serve the chat page, the element and the ChatKit endpoint."""
    from chatkeep.cli.serve import run

    run(
        docs or [],
        host=host,
        port=port,
        data_dir=data_dir,
        workers=workers,
        watch=watch,
        open_page=not no_open,
    )


@app.command()
def ingest(
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders and sites to read; none: all that are configured."),
    ] = None,
    data_dir: DataDir = None,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Go on: read again whenever files change, and as often as configured."),
    ] = False,
) -> None:
    """Read documents into the index. Exit code 1: some files were skipped, each with its reason."""
    from chatkeep.cli.ingest import run

    run(paths or [], data_dir=data_dir, watch=watch)


@app.command()
def sources(
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
) -> None:
    """List the sources whose documents are stored."""
    from chatkeep.cli.sources import list_sources

    list_sources(data_dir=data_dir, as_json=as_json)


@app.command()
def forget(
    source: Annotated[str, typer.Argument(help="A source, as `chatkeep sources` lists it, or its path.")],
    data_dir: DataDir = None,
) -> None:
    """Forget all documents of a source, also of one that is gone."""
    from chatkeep.cli.sources import forget

    forget(source, data_dir=data_dir)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    data_dir: DataDir = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many passages to show.")] = 5,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Only documents that say so of themselves; may be repeated."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only documents changed on that day or later.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show each step: ranks, scores, what was dropped and why.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
) -> None:
    """Show the passages a question would be answered from."""
    from chatkeep.cli.search import run

    run(
        query,
        data_dir=data_dir,
        limit=limit,
        where=where or [],
        since=since,
        explain=explain,
        as_json=as_json,
    )


@app.command()
def evaluate(
    golden: Annotated[
        Path | None, typer.Argument(help="File of questions with what is expected, one JSON object a line.")
    ] = None,
    beir: Annotated[
        list[Path] | None,
        typer.Option(help="Folder with corpus.jsonl, queries.jsonl and qrels.tsv; any number."),
    ] = None,
    docs: Annotated[
        list[str] | None,
        typer.Option(help="Files, folders and sites to ask GOLDEN of, in a temporary index; any number."),
    ] = None,
    data_dir: DataDir = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Have the configured model judge each answer.")
    ] = False,
    compare: Annotated[Path | None, typer.Option(help="A saved evaluation to compare this one with.")] = None,
    save: Annotated[Path | None, typer.Option(help="File to keep this evaluation in, for --compare.")] = None,
    html: Annotated[Path | None, typer.Option(help="File to write a report to, for a browser.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
) -> None:
    """Measure the search on test collections, or the whole path on questions of your own."""
    from chatkeep.cli.evaluate import Output, run

    output = Output(compare=compare, save=save, html=html, as_json=as_json)
    run(golden, beir or [], docs or [], data_dir=data_dir, judge=judge, output=output)


@app.command()
def assets(
    url: Annotated[str, typer.Option(help="Where browsers reach the server.")] = "http://127.0.0.1:8000",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
) -> None:
    """List the element's files: sizes, integrity hashes, and the line of HTML that pins this version."""
    from chatkeep.cli.assets import run

    run(url, as_json=as_json)


data = typer.Typer(help="Look after what is stored.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(data, name="data")


@data.command()
def move(
    to: Annotated[str, typer.Option(help="Address of a Qdrant server or cluster.")],
    data_dir: DataDir = None,
) -> None:
    """Copy the search index from the data folder to a Qdrant server. It can be repeated at any time."""
    from chatkeep.cli.data import run

    run(to, data_dir=data_dir)
