"""Retrieval quality on a collection in BEIR's layout, through the product's own path.

Above: `chatkeep evaluate` and the benchmarks. The corpus goes through the same chunker, embedder,
index and `Retriever` as any folder; a document's rank is that of its best chunk.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID, uuid5

from chatkeep.core.context import RequestContext, local_context
from chatkeep.core.errors import InvalidInput
from chatkeep.knowledge.chunk import chunk, word_spans
from chatkeep.knowledge.documents import Document, DocumentId
from chatkeep.knowledge.evaluate.metrics import Judgements, Metrics, measure, score
from chatkeep.knowledge.evaluate.runs import Case, EvaluationProgress, Found, Run
from chatkeep.knowledge.index import Named, indexed, name_chunks
from chatkeep.knowledge.protocols import Embedder, VectorIndex
from chatkeep.knowledge.retrieve import CANDIDATES, Retriever

_IDS = UUID("7f3b2f0e-5d0c-5f6b-9d5b-0f1f6a4a9c11")
_DOCUMENTS_A_STEP = 64
_SHOWN = 10  # of each query's ranking, in the run
_BEGINNING = 160  # characters
_DEPTH = 100


@dataclass(frozen=True, slots=True)
class BeirReport:
    """What the product scores on one collection, and what each leg would score alone.

    Attributes:
        dense: None without an embedder.
        embedder: its name; empty without one.
        run: the same, query by query.
    """

    hybrid: Metrics
    bm25: Metrics
    dense: Metrics | None
    embedder: str
    documents: int
    chunks: int
    queries: int
    seconds: float
    run: Run

    def json(self) -> dict[str, Any]:
        return {
            **self.hybrid.json(),
            "bm25": self.bm25.json(),
            "dense": self.dense.json() if self.dense else None,
            "embedder": self.embedder or None,
            "documents": self.documents,
            "chunks": self.chunks,
            "queries": self.queries,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    title: str
    text: str


async def evaluate_beir(
    directory: Path,
    embedder: Embedder | None,
    make_index: Callable[[], Awaitable[VectorIndex]],
    progress: EvaluationProgress | None = None,
) -> BeirReport:
    """Index `directory`'s corpus in a fresh index, ask its queries, and score the answers.

    Raises:
        InvalidInput: the folder is not in BEIR's layout; the message says what is missing.
    """
    began = monotonic()
    corpus = _entries(directory / "corpus.jsonl")
    queries = {entry.key: entry.text for entry in _entries(directory / "queries.jsonl")}
    judged = _judgements(directory)
    asked = {
        key: text for key, text in queries.items() if any(grade > 0 for grade in judged.get(key, {}).values())
    }
    if not asked:
        raise InvalidInput(f"No query of {directory} has a relevant document in qrels.tsv.")
    index, context = await make_index(), local_context("evaluate")
    try:
        keys, chunks = await _fill(index, corpus, embedder, context, progress)
        rankings = await _ask(Retriever(embedder, index), asked, keys, context, progress)
    finally:
        await index.close()
    hybrid, bm25 = score(rankings["hybrid"], judged), score(rankings["bm25"], judged)
    dense = score(rankings["dense"], judged) if embedder else None
    alone = {
        "BM25 alone": bm25.json(),
        **({f"{embedder.name} alone": dense.json()} if dense and embedder else {}),
    }
    seconds = monotonic() - began
    return BeirReport(
        hybrid=hybrid,
        bm25=bm25,
        dense=dense,
        embedder=embedder.name if embedder else "",
        documents=len(corpus),
        chunks=chunks,
        queries=len(asked),
        seconds=seconds,
        run=Run(
            kind="beir",
            name=directory.name or "collection",
            setup={
                "embedder": embedder.name if embedder else "none",
                "documents": len(corpus),
                "passages": chunks,
            },
            cases=list(_cases(asked, rankings["hybrid"], judged, {entry.key: entry for entry in corpus})),
            depth=_DEPTH,
            seconds=seconds,
            alone=alone,
        ),
    )


async def _ask(
    retriever: Retriever,
    asked: Mapping[str, str],
    keys: Mapping[DocumentId, str],
    context: RequestContext,
    progress: EvaluationProgress | None,
) -> dict[str, dict[str, list[str]]]:
    """For the whole and for each leg: query id -> document ids, best first."""
    rankings: dict[str, dict[str, list[str]]] = {"hybrid": {}, "bm25": {}, "dense": {}}
    for done, (key, query) in enumerate(asked.items(), start=1):
        for leg, ranking in (await _rankings(retriever, query, keys, context)).items():
            rankings[leg][key] = ranking
        if progress:
            progress.advanced("queries", done, len(asked))
    return rankings


def _cases(
    asked: Mapping[str, str],
    rankings: Mapping[str, Sequence[str]],
    judged: Judgements,
    corpus: Mapping[str, _Entry],
) -> Iterator[Case]:
    for key, query in asked.items():
        ranking, grades = rankings[key], judged[key]
        relevant = [document for document, grade in grades.items() if grade > 0]
        places = {document: rank for rank, document in enumerate(ranking[:_DEPTH], start=1)}
        found = [
            Found(document, corpus[document].title, document in relevant, corpus[document].text[:_BEGINNING])
            for document in ranking[:_SHOWN]
        ]
        missed = not any(each.expected for each in found)
        yield Case(
            id=key,
            question=query,
            scores=measure(ranking, grades).json(),
            ranks=[places.get(document) for document in relevant],
            expected=[
                f"{document} {corpus[document].title}" for document in relevant[:_SHOWN] if document in corpus
            ],
            found=found,
            problems=[f"nothing relevant among the first {_SHOWN}"] if missed else [],
        )


async def _fill(
    index: VectorIndex,
    corpus: Sequence[_Entry],
    embedder: Embedder | None,
    context: RequestContext,
    progress: EvaluationProgress | None,
) -> tuple[dict[DocumentId, str], int]:
    """Index the corpus. Returns the collection's own name for each document, and the number of chunks."""
    keys: dict[DocumentId, str] = {}
    count = 0
    for first in range(0, len(corpus), _DOCUMENTS_A_STEP):
        step = corpus[first : first + _DOCUMENTS_A_STEP]
        named: list[Named] = []
        for entry in step:
            document = _document(entry)
            keys[document.id] = entry.key
            chunks = chunk(document, embedder.token_spans if embedder else word_spans)
            named.extend(name_chunks(document, chunks))
        await index.upsert(await indexed(named, embedder), context)
        count += len(named)
        if progress:
            progress.advanced("corpus", first + len(step), len(corpus))
    await index.flush()
    return keys, count


def _document(entry: _Entry) -> Document:
    return Document(
        id=DocumentId(str(uuid5(_IDS, entry.key))),
        source="",
        path=entry.key,
        title=entry.title,
        format="markdown",
        text=entry.text or entry.title,
        fingerprint="",
        ingested_at=datetime.min.replace(tzinfo=UTC),
    )


async def _rankings(
    retriever: Retriever, query: str, keys: Mapping[DocumentId, str], context: RequestContext
) -> dict[str, list[str]]:
    hybrid = await retriever.search(query, 2 * CANDIDATES, context)
    legs = await retriever.candidates(query, context)
    rankings = {"hybrid": _by_document((passage.document_id for passage in hybrid), keys)}
    for name, leg in (("bm25", legs.sparse), ("dense", legs.dense)):
        passages = await retriever.index.passages([hit.id for hit in leg], context)
        rankings[name] = _by_document((passage.document_id for passage in passages), keys)
    return rankings


def _by_document(ids: Iterable[DocumentId], keys: Mapping[DocumentId, str]) -> list[str]:
    """Each document once, where its best chunk stands."""
    return [keys[id_] for id_ in dict.fromkeys(ids)]


def _entries(path: Path) -> list[_Entry]:
    entries = []
    for number, line in _lines(path):
        try:
            record = json.loads(line)
            entries.append(_Entry(str(record["_id"]), record.get("title") or "", record["text"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInput(
                f'{path}, line {number}: expected a JSON object with "_id" and "text".'
            ) from None
    return entries


def _judgements(directory: Path) -> Judgements:
    path = directory / "qrels.tsv"
    if not path.is_file() and (directory / "qrels" / "test.tsv").is_file():
        path = directory / "qrels" / "test.tsv"  # as BEIR's own archives have it
    judged: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        parts = line.split("\t")
        if number == 1 and parts[-1] == "score":
            continue
        try:
            query, document, grade = parts
            judged.setdefault(query, {})[document] = int(grade)
        except ValueError:
            raise InvalidInput(f"{path}, line {number}: expected query-id, corpus-id and score.") from None
    return judged


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except FileNotFoundError:
        raise InvalidInput(
            f"{path.parent} is not a collection in BEIR's layout: {path.name} is missing. "
            "It needs corpus.jsonl, queries.jsonl and qrels.tsv."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}.") from None
