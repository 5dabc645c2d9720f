"""Which sentences answer a question, and whether any does.

A sentence is weighed by the closeness of its meaning to the question (cosine of embeddings), by the
share of the question's words it and its headings hold, rare ones more, and by the rank of its passage.

The constants come from 50 questions with known answers on 232 sections of a product's documentation and
33 claims on 5,183 abstracts of papers, eight passages each found by BM25, weighed with all-MiniLM-L6-v2.
Unanswerable were the questions of each put to the other, and 48 on aerodynamics put to both. On as many
questions that were not used for choosing, 2 % of the answerable were refused and 1 % of the unanswerable
answered (by words alone: 6 % and 9 %). When just the pages that answer a question are taken away and
their neighbours stay, three in four still get sentences: those neighbours are about the same things.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chatkeep.agents.passages import PromptPassage
from chatkeep.agents.sentences import Sentence
from chatkeep.knowledge.protocols import TextEmbedder, Vectors
from chatkeep.knowledge.words import coverage, rarity, terms

Scores = NDArray[np.float64]

# Sentences weighed by meaning: embedding them takes a laptop about 0.2 s, and those left out have
# fewer of the question's words.
_WEIGHED = 40

_MOST_SENTENCES = 4

# Chosen on the reference answers of the 50 questions: the shares of their words in what is quoted
# (recall) and of what is quoted in them (precision) were 0.55 and 0.47 together at best, here.
_MEANING = 0.6  # weight of meaning; words have the rest
_RANK = 0.06  # what the first passage is worth above the last
_RANK_BY_WORDS = 0.2
_FLOOR = 0.8  # share of the best score a further sentence must reach
_LEAST_MEANING = 0.3  # below this cosine a sentence is about something else, whatever its words

# Sentences closer than this say the same: by cosine, and by the share of words they have in common.
_SAME_MEANING = 0.8
_SAME_WORDS = 0.75

# Evidence is the best sentence's closeness (by words alone: its coverage) and the coverage by the best
# whole passage, which has this weight. The two kinds of questions were told apart with AUC 0.999 (0.992).
_PASSAGE = 0.3
_PASSAGE_BY_WORDS = 0.7
_ENOUGH = 0.46
_ENOUGH_BY_WORDS = 0.36


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
    """A sentence and its terms.

    Attributes:
        covers: share of the question its words hold; `covers_with_headings` counts those it stands under.
    """

    sentence: Sentence
    terms: frozenset[str]
    covers: float
    covers_with_headings: float


async def select(
    question: str,
    passages: Sequence[PromptPassage],
    found: Sequence[Sentence],
    embedder: TextEmbedder | None,
) -> Selection:
    """The sentences of `found` that answer `question`, at most four.

    Args:
        passages: where they come from, best first.
    """
    asked = terms(question)
    held = [frozenset(terms(f"{sentence.text} {sentence.block}")) for sentence in found]
    rarities = rarity(held)
    candidates = _candidates(
        [_weighed(one, words, asked, rarities) for one, words in zip(found, held, strict=True)]
    )
    if not candidates or not asked:
        return Selection((), 0.0)
    whole = _coverage_by_a_passage(asked, passages, rarities)
    by_words = np.array([candidate.covers_with_headings for candidate in candidates])
    if embedder is None:
        best = max(candidate.covers for candidate in candidates)
        evidence = _PASSAGE_BY_WORDS * whole + (1 - _PASSAGE_BY_WORDS) * best
        if evidence < _ENOUGH_BY_WORDS:
            return Selection((), evidence)
        scores = by_words + _by_rank(candidates, _RANK_BY_WORDS)
        return Selection(_best(candidates, scores, None), evidence)
    vectors = await embedder.embed([one.sentence.text for one in candidates])
    meant = vectors @ await embedder.embed_query(question)
    evidence = _PASSAGE * whole + (1 - _PASSAGE) * float(meant.max())
    if evidence < _ENOUGH:
        return Selection((), evidence)
    scores = _MEANING * meant + (1 - _MEANING) * by_words + _by_rank(candidates, _RANK)
    scores[meant < _LEAST_MEANING] = 0.0
    return Selection(_best(candidates, scores, vectors), evidence)


def _weighed(
    sentence: Sentence, words: frozenset[str], asked: Sequence[str], rarities: Mapping[str, float]
) -> _Candidate:
    headings = frozenset(terms(sentence.context))
    return _Candidate(
        sentence, words, coverage(asked, words, rarities), coverage(asked, words | headings, rarities)
    )


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


def _by_rank(candidates: Sequence[_Candidate], weight: float) -> Scores:
    last = max(candidate.sentence.passage for candidate in candidates)
    return np.array([weight * (1 - (candidate.sentence.passage - 1) / last) for candidate in candidates])


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
