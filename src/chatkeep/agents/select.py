"""Which sentences answer a question, and whether any does.

A sentence is weighed by the closeness of its meaning to the question (cosine of embeddings), by the
share of the question's words it holds, rare ones more, and by the rank of its passage. The constants
were chosen on two corpora; each says what it was chosen on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatkeep.agents.passages import PromptPassage
from chatkeep.agents.sentences import Sentence
from chatkeep.agents.words import coverage, rarity, terms
from chatkeep.knowledge.protocols import Embedder, Vectors

Scores = NDArray[np.float64]

# Sentences weighed by meaning: embedding them takes a laptop about 0.2 s, and those left out have
# fewer of the question's words.
_WEIGHED = 40

_MOST_SENTENCES = 4

# Weight of meaning against words, of the passage's rank, and the share of the best score a further
# sentence must reach.
_MEANING = 0.6
_RANK = 0.06
_FLOOR = 0.8

# Sentences closer than this say the same: by cosine, and by the share of words they have in common.
_SAME_MEANING = 0.85
_SAME_WORDS = 0.75

_WHOLE = 0.5
_ENOUGH_EVIDENCE = 0.5
_ENOUGH_WORDS = 0.5


@dataclass(frozen=True, slots=True)
class Selection:
    """The sentences to quote, best first; none when nothing found answers the question.

    Attributes:
        evidence: how well the passages fit the question; comparable only with the same embedder.
    """

    sentences: Sequence[Sentence]
    evidence: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence, its terms, and the share of the question they cover."""

    sentence: Sentence
    terms: frozenset[str]
    covers: float


async def select(
    question: str,
    passages: Sequence[PromptPassage],
    found: Sequence[Sentence],
    embedder: Embedder | None,
) -> Selection:
    """The sentences of `found` that answer `question`, at most four.

    Args:
        passages: where they come from, best first.
    """
    asked = terms(question)
    held = [frozenset(terms(f"{sentence.text} {sentence.block}")) for sentence in found]
    rarities = rarity(held)
    candidates = _candidates(
        [_Candidate(s, words, coverage(asked, words, rarities)) for s, words in zip(found, held, strict=True)]
    )
    if not candidates or not asked:
        return Selection((), 0.0)
    whole = _coverage_by_a_passage(asked, passages, rarities)
    if embedder is None:
        scores = np.array([candidate.covers for candidate in candidates])
        evidence, enough = _WHOLE * whole + (1 - _WHOLE) * float(scores.max()), _ENOUGH_WORDS
        vectors = None
    else:
        texts = [question, *(candidate.sentence.text for candidate in candidates)]
        embedded = await embedder.embed(texts)
        vectors = embedded[1:]
        closeness = (vectors @ embedded[0]).astype(np.float64)
        covers = np.array([candidate.covers for candidate in candidates])
        scores = _MEANING * closeness + (1 - _MEANING) * covers
        evidence, enough = _WHOLE * whole + (1 - _WHOLE) * float(closeness.max()), _ENOUGH_EVIDENCE
    if evidence < enough:
        return Selection((), evidence)
    return Selection(_best(candidates, scores + _by_rank(candidates), vectors), evidence)


def _candidates(given: Sequence[_Candidate]) -> list[_Candidate]:
    """Each text once, at its best-ranked place; the most promising, in the order found."""
    once = list({candidate.sentence.text.casefold(): candidate for candidate in reversed(given)}.values())
    once.reverse()
    promising = sorted(range(len(once)), key=lambda n: -once[n].covers)[:_WEIGHED]
    return [once[n] for n in sorted(promising)]


def _coverage_by_a_passage(
    asked: Sequence[str], passages: Sequence[PromptPassage], rarities: Mapping[str, float]
) -> float:
    """The share of the question that the best passage covers, its title included."""
    texts = (f"{passage.title} {passage.section} {passage.text}" for passage in passages)
    return max((coverage(asked, terms(text), rarities) for text in texts), default=0.0)


def _by_rank(candidates: Sequence[_Candidate]) -> Scores:
    last = max(candidate.sentence.passage for candidate in candidates)
    return np.array([_RANK * (1 - (candidate.sentence.passage - 1) / last) for candidate in candidates])


def _best(candidates: Sequence[_Candidate], scores: Scores, vectors: Vectors | None) -> list[Sentence]:
    """The highest scores that are near the best one and do not repeat what is chosen already."""
    order = np.argsort(-scores, kind="stable")
    chosen: list[int] = []
    for n in order:
        if len(chosen) == _MOST_SENTENCES or scores[n] < _FLOOR * scores[order[0]]:
            break
        if not any(_same(candidates, vectors, n, other) for other in chosen):
            chosen.append(int(n))
    return [candidates[n].sentence for n in chosen]


def _same(candidates: Sequence[_Candidate], vectors: Vectors | None, one: int, other: int) -> bool:
    if vectors is not None and float(vectors[one] @ vectors[other]) > _SAME_MEANING:
        return True
    here, there = candidates[one].terms, candidates[other].terms
    return len(here & there) > _SAME_WORDS * min(len(here), len(there))
