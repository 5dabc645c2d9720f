"""How well the check of citations tells what a passage says from what it does not.

    python -m benchmarks.citations FOLDER...

Each folder is a collection in the BEIR layout. Its sentences are put to the check as answers: a sentence of a
document, a document's title, and the reference answers that `queries.jsonl` may have, each citing its own
passage (right), the nearest passage of another document (wrong), or its own after a number was changed or a
"not" put in (wrong). Prints the share of each kind that the check doubts, precision and recall of its doubts,
and what it cost; by words alone, and with the embedder's say.
"""

import asyncio
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import log
from pathlib import Path
from statistics import mean, quantiles
from tempfile import TemporaryDirectory
from time import process_time

from chatkeep.adapters.embeddings.weights import find_embedder
from chatkeep.knowledge.chunk import chunk
from chatkeep.knowledge.cite import Checker, Evidence, Placed
from chatkeep.knowledge.documents import Document, DocumentId
from chatkeep.knowledge.spans import sentences
from chatkeep.knowledge.words import terms

_EACH = 150  # sentences a kind and collection
_CONTEXT = 8  # passages that an answer could cite
_FEWEST_TERMS = 5
_PATIENCE = 60.0  # here the embedder is waited for: what it says is measured, not whether it is quick

_NUMBER = re.compile(r"(?<![\w.,])\d+(?![\w.,])")
_VERB = re.compile(r"\b(?:is|are|was|were|can|will|should|has|have|does|do|must|may)\b")
_NEGATED = re.compile(r"\bnot\b|\bno\b|n't|\bwithout\b|\bnever\b")


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence that cites the first of `passages`; the others could be cited as well."""

    kind: str
    right: bool
    said: str
    passages: tuple[Evidence, ...]


class Collection:
    """The passages of a collection, and the nearest ones to a sentence by BM25."""

    def __init__(self, folder: Path) -> None:
        self.passages: list[tuple[str, Evidence]] = []
        self.texts: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        for line in _lines(folder / "corpus.jsonl"):
            name, title, text = line["_id"], line.get("title", ""), line["text"]
            self.texts[name], self.titles[name] = text, title
            document = Document(DocumentId(name), "", "", title, "markdown", text, "", datetime.now(UTC))
            self.passages += [(name, Evidence(piece.text, title)) for piece in chunk(document)]
        self._postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, (_, evidence) in enumerate(self.passages):
            for term, count in Counter(terms(evidence.text)).items():
                self._postings[term].append((number, count / (count + 1.2)))

    def nearest(self, text: str) -> list[int]:
        scores: defaultdict[int, float] = defaultdict(float)
        for term in set(terms(text)):
            postings = self._postings.get(term, [])
            weight = log(1 + len(self.passages) / (1 + len(postings)))
            for number, share in postings:
                scores[number] += weight * share
        return sorted(scores, key=lambda number: -scores[number])[:200]


def cases(folder: Path, chance: random.Random) -> Iterator[Case]:
    collection = Collection(folder)
    for name, evidence in chance.sample(collection.passages, _EACH):
        said = [
            words
            for one in evidence.sentences
            if one[0].kind in ("paragraph", "item")
            and len(terms(words := evidence.text[one[0].start : one[0].end])) >= _FEWEST_TERMS
        ]
        if said:
            yield from _variants("sentence", chance.choice(said), name, evidence, collection, chance)
        title = collection.titles[name]
        if len(terms(title)) >= _FEWEST_TERMS:
            bare = Evidence(collection.texts[name])  # a title sums up the whole
            yield from _variants("title", title, name, bare, collection, chance)
    yield from _answers(folder, collection, chance)


def _answers(folder: Path, collection: Collection, chance: random.Random) -> Iterator[Case]:
    """Each sentence of a reference answer, citing what is nearest in the documents that hold the answer."""
    gold: defaultdict[str, set[str]] = defaultdict(set)
    for row in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        name, document, score = row.split("\t")
        if int(score) > 0:
            gold[name].add(document)
    for query in _lines(folder / "queries.jsonl"):
        answer = query.get("answer", "")
        for one in sentences(answer):
            said = answer[one.start : one.end]
            own = [
                number
                for number in collection.nearest(said)
                if collection.passages[number][0] in gold[query["_id"]]
            ]
            if own and len(terms(said)) >= _FEWEST_TERMS:
                name, evidence = collection.passages[own[0]]
                yield from _variants("answer", said, name, evidence, collection, chance, gold[query["_id"]])


def _variants(
    kind: str,
    said: str,
    name: str,
    own: Evidence,
    collection: Collection,
    chance: random.Random,
    gold: set[str] | None = None,
) -> Iterator[Case]:
    said = " ".join(said.split())
    near = [
        evidence
        for number in collection.nearest(said)
        if (found := collection.passages[number])[0] not in (gold or {name})
        and said not in " ".join((evidence := found[1]).text.split())
    ][: _CONTEXT - 1]
    if not near:
        return
    right = Case(f"{kind}, right passage", True, said, (own, *near))
    yield right
    yield Case(f"{kind}, nearest other passage", False, said, (*near, own))
    if kind == "title":
        return
    if numbers := list(_NUMBER.finditer(said)):
        number = chance.choice(numbers)
        changed = f"{said[: number.start()]}{int(number[0]) + chance.choice((1, 2, 7))}{said[number.end() :]}"
        yield replace(right, kind=f"{kind}, a number changed", right=False, said=changed)
    if _VERB.search(said) and not _NEGATED.search(said):
        negated = _VERB.sub(lambda verb: f"{verb[0]} not", said, count=1)
        yield replace(right, kind=f"{kind}, a not put in", right=False, said=negated)


def _lines(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8") as opened:
        yield from map(json.loads, opened)


async def measure(checker: Checker, all_cases: Sequence[Case]) -> None:
    doubts: defaultdict[tuple[bool, str], list[bool]] = defaultdict(list)
    took = []
    for case in all_cases:
        passages = [Evidence(one.text, one.names) for one in case.passages]  # nothing is known of them yet
        began = process_time()
        checked = await checker.check(case.said, [Placed(len(case.said), 0)], passages)
        took.append(1000 * (process_time() - began))
        doubts[case.right, case.kind].append(bool(checked.unsupported))
    for (_, kind), doubted in sorted(doubts.items(), reverse=True):
        print(f"  {kind:36} {len(doubted):5}  doubted {mean(doubted):6.1%}")
    right = [one for (is_right, _), each in doubts.items() if is_right for one in each]
    wrong = [one for (is_right, _), each in doubts.items() if not is_right for one in each]
    precision = sum(wrong) / max(1, sum(wrong) + sum(right))
    print(
        f"  precision {precision:.3f}, recall {mean(wrong):.3f}; {mean(right):.1%} of the right ones doubted"
    )
    steps = quantiles(took, n=20)
    print(f"  processor time: median {steps[9]:.1f} ms, 95 % within {steps[18]:.1f} ms")


async def main(folders: Sequence[Path]) -> None:
    with TemporaryDirectory() as data:
        embedder = (await find_embedder(Path(data), None, None)).embedder
        for folder in folders:
            all_cases = list(cases(folder, random.Random(7)))  # noqa: S311
            print(f"{folder.name}, by words")
            await measure(Checker(), all_cases)
            print(f"{folder.name}, with meaning")
            await measure(Checker(embedder, _PATIENCE), all_cases)


if __name__ == "__main__":
    asyncio.run(main([Path(name) for name in sys.argv[1:]]))
