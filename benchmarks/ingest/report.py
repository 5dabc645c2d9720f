"""The cost of ingesting as a table, with the goals it is held to."""

import asyncio
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from benchmarks import children
from benchmarks.ingest import corpus, model
from chatkeep.adapters.embeddings.minilm import MiniLM
from chatkeep.core.context import local_context
from chatkeep.settings import Settings
from chatkeep.wiring.embedding import open_embedder
from chatkeep.wiring.knowledge import open_knowledge

_DOCUMENTS, _QUICK_DOCUMENTS = 150, 12
_LARGE = 5_000_000  # characters
_DEADLINE = 3_600.0
_GAIN = 1.5
_NOTES = (
    "Each a process of its own on one core, in turn, from the command to its end, the same Markdown, HTML "
    "and text files, the same weights. LangChain runs them as in its tutorials, by sentence-transformers; "
    "below, by FastEmbed, in the onnxruntime that chatkeep uses too, and by chatkeep's own embedder: most of "
    "the work is the model's. A page is 3,000 characters. Rates are by CPU time, which others' work on the "
    "machine hardly touches. chatkeep also makes BM25 vectors, keeps the documents' text and waits for the "
    "disk; LangChain splits at 1,000 characters with 200 of overlap, as its tutorials do, and stores dense "
    "vectors alone in qdrant-client's local mode."
)


@dataclass(frozen=True, slots=True)
class Side:
    """One pipeline. `chunks` is what it made of the documents."""

    cost: children.Finished
    chunks: int


@dataclass(frozen=True, slots=True)
class Ingesting:
    """The pipelines, LangChain's with three that run the model; one large document's peak of bytes."""

    documents: int
    pages: float
    ours: Side
    usual: Side
    fastembed: Side
    same_embedder: Side
    large: int


def measure(quick: bool) -> Ingesting:
    """Write the documents, have both read them. Says on standard error what it is at."""
    progress = Console(stderr=True, highlight=False)
    documents = _QUICK_DOCUMENTS if quick else _DOCUMENTS
    with tempfile.TemporaryDirectory() as temporary:
        folder, data, large = (Path(temporary) / name for name in ("docs", "data", "large"))
        characters = corpus.write(folder, documents)
        corpus.write_large(large, _LARGE)
        warm = {"CHATKEEP_DATA_DIR": str(data)}
        chatkeep = [sys.executable, "-m", "chatkeep"]
        # The graph of the embedder is built once a machine: not part of what is measured.
        children.run([*chatkeep, "search", "warm up"], warm, deadline=_DEADLINE)
        with progress.status(f"{documents} documents: chatkeep"):
            cost = children.run([*chatkeep, "ingest", str(folder)], warm, deadline=_DEADLINE)
        ours = Side(cost, asyncio.run(_count(data)))
        asyncio.run(_write_model(data, Path(temporary) / "model"))
        langchain = [sys.executable, "-m", "benchmarks.ingest.usual", str(folder), str(data)]
        runners = {
            "sentence-transformers": ["--tutorial"],
            "FastEmbed": ["--fastembed", f"{temporary}/model"],
            "chatkeep's embedder": [],
        }
        sides = []
        for name, options in runners.items():
            with progress.status(f"{documents} documents: LangChain with {name}"):
                cost = children.run([*langchain, *options], deadline=_DEADLINE)
            sides.append(Side(cost, int(cost.output.split()[-1])))
            shutil.rmtree(data / "usual")
        with progress.status(f"One document of {_LARGE / 1e6:.0f} MB"):
            alone = {"CHATKEEP_DATA_DIR": str(data / "large"), "CHATKEEP_EMBEDDER": "none"}
            peak = children.run([*chatkeep, "ingest", str(large)], alone, deadline=_DEADLINE).peak
        usual, fastembed, same = sides
        return Ingesting(documents, characters / corpus.PAGE, ours, usual, fastembed, same, peak)


async def _write_model(data: Path, folder: Path) -> None:
    embedder = await open_embedder(Settings.load(data_dir=data, embedder="minilm"))
    if not isinstance(embedder, MiniLM):
        raise SystemExit("This measurement needs the embedder's weights.")
    model.write(embedder.files, folder)


async def _count(data: Path) -> int:
    async with open_knowledge(Settings.load(data_dir=data, embedder="minilm")) as knowledge:
        return await knowledge.index.count(local_context("bench"))


def table(found: Ingesting) -> Group:
    title = f"Ingesting {found.documents} documents, {found.pages:,.0f} pages, a core"
    shown = Table(title=title, title_justify="left")
    for heading in ("figure", "chatkeep", "LangChain", "ratio", "goal", "holds"):
        shown.add_column(heading, justify="left" if heading == "figure" else "right")
    ours, usual = found.ours, found.usual
    gain = usual.cost.cpu / ours.cost.cpu
    rates = [f"{found.pages / side.cost.cpu:.1f}" for side in (ours, usual)]
    shown.add_row("pages a second", *rates, f"x {gain:.2f}", f"x {_GAIN}", "yes" if gain >= _GAIN else "NO")
    for name, side in (("FastEmbed", found.fastembed), ("chatkeep's embedder", found.same_embedder)):
        rate = f"{found.pages / side.cost.cpu:.1f}"
        ratio = f"x {side.cost.cpu / ours.cost.cpu:.2f}"
        shown.add_row(f"LangChain with {name}", rates[0], rate, ratio, "", "")
    rates = [f"{side.chunks / side.cost.cpu:.1f}" for side in (ours, usual)]
    shown.add_row("chunks a second", *rates, "", "", "")
    shown.add_row("chunks", str(ours.chunks), str(usual.chunks), "", "", "")
    shown.add_row("seconds of CPU", f"{ours.cost.cpu:.1f}", f"{usual.cost.cpu:.1f}", "", "", "")
    shown.add_row("seconds on the clock", f"{ours.cost.seconds:.1f}", f"{usual.cost.seconds:.1f}", "", "", "")
    shown.add_row("peak memory", _megabytes(ours.cost.peak), _megabytes(usual.cost.peak), "", "", "")
    name = f"peak memory, one document of {_LARGE / 1e6:.0f} MB, words alone"
    shown.add_row(name, _megabytes(found.large), "", "", "", "")
    return Group(shown, Text(_NOTES))


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
