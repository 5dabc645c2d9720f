"""How good the search is on test collections, fused and each half alone: nDCG@10, recall and MRR.

The collections are the operator's: `--collections FOLDER`, or BENCH_COLLECTIONS, names a folder of folders in
BEIR's layout. Goals are known for three of them.
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chatkeep.knowledge.evaluate.beir import BeirReport, evaluate_beir
from chatkeep.settings import Settings
from chatkeep.wiring.embedding import open_embedder
from chatkeep.wiring.indexes import new_index

GOALS = {"scifact": 0.735, "cranfield": 0.43, "anthropic_docs": 0.82}


def find(folder: Path | None) -> list[Path]:
    """The collections below `folder`, or below what BENCH_COLLECTIONS names; none without either."""
    named = folder or (Path(os.environ["BENCH_COLLECTIONS"]) if "BENCH_COLLECTIONS" in os.environ else None)
    return sorted(file.parent for file in named.glob("*/corpus.jsonl")) if named else []


def measure(collections: Sequence[Path], quick: bool) -> list[BeirReport]:
    """`quick`: only the smallest collection."""
    if quick:
        collections = sorted(collections, key=lambda folder: (folder / "corpus.jsonl").stat().st_size)[:1]
    progress = Console(stderr=True, highlight=False)
    reports = []
    for collection in collections:
        with progress.status(f"Searching {collection.name}"):
            reports.append(asyncio.run(_evaluate(collection)))
    return reports


async def _evaluate(collection: Path) -> BeirReport:
    with tempfile.TemporaryDirectory() as folder:
        embedder = await open_embedder(Settings.load(data_dir=Path(folder)))
        try:
            return await evaluate_beir(collection, embedder, partial(new_index, Path(folder), embedder))
        finally:
            if embedder is not None:
                await embedder.close()


def table(reports: Sequence[BeirReport]) -> Table:
    shown = Table(title="Search quality (nDCG@10; recall@10 and MRR of both fused)", title_justify="left")
    for heading in ("collection", "fused", "BM25", "dense", "recall@10", "MRR", "goal", "holds"):
        shown.add_column(heading, justify="left" if heading == "collection" else "right")
    for report in reports:
        fused, bm25, dense = report.hybrid, report.bm25, report.dense
        goal = GOALS.get(report.run.name, 0.0)
        alone = max(bm25.ndcg_10, dense.ndcg_10 if dense else 0.0)
        shown.add_row(
            report.run.name,
            f"{fused.ndcg_10:.3f}",
            f"{bm25.ndcg_10:.3f}",
            f"{dense.ndcg_10:.3f}" if dense else "-",
            f"{fused.recall_10:.3f}",
            f"{fused.mrr:.3f}",
            f">= {goal:.3f}, > both" if goal else "> both",
            "yes" if fused.ndcg_10 >= goal and fused.ndcg_10 > alone else "NO",
        )
    return shown
