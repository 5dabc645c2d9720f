"""`chatkeep data move`: the embedded index to a Qdrant server, with a progress bar."""

import asyncio
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chatkeep.core.errors import ConfigurationError
from chatkeep.settings import Settings
from chatkeep.telemetry.logs import configure_logs
from chatkeep.wiring.indexes import move_index


def run(to: str, *, data_dir: Path | None) -> None:
    """Copy the index to the server at `to`, and say what to set.

    Raises:
        ConfigurationError: the index is in use, the server cannot be used, or the counts differ at the end.
    """
    if not to.startswith(("http://", "https://")):
        raise ConfigurationError(
            f"--to takes the address of a Qdrant server, such as http://localhost:6333, not {to}."
        )
    settings = Settings.load(data_dir=data_dir)
    configure_logs(settings.log_format, "warning")
    console = Console(stderr=True)
    columns = (TextColumn("Moving passages"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        moved = asyncio.run(
            move_index(settings, to, lambda done, total: bar.update(task, completed=done, total=total))
        )
    typer.echo(
        f"{moved.points} passages are on the server: {moved.sent} sent now, "
        f"{moved.removed} removed that are not here any more. Set QDRANT_URL={to} to use them."
    )
